"""What an unknown word was meant to be: by meaning, by the syntax of others, by where it belongs, last by spelling."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend import foreign_syntax, trainer_words, vocabulary
from nnspec.frontend.lookalikes import looks_like
from nnspec.frontend.source import scalar_text
from nnspec.frontend.suggest import certain, closest
from nnspec.quick_classes import dataclass

MAX_LISTED = 12  # names that a hint lists at most
_TYPE_KEYS = (
    "type",
    "kind",
    "class_name",
    "class",
    "layer",
    "op",
    "op_type",
    "_target_",
    "class_path",
    "format",
    "name",
)
_PARTS = re.compile(r"\d+(?:\.\d+)?%?(?: ?([/,:]) ?\d+(?:\.\d+)?%?){1,2}")  # 80/20, 70/15/15
_CONFIG_KEYS = ("config", "args", "kwargs", "arguments", "init_args", "params")
_MERGING = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot")
_DTYPES = ("string", "float32", "float16", "int32", "int64", "uint8", "bool")
MAX_OWNERS = 3  # kinds that it names as those that have an argument
# Keys by which the mappings are known that other tools tell such settings to: the spec, data, their parts, training.
_TOLD_SETTINGS = ({"layers", "train"}, {"source", "split"}, {"validation", "unused"}, {"epochs", "optimizer"})


@dataclass(frozen=True, slots=True)
class Meant:
    """What may have been meant.

    Attributes:
        hint: it, as a sentence.
        name: the word in the place of the one that is not known.
        becomes: what the text is to be replaced by.
        sure: whether that is certain.
        written: ``becomes`` is YAML that may hold more than one word.
        whole: ``becomes`` replaces a list or a mapping.
        goes: the whole entry goes.
        home: the keys that lead to the entry that was meant, in another section.
        listing: what may stand there, for want of anything better.
    """

    hint: str | None
    name: str | None = None
    becomes: str | None = None
    sure: bool = False
    written: bool = False
    whole: bool = False
    goes: bool = False
    home: tuple[str, ...] = ()
    listing: str | None = None


def kind(category: str, name: str, known: Collection[str], *, on_key: bool = False) -> Meant:
    """A kind that there is not.

    Args:
        known: the words that may stand there.
        on_key: whether arguments follow it.
    """
    written = None if on_key else foreign_syntax.call(category, name) or foreign_syntax.joined(category, name)
    if written:
        foreign = vocabulary.kind(category, vocabulary.bare(name.partition("(")[0]))
        return _written(written, sure=foreign is None, braces=": " in written)
    if looks_like(name) != name and (straight := looks_like(name).strip("'\"")) in known:
        return Meant(f"curly quotation marks are part of the text: write `{straight}`", straight, straight, True)
    if category == "source" and not on_key and (written := _source_of(name)):
        return Meant(f"a source is a kind and what it reads: write `source: {{{written}}}`")
    if not on_key and name[:1] + name[-1:] == "{}":
        return Meant(f"in quotes it is a text: write `{name}` without them", None, name, written=True)
    if sentence := _sentence(category, name):
        return Meant(sentence)
    if on_key and name in catalog().words(category):  # the word is right where no arguments follow
        ours = catalog().canonical(category, name)
        if catalog().has(category, ours):
            return _named(ours, sure=True)
        return Meant(f"`{name}` alone is right; with arguments {listing('there are', catalog().kinds(category))}")
    plain = vocabulary.bare(name.partition("(")[0] if not on_key and name.endswith(")") else name)
    if plain != name and (plain in known or catalog().has(category, plain)):
        return _named(plain, sure=True)
    word = vocabulary.kind(category, plain)
    if word is not None:
        hint = word.says or f"did you mean `{word.name}`?"
        becomes = None if word.says or ("(" in name and "()" not in name) else word.name
        return Meant(hint, word.name, becomes, becomes is not None)
    spelt = closest(name, known)
    if spelt is None and plain != name:
        spelt = closest(plain, known)
    if spelt is not None:
        return _named(spelt, certain(plain, known))
    if category == "layer" and plain in catalog().words("activation"):
        return Meant(f"write `Activation: {plain}`, or the argument `activation: {plain}`")
    if (text := foreign_syntax.entry(name, ())) is None and "(" in name:
        return Meant(f"a spec is YAML, not Python: write `{_example(category, name)}`")
    return Meant(text or listing("there are", list(known)))


def _sentence(category: str, name: str) -> str | None:
    """What several words are, where one kind belongs: a loop, a list, or a kind and what is said of it."""
    if category == "layer" and (found := re.fullmatch(r"repeat (\d+)( times)?", name)):
        return f"write `repeat: {found[1]}`, and `layers:` below it"
    parts = re.split(r"\s*[,;]\s*|\s+and\s+", name)
    if len(parts) > 1 and all(_is_kind(category, part) for part in parts):
        return f"write a list: `[{', '.join(parts)}]`"
    first, _, rest = name.partition(" ")
    first = catalog().canonical(category, first)
    if rest[:1].isalpha() and catalog().has(category, first):
        argument = next((one.name for one in catalog().arguments(category, first)), None)
        more = f": `{first}: {{{argument}: ...}}`" if argument else ""
        return f"a kind is one word, `{first}`; what belongs to it are arguments{more}"
    if name.startswith("lambda ") and category in ("layer", "activation"):
        return "a spec holds no code: a layer does it, such as `Rescaling: $(1 / 255)`"
    return None


def named_layer(name: str, given: Any) -> str | None:
    """What ``out: {Dense: {units: 3}}`` would be, a layer below its own name."""
    if not isinstance(given, dict) or len(given) != 1:
        return None
    (inner, arguments), *_ = given.items()
    if not catalog().has("layer", inner):
        return None
    return f"a layer's name stands beside it: `{{name: {name}, {inner}: {_in_braces(arguments)}}}`"


def by_position_of_others(name: str, given: Any) -> str | None:
    """``nn.Conv2d: [3, 8, 3]`` as ``Conv2D: {filters: 8, kernel_size: 3}``: arguments in another library's order."""
    plain = vocabulary.bare(name)
    order, word = vocabulary.positions(plain), vocabulary.kind("layer", plain)
    values = given if isinstance(given, list) else [given]
    of_size = "units" in order or "filters" in order
    if not order or word is None or given is None or isinstance(given, dict) or (of_size and len(values) == 1):
        return None
    pairs = [(one, inner) for one, inner in zip(order, values, strict=False) if one is not None]
    if len(values) > len(order) or any(_brief(inner) == "..." for _, inner in pairs):
        return None
    written = ", ".join(f"{one}: {_brief(inner)}" for one, inner in pairs)
    return f"write `{word.name}: {{{written}}}`" if written else f"the sizes are the input's: write `{word.name}`"


