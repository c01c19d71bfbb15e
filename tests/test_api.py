"""The Python API without TensorFlow: names, loading, overrides, errors."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import nnspec

TINY = "nnspec: 1\nname: tiny\nparams: {units: 8}\ninputs: {x: [4]}\nlayers: [{Dense: {units: $units, activation: relu}}, {Dense: 3}]\n"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def test_importing_nnspec_imports_nothing_that_takes_time() -> None:
    """The functions themselves, with real signatures, and no more than their files."""
    slow = "('yaml', 'jsonschema', 'click', 'numpy', 'keras', 'sklearn', 'IPython', 'nnspec.layers', 'nnspec.catalog')"
    code = f"import sys, nnspec; print(*[name for name in sys.modules if name.startswith({slow})])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("name", [name for name in nnspec.__all__ if name.islower() and name != "__version__"])
def test_functions_are_there_at_once_and_no_module_has_their_name(name: str) -> None:
    found = vars(nnspec)[name]
    assert inspect.isfunction(found) and found.__doc__ and inspect.signature(found).parameters is not None


OF_SCIKIT_LEARN = ("Classifier", "Regressor")  # which takes most of a second to import


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in OF_SCIKIT_LEARN else ()) for name in nnspec.__all__]
)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(nnspec, name) is not None
    assert name in dir(nnspec)


def test_a_spec_is_checked_by_path_text_or_data(tmp_path: Path) -> None:
    network = {"nnspec": 1, "inputs": {"x": [4]}, "layers": ["Flatten", {"Dense": 3}]}
    good = nnspec.check(nnspec.load(network))
    assert good.ok and good.spec is not None and nnspec.check(good.spec).ok
    path = tmp_path / "net.yaml"
    path.write_text("nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 2.5}]\n", encoding="utf-8")
    assert [one.code for one in nnspec.check(path).diagnostics] == ["E0205"]
    path.write_text("nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 2}]\n", encoding="utf-8")
    assert nnspec.check(str(path)).ok
    with pytest.raises(nnspec.SpecError, match="cannot read"):
        nnspec.check(tmp_path / "none.yaml")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        nnspec.trian  # noqa: B018


def test_export_is_a_function_whatever_of_the_package_is_imported() -> None:
    """In a new process; what the package itself offered is deprecated."""
    code = "import sys, nnspec.export.targets, nnspec.data.dataset\nassert callable(nnspec.data)\nfrom nnspec.export import errors\nassert nnspec.export is nnspec.api.export\n"
    code += "import nnspec.export.artifact as one, nnspec.data.table as two\n"
    code += "assert one is nnspec.export.artifact and two is nnspec.data.table is sys.modules['nnspec.data.table']\n"
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
    assert nnspec.load('{"nnspec": 1, "inputs": {"x": [4]}, "layers": [{"Dense": 2}]}').spec.param_count == 10
    assert nnspec.load(nnspec.load(text), params__units=16).spec.param_count == 131


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (object(), "`layers.0.Dense` is an object: a spec holds"),
        ({1, 2}, "a set, which has no order: give a list"),
        (iter(()), "give a list"),
        (b"3", "give a text"),
        (len, '`layers.0.Dense` is a function or class: give its name as a text, "len"'),
        ({"units": [Path]}, "`layers.0.Dense.units.0` is a function or class"),
    ],
)
def test_what_is_no_plain_data_is_told_with_its_place(value: Any, told: str) -> None:
    with pytest.raises(TypeError, match=re.escape(told)):
        nnspec.load({"nnspec": 1, "layers": [{"Dense": value}]})
    with pytest.raises(TypeError, match=re.escape(told)):
        nnspec.load({"nnspec": 1}, layers=[{"Dense": value}])


@pytest.mark.slow
def test_what_other_libraries_count_with_is_plain_data() -> None:
    np = pytest.importorskip("numpy")
    layers = ({"Dense": {"units": np.int64(2), "use_bias": np.bool_(False)}}, {"Dropout": np.float32(0.5)})
    spec = nnspec.load({"nnspec": 1, "inputs": {"x": np.array([4])}, "layers": layers, "name": np.str_("a")}).spec
    assert spec.param_count == 8 and spec.name == "a"
    cyclic: dict[str, Any] = {}
    cyclic["a"] = cyclic
    with pytest.raises(TypeError, match="holds itself"):
        nnspec.load(cyclic)
    shared: list[Any] = [1]
    for _ in range(40):
        shared = [shared, shared]
    for much in (shared, "a" * 5_000_000, np.broadcast_to(np.float32(1), (1 << 40,))):
        with pytest.raises(TypeError, match="are more than 150,000 values"):
            nnspec.load({"params": much})
    for wrong in (None, 3, [1], b"a"):
        with pytest.raises(TypeError, match="a spec is the path of a file, a text, or a mapping"):
            nnspec.load(wrong)  # type: ignore[arg-type]


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


def test_layers_are_put_among_those_that_a_spec_has() -> None:
    spec = nnspec.load({"nnspec": 1, "inputs": {"x": [4]}, "layers": [{"Dense": 8, "name": "hidden"}, {"Dense": 3}]})
    kinds = [layer.kind for layer in spec.with_layers({"Dropout": 0.5}, after="hidden").spec.graph.layers]
    assert kinds == ["Dense", "Dropout", "Dense"]
    assert spec.with_layers([{"Dense": 16}, "BatchNormalization"], in_place_of=-1).spec.param_count == 40 + 144 + 64
    assert spec.with_layers(["Flatten"]).spec.param_count == 0
    with pytest.raises(KeyError, match="hiden"):
        spec.with_layers("Flatten", after="hiden")
    with pytest.raises(IndexError, match="2 entries"):
        spec.with_layers("Flatten", after=2)
    with pytest.raises(ValueError, match="not both"):
        spec.with_layers("Flatten", after=0, in_place_of=1)


def test_what_is_shown_is_short(tiny: Path) -> None:
    spec = nnspec.load(tiny)
    assert repr(spec.spec) == "Spec('tiny', layers=2, parameters=67)"
    shown = nnspec.show(spec)
    assert "67" in repr(shown) and shown.data["params"] == 67
    assert nnspec.draw(spec, tiny.with_suffix(".html")).path == tiny.with_suffix(".html")
    with pytest.raises(ValueError, match=r"\.gif ends in none"):
        nnspec.draw(spec, "a.gif")
    with pytest.raises(FileNotFoundError, match="is no run folder"):
        nnspec.compare(tiny.parent)
    with pytest.raises(FileNotFoundError):
        nnspec.verify("nowhere.tflite")


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


def test_a_spec_that_will_not_do_is_told_before_tensorflow_is_loaded(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnspec.api._import_tensorflow", lambda: pytest.fail("TensorFlow is loaded"))
    with pytest.raises(nnspec.SpecError, match="`train` needs a `data:` section"):
        nnspec.train(tiny)
    tiny.write_text(TINY.replace("Dense: 3", "Dense: -3"), encoding="utf-8")
    for call in (nnspec.train, nnspec.evaluate, nnspec.export, lambda spec: nnspec.predict(spec, [[0, 0, 0, 0]])):
        with pytest.raises(nnspec.SpecError, match="units"):
            call(tiny)
