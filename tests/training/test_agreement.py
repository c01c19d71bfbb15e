"""The table of what losses and metrics take, held against Keras: what is accepted works, what is refused would not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.trainers.compile_utils import CompileMetrics

import nnspec
from nnspec.catalog.comparisons import LOSSES, METRICS, kind_of, rises
from nnspec.catalog.kinds import catalog
from nnspec.data.table import FeatureSpec
from nnspec.frontend.agreement.ends import End, lacks_last_axis
from nnspec.frontend.agreement.metrics import metric_misfit
from nnspec.frontend.agreement.targets import misfit
from nnspec.frontend.spec import Output, Ref
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

CLASSES, BATCH = 3, 8
NEEDED = {
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "MeanIoU": {"num_classes": CLASSES},
    "OneHotMeanIoU": {"num_classes": CLASSES},
    "IoU": {"num_classes": CLASSES, "target_class_ids": [0]},
    "OneHotIoU": {"num_classes": CLASSES, "target_class_ids": [0]},
}
VARIANTS = {
    "MeanIoU": [{"sparse_y_pred": False}, {"sparse_y_pred": False, "sparse_y_true": False}],
    "IoU": [{"sparse_y_pred": False}, {"sparse_y_pred": False, "sparse_y_true": False}],
    "PearsonCorrelation": [{"axis": 0}],
    "ConcordanceCorrelation": [{"axis": 0}],
    "AUC": [{"from_logits": True}, {"multi_label": True}],
    "Precision": [{"class_id": 2}, {"top_k": 1}],
}
AXES: dict[str, tuple[int, ...]] = {"row": (), "steps": (5,), "image": (4, 4)}
# Outputs by their last axis, and targets: whole numbers, of two classes or of three; a value for each class; numbers.
UNITS = {"one": (1,), "several": (CLASSES,), "none": ()}
TARGETS = {"two": "int32", "classes": "int32", "one-hot": "float32", "numbers": "float32", "column": "float32"}
PAIRS = [(axes, units, target) for axes in AXES for units in UNITS for target in TARGETS]
# Kinds that no network can be measured by with their own defaults.
NEVER = {"Accuracy"}


def sample(axes: str, units: str, target: str) -> tuple[End, FeatureSpec, Any, Any]:
    """An output between 0 and 1 and its targets, each as described and as an array."""
    draw = np.random.default_rng(0)
    shape = (*AXES[axes], *UNITS[units])
    values = draw.random((BATCH, *shape)).astype("float32")
    if units == "several":
        values /= values.sum(-1, keepdims=True)
    labels = draw.integers(0, 2 if target == "two" else CLASSES, (BATCH, *AXES[axes])).astype("int32")
    if target == "one-hot":
        targets = np.eye(CLASSES, dtype="float32")[labels]
    elif target in ("numbers", "column"):
        targets = draw.random((BATCH, *AXES[axes], *((1,) if target == "column" else ()))).astype("float32")
    else:
        targets = labels
    end = End(Output("y", Ref("dense")), shape, "softmax" if units == "several" else "sigmoid")
    return end, FeatureSpec(targets.shape[1:], targets.dtype.name), values, targets


def metrics() -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in METRICS:
        yield kind, NEEDED.get(kind, {})
        for arguments in VARIANTS.get(kind, ()):
            yield kind, {**NEEDED.get(kind, {}), **arguments}


def measured(metric: Any, values: Any, targets: Any) -> Any:
    """What a metric says, by the way that `fit` takes."""
    compiled = CompileMetrics([metric], None, output_names=["y"])
    compiled.build(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(values))
    compiled.update_state(keras.ops.convert_to_tensor(targets), keras.ops.convert_to_tensor(values))
    return np.array([keras.ops.convert_to_numpy(value).mean() for value in compiled.result().values()])


def test_the_table_has_every_kind() -> None:
    assert set(METRICS) == set(catalog().kinds("metric"))
    assert set(LOSSES) == set(catalog().kinds("loss"))


def test_words_are_the_kinds_that_keras_takes_them_for() -> None:
    for category, module in (("metric", keras.metrics), ("loss", keras.losses)):
        for word in catalog().words(category):
            if word in ("accuracy", "acc", "crossentropy", "ce") or word[0].isupper():  # by the shapes; kinds
                continue
            found = module.get(word)
            name = getattr(found, "__name__", None)
            kind = kind_of(category, word)
            assert kind is not None, word
            same = type(found).__name__ == kind or kind_of(category, str(name)) == kind
            assert same, word


@pytest.mark.parametrize(("kind", "arguments"), metrics(), ids=str)
def test_a_metric_takes_what_the_table_says(kind: str, arguments: dict[str, Any]) -> None:
    accepted = 0
    for axes, units, name in PAIRS:
        end, target, values, targets = sample(axes, units, name)
        classes = {"two": 2, "classes": CLASSES, "one-hot": CLASSES}.get(name)
        if (units == "several" and name == "two") or arguments.get("class_id", 0) >= (end.units or 1):
            continue  # of a class that is not there `nnspec.frontend.agreement.settings` tells
        made = getattr(keras.metrics, kind)(**arguments)
        found = metric_misfit(KindValue(kind, arguments), METRICS[kind], end, target, classes)
        if found is None:
            accepted += 1
            whole = targets[..., None] if lacks_last_axis(end, target) else targets
            result = measured(made, values, whole)
            assert np.isfinite(result).all() or "Correlation" in kind, (axes, units, name)  # of constants there is none
        elif name == "classes" and units == "several" and METRICS[kind].form in ("values", "each class"):
            # Class numbers against a value for each class: an error of Keras's, or a number that means nothing.
            assert found[1] is not None, "a plain change makes it fit, and the hint names it"
    assert accepted or kind in NEVER or METRICS[kind].form == "by argument"


@pytest.mark.parametrize("kind", [kind for kind, takes in LOSSES.items() if takes.form != "sequences"])
def test_a_loss_takes_what_the_table_says(kind: str) -> None:
    accepted = 0
    for axes, units, name in PAIRS:
        end, target, values, targets = sample(axes, units, name)
        classes = {"two": 2, "classes": CLASSES, "one-hot": CLASSES}.get(name)
        if misfit("its loss", end, target, LOSSES[kind], classes) is not None:
            continue
        accepted += 1
        whole = targets[..., None] if lacks_last_axis(end, target) else targets
        loss = getattr(keras.losses, kind)()
        assert np.isfinite(float(loss(whole, values))), (axes, units, name)
        if kind.startswith(("Sparse", "Categorical")) and units == "several":  # the same as by hand
            assert float(loss(whole, values)) >= 0
    assert accepted


@pytest.mark.parametrize(
    ("shape", "layer", "loss", "metric"),
    [
        ((6, 2), "{Dense: 1}", "MeanSquaredError", "MeanAbsoluteError"),
        ((2,), "{Dense: {units: 1, activation: sigmoid}}", "BinaryCrossentropy", "F1Score"),
    ],
)
def test_a_target_without_the_last_axis_is_compared_as_by_hand(
    tmp_path: Path, shape: tuple[int, ...], layer: str, loss: str, metric: str
) -> None:
    draw = np.random.default_rng(0)
    x, weights = draw.random((12, *shape)).astype("float32"), draw.random(12).astype("float32")
    steps = shape[:-1]
    y = draw.random((12, *steps)).astype("float32") if steps else draw.integers(0, 2, 12)
    np.savez(tmp_path / "d.npz", x=x, y=y, w=weights)
    path = tmp_path / "spec.yaml"
    path.write_text(
        f"nnspec: 1\ninputs: {{x: {list(shape)}}}\nlayers: [{layer}]\n"
        "data: {source: {Arrays: {path: d.npz, weight: w}}, batch_size: 6, shuffle: false}\n"
        f"train: {{epochs: 1, optimizer: SGD, loss: {loss}, metrics: [{metric}]}}\n"
    )
    ours = nnspec.train(path, run=tmp_path / "run").metrics
    model = nnspec.build(path, seed=0)
    model.compile("sgd", loss=loss, metrics=[getattr(keras.metrics, metric)()])
    each = np.broadcast_to(weights.reshape(-1, *[1] * len(steps)), y.shape)
    targets = y[..., None].astype("float32")
    theirs = model.fit(x, targets, sample_weight=each, batch_size=6, shuffle=False, verbose=0).history
    assert float(ours["loss"]) == pytest.approx(theirs["loss"][0], abs=1e-6)
    name = next(name for name in theirs if name != "loss")
    assert np.ravel(ours[name]).tolist() == pytest.approx(np.ravel(theirs[name][0]).tolist(), abs=1e-6)


@pytest.mark.parametrize("kind", sorted(METRICS))
def test_what_looks_at_masks_is_a_mean_of_values(kind: str) -> None:
    values = keras.ops.convert_to_tensor(np.array([[[0.9], [0.2]]], "float32"))
    values._keras_mask = keras.ops.convert_to_tensor(np.array([[True, False]]))
    is_mean = issubclass(getattr(keras.metrics, kind), keras.metrics.MeanMetricWrapper)
    takes = METRICS[kind]
    assert takes.counts_padding is not (is_mean and not kind.endswith("IoU"))
    if takes.form == "values" and not takes.rows and takes.counts_padding:
        metric = getattr(keras.metrics, kind)(**NEEDED.get(kind, {}))
        without = getattr(keras.metrics, kind)(**NEEDED.get(kind, {}))
        metric.update_state(np.array([[[1.0], [0.0]]]), values)
        without.update_state(np.array([[[1.0], [0.0]]]), np.asarray(values))
        np.testing.assert_array_equal(metric.result(), without.result())


@pytest.mark.parametrize("kind", sorted(METRICS))
def test_what_is_better_is_what_keras_takes_for_better(kind: str) -> None:
    known = {"up": True, "down": False, None: None}
    assert rises(kind) is known[getattr(getattr(keras.metrics, kind)(**NEEDED.get(kind, {})), "_direction", None)]
