"""The page that `--target web` writes, in headless Chromium: what it computes, how it encodes, what it asks for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from export_networks import READING, WORDS, cnn, forecaster, images, series, tagger
from keras import layers
from served import run_script, screenshot

import nnspec
from nnspec.cli.main import run as command
from nnspec.data import cache
from nnspec.export import ExportError, litert_js
from nnspec.export.pipeline import export
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

RUN_ALL = """
const {Network} = await import("./network.js"), network = await Network.load("."), rows = [];
for (const example of network.card.examples) for (const again of [0, 1]) rows.push((await network.run(example.inputs)).outputs);
return rows.map(row => Object.fromEntries(Object.entries(row).map(([name, values]) => [name, [...values]])));
"""
STROKES = """\
nnspec: 1
name: strokes
description: Which way a stroke goes <b>& so on</b>.
inputs: {image: [20, 20, 1]}
layers:
  - Rescaling: $(1 / 255)
  - Conv2D: {filters: 4, kernel_size: 5, activation: relu}
  - MaxPooling2D: 4
  - Flatten
  - Dense: {units: 2, activation: softmax}
data: {source: {ImageFolder: {path: images, image_size: [20, 20], color: grey}}, batch_size: 8, split: {test: 0.2}}
train: {epochs: 12, optimizer: {Adam: {learning_rate: 0.01}}, loss: SparseCategoricalCrossentropy}
export: {Web: {quantize: none}}
"""
TAGGER = f"""\
nnspec: 1
name: words
{READING}  - Bidirectional: {{layer: {{LSTM: {{units: 5, return_sequences: true}}}}}}
  - CRF: $data.classes
data:
  source: {{Conll: {{path: words.conll, tokenization: words, lower: true, digits: true, characters: 5, casing: true}}}}
  batch_size: 2
train: {{epochs: 3, optimizer: {{Adam: {{learning_rate: 0.02}}}}}}
export: {{Web: {{quantize: none, length: 12}}}}
"""


@pytest.fixture(scope="module", autouse=True)
def litert() -> None:
    """LiteRT.js as it lies on this machine: a test asks no one for it."""
    if (
        "NNSPEC_LITERT" not in os.environ
        and litert_js._packages(cache.root() / f"litert-js-{litert_js.VERSION}") is None
    ):
        pytest.skip(f"no LiteRT.js on this machine: {litert_js.HINT}")


def page(model: Any, folder: Path, data: Any = None, **args: Any) -> Path:
    artifact = export(model, KindValue("Web", {"quantize": "none", **args}), folder, name="page", representative=data)
    assert artifact.ok, artifact.reasons
    return artifact.path


NETWORKS = {
    "cnn": (cnn, images, {}),
    "tagger": (tagger, None, {"length": 12}),
    "gru": (lambda: forecaster(layers.GRU(7)), series, {}),
    "lstm": (lambda: forecaster(layers.LSTM(7, return_sequences=True), layers.LSTM(5)), series, {}),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_browser_computes_what_keras_does(name: str, tmp_path: Path) -> None:
    make, data, args = NETWORKS[name]
    folder = page(make(), tmp_path, data, **args)
    expected = [example["outputs"] for example in json.loads((folder / "model.json").read_text())["examples"]]
    found, console = run_script(folder, RUN_ALL)
    assert console == []
    assert len(found) == 2 * len(expected) >= 4
    for first, again, wanted in zip(found[::2], found[1::2], expected, strict=True):
        assert first == again
        for output, values in wanted.items():
            np.testing.assert_allclose(first[output], values, atol=1e-5)


@pytest.fixture(scope="module")
def strokes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that tells upright strokes from level ones."""
    from PIL import Image, ImageDraw

    folder = tmp_path_factory.mktemp("strokes")
    generator = np.random.default_rng(0)
    for label in ("level", "upright"):
        (folder / "images" / label).mkdir(parents=True)
        for number in range(40):
            image = Image.new("L", (20, 20))
            a, b, c = generator.integers(3, 17, 3)
            ends = [(c, min(a, 6)), (c, max(b, 13))] if label == "upright" else [(min(a, 6), c), (max(b, 13), c)]
            ImageDraw.Draw(image).line([tuple(map(int, end)) for end in ends], fill=255, width=2)
            image.save(folder / "images" / label / f"{number}.png")
    (folder / "strokes.yaml").write_text(STROKES)
    nnspec.train(folder / "strokes.yaml", run=folder / "run")
    (artifact,) = nnspec.export(folder / "strokes.yaml", run=folder / "run")
    assert artifact.ok, artifact.reasons
    assert artifact.metric_after == artifact.metric_before == 1.0
    return artifact.path


