"""YAML read strictly: scalars, places, limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.source import MAX_DEPTH, Node, compose, read, resolve


def parse(text: str) -> Node:
    return compose(Source("test.yaml", text))


def code_of(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        parse(text)
    return caught.value.diagnostics[0].code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("no", "no"),
        ("on", "on"),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("+12", 12),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("0b11", "0b11"),
        ("-", "-"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_quoted_scalars_are_text() -> None:
    assert parse("{a: '12', b: \"true\", c: !!str 3}").plain() == {"a": "12", "b": "true", "c": "3"}


def test_values_and_keys_know_their_place() -> None:
    root = parse("layers:\n  - Conv2D: {filters: 64}\n")
    filters = root.get("layers", 0, "Conv2D", "filters")
    assert filters is not None and (filters.span.line, filters.span.column, filters.span.end_column) == (2, 23, 25)
    conv = root.get("layers", 0)
    assert conv is not None and conv.keys["Conv2D"].column == 5


def test_an_anchor_is_the_same_value_again() -> None:
    assert parse("a: &x {b: 1}\nc: *x\n").plain() == {"a": {"b": 1}, "c": {"b": 1}}


def test_alias_bomb_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert code_of("\n".join(lines)) == "E0107"


def test_depth_is_bounded() -> None:
    assert code_of("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2)) == "E0107"
    assert code_of("[" * 5000) in ("E0105", "E0107")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\na: 2", "E0108"),
        ("{[1]: 2}", "E0109"),
        ("a: *b", "E0110"),
        ("a: &a [*a]", "E0110"),
        ("a: " + "9" * 5000, "E0111"),
        ("a: !!binary x", "E0112"),
        ("a: !mine {b: 1}", "E0112"),
        ("a: \x00", "E0105"),
        ("--- a\n--- b", "E0106"),
        ("# nothing", "E0104"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    assert code_of(text) == code


def test_every_duplicate_is_reported() -> None:
    with pytest.raises(SpecError) as caught:
        parse("a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["E0108", "E0108"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, code in ((tmp_path / "missing.yaml", "E0101"), (tmp_path, "E0101"), (Path("/dev/zero"), "E0101")):
        with pytest.raises(SpecError) as caught:
            read(path)
        assert caught.value.diagnostics[0].code == code
    empty, latin = tmp_path / "empty.yaml", tmp_path / "latin.yaml"
    empty.write_text("  \n")
    latin.write_bytes(b"a: 1\nb: Fa\xdfade\n")
    with pytest.raises(SpecError, match="E0104"):
        read(empty)
    with pytest.raises(SpecError) as caught:
        read(latin)
    span = caught.value.diagnostics[0].span
    assert caught.value.diagnostics[0].code == "E0103" and span is not None and (span.line, span.column) == (2, 6)


def test_a_diagnostic_shows_line_and_caret() -> None:
    with pytest.raises(SpecError) as caught:
        parse("train:\n  epochs: 3\n  epochs: 5\n")
    assert str(caught.value) == (
        "error[E0108]: the key `epochs` is given twice\n"
        "   --> test.yaml:3:3\n"
        "    |\n"
        "  3 |   epochs: 5\n"
        "    |   ^^^^^^\n"
        "  note: it is first given here\n"
        "   --> test.yaml:2:3\n"
        "    |\n"
        "  2 |   epochs: 3\n"
        "    |   ^^^^^^\n"
        "  hint: take one of the two out"
    )
