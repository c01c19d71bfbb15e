"""``check --target``: the operations of a network against those of a chip."""

from __future__ import annotations

import pytest

from nnspec.catalog.chips import CHIPS
from nnspec.frontend.chips import Aimed, aim
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check
from nnspec.layers import KINDS
from nnspec.layers.operations import FUNCTIONS

CNN = """nnspec: 1
inputs: {image: [28, 28, 1]}
layers:
  - Conv2D: {filters: 6, kernel_size: 3, use_bias: false}
  - BatchNormalization
  - ReLU
  - MaxPooling2D: 2
  - Dropout: 0.5
  - Flatten
  - Dense: {units: 10, activation: softmax}
"""
WHOLE = "export:\n  - TFLite\n  - TFLite: {quantize: int8, io: int8, runtime: micro}\n"


def aimed(text: str, chip: str) -> Aimed:
    found = check(Source.from_text(text, "network.yaml"), data=None)
    assert found.spec is not None, found.diagnostics
    return aim(found.spec, chip)


def codes(found: Aimed) -> list[str]:
    return [one.code for one in found.diagnostics]


def layers(text: str) -> str:
    return f"nnspec: 1\ninputs: {{series: [16, 4]}}\nlayers:\n{text}"


@pytest.mark.parametrize("chip", CHIPS)
def test_a_small_convolutional_network_lies_on_every_chip(chip: str) -> None:
    settings = ", ".join(f"{key}: {next(v for v in values if v)}" for key, values in CHIPS[chip].settings.items())
    found = aimed(f"{CNN}export: {{TFLite: {{{settings}}}}}\n", chip)
    assert not found.diagnostics
    assert all(one.fits for one in found.layers)


def test_the_file_that_suits_best_is_taken() -> None:
    assert not codes(aimed(CNN + WHOLE, "ethos-u"))
    (told,) = aimed(CNN + "export: [TFLite]\n", "ethos-u").diagnostics
    assert told.code == "W1003" and "io is `float32`" in told.message
    assert told.hint == "TFLite: {quantize: int8, io: int8, runtime: micro}"
    assert codes(aimed(CNN, "micro")) == ["W1003"]


def test_a_loop_stays_on_the_cpu_of_a_phone_and_is_named_with_its_line() -> None:
    found = aimed(layers("  - GRU: 8\n  - Dense: 2\n") + "export: {TFLite: {quantize: none}}\n", "qualcomm")
    (told,) = found.diagnostics
    assert told.code == "W1001" and told.severity == "warning" and "WHILE" in told.message
    assert told.span is not None and told.span.line == 4
    assert [one.lacking for one in found.layers] == [("WHILE",), ()]


def test_steps_that_are_written_out_lie_on_an_npu() -> None:
    text = (
        layers("  - Bidirectional: {layer: {GRU: 8}}\n  - Dense: 2\n")
        + "export: {TFLite: {quantize: int8, runtime: %s}}\n"
    )
    assert codes(aimed(text % "any", "samsung")) == ["W1001"]
    assert not codes(aimed(text % "unrolled", "samsung"))


def test_of_a_loop_the_hint_is_about_the_loop() -> None:
    (told,) = aimed(
        layers("  - LSTM: 8\n  - Dense: 2\n") + "export: {TFLite: {quantize: int8, io: int8}}\n", "coral"
    ).diagnostics
    assert "GATHER, LESS, WHILE" in told.message and told.hint is not None and "unrolled" in told.hint


def test_an_lstm_has_a_kernel_there() -> None:
    lstm = layers("  - LSTM: 8\n  - Dense: 2\n") + WHOLE
    assert not codes(aimed(lstm, "ethos-u")) and not codes(aimed(lstm, "micro"))
    assert codes(aimed(lstm.replace("LSTM: 8", "LSTM: {units: 8, activation: relu}"), "ethos-u")) == ["W1001"]


def test_what_a_microcontroller_lacks_is_an_error() -> None:
    found = aimed(layers("  - Dense: {units: 4, activation: gelu}\n") + WHOLE, "micro")
    (told,) = found.diagnostics
    assert told.code == "E1001" and told.severity == "error" and "GELU" in told.message
    assert told.hint is not None and "relu" in told.hint


