"""A table's columns: which is learned, which are looked at, and how each is read."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from nnspec.data.errors import DataError
from nnspec.data.formats import images, sounds
from nnspec.data.formats.boxes import BOXES
from nnspec.data.formats.cells import MISSING_NUMBERS, is_number, written
from nnspec.data.formats.class_folders import PARTS as PART_NAMES
from nnspec.data.formats.delimited_text import body
from nnspec.data.formats.table_head import Head, Sample, sample_of
from nnspec.data.names import BETWEEN as MARKS
from nnspec.data.names import several
from nnspec.starting import files
from nnspec.starting.guess import CUT, PARTS, Guess, Unknown
from nnspec.starting.heads import WORDS, head_of, names_in
from nnspec.starting.parts import parts_beside
from nnspec.starting.series import groups_of, refuse_two_times, refuse_wide, series

# Names of what is to be learned, the likelier ones first.
TARGETS = (
    *("target", "label", "labels", "class", "category", "outcome", "output", "intent", "sentiment", "species"),
    *("diagnosis", "survived", "churn", "quality", "rating", "score", "price", "sales", "tags", "topic", "y"),
)
SEVERAL = ("tags", "labels", "genres", "attributes", "keywords", "categories")  # names of labels in one cell
SIZES = ("width", "height", "size", "index", "duration", "length")  # of files, beside what is told of them
SAMPLE = 20_000  # rows that are looked at
CLASSES = 100  # a category of more different texts is no target, and no input either
FEW = 20  # whole numbers of so many different values are taken for classes
LONG = 6  # digits of a number that is an id
FILES = ("image", "audio")
CELLS = ("number", "boolean", "category")
MOST_PARTS = 4  # different names of parts in a column
FEWEST = 4  # numbers of a cell that is a list of them
SMALLEST = 8  # pixels of the side of an image that a list holds
KNOWN_FILES = 40  # names that are looked for


@dataclass(frozen=True, slots=True)
class Look:
    """One column, as its first cells show it.

    Attributes:
        kind: number, boolean, time, category; text: sentences; image, audio: names of files, absent: of some that are
            not there; part: of a split; id: what tells rows apart and nothing else.
        distinct: how many different cells; count: how many that are not missing.
        folder, extension: where the files lie, from the table's folder, and what their names lack.
        mixed: whether words stand among the numbers of a category.
    """

    name: str
    kind: str
    distinct: int
    count: int
    missing: int
    texts: Sequence[str]
    folder: str | None = None
    extension: str | None = None
    mixed: bool = False


def table(path: Path, target: str | None, told: Mapping[str, Any] | None = None, root: Path | None = None) -> Guess:
    """How a file of rows may be read.

    Args:
        told: the options of reading, where the file says them itself.
        root: the folder that files which it names lie below; None: its own.

    Raises Unknown where nothing in it can be learned, DataError where it is none.
    """
    arguments, head = head_of(path, told)
    samples = _samples(head)
    reading = [guessed(key, value) for key, value in arguments.items() if key != "path"] if told is None else []
    arguments |= {"root": str(root)} if root else {}
    looks = {name: _look(head, name, samples[name], root or path.parent) for name in head.names}
    chosen = _target(looks, target, path)
    times = [one for one in looks.values() if one.kind == "time" and not one.missing]
    numbers = [one for one in looks.values() if one.kind == "number"]
    goal = numbers[-1] if numbers and target is None else next((one for one in numbers if one.name == target), None)
    if goal and times:
        refuse_two_times(times, len(numbers), looks, head)
        groups = groups_of(head, times[0], looks, goal.name)
        known = {*(groups or ()), *(one.name for one in (*times, *numbers))}
        if groups is not None and len(known) >= len(looks) - 1:
            instead = None
            with suppress(Unknown):
                instead = None if chosen is None else _told(path, arguments, looks, chosen, target, head, reading)
            unused = _unused(one for name, one in looks.items() if name not in known or one in times[1:])
            return series(arguments, times[0], goal.name, looks, next(iter(groups), None), unused, instead)
    if target is None:
        refuse_wide(head, looks)
    if target is None:
        _refuse_boxes(looks, path)
    _refuse_tagged(head.names, path)
    _refuse_sentences(looks.values(), path)
    if chosen is None:
        raise Unknown(
            "no column looks like what is to be learned",
            file=str(path),
            hint=f"name it with --target: {', '.join(head.names)}",
        )
    return _told(path, arguments, looks, chosen, target, head, reading)


def _refuse_tagged(names: Sequence[str], path: Path) -> None:
    """Raises Unknown on rows that are each a word of a sentence: their order says what a table does not ask."""
    known = {name.casefold().strip(" #") for name in names}
    if known & {"word", "token"} and known & {"tag", "ner", "tags", "label"} and any("sent" in one for one in known):
        hint = (
            "write a word and its tag on each line, and an empty line behind each sentence: the source Conll reads it"
        )
        raise Unknown("each row is a word of a sentence, with its tag", file=str(path), hint=hint)


def _refuse_boxes(looks: Mapping[str, Look], path: Path) -> None:
    """Raises Unknown where rows are boxes around objects, of which an image has several."""
    names = {re.sub(r"[^a-z0-9]", "", name.casefold()) for name in looks}
    lists = [one for one in looks.values() if one.kind == "list" and re.search(r"(?i)(bbox|box|boxes)$", one.name)]
    if not (lists or names >= {"xmin", "ymin", "xmax", "ymax"} or names >= {"x1", "y1", "x2", "y2"}):
        return
    for one in looks.values():
        if one.kind in ("image", "absent") and one.distinct < one.count:
            message = f"each row is a box around an object, and `{one.name}` names some images several times"
            raise Unknown(message, file=str(path), hint=BOXES)


def _refuse_sentences(looks: Iterable[Look], path: Path) -> None:
    """Raises Unknown on rows that are each a sentence, as a list of words and a list of their tags."""
    lists = {one.name.casefold(): one.name for one in looks if one.texts and all(map(_is_list, one.texts))}
    words = next((lists[name] for name in ("tokens", "words") if name in lists), None)
    tags = next((name for key, name in lists.items() if name != words and re.search(r"tag|ner|label|pos", key)), None)
    if words and tags:
        hint = "write each word and its tag, as a name, on a line, and an empty line behind each sentence: the source "
        hint += "Conll reads it"
        raise Unknown(f"`{words}` holds the words of a sentence, and `{tags}` their tags", file=str(path), hint=hint)


def _is_list(text: str) -> bool:
    return text.startswith("[") and text.endswith("]")


def guessed(key: str, value: Any) -> str:
    """What is told of an option without which a table is not read, or read otherwise."""
    if key == "header" and value is False:
        return "`header: false` is a guess: the first row looks like the others"
    return f'`{key}: "{value}"` is a guess' if key == "separator" else f"`{key}: {str(value).lower()}` is a guess"


def _told(
    path: Path,
    arguments: dict[str, Any],
    looks: Mapping[str, Look],
    chosen: Look,
    target: str | None,
    head: Head,
    reading: Sequence[str],
) -> Guess:
    """The guess for a table whose rows are examples, with the parts and notes; `reading`: of how it is read."""
    named = [one for one in looks.values() if one.kind in (*FILES, "list")]
    places = _places(looks, chosen) if target is None and named else []
    texts = [one for one in looks.values() if one.kind == "text"]
    split, rows, notes = _parts(looks)
    if rows is None:
        split, notes = _with_target(*parts_beside(path), chosen.name, arguments)
    told = f"`{chosen.name}` is taken for what is to be learned" if target is None else None
    labels = _labels(looks, chosen) if target is None and (named or texts) else []
    if labels:
        names = ", ".join(f"`{one.name}`" for one in labels)
        told = f"{names} are taken for what is to be learned, each a yes or no; --target names one alone"
    if places:
        names = ", ".join(f"`{one.name}`" for one in places)
        told = f"{names} are taken for places in the image, which are to be learned; --target names one alone"
    notes = [*([told] if told else []), *reading, *notes]
    others = [one for one in looks.values() if one.kind in CELLS and one.distinct > 1 and one is not chosen]
    if named or len(texts) > 1 or (texts and others) or _mark_within(chosen):
        return _mixed(arguments, looks, places or labels or [chosen], split, rows, notes)
    if texts:
        notes += _unused(one for one in looks.values() if one not in (texts[0], chosen))
        return _texts(arguments, head, texts[0], chosen, split, [*notes, CUT])
    return (
        _plain(arguments, looks, chosen, split, notes)
        if not rows
        else _mixed(arguments, looks, [chosen], split, rows, notes)
    )


def _with_target(
    split: dict[str, Any], notes: list[str], target: str, arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """The parts without files that lack what is to be learned, as those of a competition do."""
    left = ("path",) if arguments.get("header") is False else ("path", "names")
    options = {name: value for name, value in arguments.items() if name not in left}
    for part, value in split.items():
        if not isinstance(value, str):
            continue
        try:
            why = "" if target in names_in(value, options) else f"has no column `{target}`"
        except DataError as error:
            why = f"is written in another way: {error.message}"
        if why:
            lacks = f"{Path(value).name} {why}: it is no part to measure"
            split, notes = split | {part: PARTS[part]}, [lacks, *(one for one in notes if Path(value).name not in one)]
    return split, notes


def _labels(looks: Mapping[str, Look], chosen: Look) -> list[Look]:
    """The columns beside the one to learn that say yes or no as it does, with it; none where it is alone, or named."""
    every = list(looks.values())
    place = every.index(chosen)
    if chosen.name.casefold() in TARGETS or not _is_yes_or_no(chosen):
        return []
    first, last = place, place + 1
    while first and _is_yes_or_no(every[first - 1]):
        first -= 1
    while last < len(every) and _is_yes_or_no(every[last]):
        last += 1
    return every[first:last] if last - first > 1 else []


def _places(looks: Mapping[str, Look], chosen: Look) -> list[Look]:
    """Columns of numbers that are x and y in turn, as their names say: `nose_x`, `nose_y`; none without the chosen."""
    found: list[Look] = []
    for one in looks.values():
        named = re.fullmatch(r"(.*?)(x)(\d*)", one.name, re.IGNORECASE)
        beside = looks.get(f"{named[1]}{'y' if named[2] == 'x' else 'Y'}{named[3]}") if named else None
        if beside is not None and one.kind == beside.kind == "number":
            found += [one, beside]
    return found if chosen in found else []


def _mark_within(one: Look) -> str | None:
    """The mark between several labels in a cell, most of which stand in others, too; `[` of lists, ` ` of words."""
    if one.texts and all(map(_is_list, one.texts)):
        return "["
    if one.kind not in ("category", "id") or one.distinct <= 1:
        return None
    if (found := several(one.texts)) is not None and found[2] < one.distinct:
        return found[1]
    cells = [set(re.findall(r"[^\s,;|]+", text)) for text in one.texts]
    words = [word for cell in cells for word in cell]
    named = one.name.casefold() in SEVERAL
    return " " if named and len(words) > len(cells) and len(set(words)) < 0.75 * len(words) else None


def _is_yes_or_no(one: Look) -> bool:
    return one.kind in ("number", "boolean") and not one.missing and set(one.texts) <= {"0", "1"}


def _samples(head: Head) -> dict[str, Sample]:
    """More rows than the types are told from: a table that is sorted begins with one class."""
    rows = list(islice(body(head.path, head.dialect), SAMPLE))
    markers = frozenset(MISSING_NUMBERS)
    return {name: sample_of(rows, place, markers) for place, name in enumerate(head.names)}


def _look(head: Head, name: str, sample: Sample, folder: Path) -> Look:
    form, is_time = head.forms[name], head.samples[name].time_format
    texts = list(islice(sample.texts, 200))
    mixed = form.type == "number" and _has_words(name, sample)
    found = Look(
        name, "category" if mixed else form.type, len(sample.texts), sample.count, sample.missing, texts, mixed=mixed
    )

    def of(kind: str, where: str | None = None, extension: str | None = None) -> Look:
        return Look(name, kind, found.distinct, found.count, found.missing, texts, where, extension)

    if (is_time and form.type == "category") or (form.type == "number" and _goes_on(name, texts)):
        return of("time")
    if texts and found.distinct <= MOST_PARTS and all(map(_part_of, texts)):
        return of("part")
    if form.type == "category" and _numbers_in(texts):
        return of("list")
    unique = found.distinct > 0.9 * found.count and found.count > 20
    numbered = form.type == "number" and found.distinct == found.count and all(map(str.isalnum, texts))
    if form.type == "category" or numbered:
        for kind, suffixes in (("image", images.SUFFIXES), ("audio", sounds.SUFFIXES)):
            place = _files(texts, suffixes, folder)
            if place is not None:
                return of(kind, *place)
            if _are_names(texts, suffixes):
                return of("absent")
    if form.type == "category":
        words = sorted(len(text.split()) for text in texts)
        if words and words[len(words) // 2] >= WORDS and (found.distinct > CLASSES or unique):
            return of("text")
        labels = several(texts)  # of few labels there may be many sets
        few = found.distinct <= CLASSES or (labels is not None and labels[2] <= CLASSES)
        return found if few and not unique else of("id")
    learned = name == head.names[-1] or _ends_as_target(name)
    if form.type == "number" and _counts(name, texts, unique, learned):
        return of("id")
    return found


def _has_words(name: str, sample: Sample) -> bool:
    """Whether a column of few values, most of them numbers, has words that come again: `0`, `a`, `b`."""
    words = [text for text in sample.texts if not is_number(text) and written(text) is None]
    come_again = bool(words) and name not in words and all(sample.texts[text] > 1 for text in words)
    return come_again and len(sample.texts) <= FEW


def _goes_on(name: str, texts: Sequence[str]) -> bool:
    """Whether a column of numbers is called a time, and each is later than that before it."""
    if not re.fullmatch(r"(?i)(unix|epoch|utc|gmt)?[-_ ]?(year|date|datetime|time|time[-_ ]?stamp)", name):
        return False
    return all(map(is_number, texts)) and all(float(after) > float(before) for before, after in pairwise(texts))


def _part_of(text: str) -> str | None:
    """The part that a word names, alone or within a name such as `PublicTest`."""
    word = text.casefold()
    alone = next((part for part, known in PART_NAMES.items() if word in known), None)
    within = re.fullmatch(r"(?:[A-Za-z]*?)[-_]?(Train|Valid|Test)(?:ing|ation)?", text)
    return alone or ({"Train": "train", "Valid": "validation", "Test": "test"}[within[1]] if within else None)


def _numbers_in(texts: Sequence[str]) -> int:
    """How many numbers each cell holds, `1 2 3 4` or `[1, 2, 3, 4]`; 0: others, few, or not all as many."""
    some = [_cells_of(text) for text in texts[:KNOWN_FILES]]
    counts = {len(cells) for cells in some}
    if len(counts) != 1 or min(counts) < FEWEST or not all(is_number(cell) for cells in some for cell in cells):
        return 0
    return counts.pop()


def _cells_of(text: str) -> list[str]:
    return re.split(r",\s*", text[1:-1].strip()) if _is_list(text) else text.split()


def _counts(name: str, texts: Sequence[str], unique: bool, learned: bool) -> bool:
    """Whether a column of numbers tells rows apart: by its name, since it counts on, or since each number is long.

    Args:
        learned: whether it may well be what is to be learned, as prices are, whose numbers are long.
    """
    if re.fullmatch(r"(?i:(.*[_ ])?([pqstu]?id\d?|index|idx|no|nr|row)|unnamed.*|\W*)|.*[a-z]I[Dd]", name):
        return True
    numbers = [float(text) for text in texts[:50] if re.fullmatch(r"-?\d+", text)]
    counts_on = {after - before for before, after in pairwise(numbers)} == {1.0}
    long = not learned and all(len(text) >= LONG for text in texts)
    return unique and len(numbers) > 10 and (counts_on or long)


def _are_names(texts: Sequence[str], suffixes: frozenset[str]) -> bool:
    """Whether nearly all of the first cells end as names of such files do."""
    some = texts[:KNOWN_FILES]
    return bool(some) and sum(Path(text).suffix.lower() in suffixes for text in some) >= 0.9 * len(some)


def _files(texts: Sequence[str], suffixes: frozenset[str], folder: Path) -> tuple[str | None, str | None] | None:
    """The folder and the missing ending of names of files; None where the cells are none."""
    some, named = texts[:KNOWN_FILES], _are_names(texts, suffixes)
    if not some or any(len(text) > 255 for text in some):
        return None
    places = [None, *sorted(one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith("."))]
    for place in places:
        where = folder / place if place else folder
        for end in [None] if named else sorted(suffixes):
            there = sum((where / f"{text}{end or ''}").is_file() for text in some)
            if there >= 0.5 * len(some) and (named or end):
                return place, end
    return None


def _target(looks: Mapping[str, Look], wanted: str | None, path: Path) -> Look | None:
    """The column to learn: the wanted one, one called so, else the last that can be one."""
    if wanted is not None:
        found = looks.get(wanted) or next(
            (one for one in looks.values() if one.name.casefold() == wanted.casefold()), None
        )
        if found is None:
            raise Unknown(f"no column {wanted!r}", file=str(path), hint=f"there are {', '.join(looks)}")
        return found
    possible = [one for one in looks.values() if one.kind in ("number", "boolean", "category") and one.distinct > 1]
    places = {one.name.casefold() for one in looks.values()}
    for name in TARGETS:
        for one in possible:
            if one.name.casefold() == name and not (name == "y" and places & {"x", "z"} == {"x", "z"}):
                return one
    for one in reversed(possible):
        if _ends_as_target(one.name):
            return one
    if any(one.kind in FILES for one in looks.values()):  # what a file is stands behind its name
        said = [one for one in possible if one.name.casefold() not in SIZES]
        every = list(looks.values())
        file = next(place for place, one in enumerate(every) if one.kind in FILES)
        return next((one for one in said if one in every[file:]), next(iter(said), None))
    without_names = all(one.isdigit() for one in places)
    if possible and without_names and _is_class(possible[0]) and not _is_class(possible[-1]):
        return possible[0]
    return possible[-1] if possible else None


def _ends_as_target(name: str) -> bool:
    """Of several words the last one: `SalePrice`, `sale_price`."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return len(words) > 1 and words[-1].casefold() in TARGETS


