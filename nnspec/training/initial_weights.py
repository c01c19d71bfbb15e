"""`train.initial_weights`: weights to begin from, taken over by the names of layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras

from nnspec.backend.keras_errors import refused
from nnspec.backend.kinds import custom_objects
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Spec
from nnspec.training.run_folder import RunFolder


def take_initial_weights(spec: Spec, model: Any) -> list[str]:
    """Copies the weights of a ``.keras`` file, or of a run folder's best model, into layers of the same name.

    Returns:
        The names of the layers with weights that were left as they were drawn.

    Raises:
        SpecError: E0703, the file cannot be read, a layer has other shapes, or no layer has a name in common.
    """
    given = (spec.train or {}).get("initial_weights")
    if not given:
        return []
    span = spec.place("train", "initial_weights")
    path = spec.path.parent / Path(given).expanduser()
    file = RunFolder(path).model if path.is_dir() else path
    if file is None or not file.is_file():
        raise SpecError([Diagnostic("E0703", f"there is no trained model at {path}", span)])
    try:
        source = keras.models.load_model(file, compile=False, custom_objects=custom_objects(spec.graph.plugins))
    except Exception as error:
        raise refused("E0703", f"the model at {path} cannot be loaded", span, error) from error
    theirs = {layer.name: layer.get_weights() for layer in source.layers if layer.weights}
    left = []
    for layer in model.layers:
        if not layer.weights:
            continue
        if layer.name not in theirs:
            left.append(layer.name)
            continue
        shapes = [weight.shape for weight in theirs[layer.name]]
        if [tuple(weight.shape) for weight in layer.weights] != shapes:
            message = f"`{layer.name}` has other shapes there: {shapes}"
            raise SpecError([Diagnostic("E0703", message, span, hint="give the layer another name to train it anew")])
        layer.set_weights(theirs[layer.name])
    if theirs and len(left) == sum(1 for layer in model.layers if layer.weights):
        message = f"no layer has the name of one in {file.name}: {', '.join(list(theirs)[:8])}"
        raise SpecError([Diagnostic("E0703", message, span)])
    return left
