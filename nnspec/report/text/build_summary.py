"""A built network as the plain data that `nnspec build --json` prints."""

from __future__ import annotations

from typing import Any

from nnspec.frontend.spec import Layer, Spec
from nnspec.frontend.summary import spec_summary


def built_summary(spec: Spec, model: Any) -> dict[str, Any]:
    """What `check` says of the spec, with the counts of the built `keras.Model`.

    Layers that `check` has no rule for get their shape and weights from Keras.
    """
    summary = spec_summary(spec)
    for layer, entry in zip(spec.graph.layers, summary["layers"], strict=True):
        if spec.facts[layer.name].outputs is None:
            entry |= _by_keras(layer, model)
    return {
        **summary,
        "params": model.count_params(),
        "trainable_params": sum(int(weight.value.shape.num_elements()) for weight in model.trainable_weights),
    }


def _by_keras(layer: Layer, model: Any) -> dict[str, Any]:
    """Shape and weights of a layer as Keras has them; nothing where it is called twice or reaches no output."""
    from nnspec.frontend.spec import keras_name

    try:
        built = model.get_layer(keras_name(layer.name))
        output = built.output
    except (ValueError, AttributeError):
        return {}
    shapes = [list(tensor.shape) for tensor in (output if isinstance(output, list | tuple) else [output])]
    return {"output_shape": shapes[0] if len(shapes) == 1 else shapes, "params": built.count_params()}
