"""Settings that name layers: a name that no layer has is an error at its own place."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check

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
