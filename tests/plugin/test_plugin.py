"""A package from outside adds a data source, an export target, a layer, a check and a command: no file of nnspec knows it."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import nnspec
from nnspec.catalog.targets import TARGETS
from nnspec.cli.main import run
from nnspec.data.sources import SOURCES
from nnspec.frontend.pipeline import Checked, check

PACKAGE = Path(__file__).parent / "package"
SPEC = """nnspec: 1
name: strokes
requires: nnspec-tallies
inputs: {strokes: [3]}
layers:
  - Doubled
  - Dense: {units: 8, activation: relu}
  - Dense: {units: $data.classes, activation: softmax}
data: {source: {Tally: strokes.txt}, split: {validation: 0.25}, batch_size: 8}
train: {epochs: 2, loss: SparseCategoricalCrossentropy, metrics: [accuracy]}
export: {Weights: {compressed: true}}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package as pip would install it, its entry points out of its pyproject.toml."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    site = tmp_path_factory.mktemp("site")
    info = site / "nnspec_tallies-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = project["entry-points"].items()
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in found.items()) for group, found in groups
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))
    paths = [str(site), str(PACKAGE)]
    sys.path[:0] = paths
    yield site
    for path in paths:
        sys.path.remove(path)
    SOURCES.registered.clear()
    TARGETS.pop("Weights", None)
    for name in [name for name in sys.modules if name.split(".")[0] == "tallies"]:
        del sys.modules[name]


@pytest.fixture
def folder(installed: Path, tmp_path: Path) -> Path:
    lines = [f"{'I' * a} {'I' * b} II: {int(a > b)}\n" for a in range(1, 7) for b in range(1, 7)]
    (tmp_path / "strokes.txt").write_text("".join(lines))
    return tmp_path


def checked(folder: Path, text: str = SPEC, trusted: bool = True) -> Checked:
    path = folder / "strokes.yaml"
    path.write_text(text)
    return check(path, trusted=trusted)


def found(checked: Checked) -> list[tuple[str, int]]:
    return [(item.code, item.span.line if item.span else 0) for item in checked.diagnostics]


@pytest.mark.slow
def test_check_knows_what_the_package_brings(folder: Path) -> None:
    result = checked(folder)
    assert result.ok and not result.diagnostics and result.spec is not None
    assert [fact.outputs and fact.outputs[0].shape[1:] for fact in result.spec.facts.values()] == [(3,), (8,), (2,)]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("requires: nnspec-tallies\n", "", "E0202", 8),  # nothing of it without the word
        ("Tally: strokes.txt", "Tally: {path: strokes.txt, group: 3}", "E0203", 9),
        ("compressed: true", "compressed: 3", "E0205", 11),
        ("Tally: strokes.txt", "Tally: {path: strokes.txt, groups: 4}", "E0901", 9),
        ("units: 8", "units: 2000", "WTALLY0001", 7),
    ],
)
def test_faults_are_blamed_where_they_stand(folder: Path, old: str, new: str, code: str, line: int) -> None:
    assert (code, line) in found(checked(folder, SPEC.replace(old, new)))


def test_without_trust_the_package_is_known_by_name(folder: Path) -> None:
    for name in [name for name in sys.modules if name.startswith("tallies.")]:
        del sys.modules[name]
    result = checked(folder, trusted=False)
    assert result.spec is not None and found(result) == [("W0305", 3)]
    assert not any(name.startswith("tallies.") for name in sys.modules)
    SOURCES.registered.clear()
    TARGETS.pop("Weights", None)


@pytest.mark.slow
def test_a_warning_of_the_package_is_silenced_as_any(folder: Path) -> None:
    text = SPEC.replace("units: 8, activation: relu}", "units: 2000, activation: relu}  # nnspec: ignore WTALLY0001")
    assert not found(checked(folder, text))


def test_a_name_that_is_taken_is_refused(folder: Path, installed: Path) -> None:
    points = installed / "nnspec_tallies-1.0.dist-info" / "entry_points.txt"
    before = points.read_text()
    points.write_text(before.replace("Tally =", "Csv ="))
    try:
        (error,) = checked(folder).diagnostics
    finally:
        points.write_text(before)
    assert error.code == "E0306" and "`Csv`" in error.message


def test_its_code_is_explained_and_its_command_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "WTALLY0001"]) == 0
    assert run(["tally", str(folder / "strokes.txt")]) == 0
    assert run(["--help"]) == 0
    said = capsys.readouterr().out
    assert "Many units for strokes" in said and "324 strokes" in said and "nnspec-tallies" in said


@pytest.mark.long
@pytest.mark.tf
def test_it_trains_predicts_and_is_exported(folder: Path) -> None:
    import numpy as np

    (folder / "strokes.yaml").write_text(SPEC)
    spec = nnspec.load(folder / "strokes.yaml", trusted=True)
    trained = nnspec.train(spec, run=folder / "run")
    (answer,) = nnspec.predict(spec, ["IIII I II"], run=folder / "run")
    assert set(answer["probabilities"]) == {"0", "1"}
    (artifact,) = nnspec.export(spec, run=folder / "run")
    assert artifact.ok and artifact.target == "Weights" and artifact.max_abs_diff == 0
    with np.load(artifact.path) as archive:
        assert sum(archive[name].size for name in archive.files) == spec.spec.param_count
    assert trained.epochs == 2
    again = ["export", str(folder / "strokes.yaml"), "--run", str(folder / "run"), "--target"]
    assert run([*again, "weights", "--output", str(folder / "out")]) == 0 and (folder / "out" / "strokes.npz").is_file()
    assert run([*again, "wieghts"]) == 2
