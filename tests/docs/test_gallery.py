"""The gallery as a site: every page from its own folder, its parts on a telephone, its networks with one runtime."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from pathlib import Path

import pytest
from devtools import browser
from gallery_site import build, training

from nnspec.export.web import target
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec

pytestmark = [pytest.mark.tf, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
NAMES = ("lenet", "resnet50", "gru")


@pytest.fixture(scope="module")
def specs() -> dict[str, Spec]:
    return {name: load(ROOT / "specs" / f"{name}.yaml") for name in NAMES}


@pytest.fixture
def site(specs: dict[str, Spec], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The site with a training of LeNet; in place of its network there are a few bytes."""
    page = tmp_path / "lenet.web"
    shutil.copytree(Path(target.__file__).with_name("assets"), page)
    (page / "litert" / "core").mkdir(parents=True)
    (page / "litert" / "core" / "index.js").write_text("")
    found = {
        "epochs": 10,
        "seconds": 47.0,
        "part": "test",
        "examples": 1000,
        "metrics": {"loss": 0.02, "accuracy": 0.989},
    }
    found |= {"page": str(page), "bytes": 75_078, "latency_ms": 0.026}
    monkeypatch.setattr(build, "OUT", tmp_path / "site")
    build.site(specs, {"lenet": found})
    return tmp_path / "site"


def test_what_the_example_data_are_for_is_trained(specs: dict[str, Spec]) -> None:
    assert [name for name in NAMES if training.trains_here(specs[name])] == ["lenet", "gru"]


def test_nothing_is_asked_of_another_host(site: Path) -> None:
    for path in site.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        links = [one for one in re.findall(r'(?:src|href)="([^"]*)"', text) if one != "data:,"]
        assert links and all((site / one).is_file() for one in links), links
        assert "0.989" in text if path.stem in ("lenet", "index") else "Trained here" not in text


def test_what_was_not_measured_says_so_and_what_was_published(site: Path) -> None:
    pages = {name: (site / f"{name}.html").read_text(encoding="utf-8") for name in (*NAMES, "index")}
    assert "No accuracy of it was measured here" in pages["resnet50"] and "25,636,712 (Keras)" in pages["resnet50"]
    assert "make gallery trains it, on small drawn shapes" in pages["resnet50"]
    assert "make gallery trains it, on the examples" in pages["gru"] and "as published" not in pages["gru"]
    assert "no page to try" not in pages["lenet"]
    assert "measured here" not in pages["lenet"] and "Of 2 nothing was measured here" in pages["index"]


def test_large_ones_learn_small_drawings_and_their_file_is_the_whole(specs: dict[str, Spec]) -> None:
    small = training.on_small_images(specs["resnet50"])
    assert small is not None and small.graph.inputs[0].shape == (32, 32, 3)
    assert (
        len(small.graph.layers) == len(specs["resnet50"].graph.layers)
        and training.on_small_images(specs["lenet"]) is None
    )
    found = {"epochs": 15, "seconds": 300.0, "part": "test", "examples": 75, "metrics": {"loss": 0.1, "accuracy": 0.96}}
    found |= {
        "bytes": 51_300_000,
        "latency_ms": 90.0,
        "small": True,
        "instead": "15 of its 120 epochs, on drawn shapes",
    }
    page = build.spec_page("resnet50", specs["resnet50"], found, False)
    assert "the same layers, with all their filters, on few and small drawings" in page and "0.96" in page
    assert "There is no page to try it on: only a training on its own data" in page
    assert "TFLite file at full size" in page and "51.3 MB" in page and "No accuracy" not in page


def test_networks_share_one_runtime(site: Path) -> None:
    assert [path.name for path in site.rglob("litert")] == ["litert"]
    page = (site / "try" / "lenet" / "index.html").read_text(encoding="utf-8")
    used = re.search(r'<script type="importmap">(.*?)</script>', page)
    assert used and "../litert/core/index.js" in used[1]
    assert base64.b64encode(hashlib.sha256(used[1].encode()).digest()).decode() in page
    assert "${base}/../litert/wasm/" in (site / "try" / "lenet" / "network.js").read_text(encoding="utf-8")


def test_on_a_telephone_and_by_a_search(site: Path) -> None:
    with browser() as tab:
        for name in ("index", "lenet", "resnet50"):
            tab.resize(390, 844)
            tab.go((site / f"{name}.html").as_uri())
            assert tab.value("document.documentElement.scrollWidth") == 390
        assert tab.value("document.querySelectorAll('.nn-box').length") > 10
        tab.go((site / "index.html").as_uri())
        tab.value("document.querySelector('[data-filter=recurrent]').click()")
        shown = "[...document.querySelectorAll('.cards > li:not([hidden]) h3')].map((one) => one.textContent)"
        assert tab.value(shown) == ["gru"]
        tab.value("document.querySelector('[data-filter=recurrent]').click()")
        tab.value("(search.value = 'LeNet 1998', search.dispatchEvent(new Event('input')))")
        assert tab.value(shown) == ["lenet"]
        assert tab.console == []