def _is_class(one: Look) -> bool:
    """Whether a target is a class: no number, or few whole numbers."""
    if one.kind != "number":
        return True
    whole = all(is_number(text) and float(text).is_integer() for text in one.texts)
    return whole and one.distinct <= FEW and one.count >= 3 * one.distinct


def _parts(looks: Mapping[str, Look]) -> tuple[dict[str, Any], dict[str, Any] | None, list[str]]:
    """The split by a column that names the parts; else shares."""
    column = next((one for one in looks.values() if one.kind == "part"), None)
    if column is None:
        return dict(PARTS), None, []
    values = {part: [text for text in column.texts if _part_of(text) == part] for part in PART_NAMES}
    if not values["train"]:
        return dict(PARTS), None, []
    split: dict[str, Any] = {"validation": PARTS["validation"]}
    held = {part: found[0] if len(found) == 1 else found for part, found in values.items() if found}
    split |= {part: {"rows": {column.name: found}} for part, found in held.items() if part != "train"}
    note = f"the parts are those of the column `{column.name}`"
    return split, {column.name: held["train"]}, [note]


def _texts(
    arguments: dict[str, Any], head: Head, text: Look, chosen: Look, split: dict[str, Any], notes: list[str]
) -> Guess:
    """One text and its class."""
    named = bool(head.dialect.header)
    found = {
        **arguments,
        "text_column": text.name if named else head.names.index(text.name),
        "label_column": chosen.name if named else head.names.index(chosen.name),
        "header": named,
        "separator": head.dialect.separator,
        "max_length": 200,
    }
    return Guess("Text", found, split, notes)


