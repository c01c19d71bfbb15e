"""What a person sees: a line an epoch off a terminal, a bar on one, nothing when quiet. No TensorFlow needed."""

from __future__ import annotations

import errno
import io
import subprocess
import sys

import pytest

from nnspec.console.progress import BarReporter, LineReporter, Plan, Reporter, make_reporter, shown


def story(reporter: Reporter) -> None:
    reporter.begin(Plan("runs/a/1", 2, 3, epoch=0, step=1))
    for step in (2, 3):
        reporter.step(step, {"loss": 0.5})
    reporter.testing()
    reporter.epoch(0, {"loss": 0.25, "val_loss": 0.5}, 1.25)
    reporter.end()


def test_off_a_terminal_there_is_a_line_an_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = make_reporter()
    assert type(reporter) is LineReporter
    story(reporter)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "runs/a/1: going on at epoch 1, step 1, of 2 epochs of 3 steps",
        "epoch 1/2  1.2 s  loss 0.2500  val_loss 0.5000",
    ]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    story(make_reporter(quiet=True))
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("colour", [True, False])
def test_the_bar_heeds_no_color(monkeypatch: pytest.MonkeyPatch, colour: bool) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "" if colour else "1")
    reporter = make_reporter()
    assert isinstance(reporter, BarReporter)
    story(reporter)
    text = terminal.getvalue()
    assert "epoch 1/2" in text and "loss 0.5000" in text
    assert ("\x1b[38;5;" in text or "\x1b[3" in text) is colour


def test_numbers_are_short() -> None:
    assert [shown(value) for value in (0.0, 0.5, 12345.678, 0.00001234, 3)] == [
        "0.0000",
        "0.5000",
        "1.23e+04",
        "1.23e-05",
        "3",
    ]


def test_it_imports_nothing_slow() -> None:
    modules = "nnspec.console.progress, nnspec.runs.errors"
    code = f"import sys, {modules}; print({{'tensorflow', 'numpy', 'rich'}} & {{*sys.modules}})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("kind", [LineReporter, BarReporter])
def test_nobody_reading_does_not_end_a_training(kind: type[Reporter], monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(sys, "stderr", Broken())
    story(kind())


@pytest.mark.parametrize("last", range(8))
def test_a_terminal_that_goes_does_not_end_a_training(last: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is told by a signal, which may come after what is written fails."""

    class Gone(io.StringIO):
        written = 0

        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> int:
            self.written += 1
            if self.written > last:
                raise OSError(errno.EIO, "Input/output error")
            return len(text)

    monkeypatch.setattr(sys, "stderr", gone := Gone())
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("nnspec.console.progress.REFRESH", 0)
    story(BarReporter())
    assert gone.written > last
