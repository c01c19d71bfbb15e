"""`nnspec new FILE --data PATH`: whatever lies there, the spec that is written is accepted, and says what was guessed."""

from __future__ import annotations

import random
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.cli.main import run
from nnspec.data.errors import DataError
from nnspec.frontend.pipeline import Checked, check
from nnspec.starting.writing import FirstSpec, first_spec

Make = Callable[[Path], Path]
DRAW = random.Random(1)


def image_folders(folder: Path) -> Path:
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(6):
            Image.new("RGB", (20 + number, 24), (40 * number, 9, 9)).save(folder / name / f"{number}.png")
    return folder


def parts_of_grey_images(folder: Path) -> Path:
    for part in ("train", "valid", "test"):
        for name in ("a", "b"):
            (folder / part / name).mkdir(parents=True)
            for number in range(4):
                Image.new("L", (16, 16), 20 * number).save(folder / part / name / f"{part}{number}.png")
    return folder


def wrapped_images(folder: Path) -> Path:
    image_folders(folder / "images")
    (folder / "README.md").write_text("photos\n")
    return folder


def sound(path: Path, seconds: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = np.sin(np.arange(int(8000 * seconds)) * DRAW.random()) * 9000
        file.writeframes(samples.astype("<i2").tobytes())


def sound_folders(folder: Path) -> Path:
    for name in ("yes", "no"):
        for number in range(5):
            sound(folder / name / f"{number}.wav", 0.3 + 0.05 * number)
    return folder


def table_of_sounds(folder: Path) -> Path:
    for number in range(12):
        sound(folder / "wavs" / f"{number}.wav", 0.2)
    rows = [f"{number}.wav,{number % 3},{'test' if number > 8 else 'train'}\n" for number in range(12)]
    (folder / "files.csv").write_text("file,digit,split\n" + "".join(rows))
    return folder


def table_of_images(folder: Path) -> Path:
    (folder / "photos").mkdir(parents=True)
    for number in range(12):
        Image.new("RGB", (30, 20), (9, number, 9)).save(folder / "photos" / f"p{number}.jpg")
    rows = "".join(f"p{number},{20 + 1.5 * number}\n" for number in range(12))  # names without an ending
    (folder / "list.csv").write_text("photo,age\n" + rows)
    return folder / "list.csv"


def images_and_masks(folder: Path) -> Path:
    for number in range(12):
        for name, made in (("JPEGImages", Image.new("RGB", (64, 48))), ("SegmentationClass", Image.new("P", (64, 48)))):
            (folder / name).mkdir(parents=True, exist_ok=True)
            made.paste(number % 3, (8, 8, 40, 40))
            if made.mode == "P":
                made.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + [9] * 759)
                made.putpixel((5, 5), 255)
            made.save(folder / name / f"{number}.png")
    return folder


def masks_of_parts(folder: Path) -> Path:
    for part in ("train", "val"):
        for name in ("images", "masks"):
            (folder / name / part).mkdir(parents=True)
            for number in range(6):
                pixel = 255 * (number % 2) if name == "masks" else number
                Image.new("L", (32, 32), pixel).save(folder / name / part / f"{part}{number}.png")
    return folder


