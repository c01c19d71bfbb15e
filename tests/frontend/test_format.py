"""`nnspec fmt`: the canonical layout, and what no layout may change: values, comments, and the layout of its own output."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnspec.catalog.kinds import schema_path
from nnspec.frontend.concrete_syntax import comments
from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.format import SECTIONS, WIDTH, format_text
from nnspec.frontend.pipeline import check
from nnspec.frontend.source import compose
from nnspec.frontend.summary import graph_summary

ROOT = Path(__file__).parent.parent.parent
FOLDERS = (
    "specs",
    "tests/specs/valid",
    "tests/specs/valid/parts",
    "tests/specs/invalid",
    "examples",
    "nnspec/cli/starters",
)
FILES = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.y*ml"))]


def laid_out(text: str) -> str:
    return format_text(Source("spec.yaml", text))


def meaning(text: str) -> str:
    plain = compose(Source("spec.yaml", text)).plain()
    return repr(sorted(plain.items())) if isinstance(plain, dict) else repr(plain)


def remarks(text: str) -> Counter[str]:
    return Counter(comment.text for _, _, comment in comments(text))


def assert_kept(text: str) -> str:
    """Lays a text out, and holds what every layout keeps."""
    result = laid_out(text)
    assert meaning(result) == meaning(text)
    assert remarks(result) == remarks(text)
    assert laid_out(result) == result
    return result


def test_there_are_files() -> None:
    assert len(FILES) > 100


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_spec_keeps_its_meaning_and_comments(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    try:
        compose(Source(path.name, text))
    except SpecError as error:
        with pytest.raises(SpecError) as refused:
            laid_out(text)
        assert [item.code for item in refused.value.diagnostics] == [item.code for item in error.diagnostics]
        return
    assert_kept(text)


@pytest.mark.parametrize("path", sorted((ROOT / "tests/specs/valid").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_valid_spec_keeps_its_graph(path: Path) -> None:
    scratch = path.with_name(f".{path.stem}.laid_out.yaml")  # beside it, for the files that it builds on
    scratch.write_text(laid_out(path.read_text(encoding="utf-8")), encoding="utf-8")
    try:
        before, after = check(path).spec, check(scratch).spec
    finally:
        scratch.unlink()
    assert before is not None and after is not None
    assert network(graph_summary(after)) == network(graph_summary(before))


def network(summary: dict[str, Any]) -> dict[str, Any]:
    """Without what lines and the name of the file bring in."""
    layers = [{key: value for key, value in layer.items() if key != "line"} for layer in summary["layers"]]
    return {**summary, "name": None, "layers": layers}


@pytest.mark.parametrize("path", sorted((ROOT / "nnspec/cli/starters").glob("*.yaml")), ids=lambda path: path.stem)
def test_starters_are_laid_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert laid_out(text) == text


def test_sections_are_those_of_the_schema() -> None:
    assert list(SECTIONS) == list(json.loads(schema_path().read_text(encoding="utf-8"))["properties"])


UNTIDY = """\
# About this file.
# yaml-language-server: $schema=x.json

layers:   # the network
    # first
    - Conv2D:    # conv
        filters: 3    # width
        kernel_size: 3
    - MaxPooling2D:
        pool_size: 2
        padding: 'same'
    - {  Dense : 10 }   # one key
    - {Dense: {units: 3, # how many
         activation: "relu"}, name: 'd'}

    # about the LSTM


    # more
    - LSTM: { units: 4, return_sequences: true, activation: tanh, recurrent_activation: sigmoid, use_bias: true, dropout: 0.5}  # long
    # - Dropout: 0.5
      # inside
outputs: ["a", 'it''s', "no", "$(max(1, 2))"]
nnspec: 1     # version
# The name
name: "x"
description: >-   # folded
      Some text
      more.

        deep

params:
    rate:  1e-3
    a: "$(min(1, 2))"
    b:
      - 1   # one
      - 2

      # end of b
    # end of params

# about data
data:
  classes: [aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse, motorbike, person, sheep]
  source: {Csv: {path: a.csv,
     window: {length: 3,
        # ahead
        horizon: 4},
     # last
  }}
