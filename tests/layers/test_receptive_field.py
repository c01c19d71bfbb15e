"""Receptive fields against counting: which input positions reach one output position, index by index."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zoo_specs import zoo_spec

from nnspec.layers.receptive_field import ALL, Field, receptive_field, start
from nnspec.layers.types import KindValue
from nnspec.report.text.layers import receptive_fields

windows = st.fixed_dictionaries(
    {"size": st.integers(1, 4), "stride": st.integers(1, 3), "dilation": st.integers(1, 3), "pool": st.booleans()}
)


def call(layer: dict[str, int], reach: object) -> object:
    if layer["pool"]:
        return receptive_field("MaxPooling1D", {"pool_size": layer["size"], "strides": layer["stride"]}, [reach])
    args = {"kernel_size": layer["size"], "strides": layer["stride"], "dilation_rate": layer["dilation"]}
    return receptive_field("Conv1D", args, [reach])


def positions(layers: list[dict[str, int]], output: int) -> set[int]:
    """The positions of the input, without padding, that reach one of the output."""
    seen = {output}
    for layer in reversed(layers):
        dilation = 1 if layer["pool"] else layer["dilation"]
        seen = {at * layer["stride"] + tap * dilation for at in seen for tap in range(layer["size"])}
    return seen


@pytest.mark.slow
@given(st.lists(windows, min_size=1, max_size=5))
def test_chains_of_windows_agree_with_counting(layers: list[dict[str, int]]) -> None:
    reach = start(2)
    for layer in layers:
        reach = call(layer, reach)
    first, second = positions(layers, 0), positions(layers, 1)
    assert reach == Field((max(first) - min(first) + 1,), (Fraction(min(second) - min(first)),))


@given(st.integers(1, 6), st.integers(1, 4))
def test_transposed_convolutions_agree_with_counting(size: int, stride: int) -> None:
    reach = receptive_field("Conv1DTranspose", {"kernel_size": size, "strides": stride}, [start(2)])
    sources = [{at for at in range(40) if 0 <= out - at * stride < size} for out in range(20 * stride, 21 * stride)]
    assert isinstance(reach, Field)
    assert reach.sizes == (max(1, *(len(found) for found in sources)),)
    assert reach.strides == (Fraction(1, stride),)
    spread = {"kernel_size": size, "strides": stride, "dilation_rate": 2}
    assert receptive_field("Conv1DTranspose", spread, [start(2)]) is None, "with gaps nobody has counted it"


@given(st.integers(1, 4), st.integers(1, 4))
def test_repeating_agrees_with_counting(size: int, window: int) -> None:
    """Of an upsampled sequence position `at` is that of the input at `at // size`."""
    reach = receptive_field("UpSampling1D", {"size": size}, [start(2)])
    assert reach == Field((1,), (Fraction(1, size),))
    behind = receptive_field("Conv1D", {"kernel_size": window, "strides": 1, "dilation_rate": 1}, [reach])
    most = max(len({at // size for at in range(first, first + window)}) for first in range(size))
    assert isinstance(behind, Field) and most <= behind.sizes[0] <= most + 1
    blurred = {"size": size, "interpolation": "bilinear"}
    assert receptive_field("UpSampling2D", blurred, [start(3)]) is None, "it looks at neighbours, too"


@pytest.mark.parametrize(
    "spec, layer, size",
    [("vgg", "max_pooling2d_4", 212), ("resnet50", None, 483), ("resnet152", None, 1507)],
)
def test_published_sizes(spec: str, layer: str | None, size: int) -> None:
    """Araujo, Norris and Sim 2019, table 1: VGG-16 212, ResNet-50 483, ResNet-152 1507."""
    found = receptive_fields(zoo_spec(spec))
    reach = found[layer] if layer else [field for field in found.values() if isinstance(field, Field)][-1]
    assert reach == Field((size, size), (Fraction(32), Fraction(32)))


def test_branches_give_the_widest() -> None:
    wide = receptive_field("Conv2D", {"kernel_size": (3, 7), "strides": 1, "dilation_rate": 1}, [start(3)])
    assert receptive_field("Add", {}, [start(3), wide]) == Field((3, 7), (Fraction(1), Fraction(1)))


@pytest.mark.parametrize("kind", ["GlobalAveragePooling2D", "Flatten"])
def test_what_sees_everything(kind: str) -> None:
    assert receptive_field(kind, {}, [start(3)]) == ALL
    assert receptive_field("Dense", {}, [ALL]) == ALL


def test_recurrent_layers_see_everything_also_within_a_wrapper() -> None:
    assert receptive_field("LSTM", {}, [start(2)]) == ALL
    assert receptive_field("Bidirectional", {"layer": KindValue("GRU", {})}, [start(2)]) == ALL


def test_what_has_no_rule_is_not_known() -> None:
    assert receptive_field("Reshape", {"target_shape": (4, 4)}, [start(2)]) is None
    assert receptive_field("ReLU", {}, [None]) is None


def test_tokens_gain_an_axis() -> None:
    assert receptive_field("Embedding", {}, [start(1)]) == Field((1,), (Fraction(1),))


@pytest.mark.parametrize("kernel", [[3], [3, None], [3, 3, 3]])
def test_windows_of_other_axes_are_not_known(kernel: list[int | None]) -> None:
    """Of a spec that is being typed, say."""
    assert receptive_field("Conv2D", {"kernel_size": kernel}, [start(3)]) is None
