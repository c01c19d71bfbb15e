"""The page that `--target web` writes, in headless Chromium: what it computes, how it encodes, what it asks for."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from export_networks import READING, WORDS, cnn, forecaster, images, series, tagger
from keras import layers
from served import RUN_EXAMPLES, run_script

import nnspec
from nnspec.cli.main import run as command
from nnspec.data import cache
from nnspec.export.errors import ExportError
from nnspec.export.pipeline import export
from nnspec.export.web import litert_js, target
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

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
train: {{epochs: 8, optimizer: {{Adam: {{learning_rate: 0.1}}}}}}
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


def test_a_page_takes_the_smallest_file_that_keeps_the_metric(tmp_path: Path) -> None:
    """And the error of each layer is told of a page's file as of any."""
    artifact = export(
        cnn(),
        KindValue("Web", {"quantize": "auto"}),
        tmp_path,
        name="page",
        representative=images,
        validation=lambda run: 1.0,
        report_errors=True,
    )
    assert artifact.ok and artifact.quantize == "int4", artifact.reasons
    assert artifact.layer_errors
    assert json.loads((artifact.path / "model.json").read_text())["about"].count("quantize: int4") == 1


NETWORKS = {
    "cnn": (cnn, images, {}),
    "tagger": (tagger, None, {"length": 12}),
    "gru": (lambda: forecaster(layers.GRU(7)), series, {}),
    "lstm": (lambda: forecaster(layers.LSTM(7, return_sequences=True), layers.LSTM(5)), series, {}),
}


@pytest.mark.long
@pytest.mark.parametrize("name", NETWORKS)
def test_the_browser_computes_what_keras_does(name: str, tmp_path: Path) -> None:
    make, data, args = NETWORKS[name]
    folder = page(make(), tmp_path, data, **args)
    expected = [example["outputs"] for example in json.loads((folder / "model.json").read_text())["examples"]]
    found, console = run_script(folder, RUN_EXAMPLES)
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


# Begins a script: the page in a frame of a phone's width, once it is ready.
FRAME = """
const frame = document.createElement("iframe");
Object.assign(frame, {src: "index.html?selftest", width: 390, height: 844});
document.body.append(frame);
const wait = async test => { for (let turn = 0; turn < 400; turn += 1) { const found = test(); if (found) return found; await new Promise(go => setTimeout(go, 25)); } throw Error("waited in vain"); };
const {network} = await wait(() => frame.contentWindow.nnspec), page = frame.contentDocument, text = id => page.getElementById(id)?.textContent;
const answered = async act => { page.getElementById("answer").replaceChildren(); act(); await wait(() => page.querySelector("#answer > *")); };
"""
DRAW = """
const pad = page.querySelector("canvas.pad"), found = [];
pad.setPointerCapture = () => {};
for (const [from, to] of [[[140, 50], [140, 230]], [[50, 140], [230, 140]]]) {
  page.querySelector("#input button").click();
  const at = (type, [x, y]) => { const box = pad.getBoundingClientRect(); pad.dispatchEvent(new frame.contentWindow.PointerEvent(type, {pointerId: 1, clientX: box.left + x, clientY: box.top + y})); };
  await answered(() => { at("pointerdown", from); at("pointermove", to); at("pointerup", to); });
  found.push(page.querySelector(".best").textContent);
}
await answered(() => page.querySelectorAll(".thumbs button")[0].click());
return {found, wide: page.documentElement.scrollWidth, latency: text("latency"), check: text("check"), description: page.getElementById("description").innerHTML, thumbs: page.querySelectorAll(".thumbs canvas").length, title: page.title};
"""


@pytest.mark.long
def test_a_drawn_stroke_gets_its_class(strokes: Path) -> None:
    found, console = run_script(strokes, FRAME + DRAW)
    assert console == []
    assert found["found"] == ["upright", "level"]
    assert found["wide"] == 390
    assert re.fullmatch(r"\d+(\.\d+)? ms in this browser\.", found["latency"])
    assert re.fullmatch(
        r"10 of 10 examples have the same answer here as in Keras; the outputs differ by \S+e-[789] at most\.",
        found["check"],
    )
    assert found["description"] == "Which way a stroke goes &lt;b&gt;&amp; so on&lt;/b&gt;."
    assert found["thumbs"] == 10
    assert found["title"] == "strokes"


CHOOSE = """
const given = [], run = network.run.bind(network), input = page.querySelector("input[type=file]"), says = [];
network.run = async inputs => { const outputs = await run(inputs); given.push(Object.values(outputs)[0]); return outputs; };
for (const name of ["photo.png", "broken.png"]) {
  const files = new DataTransfer(), seen = given.length;
  files.items.add(new File([await (await fetch(name)).blob()], name));
  input.files = files.files;
  input.dispatchEvent(new Event("change"));
  await wait(() => given.length > seen || text("state"));
  says.push(text("state"));
}
return {first: [...given[0]], says};
"""


def test_a_chosen_image_is_read_as_predict_reads_it(strokes: Path, tmp_path: Path) -> None:
    """Larger than the network's image, in colour, of another shape."""
    from PIL import Image

    site = shutil.copytree(strokes, tmp_path / "site")
    picture = np.random.default_rng(3).integers(0, 256, (97, 61, 3), np.uint8)
    picture[:, 20:32] = 255
    Image.fromarray(picture).save(site / "photo.png")
    (site / "broken.png").write_bytes((site / "photo.png").read_bytes()[:50])
    folder = strokes.parents[1]
    (expected,) = nnspec.predict(folder.parent / "strokes.yaml", [str(site / "photo.png")], run=folder)
    found, console = run_script(site, FRAME + CHOOSE)
    assert console == []
    np.testing.assert_allclose(found["first"], list(expected["probabilities"].values()), atol=1e-5)
    assert found["says"] == ["", "broken.png is no image that this browser reads."]


