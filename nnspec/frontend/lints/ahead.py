"""Networks that are to say the next token at each step, and see it."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.kinds import catalog
from nnspec.data.dataset import make_source
from nnspec.data.errors import DataError
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.lints.network import warning
from nnspec.frontend.spec import Layer, Spec


def sees_the_answer(spec: Spec) -> Iterator[Diagnostic]:
    """W0626 for a layer that looks at later steps, where the target of each step is the token after it."""
    if spec.data is None or spec.data.targets is not None or len(spec.graph.inputs) != 1:
        return
    try:
        goes = make_source(spec.data.source).goes_on()
    except DataError:  # reported where the data are opened
        return
    if goes is None or goes.last:
        return
    for layer in spec.graph.layers:
        if (instead := _causal(layer)) is not None:
            message = f"`{layer.name}` looks at later steps, and each step is to say the token after it: it sees that"
            yield warning("W0626", message, layer.span, instead, layer.trail)


def _causal(layer: Layer) -> str | None:
    """What to write in place of a layer that looks ahead; None for one that does not, or of which nobody knows."""
    defaults = catalog().defaults("layer", layer.kind) if catalog().has("layer", layer.kind) else {}
    if "merge_mode" in defaults or layer.args.get("go_backwards"):
        return "a recurrent layer that reads forwards"
    if layer.record.family == "attention" and not layer.flags.get("use_causal_mask"):
        return "`call: {use_causal_mask: true}`"
    sizes = layer.args.get("kernel_size", defaults.get("kernel_size"))
    if layer.record.family == "convolution" and layer.args.get("padding") == "same" and sizes not in (None, 1, [1]):
        return "`padding: causal` of Conv1D"
    return None
