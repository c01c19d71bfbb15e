"""Weights & Biases: offline, in the current folder, unless the user's environment says ``WANDB_MODE=online``."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnspec.runs.run_folder import own_place
from nnspec.tracking.tracker import Ending, Epoch, TrackedRun

FOLDER = Path("wandb")  # as W&B calls it: `wandb sync wandb/offline-run-*` sends what is there
SERVER = "https://api.wandb.ai"
# Before it is imported: no git is run, which settings of a folder can make run programs, and no fault is reported.
QUIET = {"WANDB_DISABLE_GIT": "true", "WANDB_ERROR_REPORTING": "false"}


class WeightsAndBiases:
    """A run of W&B. A ``wandb/settings`` in the current folder, maybe a stranger's, does not say what it reaches."""

    def open(self, run: TrackedRun, known: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        import wandb

        mode = "online" if os.environ.get("WANDB_MODE") == "online" else "offline"
        number = known.get("run", "")
        number = number if re.fullmatch(r"[0-9a-f]{16}", number) else secrets.token_hex(8)
        quiet = wandb.Settings(
            base_url=os.environ.get("WANDB_BASE_URL", SERVER),
            console="off",
            silent=True,
            show_warnings=False,
            disable_git=True,
            save_code=False,
            symlink=False,
            x_disable_machine_info=True,
            x_disable_stats=True,
        )
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or _project(run.name),
            entity=os.environ.get("WANDB_ENTITY"),
            dir=str(own_place(FOLDER).resolve().parent),
            id=number,
            name=run.title,
            notes=run.description or None,
            config=dict(run.settings),
            mode=mode,
            resume="allow" if mode == "online" else None,
            allow_val_change=True,
            reinit="create_new",
            settings=quiet,
        )
        return {"run": number, "mode": mode}

    def log(self, epoch: Epoch) -> None:
        self.run.log(dict(epoch.values), step=epoch.number)

    def close(self, ending: Ending, best: Mapping[str, float], files: Sequence[Path]) -> None:
        for name, value in best.items():
            self.run.summary[name] = value
        for path in files:
            copied = Path(self.run.dir, path.name)  # in its place: W&B would link it, and say so
            shutil.copyfile(path, copied)
            self.run.save(str(copied), base_path=self.run.dir, policy="now")
        self.run.finish(exit_code=0 if ending == "complete" else 1)


def _project(name: str) -> str:
    """A name as W&B takes it."""
    return re.sub(r"[^\w\-. ]", "-", name)[:128]
