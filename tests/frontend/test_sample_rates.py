"""The sample rate of layers against that of the sounds, without TensorFlow."""

import struct
from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check

SPEC = """nnspec: 1
inputs: {sound: [$data.features]}
layers:
  - MFCC: {%s, frame_length: 256, frame_step: 128, num_mel_bins: 20}
  - GlobalAveragePooling1D
  - Dense: {units: $data.classes, activation: softmax}
data:
  source: {AudioFolder: {path: words, duration: 0.5}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    samples = b"\0\1" * 4000
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    size = struct.pack("<I", len(samples))
    sound = b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " + form + b"data" + size + samples
    for word in ("no", "yes"):
        (tmp_path / "words" / word).mkdir(parents=True)
        for number in range(3):
            (tmp_path / "words" / word / f"{number}.wav").write_bytes(sound)
    return tmp_path


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("sampling_rate: $data.sample_rate", None),
        ("sampling_rate: 16000", "is 16,000, but the sounds of the data have 8,000"),
        ("window: hann", "is not given, and so 16,000"),
    ],
)
def test_another_rate_is_a_warning(folder: Path, argument: str, said: str | None) -> None:
    (folder / "a.yaml").write_text(SPEC % argument)
    checked = check(folder / "a.yaml")
    assert checked.spec is not None and checked.spec.graph.inputs[0].shape == (4000,)
    found = [one.message for one in checked.diagnostics if one.code == "W0735"]
    assert (said is None and not found) or (said is not None and said in found[0])