def _in_braces(given: Any) -> str:
    if isinstance(given, dict):
        return f"{{{', '.join(f'{one}: {_brief(inner)}' for one, inner in given.items())}}}"
    return "{}" if given is None else _brief(given)


def argument(category: str, kind_name: str, key: str, given: Mapping[str, Any], known: Sequence[str]) -> Meant:
    """An argument that a kind does not take.

    Args:
        given: all that stand beside it.
        known: what the kind takes.
    """
    if given.get(key) is None and (written := foreign_syntax.entry(key, known)):
        return Meant(f"write `{written}`", written.partition(":")[0], written, True, written=True)
    if given.get(key) is None and key.endswith(")"):
        return Meant("a list stands in square brackets, not in parentheses: `[3, 3]`")
    if given.get(key) is None and not key[:1].isalpha():
        return Meant("within braces a comma begins the next entry; a number has a decimal point")
    if category == "source" and (says := _beside_a_source(key)):
        return Meant(says)
    word = vocabulary.argument(key, known)
    if word is not None and word.name is not None:
        meant = _named(word.name, sure=True)
        return meant if word.name not in given else _twice(word.name, key)
    if word is not None:
        return Meant(word.says, sure=word.goes, goes=word.goes)
    spelt = closest(key, known)
    owners = _owners(category, key)
    if spelt is not None and (not owners or certain(key, known)):
        return Meant(f"did you mean `{spelt}`?", spelt, spelt if spelt not in given else None, certain(key, known))
    takes = listing(f"{kind_name} takes", known) or f"{kind_name} takes none"
    if not owners:
        return Meant(takes.replace(f"{kind_name} takes", "it takes"))
    return Meant(f"`{key}` is an argument of {_some(owners)}; {takes}")


def _some(owners: Sequence[str]) -> str:
    return f"{', '.join(owners[:MAX_OWNERS])}{' and others' if len(owners) > MAX_OWNERS else ''}"


def _beside_a_source(key: str) -> str | None:
    """What of a source's arguments is said beside it, under ``data``, or by the network."""
    if says := vocabulary.source_argument(key):
        return says
    beside = {name for path, names in _sections(catalog().schema, ()) if path == ("data",) for name in names}
    return f"`{key}` stands beside the source, under `data:`" if key in beside else None


