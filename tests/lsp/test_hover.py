"""What hovering tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from session import Session

HEAD = "nnspec: 1\nparams: {classes: 3}\ninputs: {image: [28, 28, 1]}\n"
NETWORK = HEAD + "layers:\n  - Conv2D: {filters: 4, kernel_size: 3, padding: same}\n  - Flatten\n  - Dense: $classes\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "  - Con|v2D: {filters: 4, kernel_size: 3}\n",
            ["**Conv2D** (layer)", "Slides learned kernels", "Conv2D(filters"],
        ),
        ("  - Con|v2D: {filters: 4, kernel_size: 3}\n", ["28x28x1 → 26x26x4", "40 parameters", "sees 3"]),
        ("  - Conv2D: {filters: 4, ker|nel_size: 3}\n", ["**kernel_size** of Conv2D"]),
        ("  - Flat|ten\n", ["**Flatten** (layer)", "784"]),
        ("  - Dense: {units: 3, activation: so|ftmax}\n", []),
        ("  - Flatten\n  - Dense: $cla|sses\n", ["`$classes`: parameter, `3`"]),
        ("  - Flatten\n  - Dense: $(2 * cla|sses)\n", ["`$classes`: parameter, `3`"]),
        ("  - Flatten\ntrain:\n  epo|chs: 3\n", ["**epochs**"]),
        ("  - Flatten\ntrain: {optimizer: {Ad|am: {learning_rate: 0.1}}}\n", ["**Adam** (optimizer)"]),
        ("  - rep|eat: 2\n    layers: [{Conv2D: {filters: 4, kernel_size: 3}}]\n", ["together: 188 parameters"]),
        ("  - Flatten  # no|thing\n", []),
    ],
)
def test_hover(tmp_path: Path, text: str, expected: list[str]) -> None:
    session = Session(tmp_path)
    found = session.at("hover", *session.marked(HEAD + "layers:\n" + text))
    said = "" if found is None else found["contents"]["value"]
    assert bool(said) == bool(expected) or not expected
    for part in expected:
        assert part in said


def test_a_block_and_what_its_use_makes(tmp_path: Path) -> None:
    session = Session(tmp_path)
    blocks = (
        "blocks: {pair: {description: Two of a kind., params: {size: 4}, layers: [{Dense: $size}, {Dense: $size}]}}\n"
    )
    said = session.at("hover", *session.marked(HEAD + blocks + "layers: [Flatten]\n"))
    assert said is None
    text = HEAD + blocks + "layers:\n  - Flatten\n  - pa|ir\n"
    said = session.at("hover", *session.marked(text))["contents"]["value"]
    assert "**pair(size=4)**, a block of spec.yaml" in said and "Two of a kind." in said
    assert "together: 3,160 parameters" in said


def test_hovering_in_a_text_with_a_fault(tmp_path: Path) -> None:
    session = Session(tmp_path)
    found = session.at("hover", *session.marked(NETWORK.replace("Flatten", "Flat|").replace("Conv2D", "Conv2D")))
    assert found is None
    found = session.at(
        "hover", *session.marked(NETWORK.replace("Dense: $classes", "Dense: {units: [").replace("Conv2D", "Con|v2D"))
    )
    assert "28x28x1 → 28x28x4" in found["contents"]["value"]


def test_values_tell_what_they_are_what_else_they_could_be_and_what_they_come_to(tmp_path: Path) -> None:
    session = Session(tmp_path)
    text = (
        "nnspec: 1\nparams: {width: 8}\ninputs: {x: [9, 1]}\nlayers:\n  - repeat: 3\n    as: stage\n    layers:\n"
        "      - Conv1D: {filters: $(width * 2 ** stage), kernel_size: 3, padding: same, activation: relu}\n"
        "data: {source: {ImageFolder: {path: x}}, batch_size: $(4 * width)}\n"
    )
    uri = session.open("values.yaml", text)

    def told(word: str) -> str:
        before = text[: text.index(word)]
        found = session.at("hover", uri, before.count("\n"), len(before) - before.rfind("\n") - 1)
        return str(found["contents"]["value"])

    assert told("width * 2").endswith("`filters` comes to `8`, `16`, `32`.")
    assert "**padding** of Conv1D" in told("same") and "One of `valid`, `same`, `causal`." in told("same")
    assert "comes to" not in told("same") and "and " in told("relu") and "more." in told("relu")
    assert told("4 * width") == "`batch_size` comes to `32`."
