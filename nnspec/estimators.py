"""Networks as scikit-learn's estimators: arrays in, arrays out.

    classifier = nnspec.Classifier("specs/iris.yaml", random_state=0).fit(X, y)
    classifier.predict_proba(X_new)
    GridSearchCV(classifier, {"train__epochs": [20, 40], "params__units": [8, 32]}).fit(X, y)

The data of the spec are the arrays, whatever its `data` section says of a source; sizes may follow them, by
`$data.features` and `$data.classes`. Importing this file imports scikit-learn: `pip install "nnspec[sklearn]"`.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data
except ImportError as error:
    raise ImportError('nnspec.Classifier and Regressor need scikit-learn: pip install "nnspec[sklearn]"') from error

from nnspec.spec_file import SpecFile, load

if TYPE_CHECKING:
    import numpy as np

    from nnspec.frontend.spec import Spec

BATCH = 64  # examples that are predicted at a time, always as many: what one gets does not depend on the others
OWN = ("source", "classes", "targets")  # of the data section, what the arrays say in its place


class _Network(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """What both have in common: see `Classifier`."""

    def __init__(
        self,
        spec: Any = None,
        *,
        settings: Mapping[str, Any] | None = None,
        random_state: Any = None,
        progress: bool | None = False,
    ) -> None:
        self.spec = spec
        self.settings = settings
        self.random_state = random_state
        self.progress = progress

    def set_params(self, **params: Any) -> Any:
        """Sets arguments of the constructor, and values of the spec: `set_params(train__epochs=3)`.

        A value of the spec is named by its path, with two underscores or dots between its parts.
        """
        own = {name: value for name, value in params.items() if "__" not in name and "." not in name}
        super().set_params(**own)
        values = {name: value for name, value in params.items() if name not in own}
        if values:
            self.settings = {**(self.settings or {}), **values}
        return self

    def _fit(self, x: np.ndarray, y: np.ndarray, sample_weight: Any) -> None:
        """Trains on arrays, in a folder that is gone afterwards."""
        from nnspec.console.quiet import import_tensorflow
        from nnspec.report.notebook.live import session_reporter
        from nnspec.runs.contents import read_metrics

        folder = Path(tempfile.mkdtemp(prefix="nnspec-"))
        try:
            file = self._file()
            self._dtype = _input_dtype(file)
            arrays = {"x": _stored(x, self._dtype), "y": y}
            if sample_weight is not None:
                arrays["weight"] = _check_sample_weight(sample_weight, x, ensure_non_negative=True)
            spec = self._ready(file, arrays, folder / "data").spec
            _refuse_several(spec)
            import_tensorflow()
            from nnspec.evaluation.open_run import load_model
            from nnspec.tracking.telling import telling_trackers
            from nnspec.training.token_range import look_ups
            from nnspec.training.train import train

            with telling_trackers(session_reporter(self.progress), spec) as reporter:
                result = train(spec, folder / "run", False, reporter)
            self.model_ = load_model(spec, result.run)
            self.history_ = list(read_metrics(result.run, []))
            self.n_iter_ = result.epochs
            self.spec_ = spec.resolved
            self._look_ups = look_ups(spec)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _file(self) -> SpecFile:
        """The spec with the settings."""
        file = self.spec if isinstance(self.spec, SpecFile) else load(_given(self.spec))
        file = SpecFile(file.path, file.overrides, file.plugins, trusted=True, given=file.given)
        return file.set(**(self.settings or {}))

    def _ready(self, file: SpecFile, arrays: Mapping[str, np.ndarray], folder: Path) -> SpecFile:
        """A spec with the arrays for its data, and the seed."""
        import numpy as np

        folder.mkdir()
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
        weight = {"weight": "weight"} if "weight" in arrays else {}
        source = {"Arrays": {"path": str(folder), "inputs": "x", "targets": "y", **weight}}
        file = file.set(data={**_kept(file), "source": source})
        if self.random_state is not None:
            file = file.set(train__seed=int(check_random_state(self.random_state).randint(2**31 - 1)))
        return file

    def _outputs(self, x: Any) -> np.ndarray:
        """What the network gives for each example, float64."""
        import numpy as np

        from nnspec.backend.signature import keras_run, output_of, signature_of
        from nnspec.data.errors import DataError
        from nnspec.training.token_range import refuse_no_row

        check_is_fitted(self, "model_")
        x = _stored(validate_data(self, x, reset=False, allow_nd=True, dtype="numeric"), self._dtype)
        (port,), name = signature_of(self.model_).inputs, self.model_.output_names[0]
        try:
            refuse_no_row(self._look_ups, {port.name: x})
        except DataError as error:
            raise ValueError(f"X: {error}") from None
        run, found = keras_run(self.model_), []
        for start in range(0, len(x), BATCH):
            part = x[start : start + BATCH]
            filled = np.concatenate([part, np.repeat(part[-1:], BATCH - len(part), axis=0)])
            found.append(np.asarray(output_of(run({port.name: filled}), name), np.float64)[: len(part)])
        return np.concatenate(found)


class Classifier(ClassifierMixin, _Network):  # type: ignore[misc]
    """A network that chooses one class for each example.

    Args:
        spec: a spec's file, its text or plain data, or a `SpecFile`; with one input and one output.
        settings: values of the spec by path, `{"train__epochs": 3}`, as of `nnspec.load`.
        random_state: of weights, order and dropout; None leaves the spec's own `seed`, so that two fits are alike.
        progress: as of `nnspec.train`.

    Attributes:
        classes_: the classes, sorted; the network's outputs are in this order.
        model_: the trained `keras.Model`, the best of the epochs by what the spec monitors.
        history_: the metrics of each epoch.
        n_iter_: epochs done.
        n_features_in_: of `X`, along its second axis.
        spec_: the spec that was trained, as plain data.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Classifier:
        """Trains on arrays.

        Args:
            X: [examples, ...], numbers, of the shape of the spec's input.
            y: [examples], classes: numbers or texts.
            sample_weight: [examples], what each counts in the loss.

        Raises:
            ValueError: the arrays are none, hold what is no number, have one class, or texts among other classes.
            SpecError: the spec is invalid, or does not fit the arrays.
        """
        import numpy as np

        _tell_other_rows(X, y=y, sample_weight=sample_weight)
        X, y = validate_data(self, X, y, allow_nd=True, dtype="numeric")
        _refuse_mixed(y)
        check_classification_targets(y)
        self.classes_, numbers = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y holds one class, {self.classes_[0]}: a classifier needs two or more")
        self._fit(X, numbers.astype(np.int32), sample_weight)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, [examples, classes], in the order of `classes_`."""
        import numpy as np

        from nnspec.catalog.activation_ranges import PROBABILITIES
        from nnspec.evaluation.predict import class_chances
        from nnspec.training.compile import last_activation

        values = self._outputs(X)
        is_probability = last_activation(self.model_, self.model_.output_names[0]) in PROBABILITIES
        return np.stack([class_chances(row, is_probability) for row in values])

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each example, [examples], of the type of `classes_`."""
        chances = self.predict_proba(X)
        found: np.ndarray = self.classes_[chances.argmax(1)]
        return found


