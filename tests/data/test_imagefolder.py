import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.data import decoded_files
from nnspec.data.cache import CacheError
from nnspec.data.errors import DataError
from nnspec.data.keeping import Room, room
from nnspec.data.protocol import reporting
from nnspec.data.sources.image_folder import ImageFolder
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


def test_a_look_at_small_images_does_not_load_tensorflow(tmp_path: Path, image: Writer) -> None:
    for number in range(12):
        image(tmp_path / "ab"[number % 2] / f"{number}.jpg")
    before = "tensorflow" in sys.modules
    _, _, table = open_folder(tmp_path, image_size=[6, 8])
    assert len(table.features["image"].take(np.arange(12))) == 12
    assert ("tensorflow" in sys.modules) == before


def test_listing_needs_neither_tensorflow_nor_numpy(folder: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from nnspec.data.sources.image_folder import ImageFolder
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


@pytest.mark.parametrize(
    ("free", "kept", "told"),
    [
        (Room(disk=6048, memory=0), np.memmap, None),
        (Room(disk=6047, memory=6048), np.ndarray, "kept in memory"),
        (Room(disk=6047, memory=6047), None, "decoded for each batch, and one that cannot be read ends the training"),
    ],
)
def test_auto_fills_half_of_what_is_free_and_tells_where(
    folder: Path, monkeypatch: pytest.MonkeyPatch, free: Room, kept: type | None, told: str | None
) -> None:
    monkeypatch.setattr(decoded_files, "room", lambda: free)  # 21 images of 6 x 8 x 3 bytes take 3,024
    (folder / "bee" / "9.png").write_bytes((folder / "bee" / "0.png").read_bytes())
    examples, _, table = open_folder(folder)
    column = table.features["image"]
    assert (type(column.array) if isinstance(column, Dense) else None) is kept
    assert (column.take(np.array([6]))[0] == 20).all()
    warned = [problem for problem in examples.problems if problem.code == "W0932"]
    assert [told in warning.message for warning in warned] == ([] if told is None else [True])  # type: ignore[operator]


def test_what_is_in_the_cache_already_is_used_whatever_is_free(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_folder(folder)
    monkeypatch.setattr(decoded_files, "room", lambda: Room(disk=0, memory=0))
    examples, _, table = open_folder(folder)
    assert isinstance(table.features["image"].array, np.memmap)
    assert not examples.problems


def test_the_room_that_there_is_is_known(cache_folder: Path) -> None:
    found = room()
    assert found.disk is not None and found.disk > 0  # of the nearest folder that is there
    assert found.memory is None or found.memory > 0


def test_broken_images_are_found_once_where_none_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "bee" / "3.png").write_bytes(b"no image")
    open_folder(folder, cache="none", on_error="skip")
    monkeypatch.setattr(decoded_files.DecodedFiles, "each", None)
    examples, _, table = open_folder(folder, cache="none", on_error="skip")
    assert table.unusable == {7}
    assert "no image" in examples.problems[0].message


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
    source = ImageFolder(str(folder)).for_part(str(tmp_path / "some.txt"))
    assert source.load(BASE).names == ["cat/3.png", "ant/1.png"]
    (tmp_path / "some.txt").write_text("cat/3.png\ncat/33.png\n")
    with pytest.raises(DataError, match=r"some\.txt:2: no image 'cat/33\.png'"):
        source.load(BASE)
    assert source.for_part("elsewhere").files is None


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


def test_other_formats_and_folders_below_a_class(folder: Path, image: Writer) -> None:
    for name in ("a.webp", "b.tif", "c.TIFF", "d.jfif", "e.jpe", "below/further/f.png"):
        path = folder / "ant" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 6), (70, 70, 70)).save(
            path, "JPEG" if name[-2:] in ("if", "pe") and name[0] != "b" else None
        )
    (folder / "ant" / "g.heic").write_bytes(b"x")
    (folder / "ant" / "Thumbs.db").write_bytes(b"x")
    (folder / "ant" / "up").symlink_to("..")
    (folder / "loose.png").write_bytes((folder / "ant" / "0.png").read_bytes())
    os.mkfifo(folder / "bee" / "pipe.png")
    examples, _, table = open_folder(folder)
    assert len(examples) == 26
    assert (table.features["image"].take(np.arange(4, 10)) == 70).all()
    below, left = map(str, examples.problems)
    assert "count for it: ant (1)" in below
    for told in ("1 hidden", "1 .heic (ant/g.heic)", "link to a folder above (ant/up)", "link or pipe (bee/pipe.png)"):
        assert told in left
    assert "image without a class (loose.png)" in left


