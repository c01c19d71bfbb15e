"""Layers that turn samples into frequencies, against the sample rate of the sounds that they are given."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.data.protocol import Facts
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.shapes import with_defaults
from nnspec.frontend.spec import Spec


def sample_rates(spec: Spec, facts: Facts) -> Iterator[Diagnostic]:
    """W0735 for each layer whose sampling rate, given or by default, is not that of the data."""
    rate = facts.sample_rate
    for layer in spec.graph.layers if rate is not None else ():
        argument = layer.record.rate_argument
        told = None if argument is None else with_defaults(layer.kind, layer.args).get(argument)
        if argument is None or told == rate or not isinstance(told, int):
            continue
        given = f"`{argument}` is {told:,}" if argument in layer.args else f"`{argument}` is not given, and so {told:,}"
        message = f"{given}, but the sounds of the data have {rate:,} samples a second: frequencies come out wrong"
        place = layer.arg_spans.get(argument, layer.span)
        yield Diagnostic("W0735", message, place, "warning", f"say `{argument}: $data.sample_rate`")