def _plain(
    arguments: dict[str, Any], looks: Mapping[str, Look], chosen: Look, split: dict[str, Any], notes: list[str]
) -> Guess:
    """Numbers and categories to one target: the vector of a Csv."""
    features = [one for one in looks.values() if one.kind in CELLS and one.distinct > 1 and one is not chosen]
    left = [one for one in looks.values() if one not in features and one is not chosen]
    if not features:
        why = _with_reasons(left) or "the file has no other one"
        hint = "name another target with --target, or write the columns yourself: `nnspec new table FILE` is a start"
        raise Unknown(f"no column is left to learn `{chosen.name}` from: {why}", file=arguments["path"], hint=hint)
    found: dict[str, Any] = {**arguments, "target": chosen.name, "scale": "standard"}
    found["task"] = "classification" if _is_class(chosen) else "regression"
    if left:
        found["features"] = [one.name for one in features]
        notes = [*notes, *_unused(left)]
    if mixed := [one.name for one in (*features, chosen) if one.mixed]:
        found["columns"] = {name: {"type": "category"} for name in mixed}
        notes = [*notes, f"words are among the numbers of {', '.join(map('`{}`'.format, mixed))}: categories"]
    tries = [
        {**found, "missing": "mean"},
        {**found, "missing": "mean", "on_error": "skip"},
        {**found, "missing": "skip"},
        {**found, "missing": "skip", "on_error": "skip"},
    ]
    return Guess("Csv", found, split, notes, tries)


