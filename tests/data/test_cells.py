from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime

import pytest

from nnspec.data.formats.cells import CellFormat, cell_of, marks_of, parser, written
from nnspec.data.formats.times import TimeReader, forms_of, looks_like_time, same_times, shown


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "value", "unit"),
    [
        ("1,200", ".", ",", 1200, ""),
        ("2,192,098", ".", ",", 2192098, ""),
        ("1,00,000.5", ".", ",", 100000.5, ""),
        ("1.234.567,89", ",", ".", 1234567.89, ""),
        ("3,5", ",", "", 3.5, ""),
        (",5", ",", "", 0.5, ""),
        ("1 000,5", ",", " ", 1000.5, ""),
        ("1'000", ".", "'", 1000, ""),
        ("$1,000.50", ".", ",", 1000.5, "$"),
        ("$56.7M", ".", "", 56.7e6, "$"),
        ("55.1M", ".", "", 55.1e6, "K, M, B"),
        ("-$5", ".", "", -5, "$"),
        ("($1,200)", ".", ",", -1200, "$"),
        ("12 €", ".", "", 12, "€"),
        ("EUR 5", ".", "", 5, "EUR"),
        ("-24%", ".", "", -24, "%"),
        ("+13 %", ".", "", 13, "%"),
        ("0x1F", ".", "", 31, "0x"),
        ("1E+03", ".", "", 1000, ""),
        ("−5", ".", "", -5, ""),
    ],
)
def test_numbers_as_people_write_them(text: str, decimal: str, thousands: str, value: float, unit: str) -> None:
    found = written(text)
    assert found is not None and found.unit == unit
    assert found.value(decimal, thousands) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "abc", "12.05.2024x", "5m", "5 T", "6'3\"", "12-5", "--5", "(5", "$5€", "1 %%"])
def test_what_is_no_number(text: str) -> None:
    assert written(text) is None


@pytest.mark.parametrize(
    ("text", "decimal", "thousands"),
    [("1,20", ".", ","), ("1,2000", ".", ","), ("12.05.2024", ".", ","), (",200", ".", ","), ("1,200", ".", "")],
)
def test_marks_that_do_not_fit(text: str, decimal: str, thousands: str) -> None:
    found = written(text)
    assert found is None or found.value(decimal, thousands) is None


@pytest.mark.parametrize(
    ("texts", "decimal", "thousands"),
    [
        (["1,200"], None, None),
        (["1,200", "0.5"], ".", None),
        (["2,192,098"], None, ","),
        (["1,000.5"], ".", ","),
        (["1.000,5"], ",", "."),
        (["3,5"], ",", None),
        (["3,5", "0.5"], None, None),
        (["12.05.2024", "1.2.3"], None, None),
    ],
)
def test_what_numbers_say_of_their_marks(texts: list[str], decimal: str | None, thousands: str | None) -> None:
    assert marks_of([found for text in texts if (found := written(text))]) == (decimal, thousands)


@pytest.mark.parametrize("cell", ["1e39", "01e999", "-1e400"])
def test_numbers_fit_into_float32(cell: str) -> None:
    with pytest.raises(ValueError, match="is more than float32 can hold"):
        parser(CellFormat("number"))(cell)


