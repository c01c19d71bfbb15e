"""What each lint tells apart: specs that earn its warning beside specs that only look like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.diagnostics import Fix
from nnspec.frontend.pipeline import check

IMAGE = "inputs: {x: [8, 8, 3]}\n"
STEPS = "inputs: {x: [20, 4]}\n"
OPEN_STEPS = "inputs: {x: [null, 4]}\n"
ROW = "inputs: {x: [64]}\n"
WORDS = "inputs: {x: {shape: [20], dtype: int32}}\n"
EMBEDDING = "  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}\n"
INT8 = "export: [{TFLite: {quantize: int8}}]"
FUSED_INT8 = "export: [{TFLite: {quantize: int8, runtime: interpreter}}]"
SINGLE = (
    "inputs: {x: [4]}\nlayers: [{%s}, {Dense: 1}]\n"
    "data: {source: {Arrays: {path: d.npz}}, batch_size: 1}\ntrain: {loss: mse}"
)
CLASSES = "train: {loss: SparseCategoricalCrossentropy}"
RELU = "{Dense: {units: 8, activation: relu}}"

EARNED = {
    # a recurrent loop in int8
    "any length on a microcontroller": (
        "W0708",
        OPEN_STEPS + "layers: [{LSTM: 4}]\nexport: {TFLite: {runtime: micro}}",
    ),
    "int4 on a microcontroller": (
        "W0708",
        "inputs: {x: [4]}\nlayers: [{Dense: 3}]\nexport: {TFLite: {runtime: micro, quantize: int4}}",
    ),
    "int8 of a GRU": ("W0708", STEPS + "layers: [{GRU: 4}]\n" + FUSED_INT8),
    "int8 of an LSTM for every runtime": ("W0708", STEPS + "layers: [{LSTM: 4}]\n" + INT8),
    "int8 of an LSTM with relu": ("W0708", STEPS + "layers: [{LSTM: {units: 4, activation: relu}}]\n" + FUSED_INT8),
    "int8 of a wrapped GRU": ("W0708", STEPS + "layers: [{Bidirectional: {layer: {GRU: 4}}}]\n" + FUSED_INT8),
    "the largest of whole numbers": (
        "W0708",
        "inputs: {x: {shape: [8, 3], dtype: int32}}\nlayers: [{MaxPooling1D: 2}]\nexport: [TFLite]",
    ),
    "strides that pass over a kernel of three axes": (
        "W0708",
        "inputs: {x: [9, 9, 9, 1]}\nlayers: [{Conv3D: {filters: 2, kernel_size: [3, 1, 2], strides: 3, padding: same}}]\n"
        "export: [TFLite]",
    ),
    "hashing": ("W0708", WORDS + "layers: [{Hashing: {num_bins: 9}}]\nexport: [TFLite]"),
    "a quantization chosen by a part that is not there": (
        "W0708",
        ROW + "layers: [{Dense: 2}]\ndata: {source: {Arrays: no.npz}, split: {test: 0.2}}\n"
        "export: [{TFLite: {quantize: auto}}]",
    ),
    "a metric of a part that is not there": (
        "W0708",
        ROW
        + "layers: [{Dense: 2}]\ndata: {source: {Arrays: no.npz}}\nexport: [SavedModel, {TFLite: {max_metric_drop: 0.1}}]",
    ),
    # steps that vary, counted
    "one number a step": (
        "W0614",
        "inputs: {x: [null, 1]}\nlayers: [{TimeDistributed: {layer: {Reshape: {target_shape: []}}}}]",
    ),
    # activations and losses
    "softmax of each step and logits": (
        "W0603",
        STEPS + "layers: [{TimeDistributed: {layer: {Dense: {units: 3, activation: softmax}}}}]\n"
        "train: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}",
    ),
    "softmax over one": ("W0604", ROW + "layers: [{Dense: {units: 1, activation: softmax}}]"),
    "two units and a binary loss": (
        "W0604",
        ROW + "layers: [{Dense: {units: 2, activation: softmax}}]\ntrain: {loss: BinaryCrossentropy}",
    ),
    "one unit and a loss over classes": (
        "W0604",
        ROW + "layers: [{Dense: {units: 1, activation: sigmoid}}]\n" + CLASSES,
    ),
    "logits by a word": ("W0603", ROW + "layers: [{Dense: 2}]\ntrain: {loss: sparse_categorical_crossentropy}"),
    "logits behind a Reshape": ("W0603", ROW + "layers: [{Dense: 4}, {Reshape: [2, 2]}]\n" + CLASSES),
    "logits, and a loss without from_logits": (
        "W0603",
        ROW + "layers: [{Dense: 2}]\ntrain: {loss: CategoricalGeneralizedCrossEntropy}",
    ),
    "relu before mse": ("W0604", ROW + "layers: [{Dense: 1}, ReLU]\ntrain: {loss: mse}"),
    "logits of several outputs": (
        "W0603",
        ROW
        + f"layers: [{RELU}, {{Dense: 2, name: kind}}, {{Dense: 1, name: size, from: dense}}]\noutputs: [kind, size]\n"
        "train: {loss: {kind: SparseCategoricalCrossentropy, size: MeanSquaredError}}",
    ),
    # labels
    "one-hot loss over numbered labels": (
        "W0706",
        IMAGE + "layers: [Flatten, {Dense: {units: 2, activation: softmax}}]\n"
        "data: {source: {ImageFolder: {path: nowhere}}}\ntrain: {loss: CategoricalCrossentropy}",
    ),
    "a known data set": (
        "W0706",
        IMAGE + "layers: [Flatten, {Dense: {units: 9, activation: softmax}}]\n"
        f"data: {{source: {{Keras: cifar10}}}}\n{CLASSES}",
    ),
    "a forgotten Flatten": (
        "W0706",
        IMAGE + f"layers: [{RELU}, {{Dense: {{units: 9, activation: softmax}}}}]\n{CLASSES}",
    ),
    "a forgotten Flatten behind a pooling": (
        "W0706",
        IMAGE + "layers: [{Conv2D: {filters: 4, kernel_size: 3, activation: relu}}, MaxPooling2D, "
        "{Dense: {units: 9, activation: softmax}}]\n"
        "data: {source: {Arrays: d.npz}, one_hot: true}\ntrain: {loss: CategoricalCrossentropy}",
    ),
    "a forgotten pooling, and data of one label each": (
        "W0706",
        IMAGE + "layers: [{Conv2D: {filters: 9, kernel_size: 3, padding: same, activation: softmax}}]\n"
        f"data: {{source: {{ImageFolder: {{path: nowhere}}}}}}\n{CLASSES}",
    ),
    # layers
    "two wide linear layers": ("W0608", ROW + "layers: [{Dense: 64}, {Dropout: 0.5}, {Dense: 10}]"),
    "two linear convolutions": (
        "W0608",
        IMAGE + "layers: [{Conv2D: {filters: 8, kernel_size: 3}}, {Conv2D: {filters: 8, kernel_size: 3}}]",
    ),
    "a mask lost behind a dropout": (
        "W0609",
        WORDS
        + "layers:\n"
        + EMBEDDING
        + "  - Dropout: 0.1\n  - Conv1D: {filters: 8, kernel_size: 3}\n  - Dropout: 0.1\n"
        "  - Bidirectional: {layer: {LSTM: 4}}",
    ),
    # names
    "an unused index": ("W0607", ROW + f"layers:\n  - repeat: 2\n    as: i\n    layers: [{RELU}]"),
    "an unused parameter of a block": (
        "W0607",
        ROW + f"blocks: {{b: {{params: {{rate: 1}}, layers: [{RELU}]}}}}\nlayers: [b]",
    ),
    # callbacks
    "a metric that nothing measures, with its direction": (
        "W0704",
        ROW + "layers: [{Dense: 1}]\ntrain: {loss: mse, metrics: [MeanAbsoluteError], "
        "callbacks: [{ReduceLROnPlateau: {monitor: val_mean_abs_error, mode: min}}]}",
    ),
    "a look after the last epoch": (
        "W0704",
        ROW + "layers: [{Dense: 1}]\n"
        "train: {loss: mse, epochs: 5, callbacks: [{EarlyStopping: {monitor: loss, start_from_epoch: 5}}]}",
    ),
    "as many units as inputs": ("W0608", "inputs: {x: [4]}\nlayers: [{Dense: 4}, {Dense: 9}]"),
    "as many units as the second has": ("W0608", "inputs: {x: [9]}\nlayers: [{Dense: 4}, {Dense: 4}]"),
    "a vector before a square": ("W0621", "inputs: {a: [8], b: [8, 8]}\nlayers: [{Add: , from: [a, b]}]"),
    "the mean of one value, by the number of its axis": (
        "W0622",
        "inputs: {x: [8, 1]}\nlayers: [{LayerNormalization: {axis: 2}}]",
    ),
    "a parameter that is described": (
        "W0605",
        "description: with units\nparams: {units: 3}\ninputs: {x: [4]}\nlayers: [{Dense: 3}]",
    ),
    "rows for channels, as a layer behind a rectifier says": (
        "W0619",
        "inputs: {x: [8, 8, 16]}\nlayers: [{BatchNormalization: {axis: 1}}, ReLU, {Conv2D: {filters: 4, kernel_size: 3}}]",
    ),
    "a root of what has any sign by nature": ("W0623", ROW + "layers: [{Activation: tanh}, {Activation: sqrt}]"),
    "rows for channels": (
        "W0619",
        IMAGE + "layers: [{Conv2D: {filters: 4, kernel_size: 3, use_bias: false}}, {BatchNormalization: {axis: 2}}]",
    ),
    "an axis before a convolution": (
        "W0619",
        "inputs: {x: [8, 8, 5]}\nlayers: [{BatchNormalization: {axis: 1}}, {Conv2D: {filters: 4, kernel_size: 3}}]",
    ),
    "two values before a square of two": ("W0621", "inputs: {a: [2], b: [2, 2]}\nlayers: [{Add: , from: [a, b]}]"),
    "one channel for three": ("W0621", "inputs: {a: [8, 8, 1], b: [8, 8, 3]}\nlayers: [{Add: , from: [a, b]}]"),
    "the mean of one value": ("W0622", "inputs: {x: [8, 1]}\nlayers: [LayerNormalization]"),
    "a bias before a normalization without one": (
        "W0601",
        IMAGE + "layers: [{Conv2D: {filters: 4, kernel_size: 3}}, {BatchNormalization: {center: false}}]",
    ),
    "a phase in which no layer learns": (
        "W0618",
        ROW + "layers: [{Dense: {units: 2, trainable: false}}]\n"
        "train: {loss: mse, phases: [{epochs: 1, trainable: dense}, {epochs: 1}]}",
    ),
    "a batch of one": ("W0622", SINGLE % "BatchNormalization: {scale: false}"),
    "two linear layers around a Flatten": ("W0608", "inputs: {x: [4, 8]}\nlayers: [{Dense: 8}, Flatten, {Dense: 4}]"),
}

SPARED = {
    "a quantization chosen by a part that is held back": ROW
    + "layers: [{Dense: 2}]\ndata: {source: {Arrays: no.npz}, split: {validation: 0.2}}\n"
    "export: [{TFLite: {quantize: auto, max_metric_drop: 0.1}}]",
    "int8 of a fused LSTM": STEPS + "layers: [{LSTM: 4}]\n" + FUSED_INT8,
    "int8 of an LSTM of any length": OPEN_STEPS + "layers: [{LSTM: 4}]\n" + INT8,
    "batches by their steps": "inputs: {x: {shape: [null], dtype: int32}}\nlayers: [{Embedding: {input_dim: 9, "
    "output_dim: 4}}, GlobalMaxPooling1D, BatchNormalization, {Dense: {units: 2, activation: softmax}}]\n"
    "data: {source: {TextFolder: no}, tokens_per_batch: 64, batch_size: 1}\n" + CLASSES,
    "a batch of one, of a normalization that rests": SINGLE % "BatchNormalization: {trainable: false}",
    "a batch of one, of a normalization that is called so": SINGLE % "BatchNormalization: , call: {training: false}",
    "linear layers with a Dropout between that is used again": ROW
    + "layers: [{Dense: 64}, {Dropout: 0.5, name: d}, {Dense: 64}, {Concatenate: , from: [d, dense_1]}]",
    "a plain target, of data without another part": ROW
    + "layers: [{Dense: 2}]\ndata: {source: {Arrays: no.npz}}\nexport: [TFLite]",
    "dynamic range of a GRU": STEPS + "layers: [{GRU: 4}]\nexport: [{TFLite: {quantize: dynamic}}]",
    "an autoencoder's linear code": ROW + "layers: [{Dense: 2}, {Dense: {units: 64, activation: sigmoid}}]",
    "linear layers, one as wide as the data have classes": ROW
    + "layers: [{Dense: 64}, {Dense: $data.classes}]\ndata: {source: {Csv: {path: no.csv, target: y}}}",
    "a low-rank pair": ROW + "layers: [{Dense: {units: 8, use_bias: false}}, {Dense: 32}]",
    "factors of a kernel": IMAGE + "layers: [{Conv2D: {filters: 8, kernel_size: [1, 3]}}, {Conv2D: {filters: 8, kernel_size: [3, 1]}}]",
    "a linear shortcut": ROW + f"layers: [{{Dense: 64, name: a}}, {RELU}, {{Dense: 64, name: b}}, {{Add: , from: [a, b]}}]",
    "a mask used in time": WORDS + "layers:\n" + EMBEDDING + "  - LSTM: {units: 4, return_sequences: true}\n  - Conv1D: {filters: 8, kernel_size: 3}",
    "a convolution without a mask": WORDS + "layers:\n  - Embedding: {input_dim: 50, output_dim: 8}\n  - Conv1D: {filters: 8, kernel_size: 3, activation: relu}\n  - LSTM: 4",
    "a yes or no": ROW + "layers: [{Dense: {units: 1, activation: sigmoid}}]\ntrain: {loss: BinaryCrossentropy}",
    "several yes or no": ROW + "layers: [{Dense: {units: 5, activation: sigmoid}}]\ntrain: {loss: binary_crossentropy}",
    "pixels by mse": ROW + "layers: [{Dense: {units: 64, activation: sigmoid}}]\ntrain: {loss: MeanSquaredError}",
    "an index in a name": ROW + "layers:\n  - repeat: 2\n    as: i\n    layers:\n      - {Dense: {units: 8, activation: relu}, name: fc$i}",
    "a list that counts the rounds": ROW + "params: {w: [8, 16]}\nlayers:\n  - for: {units: $w}\n    layers: [{Dense: {units: $units, activation: relu}}]",
    "a checkpoint of every epoch": ROW + "layers: [{Dense: 1}]\ndata: {source: {Arrays: {path: d.npz}}}\n"
    "train: {loss: mse, callbacks: [{ModelCheckpoint: {filepath: a.keras}}]}",
    "a metric under its own name": ROW + "layers: [{Dense: 1}]\n"
    "train: {loss: mse, metrics: [{MeanAbsoluteError: {name: err}}], callbacks: [{EarlyStopping: {monitor: err}}]}",
    "classes of pixels": IMAGE + "layers: [{Conv2D: {filters: 4, kernel_size: 3, padding: same, activation: relu}}, "
    f"{{Dense: {{units: 9, activation: softmax}}}}]\n{CLASSES}",
    "classes of steps": STEPS + f"layers: [{{GRU: {{units: 4, return_sequences: true}}}}, {{Dense: {{units: 9, activation: softmax}}}}]\n{CLASSES}",
    "tags": "inputs: {words: {shape: [null], dtype: int32}}\nlayers: [{Embedding: {input_dim: 50, output_dim: 8}}, {LSTM: {units: 4, return_sequences: true}}, "
    f"{{Dense: {{units: 3, activation: softmax}}}}]\ndata: {{source: {{Conll: nowhere}}}}\n{CLASSES}",
    "more units than classes": IMAGE + "layers: [Flatten, {Dense: {units: 11, activation: softmax}}]\n"
    f"data: {{source: {{Keras: cifar10}}}}\n{CLASSES}",
    # merges
    "two squares": "inputs: {a: [8, 8], b: [8, 8]}\nlayers: [{Add: , from: [a, b]}]",
    "two grey images": "inputs: {a: [8, 8, 1], b: [8, 8, 1]}\nlayers: [{Add: , from: [a, b]}]",
    # axes
    "the last axis, by its number": IMAGE
    + "layers: [{Conv2D: {filters: 4, kernel_size: 3, use_bias: false}}, {BatchNormalization: {axis: 3}}]",
    "an axis of what may be no image": "inputs: {x: [8, 9, 5]}\nlayers: [{BatchNormalization: {axis: 1}}]",
    "a vector before rows of its size": "inputs: {a: [8], b: [6, 8]}\nlayers: [{Add: , from: [a, b]}]",
    "one value before one": "inputs: {a: [1], b: [1, 1]}\nlayers: [{Add: , from: [a, b]}]",
    "one feature beside several": "inputs: {a: [8, 1], b: [8, 3]}\nlayers: [{Add: , from: [a, b]}]",
    "one column beside several": "inputs: {a: [8, 1, 3], b: [8, 8, 3]}\nlayers: [{Add: , from: [a, b]}]",
    "one channel behind three": "inputs: {a: [8, 8, 1], b: [8, 8, 3]}\nlayers: [{Concatenate: , from: [a, b]}]",
    # numbers
    "a root of an input": ROW + "layers: [{Activation: sqrt}]",
    "a network that learns in each phase": ROW + "layers: [{Dense: {units: 2, trainable: false}}]\n"
    "train: {loss: mse, phases: [{epochs: 1, trainable: dense}, {epochs: 1, trainable: '*'}]}",
    "a network that is used as it is": ROW + "layers: [{Dense: {units: 2, trainable: false}}]",
}  # fmt: skip


def codes_of(folder: Path, text: str) -> list[str]:
    path = folder / "spec.yaml"
    path.write_text("nnspec: 1\n" + text + "\n", encoding="utf-8")
    checked = check(path, data=False)
    assert checked.ok, "\n".join(str(diagnostic) for diagnostic in checked.diagnostics)
    return [diagnostic.code for diagnostic in checked.diagnostics]


@pytest.mark.parametrize("name", EARNED)
def test_a_fault_earns_its_warning_alone(tmp_path: Path, name: str) -> None:
    code, text = EARNED[name]
    assert codes_of(tmp_path, text) == [code]


@pytest.mark.parametrize("name", SPARED)
def test_what_only_looks_like_it_is_spared(tmp_path: Path, name: str) -> None:
    assert codes_of(tmp_path, SPARED[name]) == []


@pytest.mark.slow
def test_the_zoo_and_the_starters_earn_none() -> None:
    root = Path(__file__).parent.parent.parent
    paths = [*(root / "specs").glob("*.yaml"), *(root / "nnspec/cli/starters").glob("*.yaml")]
    assert len(paths) > 20
    found = {(path.name, item.code) for path in paths for item in check(path, data=False).diagnostics}
    assert {pair for pair in found if pair[1] != "W0701"} == set()


def test_a_concatenate_with_an_input_without_a_mask_takes_padding_for_real(tmp_path: Path) -> None:
    """As Keras's `Concatenate.compute_mask`, which joins masks by `any`."""
    head = (
        "nnspec: 1\ninputs: {a: {shape: [null], dtype: int32}, b: {shape: [null], dtype: int32}}\nlayers:\n"
        "  - {Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}, from: a, name: known}\n"
    )
    tail = "  - {Concatenate: , from: [known, other], name: both}\n  - LSTM: 3\n"
    path = tmp_path / "a.yaml"
    found = {}
    for mask in ("true", "false"):
        path.write_text(
            f"{head}  - {{Embedding: {{input_dim: 9, output_dim: 4, mask_zero: {mask}}}, from: b, name: other}}\n{tail}"
        )
        found[mask] = [warning for warning in check(path, data=False).diagnostics if warning.code == "W0609"]
    assert found["true"] == []
    (warning,) = found["false"]
    assert warning.message == "the mask of `known` does not get past Concatenate `both`"


