import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnspec.data.cache import CacheError
from nnspec.data.errors import DataError
from nnspec.data.imagefolder import ImageFolder
from nnspec.data.protocol import reporting
from nnspec.data.table import Dense, Files

Writer = Callable[..., Path]

BASE = Path("/")


def open_folder(folder: Path, **arguments: object):  # type: ignore[no-untyped-def]
    examples = ImageFolder(str(folder), **arguments).load(BASE)  # type: ignore[arg-type]
    assets = examples.fit(range(len(examples)), None)
    return examples, assets, examples.table(assets)


def test_classes_are_the_folders_in_order(folder: Path, image: Writer) -> None:
    (folder / ".hidden").mkdir()
    (folder / "notes.txt").write_text("")
    (folder / "ant" / "notes.txt").write_text("")
    image(folder / "ant" / "UPPER.JPG")
    image(folder / "ant" / ".thumb.png")
    examples, assets, table = open_folder(folder)
    assert assets.classes == ("ant", "bee", "cat")
    assert np.bincount(table.targets["label"].take(np.arange(21))).tolist() == [5, 6, 10]
    assert examples.texts([4]) == ["ant/UPPER.JPG"]


def test_images_are_uint8_and_delivered_as_floats(folder: Path) -> None:
    _, _, table = open_folder(folder, image_size=[3, 4], color="grey")
    column = table.features["image"]
    assert (column.stored, column.spec.dtype, column.spec.shape) == ("uint8", "float32", (3, 4, 1))
    assert (column.take(np.array([6]))[0] == 20).all()  # bee/2.png


def test_listing_needs_neither_tensorflow_nor_numpy(folder: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from nnspec.data.imagefolder import ImageFolder
source = ImageFolder({str(folder)!r})
examples = source.load(Path("/"))
examples.split({{"test": 0.2}}, 0)
assert source.facts(Path("/")).classes == 3
assert not {{"numpy", "tensorflow", "keras", "PIL"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_images_are_decoded_once(folder: Path, monkeypatch: pytest.MonkeyPatch, image: Writer) -> None:
    steps: list[tuple[str, int, int]] = []
    with reporting(lambda *step: steps.append(step)):
        _, _, first = open_folder(folder)
        assert steps == [("decoding images", 20, 20)]
        _, _, second = open_folder(folder)
        assert len(steps) == 1
        open_folder(folder, image_size=[4, 4])
        assert len(steps) == 2
        image(folder / "ant" / "0.png", 99)
        _, _, third = open_folder(folder)
    rows = np.arange(20)
    assert isinstance(second.features["image"].array, np.memmap)
    assert (first.features["image"].take(rows) == second.features["image"].take(rows)).all()
    assert (third.features["image"].take(rows[:1]) == 99).all()


@pytest.mark.parametrize("kept", ["memory", "none", "disk"])
def test_all_ways_of_keeping_give_the_same(folder: Path, kept: str, cache_folder: Path) -> None:
    _, _, auto = open_folder(folder)
    cached = sorted(cache_folder.rglob("*"))
    _, _, table = open_folder(folder, cache=kept)
    rows = np.arange(19, -1, -1)
    assert (table.features["image"].take(rows) == auto.features["image"].take(rows)).all()
    assert isinstance(table.features["image"], Files if kept == "none" else Dense)
    assert sorted(cache_folder.rglob("*")) == cached


def test_an_unwritable_cache_falls_back_to_memory(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "file" / "cache"))
    _, _, table = open_folder(folder)
    assert not isinstance(table.features["image"].array, np.memmap)
    assert (table.features["image"].take(np.array([6])) == 20).all()
    with pytest.raises(CacheError, match="cannot be written"):
        open_folder(folder, cache="disk")


@pytest.mark.parametrize("kept", ["auto", "memory", "none"])
def test_a_broken_image_is_named_or_skipped(folder: Path, kept: str) -> None:
    broken = folder / "bee" / "3.png"
    broken.write_bytes(broken.read_bytes()[:45])
    if kept == "none":
        _, _, table = open_folder(folder, cache=kept, image_size=[6, 8])
        with pytest.raises(DataError, match=r"bee/3\.png: the image cannot be decoded"):
            table.features["image"].take(np.array([7]))
    else:
        with pytest.raises(DataError, match=r"bee/3\.png: the image cannot be decoded.*on_error: skip"):
            open_folder(folder, cache=kept)
    for _ in range(2):  # the second time from the cache
        examples, assets, table = open_folder(folder, cache=kept, on_error="skip")
        assert assets.extra["image_size"] == [6, 8]
        assert table.unusable == {7}
        assert [problem.file for problem in examples.problems] == [str(broken)]
    if kept == "auto":
        with pytest.raises(DataError, match=r"bee/3\.png"):
            open_folder(folder, cache=kept)


def test_a_list_of_files_is_a_part(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("cat/3.png\n\nant/1.png\n")
    source = ImageFolder(str(folder)).given(str(tmp_path / "some.txt"))
    assert source.load(BASE).names == ["cat/3.png", "ant/1.png"]
    (tmp_path / "some.txt").write_text("cat/3.png\ncat/33.png\n")
    with pytest.raises(DataError, match=r"some\.txt:2: no image 'cat/33\.png'"):
        source.load(BASE)
    assert source.given("elsewhere").files is None


def test_a_list_may_lack_a_class(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("cat/3.png\nant/1.png\n")
    source = ImageFolder(str(folder), files=str(tmp_path / "some.txt"))
    assert source.facts(BASE).classes == 2
    assert source.load(BASE).fit([0, 1], None).classes == ("ant", "cat")


def test_a_size_is_needed_where_images_differ(folder: Path, image: Writer) -> None:
    image(folder / "cat" / "7.png", size=(9, 6))
    with pytest.raises(DataError, match=r"cat/7\.png: 6x9 pixels, but ant/0\.png has 6x8.*image_size"):
        open_folder(folder)


@pytest.mark.parametrize("size", [[6], [6, 8, 3], [0, 8]])
def test_a_size_is_height_and_width(folder: Path, size: list[int]) -> None:
    with pytest.raises(DataError, match=r"`image_size` is \[height, width\], not"):
        open_folder(folder, image_size=size)


def test_unusable_folders(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        ImageFolder("nowhere").load(tmp_path)
    (folder / "dog").mkdir()
    with pytest.raises(DataError, match="dog: the class folder has no image"):
        open_folder(folder)
    (tmp_path / "bare").mkdir()
    with pytest.raises(DataError, match="no class folders"):
        open_folder(tmp_path / "bare")


def test_a_class_that_training_never_saw(folder: Path) -> None:
    examples, _, _ = open_folder(folder)
    assets = examples.fit([0, 1, 4], None)
    with pytest.raises(DataError, match=r"cat/0\.png: the training part has no class 'cat'.*ant, bee"):
        examples.table(assets)


def test_listed_classes_give_the_order(folder: Path) -> None:
    examples, _, _ = open_folder(folder)
    assets = examples.fit([0], ["cat", "bee", "ant"])
    assert examples.table(assets).targets["label"].take(np.array([0, 19])).tolist() == [2, 0]


def test_new_images_are_decoded_the_same_way(folder: Path) -> None:
    source = ImageFolder(str(folder), image_size=[3, 4])
    _, assets, table = open_folder(folder, image_size=[3, 4])
    encoded = source.encode([folder / "cat" / "5.png"], assets, BASE)["image"]
    assert (encoded.take(np.array([0])) == table.features["image"].take(np.array([15]))).all()
    assert encoded.spec == table.features["image"].spec
