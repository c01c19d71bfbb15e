"""What `predict` takes and how it writes answers: folders and patterns, the likeliest labels, tables, CSV, pictures."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import click
import pytest

from nnspec.cli.predict import aligned, drawn, expanded, written
from nnspec.data.errors import DataError
from nnspec.data.protocol import Source
from nnspec.data.sources.arrays import Arrays
from nnspec.data.sources.idx import IDX
from nnspec.data.sources.image_folder import ImageFolder
from nnspec.data.sources.keras_datasets import Keras
from nnspec.data.sources.tfrecord import TFRecord
from nnspec.report.text.prediction_rows import as_csv, as_table, rows_of

LABELS = [
    {"input": "a.png", "label": "cat", "probability": 0.75, "probabilities": {"dog": 0.2, "cat": 0.75, "=cow": 0.05}},
    {"input": "b.png", "label": "dog", "probability": 0.5, "probabilities": {"dog": 0.5, "cat": 0.1, "=cow": 0.4}},
]


def picture(path: Path, size: tuple[int, int] = (8, 6)) -> str:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, "red").save(path)
    return str(path)


def test_folders_and_patterns_stand_for_their_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = ImageFolder("x")
    names = [picture(tmp_path / name) for name in ("a.png", "deep/b.JPG", "c.png")]
    (tmp_path / "notes.txt").write_text("none")
    picture(tmp_path / ".hidden.png")
    assert expanded(source, str(tmp_path)) == sorted(names)
    said = capsys.readouterr().err
    assert "left out: 1 file with another ending than" in said and str(tmp_path / "notes.txt") in said
    assert expanded(source, str(tmp_path / "*.png")) == [names[0], names[2]]
    assert expanded(source, str(tmp_path / "**/*.JPG")) == [names[1]]
    assert expanded(source, "nowhere.png") == ["nowhere.png"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no file in it ends in"):
        expanded(source, str(tmp_path / "empty"))
    with pytest.raises(DataError, match="matches this pattern"):
        expanded(source, str(tmp_path / "*.webp"))
    brackets = picture(tmp_path / "d[1].png")
    assert expanded(source, brackets) == [brackets]


@pytest.mark.parametrize("source", [IDX("a", "b"), Arrays("a"), Keras("mnist"), TFRecord("a", {}, {}, {})])
def test_sources_of_arrays_take_folders_of_images_and_arrays(tmp_path: Path, source: Source) -> None:
    names = [picture(tmp_path / "7.png"), str(tmp_path / "8.npy")]
    Path(names[1]).write_bytes(b"")
    (tmp_path / "several.npz").write_bytes(b"")
    assert expanded(source, str(tmp_path)) == names


def test_links_that_lead_back_are_no_folders_without_end(tmp_path: Path) -> None:
    found = picture(tmp_path / "in" / "a.png")
    for name in ("back", "again"):
        (tmp_path / "in" / name).symlink_to(tmp_path, target_is_directory=True)
    assert expanded(ImageFolder("x"), str(tmp_path / "**/*.png")) == [found]
    assert expanded(ImageFolder("x"), str(tmp_path)) == [found]


def test_pictures_of_one_name_and_labels_as_long_as_a_book(tmp_path: Path) -> None:
    names = [
        picture(tmp_path / folder / f"{name}.png")
        for folder, name in (("1", "a-2"), ("2", "a"), ("3", "a"), ("4", "a"))
    ]
    long = {"label": "x" * 1_000_000, "probabilities": {"x" * 1_000_000: 1.0}}
    found = drawn([{**long, "input": name} for name in names], 1, tmp_path / "out")
    assert [Path(one).name for one in found] == ["a-2.png", "a.png", "a-3.png", "a-4.png"]
    from PIL import Image

    with Image.open(found[0]) as image:
        assert image.width < 2_000


def test_the_likeliest_labels() -> None:
    assert written(LABELS[:1], "text", 2) == "a.png\tcat (0.750), dog (0.200)\n"
    assert aligned([["a.png", "cat"], ["long.png", "dog"]]) == ["a.png     cat", "long.png  dog"]
    assert aligned([["a", "x"], ["b" * 90, "y"], ["a sentence of tags"]])[::2] == ["a  x", "a sentence of tags"]
    rows = rows_of(LABELS, 2)
    assert rows[1] == {"input": "b.png", "label": "dog", "probability": 0.5, "label 2": "=cow", "probability 2": 0.4}


def test_csv_is_read_back_and_holds_no_formula() -> None:
    found = list(csv.DictReader(io.StringIO(as_csv(rows_of(LABELS, 3)))))
    assert [row["label"] for row in found] == ["cat", "dog"] and found[1]["label 2"] == "'=cow"
    assert float(found[0]["probability"]) == 0.75


@pytest.mark.parametrize(
    ("prediction", "row"),
    [
        ({"input": [1, 2], "values": [0.5]}, {"input": "[1, 2]", "value": 0.5}),
        ({"input": "x", "values": [1, 2]}, {"input": "x", "value 1": 1.0, "value 2": 2.0}),
        ({"input": "x", "values": [[1], [2]]}, {"input": "x", "values": "[[1], [2]]"}),
        ({"input": "x", "map": [[0]], "shares": {"road": 1.0}}, {"input": "x", "road": 1.0}),
        ({"input": "x", "labels": ["a", "b"], "probabilities": {"a": 0.9, "b": 0.8}}, {"input": "x", "labels": "a, b"}),
        ({"input": "x", "text": "hello", "labels": [1]}, {"input": "x", "text": "hello"}),
        (
            {"input": {"a": 1}, "kind": {"label": "c", "probability": 1.0}, "price": {"values": [3]}},
            {"input": '{"a": 1}', "kind label": "c", "kind probability": 1.0, "price value": 3.0},
        ),
    ],
)
def test_every_answer_is_a_row(prediction: dict[str, object], row: dict[str, object]) -> None:
    assert rows_of([prediction], 1) == [row]


def test_a_table_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    told = as_table(rows_of([{**LABELS[0], "input": "photos/" + "a" * 90 + ".png"}], 2), 60)
    assert max(map(len, told.splitlines())) <= 60 and "0.7500" in told


def test_pictures_with_their_labels(tmp_path: Path) -> None:
    from PIL import Image

    one, two = picture(tmp_path / "in/a.png"), picture(tmp_path / "in/more/a.png", (900, 300))
    found = drawn([{**LABELS[0], "input": one}, {**LABELS[1], "input": two}], 2, tmp_path / "out")
    assert [Path(path).name for path in found] == ["a.png", "a-2.png"]
    small, large = (Image.open(path) for path in found)
    assert small.size[0] == 160 and small.size[1] > 120 and large.size[0] == 640
    assert {colour for _, colour in large.crop((0, 0, 640, 200)).getcolors()} == {(255, 0, 0)}
    assert (0, 0, 0) in {colour for _, colour in small.getcolors(10_000)}
    with pytest.raises(DataError, match="this input is none"):
        drawn([LABELS[0]], 1, tmp_path / "out")
    with pytest.raises(click.UsageError, match="one label each"):
        drawn([{"input": one, "values": [1]}], 1, tmp_path / "out")
