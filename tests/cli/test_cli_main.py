"""The command as a whole: its overview, lazy loading, and how every failure ends."""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import click
import pytest

from nnspec.cli import main as main_module
from nnspec.cli.main import COMMANDS, _leave, cli, run
from nnspec.data.sources import SOURCES

HEAVY = ("tensorflow", "keras", "numpy", "rich", "matplotlib", "PIL")


def modules_after(*arguments: str) -> tuple[int, set[str]]:
    """Runs command lines, `--` between them, in a new process, and tells what it has imported by its end."""
    lines = [list(group) for split, group in groupby(arguments, key="--".__eq__) if not split]
    code = (
        "import sys\n"
        "from nnspec.cli.main import run\n"
        f"code = sum([run(line) for line in {lines!r}])\n"
        "print(code, *sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found, *modules = done.stderr.split()[-10_000:]
    return int(found), {name.partition(".")[0] for name in modules} | set(modules)


def test_the_front_end_commands_import_nothing_slow(tiny: Path) -> None:
    code, modules = modules_after("check", str(tiny), "--", "show", str(tiny))
    assert code == 0
    assert "nnspec" in modules and not modules & set(HEAVY)


def test_help_imports_no_command() -> None:
    code, modules = modules_after("--help")
    assert code == 0
    assert not {f"nnspec.cli.{name}" for name in COMMANDS} & modules
    assert "yaml" not in modules


def test_the_overview_shows_every_command_with_its_own_first_line(nnspec: Any) -> None:
    ran = nnspec("--help")
    assert ran.code == 0 and "Example" in ran.out
    for name, line in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None and command.name == name
        assert command.help.splitlines()[0] == line
        assert f"{name} " in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_examples(nnspec: Any, name: str) -> None:
    ran = nnspec(name, "--help")
    assert ran.code == 0
    assert "Examples:" in ran.out and f"  nnspec {name}" in ran.out


@pytest.mark.parametrize(
    "name", [name for name in COMMANDS if name not in ("lsp", "mcp")]
)  # which speak JSON, and take no spec
def test_every_command_takes_json_and_every_spec_can_be_overridden(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    options = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in options
    if any(parameter.name in ("spec", "specs") for parameter in command.params):
        assert {"--set", "--plugin"} <= options


def test_version(nnspec: Any) -> None:
    assert nnspec("--version").out.startswith("nnspec 0.")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("chek a.yaml", "Did you mean `check`?"),
        ("fit a.yaml", "Write `nnspec train`."),
        ("specs/a.yaml", "A command comes first: `nnspec check specs/a.yaml`"),
        ("help", "Write `nnspec --help`."),
        ("train a.yaml -e 3", "hint: write `--epochs`"),
        ("train a.yaml --learning_rate 0.1", "hint: write `--lr`"),
        ("train a.yaml --gpu 0", "hint: a GPU that TensorFlow finds is used by itself"),
        ("train a.yaml --workers 4", "leave it out"),
        ("train --config a.yaml", "the spec stands behind the command"),
        ("train a.yaml --epochs three", "'three' is no whole number."),
        ("train a.yaml --epochs 0", "0 is too small: 1 or more."),
        ("train a.yaml --debug true", "`--debug` takes no value: leave `true` out"),
        ("train a.yaml --set train.epochs = 3", "write `--set train.epochs=3`, without spaces"),
        ("train a.yaml epochs=3", "such as `--set train.epochs=3`"),
        ("train a.yaml b.yaml", "one spec at a time"),
        ("export a.yaml tflite", "write `--target tflite`"),
        ("data a.yaml -o page.html", "hint: write `--page`"),
        ("draw a.yaml out.png", "write `--output out.png`"),
        ("predict photo.png", "`photo.png` was taken for SPEC"),
        ("sweep a.yaml", "A setting and its values"),
        ("sweep a.yaml --lr 1e-3", "hint: a setting and its values are given together"),
        ("train a.yaml --weights best.keras", "--set train.initial_weights=FILE.keras"),
        ("train a.yaml --train.epochs=5", "hint: write `--set train.epochs=VALUE`"),
        ("train a.yaml +train.epochs=5", "hint: write `--set train.epochs=5`"),
        ("train a.yaml --dry-run", "`nnspec check SPEC` says what is wrong"),
        ("show a.yaml --depth 2", "error: there is no option `--depth`\n"),
        ("show a.yaml --seed 2", "error: there is no option `--seed`\n"),
        ("export a.yaml --half", "hint: write `--quantize float16`"),
        ("export a.yaml --quantize fp16", "hint: did you mean `float16`?"),
        ("evaluate a.yaml --split val", "hint: did you mean `validation`?"),
        ("predict a.yaml 1.png --conf 0.5", "each answer has its score"),
        ("explain Conv2D", "`nnspec schema --kind Conv2D` tells about a kind"),
    ],
)
def test_a_command_line_of_other_habits(nnspec: Any, line: str, told: str) -> None:
    ran = nnspec(*line.split())
    assert ran.code == 2 and told in " ".join(ran.err.split()) + "\n" and ran.out == ""


