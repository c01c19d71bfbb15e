"""A run to begin from: `check` says what of its layers training would refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.pipeline import check

NET = """
nnspec: 1
inputs: {x: [4]}
layers: [{Dense: 6, name: a}, {Dense: {units: $data.classes, activation: softmax}, name: z}]
data: {source: {Csv: {path: t.csv, target: kind}}}
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("", ""), "`z` has 35 weights, and 21 there"),  # 5 classes by now, and 3 when that run learned
        (("name: z", "name: y"), None),
        (("{Dense: {units: $data.classes, ", "{Dense: {units: 3, lora_rank: 2, "), None),
        (("name: z", "name: y, when: true"), None),
        (("Dense: 6, name: a", "Dense: 7, name: a"), "`a` has 35 weights, and 30 there"),
        (("Dense: 6, name: a", "BatchNormalization: , name: a"), "`a` is a BatchNormalization, and a Dense there"),
        (("name: a}, {Dense", "name: b}, {Dense"), "`z` has 35 weights, and 21 there"),
    ],
)
def test_layers_of_a_run_that_do_not_fit(change: tuple[str, str], message: str | None, tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "assets").mkdir(parents=True)
    rows = "".join(f"{n},{n},{n},{n},c{n % 5}\n" for n in range(40))
    (tmp_path / "t.csv").write_text("p,q,r,s,kind\n" + rows, encoding="utf-8")
    (run / "assets" / "labels.txt").write_text("c0\nc1\nc2\n", encoding="utf-8")
    (run / "spec.yaml").write_text(NET.replace("t.csv", str(tmp_path / "t.csv")), encoding="utf-8")
    spec = tmp_path / "net.yaml"
    spec.write_text(NET.replace(*change) + "train: {initial_weights: run}\n", encoding="utf-8")
    found = [one for one in check(spec).diagnostics if one.code == "E0712"]
    assert [one.message for one in found][:1] == ([] if message is None else [message])
    assert all(one.span is not None and one.span.line == 6 for one in found)


def test_no_layer_of_a_name_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    text = "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 1, name: a}]\n"
    (tmp_path / "run" / "spec.yaml").write_text(text.replace("name: a", "name: b"), encoding="utf-8")
    (tmp_path / "net.yaml").write_text(text + "train: {initial_weights: run}\n", encoding="utf-8")
    (found,) = [one for one in check(tmp_path / "net.yaml").diagnostics if one.code == "E0712"]
    assert found.message == "no layer has the name of one in that run: `b`"