def entry(key: str, given: Mapping[str, Any], known: Sequence[str]) -> Meant:
    """A key that a section does not know."""
    if given.get(key) is None and (written := foreign_syntax.entry(key, known)):
        return Meant(f"write `{written}`", written.partition(":")[0], written, True, written=True)
    if key.startswith("-") and key[1:2].isalpha():
        return Meant(f"a space belongs behind the dash of an item: `- {key[1:]}`")
    if (meant := _of_a_trainer(key, given[key], known)) is not None:
        return meant
    spelt = closest(key, known)
    if spelt is not None and certain(key, known):
        return _named(spelt, sure=True) if spelt not in given else _twice(spelt, key)
    if remark := vocabulary.key_remark(key, known):
        return Meant(remark)
    name = vocabulary.key(key, known)
    if name is not None:
        return _named(name, sure=True) if name not in given else _twice(name, key)
    if key in catalog().schema["properties"] and "layers" not in known and isinstance(given[key], dict | list):
        return Meant(f"`{key}:` is a section of its own: it begins at the left, with no space before it")
    if home := belongs(key):
        return Meant(f"`{key}` stands under `{'.'.join(home)}:`", home=(*home, key))
    if other := _belongs_by_meaning(key):
        return Meant(f"here it is `{other[-1]}`, and stands under `{'.'.join(other[:-1])}:`", home=other)
    if "callbacks" in known and (name := vocabulary.callback(key)):
        return Meant(f"it is a callback: write `callbacks: [{_callback(name, given[key])}]`")
    if _tells_settings(known) and (owners := _owners("source", key)):
        return Meant(f"`{key}` is an argument of a source, {_some(owners)}: it stands within `data: {{source: ...}}`")
    if spelt is not None:
        return _named(spelt, sure=False) if spelt not in given else Meant(f"did you mean `{spelt}`?", spelt)
    if home := belongs(key, deep=True):
        return Meant(f"`{key}` stands under `{'.'.join(home)}:`", home=(*home, key))
    return Meant(_both(key), listing=listing("here stand", known))


def _of_a_trainer(key: str, given: Any, known: Sequence[str]) -> Meant | None:
    """A setting that other trainers have, at the top or in a section that says how data are read or trained on."""
    setting = trainer_words.setting(key) or trainer_words.setting(key.lower())
    if setting is None or not _tells_settings(known) or (setting.home and setting.home[-1] in known):
        return None
    if setting.home:
        *sections, ours = setting.home
        return Meant(f"here it is `{ours}`, and stands under `{'.'.join(sections)}:`", home=setting.home)
    if isinstance(given, dict) and (vocabulary.key(key, known) or any(name in known for name in given)):
        return None  # a section, or entries of one
    plain = not isinstance(given, dict | list)
    hint = trainer_words.said(setting, None if not plain or isinstance(given, bool | None) else scalar_text(given))
    return Meant(hint, sure=setting.sure and plain, goes=setting.goes)


def _tells_settings(known: Collection[str]) -> bool:
    return any(names <= {*known} for names in _TOLD_SETTINGS)


def _twice(name: str, key: str) -> Meant:
    """Two words for the same: the one that is not ours can only go."""
    return Meant(f"`{name}` stands here already: leave `{key}` out", name, goes=True)


def _callback(name: str, given: Any) -> str:
    """A callback with the arguments that it was given."""
    if not isinstance(given, dict) or not given or any(isinstance(one, dict | list) for one in given.values()):
        return name
    known = catalog().defaults("callback", name)
    words = {one: one if one in known else (vocabulary.argument(one, known) or vocabulary.Word()).name for one in given}
    texts = [f"{words[one]}: {scalar_text(inner)}" for one, inner in given.items() if words[one]]
    return f"{{{name}: {{{', '.join(texts)}}}}}"


def belongs(key: str, *, deep: bool = False) -> tuple[str, ...] | None:
    """The section that knows a key; None where there is none, or more than one.

    Args:
        deep: also below the sections, such as ``train.teacher``; parts of data are asked for by name alone.
    """
    homes = [path for path, names in _sections(catalog().schema, ()) if key in names]
    homes = [path for path in homes if deep or len(path) == 1 or path == ("data", "split")]
    return homes[0] if len(homes) == 1 else None


def _both(key: str) -> str | None:
    """What a key means that several sections know, such as a seed."""
    homes = [path[0] for path, names in _sections(catalog().schema, ()) if key in names and len(path) == 1]
    return f"`{key}` stands under {' or '.join(f'`{home}:`' for home in homes)}" if len(homes) > 1 else None


def _belongs_by_meaning(key: str) -> tuple[str, ...] | None:
    """The section, and the key that a word of others is there; None where there is none, or more than one."""
    known = _sections(catalog().schema, ())
    sections = {path: properties for path, properties in known if len(path) == 1 or path == ("data", "split")}
    homes = [(*path, ours) for path, properties in sections.items() if (ours := vocabulary.key(key, properties))]
    homes = [home for home in homes if home[-1] not in catalog().schema["properties"]]
    return homes[0] if len(homes) == 1 else None


