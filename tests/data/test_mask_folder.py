from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.data.errors import DataError
from nnspec.data.sources.mask_folder import MaskFolder

SHAPE = np.arange(6).reshape(2, 3)


def save(file: Path, values: object, mode: str | None = None) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(np.array(values, np.uint8))
    (picture.convert(mode) if mode else picture).save(file)


@pytest.fixture
def pairs(tmp_path: Path) -> Callable[..., None]:
    """Images a, b and c, and masks of 0 and 1 in the folders of these names."""

    def write(images: str = "images", masks: str = "masks", ending: str = ".png", names: str = "abc") -> None:
        for number, name in enumerate(names):
            save(tmp_path / images / f"{name}.jpg", np.full((2, 3, 3), 10 * number))
            save(tmp_path / masks / f"{name}{ending}", (number == SHAPE).astype(np.uint8))

    return write


def read(base: Path, **more: object):  # type: ignore[no-untyped-def]
    told = {"path": "images", "masks": "masks", **more}
    examples = MaskFolder(**told).listing(base)  # type: ignore[arg-type]
    assets = examples.fit(range(len(examples)), None)
    table = examples.table(assets)
    columns = examples.columns(assets)
    for part, specs in ((table.features, columns.features), (table.targets, columns.targets)):
        assert {name: column.spec for name, column in part.items()} == dict(specs)
    return examples, assets, table


def masks_of(table) -> list[object]:  # type: ignore[no-untyped-def]
    return table.targets["mask"].take(np.arange(len(table))).tolist()  # type: ignore[no-any-return]


def test_masks_belong_to_images_by_name(tmp_path: Path, pairs: Callable[..., None]) -> None:
    pairs()
    examples, assets, table = read(tmp_path)
    assert assets.classes == ("0", "1")
    assert examples.texts([0, 2]) == ["a.jpg", "c.jpg"]
    assert masks_of(table) == [(number == SHAPE).astype(int).tolist() for number in range(3)]
    assert [round(image.mean()) for image in table.features["image"].take(np.arange(3))] == [0, 10, 20]
    assert str(table.targets["mask"].spec) == "int32 [2, 3]"


@pytest.mark.parametrize("masks", ["images", "images/masks"])
def test_masks_that_lie_among_the_images(tmp_path: Path, pairs: Callable[..., None], masks: str) -> None:
    pairs(masks=masks, ending="_mask.png")
    examples, _, table = read(tmp_path, masks=masks, mask_ending="_mask.png")
    assert examples.texts(range(3)) == ["a.jpg", "b.jpg", "c.jpg"]
    assert sum(map(np.sum, masks_of(table))) == 3
    if masks == "images":
        with pytest.raises(DataError, match="images and masks lie in one folder"):
            read(tmp_path, masks=masks)


def test_names_with_endings_of_their_own_in_folders(tmp_path: Path) -> None:
    for town in ("bonn", "ulm"):
        save(tmp_path / f"left/{town}/1_leftImg8bit.png", np.zeros((2, 3, 3)))
        save(tmp_path / f"fine/{town}/1_labelIds.png", SHAPE * (town == "ulm"))
        save(tmp_path / f"fine/{town}/1_color.png", np.zeros((2, 3, 3)))
    endings = {"image_ending": "_leftImg8bit.png", "mask_ending": "_labelIds.png"}
    examples, assets, table = read(tmp_path, path="left", masks="fine", **endings)
    assert examples.texts([1]) == ["ulm/1_leftImg8bit.png"]
    assert masks_of(table)[1] == SHAPE.tolist()
    assert len(assets.classes) == 6


def test_images_without_a_mask_are_told(tmp_path: Path, pairs: Callable[..., None]) -> None:
    pairs()
    save(tmp_path / "images" / "d.jpg", np.zeros((2, 3, 3)))
    save(tmp_path / "masks" / "e.png", SHAPE)
    with pytest.raises(DataError, match=r"1 of 4 images have no mask in .*: none is called as 'd.jpg'"):
        read(tmp_path)
    examples, _, table = read(tmp_path, on_error="skip")
    assert len(table) == 3
    assert [str(one.message).split(" in ")[0] for one in examples.problems] == [
        "1 of 4 images have no mask",
        "masks without an image: 1 (e.png)",
    ]


def test_the_likely_ending_is_proposed(tmp_path: Path, pairs: Callable[..., None]) -> None:
    pairs(ending="_L.png")
    with pytest.raises(DataError, match="3 of 3 images") as caught:
        read(tmp_path, on_error="skip")
    assert caught.value.hint == "is it 'a_L.png'? say `mask_ending: _L.png`"


