"""Mistakes that are told with what to write: once the fix is applied, as it is offered to an editor, no error is left."""

from __future__ import annotations

import pytest

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.edits import apply
from nnspec.frontend.pipeline import check
from nnspec.frontend.trainer_words import VALUE, setting

SPEC = """\
nnspec: 1
name: pets
inputs: {photo: [8, 8, 3]}
layers:
  - Rescaling: $(1 / 255)
  - Flatten
  - Dense: {units: 2, activation: softmax}
data:
  source: {ImageFolder: {path: pets, image_size: [8, 8]}}
  batch_size: 4
train:
  epochs: 1
  optimizer: {Adam: {learning_rate: 1e-3}}
  loss: SparseCategoricalCrossentropy
"""
EPOCHS, BATCH, NAME = "  epochs: 1\n", "  batch_size: 4\n", "name: pets\n"


@pytest.mark.parametrize(
    ("right", "wrong", "hint", "mended"),
    [
        # Settings of other trainers, which have another place here, or none.
        (EPOCHS, f"{EPOCHS}  num_workers: 4\n", "examples are read beside the training", None),
        (EPOCHS, f"{EPOCHS}  precision: 16\n", "did you mean `mixed_float16`?", "precision: mixed_float16"),
        (EPOCHS, f"{EPOCHS}  validation_split: 0.2\n", "here it is `validation`", "split: {validation: 0.2}"),
        (EPOCHS, f"{EPOCHS}  n_epochs: 3\n", "`epochs` stands here already: leave `n_epochs` out", None),
        (EPOCHS, f"{EPOCHS}  lr: 0.01\n", "Adam has `learning_rate: 0.001` already: leave `lr` out", None),
        (EPOCHS, f"{EPOCHS}  clip_grad: 1.0\n", "it is `clipnorm` of Adam", "{learning_rate: 1e-3, clipnorm: 1.0}"),
        (EPOCHS, f"{EPOCHS}  device: cuda\n", "a GPU that TensorFlow finds is used by itself", None),
        (EPOCHS, f"{EPOCHS}  verbose: 1\n", "progress is shown", None),
        (EPOCHS, f"{EPOCHS}  save_dir: out\n", "each run has a folder of its own", None),
        (EPOCHS, f"{EPOCHS}  batch: 16\n", "`batch_size` stands under `data:` already, `4`", None),
        (EPOCHS, "  max_epochs: 3\n", "did you mean `epochs`?", "  epochs: 3"),
        (BATCH, "", None, None),
        (BATCH, f"{BATCH}  shuffle_buffer: 1000\n", "the whole training part is shuffled", None),
        (BATCH, f"{BATCH}  test_split: 0.1\n", "stands under `data.split:`", "split: {test: 0.1}"),
        (NAME, f"{NAME}learning_rate: 0.1\n", "stands under `train.optimizer.Adam:` already, `1e-3`", None),
        (
            NAME,
            f"{NAME}callbacks: [EarlyStopping: {{monitor: loss}}]\n",
            "stands under `train:`",
            "  callbacks: [Early",
        ),
        (NAME, f"{NAME}epochs: 3\n", "`epochs` stands under `train:` already, `1`: leave this one out", None),
    ],
)
def test_mended(right: str, wrong: str, hint: str | None, mended: str | None) -> None:
    assert right in SPEC
    text = SPEC.replace(right, wrong, 1)
    for _ in range(3):  # a fix may bring the next fault to light
        checked = check(Source.from_text(text), data=False)
        errors = [one for one in checked.diagnostics if one.severity == "error"]
        if not errors:
            break
        if hint is not None:
            assert hint in str(errors[0])
            hint = None
        assert errors[0].fix is not None, str(errors[0])
        text = apply(text, errors[0].fix.edits)
    assert not errors and hint is None, text
    assert (mended or "") in text


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("patience", "10", "`callbacks: [{EarlyStopping: {patience: 10}}]`"),
        (
            "early_stopping",
            "{patience: 3, metric: loss}",
            "`callbacks: [{EarlyStopping: {patience: 3, monitor: loss}}]`",
        ),
        ("imgsz", "640", "image_size: [640, 640]"),
        ("warmup_steps", "100", "warmup_target"),
        ("momentum", "0.9", "`optimizer: {SGD: {learning_rate: 0.01, momentum: 0.9}}`"),
        ("milestones", "[30, 60]", "{PiecewiseConstantDecay: {boundaries"),
        ("amp", "true", "write `precision: mixed_float16`"),
        ("dropout", "0.1", "`- Dropout: 0.1`"),
        ("compile", "{optimizer: adam}", "here stand epochs"),
        ("max_length", "8", "is an argument of a source"),
    ],
)
def test_settings_of_other_trainers_are_told_where_they_stand_here(key: str, value: str, hint: str) -> None:
    checked = check(Source.from_text(SPEC.replace(EPOCHS, f"{EPOCHS}  {key}: {value}\n")), data=False)
    (error,) = (one for one in checked.diagnostics if one.severity == "error")
    assert hint in str(error) and VALUE not in str(error)
    assert key == "compile" or error.fix is None


def test_a_section_is_never_taken_for_a_setting() -> None:
    assert (one := setting("compile")) is not None and one.goes
    checked = check(Source.from_text(SPEC.replace("train:", "compile:")), data=False)
    assert "did you mean `train`?" in str(checked.diagnostics[0])
