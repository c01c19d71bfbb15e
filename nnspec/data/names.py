"""Names of classes: of numbers beyond them, and those that are likely mistakes."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from nnspec.data.errors import Remark

MISSING = frozenset({"nan", "null", "none", "n/a", "na", "?", "-", "unknown"})
MARKS = re.compile(r"[\s_.?!-]+")
SHOWN = 5  # so many pairs are told
BETWEEN = ("|", ";", ",")  # several labels in one


def name_of(classes: Sequence[str], number: int) -> str:
    """What a class is called. An output may have more units than the data have classes: those have no name."""
    return classes[number] if number < len(classes) else f"[{number}]"


def names_of(classes: Sequence[str], count: int) -> list[str]:
    """The names of so many units, and of all classes."""
    return [name_of(classes, number) for number in range(max(count, len(classes)))]


def without_trifles(text: str) -> str:
    """What is left of a text without what no person sees: case, forms of one letter, and characters of no width."""
    letters = unicodedata.normalize("NFKC", text.casefold())
    return "".join(letter for letter in letters if letter.isascii() or unicodedata.category(letter) != "Cf")


def told_apart(one: str, other: str) -> tuple[str, str]:
    """Two texts as they are quoted: by the codes of their characters where they look the same."""
    same = unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    return (ascii(one), ascii(other)) if same else (repr(one), repr(other))


def looks_missing(label: str) -> bool:
    """Whether a label is a word for having none."""
    return label.casefold() in MISSING


def _nearly(name: str) -> object:
    """What is equal of names that people would take for one; numbers by their value."""
    try:
        return float(name)
    except ValueError:
        return MARKS.sub("", without_trifles(name)) or name


def nearly_one(counts: Mapping[str, int], where: str | None) -> Iterator[Remark]:
    """Remarks on classes, with so many examples each, that people would take for one."""
    first: dict[object, str] = {}
    pairs = []
    for name in counts:
        other = first.setdefault(_nearly(name), name)
        if other != name:
            pairs.append((other, name))
    for one, other in pairs[:SHOWN]:
        ours, theirs = told_apart(one, other)
        message = f"the classes {ours} ({counts[one]:,} examples) and {theirs} ({counts[other]:,}) are almost one name"
        yield Remark("W0906", message, file=where, hint="write them alike if they are one class")
    if len(pairs) > SHOWN:
        yield Remark("W0906", f"so are {len(pairs) - SHOWN:,} more pairs of classes", file=where)


def several(labels: Collection[str]) -> tuple[str, str, int] | None:
    """Whether labels are several in one: an example, the mark between them, and how many there are of single ones.

    Half of the parts or more stand in another label, too: "Doe, Jane" is one name.
    """
    lists = [label for label in labels if label.startswith("[") and label.endswith("]")]
    if lists and len(lists) == len(labels) and any("," in label for label in lists):
        single = {part.strip().strip("'\"") for label in lists for part in label[1:-1].split(",")}
        return next(label for label in lists if "," in label), "[", len(single)
    for mark in BETWEEN:
        parted = {label: [part.strip() for part in label.split(mark)] for label in labels}
        joined = [label for label, parts in parted.items() if len(parts) > 1 and all(parts)]
        times = Counter(part for parts in parted.values() for part in set(parts))
        single = {part for label in joined for part in parted[label]}
        if joined and 2 * sum(times[part] > 1 for part in single) >= len(single):
            return joined[0], mark, len(times)
    return None


def several_at_once(labels: Collection[str]) -> tuple[str, str] | None:
    """What is told of labels that are several in one, and the hint; None where they are not."""
    found = several(labels)
    if found is None:
        return None
    label, mark, count = found
    what = f"labels such as {label!r} are taken for one class each, {len(labels):,} in all"
    hint = f"the source Table reads {count:,} single ones: `targets: {{NAME: {{type: labels, separator: "
    between = "as lists" if mark == "[" else f"with {mark!r} between them"
    return f"{what}: several labels {between}", f'{hint}"{mark}"}}}}`, with sigmoid'


def doubtful(counts: Mapping[str, int], where: str) -> Iterator[Remark]:
    """Remarks on classes with so many examples each."""
    yield from nearly_one(counts, where)
    if (told := several_at_once(counts)) is not None:
        yield Remark("W0933", told[0], file=where, hint=told[1])
    for name, count in counts.items():
        if looks_missing(name):
            yield Remark("W0903", f"the class {name!r} of {count:,} examples looks like a missing label", file=where)
