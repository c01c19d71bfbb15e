"""Data written as shards, and read from them: the same batches, in any order, whatever the format."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from nnspec.data.config import DataConfig
from nnspec.data.dataset import Dataset, open_dataset
from nnspec.data.errors import DataError
from nnspec.data.facts import survey
from nnspec.data.formats import row_groups
from nnspec.data.formats.record_feature import RecordFeature
from nnspec.data.sharding import Format, unkept, write_shards
from nnspec.data.sources.parquet import Parquet
from nnspec.data.sources.tfrecord import TFRecord
from nnspec.data.sources.web_dataset import WebDataset
from nnspec.data.table import Blocks
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf
IMAGE = {"decode": "image", "image_size": [6, 8]}
Writer = Callable[..., Path]


def folder_data(folder: Path, **more: Any) -> DataConfig:
    source = KindValue("ImageFolder", {"path": str(folder), "image_size": [6, 8], "color": "grey", **more})
    return DataConfig(source, {"validation": 0.2}, batch_size=3)


def converted(data: DataConfig, into: Path, format_: Format, shards: int = 3) -> DataConfig:
    section = yaml.safe_load(write_shards(open_dataset(unkept(data), Path("/"), 0), into, format_, shards, into))[
        "data"
    ]
    [(kind, arguments)] = section.pop("source").items()
    return replace(data, source=KindValue(kind, arguments), **{"split": {}, **section})


def batches(dataset: Dataset, part: str = "train", **more: Any) -> list[Any]:
    found = dataset.splits[part].batches(3, **more)
    return [({**features, **targets}) for features, targets in found.as_numpy_iterator()]


def same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(
        sorted(a) == sorted(b) and all(np.array_equal(a[name], b[name]) for name in a)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.parametrize("format_", ["tfrecord", "wds", "parquet"])
def test_shards_give_the_batches_of_the_folder(folder: Path, image: Writer, tmp_path: Path, format_: Format) -> None:
    image(folder / "bee" / "7.jpg", 77, (30, 20))  # another ending, to be resized
    data = folder_data(folder)
    sharded = converted(data, tmp_path / "shards", format_)
    assert len(list((tmp_path / "shards").iterdir())) == 3 + 1 + 1
    ours, theirs = open_dataset(data, Path("/"), 5), open_dataset(sharded, Path("/"), 5)
    assert (theirs.classes, theirs.task) == (("ant", "bee", "cat"), "classification")
    assert (theirs.features, theirs.targets) == (ours.features, ours.targets)
    assert same(batches(ours, "validation"), batches(theirs, "validation"))
    if format_ == "parquet":  # written in a drawn order, since a row is read with its group
        pixels = [np.sort(np.concatenate([one["image"].ravel() for one in batches(found)])) for found in (ours, theirs)]
        assert np.array_equal(*pixels)
    else:
        for epoch in (None, 0, 1):
            assert same(batches(ours, epoch=epoch), batches(theirs, epoch=epoch))
    resumed = batches(theirs, epoch=1, skip=2)
    assert same(resumed, batches(theirs, epoch=1)[2:])
    told = survey(sharded, Path("/"))
    assert told.examples == {"train": 17, "validation": 4}
    assert told.classes == 3


def test_arrays_and_numbers_keep_every_bit(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    arrays = {"x": draw.normal(size=(7, 2, 3)), "b": draw.integers(0, 256, (7, 4, 5, 1), np.uint8)}
    arrays |= {"y": draw.normal(size=7).astype(np.float32), "w": np.arange(7, dtype=np.float32)}
    np.savez(tmp_path / "a.npz", **arrays)
    names = {"inputs": ["x", "b"], "targets": ["y"], "weight": "w"}
    data = DataConfig(KindValue("Arrays", {"path": str(tmp_path / "a.npz"), **names}))
    ours = open_dataset(data, Path("/"), 0)
    for format_ in ("tfrecord", "wds"):
        theirs = open_dataset(converted(data, tmp_path / format_, format_), Path("/"), 0)  # type: ignore[arg-type]
        for one, other in zip(ours.splits["train"].batches(3), theirs.splits["train"].batches(3), strict=True):
            for found, wanted in zip(one, other, strict=True):
                assert all(np.array_equal(found[name], wanted[name]) for name in found)


def test_a_damaged_image_leaves_nothing_half_written(tmp_path: Path, folder: Path) -> None:
    damaged = sorted(folder.rglob("*.png"))[-1]
    damaged.write_bytes(damaged.read_bytes()[:40])
    with pytest.raises(DataError, match=damaged.name):
        converted(folder_data(folder), tmp_path / "made" / "shards", "wds")
    assert not list((tmp_path / "made").iterdir())


def test_what_shards_would_lose_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n3,4\n" * 5)
    scaled = DataConfig(KindValue("Csv", {"path": str(tmp_path / "t.csv"), "target": "b", "scale": "standard"}))
    with pytest.raises(DataError, match="scales or categories would be lost"):
        converted(scaled, tmp_path / "s", "wds")
    (folder / "bee" / "3.png").write_bytes((folder / "bee" / "3.png").read_bytes()[:45])
    with pytest.raises(DataError, match=r"bee/3\.png: the image cannot be decoded"):
        converted(folder_data(folder), tmp_path / "i", "wds")
    assert not (tmp_path / "i" / "data.yaml").exists()


def tar_of(path: Path, files: dict[str, bytes], format_: int = tarfile.PAX_FORMAT) -> str:
    with tarfile.open(path, "w", format=format_) as file:
        for name, content in files.items():
            head = tarfile.TarInfo(name)
            head.size = len(content)
            file.addfile(head, io.BytesIO(content))
    return str(path)


def png(value: int) -> bytes:
    from PIL import Image

    into = io.BytesIO()
    Image.new("RGB", (8, 6), (value,) * 3).save(into, "PNG")
    return into.getvalue()


def zstd(content: bytes) -> bytes:
    return pa.compress(content, "zstd", asbytes=True)  # type: ignore[no-any-return]


def labels_in(path: str, features: Any = None) -> Any:
    source = WebDataset(path, features or {"png": IMAGE, "cls": {"dtype": "int64"}}, ["png"], ["cls"])
    assert source.listing(Path("/")).labels == source.load(Path("/")).labels
    return source.load(Path("/")).labels


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_of_all_tar_formats(tmp_path: Path, format_: int) -> None:
    deep = "/".join(["ordner"] * (20 if format_ == tarfile.USTAR_FORMAT else 60))
    files = {f"{deep}/é{number}.{end}": one for number in range(3) for end, one in (("png", png(9)), ("cls", b"2\n"))}
    files["._a.png"] = b"what a system leaves behind"
    assert labels_in(tar_of(tmp_path / "a.tar", files, format_)) == [2, 2, 2]


def test_samples_are_told_by_their_names(tmp_path: Path) -> None:
    one = {"a/1.png": png(1), "a/1.cls": b"1", "a/1.json": b"{}", "b/1.cls": b"0", "b/1.png": png(3)}
    assert labels_in(tar_of(tmp_path / "a.tar", one)) == [1, 0]
    path = tar_of(tmp_path / "b.tar", {"1.jpg": png(1), "1.label.txt": b"4"})
    features = {"png": {**IMAGE, "key": "jpg;png"}, "cls": {"dtype": "int64", "key": "label.txt"}}
    assert labels_in(path, features) == [4]
    path = tar_of(tmp_path / "c.tar", {"v1.2/a.png": png(1), "v1.2/a.cls": b"3"})  # a point in the name of a folder
    both = WebDataset(path, {"a": {"key": "cls"}, "cls": {"dtype": "int64"}}, ["a"], ["cls"]).load(Path("/"))
    assert both.features["a"].take(np.array([0])).tolist() == both.labels == [3]  # one file, two features


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"1.png": png(1)}, r"the sample 1 has no \.cls .*it has \.png.*--sort=name"),
        ({"1.png": png(1), "2.png": png(1), "1.cls": b"1"}, r"the sample 1 has no \.cls"),
        ({"1.png": png(1), "1.cls": b"cat"}, "cls cannot be read: b'cat' is no whole number"),
        ({"1.png": png(1), "1.cls": b"9" * 19}, "is no whole number"),
        ({"1.png": png(1), "1.cls": b"1" * 10_000}, "is no whole number"),
        ({"1.png": png(1), "1.cls": b"1", "1.PNG": png(1)}, "beside another"),
        ({"1.png": b"no image", "1.cls": b"1"}, "no image"),
    ],
)
def test_broken_samples_are_named(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    with pytest.raises(DataError, match=said):
        labels_in(tar_of(tmp_path / "a.tar", files))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd], ids=["gz", "bz2", "xz", "zst"])
def test_compressed_tar_files_are_read_whatever_they_are_called(tmp_path: Path, pack: Any) -> None:
    path = Path(tar_of(tmp_path / "a.tar", {"1.png": png(1), "1.cls": b"1", "2.png": png(7), "2.cls": b"5"}))
    path.write_bytes(pack(path.read_bytes()))
    assert labels_in(str(path)) == [1, 5]
    source = WebDataset(str(path), {"png": IMAGE, "cls": {"dtype": "int64"}}, ["png"], ["cls"])
    examples = source.load(Path("/"))
    assert examples.files == [path] and not examples.problems
    assert examples.features["png"].take(np.array([1]))[0, 0, 0].tolist() == [7, 7, 7]


def test_features_are_entries_of_a_json_file(tmp_path: Path) -> None:
    told = {"label": 2, "size": {"cm": [3, 4.5]}, "name": "é", "sure": True}
    path = tar_of(tmp_path / "a.tar", {"1.png": png(1), "1.json": json.dumps(told).encode()})
    features = {
        "png": IMAGE,
        "label": {"key": "json", "entry": "label", "dtype": "int64"},
        "both": {"key": "json", "entry": "size.cm", "shape": [2]},
        "second": {"key": "json", "entry": "size.cm.1"},
        "name": {"key": "json", "entry": "name", "dtype": "string"},
        "sure": {"key": "json", "entry": "sure", "dtype": "bool"},
    }
    source = WebDataset(path, features, ["png", "both", "second", "name", "sure"], ["label"])  # type: ignore[arg-type]
    assert source.listing(Path("/")).labels == source.load(Path("/")).labels == [2]
    found = source.load(Path("/"))
    row = np.array([0])
    values = {name: column.take(row).tolist() for name, column in {**found.features, **found.targets}.items()}
    del values["png"]
    assert values == {"both": [[3, 4.5]], "second": [4.5], "name": ["é"], "sure": [1], "label": [2]}


@pytest.mark.parametrize(
    ("content", "entry", "said"),
    [
        (b"{", "label", "label cannot be read"),
        (b'{"a": 1}', "label", "no entry 'label': there are a"),
        (b'{"label": "cat"}', "label", "is 'cat', which is no int64"),
        (b'{"label": null}', "label", "is nothing"),
        (b'{"label": {"a": 1}}', "label", "an object of several entries"),
        (b'{"label": 1.5}', "label", "is float64, not int64"),
        (b'{"label": [1]}', "label.1", "no entry '1'"),
        (b'{"label": [1, 2]}', "label", r"has the shape \[2\]"),
    ],
)
def test_an_entry_that_is_no_label_is_named(tmp_path: Path, content: bytes, entry: str, said: str) -> None:
    path = tar_of(tmp_path / "a.tar", {"1.png": png(1), "1.json": content})
    source = WebDataset(
        path, {"png": IMAGE, "label": RecordFeature(dtype="int64", key="json", entry=entry)}, ["png"], ["label"]
    )
    for read in (source.listing, source.load):
        with pytest.raises(DataError, match=said):
            read(Path("/"))


def test_entries_are_of_tar_files_alone(tmp_path: Path) -> None:
    (tmp_path / "a.tfrecord").write_bytes(b"")
    source = TFRecord("a.tfrecord", {"x": RecordFeature(entry="a")}, ["x"], ["x"])
    with pytest.raises(DataError, match="which WebDataset reads"):
        source.listing(tmp_path)


def test_damaged_tar_files_are_refused(tmp_path: Path) -> None:
    path = Path(tar_of(tmp_path / "a.tar", {"1.png": png(1), "1.cls": b"1"}))
    whole = path.read_bytes()
    for content, said in (
        (b"", "empty"),
        (b"\x1f\x8b" + whole, "damaged, or not GZIP"),
        (gzip.compress(whole)[:-20], "damaged, or not GZIP"),
        (lzma.compress(whole)[:-20], "damaged, or not XZ"),
        (gzip.compress(b"no tar file at all"), "cut off within a header"),
        (whole[:550], "cut off within the member"),
        (whole[:1200], "cut off within a header"),
        (whole[:20] + b"x" + whole[21:], "no header of a tar file"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=said):
            labels_in(str(path))
    with tarfile.open(path, "w") as file:
        head = tarfile.TarInfo("1.png")
        head.type, head.linkname = tarfile.SYMTYPE, "2.png"
        file.addfile(head)
    with pytest.raises(DataError, match="is a link"):
        labels_in(str(path))


def parquet(path: Path, count: int, group: int, **more: Any) -> Parquet:
    """As Hugging Face writes images: the pixels of each say its number."""
    columns = {"image": [{"bytes": png(number), "path": None} for number in range(count)], "label": list(range(count))}
    pq.write_table(pa.table({**columns, **more}), path, row_group_size=group)
    return Parquet(str(path), {"image": IMAGE, "label": {"dtype": "int64"}}, ["image"], ["label"])


def test_groups_are_shuffled_and_the_rows_of_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet(tmp_path / "a.parquet", 40, 4)
    monkeypatch.setattr(row_groups, "WINDOW_BYTES", 1500)
    source = KindValue(
        "Parquet",
        {
            "path": str(tmp_path / "a.parquet"),
            "features": {"image": IMAGE, "label": {"dtype": "int64"}},
            "inputs": ["image"],
            "targets": ["label"],
        },
    )
    split = open_dataset(DataConfig(source), Path("/"), 0).splits["train"]
    blocks = split.table.blocks
    assert blocks is not None and 1 <= blocks.window < 10
    orders = [split.order(epoch).tolist() for epoch in (0, 1)]
    assert orders[0] != orders[1] and sorted(orders[0]) == list(range(40))
    for start in range(0, 40, 4 * blocks.window):
        assert len({row // 4 for row in orders[0][start : start + 4 * blocks.window]}) <= blocks.window
    read: list[int] = []
    columns = split.table.features["image"].rows  # type: ignore[attr-defined]
    inner = type(columns).column
    monkeypatch.setattr(
        type(columns), "column", lambda self, group, name: read.append(group) or inner(self, group, name)
    )
    for features, targets in split.batches(3, epoch=0).as_numpy_iterator():
        assert features["image"][:, 0, 0, 0].tolist() == targets["label"].tolist()
    assert len(read) >= 40
    assert len(columns.kept) <= 2 * blocks.window


def test_blocks_order_is_of_seed_epoch_and_part_alone() -> None:
    blocks = Blocks(np.array([0, 5, 6, 20, 30]), 2)
    drawn = np.random.default_rng(0).integers(0, 2**63, 12).astype(np.uint64)
    some = np.array([0, 2, 4, 5, 7, 8, 9, 19, 20, 25, 28, 29])
    found = blocks.order(some, drawn)
    assert sorted(found.tolist()) == some.tolist()
    first = {int(number) for number in np.searchsorted(blocks.starts, found, side="right")[:4]}
    assert len(first) <= 2
    assert found.tolist() == blocks.order(some, drawn).tolist() != some.tolist()


@pytest.mark.parametrize(
    ("more", "features", "said"),
    [
        ({"label": [0.5] * 4}, {}, "classes are whole numbers"),
        ({"label": [1, None, 1, 0]}, {}, "1 are missing"),
        ({"image": [b"x"] * 4}, {}, "no image"),
        ({"image": ["x"] * 4}, {}, "not the bytes of a file"),
        ({}, {"image": {**IMAGE, "key": "photo"}}, "no column 'photo'"),
        ({}, {"image": {"shape": [None]}}, "one shape"),
    ],
)
def test_cells_that_are_no_such_feature(tmp_path: Path, more: Any, features: Any, said: str) -> None:
    source = parquet(tmp_path / "a.parquet", 4, 2, **more)
    with pytest.raises(DataError, match=said):
        replace(source, features={**source.features, **features}).load(Path("/"))


def test_lists_and_numbers_of_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"v": [[1, 2], [3, 4]], "t": [0.5, 1.5]}), tmp_path / "a.parquet")
    source = Parquet(str(tmp_path / "a.parquet"), {"v": {"shape": [2]}, "t": {}}, ["v"], ["t"])
    table = (examples := source.load(Path("/"))).table(examples.fit([0, 1], None))
    assert table.features["v"].take(np.array([1, 0])).tolist() == [[3, 4], [1, 2]]
    assert table.targets["t"].take(np.array([1])).tolist() == [1.5]
    with pytest.raises(DataError, match="the file cannot be read"):
        (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
        source.load(Path("/"))