POLICY = """
const refused = [];
page.addEventListener("securitypolicyviolation", event => refused.push(event.effectiveDirective));
const image = page.createElement("img"), script = page.createElement("script");
image.src = "http://127.0.0.1:9/a.png";
script.textContent = "document.title = 'changed'";
page.body.append(image, script);
await frame.contentWindow.fetch("http://127.0.0.1:9/").catch(() => {});
await wait(() => refused.length === 3);
return [refused.sort(), page.title];
"""


def test_nothing_leaves_the_page(strokes: Path) -> None:
    """Its policy refuses other servers and foreign scripts; what it loads itself passes, as the other tests show."""
    (refused, title), _ = run_script(strokes, FRAME + POLICY)
    assert [directive.removesuffix("-elem") for directive in refused] == ["connect-src", "img-src", "script-src"]
    assert title == "strokes"


def test_the_command_says_how_to_open_the_page(
    strokes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = strokes.parents[1]
    arguments = ["--run", str(folder), "--target", "web", "--quantize", "float16", "--output", str(tmp_path)]
    assert command(["export", str(folder.parent / "strokes.yaml"), *arguments]) == 0
    text = capsys.readouterr().out
    assert f"next: python -m http.server --bind 127.0.0.1 --directory {tmp_path / 'strokes.web'}" in text
    assert "Web     float16" in text


def test_what_is_in_the_folder(strokes: Path) -> None:
    names = {path.relative_to(strokes).as_posix() for path in strokes.rglob("*") if path.is_file()}
    written = {*target.ASSETS, target.PAGE}
    assert names == {*written, "model.tflite", "model.json", "NOTICE", *(f"litert/{name}" for name in litert_js.FILES)}
    text = "".join((strokes / name).read_text() for name in written)
    assert "http:" not in text and "https:" not in text
    assert "Apache License 2.0" in (strokes / "NOTICE").read_text()
    assert 18e6 < sum((strokes / name).stat().st_size for name in names) < 21e6


@pytest.mark.long
def test_typed_sentences_are_tagged_as_predict_tags_them(tmp_path: Path) -> None:
    (tmp_path / "words.conll").write_text(WORDS, encoding="utf-8")
    path = tmp_path / "words.yaml"
    path.write_text(TAGGER)
    nnspec.train(path, run=tmp_path / "run")
    (artifact,) = nnspec.export(path, run=tmp_path / "run")
    assert artifact.ok, artifact.reasons
    # Keras takes what is not masked for real: the Concatenate's mask is true everywhere.
    assert any(note.startswith("padding to 12 steps changes Keras's own outputs") for note in artifact.notes)
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
const {Network} = await import("./network.js"), {sentence} = await import("./encode.js"), {tags} = await import("./decode.js");
const network = await Network.load("."), {card, vocabulary} = network, rows = [];
for (const text of %s) {
  const {inputs, tokens, cut} = sentence(text, card, vocabulary), [values] = Object.values(await network.run(inputs));
  rows.push({tokens, cut, tags: tags(values, card.labels, tokens.length), casing: [...inputs.casing], characters: [...inputs.characters]});
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
    marked, console = run_script(artifact.path, FRAME + MARKED % json.dumps(sentences[:-1]))
    assert console == []
    spoken = [[[entity["text"], entity["type"]] for entity in answer["entities"]] for answer in expected[:-1]]
    assert marked == spoken
    assert sum(map(len, spoken)) >= 3


MARKED = """
const area = page.getElementById("text"), rows = [];
for (const text of %s) {
  area.value = text;
  await answered(() => area.dispatchEvent(new Event("input")));
  rows.push([...page.querySelectorAll(".entity")].map(mark => [mark.firstChild.textContent, mark.querySelector("small").textContent]));
}
return rows;
"""


@pytest.mark.long
def test_examples_of_words_say_what_they_are(tmp_path: Path) -> None:
    """Too long ones are left out, and what a batch padded them to is no part of the others."""
    rows = ["one two three four five six", "a b c d e", "six five four three", "a a one two three four"]
    (tmp_path / "w.conll").write_text(
        "\n\n".join("\n".join(f"{word} {word[0]}" for word in row.split()) for row in rows) + "\n"
    )
    path = tmp_path / "w.yaml"
    path.write_text(
        "nnspec: 1\nname: w\ninputs: {tokens: {shape: [null], dtype: int32}}\nlayers:\n"
        "  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 2, mask_zero: true}\n"
        "  - {Dense: {units: $data.classes, activation: softmax}}\n"
        "data: {source: {Conll: {path: w.conll}}}\ntrain: {epochs: 1, loss: SparseCategoricalCrossentropy}\n"
        "export: {Web: {quantize: none, length: 5}}\n"
    )
    nnspec.train(path, run=tmp_path / "run")
    (artifact,) = nnspec.export(path, run=tmp_path / "run")
    assert artifact.notes == ()  # here nothing loses the mask, or needs one
    card = json.loads((artifact.path / "model.json").read_text())
    assert {example["text"] for example in card["examples"]} == set(rows[1:3])
    for example in card["examples"]:
        words = [card["vocabulary"].index(word) for word in example["text"].split()]
        assert example["inputs"]["tokens"] == [*words, 0][:5]


@pytest.mark.long
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
const outputs = await network.run({x: columns({"size of it": "3", colour: "red"}, rule)}), [[name, values]] = Object.entries(outputs);
const {units} = await import("./decode.js");
return units(values, network.card.preprocessing.outputs[name].columns);
"""
    found, console = run_script(artifact.path, script)
    assert console == []
    assert found == [["price", pytest.approx(expected["values"][0], rel=1e-5)]]


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