@pytest.mark.parametrize(("epoch", "told"), [(2, "kept: epoch 2, the best by val_loss, 0.5000\n"), (3, "")])
def test_train_says_which_epoch_counts_where_it_is_not_the_last(epoch: int, told: str) -> None:
    from nnspec.cli.train import _text

    best = {"monitor": "val_loss", "value": 0.5, "epoch": epoch}
    result: Any = SimpleNamespace(run=Path("r"), epochs=3, steps=6, metrics={"val_loss": 0.75}, best=best)
    assert f"val_loss 0.7500\n{told}page: " in _text(result, "a.yaml")


def test_usage_errors_are_json_when_asked(nnspec: Any) -> None:
    ran = nnspec("show", "--json")
    assert ran.code == 2
    assert ran.json["ok"] is False and "SPEC" in ran.json["error"]["message"]


def raising(error: BaseException) -> click.Command:
    def fail(**_: Any) -> None:
        print("noise of a library")
        raise error

    parameters = [
        click.Argument(["spec"]),
        click.Option(["--json"], is_flag=True),
        click.Option(["--debug"], is_flag=True),
    ]
    return click.Command("train", callback=fail, params=parameters)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes `nnspec train` raise an error."""

    def install(error: BaseException) -> None:
        monkeypatch.setattr(main_module.Commands, "get_command", lambda self, ctx, name: raising(error))

    return install


def test_unusable_data_names_file_and_line(nnspec: Any, failing: Any) -> None:
    from nnspec.data.errors import DataError

    failing(DataError("too few columns", file="a.conll", line=7, hint="name the separator"))
    ran = nnspec("train", "a.yaml")
    assert ran.code == 4
    assert "a.conll:7: too few columns" in ran.err and "name the separator" in ran.err and "Traceback" not in ran.err
    ran = nnspec("train", "a.yaml", "--json")
    assert ran.code == 4
    assert ran.json["error"] == {
        "kind": "data",
        "code": "E0901",
        "message": "too few columns",
        "file": "a.conll",
        "line": 7,
        "row": None,
        "hint": "name the separator",
    }


def test_failed_exports(nnspec: Any, failing: Any) -> None:
    from nnspec.export.errors import ExportError

    failing(ExportError("int8 cannot quantize a loop", layer="gru", hint="quantize: dynamic"))
    ran = nnspec("train", "a.yaml", "--json")
    assert ran.code == 1 and ran.json["error"]["layer"] == "gru"


def test_a_missing_extra_says_how_to_get_it(nnspec: Any, failing: Any) -> None:
    failing(ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow.keras"))
    ran = nnspec("train", "a.yaml")
    assert ran.code == 1 and 'pip install "nnspec[tf]"' in ran.err and "Traceback" not in ran.err


def test_a_full_disk(nnspec: Any, failing: Any) -> None:
    failing(OSError(28, "No space left on device", "runs/tiny"))
    ran = nnspec("train", "a.yaml")
    assert ran.code == 1 and "`runs/tiny`: No space left on device" in ran.err and "Traceback" not in ran.err


def test_interruption_says_how_to_go_on(nnspec: Any, failing: Any) -> None:
    failing(KeyboardInterrupt())
    ran = nnspec("train", "my spec.yaml")
    assert ran.code == 130 and "resume with: nnspec train 'my spec.yaml'" in ran.err


@pytest.mark.parametrize(("workers", "saved"), [(False, "everything"), (True, "all up to the last checkpoint")])
def test_an_interruption_promises_no_more_than_was_saved(
    workers: bool, saved: str, nnspec: Any, failing: Any, tmp_path: Path
) -> None:
    from nnspec.runs.errors import Interrupted

    failing(Interrupted(tmp_path, workers=workers))
    ran = nnspec("launch", "a.yaml")
    assert ran.code == 130 and f"stopped; {saved} is saved in {tmp_path}; resume with: nnspec launch a.yaml" in ran.err


@pytest.mark.parametrize(("error", "code"), [("TrainingError", 1), ("WorkerGone", 75)])
def test_a_training_that_cannot_go_on_tells_a_supervisor_why(error: str, code: int, nnspec: Any, failing: Any) -> None:
    from nnspec.runs import errors

    failing(getattr(errors, error)("no more", hint="try again"))
    assert nnspec("train", "a.yaml").code == code


def test_a_bug_leaves_its_traceback_in_a_file(nnspec: Any, failing: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(ZeroDivisionError("division by zero"))
    ran = nnspec("train", "a.yaml")
    assert ran.code == 1
    assert "bug in nnspec: ZeroDivisionError: division by zero" in ran.err and "Traceback" not in ran.err
    (log,) = tmp_path.glob("nnspec-*.log")
    assert str(log) in ran.err and "Traceback" in log.read_text(encoding="utf-8")
    assert "Traceback" in nnspec("train", "a.yaml", "--debug").err


def test_json_keeps_standard_output_to_itself(nnspec: Any, failing: Any) -> None:
    failing(KeyboardInterrupt())
    ran = nnspec("train", "a.yaml", "--json")
    assert ran.json["error"]["kind"] == "interrupted"
    assert "noise of a library" in ran.err


def test_tensorflow_is_not_taken_down_once_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr("os._exit", codes.append)
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    _leave([5])
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    _leave([])  # an exception is on its way
    assert codes == []
    _leave([5])
    assert codes == [5]


def test_a_reader_that_left_is_no_error(tiny: Path) -> None:
    command = f"{sys.executable} -c 'from nnspec.cli.main import main; main()' schema | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("streams", "code", "says"),
    [(">&-", 0, ""), ("2>&-", 0, ""), (">&- 2>&-", 0, ""), (">/dev/full", 1, "the answer cannot be written")],
)
def test_streams_that_are_closed_or_full(tiny: Path, streams: str, code: int, says: str) -> None:
    if "full" in streams and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    command = f"{sys.executable} -c 'from nnspec.cli.main import main; main()' explain {streams}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == code and says in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("variable", [None, "NO_COLOR"])
def test_colours_only_where_they_are_wanted(tiny: Path, monkeypatch: Any, variable: str | None) -> None:
    """A pseudo-terminal gets colours, unless NO_COLOR says no."""
    import os
    import pty

    if variable:
        monkeypatch.setenv(variable, "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    leader, follower = pty.openpty()
    code = f"from nnspec.cli.main import run; run(['check', {str(tiny)!r}])"
    subprocess.run([sys.executable, "-c", code], stdout=follower, check=True)
    os.close(follower)
    shown = os.read(leader, 10_000)
    os.close(leader)
    assert (b"\x1b[" in shown) is (variable is None)


def test_run_returns_the_code_and_prints_no_escape_when_piped(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(tiny)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_fault_of_a_plugin_is_told_as_its_own(nnspec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "lines_of_mine.py").write_text(
        "from dataclasses import dataclass\nfrom nnspec.data.protocol import Source\n\n\n@dataclass(frozen=True)\n"
        "class Lines(Source):\n    path: str\n\n    def listing(self, base):\n        return {}[self.path]\n"
    )
    spec = tmp_path / "spec.yaml"
    spec.write_text("nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 2}]\ndata: {source: {Lines: a.txt}}\n")
    ran = nnspec("check", str(spec), "--plugin", "lines_of_mine", "--json")
    SOURCES.registered.clear()
    assert ran.code == 1 and ran.json["error"]["kind"] == "plugin"
    assert "KeyError: 'a.txt' (lines_of_mine.py:10, in listing)" in ran.json["error"]["message"]
