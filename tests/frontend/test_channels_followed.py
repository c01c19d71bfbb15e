"""Which channels go together: through layers that are used again, layouts that keep them, and values spread over them."""

from __future__ import annotations

import pytest

from nnspec.frontend.channels import Channels, channels_of
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import load


def found(layers: str, inputs: str = "{x: [8, 8, 3]}") -> Channels:
    return channels_of(load(Source.from_text(f"nnspec: 1\ninputs: {inputs}\nlayers:\n{layers}", "net.yaml")))


TOWERS = """
  - {Conv2D: {filters: 8, kernel_size: 3, padding: same}, name: tower, from: a}
  - {Conv2D: {filters: 6, kernel_size: 1}, name: before, from: b}
  - {Conv2D: {filters: 6, kernel_size: 1}, name: first, from: tower}
  - {BatchNormalization: , name: norm}
  - {reuse: norm, from: before, name: again}
  - {Conv2D: {filters: 4, kernel_size: 1}, name: ends, from: norm}
  - {reuse: ends, from: again, name: ends_again}
  - {Concatenate: , from: [ends, ends_again]}
  - {Conv2D: {filters: 2, kernel_size: 1}, name: out}
"""


def test_calls_of_one_layer_take_and_give_the_same_channels() -> None:
    channels = found(TOWERS, "{a: [8, 8, 3], b: [8, 8, 3]}")
    assert channels.of["before"] == channels.of["first"] == channels.of["again"]
    assert channels.of["ends"] == channels.of["ends_again"] and channels.of["concatenate"] == 2 * channels.of["ends"]
    assert sorted(map(len, channels.sets())) == [4, 6, 8]
    assert {names for names in channels.makers.values() if len(names) > 1} == {("before", "first")}
    assert not channels.held()


def test_what_a_layer_takes_from_an_input_stays_where_it_is_used_again() -> None:
    layers = "  - {Dense: {units: 3}, name: one}\n  - {reuse: one, name: two}\n  - {Dense: 2, name: out}\n"
    channels = found(layers, "{x: [3]}")
    assert set(channels.of["one"]) == set(channels.of["x"]) <= channels.pinned


SQUEEZED = """
  - {Conv2D: {filters: 8, kernel_size: 3, padding: same}, name: maps}
  - {PReLU: {shared_axes: [1, 2]}, name: stream}
  - {GlobalAveragePooling2D: , name: mean}
  - {Dense: {units: 8, activation: sigmoid}, name: weights}
  - {Reshape: [1, 1, 8], name: laid_out}
  - {Multiply: , from: [stream, laid_out], name: weighed}
  - {Conv2D: {filters: 1, kernel_size: 1, activation: sigmoid}, name: place}
  - {Multiply: , from: [weighed, place], name: both}
  - {Conv2D: {filters: 4, kernel_size: 1}, name: last}
  - {Reshape: [-1], name: flat}
  - {Dense: 2, name: scores}
"""


def test_layouts_slopes_and_spread_values_hold_no_channels() -> None:
    """Squeeze and excitation as Keras writes it, and attention over places."""
    channels = found(SQUEEZED)
    assert channels.of["maps"] == channels.of["weights"] == channels.of["both"]
    assert len(channels.of["flat"]) == 256 and set(channels.of["flat"]) == set(channels.of["last"])
    assert sorted(map(len, channels.sets())) == [4, 8]
    assert {name: layer.name for name, layer in channels.held().items()} == {"place": "both"}


@pytest.mark.parametrize(("shape", "free"), [("[16, 8]", True), ("[8, 16]", True), ("[32, 4]", False)])
def test_a_layout_of_whole_rows_keeps_channels(shape: str, free: bool) -> None:
    layers = f"  - {{Conv2D: {{filters: 8, kernel_size: 1, strides: 2}}, name: maps}}\n  - Reshape: {shape}\n"
    channels = found(f"{layers}  - Flatten\n  - Dense: 2\n")
    assert (set(channels.of["maps"]) <= channels.pinned) is not free
