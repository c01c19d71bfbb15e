"""TensorBoard: the settings beside the metrics of each epoch, which every run writes; all in the run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnspec.tracking.tracker import Ending, Epoch, TrackedRun


class TensorBoard:
    """Its table of hyperparameters, and a page of text. Files are none of its: it shows what stands in ``logs``."""

    def open(self, run: TrackedRun, known: Mapping[str, str]) -> Mapping[str, str]:
        import tensorflow as tf
        from tensorboard.plugins.hparams import api

        self.best: dict[str, Any] = {}
        self.writer = tf.summary.create_file_writer(str(run.folder.logs))
        if not known:
            rows = "\n".join(f"| {name} | {_cell(value)} |" for name, value in run.settings.items())
            with self.writer.as_default():
                tf.summary.text("settings", f"| setting | value |\n|---|---|\n{rows}", step=0)
                api.hparams({name: _value(value) for name, value in run.settings.items()}, trial_id=run.title)
            self.writer.flush()
        return {"run": run.title}

    def log(self, epoch: Epoch) -> None:
        """The run itself has written it."""

    def close(self, ending: Ending, best: Mapping[str, float], files: Sequence[Path]) -> None:
        import tensorflow as tf

        with self.writer.as_default():
            for name, value in best.items():
                tf.summary.scalar(name, value, step=0)
        self.writer.close()


def _value(value: Any) -> bool | float | str:
    """A setting as the table of hyperparameters takes it."""
    return value if isinstance(value, bool | int | float | str) else "" if value is None else json.dumps(value)


def _cell(value: Any) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
