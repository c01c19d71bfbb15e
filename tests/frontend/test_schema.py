"""What the schema pass says, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nnspec.frontend.diagnostics import Diagnostic, Source, Span
from nnspec.frontend.schema import validate, validate_arguments
from nnspec.frontend.schema_errors import MAX_ERRORS
from nnspec.frontend.source import Node, compose
from nnspec.layers.types import Symbol

HEAD = "nnspec: 1\ninputs: {x: [8]}\n"


def found(text: str) -> list[Diagnostic]:
    return validate(compose(Source("spec.yaml", text)))


def one(text: str) -> Diagnostic:
    diagnostics = found(text)
    assert len(diagnostics) == 1, "\n\n".join(map(str, diagnostics))
    return diagnostics[0]


def blamed(diagnostic: Diagnostic) -> str:
    """The text under the caret."""
    span = diagnostic.span
    assert span is not None and span.line == span.end_line
    return span.source.line(span.line)[span.column - 1 : span.end_column - 1]


# What stands in `layers: [...]`, the code, what the caret is under, the message, the hint.
LAYERS = [
    (
        "{Conv2D: {filtres: 8, kernel_size: 3}}",
        "E0203",
        "filtres",
        "Conv2D has no argument `filtres`",
        "did you mean `filters`?",
    ),
    (
        "{Dense: {units: 3, name: a}}",
        "E0203",
        "name",
        "Dense has no argument `name`",
        "`name:` stands beside the kind, not among its arguments",
    ),
    (
        "{Dense: {units: 3, input_shape: [3]}}",
        "E0203",
        "input_shape",
        "Dense has no argument `input_shape`",
        "shapes stand under `inputs:`, at the top of the spec",
    ),
    (
        "{Bidirectional: {LSTM: 8}}",
        "E0203",
        "LSTM",
        "Bidirectional has no argument `LSTM`",
        "write `Bidirectional: {layer: {LSTM: 8}}`",
    ),
    (
        "{Add: {qqqqq: 3}}",
        "E0203",
        "qqqqq",
        "Add has no argument `qqqqq`",
        "it takes activity_regularizer, trainable, dtype, autocast",
    ),
    (
        "{Conv2D: {}}",
        "E0204",
        "Conv2D",
        "Conv2D needs `filters` and `kernel_size`",
        "`filters`: how many feature maps come out; `kernel_size`: the window that the kernel sees, along each axis",
    ),
    (
        "{Conv2D: }",
        "E0204",
        "Conv2D",
        "Conv2D needs `filters` and `kernel_size`",
        "`filters`: how many feature maps come out; `kernel_size`: the window that the kernel sees, along each axis",
    ),
    (
        "{Conv2D: {filters: , kernel_size: 3}}",
        "E0204",
        "Conv2D",
        "Conv2D needs `filters`",
        "`filters`: how many feature maps come out",
    ),
    (
        "{Conv2D: 8}",
        "E0204",
        "Conv2D",
        "Conv2D needs `kernel_size`",
        "8 alone would be `filters`; write a mapping: `Conv2D: {filters: ..., kernel_size: ...}`",
    ),
    ("{Dense: {units: }}", "E0204", "Dense", "Dense needs `units`", "`units`: how many features come out"),
    ("{Dense: }", "E0204", "Dense", "Dense needs `units`", "`units`: how many features come out"),
    ("{Bidirectional: {layer: LSTM}}", "E0204", "LSTM", "LSTM needs `units`", "`units`: how many features come out"),
    (
        "{Dense: {units: ten}}",
        "E0205",
        "ten",
        "`units` of Dense should be a whole number above 0, not the text `ten`",
        None,
    ),
    ("{Dense: ten}", "E0205", "ten", "`units` of Dense should be a whole number above 0, not the text `ten`", None),
    (
        "{Dense: 3.0}",
        "E0205",
        "3.0",
        "`units` of Dense should be a whole number above 0, not 3.0",
        "write 3, without a decimal point",
    ),
    (
        "{Dense: '3'}",
        "E0205",
        "'3'",
        "`units` of Dense should be a whole number above 0, not the text `3`",
        "write 3, without quotes",
    ),
    ("{Dense: true}", "E0205", "true", "`units` of Dense should be a whole number above 0, not true", None),
    ("{Dropout: .nan}", "E0205", ".nan", "`rate` of Dropout should be a number from 0 to 1, not .nan", None),
    (
        "{Dense: {units: 3, use_bias: off}}",
        "E0205",
        "off",
        "`use_bias` of Dense should be true or false, not the text `off`",
        "in YAML 1.2 `off` is a text: write false",
    ),
    (
        "{MaxPooling2D: [2, 2, 2]}",
        "E0205",
        "[2, 2, 2]",
        "`pool_size` of MaxPooling2D should be a whole number above 0, or a list of 2, not a list of 3",
        "write `[2, 2]`",
    ),
    (
        "{MaxPooling2D: [2, x]}",
        "E0205",
        "x",
        "each item of `pool_size` of MaxPooling2D should be a whole number above 0, not the text `x`",
        None,
    ),
    (
        "{Dense: {units: 3, kernel_initializer: 3}}",
        "E0205",
        "3",
        "`kernel_initializer` of Dense should be an initializer, not 3",
        "it is of a kind: `{Constant: 3}`",
    ),
    ("3", "E0205", "3", "each item of `layers` should be a layer, such as `Dense: 10`, not 3", None),
    (
        "{Conv2D: {filters: 8, kernel_size: 3, padding: sane}}",
        "E0206",
        "sane",
        "`padding` of Conv2D should be valid or same, not the text `sane`",
        "did you mean `same`?",
    ),
    (
        "{Conv1D: {filters: 8, kernel_size: 3, padding: cusal}}",
        "E0206",
        "cusal",
        "`padding` of Conv1D should be valid, same or causal, not the text `cusal`",
        "did you mean `causal`?",
    ),
    ("{Dropout: 1.5}", "E0207", "1.5", "`rate` of Dropout should be a number from 0 to 1, not 1.5", None),
    (
        "{MaxPooling2D: [2, 0]}",
        "E0207",
        "0",
        "each item of `pool_size` of MaxPooling2D should be a whole number above 0, not 0",
        None,
    ),
    (
        "{Dense: {units: 3, activation: rellu}}",
        "E0202",
        "rellu",
        "there is no activation `rellu`",
        "did you mean `relu`?",
    ),
    ("{Bidirectional: {layer: {LSTMM: 8}}}", "E0202", "LSTMM", "there is no layer `LSTMM`", "did you mean `LSTM`?"),
    (
        "{Dense: {units: 3, kernel_regularizer: Adam}}",
        "E0202",
        "Adam",
        "there is no regularizer `Adam`",
        "`Adam` is an optimizer",
    ),
    (
        "{Dense: {units: 3, kernel_regularizer: {L1: 0.1, L2: 0.1}}}",
        "E0208",
        "L2",
        "one regularizer stands here, not both `L1` and `L2`",
        None,
    ),
    (
        "{TimeDistributed: {layer: {TFSMLayer: x}}}",
        "E0209",
        "TFSMLayer",
        "`TFSMLayer` cannot stand in a spec: it runs a saved program whose content nothing checks",
        None,
    ),
    (
        "{Dense: {units: 3, kernel_regularizer: {}}}",
        "E0211",
        "{}",
        "`kernel_regularizer` of Dense names no regularizer",
        None,
    ),
]


@pytest.mark.parametrize(("entry", "code", "caret", "message", "hint"), LAYERS, ids=[row[0] for row in LAYERS])
def test_layers(entry: str, code: str, caret: str, message: str, hint: str | None) -> None:
    diagnostic = one(f"{HEAD}layers:\n  - {entry}\n")
    assert (diagnostic.code, diagnostic.message, diagnostic.hint) == (code, message, hint)
    assert diagnostic.span is not None and diagnostic.span.line == 4
    assert blamed(diagnostic) == caret


SECTIONS = [
    ("trian: {}", "E0201", "trian", "there is no key `trian` here", "did you mean `train`?"),
    ("train: {epoch: 3}", "E0201", "epoch", "there is no key `epoch` here", "did you mean `epochs`?"),
    ("train: {epochs: -1}", "E0207", "-1", "`epochs` should be a whole number above 0, not -1", None),
    (
        "train: {optimizer: {Adam: {lr: 0.1}}}",
        "E0203",
        "lr",
        "Adam has no argument `lr`",
        "did you mean `learning_rate`?",
    ),
    (
        "train: {optimizer: {Adam: {learning_rate: fast}}}",
        "E0202",
        "fast",
        "there is no learning-rate schedule `fast`",
        None,
    ),
    ("train: {loss: {a: mse, b: mze}}", "E0202", "mze", "there is no loss `mze`", "did you mean `mse`?"),
    (
        "train: {loss: {MeanSquaredErro: {reduction: sum}}}",
        "E0202",
        "MeanSquaredErro",
        "there is no loss `MeanSquaredErro`",
        "did you mean `MeanSquaredError`?",
    ),
    (
        "train: {metrics: {a: [acuracy]}}",
        "E0202",
        "acuracy",
        "there is no metric `acuracy`",
        "did you mean `accuracy`?",
    ),
    ("train: {metrics: [{MeanIoU: {}}]}", "E0204", "MeanIoU", "MeanIoU needs `num_classes`", None),
    (
        "train: {callbacks: [LambdaCallback]}",
        "E0209",
        "LambdaCallback",
        "`LambdaCallback` cannot stand in a spec: it runs code that the spec would carry",
        None,
    ),
    ("train: {callbacks: [{}]}", "E0211", "{}", "each item of `callbacks` names no callback", None),
    (
        "train: {callbacks: [{ModelCheckpoint: {filepath: a.keras, save_freq: 0.5}}]}",
        "E0205",
        "0.5",
        "`save_freq` of ModelCheckpoint should be epoch, or a number of batches, not 0.5",
        None,
    ),
    (
        "train: {precision: float_32}",
        "E0206",
        "float_32",
        "`precision` should be float32, mixed_bfloat16 or mixed_float16, not the text `float_32`",
        "did you mean `float32`?",
    ),
    (
        "data: {}",
        "E0210",
        "data",
        "`data` needs `source`",
        "for example `source: {ImageFolder: {path: images, image_size: [64, 64]}}`",
    ),
    (
        "data: {source: }",
        "E0210",
        "data",
        "`data` needs `source`",
        "for example `source: {ImageFolder: {path: images, image_size: [64, 64]}}`",
    ),
    ("data: {source: {Csv: {path: }}}", "E0204", "Csv", "Csv needs `path`", None),
    ("data: {source: {Csv: {path: a, split: 3}}}", "E0203", "split", "Csv has no argument `split`", None),
    (
        "data: {source: {Csv: {path: a, window: {lenght: 3}}}}",
        "E0201",
        "lenght",
        "there is no key `lenght` here",
        "did you mean `length`?",
    ),
    (
        "data: {source: {Csv: a.csv}, split: {test: 1.5}}",
        "E0207",
        "1.5",
        "`test` should be a share from 0 to 1, a path or a list of them, or arguments of the source, not 1.5",
        None,
    ),
    (
        "data: {source: {Csv: a.csv}, augment: [{RandomFlip: up}]}",
        "E0206",
        "up",
        "`mode` of RandomFlip should be horizontal_and_vertical, horizontal or vertical, not the text `up`",
        None,
    ),
    (
        "export: [{TFLite: {quantize: int3}}]",
        "E0206",
        "int3",
        "`quantize` of TFLite should be none, float16, dynamic, int8, int16x8, int8x4, int4 or auto, not the text `int3`",
        "did you mean `int8`?",
    ),
    (
        "export: {SavedModle: }",
        "E0202",
        "SavedModle",
        "there is no export target `SavedModle`",
        "did you mean `SavedModel`?",
    ),
    ("budget: {params: 3Q}", "E0205", "3Q", "`params` should be a number such as 140M, not the text `3Q`", None),
    ("outputs: [3]", "E0205", "3", "each item of `outputs` should be a name, not 3", None),
    ("blocks: {a: {params: {}}}", "E0210", "a", "`a` needs `layers`", "for example `layers: [Flatten, {Dense: 10}]`"),
]


@pytest.mark.parametrize(("section", "code", "caret", "message", "hint"), SECTIONS, ids=[row[0] for row in SECTIONS])
def test_sections(section: str, code: str, caret: str, message: str, hint: str | None) -> None:
    diagnostic = one(f"{HEAD}layers: [Flatten]\n{section}\n")
    assert (diagnostic.code, diagnostic.message) == (code, message)
    assert hint is None or diagnostic.hint == hint
    assert diagnostic.span is not None and diagnostic.span.line == 4
    assert blamed(diagnostic) == caret


def test_a_spec_that_lacks_everything_is_told_once() -> None:
    diagnostic = one("name: empty\n")
    assert diagnostic.message == "a spec needs `nnspec`, `inputs` and `layers`"
    assert diagnostic.hint is not None and "`nnspec: 1`" in diagnostic.hint


def test_a_misspelt_argument_is_not_missing_as_well() -> None:
    diagnostics = found(HEAD + "layers: [{Conv2D: {filtres: 8}}]\n")
    assert [diagnostic.message for diagnostic in diagnostics] == [
        "Conv2D needs `kernel_size`",
        "Conv2D has no argument `filtres`",
    ]


def test_errors_come_in_the_order_of_the_file_and_all_at_once() -> None:
    diagnostics = found(HEAD + "train: {epoch: 3}\nlayers:\n  - {Dense: x}\n  - {Dropout: 2}\nexport: [TFlite]\n")
    assert [diagnostic.code for diagnostic in diagnostics] == ["E0201", "E0205", "E0207", "E0202"]


def test_errors_are_found_inside_groups_branches_and_blocks() -> None:
    diagnostics = found(
        HEAD
        + "blocks: {b: {layers: [{Dense: x}]}}\n"
        + "layers:\n"
        + "  - repeat: 2\n    layers:\n      - Dense: x\n"
        + "  - parallel:\n      - [{Dense: x}]\n      - Dense: x\n    merge: {Concatenate: {axis: x}}\n"
    )
    lines = [diagnostic.span.line for diagnostic in diagnostics if diagnostic.span]
    assert lines == [3, 7, 9, 10, 11]


VALID = [
    "[Flatten, {Dense: 10}, {stage: {filters: 3}}, my_block, {Flatten: }, {Flatten: {}}]",
    "[{Dense: $units}, {Dense: {units: $(2 * units), activation: $activation}}, $body, {Conv2D: $arguments}]",
    "[{Conv2D: {filters: 8, kernel_size: [3, $k], strides: 2, padding: same}}, {ZeroPadding2D: [[1, 1], [2, 0]]}]",
    "[{Dense: {units: 3, activation: , bias_regularizer: l2, kernel_regularizer: {L1L2: {l1: 1e-3}}}}]",
    "[{Bidirectional: {layer: {LSTM: 8}, merge_mode: null}}, {RNN: {cell: [{LSTMCell: 8}, {GRUCell: 8}]}}]",
    "[{Add: , name: sum, from: [a, b]}]",
    "[{MultiHeadAttention: {num_heads: 2, key_dim: 8}, from: {query: a, value: [b]}}]",
    "[{repeat: $n, as: i, layers: [{Dense: $i, when: $(i > 2)}]}, {for: {a: [1, 2]}, layers: [Flatten]}, {reuse: sum}]",
    "[{parallel: [[Flatten], [], Flatten], merge: Add}, {Reshape: [-1, 3]}]",
    "[{Embedding: {input_dim: $data.classes, output_dim: 3}}]",
]


@pytest.mark.parametrize("layers", VALID)
def test_what_is_right_is_left_alone(layers: str) -> None:
    assert not found(f"{HEAD}layers: {layers}\n")


def test_sections_that_are_right_are_left_alone() -> None:
    assert not found(
        HEAD
        + "layers: [Flatten]\n"
        + "params: {a: 1, b: [x]}\n"
        + "data:\n"
        + "  source: {ImageFolder: {path: faces, image_size: [64, 64]}}\n"
        + "  split: {test: 0.1, validation: list.txt}\n"
        + "train:\n"
        + "  loss: {a: mse, b: {Huber: 0.5}, c: Poisson}\n"
        + "  metrics: {a: [mae, {MeanAbsoluteError: {name: error}}], b: accuracy}\n"
        + "  optimizer: {AdamW: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 100}}}}\n"
        + "  callbacks: [TerminateOnNaN, {EarlyStopping: {patience: 3}}]\n"
        + "  class_weight: balanced\n"
        + "export: [SavedModel, {TFLite: int8}]\n"
        + "budget: {params: 1.5M, macs: 16G, tflite_bytes: 1000}\n"
    )


def test_a_long_value_is_not_repeated_whole() -> None:
    diagnostic = one(f"{HEAD}layers: [{{Dense: {'x' * 5000}}}]\n")
    assert len(diagnostic.message) < 150 and "…" in diagnostic.message


def test_a_control_character_does_not_reach_the_terminal() -> None:
    assert all(
        "\x1b" not in str(item) for item in found(HEAD + 'layers: [{Dense: {"\\e[31m": 3, units: "\\e[31m"}}]\n')
    )


@pytest.mark.slow
def test_there_is_an_end_to_errors() -> None:
    layers = "\n".join("  - Dense: x" for _ in range(MAX_ERRORS + 10))
    assert len(found(f"{HEAD}layers:\n{layers}\n")) == MAX_ERRORS


SPAN = Span(Source("spec.yaml", "- Dense: {units: $u}"), 1, 3, 1, 8)
INNER = Span(SPAN.source, 1, 18, 1, 20)
ORIGIN = Span(SPAN.source, 9, 1, 9, 3)


def node(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: node(item) for key, item in value.items()}, INNER, dict.fromkeys(value, INNER))
    return Node(value, INNER, origin=ORIGIN)


def test_arguments_are_blamed_where_their_values_came_from() -> None:
    (diagnostic,) = validate_arguments("layer", "Dense", node({"units": "ten"}), SPAN)
    assert diagnostic.message == "`units` of Dense should be a whole number above 0, not the text `ten`"
    assert diagnostic.span == ORIGIN


def test_missing_arguments_are_blamed_on_the_kind() -> None:
    (diagnostic,) = validate_arguments("layer", "Conv2D", node({"filters": 3}), SPAN)
    assert (diagnostic.message, diagnostic.span) == ("Conv2D needs `kernel_size`", SPAN)
    (diagnostic,) = validate_arguments("layer", "Dense", node({"units": None}), SPAN)
    assert (diagnostic.message, diagnostic.span) == ("Dense needs `units`", SPAN)


def test_the_first_argument_alone_is_checked_as_such() -> None:
    assert not validate_arguments("layer", "Dense", node(3), SPAN)
    (diagnostic,) = validate_arguments("layer", "Dense", node(0), SPAN)
    assert diagnostic.code == "E0207" and diagnostic.message.startswith("`units` of Dense")


def test_what_only_the_data_will_tell_fits_everywhere() -> None:
    assert not validate_arguments("layer", "Dense", node({"units": Symbol("data.classes")}), SPAN)


def test_messages_survive_json() -> None:
    assert json.loads(json.dumps([item.as_json() for item in found("nnspec: 2\n")]))
