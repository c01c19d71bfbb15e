"""Which source reads a file or a folder, by names and first bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from nnspec.data.errors import DataError
from nnspec.data.formats.cells import is_number
from nnspec.data.formats.class_folders import PARTS as PART_NAMES
from nnspec.data.formats.class_folders import Wanted, is_shown, subfolders
from nnspec.data.formats.images import SUFFIXES as IMAGES
from nnspec.data.formats.sounds import SUFFIXES as SOUNDS
from nnspec.data.formats.table_files import RECORDS, TYPED
from nnspec.data.sources.audio_folder import LISTS
from nnspec.data.sources.audio_folder import WANTED as OF_SOUNDS
from nnspec.data.sources.conll import COLUMNS_OF_CONLLU, TAG
from nnspec.data.sources.image_folder import WANTED as OF_IMAGES
from nnspec.data.sources.text_folder import WANTED as OF_TEXTS
from nnspec.data.text.corpus import read_lines
from nnspec.starting import files, masks
from nnspec.starting.beside import of_all_pieces, told_of_others, without_answers
from nnspec.starting.columns import table
from nnspec.starting.guess import CUT, PARTS, Guess, Unknown
from nnspec.starting.heads import BYTE_ORDERS, first_bytes
from nnspec.starting.parts import parts_beside
from nnspec.starting.prose import BESIDE, PROSE, is_prose, running_text

Make = Callable[[Path, dict[str, Any], list[str]], Guess]
FOLDERS = 500  # that are searched
NESTED = 16  # folders that each hold one more alone
LOOKED_AT = 200  # files of a folder
LINES = 400  # of a text
TEXT_TABLES = (".csv", ".tsv", ".tab", *TYPED)
# Names of arrays, as that of the training part has them.
INPUTS = ("x", "X", "x_train", "X_train", "train_x", "train_X", "train_images", "train_data", "images", "data")
TARGETS = ("y", "Y", "y_train", "Y_train", "train_y", "train_Y", "train_labels", "labels", "target", "targets")
TAGGED = (".conll", ".conllu", ".conllx", ".iob", ".iob2", ".bio", ".pos")
UNIVERSAL = 3  # the column of CoNLL-U that says what a word is: noun, verb, ..
LISTED = 20  # lines that name files
TABLES_WITHIN = 4  # that are looked at, of those in folders beside the files that they may name
OBJECTS = (".json", ".xml", ".txt")  # what marks objects in images
FEW_NAMES = 4  # that are told of many
MOST_PLACES = 10_000  # of a vector of 0 and 1
MOSTLY = 0.7  # of the words of a cell that are tags: one more may say what the sentence is about
LABELS = 60  # different words of a column that are tags
# What others than text, arrays and tables are made into.
FOREIGN = {
    ".mat": "`scipy.io.loadmat` reads it: save its arrays as .npz",
    ".h5": "save its arrays as .npz: `numpy.savez(path, x=..., y=...)`",
    ".hdf5": "save its arrays as .npz: `numpy.savez(path, x=..., y=...)`",
    ".pkl": "load it where you trust it, and save its arrays as .npz or its table as .parquet",
    ".pickle": "load it where you trust it, and save its arrays as .npz or its table as .parquet",
    ".dcm": "save the pictures as PNG, or the volumes as .npy that a table names: `type: array` of the source Table",
    ".nii": "save the volumes as .npy that a table names: `type: array` of the source Table",
    ".avi": "save the frames as .npy that a table names: `type: array` of the source Table",
    ".mp4": "save the frames as .npy that a table names: `type: array` of the source Table",
    ".srt": "save the lines that are spoken as a text: the source RunningText reads it",
}
PACKED = (".gz", ".bz2", ".xz")


def look(path: Path, target: str | None = None, depth: int = 0) -> Guess:
    """How the data at a path may be read; paths in it are as `path` is.

    Args:
        target: the column of a table that is to be learned; None: guessed.
        depth: how many folders around it hold nothing else.

    Raises:
        Unknown: no source reads them, with what would help.
        DataError: the file cannot be read.
    """
    if path.is_dir():
        if depth > NESTED:
            hint = "name the folder that holds the data"
            raise Unknown(f"a folder within {depth} others that hold nothing else", file=str(path), hint=hint)
        found = _folder(path, target, depth)
        return found if depth else told_of_others(path, found)
    if not path.is_file():
        raise Unknown("no file or folder", file=str(path), hint="pipes and devices are no data")
    return _file(path, target)


def _file(path: Path, target: str | None) -> Guess:
    bare = _unpacked_name(path)
    if path.suffix.lower() in FOREIGN:
        raise _foreign(path)
    if bare.endswith((".npz", ".npy")):
        return _arrays(path)
    if bare.endswith(".ts"):
        return Guess("TimeSeries", {"path": str(path)}, *parts_beside(path))
    if "ubyte" in bare or bare.endswith(".idx"):
        return _idx(path.parent)
    if bare.endswith((*TEXT_TABLES, *RECORDS)):
        tagged = _tagged(path, first_lines(path)) if bare.endswith((".tsv", ".tab")) and target is None else None
        return tagged or table(path, target)
    if bare.endswith((".tfrecord", ".tfrecords", ".tar")):
        kind = "WebDataset" if bare.endswith(".tar") else "TFRecord"
        hint = f"`nnspec schema --kind {kind}` shows what a spec says of the features that records hold"
        raise Unknown("records do not say what they hold", file=str(path), hint=hint)
    return _text(path, target)


def _text(path: Path, target: str | None) -> Guess:
    """Tokens with tags, a labelled text a line, or a table after all."""
    if first_bytes(path) in BYTE_ORDERS:
        return table(path, target)
    lines = first_lines(path)
    tagged = _tagged(path, lines)
    if tagged is not None:
        return tagged
    rows = [line for line in lines if line.strip()]
    if rows and all(re.match(r"\S+( \d+:\S+)+\s*$", line) for line in rows):
        hint = "`sklearn.datasets.load_svmlight_file` reads it: save its arrays as .npz"
        raise Unknown("numbers are told by their places, as LIBSVM has them", file=str(path), hint=hint)
    if rows and all(re.match(r"[A-Z]+:\w+ ", line) for line in rows):
        hint = "put a tab in place of the space behind the label, and the source Text reads it"
        raise Unknown("labels and texts are parted by a space", file=str(path), hint=hint)
    if rows and all(line.startswith("__label__") for line in rows):
        hint = "put a tab in place of the space behind the label, and the source Text reads it"
        raise Unknown("labels and texts are parted by a space, as fastText has them", file=str(path), hint=hint)
    labelled = [line.split("\t") for line in lines if line.strip()]
    if labelled and all(len(cells) == 2 for cells in labelled):
        first = len({cells[0] for cells in labelled})
        second = len({cells[1] for cells in labelled})
        if min(first, second) * 2 <= len(labelled):
            arguments: dict[str, Any] = {"path": str(path), "max_length": 200}
            if second < first:
                arguments |= {"label_column": 1, "text_column": 0}
            split, notes = parts_beside(path)
            told = f"the {'second' if second < first else 'first'} column is taken for the class"
            return Guess("Text", arguments, split, [told, *notes, CUT])
    if path.suffix.lower() == ".arff":
        return _arff(path, target)
    _refuse_list(path, rows)
    if rows and path.suffix.lower() in (".txt", ".text", ".md", "") and is_prose(rows):
        return running_text(path, [path])
    if rows and path.suffix.lower() in (".txt", ".data", ".dat", ""):
        return table(path, target)
    raise _foreign(path)


def _foreign(path: Path) -> Unknown:
    hint = FOREIGN.get(path.suffix.lower(), "`nnspec schema --list` names the sources; `--kind` shows what one reads")
    if _unpacked_name(path).endswith(TAGGED):
        hint = (
            "none of its columns holds tags such as O and B-PER alone: `tag_column` of the source Conll names another"
        )
    return Unknown(f"no source is known for files that end in `{path.suffix}`", file=str(path), hint=hint)


def _refuse_list(path: Path, rows: Sequence[str]) -> None:
    """Raises Unknown where each row names a file that is there: with its class it is a table."""
    if rows and all((path.parent / row.split()[0]).is_file() for row in rows[:LISTED]):
        hint = f'`Table: {{path: {path.name}, separator: " ", header: false, inputs: {{file: {{column: "0"}}}}, '
        hint += 'targets: {label: {column: "1", type: category}}}` reads it'
        raise Unknown("each line names a file, and what it is", file=str(path), hint=hint)


def _arff(path: Path, target: str | None) -> Guess:
    """A table whose columns are named above it. Raises Unknown where they are not, or rows have another form."""
    names, lines = list[str](), first_lines(path)
    for number, line in enumerate(lines, 1):
        if found := re.match(r"(?i)@attribute\s+('[^']*'|\"[^\"]*\"|\S+)", line.strip()):
            names.append(found[1].strip("'\""))
        if line.strip().lower() == "@data" and names:
            if any(row.lstrip().startswith("{") for row in lines[number : number + LISTED]):
                raise Unknown("its rows say places and values", file=str(path), hint="save it as CSV")
            return table(path, target, {"skip_lines": number, "header": False, "names": names, "comment": "%"})
    raise Unknown("no line `@data` stands below the columns", file=str(path), hint="save it as CSV")


def first_lines(path: Path) -> list[str]:
    return [line.rstrip("\r\n") for line in islice(read_lines(path, "utf-8"), LINES)]


def _tagged(path: Path, lines: Sequence[str]) -> Guess | None:
    """Tokens with tags: a column nearly all of which are O, or B- and I-; CoNLL-U; by the file's name any tags."""
    rows = [line.split() for line in lines if line.strip() and not line.startswith(("# ", "-DOCSTART-"))]
    _refuse_sentences(path, [line.split("\t") for line in lines if line.strip()])
    if (found := _universal(path, lines)) is not None:
        return found
    widths = {len(row) for row in rows}
    if not rows or min(widths) < 2 or len(widths) > 2:
        return None
    columns = range(min(widths) - 1, 0, -1)
    tags = next((place for place in columns if _are_tags([row[place] for row in rows])), None)
    if tags is None and _unpacked_name(path).endswith(TAGGED):
        return _any_tags(path, rows)
    if tags is None:
        return None
    counted = all(re.fullmatch(r"\d+([-.]\d+)?", row[0]) for row in rows) and tags > 1
    arguments: dict[str, Any] = {"path": str(path)}
    arguments |= {"token_column": 1} if counted else {}
    arguments |= {"tag_column": tags} if tags < max(widths) - 1 else {}
    arguments |= {"comment": "#"} if any(line.startswith("# ") for line in lines) else {}
    return Guess("Conll", arguments, *parts_beside(path), others=[{**arguments, "separator": "\t"}])


