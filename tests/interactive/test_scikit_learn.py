"""The estimators against scikit-learn's own checks, and with what people use them with."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

import nnspec
from nnspec.estimators import _stored

pytestmark = pytest.mark.tf

CLASSES: dict[str, Any] = {
    "nnspec": 1,
    "name": "mlp",
    "inputs": {"x": ["$data.features"]},
    "layers": [
        {"Dense": {"units": 32, "activation": "relu"}},
        {"Dense": {"units": "$data.classes", "activation": "softmax"}},
    ],
    "data": {"source": {"Arrays": {"path": "the arrays take its place.npz"}}, "batch_size": 32},
    "train": {"epochs": 8, "optimizer": {"Adam": {"learning_rate": 0.03}}},
}
NUMBERS = {**CLASSES, "layers": [{"Dense": {"units": 32, "activation": "relu"}}, {"Dense": 1}]}

# Which examples are in a batch together decides the steps: an example of weight 0 still has its place in one.
WEIGHTS = dict.fromkeys(
    ("check_sample_weight_equivalence_on_dense_data", "check_sample_weight_equivalence_on_sparse_data"),
    "a network learns in batches, in which an example that counts nothing still has its place",
)


@pytest.fixture(scope="module")
def fitted() -> tuple[Any, np.ndarray, np.ndarray]:
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    return nnspec.Classifier(CLASSES, random_state=0).fit(x, names), x, names


@pytest.mark.long
def test_arrays_in_and_arrays_out(fitted: tuple[Any, np.ndarray, np.ndarray]) -> None:
    classifier, x, y = fitted
    chances = classifier.predict_proba(x)
    assert chances.shape == (150, 3) and np.allclose(chances.sum(1), 1, atol=1e-6)
    assert (classifier.predict(x) == classifier.classes_[chances.argmax(1)]).all()
    assert classifier.score(x, y) > 0.85
    assert [line["epoch"] for line in classifier.history_] == [*range(1, 9)]
    assert np.array_equal(classifier.predict_proba(x[7:8])[0], chances[7])


def test_a_fitted_one_is_kept_and_nothing_is_left_on_disk(
    fitted: tuple[Any, np.ndarray, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier, x, _ = fitted
    again = pickle.loads(pickle.dumps(classifier))
    assert np.array_equal(again.predict_proba(x[:5]), classifier.predict_proba(x[:5]))
    fresh = clone(classifier)
    assert fresh.get_params() == classifier.get_params() and not hasattr(fresh, "model_")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fresh.set_params(train__epochs=1).fit(x, _)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.long
def test_a_grid_goes_over_values_of_the_spec() -> None:
    x, y = make_regression(60, 3, random_state=0)
    grid = GridSearchCV(nnspec.Regressor(NUMBERS, random_state=0), {"train__epochs": [1, 4]}, cv=2)
    grid.fit(x, y / y.std())
    assert grid.best_params_ == {"train__epochs": 4} and grid.best_estimator_.n_iter_ == 4
    assert grid.predict(x).shape == (60,)


def test_what_is_no_estimator_is_told() -> None:
    x, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="needs a spec"):
        nnspec.Classifier().fit(x, y)
    with pytest.raises(nnspec.SpecError, match="E0203"):
        nnspec.Classifier({**CLASSES, "layers": [{"Dense": {"unitz": 3}}]}).fit(x, y)
    two = {"a": [4], "b": [4]}
    layers = [{"Concatenate": None, "from": ["a", "b"]}, {"Dense": 3}]
    with pytest.raises((ValueError, nnspec.SpecError), match=r"inputs|E0"):
        nnspec.Classifier({**CLASSES, "inputs": two, "layers": layers}).fit(x, y)


@pytest.mark.proof
@parametrize_with_checks(
    [
        nnspec.Classifier(CLASSES, random_state=0),
        nnspec.Regressor(NUMBERS, random_state=0, settings={"train__epochs": 30}),
    ],
    expected_failed_checks=lambda estimator: WEIGHTS,
)
def test_scikit_learn_checks_it(estimator: Any, check: Any) -> None:
    check(estimator)


def test_whole_numbers_are_numbers_unless_the_input_takes_them_whole() -> None:
    x = np.arange(24).reshape(12, 2)
    classifier = nnspec.Classifier(CLASSES, settings={"train__epochs": 1}).fit(x, [0, 1] * 6)
    assert classifier.predict(x.astype(np.float64)).tolist() == classifier.predict(x).tolist()
    tokens = {**CLASSES, "inputs": {"x": {"shape": [2], "dtype": "int32"}}}
    tokens["layers"] = [{"Embedding": {"input_dim": 24, "output_dim": 4}}, "Flatten", CLASSES["layers"][-1]]
    fitted = nnspec.Classifier(tokens, settings={"train__epochs": 1}).fit(x, [0, 1] * 6)
    assert fitted.predict_proba(x).shape == (12, 2)
    with pytest.raises(ValueError, match=r"example 3: `x` holds 24, and the Embedding `embedding` .* has 24 rows"):
        fitted.predict(np.where(x == 4, 24, x))
    with pytest.warns(UserWarning, match="float32"):
        _stored(x + 2**25, "float32")
    with pytest.warns(UserWarning, match="y holds whole numbers"):
        nnspec.Regressor(NUMBERS, settings={"train__epochs": 1}).fit(x, np.arange(12) + 2**25)
    with pytest.raises(ValueError, match="y holds numbers that are too large"):
        nnspec.Regressor(NUMBERS).fit(x, np.full(12, 1e300))


class Labelled(np.ndarray):
    """Rows with labels, as pandas has them."""

    class index:
        equals = staticmethod(lambda other: False)


def test_rows_of_other_labels_and_texts_among_numbers_are_told() -> None:
    x = np.eye(4).view(Labelled)
    with (
        pytest.warns(UserWarning, match="y has another index than X"),
        pytest.raises(ValueError, match="y holds texts and 1, which is none"),
    ):
        nnspec.Classifier(CLASSES).fit(x, np.array([1, "a", 1, "a"], object).view(Labelled))


def test_a_scale_of_the_spec_that_arrays_do_not_get_is_told() -> None:
    source = {"Csv": {"path": "iris.csv", "target": "kind", "scale": "standard"}}
    spec = {**CLASSES, "data": {**CLASSES["data"], "source": source}}
    with pytest.warns(UserWarning, match="its `scale` is not applied to X"):
        nnspec.Classifier(spec, settings={"train__epochs": 1}).fit(np.eye(6), [0, 1] * 3)
