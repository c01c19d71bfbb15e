"""Diagrams: boxes that do not overlap, groups as the spec has them, texts of specs as texts."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from itertools import combinations
from pathlib import Path

import pytest
from zoo_specs import zoo_spec

from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec
from nnspec.layers import ALIASES, KINDS
from nnspec.report.pages import diagram
from nnspec.report.pages.diagram_model import DARK, LIGHT, diagram_model, family
from nnspec.report.pages.html import as_json
from nnspec.report.text.outline import Group, opened, outline

SPECS = Path(__file__).parent.parent.parent / "specs"
ZOO = sorted(path for path in SPECS.glob("*.yaml"))

HOSTILE = """\
nnspec: 1
name: hostile
description: "</script><b>&\\"'"
inputs: {x: [8]}
blocks:
  pair:
    params: {text: }
    layers:
      - Activation: $text
      - Dense: 4
layers:
  - Dense: {units: 4, name: d}
outputs: {"<img src=x onerror=alert(1)>&\\"": d}
"""
LOOP = """\
nnspec: 1
inputs: {x: [8]}
blocks: {unit: {params: {n: 8}, layers: [{Dense: $n}, ReLU]}}
layers:
  - {repeat: 5, layers: [unit]}
  - {unit: 3, name: last}
"""


def spec(folder: Path, text: str) -> Spec:
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def overlaps(first: diagram.Box, second: diagram.Box) -> bool:
    """A box within an open group lies wholly inside; any other two are apart."""
    apart = (
        first.x + first.width <= second.x
        or second.x + second.width <= first.x
        or first.y + first.height <= second.y
        or second.y + second.height <= first.y
    )
    return not apart and not (first.open and inside(second, first)) and not (second.open and inside(first, second))


def inside(inner: diagram.Box, outer: diagram.Box) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_no_boxes_overlap_in_the_zoo(path: Path) -> None:
    found = diagram.drawing(load(path))
    assert len(found.boxes) > 2
    for first, second in combinations(found.boxes, 2):
        assert not overlaps(first, second), f"{first} and {second}"
    ElementTree.fromstring(found.svg)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["googlenet", "resnet50"])
def test_no_boxes_overlap_with_every_group_open(name: str) -> None:
    found = zoo_spec(name)
    boxes = diagram.drawing(found, groups="open").boxes
    assert {f"layer:{layer.name}" for layer in found.graph.layers} <= {box.id for box in boxes}
    assert not any(overlaps(first, second) for first, second in combinations(boxes, 2))


def test_equal_rounds_are_one_group(tmp_path: Path) -> None:
    root = outline(spec(tmp_path, LOOP))
    loop, last = root.members
    assert isinstance(loop, Group) and isinstance(last, Group)
    assert (loop.times, last.times, last.title) == (5, 1, "last")
    inner = loop.members if loop.times == 5 else ()
    assert [isinstance(member, Group) and member.title for member in inner] == ["unit"] * 5
    assert len(list(root.layers)) == 12


@pytest.mark.slow
def test_groups_open_from_the_outside_in() -> None:
    root = outline(zoo_spec("resnet152"))
    few, many = opened(root, 30), opened(root, 200)
    assert root.key in few and few < many
    assert not any(group.times > 1 and group.key in many for group in _all(root))


def _all(group: Group) -> list[Group]:
    return [group, *(found for inner in group.groups for found in _all(inner))]


def test_layers_keep_their_order_in_the_outline() -> None:
    found = zoo_spec("googlenet")
    assert list(outline(found).layers) == list(found.graph.layers)


def test_texts_of_a_spec_stay_texts(tmp_path: Path) -> None:
    found = spec(tmp_path, HOSTILE.split("outputs")[0].replace("name: d}", "activation: relu}"))
    text = diagram.page(found)
    assert text.count("</script>") == 5, "the page's own scripts and its data, and no end from the description"
    assert "<b>" not in text
    named = diagram_model(found)
    named["root"]["children"][0]["label"] = "<img src=x>&\"'"
    svg = diagram._evaluated(f"nnspecDiagram.draw({as_json(named)}, [], null).svg")
    assert "<img" not in svg
    assert "<img src=x>&\"'" in "".join(ElementTree.fromstring(svg).itertext())


def test_shapes_stand_on_the_edges_and_hovering_tells_the_line(tmp_path: Path) -> None:
    svg = diagram.svg(spec(tmp_path, LOOP))
    words = list(ElementTree.fromstring(svg).itertext())
    assert "8" in words and "5 × unit" in words
    assert any("units: 3" in word and "net.yaml, line 3" in word for word in words)


def test_dark_is_said_or_left_to_the_reader(tmp_path: Path) -> None:
    found = spec(tmp_path, LOOP)
    assert "prefers-color-scheme" in diagram.svg(found)
    dark, light = diagram.svg(found, dark=True), diagram.svg(found, dark=False)
    assert DARK["dense"][0] in dark and LIGHT["dense"][0] not in dark
    assert LIGHT["dense"][0] in light and "prefers-color-scheme" not in light


def test_a_png_is_one_with_something_on_it(tmp_path: Path) -> None:
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(diagram.png(spec(tmp_path, LOOP))))
    assert image.width > 300 and len(image.convert("RGB").getcolors(1 << 20) or ()) > 10


def test_every_colour_family_has_both_schemes() -> None:
    assert set(LIGHT) == set(DARK)
    assert {family(kind, {}) for kind in (*KINDS, *ALIASES)} <= set(LIGHT)


@pytest.mark.parametrize("colours, ink", [(LIGHT, "#4d5869"), (DARK, "#b3bfd0")])
def test_text_on_every_box_has_contrast(colours: dict[str, tuple[str, str]], ink: str) -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for name, (fill, _) in colours.items():
        low, high = sorted((luminance(fill), luminance(ink)))
        assert (high + 0.05) / (low + 0.05) >= 4.5, name


def test_without_the_engine_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "py_mini_racer", None)
    found = spec(tmp_path, LOOP)
    with pytest.raises(diagram.DrawingError, match=r"nnspec\[draw\]"):
        diagram.svg(found)
    assert "nnspecDiagram" in diagram.page(found)


@pytest.mark.slow
def test_drawing_loads_nothing_slow() -> None:
    code = (
        "import sys; from nnspec.cli.main import run; import tempfile, os; os.chdir(tempfile.mkdtemp());"
        f"code = run(['draw', {str(SPECS / 'resnet152.yaml')!r}, '-o', 'a.svg']);"
        "slow = {'tensorflow', 'keras', 'numpy', 'rich', 'matplotlib'} & set(sys.modules);"
        "sys.exit(code or (str(slow) if slow else 0))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
