"""`nnspec import`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer, say

if TYPE_CHECKING:
    from nnspec.importing.imported import ImportedSpec
    from nnspec.importing.read import ModelConfig

NAMES = click.Choice(["chosen", "all", "new"])
STANDARD_OUTPUT = Path("-")
FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@click.command("import")
@click.argument("model", metavar="MODEL")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="SPEC",
    help="The spec to write; by default the model's name and .yaml, in the current folder. `-` prints it.",
)
@click.option(
    "--names",
    type=NAMES,
    default="chosen",
    show_default=True,
    help="Which layers keep their names: those whose name is not Keras's own, such as conv2d_12; all; or none.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.keras",
    help="Where the weights go, under the spec's names; by default beside the spec, as NAME_weights.keras.",
)
@click.option(
    "--weights-from",
    "stored",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE.h5",
    help="For a JSON file: what `model.save_weights` of the same model wrote.",
)
@click.option("--no-weights", "alone", is_flag=True, help="Write the network alone, without TensorFlow.")
@click.option(
    "--run",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write a run in place of a spec: what `export`, `evaluate` and `predict` take.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="SPEC",
    help="With --run: the spec whose data, loss, metrics and export the run has.",
)
@click.option("--trust", is_flag=True, help="Let MODULE:FUNCTION run: its code can do whatever you can.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
@common
def command(
    model: str,
    output: Path | None,
    names: str,
    weights: Path | None,
    stored: Path | None,
    alone: bool,
    run: Path | None,
    data: Path | None,
    trust: bool,
    force: bool,
) -> Answer:
    """Write the spec of a Keras model, and its weights.

    MODEL is a .keras file, an HDF5 file (.h5) of Keras 1, 2 or 3, the folder of a SavedModel of Keras 2, a JSON file of
    `model.to_json()`, or, with --trust, MODULE:FUNCTION that returns a model, whose own layers are opened: what their
    `call` does with layers and keras.ops becomes layers. The spec compiles to the identical
    network: defaults are left out, branches become `parallel`, repetition becomes `repeat`, `for` and `blocks`; its
    `train.initial_weights` names the file with the weights. Files are only read, nothing in them is run; what a spec
    cannot say, such as a Lambda, is named with its layer (exit code 4).

    \b
    Examples:
      nnspec import model.keras
      nnspec import old_model.h5 -o model.yaml --weights start.keras
      nnspec import model.h5 --no-weights
      nnspec import model.h5 --run runs/mine/1 --data specs/lenet.yaml
      nnspec import config.json -o - --names new
      nnspec import config.json --weights-from model.weights.h5
      nnspec import my_package.networks:make_model --trust
    """
    from nnspec.importing.errors import ImportFailed
    from nnspec.importing.imported import import_config
    from nnspec.importing.passed_masks import with_passed_masks

    if weights is not None and weights.suffix != ".keras":
        raise click.BadParameter(f"`{weights}` must end in .keras", param_hint="--weights")
    if weights is not None and alone:
        raise click.UsageError("--weights and --no-weights: one of the two")
    if run is not None or data is not None:
        if run is None or output or weights or stored or alone or names != "chosen":
            raise click.UsageError("a run is written by --run FOLDER, with --data SPEC or without, and no other option")
        return _run(Path(model), run, data)
    opened = _opened(model, trust)
    if stored is not None:
        opened = _with_stored(opened, stored, alone)
    name = re.sub(r"[^\w-]", "_", opened.name)
    output = output or Path(f"{name}.yaml")
    if weights is not None and not opened.has_weights:
        raise click.UsageError(f"`{model}` has no weights: leave out --weights, or import the .keras or .h5 file")
    if weights is None and opened.has_weights and not alone and output != STANDARD_OUTPUT:
        weights = output.with_name(f"{output.stem}_weights.keras")
    _refuse_existing([output, weights], force)
    initial = None if weights is None else Path(os.path.relpath(weights, output.parent)).as_posix()

    def read(config: Mapping[str, Any]) -> tuple[ImportedSpec, list[str]]:
        found = import_config(config, names=names, initial_weights=initial, name=opened.name)
        return found, _left_out(opened, alone) if weights is None else _write_weights(found, opened, weights)

    try:
        found, of_weights = read(opened.config)
    except ImportFailed as error:
        if weights is None or opened.original is opened.model:
            raise
        try:  # its answers tell whether its own layers pass masks on
            found, of_weights = read(with_passed_masks(opened.config))
        except ImportFailed:
            raise error from None
    notes = [*opened.notes, *found.notes, *of_weights]
    for note in notes:
        say(f"note: {note}", err=True)
    return _answer(found, output, weights, notes)


def _run(model: Path, folder: Path, data: Path | None) -> Answer:
    """The model as a run."""
    from nnspec.cli.tensorflow_startup import import_tensorflow

    if not model.exists():
        raise click.BadParameter(f"there is no file `{model}`", param_hint="MODEL")
    import_tensorflow()
    from nnspec.console.progress import make_reporter
    from nnspec.evaluation.model_runs import run_of_model

    found = run_of_model(model, data, folder, make_reporter(False))
    for note in found.notes:
        say(f"note: {note}", err=True)
    record = {"ok": True, "run": str(folder), "name": found.spec.name, "notes": list(found.notes)}
    return Answer(record, f"wrote the run {folder}\nnext: nnspec export {folder}")


@dataclass(frozen=True)
class _Opened:
    """What an argument stands for: a file that was read, or the model of a function."""

    name: str
    config: dict[str, Any]
    notes: tuple[str, ...]
    path: Path | None = None
    read: ModelConfig | None = None
    model: Any = None
    original: Any = None

    @property
    def has_weights(self) -> bool:
        return self.model is not None or (self.read is not None and self.read.weights is not None)


def _opened(model: str, trust: bool) -> _Opened:
    from nnspec.importing.read import name_of, read_model

    path = Path(model)
    if not path.exists() and FUNCTION.fullmatch(model):
        if not trust:
            raise click.UsageError(f"`{model}` runs code of yours, or of others: say --trust if you trust it")
        config, original, made, notes = _called(model)
        name = str(config["config"].get("name") or "network")
        return _Opened(name, config, notes, model=made, original=original)
    if not path.exists():
        raise click.BadParameter(f"there is no file `{model}`", param_hint="MODEL")
    if path.is_dir():  # a SavedModel is read by TensorFlow
        from nnspec.cli.tensorflow_startup import import_tensorflow

        import_tensorflow()
    read = read_model(path)
    return _Opened(name_of(read, path), read.config, read.notes, path, read)


def _with_stored(opened: _Opened, stored: Path, alone: bool) -> _Opened:
    """The network of a JSON file with the weights of another."""
    if alone:
        raise click.UsageError("--weights-from and --no-weights: one of the two")
    if opened.read is None or opened.has_weights:
        raise click.UsageError("--weights-from goes with a JSON file: this model has weights of its own")
    return replace(opened, path=stored, read=replace(opened.read, weights="alone"))


def _called(place: str) -> tuple[dict[str, Any], Any, Any, tuple[str, ...]]:
    """The configuration of the model that a function returns, or that stands under the name; it, opened; notes."""
    import json
    import sys
    from importlib import import_module

    from nnspec.cli.tensorflow_startup import import_tensorflow

    import_tensorflow()
    import keras

    from nnspec.backend.keras_internals.messages import keras_message
    from nnspec.backend.opened import NotOpened, opened
    from nnspec.importing.errors import ImportFailed
    from nnspec.importing.learned import from_model, with_learned

    module, _, name = place.partition(":")
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise click.BadParameter(f"`{place}` cannot be imported: {error}", param_hint="MODEL") from error
    except (Exception, SystemExit) as error:  # whatever a module of somebody else's raises
        raise click.BadParameter(f"importing `{module}` raises {_raised(error)}", param_hint="MODEL") from error
    finally:
        sys.path.remove(here)
    if isinstance(found, keras.Model):
        model = found
    elif callable(found):
        try:
            model = found()
        except (Exception, SystemExit) as error:
            raise click.BadParameter(f"calling `{place}` raises {_raised(error)}", param_hint="MODEL") from error
    else:
        raise click.BadParameter(f"`{place}` is a {type(found).__name__}, not a model", param_hint="MODEL")
    if not isinstance(model, keras.Model):
        raise click.BadParameter(f"`{place}` gives a {type(model).__name__}, not a model", param_hint="MODEL")
    try:
        made, notes = opened(model)
    except NotOpened as error:
        raise ImportFailed(f"the model of `{place}`: {error}", hint=error.hint) from error
    try:
        config = json.loads(made.to_json())
    except Exception as error:
        raise ImportFailed(f"Keras cannot write down the model of `{place}`: {keras_message(error)}") from error
    return with_learned(config, from_model(made)), model, made, notes


def _left_out(opened: _Opened, alone: bool) -> list[str]:
    """What stays behind where no weights are written."""
    from nnspec.importing.learned import learned_weights

    names = learned_weights(opened.config)
    if names:
        listed = ", ".join(f"`{name}`" for name in names)
        return [f"the mean and variance of {listed} are weights, and are not written"]
    return (
        []
        if alone or not opened.has_weights
        else ["the weights are not written: --weights FILE.keras takes them along"]
    )


def _raised(error: BaseException) -> str:
    """An error of somebody else's code: its class, its first line, and where it was raised."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:300]} ({last.filename}:{last.lineno})"


