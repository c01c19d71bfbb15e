"""What a spec says of its data otherwise than when its run was trained: told, since a run may be asked about other data."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.pipeline import load
from nnspec.runs.other_settings import read_otherwise
from nnspec.runs.record import spec_text
from nnspec.runs.run_folder import RunFolder

SPEC = """
nnspec: 1
inputs: {tokens: {shape: [null], dtype: int32}}
layers: [{Embedding: {input_dim: 9, output_dim: 2}}, GlobalAveragePooling1D, {Dense: 2}]
data: {source: {Text: {path: t.tsv, lower: true}}, split: {validation: 0.2, test: new.tsv}, batch_size: 4}
train: {epochs: 1}
"""


@pytest.mark.parametrize(
    ("override", "read", "parts"),
    [
        ("train.epochs=2", None, None),
        ("data.batch_size=8", None, None),
        ("data.source.Text.path=other.tsv", None, None),
        ("data.split.test=newer.tsv", None, None),
        ("data.source.Text.lower=false", *["data.source.Text.lower was true, now false"] * 2),
        ("data.source.Text.max_size=5", *["data.source.Text.max_size was (not given), now 5"] * 2),
        ("data.seed=1", None, "data.seed was (not given), now 1"),
        ("data.split.validation=0.4", None, "data.split.validation was 0.2, now 0.4"),
    ],
)
def test_settings_of_the_data_that_differ(override: str, read: str | None, parts: str | None, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.spec.write_text(spec_text(load(tmp_path / "net.yaml")), encoding="utf-8")
    spec = load(tmp_path / "net.yaml", [override])
    assert (read_otherwise(spec, run), read_otherwise(spec, run, parts=True)) == (read, parts)
