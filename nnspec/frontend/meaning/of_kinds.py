"""What an unknown kind was meant to be: by meaning, by the syntax of others, last by spelling."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.frontend import foreign_syntax, vocabulary
from nnspec.frontend.lookalikes import looks_like
from nnspec.frontend.meaning.meant import Meant, brief, did_you_mean, in_braces, is_kind, listing, source_of, write
from nnspec.frontend.suggest import certain, closest

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
_DIGIT = re.compile(r"\d")
_DIVIDED = re.compile(r"[\W_]")
MANY = 100  # kinds that are too many for a hint to begin to list
_IN_LISTS = ("layer", "metric", "callback", "target")  # kinds of which several may stand in a place
LONG = 4  # letters of a word that is looked for within others
_CONFIG_KEYS = ("config", "args", "kwargs", "arguments", "init_args", "params", "attrs", "attributes", "options")
_BESIDE = ("name", "from", "when")  # what stands beside a layer's kind


def kind(category: str, name: str, known: Collection[str], *, on_key: bool = False) -> Meant:
    """A kind that there is not.

    Args:
        known: the words that may stand there.
        on_key: whether arguments follow it.
    """
    if category == "activation" and "(" in name and (layer := foreign_syntax.call("layer", name)) and ": " in layer:
        return Meant(f"an activation takes no arguments, and a layer does: `{layer}`")
    written = None if on_key else foreign_syntax.call(category, name) or foreign_syntax.joined(category, name)
    if written:
        foreign = vocabulary.kind(category, vocabulary.bare(name.partition("(")[0]))
        return write(written, sure=foreign is None, braces=": " in written)
    if looks_like(name) != name and (straight := looks_like(name).strip("'\"")) in known:
        return Meant(f"curly quotation marks are part of the text: write `{straight}`", straight, straight, True)
    if category == "source" and not on_key and (written := source_of(name)):
        return Meant(f"a source is a kind and what it reads: write `source: {{{written}}}`")
    if not on_key and name[:1] + name[-1:] == "{}":
        return Meant(f"in quotes it is a text: write `{name}` without them", None, name, written=True)
    if sentence := _sentence(category, name):
        return Meant(sentence)
    if on_key and name in catalog().words(category):  # the word is right where no arguments follow
        ours = catalog().canonical(category, name)
        if catalog().has(category, ours):
            return did_you_mean(ours, sure=True)
        return Meant(f"`{name}` alone is right; with arguments {listing('there are', catalog().kinds(category))}")
    plain = vocabulary.bare(name.partition("(")[0] if not on_key and name.endswith(")") else name)
    if category == "source" and ":" in plain:  # as of TensorFlow Datasets: ``tfds:mnist``
        plain = plain.partition(":")[0]
    if plain != name and (plain in known or catalog().has(category, plain)):
        return did_you_mean(plain, sure=True)
    word = vocabulary.kind(category, plain)
    if word is not None:
        hint = word.says or f"did you mean `{word.name}`?"
        becomes = None if word.says or ("(" in name and "()" not in name) else word.name
        return Meant(hint, word.name, becomes, becomes is not None)
    spelt = closest(name, known)
    if spelt is None and plain != name:
        spelt = closest(plain, known)
    if on_key and spelt in catalog().words(category) and catalog().has(category, catalog().canonical(category, spelt)):
        spelt = catalog().canonical(category, spelt)  # arguments follow, which a word takes none of
    if spelt is not None:
        meant = spelt if _DIGIT.search(plain) else _of_images(spelt, known)
        return did_you_mean(meant, meant == spelt and certain(plain, known))
    if category == "layer" and plain in catalog().words("activation"):
        return Meant(f"write `Activation: {plain}`, or the argument `activation: {plain}`")
    if category == "layer" and (application := _application(name)):
        return Meant(
            f"it is a whole network: `nnspec new transfer FILE --data PATH --application {application}` begins with it"
        )
    if (text := foreign_syntax.entry(name, ())) is None and "(" in name:
        return Meant(f"a spec is YAML, not Python: write `{_example(category, name)}`")
    within = [one for one in known if len(plain) >= LONG and plain.lower() in one.lower()]
    if text is None and not within and len(known) > MANY:
        return Meant("`nnspec schema --list` names all; one of your own comes by `requires:` or `--plugin`")
    return Meant(text or listing("there are", within or list(known)))


def _application(name: str) -> str | None:
    """The network of Keras's that a kind is called like: ``resnet50``, ``applications.MobileNetV2(...)``."""
    from nnspec.catalog.applications import APPLICATIONS

    called = {_DIVIDED.sub("", one).lower(): one for one in APPLICATIONS}
    words = [name.partition("(")[0].rpartition(".")[2], *re.findall(r"[\"']([\w.-]+)[\"']", name)]
    return next((called[word] for one in words if (word := _DIVIDED.sub("", one).lower()) in called), None)


def _of_images(kind: str, known: Collection[str]) -> str:
    """Of a kind that there is for one, two and three axes that for two, under its own name."""
    two = re.sub(r"[13]D", "2D", kind)
    return catalog().canonical("layer", two) if two != kind and two in known else kind


def _sentence(category: str, name: str) -> str | None:
    """What several words are, where one kind belongs: a loop, a list, or a kind and what is said of it."""
    if category == "layer" and (found := re.fullmatch(r"repeat (\d+)( times)?", name)):
        return f"write `repeat: {found[1]}`, and `layers:` below it"
    parts = re.split(r"\s*[,;+|]\s*|\s+and\s+", name)
    if len(parts) > 1 and all(is_kind(category, part) for part in parts):
        several = f"write a list: `[{', '.join(parts)}]`"
        return several if category in _IN_LISTS else f"one stands here: {' or '.join(f'`{part}`' for part in parts)}"
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
    return f"a layer's name stands beside it: `{{name: {name}, {inner}: {in_braces(arguments)}}}`"


def by_position_of_others(name: str, given: Any) -> str | None:
    """``nn.Conv2d: [3, 8, 3]`` as ``Conv2D: {filters: 8, kernel_size: 3}``: arguments in another library's order."""
    plain = vocabulary.bare(name)
    order, word = vocabulary.positions(plain), vocabulary.kind("layer", plain)
    values = given if isinstance(given, list) else [given]
    of_size = "units" in order or "filters" in order
    if not order or word is None or given is None or isinstance(given, dict) or (of_size and len(values) == 1):
        return None
    pairs = [(one, inner) for one, inner in zip(order, values, strict=False) if one is not None]
    if len(values) > len(order) or any(brief(inner) == "..." for _, inner in pairs):
        return None
    written = ", ".join(f"{one}: {brief(inner)}" for one, inner in pairs)
    return f"write `{word.name}: {{{written}}}`" if written else f"the sizes are the input's: write `{word.name}`"


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
    own = [one for one in _BESIDE if category == "layer" and one in rest and one not in known]
    beside = [f"{one}: {brief(rest[one])}" for one in own]
    for one, given_value in rest.items():
        if one in own:
            continue
        word = None if one in known else vocabulary.argument(one, known)
        if word is None or not word.goes:
            texts.append(f"{(word and word.name) or one}: {brief(given_value)}")
    written = f"{name}: {{{', '.join(texts)}}}" if texts or beside else name
    return f"{{{', '.join([*beside, written])}}}" if beside else written


def _example(category: str, name: str) -> str:
    """How a call that cannot be read would begin."""
    called = vocabulary.bare(name.partition("(")[0].strip())
    first = next((one.name for one in catalog().arguments(category, called)), None)
    return f"{called}: {{{first}: ...}}" if first else "Kind: {argument: value}"
