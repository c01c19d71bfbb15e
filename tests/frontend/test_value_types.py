"""Types of values: what TensorFlow would refuse at the first batch, `check` refuses at the layer."""

from __future__ import annotations

import pytest

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check


def errors(inputs: str, *layers: str) -> list[str]:
    text = f"nnspec: 1\ninputs: {{x: {inputs}}}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)
    return [str(one.message) for one in check(Source.from_text(text, "net.yaml"), data=False).diagnostics if one.code]


BYTES = "{shape: [8, 8, 3], dtype: uint8}"
TEXT = "{shape: [3], dtype: string}"


@pytest.mark.parametrize(
    ("inputs", "layers", "message"),
    [
        (BYTES, ["Conv2D: {filters: 2, kernel_size: 3}"], "takes floats, and gets values of type uint8"),
        (BYTES, ["MaxPooling2D", "Conv2D: {filters: 2, kernel_size: 3}"], "takes floats, and gets values of type uint8"),
        (BYTES, ["Flatten", "Reshape: [8, 24]", "Softmax"], "takes floats, and gets values of type uint8"),
        (BYTES, ["TimeDistributed: {layer: {Conv1D: {filters: 2, kernel_size: 3}}}"], "Conv1D within it: it takes floats"),
        (BYTES, ["AveragePooling2D: 2"], "takes floats, and gets values of type uint8"),
        (BYTES, ["Dropout: 0.5"], "takes floats, and gets values of type uint8"),
        (TEXT, ["Dense: 2"], "takes numbers and gets texts"),
        ("[3, 2]", ["LSTMCell: 2"], "it is one step of a recurrent layer"),
        ("[3]", ["StringLookup"], "takes texts and gets float32"),
        ("[3]", ["Dense: {units: 2, dtype: int32}"], "cannot compute in int32: its dtype is a float type"),
        ("[3]", ["Dropout: {rate: 0.5, dtype: int8_from_float32}"], "cannot be quantized to int8"),
        ("[3, 3]", ["LSTM: {units: 2, dtype: bfloat16}"], "orthogonal weights cannot be drawn in bfloat16"),
        ("[3]", ["Dense: {units: 2, bias_initializer: Identity}"], "its bias has one axis"),
        ("[3, 3]", ["Conv1D: {filters: 2, kernel_size: 3, kernel_regularizer: OrthogonalRegularizer}"], "kernel has 3 axes"),
        ("[3]", ["Dense: {units: 2, kernel_constraint: {MaxNorm: {axis: 2}}}"], "axis 2 does not exist"),
    ],
)  # fmt: skip
def test_what_tensorflow_cannot_run_is_refused(inputs: str, layers: list[str], message: str) -> None:
    found = errors(inputs, *layers)
    assert len(found) == 1 and message in found[0]


@pytest.mark.parametrize(
    ("inputs", "layers"),
    [
        (BYTES, ["Rescaling: 0.004", "Conv2D: {filters: 2, kernel_size: 3}"]),
        (BYTES, ["Resizing: {height: 4, width: 4}", "Rescaling: 0.004", "Conv2D: {filters: 2, kernel_size: 3}"]),
        (BYTES, ["MaxPooling2D", "BatchNormalization", "Conv2D: {filters: 2, kernel_size: 3}"]),
        ("{shape: [3], dtype: int32}", ["Dense: {units: 2, activation: softmax}"]),
        ("{shape: [3], dtype: bfloat16}", ["Dense: 2", "Softmax"]),
        (TEXT, ["Reshape: [3, 1]", "Flatten", "StringLookup: {vocabulary: [a, b]}", "Embedding: {input_dim: 4, output_dim: 2}"]),
        ("{shape: [3], dtype: int64}", ["StringLookup: {vocabulary: [a, b], invert: true}"]),
        ("[3, 3]", ["LSTM: {units: 2, dtype: mixed_bfloat16}"]),
    ],
)  # fmt: skip
def test_what_it_can_run_is_taken(inputs: str, layers: list[str]) -> None:
    assert not [message for message in errors(inputs, *layers) if "takes" in message or "cannot" in message]