@pytest.mark.parametrize("cell", ["1_000", "inf", "-Infinity", "1,5", "5%", "$5", "0x10", "x"])
def test_plain_numbers_are_read_strictly(cell: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parser(CellFormat("number"))(cell)


def test_missing_values_are_counted_by_marker() -> None:
    counts: Counter[str] = Counter()
    read = parser(CellFormat("number"), missing=counts)
    cells = ["", " ", "NA", "n/a", "#N/A", "-", ".", "?", "nan", "None", "-"]
    assert all(math.isnan(read(cell)) for cell in cells)
    assert counts == {"NA": 1, "n/a": 1, "#N/A": 1, "-": 2, ".": 1, "?": 1, "nan": 1, "None": 1}


def test_listed_missing_values_replace_the_usual_ones() -> None:
    read = parser(CellFormat("number", missing_values=("-999",)))
    assert math.isnan(read("-999")) and math.isnan(read("")) and read("-998") == -998
    with pytest.raises(ValueError, match="'NA' is not a number"):
        read("NA")


def test_none_is_a_category_and_na_a_missing_one() -> None:
    counts: Counter[str] = Counter()
    read = parser(CellFormat("category"), missing=counts)
    assert [read(cell) for cell in ("None", "b", " b", "None")] == [0, 1, 1, 0]
    assert math.isnan(read("NA")) and math.isnan(read("NA")) and counts == {"NA": 2}
    with pytest.raises(ValueError, match="NUL"):
        read("a\0b")


def test_a_percentage_is_not_mixed_with_plain_numbers() -> None:
    assert parser(CellFormat("number", unit="%"))("10%") == 10
    with pytest.raises(ValueError, match="'10' is not a number in %"):
        parser(CellFormat("number", unit="%"))("10")
    assert parser(CellFormat("number", unit="$"))("9") == 9
    with pytest.raises(ValueError, match="'€9' is not a number"):
        parser(CellFormat("number", unit="$"))("€9")


def test_booleans() -> None:
    read = parser(CellFormat("boolean"))
    assert [read(cell) for cell in ("True", "false", "YES", "n", "1", "0")] == [1, 0, 1, 0, 1, 0]
    with pytest.raises(ValueError, match="neither true nor false"):
        read("maybe")


def test_values_of_mappings_are_read_as_cells_are_written() -> None:
    form = CellFormat("number", decimal=",", thousands=".")
    assert parser(form)(cell_of(3.5, form)) == 3.5
    percent = CellFormat("number", unit="%")
    assert parser(percent)(cell_of(12, percent)) == 12


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        (None, "2024-03-01", datetime(2024, 3, 1)),
        (None, "2024-03-01T12:30:00Z", datetime(2024, 3, 1, 12, 30)),
        (None, "2024-03-01 12:30+02:00", datetime(2024, 3, 1, 10, 30)),
        ("%d/%m/%Y", "02/03/2024", datetime(2024, 3, 2)),
        ("%Y, %B", "1939, May", datetime(1939, 5, 1)),
        ("%H:%M", "18:00", datetime(1970, 1, 1, 18)),
        ("quarters", "1995-Q2", datetime(1995, 4, 1)),
        ("quarters", "q4 2001", datetime(2001, 10, 1)),
        (None, "1709251200", datetime(2024, 3, 1)),
        (None, "1709251200000", datetime(2024, 3, 1)),
        ("seconds", "86400", datetime(1970, 1, 2)),
    ],
)
def test_times_are_days(form: str | None, text: str, expected: datetime) -> None:
    days = TimeReader(form).read(text)
    assert days == pytest.approx(expected.replace(tzinfo=UTC).timestamp() / 86400)
    assert shown(days) == (expected.date().isoformat() if not expected.hour else expected.isoformat(sep=" "))


def test_times_with_and_without_a_zone_are_not_mixed() -> None:
    reader = TimeReader(None)
    reader.read("2024-03-01T12:00:00Z")
    with pytest.raises(ValueError, match="has no time zone, unlike"):
        reader.read("2024-03-01T12:00:00")


def test_day_and_month_are_told_apart_by_their_numbers() -> None:
    assert "%d/%m/%Y" in forms_of(["01/02/2024", "13/02/2024"]) and "%m/%d/%Y" not in forms_of(["13/02/2024"])
    assert forms_of(["1995Q1", "1995Q4"]) == ["quarters"] and forms_of(["1995Q1", "1995Q5"]) == []
    assert forms_of(["2000M01", "2000M12"]) == ["%YM%m"]
    forms = forms_of(["01/02/2024", "03/04/2024"])
    assert not same_times(["01/02/2024"], forms)
    assert looks_like_time("13:45") and not looks_like_time("1234") and not looks_like_time("May")