def fix_of(folder: Path, code: str, text: str) -> Fix | None:
    path = folder / "spec.yaml"
    path.write_text(text)
    (found,) = [item for item in check(path).diagnostics if item.code == code]
    return found.fix


@pytest.mark.parametrize(
    ("loss", "metrics", "safe"),
    [
        ("BinaryCrossentropy", "[]", True),
        ("BinaryCrossentropy", "[BinaryAccuracy]", False),  # which counts from 0.5 on, where logits count from 0
        ("SparseCategoricalCrossentropy", "[SparseCategoricalAccuracy]", True),
    ],
)
def test_logits_are_said_for_sure_where_no_metric_counts_from_a_half(
    tmp_path: Path, loss: str, metrics: str, safe: bool
) -> None:
    text = f"nnspec: 1\ninputs: {{x: [4]}}\nlayers: [{{Dense: 2}}]\ntrain: {{loss: {loss}, metrics: {metrics}}}\n"
    fix = fix_of(tmp_path, "W0603", text)
    assert fix is not None and fix.safe is safe


@pytest.mark.parametrize(("use", "removed"), [("two", True), ("two: 5", False), ("two: {b: 5}", True)])
def test_a_parameter_goes_unless_a_use_gives_it(tmp_path: Path, use: str, removed: bool) -> None:
    block = "blocks: {two: {params: {a: 3, b: 2}, layers: [{Dense: {units: $b, activation: relu}}]}}\n"
    fix = fix_of(
        tmp_path,
        "W0607",
        f"nnspec: 1\ninputs: {{x: [4]}}\n{block}layers: [{use if use == 'two' else '{' + use + '}'}]\n",
    )
    assert (fix is not None) is removed