def table(*columns: str, rows: Callable[[int], str], name: str = "table.csv", count: int = 60) -> Make:
    def make(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        head = ",".join(columns) + "\n" if columns else ""
        (folder / name).write_text(head + "".join(rows(number) + "\n" for number in range(count)))
        return folder / name

    return make


def sorted_by_class(folder: Path) -> Path:
    """As exports of a database are: the first rows are all of one class."""
    rows = [f'"the word number {number} of a sentence",{number // 600}\n' for number in range(1800)]
    (folder / "train.csv").write_text("text,intent\n" + "".join(rows))
    (folder / "test.csv").write_text("text,intent\n" + "".join(rows[::10]))
    return folder


def texts(folder: Path) -> Path:
    for part in ("train", "test"):
        for name in ("good", "bad"):
            (folder / part / name).mkdir(parents=True)
            for number in range(8):
                (folder / part / name / f"{number}.txt").write_text(f"this is a {name} film\n" * (1 + number % 3))
    return folder


def tags(folder: Path) -> Path:
    sentence = "# sent_id = 1\n1\tAda\tB-PER\t-\n2\tlives\tO\t-\n3\tin\tO\t-\n4\tRome\tB-LOC\t-\n\n"
    for part in ("train", "dev", "test"):
        (folder / f"names-{part}.iob2").write_text(sentence * 8)
    return folder


def arrays(folder: Path) -> Path:
    draw = np.random.default_rng(0)
    parts = {"x_train": draw.normal(size=(30, 12, 3)).astype("float32"), "y_train": np.arange(30) % 3}
    np.savez(folder / "series.npz", **parts, x_test=parts["x_train"][:9], y_test=parts["y_train"][:9])
    return folder / "series.npz"


def several_labels(folder: Path) -> Path:
    rows = "".join(
        f"{index}\ta note of {index} and of more\t{'good' if index % 2 else 'bad'}\n" for index in range(150)
    )
    (folder / "notes.tsv").write_text("id\tnote\tsentiment\n" + rows)
    return folder


def not_utf_8(folder: Path) -> Path:
    rows = "".join(f"{n % 7}.5\t{'ja' if n % 2 else 'nein'}\n" for n in range(60))
    (folder / "sheet.txt").write_text(f"größe\tziel\n{rows}", encoding="utf-16")
    return folder / "sheet.txt"


def images_to_tell(folder: Path) -> Path:
    image_folders(folder / "train")
    (folder / "test").mkdir()
    Image.new("RGB", (8, 8)).save(folder / "test" / "1.png")
    return folder


def a_broken_image(folder: Path) -> Path:
    image_folders(folder)
    next(folder.rglob("*.png")).with_name("cut.jpg").write_bytes(b"\xff\xd8\xff")
    return folder


def treebank(folder: Path) -> Path:
    sentence = "# text = A cat .\n1\tA\ta\tDET\tDT\t_\t2\tdet\t_\t_\n2\tcat\tcat\tNOUN\tNN\t_\t0\troot\t_\t_\n\n"
    for part in ("train", "dev", "test"):
        (folder / f"en-ud-{part}.conllu").write_text(sentence * 8)
    return folder


def parts_without_endings(folder: Path) -> Path:
    for part in ("train", "testa", "testb"):
        (folder / f"eng.{part}").write_text("-DOCSTART- -X- -X- O\n\nRome NNP B-NP B-LOC\nsleeps VBZ B-VP O\n\n" * 20)
    return folder


def parts_of_speech(folder: Path) -> Path:
    (folder / "words.conll").write_text("The DT\ncat NN\nsat VBD\n\n" * 20)
    return folder / "words.conll"


def books(folder: Path) -> Path:
    for name in ("one", "two"):
        (folder / f"{name}.txt").write_text("It was late, and it was dark.\nNobody came; nobody went.\n" * 30)
    (folder / "README.txt").write_text("Two books.\n")
    return folder


def records(folder: Path) -> Path:
    import json

    found = [{"text": f"this is film number {n}", "label": n % 2, "by": {"id": n}} for n in range(60)]
    (folder / "films.json").write_text(json.dumps(found, indent=1))
    return folder


def small(path: Path, mode: str = "RGB", value: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (8, 8), value).save(path)


def masks_among_images(folder: Path) -> Path:
    """As scans lie in a folder for each patient, which is no class."""
    for number in range(12):
        small(folder / f"patient{number % 2}" / f"{number}.png")
        small(folder / f"patient{number % 2}" / f"{number}_mask.png", "L", 255 * (number % 3 == 0))
    return folder


def masks_of_parts_beside(folder: Path) -> Path:
    for part in ("test", "train", "val"):
        for number in range(8):
            small(folder / part / f"{number}.png")
            small(folder / f"{part}annot" / f"{number}.png", "L", number % 3)
    return folder


def pieces_of_a_table(folder: Path) -> Path:
    for number in range(3):
        table("a", "label", rows=lambda n: f"{n % 7}.5,{n % 2}", name=f"part-0000{number}.csv", count=20)(folder)
    return folder


def a_competition(folder: Path) -> Path:
    """The part to hand in has no labels, an example of answers lies beside, and files are called by numbers."""
    for number in range(24):
        small(folder / "train" / f"{number}.png")
    table("id", "breed", rows=lambda n: f"{n},{'ab'[n % 2]}", name="train.csv", count=24)(folder)
    table("id", rows=str, name="test.csv", count=5)(folder)
    return table("id", "breed", rows=lambda n: f"{n},a", name="sample_submission.csv", count=99)(folder).parent


def a_list_in_its_own_folder(folder: Path) -> Path:
    for number in range(12):
        small(folder / "photos" / f"{number}.png")
    table("file", "label", rows=lambda n: f"{n}.png,{'ab'[n % 2]}", name="list.csv", count=12)(folder / "meta")
    return folder


def attributes(folder: Path) -> Path:
    head = "% flowers\n@RELATION f\n@ATTRIBUTE 'a b' NUMERIC\n@attribute class {x,y}\n\n@DATA\n"
    for part in ("TRAIN", "TEST"):
        (folder / f"f_{part}.arff").write_text(head + "".join(f"{n % 7}.5,{'xy'[n % 2]}\n" for n in range(40)))
    return folder


def folds(folder: Path) -> Path:
    for number in range(4):
        small(folder / f"fold{number % 2}" / f"{number}.png")
    return folder


def masks_and_a_list_of_colours(folder: Path) -> Path:
    """As CamVid lies; the list is a table, and not the data."""
    for part in ("train", "val"):
        for number in range(6):
            small(folder / part / f"{number}.png")
            made = Image.new("RGB", (8, 8), (64, 128, 64))
            made.paste((192, 0, 128), (0, 0, 4, 4))
            (folder / f"{part}_labels").mkdir(exist_ok=True)
            made.save(folder / f"{part}_labels" / f"{number}_L.png")
    (folder / "class_dict.csv").write_text("name,r,g,b\nAnimal,64,128,64\nArchway,192,0,128\nBridge,0,128,192\n")
    return folder


def trimaps(folder: Path) -> Path:
    for number in range(12):
        small(folder / "images" / f"{number}.jpg")
        small(folder / "annotations" / "trimaps" / f"{number}.png", "L", 1 + number % 3)
    (folder / "annotations" / "list.txt").write_text("0 1 1 1\n")
    return folder


def places_in_images(folder: Path) -> Path:
    for number in range(20):
        small(folder / "faces" / f"{number}.png")
    rows: Callable[[int], str] = lambda n: f"{n}.png,{n % 8},{n % 7},{'nan' if n == 3 else n % 6},{n % 5}"  # noqa: E731
    table("file", "nose_x", "nose_y", "ear_x", "ear_y", rows=rows, count=20, name="points.csv")(folder)
    return folder


def boxes_of_objects(folder: Path) -> Path:
    for number in range(6):
        small(folder / "train" / f"{number}.jpg")
    rows: Callable[[int], str] = lambda n: f'{n // 2}.jpg,8,"[{n}.0, 2.0, 5.0, 6.0]",ab'  # noqa: E731
    return table("image_id", "width", "bbox", "source", rows=rows, count=12, name="train.csv")(folder).parent


def corners_of_objects(folder: Path) -> Path:
    rows: Callable[[int], str] = lambda n: f"{n // 2}.jpg,{'ab'[n % 2]},{n},2,{n + 5},6"  # noqa: E731
    return table("filename", "class", "xmin", "ymin", "xmax", "ymax", rows=rows, count=12)(folder)


def numbers_of_parts(folder: Path) -> Path:
    for part, count in (("TRAIN", 24), ("TEST", 12)):
        rows: Callable[[int], str] = lambda n: f"  {n % 2 + 1:.7e}  {n % 7:.7e}  {n / 5:.7e}"  # noqa: E731
        table(rows=rows, count=count, name=f"Gun_{part}.txt")(folder)
    return folder


def one_hot(folder: Path) -> Path:
    labels = np.eye(3, dtype="uint8")[np.arange(30) % 3]
    np.savez(folder / "a.npz", train_images=np.zeros((30, 8, 8), "uint8"), train_labels=labels)
    return folder / "a.npz"


def holds(folder: Path) -> Path:
    labels = (np.arange(60).reshape(30, 2) % 3 == 0).astype("float32")
    np.savez(folder / "a.npz", x=np.zeros((30, 4), "float32"), y=labels)
    return folder / "a.npz"


def lists_of_parts(folder: Path) -> Path:
    for name in ("yes", "no", "_background_noise_"):
        for number in range(5):
            sound(folder / name / f"{number}.wav", 0.2 if name < "_" or name > "a" else 2.0)
    for part, number in (("validation", 1), ("testing", 2)):
        (folder / f"{part}_list.txt").write_text(f"yes/{number}.wav\nno/{number}.wav\n")
    return folder


def day(number: int) -> str:
    return f"2024-{1 + number // 28:02d}-{1 + number % 28:02d}"


def objects_in_images(folder: Path) -> Path:
    small(folder / "images" / "train" / "0.png")
    (folder / "labels" / "train").mkdir(parents=True)
    (folder / "labels" / "train" / "0.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    return folder


def parts_in_folders(folder: Path) -> Path:
    for name in ("leftImg8bit", "gtFine"):
        small(folder / name / "train" / "aachen" / f"{name}.png")
    return folder


def years(folder: Path) -> Path:
    for year in (2020, 2021):
        table("a", "label", rows=lambda n: f"{n},{n % 2}")(folder / f"year={year}")
    return folder


def listed(folder: Path) -> Path:
    for number in range(4):
        small(folder / "in" / f"{number}.png")
    return table(rows=lambda n: f"in/{n}.png {n % 2}", name="train.txt", count=4)(folder).parent


NUMBERS = table(rows=lambda n: f"{n % 7}.5,{n % 5}.2,{'ab'[n % 2]}", name="iris.data")
CASES: dict[str, tuple[Make, str, str]] = {  # the data, the source, and what else stands in the spec
    "images and masks": (images_and_masks, "MaskFolder", "{ignore_class: 255}"),
    "masks of parts": (masks_of_parts, "MaskFolder", "{background: 0, object: 255}"),
    "image folders": (image_folders, "ImageFolder", "image_size: [32, 32]"),
    "parts of grey images": (parts_of_grey_images, "ImageFolder", "color: grey"),
    "a folder around the classes": (wrapped_images, "ImageFolder", "path: ../data/images"),
    "sound folders": (sound_folders, "AudioFolder", "sample_rate: 8000, duration: 0.5"),
    "a table of sounds with its split": (table_of_sounds, "Table", "test: {rows: {split: test}}"),
    "a table of images without endings": (table_of_images, "Table", 'extension: ".jpg"'),
    "classes of a table": (
        table("id", "width", "colour", "species", rows=lambda n: f"{n},{n % 7}.5,{'rb'[n % 2]},{'xyz'[n % 3]}"),
        "Csv",
        "task: classification",
    ),
    "numbers of a table": (
        table("x", "y", "z", "price", rows=lambda n: f"{n % 5}.1,{n % 3}.2,{n % 7}.3,{1000 + 17.5 * n}"),
        "Csv",
        "target: price",
    ),
    "missing cells": (
        table("a", "b", "label", rows=lambda n: f"{'' if n == 5 else n % 9},{n % 4},{n % 2}"),
        "Csv",
        "missing: mean",
    ),
    "a series": (
        table("date", "load", rows=lambda n: f"2024-01-{1 + n // 24:02d} {n % 24:02d}:00,{n % 24}", count=400),
        "Csv",
        "time: date",
    ),
    "a few quarters, one of which is there twice": (
        table("quarter", "gdp", rows=lambda n: f"{1950 + n // 4}-Q{min(n, 70) % 4 + 1},{n % 9}", count=72),
        "Csv",
        "duplicates: first",
    ),
    "years": (
        table("Year", "spots", rows=lambda n: f"{1900 + n},{n % 11}.5"),
        "Csv",
        "{length: 16, horizon: 4}",
    ),
    "words among the numbers of a category": (
        table("holiday", "sales", rows=lambda n: f"{'a' if n % 20 == 3 else 0},{n % 7}.5"),
        "Csv",
        "columns: {holiday: {type: category}}",
    ),
    "a first line for Excel": (
        table("sep=,\na", "b", "label", rows=lambda n: f"{n % 7}.5,{n % 5}.5,{n % 2}"),
        "Csv",
        "skip_lines: 1",
    ),
    "several labels as lists": (
        table("a", "marks", rows=lambda n: f'{n % 7}.5,"[{n % 3}, 3]"'),
        "Table",
        "targets: {marks: {column: marks, type: labels}}",
    ),
    "classes at the end of a sorted table": (sorted_by_class, "Text", "test: ../data/test.csv"),
    "folders of texts": (texts, "TextFolder", "test: ../data/test"),
    "a text, its id and its class": (several_labels, "Text", "label_column: sentiment"),
    "tags in a column of their own": (tags, "Conll", 'token_column: 1, tag_column: 2, comment: "#"'),
    "a text, categories and names of other letters": (
        table("名", "Größe", "性", "label", rows=lambda n: f"a name of {n},{n % 7}.5,{'mf'[n % 2]},{n % 2}"),
        "Table",
        "  groe: ",
    ),
    "two texts": (
        table("id", "one", "two", "same", rows=lambda n: f"{n},a word {n} of,and so {n} on,{n % 2}"),
        "Table",
        "two: {column: two, type: text",
    ),
    "a word among numbers": (
        table("age", "pay", "label", rows=lambda n: f"{'unknown' if n == 9 else n % 30},{n % 7},{n % 2}"),
        "Csv",
        "missing: mean, on_error: skip",
    ),
    "a name twice": (
        table("x", "x", "label", rows=lambda n: f"{n % 7}.5,{n % 5}.5,{n % 2}"),
        "Csv",
        "names: [x, x_2, label]",
    ),
    "a remark above the header": (
        table("# of 2020\na", "b", "label", rows=lambda n: f"{n % 7}.5,{n % 5}.5,{n % 2}"),
        "Csv",
        'comment: "#"',
    ),
    "a price of six digits": (
        table("Id", "Area", "SalePrice", "Zip", rows=lambda n: f"{n},{n % 7},{120000 + 731 * n},{n % 3}"),
        "Csv",
        "target: SalePrice",
    ),
    "a table in UTF-16": (not_utf_8, "Csv", "encoding: utf-16"),
    "images without labels in test": (images_to_tell, "ImageFolder", "folders of classes, and not looked at: test"),
    "an image that is broken": (a_broken_image, "ImageFolder", "(cut.jpg)"),
    "CoNLL-U": (treebank, "Conll", "validation: ../data/en-ud-dev.conllu"),
    "tokens whose files have no endings": (parts_without_endings, "Conll", "path: ../data/eng.train"),
    "parts of speech alone": (parts_of_speech, "Conll", "scheme: none"),
    "running text": (books, "RunningText", "path: [../data/one.txt, ../data/two.txt], length: 32"),
    "a JSON array of records": (records, "Text", "../data/films.json"),
    "numbers without names": (NUMBERS, "Csv", "header: false"),
    "texts without names": (
        table(rows=lambda n: f'"{4 * (n % 2)}","{990 + n}","a word of {n}, and more"'),
        "Text",
        "header: false, text_column: 2, label_column: 0",
    ),
    "columns whose names are years": (
        table("Country", "2010", "2011", "price", rows=lambda n: f"{'ab'[n % 2]},{n % 9},{n % 7},{n % 11 + 0.5}"),
        "Csv",
        "target: price",
    ),
    "masks among the images": (masks_among_images, "MaskFolder", "mask_ending: _mask.png"),
    "masks of parts beside each other": (
        masks_of_parts_beside,
        "MaskFolder",
        "validation: {path: ../data/val, masks: ../data/valannot}",
    ),
    "pieces of a table": (pieces_of_a_table, "Csv", "path: ../data/part-*.csv"),
    "a competition": (a_competition, "Table", "# Beside it, and not looked at: sample_submission.csv, test.csv"),
    "a list in a folder of its own": (a_list_in_its_own_folder, "Table", "root: ../data"),
    "labels of yes and no": (
        table("id", "said", "rude", "loud", rows=lambda n: f"{n},so it was {n} or not,{n % 2},{int(n % 3 == 0)}"),
        "Table",
        "columns: [rude, loud], type: labels",
    ),
    "several labels in a cell": (
        table("text", "age", "tags", rows=lambda n: f"a fine film of {n},{n % 7},{'xyz'[n % 3]} {'uvw'[n // 3 % 3]}"),
        "Table",
        "{column: tags, type: labels}",
    ),
    "a picture in a cell": (
        table(
            "emotion",
            "pixels",
            "Usage",
            rows=lambda n: (
                f"{n % 3},{' '.join(str(n * k) for k in range(64))},{('Training', 'PublicTest')[n % 4 // 3]}"
            ),
        ),
        "Table",
        "{column: pixels, type: list, shape: [8, 8, 1]}",
    ),
    "several series in one table": (
        table("day", "shop", "sales", rows=lambda n: f"{day(n // 3)},{n % 3 + 1},{n % 11}.5", count=300),
        "Csv",
        "group: shop",
    ),
    "masks and a list of colours": (
        masks_and_a_list_of_colours,
        "MaskFolder",
        "{Animal: [64, 128, 64], Archway: [192, 0, 128], Bridge: [0, 128, 192]}",
    ),
    "masks within another folder": (trimaps, "MaskFolder", "values: {class_1: 1, class_2: 2, class_3: 3}"),
    "places in images": (
        places_in_images,
        "Table",
        "points: {columns: [nose_x, nose_y, ear_x, ear_y], type: points, of: file}",
    ),
    "numbers in files of parts": (numbers_of_parts, "Csv", 'target: "0"'),
    "classes as vectors": (one_hot, "Arrays", "loss: CategoricalCrossentropy"),
    "labels as vectors": (holds, "Arrays", "loss: BinaryCrossentropy"),
    "lists of the parts of sounds": (lists_of_parts, "AudioFolder", "test: ../data/testing_list.txt"),
    "labels with a mark between them": (
        table("title", "kind", rows=lambda n: f"a film of {n},{'abcd'[n % 4]};{'efg'[n % 3]}"),
        "Table",
        'type: labels, separator: ";"',
    ),
    "attributes and data": (attributes, "Csv", "test: ../data/f_TEST.arff"),
    "arrays of both parts": (arrays, "Arrays", "test: {inputs: x_test, targets: y_test}"),
}


def made(case: str, folder: Path) -> tuple[FirstSpec, Path]:
    make, _, _ = CASES[case]
    (folder / "data").mkdir()
    (folder / "specs").mkdir()
    found = first_spec(make(folder / "data"), "first", folder / "specs")
    (folder / "specs" / "first.yaml").write_text(found.text)
    return found, folder / "specs" / "first.yaml"


@pytest.mark.parametrize("case", CASES)
def test_the_spec_is_accepted_and_reads_what_is_there(case: str, tmp_path: Path) -> None:
    found, file = made(case, tmp_path)
    _, source, part = CASES[case]
    checked = check(file)
    faults = [one for one in checked.diagnostics if one.severity == "error"]
    assert isinstance(checked, Checked) and not faults, faults
    assert found.source == source and part in found.text
    assert str(tmp_path) not in found.text, "paths are relative to the spec"
    assert all(
        note[:1].upper() + note[1:15] in " ".join(found.text.replace("\n# ", " ").split()) for note in found.notes
    )


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda folder: folder, "folder for each class"),
        (lambda folder: sound(folder / "loose.wav", 0.1) or folder, "folder for each class"),
        (table("file", "label", rows=lambda n: f"{n % 9}.jpg,{n % 2}"), "that are not there, such as 0.jpg"),
        (table("name", "other", rows=lambda n: f"n{n},m{n}"), "--target"),
        (table(name="f.txt", rows=lambda n: f"__label__{n % 2} a fine film"), "put a tab"),
        (table(name="notes.rst", rows=lambda n: "some words"), "schema --list"),
        (table(name="f.svm.txt", rows=lambda n: f"{n % 2} 1:0.5 4:{n}"), "load_svmlight_file"),
        (table("tokens", "ner_tags", rows=lambda n: f'"[""Ann"", ""w{n}""]","[1, {n % 2}]"'), "the source Conll reads"),
        (objects_in_images, "objects that COCO, VOC or YOLO mark"),
        (boxes_of_objects, "`image_id` names some images several times"),
        (corners_of_objects, "each row is a box around an object"),
        (parts_in_folders, "gtFine, leftImg8bit each hold parts"),
        (folds, "fold0, fold1 are parts of the data, and no classes"),
        (listed, 'separator: " ", header: false'),
        (years, "`year=2020`"),
        (table("Sentence #", "Word", "Tag", rows=lambda n: f"{n // 9},w{n % 7},O"), "the source Conll reads it"),
        (table(name="f.mat", rows=lambda n: "MATLAB"), "scipy.io.loadmat"),
        (
            table("Date", "Time", "a", "b", rows=lambda n: f"{day(n)},{n % 24:02d}:00:00,{n % 7}.5,{n % 5}.5"),
            "one column",
        ),
        (
            table(
                "day", "shop", "item", "sales", rows=lambda n: f"{day(n // 4)},{n % 2},{n // 2 % 2},{n % 9}", count=300
            ),
            "for each `shop` and `item`",
        ),
        (
            table("name", *map(day, range(9)), rows=lambda n: ",".join(map(str, range(n, n + 10)))),
            "each row is a series",
        ),
        (
            table("id", *(f"v{n}" for n in range(8)), rows=lambda n: f"H{n}{',1.5' * (8 - n % 4)}{',' * (n % 4)}"),
            "sooner than others",
        ),
        (table(name="f.txt", rows=lambda n: f"Ann is in Rome{n}\tB-PER O O B-LOC"), "with its tags behind a tab"),
        (table(name="f.label.txt", rows=lambda n: f"DESC:manner How is it {n} ?"), "put a tab"),
    ],
)
def test_what_cannot_be_told_is_asked_about(make: Make, told: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        first_spec(make(tmp_path), "first", tmp_path)
    assert told in str(error.value)


def test_the_command_says_what_was_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image_folders(tmp_path / "pets")
    file = tmp_path / "pets.yaml"
    assert run(["new", str(file), "--data", str(tmp_path / "pets")]) == 0
    said = capsys.readouterr().out
    assert "ImageFolder" in said and "32 x 32" in said and f"next: nnspec train {file}" in said
    assert run(["new", str(file), "--data", str(tmp_path / "pets")]) == 2, "it is there already"
    assert run(["new", str(tmp_path / "b.yaml")]) == 2 and "--data" in capsys.readouterr().err
    assert run(["new", "nonsense", str(tmp_path / "b.yaml")]) == 2
    assert run(["new", str(tmp_path / "b.yaml"), "--data", str(tmp_path / "none")]) == 4
    assert not (tmp_path / "b.yaml").exists()


def test_the_column_that_is_named_is_learned(tmp_path: Path) -> None:
    make = table("weight", "colour", "age", rows=lambda n: f"{n % 7}.5,{'rb'[n % 2]},{n % 40}.5")
    found = first_spec(make(tmp_path), "first", tmp_path, "Colour")
    assert "target: colour" in found.text and not found.notes
    with pytest.raises(DataError, match="weight, colour, age"):
        first_spec(tmp_path / "table.csv", "first", tmp_path, "color")


def test_names_of_columns_are_data(tmp_path: Path) -> None:
    """Whatever breaks a line for YAML stays within its name, in the remarks as well."""
    odd = "a\u2028layers: []\x9b\u202e#"
    make = table(f'"{odd}"', "b", "label", rows=lambda n: f"{n % 7}.5,{n % 5},{n % 2}")
    found = first_spec(make(tmp_path), "first", tmp_path, odd.replace("\u2028", " "))
    (tmp_path / "first.yaml").write_text(found.text, encoding="utf-8")
    checked = check(tmp_path / "first.yaml")
    assert not [one for one in checked.diagnostics if one.severity == "error"], checked.diagnostics
    assert "\u2028" not in found.text and "\x9b" not in found.text
    found = first_spec(tmp_path / "table.csv", "first", tmp_path)
    (tmp_path / "second.yaml").write_text(found.text, encoding="utf-8")
    assert not [one for one in check(tmp_path / "second.yaml").diagnostics if one.severity == "error"]


def test_what_is_left_out_and_how_it_is_read_is_told(tmp_path: Path) -> None:
    parts = {name: np.zeros((8, 3), "float32") for name in ("x_train", "x_val", "ids")}
    np.savez(tmp_path / "a.npz", **parts, y_train=np.arange(8) % 2, y_val=np.arange(8) % 2)
    found = first_spec(tmp_path / "a.npz", "first", tmp_path)
    assert "validation: {inputs: x_val, targets: y_val}" in found.text
    assert any("`ids`" in note for note in found.notes), found.notes
    rows = "".join(f"{number % 7},caf\xe9 {number % 2},n{number}\n" for number in range(60))
    (tmp_path / "old.csv").write_bytes(("size,label,who\n" + rows).encode("cp1252"))
    told = " ".join(first_spec(tmp_path / "old.csv", "first", tmp_path).notes)
    assert "`encoding: cp1252` is a guess" in told and "not looked at: `who`" in told


@pytest.mark.tf
@pytest.mark.long
def test_it_trains_as_it_stands(tmp_path: Path) -> None:
    import nnspec

    for number, case in enumerate(("a table of sounds with its split", "missing cells", "arrays of both parts")):
        (tmp_path / str(number)).mkdir()
        _, file = made(case, tmp_path / str(number))
        assert nnspec.train(nnspec.load(file, train__epochs=1), run=tmp_path / f"run{number}").steps > 0
