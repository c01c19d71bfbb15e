"""Numbers as people read them."""

from __future__ import annotations

import pytest

from nnspec.console.formatting import count, file_size, metric, scaled


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, "?"),
        (0, "0"),
        (999, "999"),
        (999.9, "1 K"),
        (1_000, "1 K"),
        (44_426, "44.4 K"),
        (999_499, "999 K"),
        (999_500, "1 M"),
        (15_470_264_320, "15.5 G"),
        (2.5e15, "2,500 T"),
    ],
)
def test_scaled_has_three_digits_and_a_unit(number: float | None, text: str) -> None:
    assert scaled(number) == text


def test_counts_are_exact() -> None:
    assert count(138_357_544) == "138,357,544"
    assert count(None) == "?"


@pytest.mark.parametrize(
    ("number", "text"), [(12, "12 B"), (1_000, "1 kB"), (472_345, "472 kB"), (1_833_000, "1.83 MB")]
)
def test_file_sizes(number: int, text: str) -> None:
    assert file_size(number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "-"), (0.0, "0.0000"), (0.91337, "0.9134"), (2.4e-7, "2.4e-07"), (123456.0, "1.235e+05")],
)
def test_metrics(number: float | None, text: str) -> None:
    assert metric(number) == text
