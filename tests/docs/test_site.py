"""The manual builds without a warning, and its pages ask no other host for anything."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from devtools import browser

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BUILT = ("_build", "__pycache__", "gallery", "gallery.md", "kinds")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built manual, made from a copy as `make docs` makes it."""
    for package in ("sphinx", "furo", "myst_parser", "py_mini_racer"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: the extras docs and draw")
    root = tmp_path_factory.mktemp("manual")
    shutil.copytree(ROOT / "docs", root / "docs", ignore=shutil.ignore_patterns(*BUILT))
    for name in ("specs", "examples", "nnspec", "benchmarks", "tests", "CONTRIBUTING.md", "README.md", "SECURITY.md"):
        (root / name).symlink_to(ROOT / name)
    for command in (["docs/generate.py", "--site"], ["-m", "sphinx", "-q", "-W", "-b", "html", "docs", "site"]):
        done = subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    return root / "site"


@pytest.mark.long
def test_every_page_is_there(site: Path) -> None:
    pages = {str(path.relative_to(site)) for path in site.rglob("*.html")}
    assert {"index.html", "tour.html", "language.html", "codes.html", "commands.html", "gallery.html"} <= pages
    assert {"kinds/layers.html", "kinds/data-sources.html", "cookbook/images-to-phone.html"} <= pages
    gallery = (site / "gallery.html").read_text(encoding="utf-8")
    for spec in (ROOT / "specs").glob("*.yaml"):
        assert f'id="{spec.stem.replace("_", "-")}"' in gallery and list(site.rglob(f"{spec.stem}.svg"))
    assert 'id="conv2d"' in (site / "kinds/layers.html").read_text(encoding="utf-8")


def test_options_keep_their_hyphens_and_code_can_be_copied(site: Path) -> None:
    said = (site / "commands.html").read_text(encoding="utf-8")
    assert "print what --fix would change" in said and "\u2013" not in said
    with browser() as tab:
        tab.resize(390, 844)
        tab.go((site / "tour.html").as_uri())
        assert tab.value("document.querySelectorAll('.copy').length == document.querySelectorAll('.highlight').length")
        tab.value("(() => { const one = document.querySelector('.copy'); one.click(); return 1 })()")
        assert tab.until("document.querySelector('.copy').textContent != 'copy'")
        assert tab.value("document.documentElement.scrollWidth") == 390


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loads = re.compile(
        r'<(?:script|img|iframe)[^>]*src="(?:https?:)?//|<link[^>]*rel="stylesheet"[^>]*href="(?:https?:)?//'
    )
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    assert not [path for path in pages if loads.search(path.read_text(encoding="utf-8"))]
    sheets = [path for path in site.rglob("*.css") if re.search(r"url\(['\"]?(https?:)?//|@import", path.read_text())]
    assert not sheets
