"""The diagram's page in headless Chromium: it opens without a network, and nothing overlaps or is cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import look

from nnspec.frontend.pipeline import load
from nnspec.report.pages import diagram

pytestmark = pytest.mark.slow  # each starts a browser

SPECS = Path(__file__).parent.parent.parent / "specs"

PROBE = """() => {
  const rects = [...document.querySelectorAll("g.nn-box:not([data-group=open]) > rect:last-of-type")].map((rect) => rect.getBoundingClientRect());
  let overlaps = 0;
  rects.forEach((a, i) => rects.slice(i + 1).forEach((b) => {
    if (a.left < b.right - .5 && b.left < a.right - .5 && a.top < b.bottom - .5 && b.top < a.bottom - .5) overlaps++;
  }));
  const cut = [...document.querySelectorAll("g.nn-box")].filter((group) => {
    const box = group.querySelector("rect:last-of-type").getBoundingClientRect();
    return [...group.querySelectorAll("text")].some((text) => {
      const found = text.getBoundingClientRect();
      return found.left < box.left - 1 || found.right > box.right + 1;
    });
  }).map((group) => group.dataset.id);
  return {boxes: rects.length, overlaps, cut, page: document.documentElement.scrollWidth, window: innerWidth};
}"""

TOGGLE = """() => {
  const boxes = () => document.querySelectorAll("g.nn-box").length;
  const before = boxes();
  document.querySelector("g.nn-toggle[data-group=open]").dispatchEvent(new MouseEvent("click", {bubbles: true}));
  const closed = boxes();
  document.getElementById("open").click();
  return [before, closed, boxes()];
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_googlenet_has_no_overlap_and_nothing_is_cut(tmp_path: Path, width: int) -> None:
    page = tmp_path / "page.html"
    page.write_text(diagram.page(load(SPECS / "googlenet.yaml")), encoding="utf-8")
    assert page.stat().st_size < 5_000_000
    seen = look(page, width=width, script=PROBE)
    assert seen.console == []
    assert seen.found["boxes"] > 80 and seen.found["overlaps"] == 0 and seen.found["cut"] == []
    assert seen.found["page"] <= seen.found["window"] == width


def test_groups_close_and_open(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(diagram.page(load(SPECS / "googlenet.yaml")), encoding="utf-8")
    seen = look(page, script=TOGGLE)
    before, closed, opened = seen.found
    assert closed < before <= opened and seen.console == []