class Regressor(RegressorMixin, _Network):  # type: ignore[misc]
    """A network that gives numbers. Arguments and attributes are those of `Classifier`, but for `classes_`."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Regressor:
        """Trains on arrays.

        Args:
            X: [examples, ...], numbers, of the shape of the spec's input.
            y: [examples], or [examples, ...] of the shape of the spec's output.
            sample_weight: [examples], what each counts in the loss.

        Raises:
            ValueError: the arrays are none, or hold what is no number.
            SpecError: the spec is invalid, or does not fit the arrays.
        """
        _tell_other_rows(X, y=y, sample_weight=sample_weight)
        X, y = validate_data(self, X, y, allow_nd=True, dtype="numeric", multi_output=True, y_numeric=True)
        y = _column(y)
        self._flat = y.ndim == 1
        numbers = _float32(y, "y")
        self._fit(X, numbers[:, None] if self._flat else numbers, sample_weight)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The numbers of each example, in the shape of `y`."""
        values = self._outputs(X)
        return values.reshape(len(values)) if self._flat else values


def _given(spec: Any) -> Any:
    if spec is None:
        raise ValueError('an estimator needs a spec: nnspec.Classifier("spec.yaml")')
    return spec


def _stored(x: np.ndarray, dtype: str) -> np.ndarray:
    """Numbers as an array of the data: of the type that the network's input has; bytes of images stay what they are.

    Raises:
        ValueError: a number that float32 does not hold.
    """
    import numpy as np

    is_image = x.dtype == np.uint8 and x.ndim > 2
    return x if is_image or not dtype.startswith(("float", "bfloat")) else _float32(x, "X")