def test_a_size_that_varies() -> None:
    text = layers("  - LSTM: 8\n  - Dense: 2\n").replace("[16, 4]", "[null, 4]")
    fixed = "export: {TFLite: {quantize: int8, io: int8, runtime: micro, length: 16}}\n"
    varying = "export: {TFLite: {quantize: int8, io: int8, runtime: interpreter}}\n"
    assert codes(aimed(text + varying, "ethos-u")) == ["W1004"]
    assert not codes(aimed(text + fixed, "ethos-u"))
    assert "E1004" in codes(aimed(text + varying, "micro"))


def test_limits_of_sizes() -> None:
    strided = CNN.replace("kernel_size: 3", "kernel_size: 5, strides: 4")
    found = aimed(strided + WHOLE, "ethos-u")
    assert codes(found) == ["W1001"] and "strides of at most 3" in found.diagnostics[0].message
    assert not codes(aimed(strided + WHOLE, "micro"))
    frames = CNN.replace("[28, 28, 1]", "[3, 8, 8, 1]").replace(
        "  - Conv2D: {filters: 6, kernel_size: 3, use_bias: false}\n",
        "  - TimeDistributed: {layer: {Conv2D: {filters: 2, kernel_size: 3}}}\n",
    )
    frames = frames.replace("  - BatchNormalization\n  - ReLU\n  - MaxPooling2D: 2\n", "")
    (told,) = aimed(frames + WHOLE, "micro").diagnostics
    assert told.code == "E1001" and "at most 4 axes" in told.message


def test_folding_is_known() -> None:
    """A normalization behind a convolution is a part of it; behind a ReLU it is a product and a sum."""
    folded, alone = (
        aimed(text, "micro").layers for text in (CNN, CNN.replace("  - ReLU\n", "").replace("Batch", "ReLU\n  - Batch"))
    )
    assert [one.operations for one in folded if one.layer.kind == "BatchNormalization"] == [frozenset({"RESHAPE"})]
    assert [sorted(one.operations or ()) for one in alone if one.layer.kind == "BatchNormalization"] == [
        ["ADD", "MUL", "RESHAPE"]
    ]


def test_what_nobody_knows_is_said() -> None:
    (told,) = aimed(layers("  - Dense: 3\n  - CRF: 2\n") + WHOLE, "coral").diagnostics[:1]
    assert told.code in ("W1002", "W1003")
    assert "W1002" in codes(aimed(layers("  - Dense: 3\n  - CRF: 2\n") + WHOLE, "coral"))


def test_what_no_file_can_have() -> None:
    text = "nnspec: 1\ninputs: {word: {shape: [3], dtype: string}}\nlayers:\n  - StringLookup: {vocabulary: [a]}\n"
    found = aimed(text + "  - Embedding: {input_dim: 3, output_dim: 2}\n", "android-gpu")
    assert "E1001" in codes(found)


def test_estimates_are_held_against_the_budget() -> None:
    found = aimed(CNN + WHOLE + "budget: {arena_bytes: 1K, tflite_bytes: 2K}\n", "micro")
    assert codes(found) == ["W1005", "W1005"]
    assert found.memory is not None and found.memory.arena is not None and found.memory.arena > 28 * 28


def test_a_limit_that_nothing_is_held_against() -> None:
    def told(text: str) -> list[str]:
        return [one.code for one in check(Source.from_text(CNN + text, "x.yaml"), data=None).diagnostics]

    assert told("budget: {arena_bytes: 20K}\n") == ["W0801"]
    assert told("export: [TFLite]\nbudget: {arena_bytes: 20K}\n") == ["W0801"]
    assert not told(WHOLE + "budget: {arena_bytes: 20K, tflite_bytes: 1M, latency_ms: 1}\n")
    assert told("export: [SavedModel]\nbudget: {tflite_bytes: 1M, latency_ms: 1}\n") == ["W0801", "W0801"]
    assert told("export: [TFLite]\nbudget: {saved_model_bytes: 1M}\n") == ["W0801"]
    assert not told("budget: {tflite_bytes: 1M}\n")


def test_functions_are_those_of_the_catalogue() -> None:
    assert {"relu", "gelu", "softmax"} < set(FUNCTIONS)
    assert all(record.operations is not None for record in KINDS.values() if record.family in ("merge", "convolution"))


def test_what_no_file_can_have_lies_on_no_chip() -> None:
    text = "nnspec: 1\ninputs: {x: {shape: [8, 3], dtype: int32}}\nlayers: [{MaxPooling1D: 2}]\n"
    found = aimed(text + "export: {TFLite: {quantize: none}}\n", "android-gpu")
    assert codes(found) == ["E1001"] and not found.layers[0].fits