def _refuse_existing(files: list[Path | None], force: bool) -> None:
    for file in files:
        if file is not None and not file.parent.is_dir():
            raise click.UsageError(f"there is no folder `{file.parent}`, which `{file}` would be in: make it first")
        if file is not None and file != STANDARD_OUTPUT and file.exists() and not force:
            raise click.UsageError(f"`{file}` exists already: choose another name, or say --force")


def _write_weights(found: ImportedSpec, opened: _Opened, path: Path) -> list[str]:
    from nnspec.cli.tensorflow_startup import import_tensorflow

    import_tensorflow()
    from nnspec.api import build, save
    from nnspec.importing.weights import carry_weights, order_notes, require_same_answers, trained_model

    if opened.path is not None and opened.read is not None:
        model, notes = trained_model(opened.path, opened.read, found)
    else:
        model = build(found.spec)
        carry_weights(opened.model, model, found.origins, found.left)
        notes = order_notes(opened.model, model)
        if opened.original is not opened.model:
            notes = (*notes, *require_same_answers(opened.original, model))
    save(model, path)
    return list(notes)


def _answer(found: ImportedSpec, output: Path, weights: Path | None, notes: list[str]) -> Answer:
    from nnspec.cli.new import modeline
    from nnspec.console.atomic_files import write_text
    from nnspec.console.formatting import count
    from nnspec.frontend.summary import spec_summary

    printed = output == STANDARD_OUTPUT
    if not printed:
        write_text(output, f"{modeline(output)}\n{found.text}")
    lines = found.text.count("\n") + (not printed)
    data = {
        "ok": True,
        "path": None if printed else str(output),
        "weights": weights and str(weights),
        "lines": lines,
        "notes": notes,
        "spec": found.text if printed else None,
        **spec_summary(found.spec),
    }
    if printed:
        return Answer(data, found.text.rstrip("\n"))
    layers = len(found.spec.graph.layers)
    params = "an unknown number of" if found.spec.param_count is None else count(found.spec.param_count)
    text = f"wrote {output}: {layers} layers and {params} parameters in {lines} lines"
    if weights is not None:
        text += f"\nwrote {weights}: its weights, which `train.initial_weights` of the spec begins from"
        text += f"\nnote: nnspec export {weights} makes a file of the trained model as it is"
    return Answer(data, f"{text}\nnext: nnspec show {output}")
