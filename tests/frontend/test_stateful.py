"""What goes on where the batch before ended: no spec has a fixed batch, so that each kind refuses it, with one code."""

from __future__ import annotations

import pytest

from nnspec.catalog.kinds import catalog
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check
from nnspec.layers import KINDS as RECORDS

KINDS = sorted(kind for kind in RECORDS if any(one.name == "stateful" for one in catalog().arguments("layer", kind)))
PLACES = {"ConvLSTM1D": "[4, 5, 2]", "ConvLSTM2D": "[4, 5, 5, 2]", "ConvLSTM3D": "[4, 5, 5, 5, 2]"}


def layer_of(kind: str) -> str:
    if kind == "RNN":
        return "RNN: {cell: {LSTMCell: 2}, stateful: true}"
    return (
        f"{kind}: {{filters: 2, kernel_size: 1, stateful: true}}"
        if kind in PLACES
        else f"{kind}: {{units: 2, stateful: true}}"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_refuses_to_keep_its_state(kind: str) -> None:
    found = refused(layer_of(kind), PLACES.get(kind, "[4, 2]"))
    assert found == ["E0601"], kind


@pytest.mark.parametrize(
    "layer, shape",
    [
        ("Bidirectional: {layer: {GRU: {units: 2, stateful: true}}}", "[4, 2]"),
        (
            "Bidirectional: {layer: {GRU: 2}, backward_layer: {GRU: {units: 2, go_backwards: true, stateful: true}}}",
            "[4, 2]",
        ),
        ("TimeDistributed: {layer: {GRU: {units: 2, stateful: true}}}", "[3, 4, 2]"),
    ],
)
def test_so_does_what_wraps_it(layer: str, shape: str) -> None:
    assert refused(layer, shape) == ["E0601"]


def refused(layer: str, shape: str) -> list[str]:
    text = f"nnspec: 1\ninputs: {{x: {shape}}}\nlayers:\n  - {layer}\n"
    return [one.code for one in check(Source.from_text(text, "net.yaml"), data=False).diagnostics]
