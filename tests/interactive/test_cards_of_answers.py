"""Cards of predictions and exported files: whatever a label, a word or a path is, it is text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cards import HOSTILE, assert_harmless

from nnspec.evaluation.predict import Predictions, is_one_example
from nnspec.export.artifact import Artifact, Artifacts
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import load

pytestmark = pytest.mark.tf

LABELLED = {"label": HOSTILE, "probability": 0.75, "probabilities": {HOSTILE: 0.75, "b": 0.25}}
TAGGED = {"tokens": [HOSTILE, "is"], "tags": [f"B-{HOSTILE}", "O"], "entities": [{"type": HOSTILE}], "cut": 3}


@pytest.mark.parametrize(
    "answer",
    [
        LABELLED,
        TAGGED,
        {"values": [1.5, 2.0]},
        {"text": HOSTILE},
        {"labels": [HOSTILE], "probabilities": {HOSTILE: 0.9}},
        {"map": [[0]], "shares": {HOSTILE: 1.0}},
        {HOSTILE: LABELLED, "other": {**TAGGED, "offsets": []}},
    ],
)
def test_answers_are_cards(answer: dict[str, Any]) -> None:
    found = Predictions([{"input": HOSTILE, **answer}] * 60, [HOSTILE] * 60)
    html = found._repr_html_()
    assert_harmless(html)
    assert html is not None and "and 10 more" in html
    assert found == [{"input": HOSTILE, **answer}] * 60


def test_arrays_that_are_images_are_seen() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    found = Predictions([{"input": "array", **LABELLED}] * 2, [image, image[..., 0]])
    html = found._repr_html_()
    assert html is not None and html.count("data:image/png") == 2


def test_files_are_cards() -> None:
    one = Artifact(
        "TFLite", "int8", Path(HOSTILE), 1000, {}, 0, 0, 0, 0.1, 0.9, 0.8, 1.0, (), False, (HOSTILE,), (HOSTILE,)
    )
    assert_harmless(one._repr_html_())
    assert_harmless(Artifacts([one, one])._repr_html_())
    assert repr(one).startswith("Artifact(") and "FAILED" in repr(one)


def test_one_example_is_told_from_several() -> None:
    spec = load(Source.from_text("nnspec: 1\ninputs: {x: [8, 8, 1]}\nlayers:\n  - Flatten\n"))
    given = {(8, 8, 1): True, (8, 8): True, (3, 8, 8, 1): False, (3, 8, 8): False, (8,): False}
    assert {shape: is_one_example(spec, np.zeros(shape)) for shape in given} == given
    assert not is_one_example(spec, [np.zeros((8, 8, 1))]) and not is_one_example(spec, "a.png")
    varying = load(Source.from_text("nnspec: 1\ninputs: {x: [null, 3]}\nlayers:\n  - GlobalAveragePooling1D\n"))
    given = {(5, 3): True, (2, 5, 3): False, (5,): False, (5, 4): False}
    assert {shape: is_one_example(varying, np.zeros(shape)) for shape in given} == given
    assert not is_one_example(varying, np.full((5, 3), "word"))
