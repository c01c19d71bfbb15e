"""The diagram's page in headless Chromium: it opens without a network, and nothing overlaps or is cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chromium import look

from nnspec.frontend.diagnostics import Source
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


def test_beside_an_editor_it_is_marked_and_drawn_again(tmp_path: Path) -> None:
    """By messages, as an editor sends them: of a closed group, the group is marked."""
    spec = load(Source.from_text(BESIDE))
    file = tmp_path / "beside.html"
    file.write_text(diagram.page(spec, follows=True), encoding="utf-8")
    contents = diagram.contents(load(Source.from_text(BESIDE.replace("Dense: 3", "Dense: 30"))))
    script = f"""() => {{
      const send = (data) => page.dispatchEvent(new page.MessageEvent("message", {{data}}));
      const marked = () => [...page.document.querySelectorAll(".nn-marked")].map((box) => box.dataset.id);
      send({{mark: ["layer:dense"]}});
      const first = marked();
      send({{contents: {json.dumps(contents)}}});
      return {{first, after: marked(), wide: page.document.body.textContent.includes("30")}};
    }}"""
    found = look(file, script=script)
    assert found.console == []
    assert found.found == {"first": ["layer:dense"], "after": ["layer:dense"], "wide": True}


BESIDE = "nnspec: 1\nname: net\ninputs: {x: [4]}\nlayers:\n  - {Dense: 3, name: dense}\n  - Dense: 2\n"


SEARCH = """() => {
  const field = document.querySelector("input[type=search]"), told = () => document.querySelector(".nn-told").textContent, width = () => document.querySelector(".nn-view svg").getBoundingClientRect().width;
  const before = width();
  document.querySelector("button[aria-label=larger]").click();
  const larger = width() / before;
  document.querySelector("button[aria-label='as wide as the page']").click();
  document.getElementById("close").click();
  const closed = document.querySelectorAll("g.nn-box").length;
  field.value = "inception_5b";
  field.dispatchEvent(new Event("input"));
  const found = document.querySelector(".nn-count").textContent, marked = document.querySelectorAll(".nn-found").length;
  field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter"}));
  return {larger, found, marked, opened: document.querySelectorAll("g.nn-box").length > closed, told: told(), back: Math.abs(width() - before) < before,
    page: document.documentElement.scrollWidth, window: innerWidth};
}"""


@pytest.mark.parametrize("width", [1280, 390])
def test_a_layer_is_found_and_told_of(tmp_path: Path, width: int) -> None:
    page = tmp_path / "page.html"
    page.write_text(diagram.page(load(SPECS / "googlenet.yaml")), encoding="utf-8")
    seen = look(page, width=width, script=SEARCH)
    found = seen.found
    assert seen.console == [] and found["page"] <= found["window"]
    assert found["larger"] == pytest.approx(1.3, abs=0.01)
    assert found["found"].endswith(" found") and int(found["found"].split()[0]) > 5
    assert found["marked"] >= 1 and found["opened"] and "parameters" in found["told"]