def _refuse_sentences(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Raises Unknown where each row is a sentence, with its tags in a cell beside it."""
    cells = [cell.split() for row in rows for cell in row[1:]]
    tags = [
        words for words in cells if sum(TAG.fullmatch(word) is not None for word in words) > max(1, MOSTLY * len(words))
    ]
    if len(tags) > 0.5 * len(rows) and {len(row) for row in rows} - {1}:
        hint = (
            "write a word and its tag on each line, and an empty line behind each sentence: the source Conll reads it"
        )
        raise Unknown("each line is a sentence, with its tags behind a tab", file=str(path), hint=hint)


def _universal(path: Path, lines: Sequence[str]) -> Guess | None:
    """CoNLL-U: ten columns, the first of which counts the words."""
    rows = [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]
    if not rows or any(len(row) != COLUMNS_OF_CONLLU or not row[0][:1].isdigit() for row in rows):
        return None
    arguments = {"path": str(path), "token_column": 1, "tag_column": UNIVERSAL, "separator": "\t", "comment": "#"}
    split, notes = parts_beside(path)
    told = f"CoNLL-U: the tags are those of column {UNIVERSAL}, the universal parts of speech"
    return Guess("Conll", {**arguments, "scheme": "none"}, split, [told, *notes])


def _any_tags(path: Path, rows: Sequence[Sequence[str]]) -> Guess | None:
    """The last column, where few different words stand in it."""
    last = {row[-1] for row in rows}
    if len({len(row) for row in rows}) > 1 or not 1 < len(last) <= LABELS:
        return None
    split, notes = parts_beside(path)
    told = "the last column is taken for the tags, as they are written"
    return Guess("Conll", {"path": str(path), "scheme": "none"}, split, [told, *notes])


def _are_tags(found: Sequence[str]) -> bool:
    fitting = sum(TAG.fullmatch(word) is not None for word in found)
    return fitting > 0.95 * len(found) and ("O" in found or {word[:2] for word in found} >= {"B-", "I-"})


def _arrays(path: Path) -> Guess:
    from nnspec.data.sources.arrays import UNREADABLE

    if path.suffix.lower() == ".npy":
        folder = path.parent
        names = sorted(one.stem for one in folder.glob("*.npy"))
        place = folder
    else:
        import zipfile

        try:
            with zipfile.ZipFile(path) as archive:
                names = sorted(name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy"))
        except UNREADABLE as error:
            raise DataError(f"the archive cannot be read: {error}", file=str(path)) from error
        place = path
    inputs = next((name for name in INPUTS if name in names), None)
    targets = next((name for name in TARGETS if name in names), None)
    if inputs is None or targets is None:
        hint = f"name the arrays in a spec: `source: {{Arrays: {{path: {path.name}, inputs: ..., targets: ...}}}}`"
        message = f"which array is the input, and which the target? There are {', '.join(names)}"
        raise Unknown(message, file=str(path), hint=hint)
    held: dict[str, Any] = dict(PARTS)
    notes = [f"`{inputs}` is taken for the input, `{targets}` for the target"]
    used = {inputs, targets}
    for part, words in PART_NAMES.items():
        pairs = [(inputs.replace("train", word), targets.replace("train", word)) for word in words]
        pair = next((pair for pair in pairs if used.isdisjoint(pair) and set(pair) <= set(names)), None)
        if pair is not None:
            held[part] = {"inputs": pair[0], "targets": pair[1]}
            used |= set(pair)
            notes.append(f"`{pair[0]}` and `{pair[1]}` are the {part} part")
    if left := [f"`{name}`" for name in names if name not in used]:
        notes.append(f"other arrays are not looked at: {', '.join(left)}")
    classes, one_of = _places(place, targets)
    if classes:
        what = "one is 1: classes" if one_of else "several may be 1: labels"
        notes.append(f"of the {len(classes):,} places of `{targets}` {what}, whose names stand in `classes`")
    arguments = {"path": str(place), "inputs": inputs, "targets": targets}
    return Guess("Arrays", arguments, held, notes, classes=classes, one_of=one_of)


def _places(path: Path, key: str) -> tuple[list[str], bool]:
    """Names for the places of a target that is a vector of 0 and 1, and whether one of them is 1."""
    from nnspec.data.sources.arrays import read_array, read_header

    header = read_header(path, key)
    if len(header.shape) != 2 or not 1 < header.shape[1] <= MOST_PLACES or header.kind not in "iubf":
        return [], False
    found = read_array(path, key, [])
    if not ((found == 0) | (found == 1)).all():
        return [], False
    return list(map(str, range(header.shape[1]))), bool((found.sum(axis=1) == 1).all())


def _idx(folder: Path) -> Guess:
    """The pairs of images and labels of MNIST's format in a folder, by their names."""
    names = sorted(one.name for one in folder.iterdir() if "ubyte" in one.name.lower() and is_shown(one.name))
    pairs: dict[str, dict[str, str]] = {}
    for name in names:
        what = "labels" if "label" in name.lower() else "images"
        part = "test" if re.search("t10k|test", name.lower()) else "validation" if "valid" in name.lower() else "train"
        pairs.setdefault(part, {})[what] = str(folder / name)
    whole = {part: found for part, found in pairs.items() if len(found) == 2}
    if "train" not in whole:
        hint = "a spec names both: `source: {IDX: {images: ..., labels: ...}}`"
        raise Unknown(
            f"no pair of images and labels among {', '.join(names) or 'the files'}", file=str(folder), hint=hint
        )
    split = {**PARTS, **{part: found for part, found in whole.items() if part != "train"}}
    return Guess("IDX", whole["train"], split, [f"pairs of images and labels: {', '.join(whole)}"])


def _folder(path: Path, target: str | None, depth: int) -> Guess:
    entries = sorted((one for one in path.iterdir() if is_shown(one.name)), key=lambda one: one.name)
    folders = [one for one in entries if one.is_dir()]
    loose = [one for one in entries if one.is_file()]
    tables = without_answers([one for one in loose if one.name.lower().endswith(TEXT_TABLES)])
    masked = masks.of_folders(folders) or masks.among(path, list(_below(path, IMAGES)))
    if masked and (not tables or (target is None and _naming(tables, target) is None)):
        return masked
    for wanted, make in ((OF_IMAGES, _images), (OF_SOUNDS, _sounds)):
        if tables and any(_below(path, wanted.suffixes)):
            return _naming(tables, target) or table(_training(tables), target)
        if (within := _table_within(path, folders, wanted.suffixes, target)) is not None:
            return within
        if found := _classes(path, folders, wanted, make, depth):
            return found
    known = without_answers([one for one in loose if _readable(one)])
    if any("ubyte" in one.name.lower() for one in known):
        return _idx(path)
    if known:
        chosen = _training(known)
        return of_all_pieces(look(chosen, target), chosen, known)
    if found := _classes(path, folders, OF_TEXTS, _texts, depth):
        return found
    if (part := _parts_of_words(loose)) is not None:
        return _file(part, target)
    if of_records := [one for one in loose if one.suffix.lower() in RECORDS]:
        return table(_training(of_records), target)
    prose = [one for one in loose if one.suffix.lower() in PROSE and not one.stem.lower().startswith(BESIDE)]
    for one in prose:
        _refuse_list(one, [line for line in first_lines(one) if line.strip()])
    if prose and all(is_prose(first_lines(one)) for one in prose):
        return running_text(path, prose)
    if numbers := [one for one in prose if _is_of_numbers(one)]:
        return _file(_training(numbers), target)
    if len(folders) == 1:
        return look(folders[0], target, depth + 1)
    held_by = f"it holds {len(folders)} folders and {len(loose)} files"
    hint = "name the file, or a folder with a folder for each class"
    if folders and all(re.fullmatch(r"\w+=.*", one.name) for one in folders):
        hint = f"the folders hold a column in their names, `{folders[0].name}`: write the rows with it into one table"
    if any(re.fullmatch(r"(?i)annotations?|labels", one.name) and any(_below(one, OBJECTS)) for one in folders):
        hint = (
            "objects that COCO, VOC or YOLO mark in images are not read; a CSV with a row for each image is, with its "
        )
        hint += "class, its count or the numbers of one box: the source Table"
    if loose and all(Path(one.name).suffix.lower() in IMAGES | SOUNDS for one in loose):
        hint = (
            "give the files of each class a folder for each class, or list file and label of each in a CSV beside them"
        )
        hint += "; of one class alone nothing can be told apart" if depth else ""
    raise Unknown(f"it cannot be told what is to be learned: {held_by}", file=str(path), hint=hint)


def _is_of_numbers(path: Path) -> bool:
    """Whether a text is a table of numbers, as UCR's archive has series."""
    rows = [line.replace(",", " ").split() for line in first_lines(path) if line.strip()]
    return bool(rows) and len(rows[0]) > 1 and all(is_number(cell) for row in rows for cell in row)


def _parts_of_words(files: Sequence[Path]) -> Path | None:
    """The training part of tokens with tags whose names have no ending of their own: `eng.train`."""
    named = [one for one in files if re.search(r"(?<![a-z])train(?![a-z])", one.name.lower())]
    return next((one for one in named if _tagged(one, first_lines(one)) is not None), None)


def _classes(path: Path, folders: Sequence[Path], wanted: Wanted, make: Make, depth: int) -> Guess | None:
    """Folders of classes, of parts with folders of classes, or one around the folders of classes."""
    with_some = [one for one in folders if one.name not in wanted.no_classes and any(_below(one, wanted.suffixes))]
    parts = {part: one for part, known in PART_NAMES.items() for one in with_some if one.name.lower() in known}
    if "train" in parts and _has_classes(parts["train"], wanted):
        whole = {part: one for part, one in parts.items() if any(subfolders(one))}
        flat = ", ".join(one.name for part, one in parts.items() if part not in whole)
        notes = [f"the parts are the folders {', '.join(one.name for one in whole.values())}"] if len(whole) > 1 else []
        notes += [f"without folders of classes, and not looked at: {flat}"] if flat else []
        notes += [_told_of_classes(parts["train"], wanted)]
        return make(parts["train"], {part: str(one) for part, one in whole.items() if part != "train"}, notes)
    if "train" in parts and len(parts) == len(with_some) > 1:
        return None  # parts of something else, such as boxes around objects
    folds = [one.name for one in with_some if re.fullmatch(r"(?i)(fold|split|part|batch)[-_ ]?\d+", one.name)]
    if len(folds) == len(with_some) > 1:
        hint = "a CSV that lists file and class of each is read by the source Table: `inputs: {file: {folder: ...}}`"
        message = f"{', '.join(folds[:3])} are parts of the data, and no classes"
        raise Unknown(message, file=str(path), hint=hint)
    if len(with_some) > 1 and all(_are_parts(one) for one in with_some):
        names = ", ".join(one.name for one in with_some[:3])
        hint = "of pictures and their masks `MaskFolder: {path: ..., masks: ...}` names the folders of one part, and "
        hint += "`image_ending` and `mask_ending` say what their names have more"
        raise Unknown(f"{names} each hold parts of the data, and are no classes", file=str(path), hint=hint)
    if len(with_some) == 1 and _has_classes(with_some[0], wanted):
        return look(with_some[0], depth=depth + 1)
    return make(path, {}, [_told_of_classes(path, wanted)]) if len(with_some) >= 2 else None


def _told_of_classes(path: Path, wanted: Wanted) -> str:
    """Which folders are taken for classes: they may be persons, or days."""
    names = [one.name for one in _class_folders(path, wanted)]
    more = f" and {len(names) - FEW_NAMES:,} more" if len(names) > FEW_NAMES else ""
    return f"the folders are taken for the classes: {', '.join(names[:FEW_NAMES])}{more}"


def _are_parts(folder: Path) -> bool:
    """Whether the folders in one are parts, such as train and val."""
    within = [one.name.lower() for one in folder.iterdir() if one.is_dir() and is_shown(one.name)]
    return any(name in PART_NAMES["train"] for name in within) and all(
        any(name in known for known in PART_NAMES.values()) for name in within
    )


def _naming(paths: Sequence[Path], target: str | None) -> Guess | None:
    """Of several tables beside files, the one that names them; first that of the training part."""
    first = _training(paths)
    for path in sorted(paths, key=lambda one: (one != first, one.name)):
        with suppress(Unknown):
            guess = table(path, target)
            if guess.names_files:
                return guess
    return None


def _table_within(path: Path, folders: Sequence[Path], suffixes: frozenset[str], target: str | None) -> Guess | None:
    """A table in a folder of its own that names the files in the others: `meta/list.csv` beside `audio`."""
    if len(folders) < 2 or not any(_below(path, suffixes)):
        return None
    found = [one for folder in folders for one in sorted(folder.iterdir()) if one.name.lower().endswith(TEXT_TABLES)]
    for one in found[:TABLES_WITHIN]:
        with suppress(DataError):
            guess = table(one, target, root=path)
            if guess.names_files:
                return guess
    return None


def _readable(path: Path) -> bool:
    name = _unpacked_name(path)
    return name.endswith((*TEXT_TABLES, ".ts", ".arff", ".npz", ".npy", *TAGGED, ".idx")) or "ubyte" in name


def _unpacked_name(path: Path) -> str:
    """The name in small letters, without the ending of what packs it."""
    name = path.name.lower()
    return name.removesuffix(next((end for end in PACKED if name.endswith(end)), ""))


def _training(paths: Sequence[Path]) -> Path:
    """The file of the training part, by its name; else the largest one."""
    named = [path for path in paths if re.search(r"(?<![a-z])train(ing)?(?![a-z])", path.name.lower())]
    return named[0] if named else max(paths, key=lambda path: path.stat().st_size)


def _has_classes(folder: Path, wanted: Wanted) -> bool:
    return len(_class_folders(folder, wanted)) >= 2


def _class_folders(path: Path, wanted: Wanted) -> list[Path]:
    folders = (one for one in path.iterdir() if one.is_dir() and is_shown(one.name))
    return sorted(one for one in folders if one.name not in wanted.no_classes and any(_below(one, wanted.suffixes)))


def _below(folder: Path, suffixes: Any) -> Iterator[Path]:
    """Files with one of these endings, of the first that lie in a folder or below it."""
    every = (
        Path(place, name)
        for place, _, names in islice(os.walk(folder), FOLDERS)
        for name in sorted(names)
        if is_shown(name)
    )
    return (path for path in islice(every, LOOKED_AT) if path.suffix.lower() in suffixes)


def _images(path: Path, held: dict[str, Any], notes: list[str]) -> Guess:
    told, resized = files.images(_some(path, OF_IMAGES))
    arguments = {"path": str(path), "image_size": told.pop("size"), **told}
    return Guess(
        "ImageFolder", arguments, {**_shares(held), **held}, [*notes, *resized], [{**arguments, "on_error": "skip"}]
    )


def _sounds(path: Path, held: dict[str, Any], notes: list[str]) -> Guess:
    told, cut = files.sounds(_some(path, OF_SOUNDS))
    arguments = {"path": str(path), **told}
    lists = {part: str(path / name) for part, name in LISTS.items() if (path / name).is_file() and part not in held}
    if lists:
        arguments["without"] = list(lists.values())
        held = {**held, **lists}
        cut = [*cut, f"the parts are those of {' and '.join(Path(one).name for one in lists.values())}"]
    return Guess(
        "AudioFolder", arguments, {**_shares(held), **held}, [*notes, *cut], [{**arguments, "on_error": "skip"}]
    )


def _texts(path: Path, held: dict[str, Any], notes: list[str]) -> Guess:
    arguments = {"path": str(path), "max_length": 200, "min_count": 2}
    others = [{**arguments, "encoding": "latin-1"}, {**arguments, "encoding": "latin-1", "on_error": "skip"}]
    return Guess("TextFolder", arguments, {**_shares(held), **held}, [*notes, CUT], others)


def _shares(held: dict[str, Any]) -> dict[str, Any]:
    return {part: share for part, share in PARTS.items() if part not in held}


def _some(path: Path, wanted: Wanted) -> list[Path]:
    """The first files of each class folder."""
    folders = _class_folders(path, wanted)
    each = max(1, LOOKED_AT // max(1, len(folders)))
    return [file for folder in folders for file in islice(_below(folder, wanted.suffixes), each)][:LOOKED_AT]
