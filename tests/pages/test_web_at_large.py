"""All of it in the browser, on demand: a matrix of recurrent networks, and every sentence of real test sets.

NNSPEC_FULL=1 runs the matrix; with NNSPEC_DATA, the folder of the data sets wnut17 and ncbi-disease, their sentences too.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from export_networks import RECURRENT, RECURRENT_SPECS, SPECS, recurrent, tflite
from served import RUN_EXAMPLES, run_script

import nnspec
from nnspec.backend.signature import keras_run, signature_of
from nnspec.evaluation.open_run import open_trained
from nnspec.export.examples import Shapes, gate_cases
from nnspec.export.pipeline import export
from nnspec.export.web import litert_js
from nnspec.layers.types import KindValue
from nnspec.training.decoding import decoded
from nnspec.training.scoring import outcomes

pytestmark = pytest.mark.tf
FULL = pytest.mark.skipif(os.environ.get("NNSPEC_FULL") != "1", reason="it takes minutes: NNSPEC_FULL=1")
DATA = os.environ.get("NNSPEC_DATA")
SETS = {
    "wnut17": ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"),
    "ncbi-disease": ("train.tsv", "devel.tsv", "test.tsv"),
}

EPOCHS = {"wnut17": 8, "ncbi-disease": 2}  # until a tagger marks something
TAGGERS = ("bilstm_crf_ner", "bilstm_char_ner")

MATRIX = """
const {loadLiteRt, loadAndCompile, Tensor} = await import("@litertjs/core");
await loadLiteRt("./litert/wasm/");
const rows = [];
for (const network of await (await fetch("networks.json")).json()) {
  const model = await loadAndCompile(network.file, {accelerator: "wasm"});
  for (const tokens of network.inputs) {
    const found = [];
    for (const again of [0, 1]) {
      const input = new Tensor(Int32Array.from(tokens), [1, tokens.length]), output = await model.run({tokens: input});
      found.push([...Object.values(output)[0].toTypedArray()]);
      input.delete(); Object.values(output)[0].delete();
    }
    rows.push(found);
  }
  model.delete();
}
return rows;
"""


@FULL
def test_the_matrix_of_recurrent_networks(tmp_path: Path) -> None:
    site = tmp_path / "site"
    litert_js.copy_litert(site / "litert")
    shutil.copy(Path(nnspec.__file__).with_name("export") / "web" / "assets" / "index.html", site / "index.html")
    networks, expected = [], []
    for number, which in enumerate(RECURRENT):
        keras.utils.set_random_seed(number)
        model = recurrent(*which)
        artifact = export(model, tflite(quantize="none", length=16), site, name=str(number))
        assert artifact.ok, artifact.reasons
        cases = [case.features for case in gate_cases(model, Shapes.of(model, 16), [])]
        networks.append({"file": artifact.path.name, "inputs": [case["tokens"].ravel().tolist() for case in cases]})
        expected += [next(iter(keras_run(model)(case).values())).ravel() for case in cases]
    assert len(networks) >= 100
    (site / "networks.json").write_text(json.dumps(networks))
    found, console = run_script(site, MATRIX, timeout=300)
    assert console == []
    assert len(found) == len(expected)
    worst = 0.0
    for (first, again), wanted in zip(found, expected, strict=True):
        assert first == again
        worst = max(worst, float(np.abs(np.array(first) - wanted).max()))
    print(f"{len(networks)} networks, {len(found)} inputs, twice each: at most {worst:.2g} from Keras")
    assert worst < 1e-5


@FULL
@pytest.mark.parametrize("name", RECURRENT_SPECS)
def test_a_recurrent_spec_of_the_zoo(name: str, tmp_path: Path) -> None:
    """The whole way through the page's own code, on the page's own examples."""
    model = decoded(nnspec.build(SPECS / f"{name}.yaml", seed=1), None)
    length = {"length": 24} if signature_of(model).varies else {}
    artifact = export(model, KindValue("Web", {"quantize": "none", **length}), tmp_path, name=name)
    assert artifact.ok, artifact.reasons
    found, console = run_script(artifact.path, RUN_EXAMPLES, timeout=120)
    assert console == []
    examples = json.loads((artifact.path / "model.json").read_text())["examples"]
    assert len(found) == 2 * len(examples) > 0
    assert found[::2] == found[1::2]
    worst = max(
        float(np.abs(np.array(row[output]) - values).max())
        for row, example in zip(found[::2], examples, strict=True)
        for output, values in example["outputs"].items()
    )
    print(f"{name}: {len(examples)} inputs, twice each: at most {worst:.2g} from Keras")
    assert worst < 1e-5


SENTENCES = """
const {Network} = await import("./network.js"), {sentence} = await import("./encode.js"), {tags} = await import("./decode.js");
const network = await Network.load("."), {card, vocabulary} = network, rows = [];
for (const text of await (await fetch("texts.json")).json()) {
  const {inputs, tokens, cut} = sentence(text, card, vocabulary), [values] = Object.values(await network.run(inputs));
  rows.push([tokens.length, cut, tags(values, card.labels, tokens.length)]);
}
return rows;
"""


@FULL
@pytest.mark.skipif(DATA is None, reason="NNSPEC_DATA names no folder of data sets")
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("tagger", TAGGERS)
def test_every_sentence_of_a_test_set(tagger: str, name: str, tmp_path: Path) -> None:
    """Typed into the page as text, each sentence gets the tags that Keras gives it; `length` is the longest's."""
    train, validation, test = (Path(str(DATA), name, part).resolve() for part in SETS[name])
    files = {
        "data.source.Conll.path": str(train),
        "data.split.validation": str(validation),
        "data.split.test": str(test),
    }
    settings = {**files, "train.epochs": EPOCHS[name], "budget": None, "data.bucket_by_length": True}
    spec = nnspec.load(SPECS / f"{tagger}.yaml", **settings)
    nnspec.train(spec, run=tmp_path / "run")
    (artifact,) = nnspec.export(spec, run=tmp_path / "run", targets=[KindValue("Web", {"quantize": "none"})])
    assert artifact.ok, artifact.reasons
    trained = open_trained(spec.spec, tmp_path / "run")
    part = trained.dataset.splits["test"]
    texts = part.example_texts(range(part.size))
    (artifact.path / "texts.json").write_text(json.dumps(texts))
    found, console = run_script(artifact.path, SENTENCES, timeout=600)
    assert console == []
    wrong: list[Any] = []
    classes = trained.dataset.classes or ()
    for (count, cut, tags), example in zip(
        found, outcomes(trained.binding, part, 1, keras_run(trained.deciding)), strict=True
    ):
        wanted = [classes[label] for label in example.output[0].argmax(-1)]
        assert (count, cut) == (len(wanted), 0)
        wrong += [(tags, wanted)] if tags != wanted else []
    lengths, right = [row[0] for row in found], len(found) - len(wrong)
    marked = sum(tag != "O" for *_, tags in found for tag in tags)
    told = f"{right:,} of {len(found):,} sentences, {min(lengths)} to {max(lengths)} words, {marked:,} marked"
    print(f"{tagger}, {name}: {told}")
    assert not wrong
    assert marked
