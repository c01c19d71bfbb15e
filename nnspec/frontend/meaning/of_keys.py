"""What an unknown key was meant to be: an argument, an entry of a section, a setting that stands elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import yaml_scalar
from nnspec.frontend import foreign_syntax, trainer_words, vocabulary
from nnspec.frontend.meaning.meant import MAX_OWNERS, Meant, did_you_mean, in_braces, listing
from nnspec.frontend.suggest import certain, closest

# Keys by which the mappings are known that other tools tell such settings to: the spec, data, their parts, training.
_TOLD_SETTINGS = ({"layers", "train"}, {"source", "split"}, {"validation", "unused"}, {"epochs", "optimizer"})


def argument(category: str, kind_name: str, key: str, given: Mapping[str, Any], known: Sequence[str]) -> Meant:
    """An argument that a kind does not take.

    Args:
        given: all that stand beside it.
        known: what the kind takes.
    """
    if given.get(key) is None and (written := foreign_syntax.entry(key, known)):
        return Meant(f"write `{written}`", written.partition(":")[0], written, True, written=True)
    if given.get(key) is None and key.endswith(")"):
        return Meant(f"a list stands in square brackets, not in parentheses: `{_in_brackets(key, given)}`")
    if given.get(key) is None and not key[:1].isalpha():
        return Meant("within braces a comma begins the next entry; a number has a decimal point")
    if category == "source" and (says := _beside_a_source(key)):
        return Meant(says)
    if (word := vocabulary.converted(key, given, known)) is not None:
        return Meant(word.says, word.name)
    word = vocabulary.argument(key, known)
    if word is not None and word.name is not None:
        meant = did_you_mean(word.name, sure=True)
        return meant if word.name not in given else _twice(word.name, key)
    if word is not None:
        return Meant(word.says, sure=word.goes, goes=word.goes)
    spelt = closest(key, known)
    owners = _owners(category, key)
    inner = None if owners or (spelt and certain(key, known)) else _within(category, kind_name, key, given)
    if inner is not None:
        return Meant(inner)
    if category in ("optimizer", "callback") and (elsewhere := _of_other_trainers(key, given[key])) is not None:
        return elsewhere
    if spelt is not None and (not owners or certain(key, known)):
        return Meant(f"did you mean `{spelt}`?", spelt, spelt if spelt not in given else None, certain(key, known))
    takes = listing(f"{kind_name} takes", known) or f"{kind_name} takes none"
    if says := _in_a_section(category, kind_name, key, given[key]):
        return Meant(says)
    if not owners:
        return Meant(takes.replace(f"{kind_name} takes", "it takes"))
    return Meant(f"`{key}` is an argument of {_some(owners)}; {takes}")


def _in_a_section(category: str, kind_name: str, key: str, given: Any) -> str | None:
    """An entry of a mapping that an argument takes, such as the ``length`` of a window."""
    for name, inner in catalog().definitions[f"{category}.{kind_name}"].get("properties", {}).items():
        properties = inner.get("properties", {})
        ours = key if key in properties else vocabulary.key(key, properties)
        if ours is not None:
            return f"it stands in `{name}`: write `{name}: {{{ours}: {in_braces(given)}}}`"
    return None


def _of_other_trainers(key: str, given: Any) -> Meant | None:
    """What other trainers tell an optimizer or a callback, and a spec says elsewhere."""
    setting = trainer_words.setting(key)
    if setting is None or setting.says is None:
        return None
    plain = not isinstance(given, dict | list | bool | None)
    says = trainer_words.said(setting, yaml_scalar(given) if plain else None)
    return Meant(says, sure=setting.sure, goes=setting.goes)


def _in_brackets(last: str, given: Mapping[str, Any]) -> str:
    """``{size: (64, 64)}`` as it was meant; YAML takes what stands behind the comma for the next key."""
    names = list(given)
    end = names.index(last)
    begin = next((at for at in range(end, -1, -1) if str(given[names[at]]).startswith("(")), None)
    if begin is None:
        return "[3, 3]"
    items = [str(given[names[begin]])[1:], *names[begin + 1 : end], last[:-1]]
    return f"{names[begin]}: [{', '.join(items)}]"


def _within(category: str, kind_name: str, key: str, given: Mapping[str, Any]) -> str | None:
    """Where a key belongs to a kind that stands in one of this kind's arguments, such as a schedule in a rate."""
    for one in catalog().arguments(category, kind_name):
        if one.category and (taker := _taker(one.category, key, given)):
            written = _with_arguments(one.category, taker, given.get(one.name), given)
            steps = ", counted in steps" if one.category == "schedule" else ""
            return f"it is of {taker}, in `{one.name}`{steps}: write `{one.name}: {{{taker}: {written}}}`"
    return None


