"""The page of a network for sounds, in headless Chromium: files, and a microphone that plays a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from served import run_script

import nnspec
from nnspec.cli.main import run as command
from nnspec.data import cache
from nnspec.export.web import litert_js

soundfile = pytest.importorskip("soundfile")
soxr = pytest.importorskip("soxr")

ASSETS = Path(nnspec.__file__).with_name("export") / "web" / "assets"
RATE = 8000
TONES = {"high": 2000.0, "low": 300.0}
SPEC = """\
nnspec: 1
name: tones
inputs: {sound: [2000]}
layers:
  - LogMelSpectrogram: {sampling_rate: 8000, frame_length: 256, frame_step: 128, num_mel_bins: 12}
  - GlobalAveragePooling1D
  - Rescaling: 0.1
  - Dense: {units: 2, activation: softmax}
data: {source: {AudioFolder: {path: tones, duration: 0.25}}, batch_size: 8, split: {test: 0.25}}
train: {epochs: 5, optimizer: {Adam: {learning_rate: 0.1}}, loss: SparseCategoricalCrossentropy}
export: {Web: {quantize: none}}
"""


def tone(hertz: float, seconds: float = 0.25, rate: int = RATE, loud: float = 0.3) -> np.ndarray:
    return loud * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


@pytest.mark.slow
def test_samples_are_mixed_and_resampled_as_in_python() -> None:
    """Against soxr, away from the ends: both keep what the lower rate can hold, and nothing else."""
    sound = tone(440, rate=44100) + tone(1000, rate=44100)
    script = f"""const {{mixed, resampled, fitted, Last}} = await import("./sounds.js"), sound = Float32Array.from({json.dumps(sound.tolist())});
const last = new Last(4);
for (const block of [[1, 2, 3], [4, 5], [6, 7, 8, 9, 10]]) last.add(Float32Array.from(block));
return {{
  down: [...resampled(sound, 44100, 16000)], up: [...resampled(sound, 44100, 48000)],
  gone: [...resampled(Float32Array.from(sound, (_, at) => Math.sin(at * 3)), 44100, 8000)],
  mixed: [...mixed([Float32Array.of(1, 2), Float32Array.of(3, 6)])],
  fitted: [[...fitted(Float32Array.of(1, 2), 3)], [...fitted(Float32Array.of(1, 2), 1)]],
  last: [...last.samples],
}};"""
    found, console = run_script(ASSETS, script)
    assert console == [] and "error" not in found
    for name, rate in (("down", 16000), ("up", 48000)):
        expected = soxr.resample(sound, 44100, rate)
        assert len(found[name]) == len(expected)
        assert np.abs(np.array(found[name]) - expected)[200:-200].max() < 2e-3
    assert np.abs(found["gone"])[50:-50].max() < 2e-3  # 21 kHz, of which 8 kHz holds nothing
    assert (found["mixed"], found["fitted"], found["last"]) == ([2, 4], [[1, 2, 0], [1]], [7, 8, 9, 10])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained network's page, in which a second of each tone lies, too."""
    if (
        "NNSPEC_LITERT" not in os.environ
        and litert_js._packages(cache.root() / f"litert-js-{litert_js.VERSION}") is None
    ):
        pytest.skip(f"no LiteRT.js on this machine: {litert_js.HINT}")
    base = tmp_path_factory.mktemp("tones")
    for name, hertz in TONES.items():
        (base / "tones" / name).mkdir(parents=True)
        for number in range(12):
            soundfile.write(base / "tones" / name / f"{number}.wav", tone(hertz * (0.9 + number / 50)), RATE)
    (base / "tones.yaml").write_text(SPEC)
    for what in ("train", "export"):
        assert command([what, str(base / "tones.yaml"), "--run", str(base / "run")]) == 0
    page = base / "run" / "export" / "tones.web"
    for name, hertz in TONES.items():
        soundfile.write(page / f"{name}.wav", tone(hertz, 2, 44100), 44100)
    return page


# Opens the page itself in a frame, does something there, and waits until the answer stays.
IN_FRAME = """
const frame = document.createElement("iframe"), rest = milliseconds => new Promise(done => setTimeout(done, milliseconds));
frame.src = "./index.html";
frame.allow = "microphone";
document.body.append(frame);
const inside = id => frame.contentDocument?.getElementById(id);
const until = async is => { for (let turn = 0; turn < 300 && !is(); turn += 1) await rest(100); };
await until(() => frame.contentWindow?.nnspec);
%s
return {best: inside("answer").querySelector(".best")?.textContent, state: inside("state").textContent,
  answer: inside("answer").textContent, buttons: [...inside("input").querySelectorAll("button")].map(button => button.textContent)};
"""


def does(folder: Path, script: str, *more: str) -> Any:
    found, console = run_script(folder, IN_FRAME % script, more=more)
    assert console == []
    return found


@pytest.mark.long
@pytest.mark.tf
@pytest.mark.parametrize("name", TONES)
def test_a_file_is_heard(folder: Path, name: str) -> None:
    script = f"""const content = await (await fetch("./{name}.wav")).blob();
await frame.contentWindow.nnspec.hear(new File([content], "{name}.wav"));"""
    found = does(folder, script)
    assert found["best"] == name
    assert "longer than the 0.25 s that the network hears" in found["state"]


@pytest.mark.tf
def test_what_is_no_sound_is_said(folder: Path) -> None:
    found = does(folder, """await frame.contentWindow.nnspec.hear(new File(["text"], "notes.txt"));""")
    assert found["state"] == "notes.txt is no sound that this browser reads."


@pytest.mark.tf
@pytest.mark.parametrize(("name", "button"), [("low", 0), ("high", 0), ("high", 1)])
def test_a_microphone_is_listened_to(folder: Path, name: str, button: int) -> None:
    """Again and again, until it is told to stop, or for one recording."""
    script = f"""const press = inside("input").querySelectorAll("button")[{button}];
press.click();
await until(() => inside("answer").querySelector(".best"));
await rest({1500 if button == 0 else 0});
if ({button} === 0) press.click();"""
    fake = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
    found = does(folder, script, *fake, f"--use-file-for-fake-audio-capture={folder / name}.wav")
    assert found["best"] == name, found
    assert found["buttons"] == ["Listen", "Record 0.25 s"] and found["state"] == ""
