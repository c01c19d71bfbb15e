"""Warnings: each earned, each silenced on its line, none on specs that are fine."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check

HEAD = "nnspec: 1\ninputs: {image: [8, 8, 3]}\n"

CASES = {
    "W0501": "layers: [Flatten, {Dense: 3, name: side}, {Dense: 2, from: image}, Flatten]",
    "W0502": "inputs: {image: [8, 8, 3], other: [3]}\nlayers: [{Flatten: , from: image}, {Dense: 2}]",
    "W0601": "layers: [{Conv2D: {filters: 3, kernel_size: 3}}, BatchNormalization, Flatten, {Dense: 2}]",
    "W0602": "layers: [Flatten, {Dense: 2}, {Dropout: 0.5}]",
    "W0603": "layers: [Flatten, {Dense: {units: 2, activation: softmax}}]\n"
    "train: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}",
    "W0604": "layers: [Flatten, {Dense: {units: 1, activation: relu}}]\ntrain: {loss: MeanSquaredError}",
    "W0605": "params: {width: 3, widht: 4}\nlayers: [Flatten, {Dense: $width}]",
    "W0606": "blocks: {old: {layers: [Flatten]}}\nlayers: [Flatten, {Dense: 2}]",
    "W0701": "layers: [Flatten, {Dense: $data.classes}]",
}


def warnings_of(folder: Path, text: str) -> list[str]:
    path = folder / "spec.yaml"
    head = "nnspec: 1\n" if "inputs:" in text else HEAD
    path.write_text(head + text + "\n")
    checked = check(path)
    assert checked.ok, "\n".join(str(diagnostic) for diagnostic in checked.diagnostics)
    return [diagnostic.code for diagnostic in checked.diagnostics]


@pytest.mark.parametrize("code", CASES)
def test_a_warning_is_given_once_and_can_be_silenced(tmp_path: Path, code: str) -> None:
    text = CASES[code]
    assert warnings_of(tmp_path, text) == [code]
    checked = check(tmp_path / "spec.yaml")
    span = checked.diagnostics[0].span
    assert span is not None
    lines = (tmp_path / "spec.yaml").read_text().splitlines()
    for comment, expected in ((f"  # nnspec: ignore {code}", []), ("  # nnspec: ignore W0999", [code])):
        silenced = [line + comment if number == span.line else line for number, line in enumerate(lines, 1)]
        (tmp_path / "spec.yaml").write_text("\n".join(silenced))
        assert [diagnostic.code for diagnostic in check(tmp_path / "spec.yaml").diagnostics] == expected


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


def test_a_fault_in_a_block_is_reported_once(tmp_path: Path) -> None:
    text = (
        "blocks: {conv: {layers: [{Conv2D: {filters: 3, kernel_size: 3, padding: same}}, BatchNormalization]}}\n"
        "layers: [{repeat: 5, layers: [conv]}]"
    )
    assert warnings_of(tmp_path, text) == ["W0601"]
    [warning] = check(tmp_path / "spec.yaml").diagnostics
    assert warning.notes[-1].message == "the same happens here 4 more times"