def _taker(category: str, key: str, given: Mapping[str, Any]) -> str | None:
    """The kind of a category that takes a key, the most of what stands beside it, and needs the least besides."""
    kinds = [name for name in catalog().kinds(category) if _ours(key, catalog().defaults(category, name))]

    def fits(name: str) -> tuple[int, int, int]:
        arguments = catalog().arguments(category, name)
        taken = [ours for one in given if (ours := _ours(one, [argument.name for argument in arguments]))]
        needed = [one.name for one in arguments[1:] if one.required and one.name not in taken]
        return len(taken), -len(needed), -len(arguments)

    return max(kinds, key=fits, default=None)


def _with_arguments(category: str, kind_name: str, first: Any, given: Mapping[str, Any]) -> str:
    """What a kind takes of what is given, and what it needs besides."""
    arguments = catalog().arguments(category, kind_name)
    values = {ours: given[one] for one in given if (ours := _ours(one, catalog().defaults(category, kind_name)))}
    if isinstance(first, int | float):
        values.setdefault(arguments[0].name, first)
    return in_braces({one.name: values.get(one.name, [[]]) for one in arguments if one.required or one.name in values})


def _ours(key: str, known: Collection[str]) -> str | None:
    """The argument that a word of ours, or of others, is."""
    if key in known:
        return key
    word = vocabulary.argument(key, known)
    return None if word is None else word.name


def _some(owners: Sequence[str]) -> str:
    return f"{', '.join(owners[:MAX_OWNERS])}{' and others' if len(owners) > MAX_OWNERS else ''}"


def _beside_a_source(key: str) -> str | None:
    """What of a source's arguments is said beside it, under ``data``, or by the network."""
    if says := vocabulary.source_argument(key):
        return says
    beside = {name for path, names in sections(catalog().schema, ()) if path == ("data",) for name in names}
    return f"`{key}` stands beside the source, under `data:`" if key in beside else None


def _owners(category: str, key: str) -> list[str]:
    """The kinds of a category that take an argument."""
    return [one for one in catalog().kinds(category) if key in catalog().defaults(category, one)]


def entry(key: str, given: Mapping[str, Any], known: Sequence[str]) -> Meant:
    """A key that a section does not know."""
    if given.get(key) is None and (written := foreign_syntax.entry(key, known)):
        return Meant(f"write `{written}`", written.partition(":")[0], written, True, written=True)
    if key.startswith("-") and key[1:2].isalpha():
        return Meant(f"a space belongs behind the dash of an item: `- {key[1:]}`")
    if (meant := _of_a_trainer(key, given[key], known)) is not None:
        return meant
    if vocabulary.key(key, known) is None:
        if isinstance(given[key], list | dict) and (other := _belongs_by_meaning(key)):
            return Meant(f"here it is `{other[-1]}`, and stands under `{'.'.join(other[:-1])}:`", home=other)
        if "source" in known and (says := vocabulary.source_argument(key)):
            return Meant(says)
    spelt = closest(key, known)
    if spelt is not None and certain(key, known):
        return did_you_mean(spelt, sure=True) if spelt not in given else _twice(spelt, key)
    if remark := vocabulary.key_remark(key, known):
        return Meant(remark)
    name = vocabulary.key(key, known)
    if name is not None:
        return did_you_mean(name, sure=True) if name not in given else _twice(name, key)
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
        return did_you_mean(spelt, sure=False) if spelt not in given else Meant(f"did you mean `{spelt}`?", spelt)
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
    hint = trainer_words.said(setting, None if not plain or isinstance(given, bool | None) else yaml_scalar(given))
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
    texts = [f"{words[one]}: {yaml_scalar(inner)}" for one, inner in given.items() if words[one]]
    return f"{{{name}: {{{', '.join(texts)}}}}}"


def belongs(key: str, *, deep: bool = False) -> tuple[str, ...] | None:
    """The section that knows a key; None where there is none, or more than one.

    Args:
        deep: also below the sections, such as ``train.teacher``; parts of data are asked for by name alone.
    """
    homes = [path for path, names in sections(catalog().schema, ()) if key in names]
    homes = [path for path in homes if deep or len(path) == 1 or path == ("data", "split")]
    return homes[0] if len(homes) == 1 else None


def _both(key: str) -> str | None:
    """What a key means that several sections know, such as a seed."""
    homes = [path[0] for path, names in sections(catalog().schema, ()) if key in names and len(path) == 1]
    return f"`{key}` stands under {' or '.join(f'`{home}:`' for home in homes)}" if len(homes) > 1 else None


def _belongs_by_meaning(key: str) -> tuple[str, ...] | None:
    """The section, and the key that a word of others is there; None where there is none, or more than one."""
    near = [one for one in sections(catalog().schema, ()) if len(one[0]) == 1 or one[0] == ("data", "split")]
    homes = [(*path, ours) for path, properties in near if (ours := vocabulary.key(key, properties))]
    homes = [home for home in homes if home[-1] not in catalog().schema["properties"]]
    return homes[0] if len(homes) == 1 else None


def sections(schema: Mapping[str, Any], path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The mappings of fixed keys that a spec holds below its top."""
    for name, inner in schema.get("properties", {}).items():
        if isinstance(inner, Mapping) and "properties" in inner and "x-category" not in inner:
            yield (*path, name), inner["properties"]
            yield from sections(inner, (*path, name))
