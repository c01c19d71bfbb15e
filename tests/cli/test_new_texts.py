"""New examples of a network on one text: a text, a file of lines, or a table whose column it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnspec
from nnspec.cli.predict import read_inputs
from nnspec.data.dataset import open_dataset
from nnspec.data.errors import DataError
from nnspec.frontend.spec import Spec

np = pytest.importorskip("numpy")
pytest.importorskip("pyarrow", reason="JSON lines are read by pyarrow")

SPEC = """nnspec: 1
inputs: {text: {shape: [null], dtype: int32}}
layers: [{Embedding: {input_dim: $data.vocabulary_size, output_dim: 2}}, GlobalAveragePooling1D, {Dense: 2}]
data: {source: {Table: {path: t.jsonl, inputs: {text: {type: text}}, targets: {label: {}}}}}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    """Of a spec in another folder than the current one."""
    (tmp_path / "specs").mkdir()
    rows = [{"text": f"good film {'ab'[n % 2]}", "label": "pn"[n % 2]} for n in range(8)]
    (tmp_path / "specs" / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "specs" / "net.yaml").write_text(SPEC)
    (tmp_path / "new.jsonl").write_text('{"text": "bad film"}\n{"text": "good b"}\n')
    (tmp_path / "new.csv").write_text("id,text\n1,bad film\n2,good b\n")
    (tmp_path / "lines.txt").write_text("bad film\ngood b\n")
    monkeypatch.chdir(tmp_path)
    return nnspec.load("specs/net.yaml").spec


@pytest.mark.parametrize(
    "given", [("new.jsonl",), ("new.csv",), ("lines.txt",), ("bad film", "good b"), ('{"text": "bad film"}', "good b")]
)
def test_each_way_to_give_two_texts(spec: Spec, given: tuple[str, ...]) -> None:
    encoder = open_dataset(spec.required_data, spec.path.parent, 0).encoder
    found = encoder.encode(read_inputs(spec, given))["text"].take(np.arange(2))
    assert found.shape == (2, 2)
    assert found[0, 0] == 1, "`bad` is no word of the training part"
    assert found[0, 1] > 1 and (found[1] > 1).all()


def test_a_table_that_is_not_there_is_no_text(spec: Spec) -> None:
    encoder = open_dataset(spec.required_data, spec.path.parent, 0).encoder
    with pytest.raises(DataError, match="cannot read the file"):
        encoder.encode(read_inputs(spec, ("nwe.jsonl",)))
    assert len(encoder.encode(read_inputs(spec, ("please send report.csv",)))["text"].take(np.arange(1))) == 1
