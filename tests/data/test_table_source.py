"""A table of files: its columns as inputs and targets, without TensorFlow."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nnspec.data.assets_validity import require_valid
from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets
from nnspec.data.sources.table import Table
from nnspec.data.table_rows import RowExamples
from nnspec.reading import read_text

SHARED = Path(__file__).resolve().parents[2].parent / "shared/data"
Rows = Sequence[Mapping[str, Any]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Rows], None]:
    def write_rows(rows: Rows) -> None:
        with open(tmp_path / "t.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    return write_rows


def picture(path: Path, value: int = 0, size: tuple[int, int] = (8, 6)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (value, value, value)).save(path)


def read(folder: Path, **options: Any) -> tuple[RowExamples, Assets]:
    examples = Table(path="t.csv", **options).load(folder)
    assets = examples.fit(range(len(examples)), None)
    require_valid(None, json.loads(json.dumps(assets.extra)))
    return examples, assets


def column(examples: RowExamples, assets: Assets, name: str) -> np.ndarray:
    table = examples.table(assets)
    found = {**table.features, **table.targets}[name]
    return found.take(np.arange(len(examples)))


def test_numbers_categories_and_several_labels(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    write(
        [
            {"age": 20 + n, "kind": "ab"[n % 2], "tags": ["x", "y x", ""][n % 3], "red": n % 2, "big": n > 2, "w": n}
            for n in range(6)
        ]
    )
    targets = {"kind": None, "tags": {"type": "labels"}, "flags": {"columns": ["red", "big"], "type": "labels"}}
    examples, assets = read(
        tmp_path, inputs={"age": {"scale": "minmax"}, "both": {"columns": ["w", "kind"]}}, targets=targets
    )
    assert column(examples, assets, "age").ravel().tolist() == pytest.approx([n / 5 for n in range(6)])
    assert column(examples, assets, "both").tolist()[:2] == [[0, 1, 0], [1, 0, 1]]
    assert column(examples, assets, "kind").tolist() == [0, 1, 0, 1, 0, 1]
    assert column(examples, assets, "tags").tolist()[:3] == [[1, 0], [1, 1], [0, 0]]
    assert column(examples, assets, "flags").tolist()[2:4] == [[0, 0], [1, 1]]
    found = examples.columns(assets)
    assert {name: str(spec) for name, spec in found.targets.items()} == {
        "kind": "int32 []",
        "tags": "float32 [2]",
        "flags": "float32 [2]",
    }
    assert dict(found.labels) == {"kind": ("a", "b"), "tags": ("x", "y"), "flags": ("red", "big")}
    assert assets.classes is None, "three targets have classes of their own"
    assert assets.classes_of("tags") == ("x", "y")
    assert any("2 of 6 cells are empty" in problem.message for problem in examples.problems)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["a b", "b", "c a"], ["a", "b", "c"]),
        (["a|b c", "b c", "d"], None),  # a space may stand in a label
        (["a, b", "b,c", "c"], ["a", "b", "c"]),
        (["['a b', 'c']", "['c']", "[]"], ["a b", "c"]),
        (['["a"]', '["b", "a"]', "[]"], ["a", "b"]),
        (["a;b", "b", "a"], ["a", "b"]),
        (["10 9", "9", "100"], ["9", "10", "100"]),
    ],
)
def test_what_stands_between_labels(
    tmp_path: Path, write: Callable[[Rows], None], cells: list[str], expected: list[str] | None
) -> None:
    write([{"x": n, "tags": cell} for n, cell in enumerate(cells)])
    options: dict[str, Any] = {"inputs": {"x": None}, "targets": {"tags": {"type": "labels"}}}
    if expected is None:
        with pytest.raises(DataError, match="cannot be told") as caught:
            read(tmp_path, **options)
        assert caught.value.hint is not None and 'separator: "|"' in caught.value.hint
        options["targets"]["tags"]["separator"] = "|"
        expected = ["a", "b c", "d"]
    assert read(tmp_path, **options)[1].classes == tuple(expected)


def test_a_label_that_training_never_saw_is_refused(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    write([{"x": n, "tags": ["a", "a", "a b"][n]} for n in range(3)])
    examples = Table(path="t.csv", inputs={"x": None}, targets={"tags": {"type": "labels"}}).load(tmp_path)
    with pytest.raises(DataError, match="no class 'b'") as caught:
        examples.columns(examples.fit([0, 1], None))
    assert caught.value.line == 4


def test_names_of_files_as_people_write_them(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    """With and without their ending, with spaces, with backslashes, as numbers, relative to a folder, absolute."""
    for number, name in enumerate(("a b.png", "0001.jpg", "1e5.png", "in/er.png")):
        picture(tmp_path / "pictures" / name, 10 * number)
    picture(tmp_path / "else.png", 40)
    names = ["a b.png", "0001", "1e5", "in\\er.png", str(tmp_path / "else.png")]
    write([{"file": name, "y": n} for n, name in enumerate(names)])
    image = {"column": "file", "type": "image", "folder": "pictures", "color": "grey"}
    examples, assets = read(tmp_path, inputs={"image": image}, targets={"y": None})
    pixels = column(examples, assets, "image")
    assert pixels.shape == (5, 6, 8, 1)
    assert pixels[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40]
    assert examples.texts([1]) == ["0001.jpg"]


def test_a_column_of_pictures_is_recognised(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    picture(tmp_path / "a.png")
    write([{"file": "a.png", "y": n} for n in range(3)])
    assert read(tmp_path, inputs={"file": None}, targets={"y": None})[1].extra["inputs"]["file"]["type"] == "image"


def test_missing_files_are_counted_and_named(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    picture(tmp_path / "a.png")
    write([{"file": ["a.png", "b.png", "", "c.png"][n % 4], "y": n} for n in range(8)])
    options: dict[str, Any] = {"inputs": {"image": {"column": "file", "type": "image"}}, "targets": {"y": None}}
    with pytest.raises(DataError, match="the value is missing") as missing:
        read(tmp_path, **options)
    assert missing.value.line == 4
    write([{"file": ["a.png", "b.png", "c.png"][n % 3], "y": n} for n in range(6)])
    with pytest.raises(
        DataError, match=r"4 of 6 rows have no file; 'b\.png' is not in .* \(nor 'c.png', 'b.png'"
    ) as caught:
        read(tmp_path, **options)
    assert caught.value.line == 3 and "missing: skip" in str(caught.value.hint)
    examples, assets = read(tmp_path, **options, missing="skip")
    assert len(examples) == 2
    assert column(examples, assets, "y").ravel().tolist() == [0, 3]
    assert "4 of 6 rows left out, this one first: column 'file': no file 'b.png'" in examples.problems[0].message


def test_where_files_probably_are(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    picture(tmp_path / "train" / "a.png")
    write([{"file": "a", "y": 1}])
    options: dict[str, Any] = {"targets": {"y": None}}
    with pytest.raises(DataError) as caught:
        read(tmp_path, inputs={"image": {"column": "file", "type": "image"}}, **options)
    assert caught.value.hint == "such files are in train: say `folder: train`"
    with pytest.raises(DataError) as caught:
        read(tmp_path, inputs={"image": {"column": "file", "type": "image", "folder": "tran"}}, **options)
    assert caught.value.hint is not None and "there is no folder" in caught.value.hint
    picture(tmp_path / "train" / "a.jpg")
    with pytest.raises(DataError, match=r"'a' may be a\.jpg or a\.png"):
        read(tmp_path, inputs={"image": {"column": "file", "type": "image", "folder": "train"}}, **options)
    told = {"column": "file", "type": "image", "folder": "train", "extension": ".png"}
    assert read(tmp_path, inputs={"image": told}, **options)[0].texts([0]) == ["a.png"]


def test_points_follow_the_size_of_their_image(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    picture(tmp_path / "a.png", size=(40, 20))
    picture(tmp_path / "b.png", size=(10, 10))
    write([{"file": "a.png", "x": 20, "y": 5}, {"file": "b.png", "x": 5, "y": 5}])
    image = {"column": "file", "type": "image", "size": [10, 10]}
    points = {"columns": ["x", "y"], "type": "points", "of": "image"}
    examples, assets = read(tmp_path, inputs={"image": image}, targets={"place": points})
    assert column(examples, assets, "place").tolist() == [[5, 2.5], [5, 5]]
    assert examples.columns(assets).ranges["place"] == (2.5, 5.0)
    with pytest.raises(DataError, match="of which image"):
        read(tmp_path, inputs={"image": image}, targets={"place": {"columns": ["x", "y"], "type": "points"}})


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "I;16", "1"])
def test_masks_of_numbers(tmp_path: Path, write: Callable[[Rows], None], mode: str) -> None:
    """Grey, palette, grey saved in colours, 16 bits, and one bit."""
    picture(tmp_path / "a.png")
    values = np.zeros((6, 8), np.uint8)
    values[2:4, 3:5] = 1
    if mode == "I;16":
        Image.fromarray(values.astype(np.uint16)).save(tmp_path / "a_mask.png")
    elif mode == "1":
        Image.fromarray(values * 255).convert("1").save(tmp_path / "a_mask.png")
    elif mode == "P":
        image = Image.fromarray(values)
        image.putpalette([0, 0, 0, 200, 100, 50])
        image.save(tmp_path / "a_mask.png")
    else:
        Image.fromarray(values).convert(mode).save(tmp_path / "a_mask.png")
    write([{"file": "a.png"}] * 2)
    image = {"column": "file", "type": "image"}
    mask = {"column": "file", "type": "mask", "extension": "_mask.png"}
    examples, assets = read(tmp_path, inputs={"image": image}, targets={"mask": mask})
    assert (column(examples, assets, "mask") == values).all()
    assert str(examples.columns(assets).targets["mask"]) == "int32 [6, 8]"
    assert assets.classes == ("0", "1")


def test_masks_by_colour_and_what_is_no_class(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    picture(tmp_path / "a.png", size=(2, 2))
    pixels = np.array([[[0, 0, 0], [128, 64, 128]], [[255, 255, 255], [128, 64, 128]]], np.uint8)
    Image.fromarray(pixels).save(tmp_path / "m.png")
    write([{"file": "a.png", "mask": "m.png"}])
    options: dict[str, Any] = {"inputs": {"file": {"type": "image"}}}
    values = {"nothing": [0, 0, 0], "road": "#804080"}
    examples, assets = read(tmp_path, **options, targets={"mask": {"values": values, "ignore": [255, 255, 255]}})
    assert column(examples, assets, "mask").tolist() == [[[0, 1], [255, 1]]]
    assert assets.classes == ("nothing", "road")
    with pytest.raises(DataError, match=r"the pixel \(255, 255, 255\) is no class"):
        Table(path="t.csv", **options, targets={"mask": {"values": values}}).listing(tmp_path)
    with pytest.raises(DataError, match="its pixels are colours: say which class has which"):
        read(tmp_path, **options, targets={"mask": {"type": "mask"}})


def test_masks_of_0_and_255_ask_for_their_classes(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    picture(tmp_path / "a.png", size=(2, 2))
    Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8)).save(tmp_path / "m.png")
    write([{"file": "a.png", "mask": "m.png"}])
    options: dict[str, Any] = {"inputs": {"file": {"type": "image"}}}
    with pytest.raises(DataError, match="pixels of 255") as caught:
        read(tmp_path, **options, targets={"mask": {"type": "mask"}})
    assert "values: {background: 0, object: 255}" in str(caught.value.hint)
    told = {"type": "mask", "values": {"background": 0, "object": 255}}
    assert column(*read(tmp_path, **options, targets={"mask": told}), "mask").tolist() == [[[0, 1], [1, 0]]]
    Image.fromarray(np.full((16, 16), 250, np.uint8)).save(tmp_path / "m.jpg")
    write([{"file": "a.png", "mask": "m.jpg"}])
    examples, assets = read(tmp_path, **options, targets={"mask": told})
    assert set(column(examples, assets, "mask").ravel()) == {1}
    assert any("saved as JPEG" in problem.message for problem in examples.problems)


def test_lists_of_numbers_have_one_length(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    write([{"pixels": "1 2 3 4", "v": "[0, 1]"}, {"pixels": "5 6 7 8", "v": "[1.5, 0]"}])
    inputs = {"pixels": {"type": "list", "shape": [2, 2, 1]}}
    examples, assets = read(tmp_path, inputs=inputs, targets={"v": {"type": "list"}})
    assert column(examples, assets, "pixels")[1, :, :, 0].tolist() == [[5, 6], [7, 8]]
    assert column(examples, assets, "v").tolist() == [[0, 1], [1.5, 0]]
    write([{"pixels": "1 2", "v": "[0, 1]"}, {"pixels": "5", "v": "[1]"}])
    with pytest.raises(DataError, match="1 numbers, but 2 in the rows before") as caught:
        read(tmp_path, inputs={"pixels": {"type": "list"}})
    assert caught.value.line == 3
    write([{"pixels": "1 nan"}])
    with pytest.raises(DataError, match="not finite"):
        read(tmp_path, inputs={"pixels": {"type": "list"}})


def test_texts_in_cells_and_in_files_share_a_vocabulary(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    (tmp_path / "a.txt").write_text("the long story")
    write([{"title": "The  story", "file": "a.txt", "y": 1.5}, {"title": "a story", "file": "a.txt", "y": 2}])
    inputs = {"title": {"type": "text"}, "body": {"column": "file", "type": "text_file", "length": 2}}
    examples, assets = read(tmp_path, inputs=inputs, targets={"y": None}, text={"lower": True})
    assert assets.vocabulary is not None and assets.vocabulary.words[2:] == ("the", "long", "story", "a")
    assert column(examples, assets, "title").tolist() == [[2, 4], [5, 4]]
    assert column(examples, assets, "body").tolist() == [[2, 3], [2, 3]]
    assert "2 of 2 texts are cut to 2 tokens" in " ".join(problem.message for problem in examples.problems)
    source = Table(path="t.csv", inputs=inputs, targets={"y": None})
    found = source.encode([{"title": "the story", "file": "a.txt"}], assets, tmp_path)
    assert found["title"].take(np.arange(1)).tolist() == [[2, 4]]


def test_a_text_between_marks(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    """What a network has written so far, and what it writes next, step by step."""
    write([{"en": "Go", "fr": "Va !"}, {"en": "Wait", "fr": "Attends"}])
    told = {"column": "fr", "type": "text", "length": 3}
    options: Any = {"inputs": {"en": {"type": "text"}, "so_far": {**told, "mark": "start"}}}
    examples, assets = read(tmp_path, **options, targets={"next": {**told, "mark": "end"}})
    assert assets.vocabulary is not None
    words = np.array(assets.vocabulary.words)
    wanted = [["<start>", "va", "!"], ["<start>", "attends", "<pad>"]]
    assert words[column(examples, assets, "so_far")].tolist() == wanted
    assert words[column(examples, assets, "next")].tolist() == [["va", "!", "<end>"], ["attends", "<end>", "<pad>"]]
    source = Table(path="t.csv", **options)
    found = source.encode([{"en": "go", "fr": ""}], assets, tmp_path)["so_far"].take(np.arange(1))
    assert words[found].tolist() == [["<start>", "<pad>", "<pad>"]]
    rule = source.preprocessing("so_far", assets)
    assert rule is not None and (rule["before"], rule["after"]) == (["<start>"], [])
    with pytest.raises(DataError, match="`mark` is for `type: text`, and this is category"):
        read(tmp_path, inputs=options["inputs"], targets={"fr": {"mark": "end", "type": "category"}})


def test_arrays_of_files(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    for number in range(2):
        np.save(tmp_path / f"{number}.npy", np.full((2, 3), number, np.float32))
    write([{"a": f"{number}.npy", "y": number} for number in range(2)])
    examples, assets = read(tmp_path, inputs={"a": None}, targets={"y": {"type": "category"}})
    assert column(examples, assets, "a")[:, 0, 0].tolist() == [0, 1]
    np.save(tmp_path / "1.npy", np.full((2, 2), 1, np.float32))
    examples, assets = read(tmp_path, inputs={"a": None}, targets={"y": {"type": "category"}})
    with pytest.raises(DataError, match=r"\[2, 2\], but the first of training is <f4 \[2, 3\]"):
        examples.columns(assets)
    np.save(tmp_path / "1.npy", np.full((2, 3), np.nan, np.float32))
    examples, assets = read(tmp_path, inputs={"a": None}, targets={"y": {"type": "category"}})
    with pytest.raises(DataError, match="nan"):
        column(examples, assets, "a")


def test_new_examples_as_a_user_gives_them(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    for number in range(3):
        picture(tmp_path / "pictures" / f"{number}.png", 10 * number)
    write([{"file": f"{number}.png", "age": number, "kind": "ab"[number % 2]} for number in range(3)])
    image = {"column": "file", "type": "image", "folder": "pictures"}
    source = Table(path="t.csv", inputs={"image": image, "age": None}, targets={"kind": None})
    examples = source.load(tmp_path)
    assets = examples.fit([0, 1, 2], None)
    assets.save(tmp_path / "assets")
    assets = Assets.load(tmp_path / "assets")
    rows = [{"file": "1.png", "age": 4}, {"image": str(tmp_path / "pictures/2.png"), "age": "5"}]
    found = source.encode([*rows, {"file": np.full((6, 8, 3), 7, np.uint8), "age": 1}, "t.csv"], assets, tmp_path)
    assert found["image"].take(np.arange(6))[:, 0, 0, 0].tolist() == [10, 20, 7, 0, 10, 20]
    assert found["age"].take(np.arange(6)).ravel().tolist() == [4, 5, 1, 0, 1, 2]
    for wrong, message in (
        ({"age": 1}, "no 'file'"),
        ("1.png", "several inputs"),
        ({"file": "9.png", "age": 1}, "no such file"),
    ):
        with pytest.raises(DataError, match=message):
            source.encode([wrong], assets, tmp_path)
    (tmp_path / "wide.csv").write_text("file,age\n1.png,4,lost\n", encoding="utf-8")
    with pytest.raises(DataError, match="3 cells, but the file has 2 columns"):
        source.encode(["wide.csv"], assets, tmp_path)
    alone = Table(path="t.csv", inputs={"image": image}, targets={"kind": None})
    assets = alone.load(tmp_path).fit([0, 1, 2], None)
    assert alone.encode(["2"], assets, tmp_path)["image"].take(np.arange(1))[0, 0, 0, 0] == 20


def test_rows_are_chosen_by_a_column(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    write([{"x": n, "y": 1.5 * n, "part": ["train", "test"][n == 2], "fold": n} for n in range(4)])
    options: dict[str, Any] = {"inputs": {"x": None}, "targets": {"y": None}}
    examples, assets = read(tmp_path, **options, rows={"part": "train", "fold": [0, 3]})
    assert column(examples, assets, "x").ravel().tolist() == [0, 3]
    with pytest.raises(DataError, match="'part' has no 'valid'"):
        read(tmp_path, **options, rows={"part": "valid"})


def test_groups_stay_together_and_classes_are_shared_out(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    write([{"x": n, "who": n // 4, "kind": "ab"[n % 2]} for n in range(40)])
    options: dict[str, Any] = {"inputs": {"x": None}, "targets": {"kind": None}}
    parts = read(tmp_path, **options, group="who")[0].split({"test": 0.3}, 0)
    assert not {n // 4 for n in parts["test"]} & {n // 4 for n in parts["train"]}
    parts = read(tmp_path, **options)[0].split({"test": 0.3}, 0)
    assert sum(n % 2 for n in parts["test"]) == len(parts["test"]) // 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inputs": {}}, "which columns are the `inputs`"),
        ({"inputs": {"x": {"column": "z"}}}, "no column 'z'"),
        ({"inputs": {"x": {"sise": 3}}}, "no setting 'sise'"),
        ({"inputs": {"x": None}, "targets": {"x": None}}, "the name of an input and of a target"),
        ({"inputs": {"a": {"columns": ["x", "k"], "type": "image"}}}, "image takes one column, not 2"),
        (
            {"inputs": {"x": None}, "targets": {"t": {"columns": ["k"], "type": "number"}}},
            "not a number|not of numbers",
        ),
        ({"inputs": {"x": None, "y": {"column": "x", "type": "category"}}}, "say the same `type`|is read as"),
        ({"inputs": {"x": None}, "targets": {"k": {"type": "labels", "columns": ["x"]}}}, "not 0 or 1"),
        ({"inputs": {"x": None}, "targets": {"k": {"type": "points", "columns": ["x"], "of": "i"}}}, "names an input"),
        ({"inputs": {"k": {"type": "mask", "values": {"a": 1, "b": 1}}}}, "no file|the pixel 1 twice"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path, write: Callable[[Rows], None], options: dict[str, Any], message: str
) -> None:
    write([{"x": n + 2, "k": "ab"[n % 2]} for n in range(4)])
    with pytest.raises(DataError, match=message):
        read(tmp_path, **options)


@pytest.mark.slow
def test_a_listing_needs_no_numpy(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    picture(tmp_path / "a.png", size=(20, 10))
    Image.new("L", (20, 10), 1).save(tmp_path / "m.png")
    write([{"file": "a.png", "mask": "m.png", "note": "some words", "x": 1, "y": 2, "kind": "a"}] * 3)
    code = f"""
