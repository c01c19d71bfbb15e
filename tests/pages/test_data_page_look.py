"""The page of `nnspec data` in headless Chromium: it is drawn, nothing is cut, and markup stays text."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import look

from nnspec.cli.main import run as command

pytestmark = pytest.mark.slow  # it starts a browser

EVIL = "<img src=x onerror=\"document.title='broken'\">"
PROBE = """() => ({
  page: document.documentElement.scrollWidth, window: innerWidth, title: document.title, images: document.images.length,
  headings: [...document.querySelectorAll("h2")].map((one) => one.textContent), bars: document.querySelectorAll("rect").length,
  words: document.body.innerText,
})"""


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_of_data(tmp_path: Path, width: int) -> None:
    quoted = '"' + EVIL.replace('"', '""') + '"'
    rows = "".join(f"{n * n},{quoted if n % 2 else 'b'}\n" for n in range(40))
    (tmp_path / "t.csv").write_text("size,kind\n" + rows)
    (tmp_path / "net.yaml").write_text(
        "nnspec: 1\nname: net\ninputs: {x: [1]}\nlayers: [{Dense: 2}]\n"
        "data: {source: {Csv: {path: t.csv, target: kind}}, split: {validation: 0.2}}\n"
    )
    page = tmp_path / "page.html"
    assert command(["data", str(tmp_path / "net.yaml"), "--page", str(page)]) == 0
    seen = look(page, width=width, script=PROBE)
    found = seen.found
    assert seen.console == [] and found["page"] <= found["window"] == width
    assert found["title"] == "net: data" and found["images"] == 0 and EVIL in found["words"]
    assert found["headings"] == ["Classes", "Columns", "Examples"] and found["bars"] == 20
    assert "half of all: " in found["words"]
