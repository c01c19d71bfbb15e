"""`nnspec check` and `nnspec show`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CHECK_KEYS = {"ok", "name", "params", "trainable_params", "macs", "layers", "outputs", "diagnostics"}
LAYER_KEYS = {"name", "kind", "line", "output_shape", "params", "macs"}
DIAGNOSTIC_KEYS = {"code", "severity", "message", "file", "line", "column", "hint", "notes", "fix"}


def broken(folder: Path) -> Path:
    path = folder / "broken.yaml"
    path.write_text("nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: {unit: 8}\n", encoding="utf-8")
    return path


def test_a_good_spec(nnspec: Any, tiny: Path) -> None:
    ran = nnspec("check", tiny)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"ok {tiny}  67 parameters, 56 multiply-adds, 2 layers\n"


def test_json_of_a_good_spec(nnspec: Any, tiny: Path) -> None:
    found = nnspec("check", tiny, "--json").json
    assert set(found) >= CHECK_KEYS
    assert (found["ok"], found["name"], found["params"], found["trainable_params"], found["macs"]) == (
        True,
        "tiny",
        67,
        67,
        56,
    )
    assert all(set(layer) >= LAYER_KEYS for layer in found["layers"])
    first = found["layers"][0]
    assert (first["kind"], first["line"], first["output_shape"], first["params"]) == ("Dense", 6, [None, 8], 40)


def test_a_bad_spec(nnspec: Any, tmp_path: Path) -> None:
    ran = nnspec("check", broken(tmp_path))
    assert ran.code == 3 and ran.out == ""
    assert "broken.yaml:4:" in ran.err and "units" in ran.err


def test_json_of_a_bad_spec_has_the_same_keys(nnspec: Any, tmp_path: Path) -> None:
    ran = nnspec("check", broken(tmp_path), "--json")
    assert ran.code == 3 and set(ran.json) >= CHECK_KEYS
    assert ran.json["ok"] is False and ran.json["layers"] == []
    assert all(set(item) >= DIAGNOSTIC_KEYS and item["line"] == 4 for item in ran.json["diagnostics"])


def test_several_specs(nnspec: Any, tiny: Path, tmp_path: Path) -> None:
    bad = broken(tmp_path)
    ran = nnspec("check", tiny, bad)
    assert ran.code == 3
    assert ran.out.startswith(f"ok {tiny}") and "broken.yaml:4" in ran.err
    found = nnspec("check", tiny, bad, "--json").json
    assert found["ok"] is False and [part["ok"] for part in found["specs"]] == [True, False]


def test_format_json_is_json(nnspec: Any, tiny: Path) -> None:
    assert nnspec("check", tiny, "--format", "json").json == nnspec("check", tiny, "--json").json


def test_github_annotations(nnspec: Any, tmp_path: Path) -> None:
    bad = broken(tmp_path)
    ran = nnspec("check", bad, "--format", "github")
    assert ran.code == 3
    first = ran.out.splitlines()[0]
    assert first.startswith(f"::error file={bad},line=4,col=") and ",title=nnspec E" in first
    assert "%0A" in ran.out or "hint" not in ran.out


def test_annotations_are_escaped() -> None:
    from nnspec.frontend.diagnostics import Diagnostic, Source, Span
    from nnspec.report.text.pull_request import annotation

    span = Span(Source("a,b:c.yaml", "x"), 1, 2, 1, 3)
    line = annotation(Diagnostic("E0101", "50% of\nit", span))
    assert line == "::error file=a%2Cb%3Ac.yaml,line=1,col=2,title=nnspec E0101::50%25 of%0Ait"


def test_a_missing_file(nnspec: Any, tmp_path: Path) -> None:
    ran = nnspec("check", tmp_path / "nowhere.yaml")
    assert ran.code == 3 and "E0101" in ran.err


def test_the_budget_is_a_gate(nnspec: Any, tiny: Path) -> None:
    ran = nnspec("check", tiny, "--set", "budget.params=50")
    assert ran.code == 5 and "E0801" in ran.err
    assert nnspec("check", tiny, "--set", "budget.params=67").code == 0


def test_overrides_and_their_diagnostics(nnspec: Any, tiny: Path) -> None:
    assert nnspec("check", tiny, "--set", "layers.0.Dense.units=16", "--json").json["params"] == 131
    ran = nnspec("check", tiny, "--set", "layers.0.Dense.units=many")
    assert ran.code == 3 and "command line:1" in ran.err


def test_show_is_a_table(nnspec: Any, tiny: Path) -> None:
    ran = nnspec("show", tiny)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].split() == ["layer", "kind", "line", "output", "parameters", "multiply-adds", "receptive", "field"]
    assert lines[2].split() == ["x", "input", "4", "4"]
    assert lines[3].split()[1:] == ["Dense", "6", "8", "40", "32"]
    assert lines[-3].split() == ["tiny", "2", "layers", "67", "56"]
    assert lines[-1] == f"next: nnspec draw {tiny}"


def test_show_fits_the_terminal(nnspec: Any, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "deep.yaml"
    name = "a_stage_with_a_rather_long_name"
    path.write_text(
        f"nnspec: 1\ninputs: {{image: [64, 64, 3]}}\nlayers:\n"
        f"  - Conv2DTranspose: {{filters: 8, kernel_size: 3}}\n    name: {name}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("COLUMNS", "70")
    ran = nnspec("show", path)
    table = ran.out.split("\nnext:")[0]
    assert max(map(len, table.splitlines())) <= 70 and "…" in table
    monkeypatch.setenv("COLUMNS", "200")
    assert name in nnspec("show", path).out


def test_show_json_is_that_of_check(nnspec: Any, tiny: Path) -> None:
    assert nnspec("show", tiny, "--json").json == nnspec("check", tiny, "--json").json


def test_strict_makes_a_warning_fail(nnspec: Any, tmp_path: Path) -> None:
    path = tmp_path / "warned.yaml"
    path.write_text("nnspec: 1\ninputs: {x: [4], y: [4]}\nlayers:\n  - {Dense: 8, from: x}\n", encoding="utf-8")
    ran = nnspec("check", path)
    assert ran.code == 0 and "W0502" in ran.err
    assert nnspec("check", path, "--strict").code == 3


def test_the_next_command_has_the_overrides_of_this_one(nnspec: Any, tiny: Path) -> None:
    ran = nnspec("show", str(tiny), "--set", "layers.0.Dense.units=9", "--set", "train={epochs: 2}")
    wanted = f"next: nnspec draw {tiny} --set layers.0.Dense.units=9 --set 'train={{epochs: 2}}'"
    assert ran.out.splitlines()[-1] == wanted


MENDABLE = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: {unit: 8}  # eight\n  -\n"
MENDED = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Dense: {units: 8}  # eight\n"


def mendable(folder: Path) -> Path:
    path = folder / "mendable.yaml"
    path.write_text(MENDABLE, encoding="utf-8")
    return path


def test_fix_writes_what_is_certain(nnspec: Any, tmp_path: Path) -> None:
    path = mendable(tmp_path)
    path.chmod(0o640)
    ran = nnspec("check", path, "--fix")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[:2] == [
        f"fixed {path}:4  E0203: replace `unit` by `units`",
        f"fixed {path}:5  W0503: remove the empty entry",
    ]
    assert ran.out.splitlines()[2].startswith(f"ok {path}")
    assert path.read_text(encoding="utf-8") == MENDED and path.stat().st_mode & 0o777 == 0o640
    assert nnspec("check", path, "--fix").out.startswith("ok ")


def test_diff_shows_fixes_and_writes_nothing(nnspec: Any, tmp_path: Path) -> None:
    path = mendable(tmp_path)
    ran = nnspec("check", path, "--diff")
    assert ran.code == 3 and "E0203" in ran.err
    assert "-  - Dense: {unit: 8}  # eight" in ran.out and "+  - Dense: {units: 8}  # eight" in ran.out
    assert nnspec("check", path, "--fix", "--diff").out == ran.out
    assert path.read_text(encoding="utf-8") == MENDABLE


def test_json_carries_fixes(nnspec: Any, tmp_path: Path) -> None:
    path = mendable(tmp_path)
    (found,) = nnspec("check", path, "--json").json["diagnostics"]
    edit = {"file": str(path), "line": 4, "column": 13, "end_line": 4, "end_column": 17, "text": "units"}
    assert found["fix"] == {"title": "replace `unit` by `units`", "safe": True, "edits": [edit]}
    ran = nnspec("check", path, "--fix", "--json").json
    assert ran["ok"] and [(one["line"], one["code"]) for one in ran["fixed"]] == [(4, "E0203"), (5, "W0503")]


def test_fixes_of_other_files_are_named(nnspec: Any, tmp_path: Path) -> None:
    base = mendable(tmp_path)
    own = tmp_path / "own.yaml"
    own.write_text("nnspec: 1\nextends: mendable.yaml\n", encoding="utf-8")
    ran = nnspec("check", own, "--fix")
    assert ran.code == 3 and f"not fixed {base}:4  E0203" in ran.err and base.read_text(encoding="utf-8") == MENDABLE
    assert nnspec("check", own, base, "--fix").code == 0 and base.read_text(encoding="utf-8") == MENDED


def test_a_fix_that_would_break_another_spec_is_not_written(nnspec: Any, tmp_path: Path) -> None:
    base, own = tmp_path / "base.yaml", tmp_path / "own.yaml"
    base.write_text("nnspec: 1\ninputs: {x: [4]}\nparams: {a: 3}\nlayers: [{Dense: 2}]\n", encoding="utf-8")
    own.write_text("nnspec: 1\nextends: base.yaml\nlayers: [{Dense: $a}]\n", encoding="utf-8")
    ran = nnspec("check", base, own, "--fix")
    assert ran.code == 0 and "remove the parameter `a`: there would be new errors" in ran.err
    assert "params" in base.read_text(encoding="utf-8")


def test_fixes_are_of_files_as_they_are(nnspec: Any, tmp_path: Path) -> None:
    assert nnspec("check", mendable(tmp_path), "--fix", "--set", "name=other").code == 2


def test_a_byte_order_mark_stays(nnspec: Any, tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + MENDABLE.encode())
    assert nnspec("check", path, "--fix").code == 0
    assert path.read_bytes() == b"\xef\xbb\xbf" + MENDED.encode()


def test_a_chip(nnspec: Any, tiny: Path, tmp_path: Path) -> None:
    found = nnspec("check", tiny, "--target", "coral", "--json")
    target = found.json["target"]
    assert found.code == 0 and target["name"] == "coral" and target["sources"]
    assert [(one["line"], one["operations"], one["lacking"]) for one in target["layers"]] == [
        (6, ["FULLY_CONNECTED", "RESHAPE"], []),
        (7, ["FULLY_CONNECTED", "RESHAPE", "SOFTMAX"], []),
    ]
    assert target["on_chip"] == 2 and target["estimates"] is None
    assert nnspec("check", tiny, "--target", "coral").out.endswith("coral: 2 of 2 layers on it\n")
    assert nnspec("check", tiny, "--target", "coral", "--strict").code == 3
    assert nnspec("check", tiny, "--target", "micro", "--json").json["target"]["estimates"]["flash_bytes"] > 67
    path = tmp_path / "gelu.yaml"
    path.write_text(tiny.read_text(encoding="utf-8").replace("relu", "gelu"), encoding="utf-8")
    refused = nnspec("check", path, "--target", "micro")
    assert refused.code == 3 and "E1001" in refused.err and refused.out.startswith("micro: 1 of 2 layers on it")
