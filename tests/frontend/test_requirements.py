"""Missing sections: the lines that are suggested make a valid spec of the network at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.pipeline import load
from nnspec.frontend.requirements import require

NETWORKS = {
    "images": ("image: [28, 28, 1]", "[Flatten, {Dense: {units: 10, activation: softmax}}]", "ImageFolder"),
    "rows": ("x: [8]", "[{Dense: 1}]", "Csv"),
    "windows": ("x: [24, 2]", "[{LSTM: 8}, {Dense: 3}]", "window"),
    "tags": (
        "tokens: {shape: [null], dtype: int32}",
        "[{Embedding: [100, 8]}, {LSTM: {units: 8, return_sequences: true}}, {Dense: {units: 5, activation: softmax}}]",
        "Conll",
    ),
    "texts": (
        "text: {shape: [null], dtype: int32}",
        "[{Embedding: {input_dim: 100, output_dim: 8}}, {LSTM: 8}, {Dense: {units: 1, activation: sigmoid}}]",
        "Text",
    ),
    "two inputs": ("a: [3]\n  b: [3]", "[{Add: , from: [a, b]}, {Dense: 2}]", "Arrays"),
    "volumes": ("x: [8, 8, 8, 1]", "[Flatten, {Dense: 2}]", "Arrays"),
}


def network(folder: Path, inputs: str, layers: str, more: str = "") -> Path:
    path = folder / "net.yaml"
    path.write_text(f"nnspec: 1\ninputs:\n  {inputs}\nlayers: {layers}\n{more}", encoding="utf-8")
    return path


def suggested(error: SpecError) -> str:
    """The YAML of all hints."""
    hints = [diagnostic.hint or "" for diagnostic in error.diagnostics]
    lines = [line for hint in hints for line in hint.splitlines() if line.startswith("    ")]
    return "\n".join(line.removeprefix("    ") for line in lines)


@pytest.mark.parametrize("case", NETWORKS)
def test_what_is_suggested_checks(tmp_path: Path, case: str) -> None:
    inputs, layers, source = NETWORKS[case]
    layers = layers.replace("[100, 8]", "{input_dim: 100, output_dim: 8}")
    spec = load(network(tmp_path, inputs, layers))
    with pytest.raises(SpecError) as caught:
        require(spec, "train", "data", "train", "export")
    assert [item.code for item in caught.value.diagnostics] == ["E0701"] * 3
    more = suggested(caught.value)
    assert source in more
    mended = load(network(tmp_path, inputs, layers, more))
    require(mended, "train", "data", "train", "export")


def test_a_section_that_is_there_is_not_asked_for(tmp_path: Path) -> None:
    spec = load(network(tmp_path, "x: [8]", "[{Dense: 1}]", "train: {loss: MeanSquaredError}"))
    require(spec, "train", "train")
    with pytest.raises(SpecError) as caught:
        require(spec, "train", "data", "train")
    (diagnostic,) = caught.value.diagnostics
    assert "`train` needs a `data:` section" in diagnostic.message
    assert diagnostic.span is not None and diagnostic.span.file.endswith("net.yaml")


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        ("[{Dense: {units: 3, activation: softmax}}]", "SparseCategoricalCrossentropy"),
        ("[{Dense: 3}, Softmax]", "SparseCategoricalCrossentropy"),
        ("[{Dense: 3}, {Activation: softmax}]", "SparseCategoricalCrossentropy"),
        ("[{Dense: {units: 1, activation: sigmoid}}]", "BinaryCrossentropy"),
        ("[{Dense: 1}]", "MeanSquaredError"),
    ],
)
def test_the_loss_goes_with_the_last_activation(tmp_path: Path, layers: str, loss: str) -> None:
    spec = load(network(tmp_path, "x: [8]", layers))
    with pytest.raises(SpecError) as caught:
        require(spec, "train", "train")
    assert f"loss: {loss}" in suggested(caught.value)


def test_several_outputs_have_a_loss_each(tmp_path: Path) -> None:
    layers = "[{Dense: 4, name: a}, {Dense: {units: 2, activation: softmax}, name: b}]"
    spec = load(network(tmp_path, "x: [8]", layers, "outputs: [a, b]"))
    with pytest.raises(SpecError) as caught:
        require(spec, "train", "train")
    assert "loss: {a: MeanSquaredError, b: SparseCategoricalCrossentropy}" in suggested(caught.value)
