"""What `check` knows of data equals what training gets, for every source; it is kept, and made again when damaged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_data import write_folder, write_idx_pair

from nnspec.data import facts as module
from nnspec.data.config import DataConfig
from nnspec.data.dataset import listed, load, open_dataset
from nnspec.data.errors import DataError
from nnspec.data.facts import absent, facts, known, remembered, survey
from nnspec.data.formats import array_headers
from nnspec.data.protocol import WEIGHT, Columns
from nnspec.layers.types import KindValue

CONLL = "".join(f"{word} {tag}\n\n" for word, tag in [("Ann", "B-PER"), ("sees", "O"), ("Bo", "B-PER")] * 4)
SERIES = "@univariate true\n@classLabel true a b\n@data\n" + "1,2,3:a\n4,5:b\n2,2,1:a\n3,3:b\n" * 3
TARGETS = "@univariate true\n@equalLength true\n@seriesLength 2\n@targetLabel true\n@data\n" + "1,2:0.5\n3,4:7\n" * 4


def section(kind: str, **arguments: Any) -> DataConfig:
    return DataConfig(KindValue(kind, arguments))


def write_arrays(folder: Path) -> None:
    draw = np.random.default_rng(0)
    numbers, labels = draw.random((12, 3)), np.arange(12) % 3
    np.savez(folder / "labels.npz", x=numbers, y=labels.astype("<i8"), w=np.ones(12))
    np.savez_compressed(folder / "images.npz", x=np.zeros((12, 5, 4), "uint8"), y=labels[:, None].astype(">i2"))
    np.savez(folder / "several.npz", a=numbers, b=labels[:, None] + numbers, y=numbers.astype("float32"), z=labels)
    (folder / "npy").mkdir()
    np.save(folder / "npy" / "x.npy", numbers.astype("float16"))
    np.save(folder / "npy" / "y.npy", np.asfortranarray(draw.random((12, 2))))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the data that sections are of."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def sections(place: Path) -> dict[str, DataConfig]:
    """A data section for each source and each of its shapes."""
    write_arrays(place)
    write_folder(place / "images")
    idx = write_idx_pair(place)
    rows = "".join(f"{number},{number * 0.5},{'pq'[number % 2]},{number % 3}\n" for number in range(12))
    files = {"t.csv": "a,b,c,y\n" + rows, "t.conll": CONLL, "t.ts": SERIES, "r.ts": TARGETS}
    files["t.tsv"] = "good\tI like it\nbad\tnot at all\n" * 6
    for name, text in files.items():
        (place / name).write_text(text)
    return {
        "images": section("ImageFolder", path="images"),
        "grey": section("ImageFolder", path="images", image_size=[3, 5], color="grey"),
        "idx": section("IDX", **idx),
        "labels": section("Arrays", path="labels.npz", weight="w"),
        "image arrays": section("Arrays", path="images.npz"),
        "several": section("Arrays", path="several.npz", inputs=["a", "b"], targets={"p": "y", "q": "z"}),
        "npy": section("Arrays", path="npy"),
        "table": section("Csv", path="t.csv", target="c"),
        "by index": section("Csv", path="t.csv", target="y", columns={"c": {"encode": "index"}}, weight="b"),
        "numbers": section("Csv", path="t.csv", target=["b", "y"], columns={"b": {"scale": "minmax"}}),
        "windows": section("Csv", path="t.csv", target="b", features=["a", "b"], window={"length": 3, "horizon": 2}),
        "tags": section("Conll", path="t.conll", characters=4, casing=True),
        "tags of a length": section("Conll", path="t.conll", length=6),
        "texts": section("Text", path="t.tsv"),
        "series": section("TimeSeries", path="t.ts"),
        "series of numbers": section("TimeSeries", path="r.ts"),
    }


NAMES = (
    "images", "grey", "idx", "labels", "image arrays", "several", "npy", "table", "by index", "numbers", "windows",
    "tags", "tags of a length", "texts", "series", "series of numbers",
)  # fmt: skip


@pytest.fixture(params=["looked at", "by their headers"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays are so small that they are looked at, or they are not."""
    if request.param == "by their headers":
        monkeypatch.setattr(array_headers, "LOOKED_AT", 0)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_facts_are_what_training_gets(
    sections: dict[str, DataConfig], name: str, one_hot: bool, place: Path
) -> None:
    data = replace(sections[name], split={"validation": 0.25}, one_hot=one_hot)
    found = survey(data, place)
    dataset = open_dataset(data, place, 0)
    columns = found.columns
    assert isinstance(columns, Columns)
    assert (dict(columns.features), dict(columns.targets)) == (dataset.features, dataset.targets)
    assert (found.task, found.labels) == (dataset.task, dataset.classes)
    assert found.examples == {part: split.size for part, split in dataset.splits.items()}
    assert found.vocabulary_size == (None if dataset.vocabulary is None else len(dataset.vocabulary))
    table = dataset.splits["train"].table
    assert columns.padded == (table.padded is not None) and columns.varies == (table.varying is not None)
    everything = np.arange(len(table), dtype=np.int64)
    for key, (low, high) in columns.ranges.items():
        if key in columns.targets and columns.targets[key] != table.targets[key].spec:
            assert (low, high) == (0, 1)  # one-hot
            continue
        held = {**table.features, **table.targets, **({} if table.weight is None else {WEIGHT: table.weight})}
        values = held[key].take(everything)
        assert low <= values.min() + 1e-6 and values.max() <= high + 1e-6


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", NAMES)
def test_a_listing_is_split_as_the_examples_are(sections: dict[str, DataConfig], name: str, place: Path) -> None:
    data = replace(sections[name], split={"validation": 0.25, "test": 0.2}, seed=3)
    ours, theirs = listed(data, place), load(data, place)
    assert {part: list(found.indices) for part, found in ours.parts.items()} == {
        part: list(found.indices) for part, found in theirs.parts.items()
    }
    assert ours.assets == theirs.assets


