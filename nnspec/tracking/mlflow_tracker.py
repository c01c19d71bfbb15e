"""MLflow: by default a database in the current folder, without a network; a server where the user's settings say so."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnspec.tracking.tracker import Ending, Epoch, TrackedRun, TrackerFailed

DATABASE, FILES = "mlflow.db", "mlruns"
LONGEST = 500  # characters of a setting; the whole spec is among the files
# Before it is imported: it tells its makers of its use otherwise, and people of its tables.
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_LOGGING_LEVEL": "WARNING"}
ENDINGS = {"complete": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}


class MLflow:
    """A run of MLflow for a run of ours, by its client: it asks git nothing, and starts no run of the whole process."""

    def open(self, run: TrackedRun, known: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        import mlflow
        from mlflow.tracking import MlflowClient

        # An address comes from the user's environment or program, never from a spec.
        own = not mlflow.is_tracking_uri_set()
        address = f"sqlite:///{Path(DATABASE).resolve()}" if own else mlflow.get_tracking_uri()
        self.client = MlflowClient(tracking_uri=address, registry_uri=address)
        place = hashlib.sha256(address.encode()).hexdigest()
        experiment = self._experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME") or run.name, own)
        number = known.get("run", "") if known.get("address") == place else ""
        found = self._resumed(number, experiment) if re.fullmatch(r"[0-9a-f]{32}", number) else None
        if found is None:
            found = self.client.create_run(experiment, run_name=run.title, tags=_tags(run))
        if own:
            _refuse_elsewhere(found.info.artifact_uri)
        self.number = found.info.run_id
        self._settings(run.settings, found.data.params)
        return {"address": place, "run": self.number}

    def _experiment(self, name: str, own: bool) -> str:
        """The number of the experiment of that name, made where there is none."""
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            if found.lifecycle_stage != "active":
                raise TrackerFailed(f"the experiment {name!r} was deleted: restore it, or set MLFLOW_EXPERIMENT_NAME")
            return str(found.experiment_id)
        files = Path(FILES).resolve().as_uri() if own else None
        return str(self.client.create_experiment(name, artifact_location=files))

    def _resumed(self, number: str, experiment: str) -> Any:
        """The run that was tracked before; None where it is no longer there."""
        from mlflow.exceptions import MlflowException

        try:
            found = self.client.get_run(number)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
        if found.info.lifecycle_stage != "active" or found.info.experiment_id != experiment:
            return None
        self.client.update_run(number, status="RUNNING")
        return found

    def _settings(self, settings: Mapping[str, Any], known: Mapping[str, str]) -> None:
        """What MLflow knows of a parameter stays; a resumed training's other value is a tag beside it."""
        from mlflow.entities import Param

        texts = {_named(name): _short(value) for name, value in settings.items()}
        fresh = [Param(name, text) for name, text in texts.items() if name not in known]
        for start in range(0, len(fresh), 100):
            self.client.log_batch(self.number, params=fresh[start : start + 100])
        for name, text in texts.items():
            if known.get(name, text) != text:
                self.client.set_tag(self.number, f"resumed with {name}", text)

    def log(self, epoch: Epoch) -> None:
        from mlflow.entities import Metric

        when = int(1000 * epoch.time)
        metrics = [Metric(_named(name), value, when, epoch.number) for name, value in epoch.values.items()]
        for start in range(0, len(metrics), 1000):
            self.client.log_batch(self.number, metrics=metrics[start : start + 1000])

    def close(self, ending: Ending, best: Mapping[str, float], files: Sequence[Path]) -> None:
        for name, value in best.items():
            self.client.set_tag(self.number, _named(name), value)
        for path in files:
            self.client.log_artifact(self.number, str(path))
        self.client.set_terminated(self.number, ENDINGS[ending])


def _tags(run: TrackedRun) -> dict[str, str]:
    found = {"mlflow.source.name": "nnspec", "mlflow.source.type": "LOCAL", "nnspec.run": str(run.folder.path)}
    return {**found, "mlflow.note.content": run.description} if run.description else found


def _refuse_elsewhere(address: str) -> None:
    """A database that lies in the current folder may be anybody's: it does not say where files go."""
    inside = f"{Path.cwd().resolve().as_uri()}/"
    if not address.startswith(inside) or ".." in address:
        message = f"{DATABASE} here has files of this experiment put elsewhere, at {address}"
        raise TrackerFailed(f"{message}: say where it is yourself, MLFLOW_TRACKING_URI")


def _named(name: str) -> str:
    """A name as MLflow takes it."""
    return re.sub(r"[^\w\-. /]", "_", name)[:250]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
