from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.data import many_cells, remarks, scaling
from nnspec.data.scaling import Scale, apply, fit, invert

NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20)


@given(NUMBERS)
@pytest.mark.slow
def test_standard_is_numpys(values: list[float]) -> None:
    scale = fit(values, "standard", "fail")
    assert scale.offset == pytest.approx(np.mean(values), abs=1e-9)
    assert scale.factor == pytest.approx(np.std(values) or 1.0, abs=1e-9) or np.std(values) < 1e-9


@given(NUMBERS, st.sampled_from(["none", "standard", "minmax"]))
def test_what_is_scaled_comes_back(values: list[float], method: str) -> None:
    scale = fit(values, method, "fail")  # type: ignore[arg-type]
    column = np.array(values)[:, None]
    tolerance = 1e-3 + 1e-6 * scale.factor
    assert invert(apply(column, [scale]), [scale]) == pytest.approx(column, abs=tolerance)


def test_minmax_of_training_is_0_to_1() -> None:
    assert fit([3, 1, 2], "minmax", "fail") == Scale(1, 2)


def test_missing_values_do_not_count() -> None:
    assert fit([math.nan, 1, 3], "standard", "mean") == Scale(2, 1, 2)
    assert fit([math.nan], "standard", "mean") == Scale()


def test_a_missing_value_is_filled_before_it_is_scaled() -> None:
    scaled = apply(np.array([[math.nan, math.nan]]), [Scale(2, 1, 2), Scale(2, 4, 0)])
    assert scaled.tolist() == [[0, -0.5]] and scaled.dtype == np.float32


def test_one_scale_serves_any_shape() -> None:
    assert invert(np.ones((2, 3, 4)), [Scale(1, 2)]).tolist() == np.full((2, 3, 4), 3).tolist()
    assert invert(np.ones((2, 2)), [Scale(1, 2), Scale(0, 5)]).tolist() == [[3, 5], [3, 5]]


@pytest.mark.parametrize("many", [1, 1 << 30])
def test_large_numbers_are_found_by_either_way(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_cells, "MANY", many)
    large = float(remarks.EXACT + 1)
    cells = memoryview(array("d", [1, remarks.EXACT, -large, float("nan"), large, 0]))
    assert list(remarks.beyond(cells, remarks.EXACT)) == [2, 4]
    assert list(remarks.beyond(cells[::2], remarks.EXACT)) == [1, 2]  # those of a column within rows


def test_the_range_of_a_column_within_rows() -> None:
    cells = memoryview(array("d", [1, 9, 3, 9, float("nan"), 9, 5, 9]))
    assert scaling.scaled_range(cells[::2], {"offset": 1, "factor": 2, "fill": 0}) == (0, 2)
    assert scaling.scaled_range(iter([1, 5]), {"offset": 1, "factor": 2, "fill": 0}) == (0, 2)
