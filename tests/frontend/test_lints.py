"""Warnings: each earned, each silenced on its line, none on specs that are fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check

HEAD = "nnspec: 1\ninputs: {image: [8, 8, 3]}\n"

CASES = {
    "W0501": "layers: [Flatten, {Dense: 3, name: side}, {Dense: 2, from: image}, Flatten]",
    "W0502": "inputs: {image: [8, 8, 3], other: [3]}\nlayers: [{Flatten: , from: image}, {Dense: 2}]",
    "W0503": "inputs: {image: [8, 8, 3]}\nlayers: [Flatten, ~, {Dense: 2}]",
    "W0601": "layers: [{Conv2D: {filters: 3, kernel_size: 3}}, BatchNormalization, Flatten, {Dense: 2}]",
    "W0602": "layers: [Flatten, {Dense: 2}, {Dropout: 0.5}]",
    "W0603": "layers: [Flatten, {Dense: {units: 2, activation: softmax}}]\n"
    "train: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}",
    "W0604": "layers: [Flatten, {Dense: {units: 1, activation: relu}}]\ntrain: {loss: MeanSquaredError}",
    "W0605": "params: {width: 3, widht: 4}\nlayers: [Flatten, {Dense: $width}]",
    "W0606": "blocks: {old: {layers: [Flatten]}}\nlayers: [Flatten, {Dense: 2}]",
    "W0607": "layers:\n  - Flatten\n  - for: {units: [3, 4]}\n    layers: [{Dense: {units: 8, activation: relu}}]",
    "W0608": "layers:\n  - Flatten\n  - Dense: 64\n  - Dense: 10",
    "W0609": "inputs: {image: {shape: [20], dtype: int32}}\nlayers:\n"
    "  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}\n  - Conv1D: {filters: 8, kernel_size: 3}\n  - LSTM: 4",
    "W0610": "inputs: {image: {shape: [20], dtype: int32}}\nlayers:\n"
    "  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}\n  - GlobalMaxPooling1D",
    "W0611": "inputs: {image: {shape: [20], dtype: int32}, state: [4]}\nlayers:\n"
    "  - {Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}, from: image}\n"
    "  - {GRU: 4, from: [embedding, state]}",
    "W0612": "inputs: {image: {shape: [20], dtype: int32}}\nlayers:\n"
    "  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true}\n"
    "  - GRU: {units: 8, go_backwards: true, return_sequences: true}\n  - GRU: 4",
    "W0613": "layers: [{Conv2D: {filters: 4, kernel_size: 3, data_format: channels_first}}]",
    "W0614": "inputs: {image: [null, 4]}\nlayers: [{TimeDistributed: {layer: {Dense: 4}}}]",
    "W0704": "layers: [Flatten]\ndata: {source: {Arrays: {path: d.npz}}}\n"
    "train: {loss: MeanSquaredError, callbacks: [EarlyStopping]}",
    "W0706": "layers: [Flatten, {Dense: {units: 2, activation: softmax}}]\n"
    "data: {source: {Arrays: {path: d.npz}}, classes: [cat, dog, owl]}\ntrain: {loss: SparseCategoricalCrossentropy}",
    "W0708": "layers: [{Resizing: {height: 8, width: 8, interpolation: bicubic}}, Flatten]\nexport: [TFLite]",
    "W0701": "layers: [Flatten, {Dense: $data.classes}]",
    "W0720": "layers: [Flatten, {Dense: {units: 2, activation: softmax}}]\n"
    "data: {source: {Arrays: d.npz}, one_hot: true, augment: [MixUp]}\n"
    "train: {loss: CategoricalCrossentropy, metrics: [accuracy, AUC]}",
    "W0722": "layers: [Flatten, {Dense: {units: 2, activation: softmax}}]\n"
    "data: {source: {Arrays: d.npz}, augment: [{RandomFlip: {seed: 3}}]}",
}


def warnings_of(folder: Path, text: str) -> list[str]:
    path = folder / "spec.yaml"
    head = "nnspec: 1\n" if "inputs:" in text else HEAD
    path.write_text(head + text + "\n")
    checked = check(path, data=False)
    assert checked.ok, "\n".join(str(diagnostic) for diagnostic in checked.diagnostics)
    return [diagnostic.code for diagnostic in checked.diagnostics]


@pytest.mark.parametrize("code", CASES)
def test_a_warning_is_given_once_and_can_be_silenced(tmp_path: Path, code: str) -> None:
    text = CASES[code]
    assert warnings_of(tmp_path, text) == [code]
    checked = check(tmp_path / "spec.yaml", data=False)
    span = checked.diagnostics[0].span
    assert span is not None
    lines = (tmp_path / "spec.yaml").read_text().splitlines()
    for comment, expected in ((f"  # nnspec: ignore {code}", []), ("  # nnspec: ignore W0999", [code])):
        silenced = [line + comment if number == span.line else line for number, line in enumerate(lines, 1)]
        (tmp_path / "spec.yaml").write_text("\n".join(silenced))
        assert [diagnostic.code for diagnostic in check(tmp_path / "spec.yaml", data=False).diagnostics] == expected


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("# nnspec: ignore w0608", []),
        ("# nnspec: ignore: W0608", []),
        ("# nnspec: ignore W0608 as W0999 is told elsewhere", []),
        ("# nnspec: ignore", []),
        ("# nnspec: ignore w0999", ["W0608"]),
        ("# nnspec: ignore: W0999", ["W0608"]),
        ("# nnspec: ignore E0601", ["W0608"]),
        ("# nnspec: ignored", ["W0608"]),
    ],
)
def test_a_code_that_is_spelled_otherwise_does_not_silence_all(tmp_path: Path, comment: str, left: list[str]) -> None:
    assert warnings_of(tmp_path, f"layers:\n  - Flatten\n  - Dense: 3  {comment}\n  - Dense: 2") == left


def test_logits_without_from_logits(tmp_path: Path) -> None:
    text = "layers: [Flatten, {Dense: 2}]\ntrain: {loss: SparseCategoricalCrossentropy}"
    assert warnings_of(tmp_path, text) == ["W0603"]


def test_good_specs_earn_none(tmp_path: Path) -> None:
    text = (
        "blocks: {conv: {params: {filters: }, layers: [{Conv2D: {filters: $filters, kernel_size: 3, use_bias: false}}, "
        "BatchNormalization, ReLU]}}\n"
        "params: {width: 4}\n"
        "layers: [{conv: $width}, Flatten, {Dropout: 0.5}, {Dense: {units: 2, activation: softmax}}]\n"
        "train: {loss: SparseCategoricalCrossentropy}"
    )
    assert warnings_of(tmp_path, text) == []


@pytest.mark.parametrize(("filters", "codes"), [(4, []), (26, []), (27, ["W0608"])])
def test_factors_of_a_kernel_are_narrower_than_all_its_places(tmp_path: Path, filters: int, codes: list[str]) -> None:
    """A kernel of 3 x 3 over three channels sees 27 values; `nnspec prune --by factors` makes such pairs."""
    first, second = f"{{Conv2D: {{filters: {filters}, kernel_size: 3}}}}", "{Conv2D: {filters: 64, kernel_size: 1}}"
    (tmp_path / "spec.yaml").write_text(f"nnspec: 1\ninputs: {{x: [8, 8, 3]}}\nlayers: [{first}, {second}]\n")
    found = check(tmp_path / "spec.yaml", data=False).diagnostics
    assert [diagnostic.code for diagnostic in found] == codes


def test_a_fault_in_a_block_is_reported_once(tmp_path: Path) -> None:
    text = (
        "blocks: {conv: {layers: [{Conv2D: {filters: 3, kernel_size: 3, padding: same}}, BatchNormalization]}}\n"
        "layers: [{repeat: 5, layers: [conv]}]"
    )
    assert warnings_of(tmp_path, text) == ["W0601"]
    [warning] = check(tmp_path / "spec.yaml", data=False).diagnostics
    assert warning.notes[-1].message == "the same happens here 4 more times"


@pytest.mark.parametrize(
    "text",
    [
        "layers: [{Resizing: {height: 8, width: 8, interpolation: bicubic}}, Flatten]\nexport: [SavedModel]",
        "layers: [{Resizing: {height: 8, width: 8}}, Flatten]\nexport: [TFLite]",
        "layers: [Flatten]\ndata: {source: {Arrays: {path: d.npz}}, split: {validation: 0.1}}\n"
        "train: {loss: MeanSquaredError, callbacks: [EarlyStopping]}",
        "layers: [Flatten]\ndata: {source: {Arrays: {path: d.npz}}}\n"
        "train: {loss: MeanSquaredError, callbacks: [{EarlyStopping: {monitor: loss}}]}",
        "layers: [Flatten, {Dense: {units: 4, activation: softmax}}]\n"
        "data: {source: {Arrays: {path: d.npz}}, classes: [cat, dog, owl]}\ntrain: {loss: SparseCategoricalCrossentropy}",
    ],
)
def test_what_comes_close_to_a_warning_is_none(tmp_path: Path, text: str) -> None:
    assert warnings_of(tmp_path, text) == []


def test_a_layer_within_another_is_seen_too(tmp_path: Path) -> None:
    text = (
        "inputs: {film: [4, 8, 8, 3]}\nexport: [TFLite]\n"
        "layers: [{TimeDistributed: {layer: {Resizing: {height: 4, width: 4, interpolation: bicubic}}}}]"
    )
    assert warnings_of(tmp_path, text) == ["W0708"]


LOOP = (
    "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - for: {FOR}\n    layers: [{Dense: {units: $units, activation: relu}}]\n"
)


def test_a_variable_is_taken_out_only_where_the_rounds_stay(tmp_path: Path) -> None:
    """The list of a loop's only variable says how many rounds there are."""
    (tmp_path / "two.yaml").write_text(LOOP.replace("FOR", "units: [3, 4], rate: [1, 2]"))
    (found,) = check(tmp_path / "two.yaml").diagnostics
    assert found.code == "W0607" and "`rate`" in found.message and found.fix is not None
    (tmp_path / "one.yaml").write_text(LOOP.replace("FOR", "rate: [1, 2]").replace("$units", "3"))
    (found,) = check(tmp_path / "one.yaml").diagnostics
    assert found.code == "W0607" and "`rate`" in found.message and found.fix is None


def test_blocks_of_a_used_file_are_not_this_spec_s_to_mend(tmp_path: Path) -> None:
    block = "blocks: {b: {params: {rate: 1}, layers: [{Dense: {units: 3, activation: relu}}]}}\n"
    (tmp_path / "blocks.yaml").write_text("nnspec: 1\n" + block)
    (tmp_path / "own.yaml").write_text("nnspec: 1\ninputs: {x: [4]}\n" + block + "layers: [b]\n")
    (tmp_path / "used.yaml").write_text("nnspec: 1\nuse: blocks.yaml\ninputs: {x: [4]}\nlayers: [b]\n")
    assert [one.code for one in check(tmp_path / "own.yaml").diagnostics] == ["W0607"]
    assert not check(tmp_path / "used.yaml").diagnostics