def _mixed(
    arguments: dict[str, Any],
    looks: Mapping[str, Look],
    goals: Sequence[Look],
    split: dict[str, Any],
    rows: dict[str, Any] | None,
    notes: list[str],
) -> Guess:
    """Files, texts and other columns: a Table. `goals`: what is learned, several columns as labels."""
    used = [one for one in looks.values() if one.kind in (*FILES, "list", "text") and one not in goals]
    others = [one for one in looks.values() if one.kind in CELLS and one.distinct > 1 and one not in goals]
    if not any(one.kind in FILES for one in used):
        used += others
    elif others:
        names = ", ".join(f"`{one.name}`" for one in others)
        notes = [*notes, f"the file is what is looked at: {names} may be inputs, too"]
    inputs, keys = {}, _keys(looks)
    for one in used:
        inputs[keys[one.name]], told = _column(one, Path(arguments.get("root") or Path(arguments["path"]).parent))
        notes = [*notes, *told]
    parts = rows or {}
    notes += _unused(one for one in looks.values() if one not in (*used, *others, *goals) and one.name not in parts)
    notes += [CUT] if any(one.kind == "text" for one in used) else []
    kind = "category" if _is_class(goals[0]) else "number"
    targets: dict[str, Any] = {keys[goals[0].name]: {"column": goals[0].name, "type": kind}}
    if mark := _mark_within(goals[0]):
        targets[keys[goals[0].name]] |= {"type": "labels", **({"separator": mark} if mark in MARKS else {})}
        notes = [*notes, f"a cell of `{goals[0].name}` holds several labels"]
    if goals[0].kind == "number" and len(goals) > 1 and not _is_yes_or_no(goals[0]):
        image = next((keys[one.name] for one in used if one.kind == "image"), None)
        points = {"type": "points", "of": image} if image else {"type": "number"}
        targets = {"points": {"columns": [one.name for one in goals], **points}}
    elif len(goals) > 1:
        targets = {"labels": {"columns": [one.name for one in goals], "type": "labels"}}
    found = {**arguments, "inputs": inputs, "targets": targets, **({"rows": rows} if rows else {})}
    skipping = {**found, "missing": "skip", "on_error": "skip"}
    named = any(one.kind in FILES for one in used)
    return Guess("Table", found, split, notes, [{**found, "missing": "skip"}, skipping], named)