def test_parts_are_no_classes(folder: Path, image: Writer) -> None:
    (folder.parent / "all").mkdir()
    for part in ("train", "Val", "test"):
        shutil.copytree(folder, folder.parent / "all" / part)
    source = ImageFolder("all")
    says = r"train, Val, test are the parts.*path: all/train.*split: \{validation: all/Val, test: all/test\}"
    for read in (source.load, source.facts):
        with pytest.raises(DataError, match=says):
            read(folder.parent)
    shutil.rmtree(folder.parent / "all" / "Val")
    shutil.rmtree(folder.parent / "all" / "test")
    with pytest.raises(DataError, match=r"the only folder, train, .*say `path: all/train`"):
        source.load(folder.parent)


def test_images_in_the_folder_itself(tmp_path: Path, image: Writer) -> None:
    image(tmp_path / "flat" / "cat.0.png")
    with pytest.raises(DataError, match=r"no class folders.*1 images lie in the folder itself, cat\.0\.png"):
        open_folder(tmp_path / "flat")


def test_the_order_of_numbers_is_told(tmp_path: Path, image: Writer) -> None:
    for name in ("0", "1", "2", "10"):
        image(tmp_path / "n" / name / "a.png")
    examples, assets, _ = open_folder(tmp_path / "n")
    assert assets.classes == ("0", "1", "10", "2")
    assert "number 2 is '10'" in str(examples.problems[0]) and '"2", "10"' in str(examples.problems[0])


@pytest.mark.parametrize("kept", ["auto", "memory"])
def test_what_decoding_changes_is_told(tmp_path: Path, kept: str) -> None:
    (tmp_path / "i" / "a").mkdir(parents=True)
    clear = np.zeros((4, 4, 4), np.uint8)
    clear[:2] = [10, 20, 30, 255]
    for name, picture, options in (
        ("alpha.png", Image.fromarray(clear), {}),
        ("deep.png", Image.fromarray(np.full((4, 4), 1 << 12, np.uint16)), {}),
        (
            "frames.gif",
            Image.new("RGB", (4, 4)),
            {"save_all": True, "append_images": [Image.new("RGB", (4, 4), "red")]},
        ),
        ("wide.png", Image.new("RGB", (16, 4)), {}),
    ):
        picture.save(tmp_path / "i" / "a" / name, **options)
    for _ in range(2):  # the second time from the cache
        examples, _, table = open_folder(tmp_path / "i", image_size=[4, 4], cache=kept)
        told = " ".join(map(str, examples.problems))
        for says in (
            "transparent",
            "16 bits",
            "several frames",
            "stretched",
            "1 of 4 images are grey",
            "one class alone",
        ):
            assert says in told
        found = table.features["image"].take(np.arange(2))
        assert found[0, 0, 0].tolist() == [10, 20, 30] and found[0, 3, 3].tolist() == [255, 255, 255]
        assert (found[1] == 16).all()


@pytest.mark.parametrize("damage", [b"xx", b'{"a": 1}', None])
def test_a_damaged_list_of_the_cache_is_made_again(folder: Path, cache_folder: Path, damage: bytes | None) -> None:
    (folder / "bee" / "3.png").write_bytes(b"")
    open_folder(folder, on_error="skip", image_size=[6, 8])
    (listing,) = (cache_folder / "images").glob("*.json")
    listing.unlink() if damage is None else listing.write_bytes(damage)
    _, _, table = open_folder(folder, on_error="skip", image_size=[6, 8])
    assert table.unusable == {7} and (table.features["image"].take(np.array([6])) == 20).all()


def test_folders_that_exchange_their_names(folder: Path) -> None:
    for path in folder.rglob("*.png"):
        os.utime(path, (1, 1))
    _, _, first = open_folder(folder)
    (folder / "bee").rename(folder / "other")
    (folder / "cat").rename(folder / "bee")
    (folder / "other").rename(folder / "cat")
    _, _, second = open_folder(folder)
    assert first.features["image"].take(np.array([13])).max() == 30
    assert second.features["image"].take(np.array([13])).max() == 90


def test_what_has_room_in_memory_is_decoded_there_and_kept_on_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoded_files, "room", lambda: Room(disk=9000, memory=9000))
    _, _, first = open_folder(folder)
    _, _, second = open_folder(folder)
    assert not isinstance(first.features["image"].array, np.memmap)
    assert isinstance(second.features["image"].array, np.memmap)
    assert (first.features["image"].array == second.features["image"].array).all()
