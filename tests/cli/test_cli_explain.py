"""`nnspec explain`."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest

from nnspec.frontend.codes import CODES, PASSES


def test_the_list_has_every_code_below_its_pass(nnspec: Any) -> None:
    ran = nnspec("explain")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == list(CODES)
    assert [line for line in lines if line in PASSES.values()] == list(PASSES.values())
    assert lines.index("Wiring") < lines.index("  E0501  A name is given twice") < lines.index("Budget")


@pytest.mark.parametrize("key", CODES)
def test_a_page_has_everything(nnspec: Any, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    ran = nnspec("explain", key.lower())
    code = CODES[key]
    assert ran.code == 0 and ran.out.startswith(f"{key}: {code.title}\n")
    words = ran.out.split()
    for text in (code.explanation, code.example, code.fix):
        assert " ".join(text.split()) in " ".join(words)


def test_explanations_fit_the_terminal(nnspec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    explanation = nnspec("explain", "E0201").out.split("\n\n")[1]
    assert max(map(len, explanation.splitlines())) <= 50 and "\n" in explanation


def test_a_code_of_a_package_that_cannot_be_read_says_why(nnspec: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [
        EntryPoint("WX0001", "no_such_module:CODE", "nnspec.codes"),
        EntryPoint("WX0002", "os:sep", "nnspec.codes"),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: entries)
    assert "no_such_module:CODE cannot be imported: ModuleNotFoundError" in " ".join(
        nnspec("explain", "WX0001").out.split()
    )
    assert "os:sep is a str and no Code" in nnspec("explain", "WX0002").out


def test_json(nnspec: Any) -> None:
    found = nnspec("explain", "W0601", "--json").json
    assert found["code"] == "W0601" and found["title"] == CODES["W0601"].title
    assert list(nnspec("explain", "--json").json["codes"]) == list(CODES)


def test_an_unknown_code(nnspec: Any) -> None:
    ran = nnspec("explain", "E060l")
    assert ran.code == 2 and "E060" in ran.err and "did you mean" in ran.err.lower()