def value(
    given: Any,
    schema: Mapping[str, Any],
    choices: Sequence[str],
    category: str = "",
    kind: str = "",
    argument: str = "",
) -> Meant:
    """A value that does not fit.

    Args:
        choices: the texts that would.
        category, kind, argument: the argument whose value it is, where it is one's.
    """
    if choices and isinstance(given, str | int) and not isinstance(given, bool):
        word = vocabulary.value(str(given), choices)
        spelt = word or closest(str(given), choices)
        if spelt is not None:
            named = _named(spelt, sure=word is not None or certain(str(given), choices))
            return replace(named, written=foreign_syntax.is_number(spelt))
    if isinstance(given, str) and (meant := plain(given, schema) or _loosely(given, schema)) is not None:
        return meant
    if "labels" in schema.get("x-says", "") and isinstance(given, str) and "," in given:
        return Meant(f"write a list: `[{given}]`", None, f"[{given}]", written=True)
    if "regularizer" in schema.get("x-says", "") and isinstance(given, int | float) and not isinstance(given, bool):
        return Meant(f"it is of a kind: `{{L2: {given}}}` or `{{L1: {given}}}`")
    numbers = re.split(r"[\s\u3001\uff0c]+", given) if isinstance(given, str) else []
    if len(numbers) > 1 and all(foreign_syntax.is_number(one) for one in numbers):
        items = ", ".join(numbers)
        return Meant(f"items of a list are separated by commas: `{items}`", None, items, True, written=True)
    types = _types(schema)
    if (meant := _of_another_type(given, schema, types)) is not None:
        return meant
    if (meant := _loop(given, schema) or _dashes(given, category, kind, argument)) is not None:
        return meant
    if given is True and "int8" in choices:
        return _named("int8", sure=False)
    first = next((one.name for one in catalog().arguments(category, kind)), "") if kind else ""
    called = argument == first and isinstance(given, str) and "," in given and by_position(category, kind, given)
    if called:
        return Meant(f"arguments have names: `{kind}: {{{called}}}`")
    if isinstance(given, list) and kind in _MERGING:
        return Meant(f"`from` beside the kind names what comes in: `{{{kind}: {{}}, from: {_brief(given)}}}`")
    is_shape = any(word in schema.get("x-says", "") for word in ("a shape", "size varies"))
    if is_shape and (meant := _sizes(given)) is not None:
        return meant
    if isinstance(given, float) and given.is_integer() and "integer" in types:
        return Meant(f"write {int(given)}, without a decimal point", None, str(int(given)), True)
    if type(given) is int and given in (0, 1) and "boolean" in types and not types & {"integer", "number"}:
        return Meant(f"write {scalar_text(bool(given))}", None, scalar_text(bool(given)), True)
    if (
        isinstance(given, int | float)
        and not isinstance(given, bool)
        and 2 <= given <= 100
        and schema.get("maximum") == 1
    ):
        return Meant(f"a share of 1: for {given:g} % write {given / 100:g}")
    if isinstance(given, int) and schema.get("x-says", "").startswith("a name, a list of names"):
        return Meant("layers have names, with `name:`; without `from` a layer takes the one before it")
    if "from output" in schema.get("x-says", "") and isinstance(given, int | float):
        return Meant(f"each output has its own by its name: `{{NAME: {scalar_text(given)}}}`")
    if "array" in types and not isinstance(given, dict | list) and given is not None:
        return _as_list(given, schema)
    if given == -1 and "size varies" in schema.get("x-says", ""):
        return Meant("null stands where the size varies", None, "null", True)
    if kind and isinstance(given, int) and "same" in choices:
        return Meant("`same` keeps the size; a padding layer before it, such as `ZeroPadding2D`, takes numbers")
    if isinstance(given, list) and "array" not in types and _is_path(category, kind, argument):
        return Meant(f"{kind} reads one place here: put what lies in several into one first")
    if (
        isinstance(given, list)
        and argument == "learning_rate"
        and len(given) > 1
        and all(isinstance(one, int | float) for one in given)
    ):
        steps = ", ".join(str(5000 * at) for at in range(1, len(given)))
        written = f"{{boundaries: [{steps}], values: {_brief(given)}}}"
        return Meant(f"several rates are a schedule's: `{{PiecewiseConstantDecay: {written}}}`")
    ordered = (
        argument == first and isinstance(given, list) and "array" not in types and by_position(category, kind, given)
    )
    if ordered:
        return Meant(f"arguments have names: `{kind}: {{{ordered}}}`", None, f"{{{ordered}}}", whole=True)
    if isinstance(given, list) and (says := _named_items(given, schema)):
        return Meant(says)
    if isinstance(given, list) and "validation" in schema.get("properties", ()):
        return Meant("parts have names: `{validation: 0.1, test: 0.1}`; the rest is trained on")
    if isinstance(given, list):
        return _from_list(given, schema, types, choices)
    if isinstance(given, dict) and "array" in types and (layers := vocabulary.augmenting(given)):
        return Meant(f"a list of layers: `[{', '.join(f'{{{one}}}' for one in layers)}]`")
    if isinstance(given, dict) and "array" in types:
        return Meant("a list: each item begins with `- `")
    return _whole(given, schema)