DRAW = """
const frame = document.createElement("iframe");
Object.assign(frame, {src: "index.html", width: 400, height: 800});
document.body.append(frame);
const wait = async test => { for (let turn = 0; turn < 400; turn += 1) { const found = test(); if (found) return found; await new Promise(go => setTimeout(go, 25)); } throw Error("waited in vain"); };
const pad = await wait(() => frame.contentDocument?.querySelector("canvas.pad"));
const page = frame.contentDocument, found = [];
for (const [from, to] of [[[140, 50], [140, 230]], [[50, 140], [230, 140]]]) {
  page.querySelector("button").click();
  const at = (type, [x, y]) => { const box = pad.getBoundingClientRect(); pad.dispatchEvent(new frame.contentWindow.PointerEvent(type, {pointerId: 1, clientX: box.left + x, clientY: box.top + y})); };
  pad.setPointerCapture = () => {};
  at("pointerdown", from); at("pointermove", to); at("pointerup", to);
  found.push((await wait(() => page.querySelector(".best"))).textContent);
}
page.querySelectorAll(".thumbs button")[0].click();
await new Promise(go => setTimeout(go, 300));
return {found, wide: page.documentElement.scrollWidth, latency: page.getElementById("latency").textContent, description: page.getElementById("description").innerHTML, thumbs: page.querySelectorAll(".thumbs canvas").length, title: page.title};
"""


def test_a_drawn_stroke_gets_its_class(strokes: Path) -> None:
    found, console = run_script(strokes, DRAW)
    assert console == []
    assert found["found"] == ["upright", "level"]
    assert found["wide"] <= 400
    assert found["latency"].endswith(" ms.")
    assert found["description"] == "Which way a stroke goes &lt;b&gt;&amp; so on&lt;/b&gt;."
    assert found["thumbs"] == 8
    assert found["title"] == "strokes"


def test_the_page_asks_for_its_own_files_alone(strokes: Path, tmp_path: Path) -> None:
    for name, width, dark in (("wide", 1280, False), ("phone", 500, True)):
        assert screenshot(strokes, tmp_path / f"{name}.png", width, 900, dark) == []
    names = {path.relative_to(strokes).as_posix() for path in strokes.rglob("*") if path.is_file()}
    text = "".join(
        (strokes / name).read_text() for name in ("index.html", "page.js", "network.js", "encode.js", "style.css")
    )
    assert "http:" not in text.replace("http.server", "") and "https:" not in text
    assert {"model.tflite", "model.json", "NOTICE", "litert/core/index.js"} <= names
    assert 18e6 < sum((strokes / name).stat().st_size for name in names) < 21e6


def test_typed_sentences_are_tagged_as_predict_tags_them(tmp_path: Path) -> None:
    (tmp_path / "words.conll").write_text(WORDS, encoding="utf-8")
    path = tmp_path / "words.yaml"
    path.write_text(TAGGER)
    nnspec.train(path, run=tmp_path / "run")
    (artifact,) = nnspec.export(path, run=tmp_path / "run")
    assert artifact.ok, artifact.reasons
    sentences = [
        "Ada saw Émile in 1999.",
        "of",
        "ABC Crimson-Peaks abc123 McAda 1,000 ?!",
        "it's Ada's",
        "ÉMILE ß 李 don’t x_y <pad> 𝔘𝔫𝔦",
        "a b c d e f g h i j k l m n",
    ]
    expected = nnspec.predict(path, sentences, run=tmp_path / "run")
    script = """
const {Network} = await import("./network.js"), {encoded, tags} = await import("./page.js");
const network = await Network.load("."), rows = [];
for (const text of %s) {
  const {inputs, tokens, cut} = encoded(network, text), {outputs} = await network.run(inputs);
  const [[name, values]] = Object.entries(outputs);
  rows.push({tokens, cut, tags: tags(network, values, network.card.outputs[name], tokens.length), casing: [...inputs.casing], characters: [...inputs.characters]});
}
return rows;
"""
    found, console = run_script(artifact.path, script % json.dumps(sentences))
    assert console == []
    for row, answer in zip(found, expected, strict=True):
        assert row["tokens"] == answer["tokens"][:12]
        if len(answer["tokens"]) <= 12:
            assert row["tags"] == answer["tags"]
            assert row["cut"] == 0
    assert found[-1]["cut"] == 2
    assert found[0]["casing"][:6] == [2, 1, 2, 1, 5, 7]
    assert len(found[0]["characters"]) == 12 * 5