def test_a_later_parameter_is_not_given_by_a_value_alone(tmp_path: Path) -> None:
    block = "blocks: {two: {params: {a: 3, b: 2}, layers: [{Dense: {units: $a, activation: relu}}]}}\n"
    assert fix_of(tmp_path, "W0607", f"nnspec: 1\ninputs: {{x: [4]}}\n{block}layers: [{{two: 5}}]\n") is not None


def notes_of(folder: Path, text: str) -> list[tuple[str, int | None]]:
    path = folder / "spec.yaml"
    path.write_text("nnspec: 1\n" + text)
    (found,) = check(path, data=False).diagnostics
    return [(note.message, note.span and note.span.line) for note in found.notes]


def test_the_loss_of_an_output_and_the_target_of_a_list_are_shown(tmp_path: Path) -> None:
    text = "inputs: {x: [4]}\nlayers: [{Dense: 2, name: a}, {Dense: 1, name: b, from: x}]\noutputs: [a, b]\n"
    text += "train:\n  loss:\n    a: SparseCategoricalCrossentropy\n    b: MeanSquaredError\n"
    assert notes_of(tmp_path, text) == [("the loss stands here", 7)]
    text = WORDS + "layers: [{Hashing: {num_bins: 9}}]\nexport:\n  - SavedModel\n  - TFLite\n"
    assert notes_of(tmp_path, text) == [("it is asked for here", 6)]


