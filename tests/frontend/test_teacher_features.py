"""Layers that learn the values of a teacher's: which can be compared, and what `check` says of those that cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.agreement.teacher_features import compared
from nnspec.frontend.pipeline import check

TEACHER = """nnspec: 1
inputs: {image: [8, 8, 1]}
layers:
  - {Conv2D: {filters: 8, kernel_size: 3}, name: wide}
  - {Conv2D: {filters: 8, kernel_size: 3}, name: deep}
  - {GlobalAveragePooling2D: , name: mean}
  - {Dense: 3, name: out}
"""
STUDENT = TEACHER.replace("filters: 8", "filters: 4") + "train: {loss: MeanSquaredError}\n"


def test_how_values_are_compared() -> None:
    assert compared((6, 6, 8), (6, 6, 8)) == compared((8,), (8,)) == compared(None, (8,)) == "values"
    assert compared((6, 6, 8), (6, 6, 4)) == compared((None, 8), (5, 4)) == "maps"
    assert compared((6, 6, 8), (4, 4, 8)) is None and compared((8,), (4,)) is None and compared((8,), (6, 8)) is None


@pytest.mark.parametrize(
    ("features", "says"),
    [
        ("{wide: wide, out: out}", None),
        ("{wide: deep}", "`wide` gives [6, 6, 4], and `deep` of the teacher [4, 4, 8]"),
        ("{mean: mean}", "`mean` gives [4], and `mean` of the teacher [8]"),
        ("{wide: wid}", "no layer of the teacher is called `wid`"),
        ("{wid: wide}", "no layer is called `wid`"),
    ],
)
def test_what_cannot_be_compared_is_refused_at_its_place(tmp_path: Path, features: str, says: str | None) -> None:
    (tmp_path / "teacher").mkdir()
    (tmp_path / "teacher" / "spec.yaml").write_text(TEACHER, encoding="utf-8")
    (tmp_path / "student.yaml").write_text(STUDENT, encoding="utf-8")
    told = check(
        tmp_path / "student.yaml", [f"train.teacher={{run: {tmp_path}/teacher, features: {features}}}"]
    ).diagnostics
    errors = [one.message for one in told if one.severity == "error"]
    assert errors == ([] if says is None else [says])
