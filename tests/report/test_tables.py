"""Plain tables: they fit, and say what they were given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.console.tables import Column, display_width, shortened, table


def test_columns_line_up() -> None:
    text = table(
        [Column("name"), Column("count", right=True)], [("a", "1"), ("long name", "1,234")], 80, ("sum", "1,235")
    )
    assert text.splitlines() == [
        "name       count",
        "────────────────",
        "a              1",
        "long name  1,234",
        "────────────────",
        "sum        1,235",
    ]


def test_a_yielding_column_gives_way_in_the_middle() -> None:
    text = table([Column("layer", yields=True), Column("kind")], [("stage1/block2/conv3", "Conv2D")], 22)
    assert max(map(len, text.splitlines())) == 22
    assert text.splitlines()[2].startswith("stage1")
    assert "Conv2D" in text


def test_titles_of_several_words_take_several_lines_where_the_table_is_too_wide() -> None:
    columns = [Column("target"), Column("flex + custom", right=True), Column("max diff", right=True)]
    assert len(table(columns, [("TFLite", "0+0", "0")], 31).splitlines()) == 3
    assert table(columns, [("TFLite", "0+0", "0")], 24).splitlines() == [
        "target  flex +  max diff",
        "        custom",
        "────────────────────────",
        "TFLite     0+0         0",
    ]


def test_columns_that_do_not_yield_stay_whole() -> None:
    text = table([Column("a"), Column("b", yields=True)], [("x" * 30, "y" * 30)], 20)
    assert "x" * 30 in text


EXPORT = ("target", "quantize", "size", "Keras", "gate")
ROW = ("SavedModel", "none", "563 kB", "0.9890", "ok")


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (42, ["target      quantize    size   Keras  gate", "SavedModel  none      563 kB  0.9890  ok"]),
        (38, ["target     quantize   size  Keras gate", "SavedModel none     563 kB 0.9890 ok"]),
        (
            32,
            [
                "target      quantize    size",
                "SavedModel  none      563 kB",
                "",
                "target       Keras  gate",
                "SavedModel  0.9890  ok",
            ],
        ),
    ],
)
def test_what_is_too_wide_stands_closer_or_is_parted(width: int, lines: list[str]) -> None:
    columns = [Column(name, right=name in ("size", "Keras"), yields=name == "target") for name in EXPORT]
    said = table(columns, [ROW], width).splitlines()
    assert [line for line in said if "─" not in line] == lines


def test_wide_characters_count_twice() -> None:
    assert display_width("東京") == 4
    assert display_width("e\u0301") == 1
    assert table([Column("a"), Column("b")], [("東京", "1"), ("abcd", "2")], 80).splitlines()[2:] == [
        "東京  1",
        "abcd  2",
    ]


@pytest.mark.slow
@given(st.text(max_size=60), st.integers(min_value=1, max_value=40))
def test_shortened_text_fits(text: str, size: int) -> None:
    short = shortened(text, size)
    assert display_width(short) <= max(size, 1)
    if display_width(text) <= size:
        assert short == text
