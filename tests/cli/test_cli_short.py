"""What is short: `nnspec` alone, short forms of `--set`, what completion offers, and where a code is explained."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from nnspec.api import SpecFile
from nnspec.catalog.kind_example import example
from nnspec.catalog.kind_pages import CATEGORIES
from nnspec.catalog.kinds import catalog
from nnspec.cli import completed
from nnspec.cli.doctor import EXTRAS, look_at, needed_by_extras
from nnspec.cli.output import Answer
from nnspec.cli.short_forms import short_forms
from nnspec.console.tables import Column, table
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check

ROOT = Path(__file__).resolve().parents[2]
SPEC = "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 3}]\ntrain: {optimizer: OPTIMIZER}\n"


def test_alone_it_is_friendly(nnspec: Any) -> None:
    ran = nnspec()
    assert (ran.code, ran.err) == (0, "") and "nnspec check pets.yaml" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("optimizer", "path", "said"),
    [
        ("SGD", "train.optimizer.SGD.learning_rate=0.01", ""),
        ("{Adam: {learning_rate: 1e-4}}", "train.optimizer.Adam.learning_rate=0.01", ""),
        ("{SGD: 1e-4}", "train.optimizer.SGD.learning_rate=0.01", ""),
        ("{SGD: {momentum: 0.9}}", "train.optimizer.SGD.learning_rate=0.01", ""),
        ("", "train.optimizer.Adam.learning_rate=0.01", ""),
        (
            "{Adam: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9}}}}",
            "train.optimizer.Adam.learning_rate=0.01",
            "the schedule CosineDecay",
        ),
    ],
)
def test_short_forms_are_overrides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], optimizer: str, path: str, said: str
) -> None:
    spec = tmp_path / "s.yaml"
    spec.write_text(SPEC.replace("OPTIMIZER", optimizer), encoding="utf-8")
    got: list[SpecFile] = []
    command = short_forms(lambda spec: got.append(spec) or Answer({}))
    given = click.command("x")(lambda **values: command(spec=SpecFile(spec, ("params={}",)), **values))
    given.params = command.__click_params__[::-1]  # type: ignore[attr-defined]
    words = ["--epochs", "3", "--batch-size", "8", "--lr", "0.01", "--seed", "5"]
    given.main(words, standalone_mode=False)
    assert got[0].overrides == ("params={}", "train.epochs=3", "data.batch_size=8", "train.seed=5", path)
    assert check(spec, [path]).ok
    assert said in capsys.readouterr().err


def test_in_a_terminal_each_code_is_explained_once(
    nnspec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "s.yaml"
    spec.write_text(
        "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: {unit: 3}}, {Dense: {unit: 3}}, Dens]\n", encoding="utf-8"
    )
    assert "nnspec explain" not in nnspec("check", spec).err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    said = nnspec("check", spec).err
    assert said.count("more: nnspec explain E0203") == 1


def offered(what: Any, incomplete: str, **params: Any) -> list[str]:
    context = click.Context(click.Command("x"))
    context.params = params
    return [item.value for item in what(context, click.Option(["--x"]), incomplete)]


def test_completion_knows_kinds_codes_and_paths(tmp_path: Path) -> None:
    assert "Conv2D" in offered(completed.kinds, "conv2")
    assert "E0203" in offered(completed.codes, "e02")
    assert "train.epochs=" in offered(completed.override_paths, "train.e")
    spec = tmp_path / "s.yaml"
    spec.write_text("params: {width: 3}\ntrain: {optimizer: {SGD: {momentum: 0.9}}}\n", encoding="utf-8")
    assert offered(completed.override_paths, "params", spec=spec) == ["params.width="]
    assert "train.optimizer.SGD.momentum=" in offered(completed.override_paths, "train.opt", spec=spec)


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_example_of_each_kind_is_one(category: str) -> None:
    for kind in catalog().kinds(category):
        text = example(category, kind)
        layers = "" if text.startswith("layers") else "layers: [Flatten, {Dense: 3}]\n"
        found = check(Source.from_text(f"nnspec: 1\ninputs: {{x: [8, 8, 3]}}\n{layers}{text}\n"), data=False)
        assert not [one for one in found.diagnostics if one.code[:3] in ("E01", "E02", "E03", "E04")], text


def test_the_list_of_kinds_and_a_kind_fit_80_columns(nnspec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for words in (["--list"], ["--kind", "Conv2D"], ["--kind", "ImageFolder"]):
        ran = nnspec("schema", *words)
        assert ran.code == 0 and max(map(len, ran.out.splitlines())) <= 80 and "…" not in ran.out
    assert nnspec("schema", "--list", "--kind", "Conv2D").code == 2
    assert nnspec("schema", "--list", "--json").json["kinds"]["layer"]["Flatten"]


def test_a_column_that_wraps() -> None:
    told = table([Column("a"), Column("b", yields=True, wraps=True)], [("x", "one two three four five six")], 20)
    assert told.splitlines()[2:] == ["x  one two three", "   four five six"]


def test_extras_say_what_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(extras) - {"dev", "docs"}
    assert set(needed_by_extras()) <= set(EXTRAS)
    assert look_at("onnx", ["click"]) == {"name": "onnx", "for": "ONNX files", "missing": [], "install": None}
    lacking = look_at("onnx", ["click", "no-such-package"])
    assert (lacking["missing"], lacking["install"]) == (["no-such-package"], 'pip install "nnspec[onnx]"')


def test_new_for_data_that_are_there(nnspec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my photos").mkdir()
    ran = nnspec("new", "image-classification", "specs.yaml", "--data", "my photos")
    assert ran.code == 0 and 'path: "my photos"' in (tmp_path / "specs.yaml").read_text(encoding="utf-8")
    (tmp_path / "deep").mkdir()
    nnspec("new", "table", "deep/t.yaml", "--data", "specs.yaml")
    assert "path: ../specs.yaml" in (tmp_path / "deep/t.yaml").read_text(encoding="utf-8")
    assert nnspec("new", "table", "u.yaml", "--data", "nowhere.csv").code == 2 and not Path("u.yaml").exists()
