"""Sounds as people have them: formats, rates, channels, odd and broken files."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.formats.sounds import Part, SoundDecoder, encode_one, sample_rate

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

RATE = 8000
TONE = (0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)  # a second


def write(path: Path, samples: np.ndarray = TONE, rate: int = RATE, **how: str) -> str:
    soundfile.write(path, samples, rate, **how)
    return str(path)


def spectrum_peak(samples: np.ndarray, rate: int) -> float:
    """The loudest frequency, in Hz."""
    return float(np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples))


@pytest.mark.parametrize(
    ("ending", "how", "most"),
    [
        (".wav", {"subtype": "PCM_U8"}, 0.01),
        (".wav", {"subtype": "PCM_24"}, 1e-6),
        (".wav", {"subtype": "FLOAT"}, 0),
        (".wav", {"subtype": "ALAW"}, 0.02),
        (".wav", {"endian": "BIG"}, 1e-4),
        (".wav", {"format": "WAVEX", "subtype": "PCM_24"}, 1e-6),
        (".WAV", {"format": "WAV"}, 1e-4),
        (".flac", {}, 1e-4),
        (".ogg", {}, 0.03),
        (".mp3", {}, 0.08),
        (".aiff", {}, 1e-4),
        (".au", {}, 1e-4),
        (".w64", {}, 1e-4),
        (".txt", {"format": "WAV"}, 1e-4),  # told by the content
    ],
)
def test_a_sound_of_any_format_is_its_samples(tmp_path: Path, ending: str, how: dict[str, str], most: float) -> None:
    path = write(tmp_path / f"a{ending}", **how)
    assert sample_rate(path) == RATE
    samples = SoundDecoder(RATE)(path)
    assert samples.dtype == np.float32
    assert np.abs(samples[: len(TONE)] - TONE).max() <= most


@pytest.mark.parametrize("rate", [6000, 11025, 16000, 44100])
def test_resampling_keeps_what_is_heard(tmp_path: Path, rate: int) -> None:
    samples, traits = SoundDecoder(rate).looked(write(tmp_path / "a.wav", subtype="FLOAT"))
    assert (len(samples), traits) == (rate, ["resampled"])
    expected = 0.3 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
    middle = slice(rate // 10, -rate // 10)
    assert np.abs(samples - expected)[middle].max() < 2e-4
    # What lies above half of the new rate must not come back as another tone.
    high = np.sin(2 * np.pi * 3800 * np.arange(RATE) / RATE)
    low = SoundDecoder(6000)(write(tmp_path / "b.wav", high, subtype="FLOAT"))
    assert np.abs(low[600:-600]).max() < 1e-3


def test_channels_are_mixed_by_their_mean(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", np.stack([TONE, np.zeros_like(TONE)], 1), subtype="FLOAT")
    samples, traits = SoundDecoder(RATE).looked(path)
    np.testing.assert_allclose(samples, TONE / 2, atol=1e-7)
    assert traits == ["mixed"]


def test_a_duration_pads_and_cuts_at_the_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", subtype="FLOAT")
    short, traits = SoundDecoder(RATE, 100).looked(path)
    assert traits == ["cut"] and np.array_equal(short, TONE[:100])
    long, traits = SoundDecoder(RATE, 2 * RATE).looked(path)
    assert traits == ["padded"] and np.array_equal(long, np.pad(TONE, (0, RATE)))
    # What is cut off is not needed: its beginning is the same as of the whole.
    resampled = SoundDecoder(16000, 4000)(path)
    np.testing.assert_allclose(resampled, SoundDecoder(16000)(path)[:4000], atol=1e-5)


@pytest.mark.parametrize("ending", [".wav", ".flac", ".ogg", ".mp3"])
def test_a_part_of_a_sound(tmp_path: Path, ending: str) -> None:
    sweep = np.concatenate([TONE, TONE[::2], TONE])
    path = write(tmp_path / f"a{ending}", sweep)
    part = SoundDecoder(RATE)(Part(path, 0.25, 0.5))
    assert len(part) == RATE // 4
    assert abs(spectrum_peak(part, RATE) - 440) < 8
    assert SoundDecoder(RATE, 4 * RATE).looked(Part(path, 2.25, 9))[1] == ["short", "padded"]
    with pytest.raises(DataError, match="starts at 3 s, and the sound is shorter"):
        SoundDecoder(RATE)(Part(path, 3, 4))
    with pytest.raises(DataError, match="from 2 to 1 s has no sample"):
        SoundDecoder(RATE)(Part(path, 2, 1))


def test_one_sample_is_a_sound_and_none_is_not(tmp_path: Path) -> None:
    samples, traits = SoundDecoder(RATE, 10).looked(write(tmp_path / "a.wav", np.ones(1), 44100, subtype="FLOAT"))
    assert samples.shape == (10,) and "padded" in traits
    with pytest.raises(DataError, match="it has no sample"):
        SoundDecoder(RATE)(write(tmp_path / "b.wav", np.zeros(0)))


def wave(tmp_path: Path) -> bytes:
    return Path(write(tmp_path / "whole.wav")).read_bytes()


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda raw: b"", "the file is empty"),
    "page": (lambda raw: b"<!DOCTYPE html><html>404</html>", "no sound of a known format"),
    "pointer": (lambda raw: b"version https://git-lfs.github.com/spec/v1\noid ...", "git lfs pull"),
    "no chunk": (lambda raw: raw[:12], "no chunk `fmt `"),
    "no samples": (lambda raw: raw[:36], "cannot be decoded"),
    "rate 0": (lambda raw: raw[:24] + struct.pack("<I", 0) + raw[28:], "0 samples a second, which no sound has"),
    "rate 1": (lambda raw: raw[:24] + struct.pack("<I", 1) + raw[28:], "1 samples a second"),
    "rate": (lambda raw: raw[:24] + b"\xff" * 4 + raw[28:], "samples a second, which no sound has"),
    "channels": (lambda raw: raw[:22] + b"\xff\xff" + raw[24:], "channels"),
    "coding": (lambda raw: raw[:20] + struct.pack("<H", 0x161) + raw[22:], "cannot be decoded"),
    "nan": (lambda raw: raw[:20] + struct.pack("<H", 3) + raw[22:34] + b"\x20\0" + raw[36:44] + b"\xff" * 64, ""),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_sound_is_refused_by_name(tmp_path: Path, what: str) -> None:
    change, message = BROKEN[what]
    (tmp_path / "a.wav").write_bytes(change(wave(tmp_path)))
    with pytest.raises(DataError, match=message) as caught:
        SoundDecoder(RATE, RATE)(str(tmp_path / "a.wav"))
    assert str(caught.value.file).endswith("a.wav")


ODD: dict[str, tuple[Callable[[bytes], bytes], list[str]]] = {
    "odd chunk first": (lambda raw: raw[:12] + b"LIST" + struct.pack("<I", 5) + b"INFOx\0" + raw[12:], []),
    "length unknown": (lambda raw: raw[:40] + b"\xff" * 4 + raw[44:], []),
    "length of a stream": (lambda raw: raw[:40] + struct.pack("<I", 0x7FFFFFF0) + raw[44:], []),
    "cut off": (lambda raw: raw[:1044], ["truncated"]),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_headers_are_read_and_what_is_cut_off_is_told(tmp_path: Path, what: str) -> None:
    change, traits = ODD[what]
    (tmp_path / "a.wav").write_bytes(change(wave(tmp_path)))
    samples, found = SoundDecoder(RATE).looked(str(tmp_path / "a.wav"))
    assert found == traits
    np.testing.assert_allclose(samples, TONE[: len(samples)], atol=1e-4)


def test_a_claimed_length_reserves_no_memory(tmp_path: Path) -> None:
    """A FLAC file that says it has 2**36 samples."""
    raw = bytearray(Path(write(tmp_path / "a.flac")).read_bytes())
    raw[21] |= 0x0F
    raw[22:26] = b"\xff" * 4
    (tmp_path / "a.flac").write_bytes(raw)
    assert SoundDecoder(RATE, 4000)(str(tmp_path / "a.flac")).shape == (4000,)


def test_new_sounds_may_be_samples() -> None:
    decoder = SoundDecoder(RATE, RATE)
    np.testing.assert_array_equal(encode_one(decoder, TONE[:, None])[0], TONE)
    np.testing.assert_allclose(encode_one(decoder, (TONE * 32768).astype(np.int16))[0], TONE, atol=1e-4)
    for wrong in (np.zeros((2, 8)), np.zeros(8, np.uint8), np.zeros(0), np.array([np.nan])):
        with pytest.raises(DataError):
            encode_one(decoder, wrong)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("samples", [None, 5000, 20_000, 40_000])
@pytest.mark.parametrize("tail", [b"", b"LIST\x04\0\0\0abcd"])
def test_sixteen_bits_are_read_as_libsndfile_reads_them(
    tmp_path: Path, channels: int, samples: int | None, tail: bytes
) -> None:
    """They are taken out of the file as they lie, but where something follows them."""
    values = np.random.default_rng(0).integers(-32768, 32768, (20_000, channels), np.int16)
    path = write(tmp_path / "a.wav", values)
    Path(path).write_bytes(Path(path).read_bytes() + tail)
    given, _ = soundfile.read(path, dtype="float32", always_2d=True)
    mean = given.mean(axis=1, dtype=np.float32) if channels > 1 else given[:, 0]
    wanted = mean if samples is None else np.pad(mean[:samples], (0, max(0, samples - len(mean))))
    found, traits = SoundDecoder(RATE, samples).looked(path)
    np.testing.assert_array_equal(found, wanted)
    cut, padded = samples is not None and samples < 20_000, samples is not None and samples > 20_000
    expected = {"mixed": channels > 1, "cut": cut, "padded": padded}
    assert {name for name in traits if name != "truncated"} == {name for name, is_so in expected.items() if is_so}
