import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.sources import idx as module
from nnspec.data.sources.idx import IDX, read_header, read_idx

Writer = Callable[..., str]


def test_images_get_a_channel_and_labels_are_classes(idx: dict[str, str], tmp_path: Path) -> None:
    examples = IDX(**idx).load(tmp_path)
    assets = examples.fit(range(20), None)
    table = examples.table(assets)
    assert examples.task == "classification"
    assert assets.classes == ("0", "1", "2", "3")
    image = table.features["image"]
    assert (image.spec.shape, image.spec.dtype, image.stored) == ((5, 4, 1), "float32", "uint8")
    assert (image.take(np.array([13])) == 13).all()
    assert table.targets["label"].take(np.array([13])).tolist() == [1]
    assert isinstance(image.array, np.memmap)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "dtype"), [(0x08, "u1"), (0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
)
@pytest.mark.parametrize("name", ["a.idx", "a.idx.gz"])
def test_all_types(write_idx: Writer, tmp_path: Path, code: int, dtype: str, name: str) -> None:
    array = np.array([[1, 2], [3, 100]], dtype)
    write_idx(name, array, code)
    found = read_idx(tmp_path / name)
    assert found.tolist() == array.tolist()
    assert found.dtype.isnative and found.dtype.itemsize == array.dtype.itemsize


def test_large_compressed_files_are_mapped_from_the_cache(
    write_idx: Writer, tmp_path: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_idx("a.gz", np.arange(100, dtype=np.uint8))
    monkeypatch.setattr(module, "IN_MEMORY", 50)
    found = read_idx(tmp_path / "a.gz")
    assert isinstance(found, np.memmap) and found.tolist() == list(range(100))
    assert len(list((cache_folder / "idx").iterdir())) == 1


def test_facts_need_no_numpy(idx: dict[str, str], tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from nnspec.data.sources.idx import IDX
assert IDX(**{idx!r}).facts(Path({str(tmp_path)!r})).classes == 4
assert not {{"numpy", "tensorflow", "keras"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def damaged(content: bytes, kind: str) -> bytes:
    return {
        "missing": b"",
        "empty": b"",
        "magic": b"\x01" + content[1:],
        "header": content[:6],
        "truncated": content[:-1],
        "longer": content + b"\0",
        "compressed truncated": gzip.compress(content)[:-12],
        "compressed damaged": gzip.compress(content)[:30] + b"\xff" * 10 + gzip.compress(content)[40:],
    }[kind]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "no such file"),
        ("empty", "the file is empty"),
        ("magic", "not an IDX file: it starts with 01 00 08 03"),
        ("header", "ends in its header"),
        ("truncated", r"truncated: \[20, 5, 4\] numbers are 400 bytes, there are 399"),
        ("longer", "longer than its header says"),
        ("compressed truncated", "damaged"),
        ("compressed damaged", "damaged|cannot be read"),
    ],
)
def test_damaged_files_are_named(idx: dict[str, str], tmp_path: Path, kind: str, message: str) -> None:
    path = tmp_path / idx["images"]
    content = damaged(path.read_bytes(), kind)
    path.unlink()
    if kind != "missing":
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        IDX(**idx).load(tmp_path)
    assert caught.value.file == str(path)


def test_counts_must_match(idx: dict[str, str], write_idx: Writer, tmp_path: Path) -> None:
    write_idx("few.idx", np.zeros(19, np.uint8))
    with pytest.raises(DataError, match=r"lengths differ: image \[20, 5, 4, 1\] and label \[19\]"):
        IDX(idx["images"], "few.idx").load(tmp_path)
    with pytest.raises(DataError, match=r"labels have one axis, not \[20, 5, 4\]"):
        IDX(idx["images"], idx["images"]).load(tmp_path)


def test_a_label_that_training_never_saw(idx: dict[str, str], tmp_path: Path) -> None:
    examples = IDX(**idx).load(tmp_path)
    assets = examples.fit([0, 1, 2], None)
    with pytest.raises(DataError, match="example 3 has the label 3, but there are 3 classes"):
        examples.table(assets)
    named = examples.fit([0, 1, 2], ["a", "b", "c", "d"])
    assert len(examples.table(named)) == 20
    with pytest.raises(DataError, match="labels go up to 3, but `classes` lists 2"):
        examples.fit([3], ["a", "b"])


def test_the_header_tells_the_size(idx: dict[str, str], tmp_path: Path) -> None:
    header = read_header(tmp_path / idx["images"])
    assert (header.shape, header.size, header.start, header.compressed) == ((20, 5, 4), 400, 16, False)


def test_new_examples(idx: dict[str, str], tmp_path: Path, image: Callable[..., Path]) -> None:
    source = IDX(**idx)
    assets = source.load(tmp_path).fit(range(20), None)
    raw = [image(tmp_path / "new.png", 77, (30, 30)), np.full((5, 4), 77, np.uint8)]
    encoded = source.encode(raw, assets, tmp_path)["image"]
    assert encoded.take(np.arange(2)).shape == (2, 5, 4, 1)
    assert (encoded.take(np.arange(2)) == 77).all()
    with pytest.raises(DataError, match=r"shape \[3, 3\], but training saw \[5, 4, 1\]"):
        source.encode([np.zeros((3, 3), np.uint8)], assets, tmp_path)
