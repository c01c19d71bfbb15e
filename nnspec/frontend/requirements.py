"""A section that a command needs and the spec lacks: which one, and the shortest that would do."""

from __future__ import annotations

from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.lints.network import activation
from nnspec.frontend.spec import Input, Layer, Spec


def require(spec: Spec, action: str, *sections: str) -> None:
    """Makes sure that the spec has the sections that an action needs.

    Raises:
        SpecError: E0701 for each that is missing, with lines to paste that fit this network.
    """
    suggestions = {"data": _data, "train": _train, "export": _export}
    missing = [name for name in sections if not getattr(spec, name)]
    if missing:
        raise SpecError(
            Diagnostic(
                "E0701",
                f"`{action}` needs a `{name}:` section, and {spec.path.name} has none",
                spec.node.span,
                hint="the shortest that would do:\n\n" + indented(suggestions[name](spec)),
            )
            for name in missing
        )


def indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def _data(spec: Spec) -> str:
    """A source that gives what the network's first input takes."""
    tensor = spec.graph.inputs[0]
    return f"data:\n  source: {_source(spec, tensor)}\n  split: {{validation: 0.1, test: 0.1}}"


def _source(spec: Spec, tensor: Input) -> str:
    rank = len(tensor.shape)
    if len(spec.graph.inputs) > 1:
        return "{Arrays: data/examples.npz}"
    if rank == 3:
        height, width = (size or 224 for size in tensor.shape[:2])
        grey = ", color: grey" if tensor.shape[2] == 1 else ""
        return f"{{ImageFolder: {{path: data/images, image_size: [{height}, {width}]{grey}}}}}"
    if rank == 1 and tensor.dtype.startswith("int"):
        return "{Conll: data/sentences.conll}" if _tags_tokens(spec) else "{Text: data/texts.tsv}"
    if rank == 1:
        target = "value" if _train(spec).endswith("MeanSquaredError") else "label"
        return f"{{Csv: {{path: data/table.csv, target: {target}}}}}"
    if rank == 2:
        length = tensor.shape[0] or 24
        return f"{{Csv: {{path: data/series.csv, target: value, window: {{length: {length}, horizon: 1}}}}}}"
    return "{Arrays: data/examples.npz}"


def _tags_tokens(spec: Spec) -> bool:
    """Whether the output has a value for every step."""
    facts = spec.facts.get(spec.graph.outputs[0].ref.layer)
    return facts is not None and facts.outputs is not None and len(facts.outputs[0].shape) == 3


def _train(spec: Spec) -> str:
    losses = {output.name: _loss(spec.layer(output.ref.layer)) for output in spec.graph.outputs}
    if len(losses) == 1:
        loss = next(iter(losses.values()))
    else:
        loss = "{" + ", ".join(f"{name}: {loss}" for name, loss in losses.items()) + "}"
    return f"train:\n  epochs: 10\n  optimizer: Adam\n  loss: {loss}"


def _loss(layer: Layer | None) -> str:
    """The loss that belongs to the last activation; labels are class numbers in every source."""
    last = activation(layer) if layer is not None else None
    losses = {"softmax": "SparseCategoricalCrossentropy", "sigmoid": "BinaryCrossentropy"}
    return losses.get(str(last), "MeanSquaredError")


def _export(_: Spec) -> str:
    return "export:\n  - TFLite"
