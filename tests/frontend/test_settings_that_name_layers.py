"""Settings that name layers: a name that no layer has is an error at its own place."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check, load
from nnspec.frontend.pruning import pruned
from nnspec.frontend.rounding import plan_for

HEAD = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - {name: body, Dense: 8}\n  - {name: head, Dense: 1}\n"


@pytest.mark.parametrize(
    "section",
    [
        "export: {TFLite: {keep_float: [body, haed]}}",
        "export: [SavedModel, {TFLite: {keep_float: [body, haed]}}]",
        "export: [{Web: {keep_float: [body, haed]}}]",
        "train: {epochs: 1, trainable: [body, haed]}",
        "train: {phases: [{epochs: 1}, {epochs: 1, trainable: [body, haed]}]}",
    ],
)
def test_a_name_that_no_layer_has(section: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + section + "\n")
    (problem,) = [one for one in check(path).diagnostics if one.severity == "error"]
    assert (problem.code, problem.message, problem.hint) == (
        "E0708",
        "no layer is called `haed`",
        "did you mean `head`?",
    )
    assert problem.span is not None
    assert section[problem.span.column - 1 :].startswith("haed")


def test_layers_by_their_names(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + "export: [{TFLite: {keep_float: [body]}}]\ntrain: {epochs: 1, trainable: ['h*']}\n")
    assert check(path).ok


@pytest.mark.parametrize("named", ["walk", "other"])
def test_the_name_of_any_call_means_the_layer(named: str, tmp_path: Path) -> None:
    """Of one that is used again its weights stay in float, and become zero, by either name."""
    layers = (
        "[{GRU: 2, name: walk, from: a}, {reuse: walk, from: b, name: other}, {Add: , from: [walk, other]}, {Dense: 1}]"
    )
    ways = f"quantize: {{keep_float: [{named}]}}, prune: {{sparsity: 0.5, layers: [{named}]}}"
    (tmp_path / "net.yaml").write_text(
        f"nnspec: 1\ninputs: {{a: [5, 3], b: [5, 3]}}\nlayers: {layers}\ntrain: {{epochs: 8, {ways}}}\n"
    )
    spec = load(tmp_path / "net.yaml")
    assert [layer.name for layer in pruned(spec)] == ["walk"]
    assert [step.layer for step in plan_for(spec).steps] == ["dense"]


def test_a_file_knows_a_layer_by_its_first_call(tmp_path: Path) -> None:
    layers = "layers: [{Dense: 3, name: one}, {reuse: one, name: two}, {Dense: 1}]"
    (tmp_path / "net.yaml").write_text(
        f"nnspec: 1\ninputs: {{x: [3]}}\n{layers}\nexport: [{{TFLite: {{keep_float: [two, one]}}}}]\n"
    )
    (problem,) = check(tmp_path / "net.yaml").diagnostics
    assert problem.code == "E0708" and "another call of `one`" in problem.message
    assert problem.fix is not None and [edit.text for edit in problem.fix.edits] == ["one"]