def test_a_target_that_cannot_be_measured_is_shown_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(
        "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 2}]\ndata: {source: {Arrays: no.npz}}\n"
        "export:\n  - TFLite:\n      quantize: auto\n"
    )
    (found,) = check(path, data=False).diagnostics
    assert found.code == "W0708" and found.span is not None and found.span.line == 7


def test_what_follows_a_layer_that_nobody_knows_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package offers it and no record: the shape of what it makes is unknown."""
    info = tmp_path / "nobodys-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nobodys\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[nnspec.layers]\nUnknown = nobodys:Unknown\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    text = "requires: nobodys\ninputs: {x: [20, 4], y: [20, 4]}\nlayers:\n  - {Unknown: , from: x}\n"
    text += "  - LayerNormalization\n  - {Add: , from: [layer_normalization, y]}\n"
    text += "  - {Dense: {units: 3, activation: sigmoid}, from: layer_normalization, name: end}\noutputs: [end, add]\n"
    text += "train: {loss: {end: BinaryCrossentropy, add: CosineSimilarity}}\n"
    assert codes_of(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "inputs: {x: [3, 32, 32]}\nlayers: [{Conv2D: {filters: 4, kernel_size: 3}}]",
            "`x`, [3, 32, 32], for 3 rows of 32 channels",
        ),
        (
            "inputs: {x: [5, 1, 32, 32]}\nlayers: [{ConvLSTM2D: {filters: 4, kernel_size: 1}}]",
            "`x`, [5, 1, 32, 32], for 1 row of 32 channels",
        ),
        (
            "inputs: {a: [8], b: [8, 8]}\nlayers: [{Add: , from: [a, b]}]",
            "of `a` (batch, 8) and `b` (batch, 8, 8) aligns 8 values",
        ),
        (
            ROW + "layers: [{Dense: {units: 1, activation: softmax}}]\ntrain: {loss: BinaryCrossentropy}",
            "is a softmax over one unit",
        ),
        (
            "inputs: {x: [8, 9, 3]}\n"
            "layers: [{Conv2D: {filters: 4, kernel_size: 3, use_bias: false}}, {BatchNormalization: {axis: 2}}]",
            "along axis 2, of size 7, and the 4 channels of `conv2d`",
        ),
    ],
)
def test_the_sizes_that_are_told(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("nnspec: 1\n" + text)
    (found,) = check(path, data=False).diagnostics
    assert said in found.message