def test_a_list_chooses_images(tmp_path: Path, pairs: Callable[..., None]) -> None:
    pairs()
    (tmp_path / "val.txt").write_text("c\na.jpg\n")
    source = MaskFolder("images", "masks").for_part("val.txt")
    examples = source.listing(tmp_path)
    assert examples.texts([0, 1]) == ["c.jpg", "a.jpg"]
    assert not examples.problems
    for content, wrong in (("b\n\nx\n", "no image 'x'"), ("b\nb.jpg\n", "'b.jpg' is listed twice"), ("", "is empty")):
        (tmp_path / "val.txt").write_text(content)
        with pytest.raises(DataError, match=wrong):
            source.load(tmp_path)


@pytest.mark.parametrize(
    ("path", "masks", "part", "theirs"),
    [
        ("images/train", "masks/train", "images/val", "masks/val"),
        ("d/train/images", "d/train/masks", "d/val/images", "d/val/masks"),
    ],
)
def test_the_masks_of_another_part_lie_as_those_of_training(path: str, masks: str, part: str, theirs: str) -> None:
    assert MaskFolder(path, masks).for_part(part).masks == theirs


def test_masks_of_another_part_that_cannot_be_told_are_asked_for(tmp_path: Path, pairs: Callable[..., None]) -> None:
    with pytest.raises(DataError, match="where do the fellows of other/images lie") as caught:
        MaskFolder("images", "masks").for_part("other/images")
    assert "{path: other/images, masks: ...}" in str(caught.value.hint)
    pairs("images/train", "masks/train")
    pairs("images/val", "masks/val")
    with pytest.raises(DataError, match="train, val are the parts of a data set"):
        read(tmp_path)


def test_a_mask_of_another_form_is_refused_and_of_another_size_told(tmp_path: Path, pairs: Callable[..., None]) -> None:
    pairs()
    save(tmp_path / "masks" / "b.png", np.kron(SHAPE, np.ones((2, 2))))
    examples, _, table = read(tmp_path)
    assert "masks of another size than their image: 1 (b.jpg)" in examples.problems[0].message
    assert masks_of(table)[1] == SHAPE.tolist()
    save(tmp_path / "masks" / "b.png", SHAPE.T)
    with pytest.raises(DataError, match=r"the mask has 3x2 pixels, and its image b.jpg 2x3"):
        read(tmp_path)


RED, BLUE, WHITE = [255, 0, 0], [0, 0, 255], [255, 255, 255]


@pytest.mark.parametrize(
    ("ignore", "wanted"), [([WHITE, "#000000"], [0, 1, 255, 255]), ("others", [0, 1, 255, 255]), (WHITE, None)]
)
def test_pixels_that_are_no_class(tmp_path: Path, ignore: object, wanted: list[int] | None) -> None:
    save(tmp_path / "images" / "a.png", np.zeros((1, 4, 3)))
    save(tmp_path / "masks" / "a.png", [[RED, BLUE, WHITE, [0, 0, 0]]])
    told = {"values": {"road": "#ff0000", "sky": BLUE}, "ignore": ignore}
    if wanted is None:
        with pytest.raises(DataError, match=r"the pixel \(0, 0, 0\) is no class"):
            read(tmp_path, **told)
        return
    examples, assets, table = read(tmp_path, **told)
    assert (assets.classes, masks_of(table)) == (("road", "sky"), [[wanted]])
    assert examples.columns(assets).ranges["mask"] == (0.0, 255.0)


@pytest.mark.parametrize("ignore", [[4, 5, 3], [3, 4, 5]])
def test_numbers_that_are_no_class(tmp_path: Path, pairs: Callable[..., None], ignore: list[int]) -> None:
    pairs()
    save(tmp_path / "masks" / "a.png", SHAPE)
    _, assets, table = read(tmp_path, ignore=ignore)
    assert (assets.classes, masks_of(table)[0]) == (("0", "1", "2"), [[0, 1, 2], [255, 255, 255]])


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"ignore": "others"}, "takes `values`"),
        ({"values": {"a": 1}, "ignore": [[1, 2, 3]]}, "numbers and colours"),
        ({"values": {"a": 1}, "ignore": 1}, "which is the class 'a'"),
        ({"values": {"a": 1, "b": 1}}, "the pixel 1 twice"),
    ],
)
def test_wrong_pixels_are_refused(told: dict[str, object], wrong: str) -> None:
    with pytest.raises(DataError, match=wrong):
        MaskFolder("images", "masks", **told)  # type: ignore[arg-type]


def test_others_cannot_be_told_of_a_jpeg(tmp_path: Path, pairs: Callable[..., None]) -> None:
    pairs(ending=".jpg")
    with pytest.raises(DataError, match="it is a JPEG"):
        read(tmp_path, values={"a": 0}, ignore="others")


def test_new_images_need_no_masks(tmp_path: Path, pairs: Callable[..., None]) -> None:
    pairs()
    _, assets, _ = read(tmp_path, image_size=[4, 6], color="grey")
    column = MaskFolder("gone", "gone", color="grey").encode([str(tmp_path / "images/b.jpg")], assets, tmp_path)
    assert column["image"].take(np.arange(1)).shape == (1, 4, 6, 1)
