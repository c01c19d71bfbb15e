"""Folders and tables of sounds."""

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.new_examples import remarks
from nnspec.data.protocol import Assets
from nnspec.data.sources.audio_folder import AudioFolder
from nnspec.data.sources.table import Table
from nnspec.data.table import Column, Dense, Ragged

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

RATE = 8000
BASE = Path("/")


def write(path: Path, value: float = 0.5, seconds: float = 0.1, rate: int = RATE) -> None:
    """A sound of one value, which no resampling changes in its middle."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(round(seconds * rate), value), rate, subtype="PCM_16", format="WAV")


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """As Speech Commands lies on a disk: words, noise, hidden files and lists of the parts."""
    root = tmp_path / "words"
    for word, count in (("no", 4), ("yes", 6)):
        for number in range(count):
            write(root / word / f"{number}.wav", 0.1 * (number + 1), 0.1 + 0.01 * number)
    write(root / "_background_noise_" / "dishes.wav", 0.1, 3)
    (root / "no" / "._0.wav").write_bytes(b"\0\5\x16\7")
    (root / "README.md").write_text("words")
    (root / "validation_list.txt").write_text("no/0.wav\nyes/0.wav\n")
    (root / "testing_list.txt").write_text("yes/1.wav\nyes/2.wav\n")
    return root


def opened(source: Any) -> tuple[Any, Assets]:
    examples = source.load(BASE)
    return examples, examples.fit(range(len(examples)), None)


def taken(column: Column) -> np.ndarray:
    return column.take(np.arange(len(column)))


def messages(examples: Any) -> str:
    return "\n".join(problem.message for problem in examples.problems)


def test_folders_of_sounds_of_one_duration(words: Path) -> None:
    write(words / "yes" / "other.WAV", 0.7, 0.2, 44100)
    examples, assets = opened(AudioFolder(str(words), sample_rate=RATE, duration=0.12))
    assert (assets.classes, assets.extra) == (("no", "yes"), {"sample_rate": RATE, "samples": 960})
    table = examples.table(assets)
    samples = taken(table.features["sound"])
    assert (samples.shape, samples.dtype, table.features["sound"].spec.shape) == ((11, 960), np.float32, (960,))
    np.testing.assert_allclose(samples[:4, 0], [0.1, 0.2, 0.3, 0.4], atol=1e-4)
    assert (samples[0, 800:] == 0).all() and (samples[3] > 0.3).all()
    assert abs(samples[-1, 500] - 0.7) < 1e-3
    told = messages(examples)
    for expected in (
        "1 hidden", "1 .md (README.md)", "1 folder that is no class (_background_noise_)", "are not used",
        "1 of 11 sounds have another sample rate", "4 of 11 sounds are shorter", "5 of 11 sounds are longer",
    ):  # fmt: skip
        assert expected in told


@pytest.mark.parametrize("odd", [None, "rate", "channels"])
def test_plain_sounds_stay_whole_numbers_in_memory(words: Path, odd: str | None) -> None:
    """A copy on the disk would be twice as large and no quicker to read; the samples are the same to the bit."""
    write(words / "yes" / "silent.wav", 0.0)
    if odd is not None:
        told = (words / "yes" / "odd.wav", np.full((900, 1 + (odd == "channels")), 0.3), RATE * (1 + (odd == "rate")))
        soundfile.write(*told, subtype="PCM_16")
    found = {}
    for cache in ("auto", "disk"):
        examples, assets = opened(AudioFolder(str(words), sample_rate=RATE, duration=0.12, cache=cache))  # type: ignore[arg-type]
        found[cache] = examples.table(assets).features["sound"], messages(examples)
    (own, told_of_own), (kept, told_of_kept) = found["auto"], found["disk"]
    assert isinstance(own, Dense) and isinstance(kept, Dense)
    assert (own.array.dtype == np.int16) == (odd is None) and own.stored == kept.stored == "float32"
    np.testing.assert_array_equal(taken(own), taken(kept))
    assert told_of_own == told_of_kept and "silent" in told_of_own


def test_sounds_of_their_own_length_are_padded_in_the_batch(words: Path) -> None:
    for cache in ("disk", "memory"):
        examples, assets = opened(AudioFolder(str(words), cache=cache))
        column = examples.table(assets).features["sound"]
        assert isinstance(column, Ragged)
        assert column.lengths(np.arange(4)).tolist() == [800, 880, 960, 1040]
        samples = column.take(np.array([0, 2]))
        assert samples.shape == (2, 960) and (samples[0, 800:] == 0).all() and abs(samples[1, -1] - 0.3) < 1e-4
    with pytest.raises(DataError, match="cache: none"):
        examples, assets = opened(AudioFolder(str(words), cache="none"))
        examples.table(assets)


def test_lists_of_parts(words: Path) -> None:
    source = AudioFolder(str(words), duration=0.1)
    hint = next(problem.hint for problem in source.load(BASE).problems if "not used" in problem.message)
    assert f"split: {{validation: {words}/validation_list.txt" in str(hint)
    lists = [str(words / "validation_list.txt"), str(words / "testing_list.txt")]
    train = AudioFolder(str(words), duration=0.1, without=lists).load(BASE)
    assert (len(train), "not used" in messages(train)) == (6, False)
    assert source.for_part(lists[1]).load(BASE).names == ["yes/1.wav", "yes/2.wav"]
    assert AudioFolder(str(words), without=lists).facts(BASE).classes == 2


def test_what_lies_otherwise_is_said(tmp_path: Path, words: Path) -> None:
    for part in ("train", "test"):
        for word in ("a", "b"):
            write(tmp_path / "parts" / part / word / "0.wav")
    with pytest.raises(DataError, match="parts of a data set") as caught:
        AudioFolder(str(tmp_path / "parts")).load(BASE)
    assert "AudioFolder: {path:" in str(caught.value.hint)
    write(tmp_path / "flat" / "0_jackson_1.wav")
    with pytest.raises(DataError, match="no class folders"):
        AudioFolder(str(tmp_path / "flat")).load(BASE)
    write(words / "no" / "slow.wav", rate=4000)
    with pytest.raises(DataError, match=r"4,000 samples a second, but 0\.wav has 8,000"):
        opened(AudioFolder(str(words)))


def test_unreadable_sounds_are_named_or_left_out(words: Path) -> None:
    (words / "no" / "bad.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match="no sound of a known format") as caught:
        AudioFolder(str(words), sample_rate=RATE, duration=0.1).listing(BASE)
    assert str(caught.value.file).endswith("bad.wav") and "on_error: skip" in str(caught.value.hint)
    for duration in (0.1, None):
        for _ in range(2):  # made, and from the cache
            source = AudioFolder(str(words), sample_rate=RATE, duration=duration, on_error="skip")
            examples, assets = opened(source)
            assert examples.table(assets).unusable == {4}
            assert "no sound of a known format" in messages(examples)


@pytest.mark.parametrize("wrong", [{"sample_rate": 0}, {"sample_rate": 8000.5}, {"duration": 0}, {"duration": -1.0}])
def test_settings_that_no_sound_has(words: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=next(iter(wrong))):
        opened(AudioFolder(str(words), **wrong))


def test_listing_needs_neither_tensorflow_nor_numpy(words: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from nnspec.data.sources.audio_folder import AudioFolder
examples = AudioFolder({str(words)!r}, duration=0.1).listing(Path("/"))
examples.columns(examples.fit(range(len(examples)), None))
assert not {{"numpy", "tensorflow", "keras", "soundfile"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_new_sounds_are_read_as_those_of_the_training(words: Path) -> None:
    source = AudioFolder(str(words), duration=0.12)
    _, assets = opened(source)
    given = [str(words / "yes" / "5.wav"), np.full(100, 0.25, np.float32)]
    samples = taken(source.encode(given, assets, BASE)["sound"])
    assert samples.shape == (2, 960) and samples[1, 99] == 0.25 and samples[1, 100] == 0
    with remarks() as told:
        source.encode([np.zeros(960, np.float32), np.zeros(1200, np.float32)], assets, BASE)
    assert told == ["example 2: the network hears the first 0.12 s alone"]
    assert source.preprocessing("sound", assets) == {
        "kind": "sound",
        "meaning": "samples from -1 to 1 at this rate, the mean of the channels; zeros follow what is shorter, "
        "what is longer is cut off",
        "sample_rate": RATE,
        "samples": 960,
        "range": [-1.0, 1.0],
    }


def table_of(folder: Path, rows: list[dict[str, Any]]) -> None:
    with open(folder / "t.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_table_names_parts_of_recordings(tmp_path: Path) -> None:
    day = np.repeat([0.1, 0.2, 0.3, 0.4], RATE)
    soundfile.write(tmp_path / "day.wav", day, RATE)
    table_of(tmp_path, [{"file": "day", "from": n + 0.25, "to": n + 0.75, "bird": "ab"[n % 2]} for n in range(4)])
    inputs = {"sound": {"column": "file", "type": "audio", "start": "from", "end": "to"}}
    source = Table(path="t.csv", inputs=inputs, targets={"bird": None})
    examples = source.load(tmp_path)
    assets = examples.fit(range(4), None)
    sounds = examples.table(assets).features["sound"]
    assert isinstance(sounds, Ragged) and sounds.lengths(np.arange(4)).tolist() == [4000] * 4
    np.testing.assert_allclose(taken(sounds)[:, 2000], [0.1, 0.2, 0.3, 0.4], atol=1e-4)
    # A new row may have start and end, and may lack them.
    new = source.encode([{"file": "day", "from": 2.5, "to": "2.75"}, {"file": "day"}, "day.wav"], assets, tmp_path)
    assert new["sound"].lengths(np.arange(3)).tolist() == [2000, 4 * RATE, 4 * RATE]  # type: ignore[attr-defined]
    new = source.encode(["t.csv"], assets, tmp_path)
    np.testing.assert_array_equal(taken(new["sound"]), taken(sounds))


def test_a_table_says_what_is_wrong_with_a_part(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", seconds=1)
    table_of(tmp_path, [{"file": "a.wav", "from": 0.5, "to": 0.2, "bird": "a"}] * 2)
    inputs = {"sound": {"column": "file", "type": "audio", "start": "from", "end": "to"}}
    with pytest.raises(DataError, match=r"from 0\.5 to 0\.2 s has no sample") as caught:
        Table(path="t.csv", inputs=inputs, targets={"bird": None}).load(tmp_path)
    assert caught.value.line == 2
    wrong = {"sound": {"column": "from", "start": "from"}}
    with pytest.raises(DataError, match="is for `type: audio`"):
        Table(path="t.csv", inputs=wrong, targets={"bird": None}).load(tmp_path)
    missing = {"sound": {"column": "file", "type": "audio", "start": "begin"}}
    with pytest.raises(DataError, match="no column 'begin'"):
        Table(path="t.csv", inputs=missing, targets={"bird": None}).load(tmp_path)


def test_a_column_of_sounds_is_recognised_by_its_endings(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / f"{number}.wav", 0.1, 0.1)
    (tmp_path / "3.png").write_bytes(b"")  # of the same name, and no sound
    table_of(tmp_path, [{"file": f"{number}.wav", "loud": number / 2} for number in range(4)])
    examples = Table(path="t.csv", inputs={"file": {"duration": 0.05}}, targets={"loud": None}).load(tmp_path)
    assets = examples.fit(range(4), None)
    assert taken(examples.table(assets).features["file"]).shape == (4, 400)
    assert "4 of 4 sounds are longer than `duration`" in messages(examples)


def test_two_classes_that_are_numbers_are_told_in_their_order(tmp_path: Path) -> None:
    """Speakers of LibriSpeech: the remark named a third class, and ended where there were two."""
    for name in ("84", "174"):
        write(tmp_path / name / "a.wav")
    examples, _ = opened(AudioFolder(str(tmp_path), sample_rate=RATE, duration=0.1))
    assert "in the order of their text, 174, 84: number 0 is '174'" in messages(examples)
