from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.data.errors import DataError
from nnspec.frontend.diagnostics import SpecError

pytestmark = pytest.mark.tf

SPEC = """
nnspec: 1
name: tokens
inputs:
  x: {shape: [3], dtype: int32}
layers:
  - Embedding: {input_dim: 5, output_dim: 2}
  - Flatten
  - Dense: 2
data:
  source: {Arrays: a.npz}
  batch_size: 4
train: {epochs: 1, loss: {SparseCategoricalCrossentropy: {from_logits: true}}}
"""


@pytest.mark.parametrize(
    ("kind", "token", "says"),
    [
        ("Embedding", 4, None),
        ("Embedding", 5, "`embedding` has 5 rows, but the numbers of `x` go up to 5"),
        ("ReversibleEmbedding", 5, "`reversible_embedding` has 5 rows, but the numbers of `x` go up to 5"),
        ("ReversibleEmbedding", -1, "but the ReversibleEmbedding .* 0 to 4"),
        ("Embedding", -1, "train, `x`: example 2 has the number -1.*numbers count from 0"),
    ],
)
def test_a_number_that_is_no_row_of_the_embedding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, token: int, says: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.ones((8, 3), np.int64)
    x[2, 1] = token
    np.savez("a.npz", x=x, y=np.arange(8) % 2)
    Path("s.yaml").write_text(SPEC.replace("Embedding:", f"{kind}:"))
    if says is None:
        nnspec.train("s.yaml")
    else:
        with pytest.raises((SpecError, DataError), match=says):
            nnspec.train("s.yaml")
