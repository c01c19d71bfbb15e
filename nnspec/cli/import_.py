"""`nnspec import`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer, say

if TYPE_CHECKING:
    from nnspec.importing.imported import ImportedSpec

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
    help="Write the weights too, under the spec's names; `train.initial_weights` then begins from them.",
)
@click.option("--trust", is_flag=True, help="Let MODULE:FUNCTION run: its code can do whatever you can.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
@common
def command(model: str, output: Path | None, names: str, weights: Path | None, trust: bool, force: bool) -> Answer:
    """Write the spec of a Keras model.

    MODEL is a .keras file, a JSON file of `model.to_json()`, or, with --trust, MODULE:FUNCTION that returns a model.
    The spec compiles to the identical network: defaults are left out, branches become `parallel`, repetition becomes
    `repeat`, `for` and `blocks`. Files are only read, nothing in them is run; what a spec cannot say, such as a
    Lambda, is named with its layer (exit code 4).

    \b
    Examples:
      nnspec import model.keras
      nnspec import model.keras -o specs/model.yaml --weights specs/model_weights.keras
      nnspec import config.json -o - --names new
      nnspec import my_package.networks:make_model --trust
    """
    from nnspec.importing.imported import import_config

    if weights is not None and weights.suffix != ".keras":
        raise click.BadParameter(f"`{weights}` must end in .keras", param_hint="--weights")
    config, original, version = _source(model, trust, weights is not None)
    name = re.sub(r"[^\w-]", "_", str(config["config"].get("name") or "network"))
    output = output or Path(f"{name}.yaml")
    _refuse_existing([output, weights], force)
    initial = None if weights is None else Path(os.path.relpath(weights, output.parent)).as_posix()
    found = import_config(config, names=names, initial_weights=initial)
    notes = [*version, *found.notes]
    if weights is None:
        notes += _left_out(config)
    else:
        notes += _write_weights(found, original, weights)
    for note in notes:
        say(f"note: {note}", err=True)
    return _answer(found, output, weights, notes)


def _source(model: str, trust: bool, wants_weights: bool) -> tuple[dict[str, Any], Any, list[str]]:
    """The configuration, the model itself where weights are wanted, and what to say about its version."""
    from nnspec.importing.read import read_model

    path = Path(model)
    if not path.exists() and FUNCTION.fullmatch(model):
        if not trust:
            raise click.UsageError(f"`{model}` runs code of yours, or of others: say --trust if you trust it")
        return *_called(model), []
    if not path.exists():
        raise click.BadParameter(f"there is no file `{model}`", param_hint="MODEL")
    read = read_model(path)
    original = None
    if wants_weights:
        from nnspec.cli.tensorflow_startup import import_tensorflow
        from nnspec.importing.weights import load_model

        if path.suffix != ".keras":
            raise click.UsageError("a JSON file has no weights: leave out --weights, or import the .keras file")
        import_tensorflow()
        original = load_model(path)
    return read.config, original, list(read.notes)


def _called(place: str) -> tuple[dict[str, Any], Any]:
    """The model that a function returns, or that stands under the name, with its configuration."""
    import json
    import sys
    from importlib import import_module

    from nnspec.cli.tensorflow_startup import import_tensorflow

    import_tensorflow()
    import keras

    from nnspec.backend.keras_internals.messages import keras_message
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
    if not isinstance(model, keras.Sequential) and type(model).__name__ != "Functional":
        message = f"`{place}` is a subclass of keras.Model: what it computes is code, and not a list of layers"
        raise click.BadParameter(f"{message}; a functional or Sequential model can be imported", param_hint="MODEL")
    try:
        config = json.loads(model.to_json())
    except Exception as error:
        raise ImportFailed(f"Keras cannot write down the model of `{place}`: {keras_message(error)}") from error
    return with_learned(config, from_model(model)), model


def _left_out(config: dict[str, Any]) -> list[str]:
    from nnspec.importing.learned import learned_weights

    names = learned_weights(config)
    listed = ", ".join(f"`{name}`" for name in names)
    return [f"the mean and variance of {listed} are weights: --weights takes them along"] if names else []


def _raised(error: BaseException) -> str:
    """An error of somebody else's code: its class, its first line, and where it was raised."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:300]} ({last.filename}:{last.lineno})"


def _refuse_existing(files: list[Path | None], force: bool) -> None:
    for file in files:
        if file is not None and file != STANDARD_OUTPUT and file.exists() and not force:
            raise click.UsageError(f"`{file}` exists already: choose another name, or say --force")


def _write_weights(found: ImportedSpec, original: Any, path: Path) -> list[str]:
    from nnspec.api import build, save
    from nnspec.importing.weights import carry_weights, same_order

    model = build(found.spec)
    carry_weights(original, model, found.origins)
    save(model, path)
    if same_order(original, model):
        return []
    return ["the weights come in another order than in the model; by the names of layers they are the same"]


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
        text += f"\nwrote {weights}: its weights"
    return Answer(data, f"{text}\nnext: nnspec show {output}")