_ABOUT = re.compile(r"[~<>≈=±]* ?(-?\d+(?:\.\d+)?)(?: [a-z]{2,})?")
_COMMA = re.compile(r"-?\d+,\d+")
_LARGE = re.compile(r"(\d+(?:\.\d+)?) ?(k|m|g|thousand|million|billion|kb|mb|gb)", re.IGNORECASE)
_UNITS = {"t": ("K", 10**3), "k": ("K", 10**3), "m": ("M", 10**6), "b": ("G", 10**9), "g": ("G", 10**9)}


def _loosely(text: str, schema: Mapping[str, Any]) -> Meant | None:
    """A number as people write it, and a list or a mapping in quotes."""
    types = _types(schema)
    if text[:1] + text[-1:] in ("[]", "{}") and types & {"array", "object"}:
        return Meant(f"in quotes it is a text: write `{text}` without them", None, text, written=True)
    if not types & {"integer", "number"}:
        return None
    if found := _LARGE.fullmatch(text):
        letter, factor = _UNITS[found[2][0].lower()]
        short = "such as 140M" in schema.get("x-says", "")
        written = f"{found[1]}{letter}" if short else f"{float(found[1]) * factor:.0f}"
        return Meant(f"write `{written}`", None, written, written=True)
    if _COMMA.fullmatch(text) and "number" in types:
        written = text.replace(",", ".")
        return Meant(f"a number has a decimal point: write `{written}`", None, written, written=True)
    if found := _ABOUT.fullmatch(text):
        return Meant(f"a number stands alone: write `{found[1]}`", None, found[1], written=True)
    return None


def _of_another_type(given: Any, schema: Mapping[str, Any], types: set[str]) -> Meant | None:
    """Something plain where something else of its own belongs."""
    says = schema.get("x-says", "")
    if isinstance(given, bool) and "a pattern" in says:
        return Meant("all layers learn where nothing is said; a layer that rests says `trainable: false` itself")
    if "list of layers" in says and not isinstance(given, list | dict) and given is not None:
        return Meant("such as `[{RandomFlip: horizontal}, {RandomRotation: 0.05}]`")
    if type(given) is int and types == {"boolean"}:
        return Meant(f"write true or false, not {given}")
    if types <= {"string", "null"} and not _has_choices(schema) and isinstance(given, int | float):
        quoted = f"'{scalar_text(given)}'"
        return Meant(f"in quotes it is a text: `{quoted}`", None, quoted, written=True)
    if isinstance(given, dict) and "array" in types and "object" not in types and given:
        entries = ", ".join(f"{{{name}: {_in_braces(inner)}}}" for name, inner in given.items())
        known = all(any(catalog().has(one, name) for one in ("callback", "layer")) for name in given)
        if known and "..." not in entries:
            return Meant(f"a list: write `[{entries}]`", None, f"[{entries}]", whole=True)
    return None


def _has_choices(schema: Mapping[str, Any]) -> bool:
    return "enum" in schema or any("enum" in branch for branch in schema.get("anyOf", ()))


def _loop(given: Any, schema: Mapping[str, Any]) -> Meant | None:
    """What ``for`` goes through, as Python writes it, or without a name."""
    if "from name to list" not in schema.get("x-says", ""):
        return None
    if isinstance(given, list) and not any(isinstance(one, dict | list) for one in given):
        return Meant(f"what goes through them has a name: `{{size: {_brief(given)}}}`, which `$size` reads")
    found = re.fullmatch(r"(\w+) in range\((\d+)\)", given) if isinstance(given, str) else None
    if found is None or int(found[2]) > MAX_LISTED:
        return None
    written = f"{{{found[1]}: [{', '.join(map(str, range(int(found[2]))))}]}}"
    return Meant(f"write `{written}`", None, written, True, written=True)


def _dashes(given: Any, category: str, kind: str, argument: str) -> Meant | None:
    """Arguments of a kind with a dash before each, or in square brackets: they came as its first argument."""
    if not isinstance(given, list) or not kind or not given or not all(isinstance(one, dict) for one in given):
        return None
    names = [one.name for one in catalog().arguments(category, kind)]
    entries = [entry for one in given for entry in one.items()]
    if argument != names[0] or not all(name in names for name, _ in entries):
        return None
    written = f"{{{', '.join(f'{name}: {_brief(inner)}' for name, inner in entries)}}}"
    return Meant(f"arguments are a mapping, without dashes: `{kind}: {written}`", None, written, whole=True)


def _sizes(given: Any) -> Meant | None:
    """A shape as other tools have it: sizes by name, or within one another."""
    if isinstance(given, dict) and given and all(isinstance(one, int) for one in given.values()):
        return Meant(f"sizes stand in a list: `{_brief([*given.values()])}`")
    if isinstance(given, list) and any(isinstance(one, list) for one in given):
        flat = [size for one in given for size in (one if isinstance(one, list) else [one])]
        if all(isinstance(size, int) for size in flat):
            return Meant(f"sizes stand in one list: `{_brief(flat)}`", None, _brief(flat), whole=True)
    if isinstance(given, list) and given and all(isinstance(size, int) for size in given):
        return Meant("sizes stand in one list, with no brackets in it")
    if isinstance(given, str) and given in _DTYPES:
        return Meant(f"a shape comes first: `{{shape: [], dtype: {given}}}`, for one value an example")
    return None


