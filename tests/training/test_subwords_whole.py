"""Pieces of words from the text to the phone: trained, resumed, measured, continued, exported, and cut there the same."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kill_at import KillAt, Killed
from training_specs import WriteSpec

import nnspec
from nnspec.data.dataset import open_dataset, open_encoder
from nnspec.data.doubts import doubts
from nnspec.frontend.spec import Spec
from nnspec.runs.run_folder import RunFolder

pytestmark = [pytest.mark.tf, pytest.mark.long]
pytest.importorskip("tokenizers", reason="subwords need nnspec[subwords]")

ASSETS = Path(nnspec.__file__).with_name("export") / "web" / "assets"
LABELLED = """
name: opinions
inputs: {text: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 4, mask_zero: true}
  - LSTM: 4
  - Dense: {units: $data.classes, activation: softmax}
data:
  source: {Text: {path: a.tsv, subwords: wordpiece, max_size: 120, max_length: 12}}
  split: {validation: 0.25}
  batch_size: 8
train: {epochs: 2, optimizer: {Adam: 0.05}, loss: SparseCategoricalCrossentropy}
export: [TFLite: {length: 12, bundle: true}, Web: {length: 12}]
"""
CONTINUED = """
name: continued
inputs: {text: {shape: [6], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 8}
  - GRU: {units: 16, return_sequences: true}
  - Dense: {units: $data.classes, activation: softmax}
data:
  source: {RunningText: {path: a.txt, subwords: bpe, max_size: 300, length: 6, stride: 2}}
  split: {validation: 0.2}
  batch_size: 8
train: {epochs: 6, optimizer: {Adam: 0.05}, loss: SparseCategoricalCrossentropy, checkpoint_every: 2}
export: [TFLite: {bundle: true}, Web]
"""
SENTENCES = ["unhappily the worst café", "the happiest players replayed", "İstanbul <pad> <unk> 12½ ✂", "a  b\n"]


@pytest.fixture
def texts(folder: Path) -> Path:
    rows = [
        "good\tthe happiest players",
        "bad\tunhappily the worst",
        "good\tplaying happily",
        "bad\tthe unhappy replay",
    ]
    (folder / "a.tsv").write_text("".join(f"{row}\n" for row in rows * 8), encoding="utf-8")
    (folder / "a.txt").write_text("the happiest café players replayed it\n" * 40, encoding="utf-8")
    return folder


def cut_elsewhere(folder: Path, web: Path, name: str) -> tuple[list[list[int]], list[list[int]] | None]:
    """The numbers of the sentences by the README's Python, and by the page."""
    code = (folder / "README.md").read_text(encoding="utf-8").partition("from tokenizers import Tokenizer")[2]
    known: dict[str, Any] = {"Path": lambda file: folder / file, "np": np}
    body = code.partition("\nprint(")[0].replace('from_file("', f'from_file("{folder}/')
    exec("from tokenizers import Tokenizer" + body, known)
    python = [known["encode"](text)[0].tolist() for text in SENTENCES]
    if shutil.which("node") is None:
        return python, None
    for module in ("encode", "subwords"):
        text = (web / f"{module}.js").read_text(encoding="utf-8")
        (folder / f"{module}.mjs").write_text(text.replace("subwords.js", "subwords.mjs"), encoding="utf-8")
    shutil.copy(web / "model.json", folder / "model.json")
    (folder / "sentences.json").write_text(json.dumps(SENTENCES))
    (folder / "main.mjs").write_text(
        'import {Subwords} from "./subwords.mjs"; import {pieces} from "./encode.mjs"; import {readFileSync} from "node:fs";\n'
        'const [card, texts] = ["model.json", "sentences.json"].map(name => JSON.parse(readFileSync(name, "utf8")));\n'
        "const known = new Map(card.vocabulary.map((word, number) => [word, number || 1])), subwords = new Subwords(card.tokenizer);\n"
        f"console.log(JSON.stringify(texts.map(text => [...pieces(text, card, known, subwords).inputs.{name}])));\n"
    )
    answer = subprocess.run(["node", "main.mjs"], cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    return python, json.loads(answer.stdout)


def exported(spec: Spec, run: Path, length: int) -> None:
    bundle = run / "export" / f"{spec.name}.bundle"
    assert all(one.ok for one in nnspec.export(spec, run=run))
    assert nnspec.verify(bundle).data["ok"]
    python, page = cut_elsewhere(bundle, run / "export" / f"{spec.name}.web", "text")
    encoder = open_encoder(spec.required_data, spec.path.parent, RunFolder(run).assets)
    vocabulary = encoder.assets.vocabulary
    assert vocabulary is not None and vocabulary.subwords is not None
    wanted = [vocabulary.encode(vocabulary.subwords.words(text)) for text in SENTENCES]
    assert python == wanted
    assert page is None or page == [(row + [0] * length)[:length] for row in wanted]


def resumed(spec: Spec) -> Path:
    """The run of a training that was killed, which has the weights of one that was not."""
    whole = nnspec.train(spec, run="whole", progress=False)
    with pytest.raises(Killed):
        nnspec.train(spec, run="run", reporter=KillAt(5))
    found = nnspec.train(spec, run="run", progress=False)
    assert found.resumed_from is not None and found.weights_sha256 == whole.weights_sha256
    assert RunFolder(found.run).read_record()["files"]["assets/tokenizer.json"]
    return found.run


def test_labelled_texts(spec: WriteSpec, texts: Path) -> None:
    loaded = spec(LABELLED)
    run = nnspec.train(loaded, progress=False).run
    assert nnspec.evaluate(loaded, run=run)["metrics"]["loss"] > 0
    (answer,) = nnspec.predict(loaded, "unhappiest café", run=run)
    assert answer["label"] in ("good", "bad")
    exported(loaded, run, 12)


def test_a_text_goes_on(spec: WriteSpec, texts: Path) -> None:
    loaded = spec(CONTINUED)
    assert not [one for one in doubts(open_dataset(loaded.required_data, texts, 0)) if one.code == "W0915"]
    run = resumed(loaded)
    assert nnspec.evaluate(loaded, run=run)["metrics"]["perplexity"] < 100
    (answer,) = nnspec.predict(loaded, "the happiest", run=run, sampling={"tokens": 4, "temperature": 0})
    assert answer["text"].startswith(" café players")
    exported(loaded, run, 6)
