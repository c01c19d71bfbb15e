"""The callbacks of a run: the spec's own, and those by which every run keeps its best model, metrics and event logs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.hdf5_trial import written_here
from nnspec.backend.keras_errors import refused
from nnspec.backend.kinds import instantiate
from nnspec.console.atomic_files import replacing
from nnspec.frontend.monitors import best_direction, chooser
from nnspec.frontend.spec import Spec
from nnspec.frontend.written_files import ARGUMENTS
from nnspec.layers.types import KindValue
from nnspec.runs.run_folder import RunFolder, now

# Words in the names of metrics that are better when larger.
RISING = ("acc", "auc", "precision", "recall", "f1", "fbeta", "iou", "r2", "dice", "similarity")


def spec_callbacks(spec: Spec, folder: RunFolder, resumed: bool) -> list[Any]:
    """The callbacks that the spec lists.

    Raises:
        SpecError: E0709, Keras refuses one.
    """
    made = []
    for index, value in enumerate(spec.training.callbacks):
        try:
            callback = instantiate("callback", _in_folder(value, folder.path), spec.graph.plugins)
        except Exception as error:
            raise refused(
                "E0709", "Keras refuses the callback", spec.place("train", "callbacks", index), error
            ) from error
        if resumed and isinstance(callback, keras.callbacks.CSVLogger):
            callback.append = True  # it would start its file again
        made.append(callback)
    return made


def cut_logs(callbacks: Iterable[Any], epochs: int) -> None:
    """Keeps the lines of the first epochs in the files of CSVLogger: those after a checkpoint will be run again."""
    for callback in callbacks:
        if isinstance(callback, keras.callbacks.CSVLogger) and callback.append:
            path = Path(callback.filename)
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            path.write_text("".join(lines[: epochs + 1]), encoding="utf-8")  # in place: the callback has it open


def _in_folder(value: Any, folder: Path) -> Any:
    if not isinstance(value, KindValue):
        return value
    paths = {name: str(folder / given) for name, given in value.args.items() if name in ARGUMENTS}
    return KindValue(value.kind, {**value.args, **paths})


def monitored(spec: Spec, validated: bool) -> tuple[str, str]:
    """What makes a model the best one, and whether it should be ``min`` or ``max``.

    The quantity of a callback that knows the best epoch, see `chooser`; else the loss, of the validation part if any.
    """
    found = chooser(spec)
    if found is not None and (validated or not found.name.startswith("val_")):
        mode = found.mode if found.mode != "auto" else best_direction(spec, found.name) or direction(found.name)
        return found.name, mode
    return ("val_loss" if validated else "loss"), "min"


def direction(name: str) -> str:
    """`max` or `min` by the words in the name of a quantity: a guess for metrics that the spec does not list."""
    return "max" if any(word in name.lower() for word in RISING) else "min"


class KeepBest(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Saves the model when the monitored quantity is better than ever: ``best.keras``, always whole.

    Args:
        since: the first epoch that counts.
    """

    def __init__(self, path: Path, monitor: str, mode: str, since: int = 0) -> None:
        super().__init__()
        self.path = path
        self.monitor = monitor
        self.sign = -1.0 if mode == "max" else 1.0
        self.since = since
        self.best: float | None = None
        self.epoch: int | None = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        value = (logs or {}).get(self.monitor)
        if epoch < self.since or not isinstance(value, float) or math.isnan(value):
            return
        if self.best is None or self.sign * value < self.sign * self.best:
            self.best, self.epoch = value, epoch
            save_model(self.model, self.path)

    def summary(self) -> dict[str, Any]:
        epoch = None if self.epoch is None else self.epoch + 1
        return {"monitor": self.monitor, "mode": "max" if self.sign < 0 else "min", "value": self.best, "epoch": epoch}


class _Clock:
    """Counts seconds. No plain value, so that no checkpoint holds it: it would count on while a run stands still."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.began, 3)


class Diary(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes a line of JSON for each epoch: number, time, seconds, steps so far, learning rate, metrics.

    Of an epoch that was interrupted the seconds are those since it went on.
    """

    def __init__(self, folder: RunFolder, steps: Callable[[], int]) -> None:
        """
        Args:
            steps: those done so far. An optimizer counts its own: a phase begins again, gathered gradients are one.
        """
        super().__init__()
        self.folder, self.steps = folder, steps
        self.clock = _Clock()

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self.clock = _Clock()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.clock = _Clock()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        line = {"epoch": epoch + 1, "time": now(), "seconds": self.clock.seconds, "steps": self.steps()}
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.folder.append_metrics({**line, "learning_rate": rate, **finite(logs or {})})


class EventLog(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the metrics of each epoch as TensorBoard events, with TensorFlow alone.

    Keras's own callback needs the package ``tensorboard``, which TensorFlow no longer brings.
    """

    METADATA = tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"), data_class=1
    )

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.writers: dict[str, Any] = {}

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        for name, value in (logs or {}).items():
            if isinstance(value, float):
                part, metric = ("validation", name[4:]) if name.startswith("val_") else ("train", name)
                with self._writer(part).as_default():
                    tf.summary.write(f"epoch_{metric}", tf.constant(value, tf.float32), epoch, self.METADATA)
        for writer in self.writers.values():
            writer.flush()

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        for writer in self.writers.values():
            writer.close()

    def _writer(self, part: str) -> Any:
        if part not in self.writers:
            self.writers[part] = tf.summary.create_file_writer(str(self.folder / part))
        return self.writers[part]


def save_model(model: Any, path: Path) -> None:
    """Saves a model as ``.keras``, whole or not at all. Raises OSError where it cannot be written."""
    with replacing(path) as scratch:
        model.save(scratch)
    written_here(path)


def finite(logs: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics as JSON takes them: what is no number is null, also within a metric that is a list."""

    def told(value: Any) -> Any:
        if isinstance(value, list):
            return [told(item) for item in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return {name: told(value) for name, value in logs.items()}
