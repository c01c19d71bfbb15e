"""Rewritings keep the network: repeated layers become a loop, the use of a block its layers."""

from __future__ import annotations

from pathlib import Path

import pytest
from session import Session, applied

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import load
from nnspec.importing.graph_match import paired

HEAD = "nnspec: 1\nparams: {width: 8}\ninputs: {image: [28, 28, 1]}\n"
ROLL, LAYERS = "Roll the repeated layers into a loop", "Write the layers of `{}` here"
STAGES = (
    HEAD
    + """layers:
  - Conv2D: {filters: 8, kernel_size: 3, padding: same, activation: relu}
  - MaxPooling2D: 2
  - Conv2D: {filters: 16, kernel_size: 3, padding: same, activation: relu}
  - MaxPooling2D: 2
  - Conv2D: {filters: 32, kernel_size: 3, padding: same, activation: relu}
  - MaxPooling2D: 2
  - Flatten
  - Dense: $width
  - {Dense: 10, name: scores}
"""
)
BLOCKS = (
    HEAD
    + """blocks:
  stage:
    params: {filters: null, size: 3, rate: $(1 / 4)}
    layers:
      # two convolutions
      - Conv2D: {filters: $filters, kernel_size: $size, padding: same}
      - Conv2D: {filters: $(2 * filters), kernel_size: $(size + 2), padding: same}
      - Dropout: $rate

layers:
  - stage: {filters: 4}
  - stage: {filters: $(width // 2), size: 5}
  - {stage: {filters: 6}, name: last}
  - Flatten
"""
)


def offered(session: Session, text: str, line: int, title: str, **context: object) -> str | None:
    uri = session.open("net.yaml", text)
    place = {"line": line, "character": 4}
    wanted = {"start": place, "end": place}
    found = session.about("codeAction", uri, range=wanted, context={"diagnostics": [], **context})
    edits = [one["edit"]["changes"][uri] for one in found if one["title"] == title]
    return applied(text, edits[0]) if edits else None


def assert_same(one: str, other: str) -> None:
    assert paired(load(Source.from_text(one)).graph, load(Source.from_text(other)).graph, "new") is not None


def test_repeated_layers_become_a_loop(tmp_path: Path) -> None:
    found = offered(Session(tmp_path), STAGES, 6, ROLL)
    assert found is not None
    assert "  - for: {filters: [8, 16, 32]}\n    layers:\n      - Conv2D: {filters: $filters, " in found
    assert found.endswith("  - Flatten\n  - Dense: $width\n  - {Dense: 10, name: scores}\n")
    assert_same(STAGES, found)


def test_a_comment_above_what_repeats_stays(tmp_path: Path) -> None:
    text = STAGES.replace("layers:\n", "layers:\n  # three stages\n")
    for line in (5, 6):
        new = offered(Session(tmp_path), text, line, ROLL)
        assert new is not None and "layers:\n  # three stages\n  - for:" in new
        assert_same(text, new)


def test_expressions_in_what_repeats_stay(tmp_path: Path) -> None:
    layers = "  - Dense: {units: $width, activation: relu}\n  - Dropout: $(1 / width)\n" * 4
    text = f"{HEAD}layers:\n  - Flatten\n{layers}"
    found = offered(Session(tmp_path), text, 5, ROLL)
    assert found is not None and "repeat: 4" in found and "{units: $width, activation: relu}" in found
    assert_same(text, found)


@pytest.mark.parametrize("line", [9, 12, 14])
def test_no_loop_where_nothing_repeats(tmp_path: Path, line: int) -> None:
    text = HEAD + "layers:\n  - Flatten\n  - Dense: 3\n  - {Dense: 3, name: a}\n  - {Dense: 3, name: b}\n"
    assert offered(Session(tmp_path), text, min(line, 6), ROLL) is None


def test_a_block_is_written_where_it_is_used(tmp_path: Path) -> None:
    session = Session(tmp_path)
    first = offered(session, BLOCKS, 13, LAYERS.format("stage"))
    assert first is not None
    assert (
        "  - Conv2D: {filters: 4, kernel_size: 3, padding: same}\n  - Conv2D: {filters: $(2 * 4), kernel_size: $(3 + 2), padding: same}\n  - Dropout: $(1 / 4)\n"
        in first
    )
    assert_same(BLOCKS, first)
    second = offered(session, BLOCKS, 14, LAYERS.format("stage"))
    assert second is not None and "filters: $(2 * (width // 2))" in second
    assert_same(BLOCKS, second)


def test_what_would_be_another_network_is_not_offered(tmp_path: Path) -> None:
    session = Session(tmp_path)
    assert offered(session, BLOCKS, 15, LAYERS.format("stage")) is None  # it has a name, which others may use
    assert offered(session, BLOCKS.replace("Flatten", "Flaten"), 13, LAYERS.format("stage")) is None
    assert offered(session, STAGES, 6, ROLL, triggerKind=2) is None  # the cursor moved, and nobody asked
    assert offered(session, STAGES, 6, ROLL, only=["quickfix"]) is None
