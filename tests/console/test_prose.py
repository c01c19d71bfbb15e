"""Sentences and epochs in the width of a terminal."""

from __future__ import annotations

import pytest

from nnspec.console.formatting import plain_text, styled
from nnspec.console.progress import BarReporter, Plan
from nnspec.console.prose import filled, told


def test_sentences_are_broken_between_words() -> None:
    text = "warning[W0913]: column `Holiday` is unused\n  hint: say `group: Holiday` where there are several"
    assert told(text, 30).split("\n") == [
        "warning[W0913]: column",
        "  `Holiday` is unused",
        "  hint: say `group: Holiday`",
        "    where there are several",
    ]


def test_what_is_fine_is_broken_between_words() -> None:
    assert (
        told("wrote a.keras: its weights, which the spec begins from", 30)
        == "wrote a.keras: its weights,\n  which the spec begins from"
    )
    assert told("ok specs/a.yaml  966 parameters, 16 layers", 36) == "ok specs/a.yaml  966 parameters, 16\n  layers"


@pytest.mark.parametrize(
    "line",
    ["next: nnspec train a b c d e f", "  12 | Dense: {units: 1, name: a}", "─" * 50, "a  b  c  d  e  f  g  h  i"],
)
def test_commands_code_and_tables_stay(line: str) -> None:
    assert told(line, 20) == line


def test_a_word_that_is_longer_stays_whole() -> None:
    assert filled("see /a/very/long/path/to/a/file of data", 12) == "see\n  /a/very/long/path/to/a/file\n  of data"


def test_colours_take_no_room() -> None:
    line = styled("error[E0101]", fg="red", bold=True) + ": " + styled("a b c d e f g", bold=True)
    assert told(line, len(plain_text(line))) == line


def test_an_epoch_is_broken_between_its_values(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    reporter = BarReporter()
    reporter.begin(Plan("runs/leaves/1", 20, 5))
    logs = {
        "loss": 0.6541,
        "sparse_categorical_accuracy": 0.75,
        "val_loss": 2.0266,
        "val_sparse_categorical_accuracy": 0.3,
    }
    reporter.epoch(0, logs, 16.9)
    reporter.end()
    assert capsys.readouterr().err.splitlines()[1:3] == [
        "epoch 1/20  16.9 s  loss 0.6541  sparse_categorical_accuracy 0.7500",
        "            val_loss 2.0266  val_sparse_categorical_accuracy 0.3000",
    ]