def _named_items(given: list[Any], schema: Mapping[str, Any]) -> str | None:
    """What a list would be where a mapping stands whose keys are known, or are the user's."""
    says, properties = schema.get("x-says", ""), schema.get("properties", ())
    if "layers" in properties and "params" in properties:
        return "the list stands under `layers:`"
    if "from label" in says and given and all(isinstance(one, dict) for one in given):
        weights = ", ".join(f"{label}: {scalar_text(one)}" for label, one in given[0].items())
        return f"each output has its weights by its name: `{{NAME: {{{weights}}}, OTHER: ...}}`"
    if "from label" in says:
        return f"weights have labels: `{{{', '.join(f'{at}: {scalar_text(one)}' for at, one in enumerate(given))}}}`"
    return None


def _whole(given: Any, schema: Mapping[str, Any]) -> Meant:
    """One value where a section, or another mapping, belongs."""
    known = schema.get("properties", ())
    if isinstance(given, str) and "source" in known:
        return _as_data(given)
    if "validation" in known and isinstance(given, int | float) and 0 < given < 1:
        return Meant(f"parts have names: `{{validation: {given:g}}}`", None, f"{{validation: {given:g}}}", written=True)
    if "validation" in known and isinstance(given, str) and (found := _PARTS.fullmatch(given)):
        parts = [float(part) for part in found[0].replace("%", "").split(found[1])]
        shares = [part / sum(parts) for part in parts[1:]]
        names = ("validation", "test")
        written = ", ".join(f"{name}: {share:.4g}" for name, share in zip(names, shares, strict=False))
        return Meant(f"parts have names, and the rest is trained on: `{{{written}}}`")
    if {"params", "macs"} <= {*known} and not isinstance(given, dict | list | bool) and given is not None:
        return Meant(f"a budget is of something: `{{params: {given}}}`, `{{macs: ...}}` or others")
    if "validation" in known and isinstance(given, str | bool):
        return Meant("parts have names: `{validation: 0.1, test: 0.1}`; the rest is trained on")
    if {"length", "horizon"} <= {*known} and isinstance(given, int) and not isinstance(given, bool):
        return Meant(f"write `{{length: {given}}}`", None, f"{{length: {given}}}", written=True)
    if isinstance(given, str) and "to list" in schema.get("x-says", "") and given.isidentifier():
        return Meant(f"the name and what it goes through stand together: `{{{given}: [...]}}`")
    return Meant(None)


def _as_data(text: str) -> Meant:
    """The name of a data set, or of a file, where the section with its source belongs."""
    word = vocabulary.kind("source", text)
    if word is not None and word.says is not None and word.name is not None:
        written = word.says.removeprefix("write ").strip("`")
    else:
        written = _source_of(text) or ""
    return Meant(f"write `data: {{source: {{{written}}}}}`" if written else None)


def plain(text: str, schema: Mapping[str, Any]) -> Meant | None:
    """A number, a truth value, null or a list that was written as another language does, or in quotes."""
    found = foreign_syntax.value(text)
    if found is None or not _fits(found, schema):
        return None
    names = found.startswith("$") and any(char.isalpha() for char in found)  # which there may not be
    return Meant(_reason(text, found), None, found, not names, written=True)


def _is_path(category: str, kind: str, argument: str) -> bool:
    found = (one for one in catalog().arguments(category, kind) if one.name == argument) if kind else ()
    return any(one.is_path for one in found)


def by_position(category: str, kind: str, given: Any) -> str | None:
    """Arguments without names, as those of a call in Python, with their names: ``units: 3, activation: softmax``."""
    names = [one.name for one in catalog().arguments(category, kind)]
    if isinstance(given, list) and given and given[-1] in catalog().words("activation") and "activation" in names:
        names = [*names[: len(given) - 1], "activation"]
    elif isinstance(given, list) and "activation" in names[: len(given)]:
        return None
    if (
        isinstance(given, list)
        and 1 < len(given) <= len(names)
        and not any(isinstance(one, dict) or _brief(one) == "..." for one in given)
    ):
        return ", ".join(f"{name}: {_brief(one)}" for name, one in zip(names, given, strict=False))
    if isinstance(given, str) and "," in given:
        written = foreign_syntax.call(category, f"{kind}({given})")
        return written and written.partition(": ")[2][1:-1]
    return None


