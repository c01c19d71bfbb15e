"""What a command does before TensorFlow takes its seconds: faults that can be told at once, then a quiet import."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.output import JSON, is_terminal, say
from nnspec.console.waiting import counting

if TYPE_CHECKING:
    from nnspec.frontend.spec import Spec

LOADING = "loading TensorFlow …"


def start(spec: Spec, action: str, *sections: str) -> None:
    """Imports TensorFlow for an action that needs these sections of the spec.

    Raises:
        SpecError: a section is missing, or the data are known not to go with the network.
        DataError: the data are not there, or are known to be unusable.
    """
    from nnspec.frontend.agreement.data import refuse_absent
    from nnspec.frontend.requirements import require

    require(spec, action, *sections)
    if "data" in sections:
        refuse_absent(spec)
    import_tensorflow()


def start_trained(spec: Spec, action: str, *sections: str, run: Path | None) -> None:
    """As `start`, for an action on a trained run.

    Raises:
        TrainingError: there is no such run, or it is of another network.
    """
    from nnspec.frontend.requirements import require
    from nnspec.runs.run_folder import latest_run
    from nnspec.runs.same_network import refuse_other_network

    require(spec, action, *sections)
    refuse_other_network(spec, latest_run(spec.name, run))
    import_tensorflow()


def import_tensorflow() -> None:
    """Imports TensorFlow and Keras, and says why the next seconds are silent."""
    from nnspec.console import quiet

    with _told():
        quiet.import_tensorflow()


@contextmanager
def _told() -> Iterator[None]:
    """Says why the next seconds are silent, unless TensorFlow is there already or the command is to say little."""
    context = click.get_current_context(silent=True)
    silent = context is None or context.params.get("quiet") or context.find_root().obj == JSON
    if silent or "tensorflow" in sys.modules:
        yield
        return
    if not is_terminal(err=True):
        say(LOADING, err=True)
        yield
        return
    with counting(LOADING):
        yield
