"""The page of a run out of its folder's files, whatever of them is there, and runs side by side."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from run_folders import labels, run_folder

from nnspec.console.progress import Plan, Reporter
from nnspec.export.artifact import Artifact
from nnspec.export.benchmark import Row
from nnspec.frontend.pipeline import load
from nnspec.report.pages import compare_page, run_page
from nnspec.report.pages.live_page import LivePage
from nnspec.runs.run_folder import RunFolder


def test_contents(tmp_path: Path) -> None:
    found = run_page.contents(run_folder(tmp_path / "1", results=labels(["a", "b"])))
    assert found["name"] == "tiny" and found["status"] == "complete" and found["best"] == 2 and not found["remarks"]
    assert found["curves"]["epochs"] == [1, 2, 3]
    assert found["curves"]["series"] == {"loss": [1, 0.5, 0.333333], "val_loss": [1.5, 0.5, 1.5]}
    assert found["curves"]["step_ms"] == [200.0, 200.0, 200.0]
    assert ["best val_loss, epoch 2", 0.5] in [list(tile) for tile in found["tiles"]]
    assert ["accuracy on test", 0.9] in [list(tile) for tile in found["tiles"]]
    record = dict(found["record"])
    assert record["command"] == "nnspec train tiny.yaml" and record["started"] == "2026-01-02 03:04:05 UTC"


def test_a_run_that_goes_on_has_its_best_epoch_so_far(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "1", record={"status": "running", "best": None})
    found = run_page.contents(folder)
    assert found["best"] == 2 and found["monitor"] == "val_loss" and found["status"] == "running"


def test_numbers_that_are_none_leave_gaps(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "1")
    folder.append_metrics({"epoch": 4, "loss": None, "val_loss": float("nan"), "val_new": float("inf")})
    found = run_page.contents(folder)["curves"]
    assert found["series"]["loss"][-1] is None and found["series"]["val_loss"][-1] is None
    assert "val_new" not in found["series"] and found["step_ms"][-1] is None
    json.loads(json.dumps(found, allow_nan=False))


def test_a_folder_with_next_to_nothing_still_has_a_page(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "empty")
    folder.path.mkdir()
    found = run_page.contents(folder)
    assert found["status"] == "unknown" and found["curves"]["epochs"] == [] and found["diagram"] is None
    assert found["remarks"] == ["the folder holds no spec.yaml"]
    assert run_page.write(folder).stat().st_size > 10_000


def test_what_is_damaged_or_of_another_version_is_said(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "1")
    folder.spec.write_text("nnspec: 9\ninputs: {x: [4]}\nlayers: [Denze]\n", encoding="utf-8")
    with open(folder.metrics, "a", encoding="utf-8") as file:
        file.write('{"epoch": 4, "lo\n')
    (folder.path / "results.json").write_text("{", encoding="utf-8")
    remarks = " ".join(run_page.contents(folder)["remarks"])
    assert "spec.yaml cannot be read" in remarks and "line 4 of metrics.jsonl" in remarks and "results.json" in remarks


def test_no_text_can_end_the_script(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script><!--"
    folder = run_folder(tmp_path / "1", results=labels([evil, "b"], evil), record={"name": evil})
    page = run_page.page(folder)
    assert "<script>alert" not in page and "\\u003cscript\\u003ealert" in page


def test_it_is_written_while_the_run_goes_on_and_at_its_end(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "1", record={"status": "running"})
    live = LivePage(Reporter())
    live.begin(Plan(str(folder.path), 3, 10))
    live.epoch(0, {}, 1.0)
    page = folder.path / run_page.FILE
    assert '"running"' in page.read_text(encoding="utf-8")
    folder.write_record({**folder.read_record(), "status": "interrupted"})
    live.end()
    assert '"interrupted"' in page.read_text(encoding="utf-8")


def test_the_spec_at_hand_is_not_read_again(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "1")
    spec = load(folder.spec)
    folder.spec.write_text("nnspec: 9\n", encoding="utf-8")
    assert run_page.contents(folder, spec)["remarks"] == [] and run_page.contents(folder)["remarks"] != []
    live = LivePage(Reporter(), spec)
    live.begin(Plan(str(folder.path), 3, 10))
    live.end()
    assert '"diagram": null' not in (folder.path / run_page.FILE).read_text(encoding="utf-8")


def test_a_run_of_which_nothing_came_gets_no_page(tmp_path: Path) -> None:
    live = LivePage(Reporter())
    live.end()
    live.begin(Plan(str(tmp_path / "gone"), 3, 10))
    live.end()
    assert not (tmp_path / "gone").exists()


def test_exported_files_are_noted_once(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "1")
    there, gone = tmp_path / "there.tflite", tmp_path / "gone.tflite"
    there.touch()
    for size in (5, 6):
        run_page.record_exports(folder, [{"path": str(there), "bytes": size}, {"path": str(gone), "bytes": 1}])
    run_page.record_exports(folder, [])
    assert run_page.contents(folder)["artifacts"] == [{"path": str(there), "bytes": 6}]


def test_an_export_says_which_file_it_replaces(tmp_path: Path) -> None:
    folder, path = run_folder(tmp_path / "1"), tmp_path / "net.tflite"
    first, other = (
        Artifact("TFLite", form, path, 1, {}, 0, 0, 0, 0.0, None, None, None, (), ok=True) for form in ("int8", "none")
    )
    run_page.record_exports(folder, [first.to_json()])
    assert [one.notes for one in run_page.with_replaced(folder, [first])] == [()]
    (told,) = run_page.with_replaced(folder, [other])
    assert told.notes == ("it replaces the int8 file of an export before; `--output FOLDER` keeps both",)


@pytest.mark.tf
def test_every_form_that_was_measured_is_noted(tmp_path: Path) -> None:
    from nnspec.export.gate.measure import Cost

    folder, file = run_folder(tmp_path / "1"), tmp_path / "a.tflite"
    file.touch()
    plain = {"max_abs_diff": 0.0, "fused_rnn_ops": 0, "flex_ops": 0, "custom_ops": 0, "ops": {}, "runtimes": ()}
    artifact = Artifact("TFLite", "int8", file, 9, **plain, metric_before=0.9, metric_after=0.8, latency_ms=3.0, ok=True)  # type: ignore[arg-type]  # fmt: skip
    cost = Cost(0.5, 0.6, 0.3, 0.4, 2, 1000, 5)
    run_page.record_bench(folder, [Row("a", "passed", artifact, cost), Row("b", "failed", None, None)])
    (found,) = run_page.contents(folder)["artifacts"]
    assert found["latency_ms"] == 0.5 and found["metric_after"] == 0.8 and found["path"] == str(file)


def test_runs_side_by_side(tmp_path: Path) -> None:
    first = run_folder(tmp_path / "1", results=labels(["a", "b"]))
    second = run_folder(tmp_path / "2", epochs=5, record={"best": {"monitor": "val_loss", "value": 0.5, "epoch": 9}})
    second.spec.write_text(
        second.spec.read_text("utf-8").replace("units: 8", "units: 9") + "train: {epochs: 5}\n", "utf-8"
    )
    found = compare_page.contents([first, second])
    assert found["epochs"] == [1, 2, 3, 4, 5]
    assert found["curves"]["loss"] == [[1, 0.5, 0.333333, None, None], [1, 0.5, 0.333333, 0.25, 0.2]]
    assert found["runs"][0]["metrics"] == {"loss": 0.5, "val_loss": 0.5, "accuracy on test": 0.9}
    assert found["runs"][1]["metrics"] == {"loss": 0.2, "val_loss": 3.5}  # its best epoch is not there: the last one
    assert found["settings"].keys() == {"layers", "train"}
    text = compare_page.text(found, 100)
    assert "complete" in text and "0.5000" in text and re.search(r"\ntrain +\(not given\) +\{epochs: 5\}", text)
    assert "<html" in compare_page.page(found)


def test_what_a_spec_lacks_is_not_given_though_the_others_differ_within_it(tmp_path: Path) -> None:
    folders = [run_folder(tmp_path / str(number)) for number in range(3)]
    for folder, inputs in zip(folders, ("{x: [4]}", "{x: [5]}", "{other: [4]}"), strict=True):
        text = folder.spec.read_text(encoding="utf-8").replace("{x: [4]}", inputs)
        folder.spec.write_text(text, encoding="utf-8")
    assert compare_page.contents(folders)["settings"] == {
        "inputs.x": ["[4]", "[5]", "(not given)"],
        "inputs": ["{x: [4]}", "{x: [4]}", "{other: [4]}"],
    }