import sys
from pathlib import Path
from nnspec.data.sources.table import Table
examples = Table(path="t.csv", inputs={{"file": {{"size": [5, 5]}}, "note": {{"type": "text"}}}},
    targets={{"kind": None, "mask": {{"type": "mask", "size": [5, 5]}},
    "place": {{"columns": ["x", "y"], "type": "points", "of": "file"}}}}).listing(Path({str(tmp_path)!r}))
print(*examples.columns(examples.fit([0, 1, 2], None)).targets.values(), "numpy" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split("\n")[0] == "int32 [] int32 [5, 5] float32 [2] False"


@pytest.mark.skipif(not (SHARED / "clothing").is_dir(), reason="no ../shared/data/clothing")
def test_photos_of_clothes() -> None:
    image = {"type": "image", "folder": "images", "size": [32, 32]}
    options: dict[str, Any] = {"inputs": {"image": image}, "targets": {"label": None}}
    with pytest.raises(DataError, match="4,912 of 5,403 rows have no file"):
        Table(path="images-all.csv", **options).load(SHARED / "clothing")
    examples = Table(path="images-all.csv", **options, missing="skip").load(SHARED / "clothing")
    assert len(examples) == 491
    manifest = read_text(SHARED / "clothing/images.csv", 1 << 20).splitlines()[1:]
    labels = sorted({line.split(",")[2] for line in manifest})
    assert examples.fit(range(491), None).classes == tuple(labels)


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "code"},
        {"columns": []},
        {"columns": "ab"},
        {"columns": ["other"]},
        {"columns": [{}]},
        {"type": "category"},
        {"type": "category", "classes": {"x": 1}},
        {"type": "labels", "classes": ["a"]},
        {"type": "image", "size": [1 << 40, 1]},
        {"type": "image", "size": [8]},
        {"type": "array", "dtype": "|O", "shape": [4]},
        {"type": "array", "dtype": "<f4", "shape": [-4]},
        {"type": "points", "size": "ab"},
        {"type": "audio", "sample_rate": 0, "samples": 1},
        {"entries": {"x": {"offset": "a"}}},
        {"entries": {"other": {"offset": 0.0}}},
        {"entries": {"x": {"encode": "index"}}},
    ],
    ids=str,
)
def test_what_a_run_says_of_its_columns_is_looked_at(changed: dict[str, Any]) -> None:
    sound = {"type": "numbers", "columns": ["x"], "entries": {"x": {"offset": 0.0, "factor": 1.0, "fill": 0.0}}}
    cells = {"x": {"type": "number"}}
    require_valid(None, {"inputs": {"a": sound}, "cells": cells})
    for part in ("inputs", "targets"):
        if part == "inputs" or "other" not in str(changed):
            with pytest.raises(ValueError, match=r"extra\.json"):
                require_valid(None, {part: {"a": {**sound, **changed}}, "cells": cells})


def test_a_mask_has_the_form_of_its_image(tmp_path: Path, write: Callable[[Rows], None]) -> None:
    write([{"file": "a.png", "mask": "m.png"}])
    told = {
        "inputs": {"image": {"column": "file", "size": [4, 4]}},
        "targets": {"mask": {"type": "mask", "size": [4, 4]}},
    }
    Image.new("RGB", (8, 4)).save(tmp_path / "a.png")
    Image.new("L", (16, 8)).save(tmp_path / "m.png")
    problems = Table(path="t.csv", **told).listing(tmp_path).problems  # type: ignore[arg-type]
    assert any("masks of another size than their image: 1 (a.png)" in str(one) for one in problems)
    Image.new("L", (4, 8)).save(tmp_path / "m.png")
    with pytest.raises(DataError, match=r"the mask has 8x4 pixels, and its image a\.png 4x8"):
        Table(path="t.csv", **told).listing(tmp_path)  # type: ignore[arg-type]