def _as_list(given: Any, schema: Mapping[str, Any]) -> Meant:
    """One value where a list of several belongs."""
    length = schema.get("minItems", 1)
    text = scalar_text(given)
    items = _types(schema.get("items", {}))
    if isinstance(given, str) and given.startswith("("):
        return Meant(f"a list stands in square brackets, not in parentheses: `[{', '.join(['3'] * length)}]`")
    if isinstance(given, str) and not (items & {"string", "object"} or schema.get("items", {}).get("$ref")):
        return Meant(None)
    if not isinstance(given, str) and items and not items & {"integer", "number"}:
        return Meant(None)
    written = f"[{', '.join([text] * length)}]"
    return Meant(f"write a list: `{written}`", None, written, True, written=True)


def _from_list(given: list[Any], schema: Mapping[str, Any], types: set[str], choices: Sequence[str]) -> Meant:
    """A list where one value belongs: several values to choose from, one alone, or a kind and its arguments."""
    category = schema.get("x-category") or ("layer" if schema.get("x-says", "").startswith("a layer, ") else None)
    if category and given and all(_is_kind(category, one) for one in given):
        shown = [_one(one) for one in given]
        if len(given) > 1 and category == "loss":
            return Meant(f"each output has its loss by its name: `{{NAME: {shown[0]}, OTHER: {shown[1]}}}`")
        return _one_of(shown)
    kind = given[0] if given and isinstance(given[0], str) else ""
    if category and catalog().has(category, kind):
        written = by_position(category, kind, given[1:]) or by_position(category, kind, [*given[1:], None])
        first = next(iter(catalog().arguments(category, kind)), None)
        if len(given) == 2 and first is not None and not isinstance(given[1], dict | list):
            written = f"{first.name}: {scalar_text(given[1])}"
        becomes = f"{{{kind}: {{{written}}}}}" if written else None
        hint = f"a kind and its arguments are a mapping: `{becomes or f'{{{kind}: ...}}'}`"
        return Meant(hint, None, becomes, whole=True)
    shapes = "from names to shapes" in schema.get("x-says", "") and _named_shapes(given)
    if "object" in types and not shapes and given and all(isinstance(one, dict) for one in given):
        return Meant("a mapping: its entries have no dash before them")
    if "from names to shapes" in schema.get("x-says", "") and (named := _named_shapes(given)):
        return Meant(f"names stand before their shapes, without dashes: `{named}`", None, named, whole=True)
    if "from names to shapes" in schema.get("x-says", ""):
        return Meant(f"a shape has a name: `{{NAME: [{', '.join(map(scalar_text, given))}]}}`")
    if given and "array" not in types and all(one in choices or _is_of(one, types) for one in given):
        return _one_of([scalar_text(one) for one in given])
    if len(given) == 1 and isinstance(given[0], str) and category:
        return _one_of([given[0]])
    return _whole(given[0], schema) if len(given) == 1 else Meant(None)


def _named_shapes(given: list[Any]) -> str | None:
    """Inputs as other tools have them: ``[{name: photo, shape: [8, 8, 3]}]``."""
    pairs = [(one.get("name"), one.get("shape")) for one in given if isinstance(one, dict)]
    if len(pairs) != len(given) or not all(isinstance(name, str) and isinstance(shape, list) for name, shape in pairs):
        return None
    return f"{{{', '.join(f'{name}: {_brief(shape)}' for name, shape in pairs)}}}"


def _is_kind(category: str, given: Any) -> bool:
    """Whether it is a kind of the category, with or without arguments, or a word for one."""
    name = next(iter(given)) if isinstance(given, dict) and len(given) == 1 else given
    return isinstance(name, str) and (catalog().has(category, name) or name in catalog().words(category))


def _is_of(given: Any, types: set[str]) -> bool:
    if isinstance(given, bool) or given is None:
        return "boolean" in types and given is not None
    numbers = types & {"integer", "number"}
    if isinstance(given, str):
        return "string" in types and not numbers
    return bool(numbers if isinstance(given, int) else isinstance(given, float) and "number" in types)


def _one(given: Any) -> str:
    """A kind as it stands in a line; of its arguments the plain one."""
    if not isinstance(given, dict):
        return scalar_text(given)
    name, inner = next(iter(given.items()))
    return f"{{{name}: {'{...}' if isinstance(inner, dict | list) else scalar_text(inner)}}}"


def _one_of(shown: Sequence[str]) -> Meant:
    alone = shown[0] if len(shown) == 1 and "..." not in shown[0] else None
    return Meant(_alone(shown), None, alone, whole=True)


def _alone(shown: Sequence[str]) -> str:
    """What to do with a list of what stands alone."""
    if len(shown) == 1:
        return f"one stands here, without a list: `{shown[0]}`"
    several = " or ".join(f"`{one}`" for one in shown[:MAX_OWNERS])
    return f"one stands here: {several}; `nnspec sweep` trains with each of several"


