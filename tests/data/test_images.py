from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from nnspec.data.errors import DataError
from nnspec.data.formats.images import JPEG_SHARES, Decoder, encode, image_size

Writer = Callable[..., Path]


@pytest.mark.parametrize("suffix", ["png", "JPG", "jpeg", "bmp", "gif"])
def test_formats_sizes_and_colours(tmp_path: Path, suffix: str, image: Writer) -> None:
    path = str(image(tmp_path / f"a.{suffix}", 100, (30, 20)))
    for color, channels in (("rgb", 3), ("grey", 1)):
        pixels = Decoder((4, 5), color)(path)  # type: ignore[arg-type]
        assert (pixels.shape, pixels.dtype) == ((4, 5, channels), np.uint8)
        assert abs(pixels.astype(int) - 100).max() <= 2


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "P", "RGBA", "LA"])
def test_pixel_modes(tmp_path: Path, mode: str, image: Writer) -> None:
    path = tmp_path / ("a.jpg" if mode in ("CMYK", "L") else "a.png")
    assert abs(Decoder((6, 8))(str(image(path, 255, mode=mode))).astype(int) - 255).max() <= 2


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.full((6, 8), 0x8000, np.uint16)).save(path)
    assert (Decoder((6, 8), "grey")(str(path)) == 0x80).all()


def test_thirty_two_bits_are_no_sixteen(tmp_path: Path) -> None:
    """Their upper 8 of 16 bits are 0 where the pixels are bytes: the image was black."""
    path = tmp_path / "a.tif"
    Image.fromarray(np.full((6, 8), 200, np.int32)).save(path)
    with pytest.raises(DataError, match="32 bits"):
        Decoder((6, 8), "grey")(str(path))


def test_the_cameras_orientation_is_honoured(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    upright = np.zeros((40, 80), np.uint8)
    upright[:, :40] = 255  # white on the left
    lying = Image.fromarray(upright).rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    lying.save(path, exif=exif)
    assert image_size(str(path)) == (40, 80)
    pixels = Decoder((4, 8), "grey")(str(path))
    assert pixels[:, :3].min() > 200 and pixels[:, 5:].max() < 50


@pytest.mark.parametrize(("side", "share"), [(31, 1), (32, 2), (64, 4), (128, 8), (1000, 8)])
def test_a_large_jpeg_is_decoded_at_a_share_of_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int, share: int
) -> None:
    """To no less than twice the wanted size, as `preprocessing.json` says: the pixels are nearly the same."""
    path = tmp_path / "a.jpg"
    ramp = np.linspace(0, 255, side).astype(np.uint8)
    Image.fromarray(np.stack(np.broadcast_arrays(ramp, ramp[:, None], np.uint8(128)), axis=-1)).save(path, quality=95)
    sizes = []
    read = ImageOps.exif_transpose
    monkeypatch.setattr(ImageOps, "exif_transpose", lambda image: sizes.append(image.size) or read(image))
    found = Decoder((8, 6))(str(path))
    assert sizes == [(-(-side // share),) * 2] and f"1/{share}" in JPEG_SHARES
    monkeypatch.setattr(JpegImageFile, "draft", lambda *_: None)
    assert abs(Decoder((8, 6))(str(path)).astype(int) - found).mean() < 0.5


def test_shrinking_averages(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::8] = 255  # every eighth column: picking pixels would give all or nothing
    Image.fromarray(stripes).save(path)
    pixels = Decoder((8, 8), "grey")(str(path))
    assert abs(pixels.mean() - 255 / 8) < 4


def test_a_large_photo_is_decoded_small_to_nearly_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(noise).resize((1200, 800)).save(path, quality=95)
    with Image.open(path) as opened:
        whole = np.asarray(opened.convert("RGB").resize((48, 32), Image.Resampling.BILINEAR))
    assert abs(Decoder((32, 48))(str(path)).astype(int) - whole).mean() < 1


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "the file is empty"), (b"no image at all", "is no image"), (None, "no such file")]
)
def test_what_is_no_image(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "a.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        Decoder((4, 4))(str(path))
    assert caught.value.file == str(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "gif", "bmp"])
def test_half_an_image(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match="cannot be decoded"):
        Decoder((8, 8))(str(path))


def test_new_images_from_paths_and_arrays(tmp_path: Path, image: Writer) -> None:
    path = image(tmp_path / "a.png", 50)
    arrays = [np.full((9, 9), 50, np.uint8), np.full((9, 9, 1), 50, np.uint8), np.full((9, 9, 3), 50, np.uint8)]
    encoded = encode([path, str(path), *arrays], Decoder((4, 5)))
    assert encoded.shape == (5, 4, 5, 3)
    assert (encoded == 50).all()
    with pytest.raises(DataError, match=r"not float64 \[9, 9\]"):
        encode([np.zeros((9, 9))], Decoder((4, 5)))
