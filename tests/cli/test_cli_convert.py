"""`nnspec convert`: what it writes is what a spec can say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

SPEC = """nnspec: 1
inputs: {image: [8, 8, 3]}
layers: [Flatten, {Dense: {units: $data.classes, activation: softmax}}]
"""


def test_the_section_that_is_written_is_a_specs(nnspec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    for number in range(10):
        (folder := tmp_path / "photos" / ("cat", "dog")[number % 2]).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f"{number}.png")
    data = "data: {source: {ImageFolder: {path: photos, image_size: [8, 8]}}, split: {test: 0.2}}\n"
    (tmp_path / "spec.yaml").write_text(SPEC + data, encoding="utf-8")
    wrote = nnspec("convert", "spec.yaml", "shards/deep", "--format", "wds", "--shards", "2", "--json").json
    assert wrote["files"] == [
        "data.yaml",
        "test-00000-of-00001.tar",
        "train-00000-of-00002.tar",
        "train-00001-of-00002.tar",
    ]
    text = (tmp_path / "shards" / "deep" / "data.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["data"]["classes"] == ["cat", "dog"]
    (tmp_path / "sharded.yaml").write_text(SPEC + text, encoding="utf-8")
    assert nnspec("check", "sharded.yaml", "--json").json["params"] == 8 * 8 * 3 * 2 + 2
    found = nnspec("data", "sharded.yaml", "--json").json
    assert {part: one["labels"]["label"] for part, one in found["splits"].items()} == {
        "train": {"cat": 4, "dog": 4},
        "test": {"cat": 1, "dog": 1},
    }
    assert not list((tmp_path / "cache").rglob("*.npy"))  # nothing was decoded into it
    again = nnspec("convert", "spec.yaml", "shards/deep")
    assert again.code == 2 and "is not empty" in again.err