def test_a_table_is_filled_in(tmp_path: Path) -> None:
    lines = [f"{n % 7},{'red' if n % 3 else 'blue'},{2 * (n % 7) + 1}" for n in range(60)]
    (tmp_path / "rows.csv").write_text("size of it,colour,price\n" + "\n".join(lines) + "\n")
    path = tmp_path / "rows.yaml"
    path.write_text(
        "nnspec: 1\nname: rows\ninputs: {x: [3]}\nlayers: [{Dense: 1}]\n"
        "data: {source: {Csv: {path: rows.csv, target: price}}}\ntrain: {epochs: 2, loss: MeanSquaredError}\n"
        "export: {Web: {quantize: none}}\n"
    )
    nnspec.train(path, run=tmp_path / "run")
    (artifact,) = nnspec.export(path, run=tmp_path / "run")
    (expected,) = nnspec.predict(path, [{"size of it": 3, "colour": "red"}], run=tmp_path / "run")
    script = """
const {Network} = await import("./network.js"), {columns} = await import("./encode.js");
const network = await Network.load("."), rule = network.card.preprocessing.inputs.x;
const {outputs} = await network.run({x: columns({"size of it": "3", colour: "red"}, rule)});
const [[name, values]] = Object.entries(outputs), [scale] = network.card.preprocessing.outputs[name].columns;
return values[0] * scale.factor + scale.offset;
"""
    found, console = run_script(artifact.path, script)
    assert console == []
    assert found == pytest.approx(expected["values"][0], rel=1e-5)


def test_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ExportError, match="one length alone") as caught:
        export(tagger(), KindValue("Web", {}), tmp_path, name="page")
    assert caught.value.hint is not None
    wide = keras.Input((4,), dtype="int64", name="wide")
    with pytest.raises(ExportError, match="'wide' is int64"):
        export(keras.Model(wide, layers.Embedding(4, 2)(wide)), KindValue("Web", {}), tmp_path, name="page")
    monkeypatch.setenv("NNSPEC_LITERT", str(tmp_path))
    with pytest.raises(ExportError, match="is not in it"):
        export(cnn(), KindValue("Web", {"quantize": "none"}), tmp_path, name="page")
    assert [path.name for path in tmp_path.iterdir()] == []


def test_npm_is_asked_once_and_its_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = litert_js.find()
    monkeypatch.delenv("NNSPEC_LITERT", raising=False)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(litert_js.shutil, "which", lambda name: None)
    with pytest.raises(ExportError, match="npm is not here"):
        litert_js.find()
    monkeypatch.setattr(litert_js.shutil, "which", lambda name: f"/bin/{name}")
    calls = []

    def npm(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        if len(calls) > 1:
            place = Path(command[command.index("--prefix") + 1]) / "node_modules" / "@litertjs"
            for name in litert_js.FILES.values():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                (place / name).symlink_to(source / name)
        return subprocess.CompletedProcess(command, 0 if len(calls) > 1 else 1, "", "")

    monkeypatch.setattr(litert_js.subprocess, "run", npm)
    with pytest.raises(ExportError, match="npm could not fetch") as caught:
        litert_js.find()
    assert "NNSPEC_LITERT" in str(caught.value.hint)
    assert litert_js.find() == litert_js.find()
    assert len(calls) == 2
    assert calls[1][-1] == "@litertjs/core@2.5.3"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["litert-js-2.5.3"]


def test_the_command_names_the_layer_that_a_page_cannot_have(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "nnspec: 1\ninputs: {x: {shape: [1], dtype: string}}\nlayers: [{StringLookup: {vocabulary: [a]}}]\nexport: Web\n"
    )
    assert command(["check", str(path)]) == 0
    assert "StringLookup" in capsys.readouterr().err