inputs:
  x:
   [3,4]
  y: &y
    shape: [1]
# the end
"""

TIDY = """\
# yaml-language-server: $schema=x.json
# About this file.

nnspec: 1     # version
# The name
name: x
description: >-   # folded
  Some text
  more.

    deep

params:
  rate: 1e-3
  a: $(min(1, 2))
  b:
    - 1     # one
    - 2

    # end of b
  # end of params

inputs:
  x: [3, 4]
  y: &y
    shape: [1]

layers:   # the network
  # first
  - Conv2D:      # conv
      filters: 3      # width
      kernel_size: 3
  - MaxPooling2D: {pool_size: 2, padding: same}
  - Dense: 10           # one key
  - Dense:
      units: 3  # how many
      activation: relu
    name: d

  # about the LSTM

  # more
  - LSTM:  # long
      units: 4
      return_sequences: true
      activation: tanh
      recurrent_activation: sigmoid
      use_bias: true
      dropout: 0.5
  # - Dropout: 0.5
  # inside

outputs: [a, it's, "no", "$(max(1, 2))"]

# about data
data:
  classes: [aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse, motorbike,
            person, sheep]
  source:
    Csv:
      path: a.csv
      window:
        length: 3
        # ahead
        horizon: 4
      # last
# the end
"""


def test_an_untidy_spec() -> None:
    assert assert_kept(UNTIDY) == TIDY.replace("Dense: 10           # one key", "Dense: 10  # one key")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{nnspec: 1, layers: [Flatten]}", "nnspec: 1\n\nlayers: [Flatten]\n"),
        ('{"nnspec": 1, "name": "1"}', 'nnspec: 1\nname: "1"\n'),
        ("a: '1e-3'\nb: 'yes'\nc: 'x: y'\nd: 'x'\ne: '$(1)'\n", 'a: "1e-3"\n\nb: "yes"\n\nc: "x: y"\n\nd: x\n\ne: $(1)\n'),
        ("a: 'say \"x\"'\n", "a: say \"x\"\n"),
        ("a: '\"x\"'\n", "a: '\"x\"'\n"),
        ('a: "tab\\t"\n', 'a: "tab\\t"\n'),
        ("a: {b: , c: 1,}\n", "a: {b: , c: 1}\n"),
        ("layers:\n- A\n- - B\n  -   C\n", "layers:\n  - A\n  - - B\n    - C\n"),
        ("layers:\n  -\n    # why\n    Dense: 3\n", "layers:\n  # why\n  - Dense: 3\n"),
        ("a: |2\n   x\n    y\n", "a: |2\n   x\n    y\n"),
        ("a: one\n    two\n\n    three\n", "a: one\n  two\n\n  three\n"),
        ("x: &a [1]\nnnspec: *a\n", "x: &a [1]\n\nnnspec: *a\n"),
        ("a:  # one\n  'two'  # three\n", "# one\na: two  # three\n"),
        ("a: {b: 1,\n  c: 2}  # why\n", "a: {b: 1, c: 2}  # why\n"),
        ("---\na: 1\n...\n", "a: 1\n"),
        ("# head\n\n\n# about a\na: 1\n", "# head\n\n# about a\na: 1\n"),
        ("layers:\r\n- A  # x\r\n", "layers:\r\n  - A  # x\r\n"),
        ("layers:\n  - Dense:\n      units: $(max(1, 2))\n", 'layers:\n  - Dense: {units: "$(max(1, 2))"}\n'),
        ("layers:\n  - small:\n      units: 3\n", "layers:\n  - small:\n      units: 3\n"),
        ("- {Dense: {units: $(max(a, 4))}\n- 1\n", None),
        ("- {Dense: {units: $(max(a, 4))}}\n", "- Dense: {units: $(max(a, 4))}\n"),
    ],
)  # fmt: skip
def test_the_rules(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(SpecError):
            laid_out(text)
    else:
        assert laid_out(text) == expected
        assert laid_out(expected) == expected


def test_what_does_not_fit_becomes_a_block() -> None:
    line = "  - Conv2D: {filters: 64, kernel_size: 3, padding: same, kernel_initializer: he_normal, name_of_a_key: "
    fits = f"layers:\n{line}{'x' * (WIDTH - len(line) - 1)}}}\n"
    assert laid_out(fits) == fits
    broken = laid_out(fits.replace("x}", "xx}"))
    assert broken.startswith("layers:\n  - Conv2D:\n      filters: 64\n      kernel_size: 3\n")


def test_a_layout_that_would_change_something_is_refused() -> None:
    with pytest.raises(SpecError) as refused:  # the blank line that parts the sections would become part of the text
        laid_out("b: |+\n  text\na: 1\n")
    assert [item.code for item in refused.value.diagnostics] == ["E0114"]


# Texts that hypothesis makes: values in every style, with comments and blank lines wherever YAML lets them be.

TEXTS = st.sampled_from(
    ["x", "Dense", "relu", "no", "1e-3", "140M", "$(max(1, 2))", "$a", "a b", "a: b", "a #b", "", "-", "[x", "it's", '"', "é", "~", "'"]
)  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-99, 99), TEXTS)
KEYS = st.sampled_from(["nnspec", "name", "params", "layers", "data", "Dense", "units", "from", "no", "x y", "1"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)


class Writer:
    """Writes a value as YAML in a style that hypothesis draws."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.count = 0

    def chance(self) -> bool:
        return bool(self.draw(st.integers(0, 3)) == 3)

    def comment(self) -> str:
        self.count += 1
        return f"# {self.count}"

    def end(self) -> str:
        return self.draw(st.sampled_from([" ", "   ", "      "])) + self.comment() + "\n" if self.chance() else "\n"

    def between(self, indent: int) -> str:
        lines = ""
        while self.chance():
            blank = not self.draw(st.booleans())
            lines += "\n" if blank else " " * self.draw(st.integers(0, indent + 3)) + self.comment() + "\n"
        return lines

    def scalar(self, value: Any) -> str:
        if isinstance(value, str):
            quoted = "'" + value.replace("'", "''") + "'"
            return quoted if self.chance() or not plain(value) else value
        return json.dumps(value) if value is not None or self.chance() else "null"

    def flow(self, value: Any, indent: int) -> str:
        def gap() -> str:
            return " " + self.comment() + "\n" + " " * indent if self.chance() else " "

        if isinstance(value, dict):
            pairs = [f"{self.scalar(key)}:{gap()}{self.flow(item, indent)}" for key, item in value.items()]
            return "{" + gap() + f",{gap()}".join(pairs) + gap() + "}"
        if isinstance(value, list):
            return "[" + gap() + f",{gap()}".join(self.flow(item, indent) for item in value) + gap() + "]"
        return self.scalar(value)

    def block(self, value: Any, indent: int) -> str:
        """The lines of a value, after the key or the dash before it."""
        if not isinstance(value, dict | list) or not value or self.chance():
            return " " + self.flow(value, indent + 1) + self.end()
        step = indent + self.draw(st.integers(1, 3))
        text = self.end()
        items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
        for key, item in items:
            head = "-" if key is None else f"{self.scalar(key)}:"
            text += self.between(step) + " " * step + head + self.block(item, step)
        return text + self.between(step)


def plain(text: str) -> bool:
    """Whether a text reads as itself without quotes, in braces and outside."""
    try:
        return bool(text) and all(compose(Source("", one)).plain() == [text] for one in (f"[{text}]", f"- {text}"))
    except SpecError:
        return False


@st.composite
def written(draw: Any) -> str:
    writer = Writer(draw)
    value = draw(st.dictionaries(KEYS, VALUES, min_size=1, max_size=4))
    text = writer.between(0)
    for key, item in value.items():
        text += writer.between(0) + f"{writer.scalar(key)}:" + writer.block(item, 0)
    return text


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(written())
def test_any_text_keeps_its_meaning_and_comments(text: str) -> None:
    assert_kept(text)
