"""The page of `nnspec data`: columns, classes, examples, and what is likely to be wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from nnspec.api import open_data
from nnspec.cli.main import run as command
from nnspec.data.report import report_of
from nnspec.report.pages.data_page import contents

np = pytest.importorskip("numpy")


def found_of(path: Path) -> tuple[dict, dict]:  # type: ignore[type-arg]
    dataset = open_data(path)
    report = report_of(dataset)
    return contents("net", dataset, report), report


def test_columns_of_a_table(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    rows = [f"{draw.normal():.4f},{-999 if n == 7 else n % 9},{'x' if n == 3 else 'y'},{n % 3}\n" for n in range(400)]
    (tmp_path / "t.csv").write_text("a,b,c,d\n" + "".join(rows))
    (tmp_path / "net.yaml").write_text(
        "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 1}]\n"
        "data: {source: {Csv: {path: t.csv, target: d}}, split: {validation: 0.2}}\n"
    )
    found, report = found_of(tmp_path / "net.yaml")
    a, b, c, _ = found["columns"]
    assert sum(a["histogram"]["counts"]) == 400 and len(a["histogram"]["edges"]) == 21
    assert a["quartiles"] == pytest.approx([-0.67, 0, 0.67], abs=0.2) and a["far"]["count"] == 0
    assert b["far"] == {"count": 1, "furthest": -999}
    assert c["common"] == [["y", 399], ["x", 1]]
    told = [one["message"] for one in report["warnings"] if one["code"] in ("W0907", "W0908")]
    assert told == [
        "column 'b': values far off: 1, -999 for one, where half of all are 2 to 6: a mistake, or a mark for missing "
        "(`missing_values`)?",
        "column 'c' is 'y' in 99.75% of the rows: little can be learnt from the others",
    ]
    assert (
        found["warnings"][: len(told)]
        == [f"{one['code']}: {one['message']}" for one in report["warnings"]][: len(told)]
    )
    assert len(found["examples"]) == 36 and found["examples"][0]["text"] == "line 2"
    assert found["examples"][0]["label"].startswith("y ")


def test_images_and_masks_are_shown(tmp_path: Path) -> None:
    for number in range(6):
        for name, pixel in (("images", 40 * number), ("masks", number % 2)):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.new("L", (8, 8), pixel).save(tmp_path / name / f"{number}.png")
    (tmp_path / "net.yaml").write_text(
        "nnspec: 1\ninputs: {image: [8, 8, 1]}\nlayers: [{Conv2D: {filters: 2, kernel_size: 1}}]\n"
        "data: {source: {MaskFolder: {path: images, masks: masks, color: grey}}, split: {test: 0.3}}\n"
    )
    found, _ = found_of(tmp_path / "net.yaml")
    assert [name for name, _ in found["examples"][0]["pictures"]] == ["image", "mask", "mask over the image"]
    assert all(address.startswith("data:image/png") for _, address in found["examples"][0]["pictures"])
    assert found["labels"]["mask"]["train"][0][0] == "0"


def test_sounds_and_classes(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    for name, pitch in (("high", 900), ("low", 200)):
        (tmp_path / "s" / name).mkdir(parents=True)
        for number in range(5):
            wave = 0.3 * np.sin(2 * np.pi * (pitch + number) * np.arange(2000) / 4000)
            soundfile.write(tmp_path / "s" / name / f"{number}.wav", wave, 4000)
    (tmp_path / "net.yaml").write_text(
        "nnspec: 1\ninputs: {sound: [2000]}\nlayers: [{Dense: 2}]\n"
        "data: {source: {AudioFolder: {path: s, duration: 0.5}}, split: {test: 0.2}}\n"
    )
    found, _ = found_of(tmp_path / "net.yaml")
    assert [one["label"] for one in found["examples"]] == ["high"] * 3 + ["low"] * 3
    assert all(one["pictures"][0][0] == "sound" for one in found["examples"])
    page = tmp_path / "page.html"
    assert command(["data", str(tmp_path / "net.yaml"), "--page", str(page)]) == 0
    assert "Content-Security-Policy" in page.read_text() and "high" in page.read_text()