def _reason(given: str, text: str) -> str:
    if text in (given, given.lower()):
        return f"write {text}, without quotes"
    if text in ("true", "false", "null", ".inf", ".nan"):
        more = ", or leave it out" if text == "null" else ""
        return f"in YAML 1.2 `{given}` is a text: write {text}{more}"
    if text.startswith("$("):
        return f"calculations stand in $( ): write `{text}`"
    if any(sign in given for sign in ("#", "//", "--", "/*", "; ")):
        return f"a remark begins with a space and `#`: write `{text}  # ...`"
    return f"write `{text}`"


def _fits(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a value of this text may stand there."""
    allowed = _types(schema)
    if text == "null":
        return "null" in allowed
    if text in ("true", "false"):
        return "boolean" in allowed
    if text.startswith("["):
        return "array" in allowed
    return bool(allowed & {"integer", "number"})


def _types(schema: Mapping[str, Any]) -> set[str]:
    """The types that a schema, or one of its branches, lets stand."""
    if "$ref" in schema:
        schema = catalog().definitions.get(schema["$ref"].removeprefix("#/$defs/"), {})
    own = schema.get("type", ())
    found = {own} if isinstance(own, str) else set(own)
    for branch in schema.get("anyOf", ()):
        found |= _types(branch)
    return found


def listing(verb: str, names: Sequence[str]) -> str | None:
    shown = ", ".join(names[:MAX_LISTED])
    return f"{verb} {shown}{', ...' if len(names) > MAX_LISTED else ''}" if names else None


def under_type(category: str, given: Mapping[str, Any]) -> str | None:
    """``type: Dense, units: 3`` as ``Dense: {units: 3}``: the kind under a key of its own, as other formats have it."""
    key = next((key for key in _TYPE_KEYS if isinstance(given.get(key), str)), None)
    if key is None:
        return None
    plain = vocabulary.bare(given[key])
    word = vocabulary.kind(category, plain)
    name = word.name if word is not None and word.name else plain
    name = catalog().canonical(category, name)
    if not catalog().has(category, name) and certain(name, catalog().kinds(category)):
        name = closest(name, catalog().kinds(category)) or name
    if not catalog().has(category, name):
        return None
    inner = next((given[one] for one in _CONFIG_KEYS if isinstance(given.get(one), dict)), None)
    rest = inner if inner is not None else {one: value for one, value in given.items() if one != key}
    known = catalog().defaults(category, name)
    texts = []
    for one, given_value in rest.items():
        word = None if one in known else vocabulary.argument(one, known)
        if word is None or not word.goes:
            texts.append(f"{(word and word.name) or one}: {_brief(given_value)}")
    return f"{name}: {{{', '.join(texts)}}}" if texts else name


def _brief(given: Any) -> str:
    """A plain value, or a list of plain ones, as YAML; three dots for more."""
    if isinstance(given, list) and not any(isinstance(one, dict | list) for one in given):
        return f"[{', '.join(map(scalar_text, given))}]"
    return "..." if isinstance(given, dict | list) else scalar_text(given)


def _source_of(text: str) -> str | None:
    """``Csv: {path: pets.csv, ...}`` for the name of a file; for any other path what reads folders."""
    from nnspec.data.sources import SOURCES

    if not text or catalog().has("source", text) or vocabulary.kind("source", text):
        return None
    ends = {name: getattr(SOURCES[name], "suffixes", ()) for name in SOURCES}
    found = next((name for name, suffixes in ends.items() if suffixes and text.lower().endswith(suffixes)), None)
    is_path = "/" in text or "\\" in text or "." in text
    if found is None and (is_path or closest(text, catalog().kinds("source")) is None):
        found = next((name for name, suffixes in ends.items() if "/" in suffixes), None)
    if found is None:
        return None
    first, *rest = (one.name for one in catalog().arguments("source", found) if one.required)
    return f"{found}: {{{', '.join([f'{first}: {text}', *(f'{name}: ...' for name in rest)])}}}"


def _named(name: str, sure: bool) -> Meant:
    return Meant(f"did you mean `{name}`?", name, name, sure)


def _written(text: str, *, sure: bool, braces: bool) -> Meant:
    return Meant(f"write `{text}`", None, f"{{{text}}}" if braces else text, sure, written=True)


def _example(category: str, name: str) -> str:
    """How a call that cannot be read would begin."""
    called = vocabulary.bare(name.partition("(")[0].strip())
    first = next((one.name for one in catalog().arguments(category, called)), None)
    return f"{called}: {{{first}: ...}}" if first else "Kind: {argument: value}"


def _owners(category: str, key: str) -> list[str]:
    """The kinds of a category that take an argument."""
    return [one for one in catalog().kinds(category) if key in catalog().defaults(category, one)]


def _sections(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The mappings of fixed keys that a spec holds below its top."""
    for name, inner in schema.get("properties", {}).items():
        if isinstance(inner, Mapping) and "properties" in inner and "x-category" not in inner:
            yield (*path, name), inner["properties"]
            yield from _sections(inner, (*path, name))
