"""`from: name:1` is the second output of a layer, or the second tensor that a group gives."""

from __future__ import annotations

import pytest

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check

SPEC = """nnspec: 1
inputs: {x: [4]}
layers:
  - name: both
    parallel: [[{Dense: {units: 3, activation: relu}}], [{Dense: {units: 5, activation: relu}}]]
  - Dense: 2
    from: "both:%d"
"""


@pytest.mark.parametrize(("number", "params"), [(0, 4 * 3 + 3 + 3 * 2 + 2), (1, 4 * 5 + 5 + 5 * 2 + 2)])
def test_a_number_is_that_of_the_branch(number: int, params: int) -> None:
    checked = check(Source.from_text(SPEC % number))
    assert checked.spec is not None
    assert checked.spec.param_count == params
