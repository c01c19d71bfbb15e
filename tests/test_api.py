"""The Python API without TensorFlow: names, loading, overrides, errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nnspec

TINY = "nnspec: 1\nname: tiny\nparams: {units: 8}\ninputs: {x: [4]}\nlayers: [{Dense: {units: $units, activation: relu}}, {Dense: 3}]\n"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def test_importing_nnspec_imports_nothing_else() -> None:
    code = "import sys, nnspec; print(*[name for name in sys.modules if name.startswith(('nnspec.', 'yaml', 'keras'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["nnspec.export"]  # whose name is the function's


@pytest.mark.parametrize("name", nnspec.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(nnspec, name) is not None
    assert name in dir(nnspec)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        nnspec.trian  # noqa: B018


def test_export_is_a_function_whatever_of_the_package_is_imported() -> None:
    """In a new process; what the package itself offered is deprecated."""
    code = "import nnspec.export.targets\nfrom nnspec.export import errors\nassert nnspec.export is nnspec.api.export\n"
    code += "from nnspec.export import ExportError\nassert ExportError is errors.ExportError is nnspec.ExportError"
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
    )
    assert "DeprecationWarning: ExportError is in nnspec.export.errors" in done.stderr


def test_load_and_check(tiny: Path) -> None:
    spec = nnspec.load(tiny)
    found = spec.check()
    assert found.ok and found.diagnostics == () and found.spec is not None
    assert spec.spec.param_count == 67
    assert spec.spec is spec.spec


def test_overrides_by_keyword(tiny: Path) -> None:
    assert nnspec.load(tiny, params__units=16).spec.param_count == 131
    assert nnspec.load(tiny, **{"params.units": 16}).spec.param_count == 131
    assert nnspec.load(tiny, name="other").spec.name == "other"


def test_overrides_are_plain_data(tiny: Path) -> None:
    data = {"source": {"Arrays": {"path": tiny.with_name("é 1e-3.npz")}}, "split": {"test": 0.1}}
    optimizer = {"SGD": {"learning_rate": 1e-5}}
    spec = nnspec.load(tiny, data=data, train__loss="MeanSquaredError", train__optimizer=optimizer)
    assert spec.spec.data is not None and spec.spec.train is not None
    assert spec.spec.data.source.args == {"path": str(tiny.with_name("é 1e-3.npz"))}
    assert spec.spec.train.optimizer.args == {"learning_rate": 1e-5}
    with pytest.raises(TypeError):
        nnspec.load(tiny, params__units=object())


def test_a_spec_as_text_or_as_data(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tiny.read_text(encoding="utf-8")
    assert nnspec.load(text).spec.param_count == 67
    assert nnspec.load(text, params__units=16).spec.param_count == 131
    data = {"nnspec": 1, "inputs": {"x": (4,)}, "layers": [{"Dense": {"units": 1e1}}, {"Dense": 2, "name": "no"}]}
    found = nnspec.load(data).check()
    assert [one.code for one in found.diagnostics] == ["E0205"]  # 1e1 is 10.0, as in YAML
    assert repr(found) == "Checked(ok=False, errors=1, warnings=0)"
    assert nnspec.load({**data, "layers": [{"Dense": 2, "name": "no"}]}).spec.graph.layers[0].name == "no"
    with pytest.raises(TypeError):
        nnspec.load({"nnspec": object()})


def test_paths_in_a_text_start_from_the_current_folder(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny.parent)
    assert nnspec.load(f"extends: {tiny.name}\nname: other\n").spec.name == "other"


def test_a_file_that_is_missing_is_told_at_once(tiny: Path) -> None:
    with pytest.raises(nnspec.SpecError, match="cannot read"):
        nnspec.load(tiny.with_name("nowhere.yaml"))


def test_values_are_replaced_again(tiny: Path) -> None:
    spec = nnspec.load(tiny, params__units=16)
    assert spec.set(params__units=8, name="other").spec.param_count == 67
    assert spec.spec.param_count == 131
    assert repr(spec) == f"SpecFile({str(tiny)!r}, --set params.units=16)"


def test_an_invalid_spec_raises_one_error_with_everything(tiny: Path) -> None:
    spec = nnspec.load(tiny, layers=[{"Dense": {"unit": 3}}, {"Dense": {"unitz": 3}}])
    found = spec.check()
    assert not found.ok and found.spec is None
    with pytest.raises(nnspec.SpecError) as caught:
        _ = spec.spec
    errors = [item for item in found.diagnostics if item.severity == "error"]
    assert [*map(str, caught.value.diagnostics)] == [*map(str, errors)] and len(errors) == 2
    assert "unit" in str(caught.value) and "unitz" in str(caught.value)


def test_a_path_stands_for_a_spec(tiny: Path) -> None:
    with pytest.raises(nnspec.SpecError, match="needs a `data:` section"):
        nnspec.open_data(tiny)
    with pytest.raises(nnspec.SpecError, match="E0101"):
        nnspec.open_data(str(tiny.with_name("nowhere.yaml")))