def _float32(values: np.ndarray, name: str) -> np.ndarray:
    """Raises ValueError on a number that float32 does not hold; whole numbers that it rounds are told."""
    import numpy as np

    with np.errstate(over="ignore"):
        found = values.astype(np.float32)
    if values.dtype.kind == "f" and np.isinf(found).any():
        raise ValueError(f"{name} holds numbers that are too large for float32")
    if values.dtype.kind in "iu" and (found.astype(np.float64) != values).any():
        warnings.warn(f"{name} holds whole numbers that float32, which the network takes, rounds", stacklevel=4)
    return found


def _tell_other_rows(x: Any, **others: Any) -> None:
    """Tells of rows of pandas that have other labels than those of X: they go by their place, as in scikit-learn."""
    for name, other in others.items():
        ours, theirs = getattr(x, "index", None), getattr(other, "index", None)  # of a list it is a method
        if theirs is not None and hasattr(theirs, "equals") and hasattr(ours, "equals") and not theirs.equals(ours):
            warnings.warn(f"{name} has another index than X: rows are taken by their place, not by label", stacklevel=3)


def _refuse_mixed(y: np.ndarray) -> None:
    """Raises ValueError on texts among other classes: they cannot be put in order."""
    if y.dtype == object and len({isinstance(one, str) for one in y}) > 1:
        other = next(one for one in y if not isinstance(one, str))
        raise ValueError(f"y holds texts and {other!r}, which is none: give texts or numbers alone")


def _column(y: np.ndarray) -> np.ndarray:
    """Numbers [examples]; a column of them is told, as scikit-learn does."""
    if y.ndim != 2 or y.shape[1] != 1:
        return y
    from sklearn.exceptions import DataConversionWarning

    warnings.warn("A column-vector y was passed when a 1d array was expected.", DataConversionWarning, stacklevel=3)
    return y[:, 0]


def _input_dtype(file: SpecFile) -> str:
    """The type that the spec says of its input, before the data are known."""
    from nnspec.frontend.merge import Files

    inputs = Files().tree(file.text, file.overrides).get("inputs")
    given = next(iter(inputs.value.values()), None) if inputs is not None and inputs.is_mapping else None
    dtype = None if given is None or not given.is_mapping else given.get("dtype")
    return "float32" if dtype is None else str(dtype.value)


def _kept(file: SpecFile) -> dict[str, Any]:
    """What of a spec's data section holds for arrays, too: the size of batches, shares of the parts and the like."""
    from nnspec.frontend.merge import Files

    node = Files().tree(file.text, file.overrides).get("data")
    found = node.plain() if node is not None and node.is_mapping else {}
    if _scales(found.get("source")):
        warnings.warn("the arrays take the place of the spec's source: its `scale` is not applied to X", stacklevel=5)
    kept = {name: value for name, value in found.items() if name not in OWN}
    shares = {name: value for name, value in (kept.pop("split", None) or {}).items() if isinstance(value, int | float)}
    return {**kept, "split": shares} if shares else kept


def _scales(given: Any) -> bool:
    """Whether a source, or a column within it, is said to be scaled."""
    if isinstance(given, Mapping):
        return given.get("scale") not in (None, "none") or any(map(_scales, given.values()))
    return False


def _refuse_several(spec: Spec) -> None:
    """Raises ValueError on a network that takes or gives more than arrays of one kind."""
    for what, several in (("inputs", spec.graph.inputs), ("outputs", spec.graph.outputs)):
        if len(several) > 1:
            names = ", ".join(one.name for one in several)
            raise ValueError(f"{spec.name} has {len(several)} {what} ({names}): nnspec.train takes such networks")