def _unused(columns: Iterable[Look]) -> list[str]:
    """A note on columns that are left out, each with the reason, if there are any."""
    told = _with_reasons(columns)
    return [f"columns that are not looked at: {told}"] if told else []


def _with_reasons(columns: Iterable[Look]) -> str:
    return ", ".join(f"`{one.name}` ({_why(one)})" for one in columns)


def _why(one: Look) -> str:
    if one.distinct <= 1:
        return "one value" if one.distinct else "empty"
    if one.kind == "absent":
        return f"names of files that are not there, such as {one.texts[0]}"
    if one.kind == "id":
        return "another value in nearly every row" if one.distinct > 0.9 * one.count else f"{one.distinct} values"
    return {"time": "times", "text": "texts", "part": "parts"}.get(one.kind, f"{one.distinct} values")


def _column(one: Look, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """How an input is read, with notes."""
    told: dict[str, Any] = {"column": one.name, "type": one.kind}
    notes: list[str] = []
    if one.kind in FILES:
        where = folder / one.folder if one.folder else folder
        some = [path for text in one.texts[:KNOWN_FILES] if (path := where / f"{text}{one.extension or ''}").is_file()]
        found, notes = files.images(some) if one.kind == "image" else files.sounds(some)
        told |= found
        told |= {key: value for key, value in (("folder", one.folder), ("extension", one.extension)) if value}
    if one.kind == "list":
        count = _numbers_in(one.texts)
        side = math.isqrt(count)
        if side * side == count and side >= SMALLEST and all(map(str.isdecimal, _cells_of(one.texts[0]))):
            told["shape"] = [side, side, 1]
            notes = [f"the {count:,} numbers of `{one.name}` are taken for images of {side} x {side} pixels"]
    if one.kind == "text":
        told["max_length"] = 200
    if one.kind in ("number", "boolean"):
        told |= {"missing": "mean", "scale": "standard"}
    if one.kind == "category" and one.missing:
        told["missing"] = "zero"
    return told, notes


def _keys(names: Iterable[str]) -> dict[str, str]:
    """Names of inputs and targets for those of columns, each another one: small Latin letters, digits and `_`."""
    found: dict[str, str] = {}
    for place, name in enumerate(names, 1):
        plain_letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        key = re.sub(r"\W+", "_", plain_letters.strip()).strip("_").lower()
        key = key if key[:1].isalpha() else f"column_{key or place}"
        found[name] = key if key not in found.values() else f"{key}_{place}"
    return found