@pytest.mark.slow
def test_facts_take_neither_numpy_nor_tensorflow(sections: dict[str, DataConfig], place: Path) -> None:
    arguments = {name: [data.source.kind, data.source.args] for name, data in sections.items()}
    del arguments["images"]  # the sizes of images are Pillow's
    program = f"""
import json, sys
from pathlib import Path
from nnspec.data.config import DataConfig
from nnspec.data.facts import survey
from nnspec.data.formats import array_headers
from nnspec.layers.types import KindValue
array_headers.LOOKED_AT = 0  # as of large arrays
for kind, args in json.loads({json.dumps(json.dumps(arguments))}).values():
    survey(DataConfig(KindValue(kind, args)), Path({str(place)!r}))
print(sorted({{"numpy", "tensorflow", "keras"}} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def counted(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    calls: list[object] = []
    real: Callable[..., Any] = module.survey
    monkeypatch.setattr(module, "survey", lambda *given: calls.append(given) or real(*given))
    return calls


def test_facts_are_kept_and_follow_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch)
    path, data = tmp_path / "t.csv", section("Csv", path="t.csv", target="y")
    path.write_text("a,y\n" + "1,p\n2,q\n" * 4)
    first = known(data, tmp_path)
    assert known(data, tmp_path) == first == remembered(data, tmp_path) and len(calls) == 1
    assert known(replace(data, batch_size=7), tmp_path) == first and len(calls) == 1
    assert known(replace(data, split={"test": 0.5}), tmp_path).examples == {"train": 4, "test": 4} and len(calls) == 2
    stamp = path.stat()
    other = tmp_path / "other.csv"
    other.write_text("a,y\n" + "1,r\n2,s\n" * 4)
    os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    other.replace(path)  # of the same size and time: another file all the same
    assert known(data, tmp_path).labels == ("r", "s") and len(calls) == 3


def test_what_is_refused_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counted(monkeypatch)
    path, data = tmp_path / "t.csv", section("Csv", path="t.csv", target="y")
    path.write_text("a,y\n" + "1,2\n" * 3 + "oops,3\n")
    for _ in range(2):
        with pytest.raises(DataError, match="oops") as caught:
            known(data, tmp_path)
        assert caught.value.line == 5 and caught.value.hint
    assert len(calls) == 1


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text.replace("train", "trian"), lambda _: ""])
def test_a_damaged_entry_is_made_again(tmp_path: Path, cache_folder: Path, damage: Callable[[str], str]) -> None:
    path, data = tmp_path / "t.csv", section("Csv", path="t.csv", target="y")
    path.write_text("a,y\n" + "1,p\n2,q\n" * 4)
    first = known(data, tmp_path)
    (entry,) = (cache_folder / "facts").iterdir()
    whole = entry.read_text()
    entry.write_text(damage(whole))
    assert known(data, tmp_path) == first
    assert entry.read_text() == whole


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text("a,y\n" + "1,p\n2,q\n" * 4)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "file" / "cache"))
    assert facts(section("Csv", path="t.csv", target="y"), tmp_path).classes == 2


def test_what_is_absent(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,y\n1,2\n")
    (tmp_path / "a1.tfrecord").write_text("")
    there = section("Csv", path="t.csv", target="y")
    assert absent(there, tmp_path) is None
    assert absent(replace(there, split={"validation": "v.csv"}), tmp_path) == str(tmp_path / "v.csv")
    assert absent(section("Csv", path="u.csv", target="y"), tmp_path) == str(tmp_path / "u.csv")
    records = {"features": {"x": {}}, "inputs": ["x"], "targets": ["x"]}
    assert absent(section("TFRecord", path=["a*.tfrecord"], **records), tmp_path) is None
    assert absent(section("TFRecord", path="b*.tfrecord", **records), tmp_path) == str(tmp_path / "b*.tfrecord")
    assert absent(section("Keras", name="mnist"), tmp_path) is None


@pytest.mark.parametrize("size", [40, -1])
def test_arrays_that_are_cut_off(tmp_path: Path, size: int) -> None:
    write_arrays(tmp_path)
    whole = (tmp_path / "npy" / "x.npy").read_bytes()
    (tmp_path / "npy" / "x.npy").write_bytes(whole[:size])
    with pytest.raises(DataError, match=r"x\.npy|truncated|npy"):
        survey(section("Arrays", path="npy"), tmp_path)


def test_labels_of_a_part_that_training_never_saw(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", x=np.zeros((4, 2)), y=np.array([0, 1, 0, 1]))
    np.savez(tmp_path / "test.npz", x=np.zeros((4, 2)), y=np.array([0, 1, 2, 1]))
    data = replace(section("Arrays", path="train.npz"), split={"test": "test.npz"})
    for read in (survey, lambda data, base: open_dataset(data, base, 0)):
        with pytest.raises(DataError, match="example 2 has the label 2, but there are 2 classes"):
            read(data, tmp_path)
