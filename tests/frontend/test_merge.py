"""Files that build on files, and overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.merge import Files
from nnspec.frontend.pipeline import check

BASE = """
nnspec: 1
params: {classes: 10, width: 4}
inputs: {x: [4]}
layers: [{Dense: $classes}]
train: {epochs: 3, optimizer: {SGD: {learning_rate: 0.1, momentum: 0.9}}, metrics: [accuracy, mse]}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "top.yaml"


def test_sections_merge_and_kinds_are_replaced_whole(tmp_path: Path) -> None:
    top = "extends: base.yaml\nparams: {width: 8}\ntrain: {optimizer: {Adam: {learning_rate: 0.01}}, metrics: [mae]}\n"
    plain = Files().tree(write(tmp_path, base=BASE, top=top)).plain()
    assert plain["params"] == {"classes": 10, "width": 8}
    assert plain["train"] == {"epochs": 3, "optimizer": {"Adam": {"learning_rate": 0.01}}, "metrics": ["mae"]}
    assert "extends" not in plain


def test_the_later_base_wins_and_blocks_come_by_use(tmp_path: Path) -> None:
    blocks = "blocks:\n  b: {layers: [Flatten]}\n  c: {layers: [ReLU]}\n"
    top = "extends: [base.yaml, other.yaml]\nuse: parts.yaml\nblocks: {c: {layers: [Softmax]}}\n"
    path = write(tmp_path, base=BASE, other="params: {classes: 7}\n", parts=blocks, top=top)
    plain = Files().tree(path).plain()
    assert plain["params"]["classes"] == 7
    assert plain["blocks"] == {"b": {"layers": ["Flatten"]}, "c": {"layers": ["Softmax"]}}


def test_overrides_reach_into_kinds_and_lists(tmp_path: Path) -> None:
    path = write(tmp_path, top=BASE)
    overrides = ["train.optimizer.SGD.momentum=0.5", "train.metrics.1=mae", "params.classes=[1, 2]", "train.seed="]
    plain = Files().tree(path, overrides).plain()
    assert plain["train"]["optimizer"] == {"SGD": {"learning_rate": 0.1, "momentum": 0.5}}
    assert plain["train"]["metrics"] == ["accuracy", "mae"]
    assert plain["params"]["classes"] == [1, 2]
    assert plain["train"]["seed"] is None


def test_a_bare_kind_can_get_an_argument(tmp_path: Path) -> None:
    path = write(tmp_path, top=BASE + "\n")
    plain = Files().tree(path, ["train.optimizer=Adam", "train.optimizer.Adam.learning_rate=0.5"]).plain()
    assert plain["train"]["optimizer"] == {"Adam": {"learning_rate": 0.5}}


@pytest.mark.parametrize("override", ["epochs", "=3", "a..b=3", "train.metrics.9=x", "nnspec.a=1", "params.classes=[1"])
def test_overrides_that_name_no_place(tmp_path: Path, override: str) -> None:
    with pytest.raises(SpecError) as caught:
        Files().tree(write(tmp_path, top=BASE), [override])
    span = caught.value.diagnostics[0].span
    assert span is not None and span.file == "command line"


def test_a_wrong_override_points_at_the_command_line(tmp_path: Path) -> None:
    checked = check(write(tmp_path, top=BASE), ["train.epochs=many"])
    [error] = checked.diagnostics
    assert error.code == "E0205"
    assert error.span is not None and error.span.file == "command line"
    assert error.span.source.line(1)[error.span.column - 1 :] == "many"


@pytest.mark.parametrize(("word", "hint"), [("Dense", "once: 1, 2"), ("top", "`top` is item 2"), ("Dens", None)])
def test_a_kind_or_a_name_in_the_place_of_a_number_is_told_it(tmp_path: Path, word: str, hint: str | None) -> None:
    layers = "layers: [Flatten, {Dense: 2}, {Dense: 3, name: top}]"
    with pytest.raises(SpecError) as raised:
        Files().tree(write(tmp_path, top=layers), [f"layers.{word}.units=3"])
    [fault] = raised.value.diagnostics
    assert fault.code == "E0304" and (hint in (fault.hint or "") if hint else fault.hint is None)


def test_circles_are_found(tmp_path: Path) -> None:
    path = write(tmp_path, top="extends: a.yaml\n", a="use: [b.yaml]\n", b="extends: top.yaml\n")
    with pytest.raises(SpecError) as caught:
        Files().tree(path)
    assert caught.value.diagnostics[0].code == "E0302"


def test_a_diamond_is_read_once(tmp_path: Path) -> None:
    files = {f"f{n}": f"extends: [f{n + 1}.yaml, f{n + 1}.yaml]\n" for n in range(25)}
    path = write(tmp_path, top="extends: f0.yaml\n", f25=BASE, **files)
    assert Files().tree(path).plain()["params"]["classes"] == 10


def test_paths_are_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    base = BASE + "data: {source: {IDX: {images: data/x.idx, labels: data/y.idx}}, split: {test: {images: t.idx}}}\n"
    path = write(tmp_path, **{"deep/base": base, "top": "extends: deep/base.yaml\n"})
    spec = check(path, ["data.source.IDX.labels=here.idx"]).spec
    assert spec is not None and spec.data is not None
    assert spec.data.source.args["images"] == str(tmp_path / "deep" / "data" / "x.idx")
    assert spec.data.source.args["labels"] == str(Path("here.idx").absolute())
    assert spec.data.split["test"]["images"] == str(tmp_path / "deep" / "t.idx")


def test_initial_weights_are_found_like_data(tmp_path: Path) -> None:
    """Relative to the file that names them, or to the current folder from the command line."""
    path = write(
        tmp_path,
        **{
            "deep/base": BASE.replace("train: {", "train: {initial_weights: w.keras, "),
            "top": "extends: deep/base.yaml\n",
        },
    )
    specs = [check(path, overrides).spec for overrides in ([], ["train.initial_weights=runs/x/1"])]
    found = [spec.train.initial_weights for spec in specs if spec is not None and spec.train is not None]
    assert found == [str(tmp_path / "deep" / "w.keras"), str(Path("runs/x/1").absolute())]


@pytest.mark.parametrize(
    ("override", "path", "wanted"),
    [
        ("train.optimizer.SGD.learning_rate=0.5", ("train", "optimizer"), {"SGD": {"learning_rate": 0.5}}),
        ("train.optimizer.SGD.momentum=0.5", ("train", "optimizer"), {"SGD": {"learning_rate": 0.1, "momentum": 0.5}}),
        ("layers.0.Dense.activation=relu", ("layers", 0), {"Dense": {"units": 3, "activation": "relu"}}),
        ("layers.1.Conv2D.strides=2", ("layers", 1), {"Conv2D": {"filters": 4, "strides": 2}}),
    ],
)
def test_an_argument_is_set_beside_one_that_stands_alone(override: str, path: tuple[Any, ...], wanted: Any) -> None:
    text = "nnspec: 1\nlayers: [{Dense: 3}, {Conv2D: 4}]\ntrain: {optimizer: {SGD: 0.1}}\n"
    found = Files().tree(Source.from_text(text), [override]).get(*path)
    assert found is not None and found.plain() == wanted
