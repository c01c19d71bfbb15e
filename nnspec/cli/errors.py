"""How a command fails: each exception's message, exit code and JSON. No traceback for users, except of our own bugs."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

import click

from nnspec.cli.output import is_terminal, width
from nnspec.console.formatting import styled
from nnspec.console.plugin_modules import at_fault
from nnspec.frontend.diagnostics import MAX_EXCERPT, Diagnostic, SpecError
from nnspec.quick_classes import dataclass

FAILED, USAGE, INVALID, DATA, GATE, INTERRUPTED = 1, 2, 3, 4, 5, 130

# What `pip install "nnspec[tf]"` brings, by the name that an import fails with.
EXTRA_TF = {"tensorflow", "keras", "numpy", "ai_edge_litert", "flatbuffers", "PIL", "h5py"}

GUTTER = 12  # columns beside a line of a spec, of a long one
LEAST_EXCERPT = 40

OVER_BUDGET = "E0801"
UNUSABLE_DATA = "E09"


@dataclass(frozen=True, slots=True)
class Failure:
    code: int
    text: str
    data: dict[str, Any]


def explain(error: BaseException, arguments: Sequence[str]) -> Failure:
    """What `error`, raised by the command line `arguments`, means for the user.

    Imports of what defines the exceptions are inside: a check that finds no fault never pays for them.
    """
    from nnspec.data.errors import DataError
    from nnspec.export.errors import ExportError
    from nnspec.report.pages.diagram import DrawingError
    from nnspec.runs.errors import Interrupted, TrainingError

    if isinstance(error, SpecError):
        return Failure(exit_code(error.diagnostics), coloured(error.diagnostics), _json(None, error.diagnostics))
    if isinstance(error, click.ClickException):
        return _usage(error, arguments)
    if isinstance(error, DataError):
        return _plain(DATA, "data", error, error.code, file=error.file, line=error.line, row=error.row, hint=error.hint)
    if isinstance(error, Interrupted | KeyboardInterrupt | click.Abort):
        return _interrupted(error, arguments)
    if isinstance(error, ExportError):
        return _plain(FAILED, "export", error, layer=error.layer, hint=error.hint)
    if isinstance(error, DrawingError):
        return _plain(FAILED, "drawing", error)
    if isinstance(error, TrainingError):
        return _plain(error.code, "training", error, hint=error.hint)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in EXTRA_TF:
        text = f'this command needs {error.name}: pip install "nnspec[tf]"'
        return Failure(FAILED, f"{_red('error')}: {text}", _json({"kind": "missing", "message": text}))
    if isinstance(error, OSError):
        return _system(error)
    if isinstance(error, MemoryError):
        return _told(FAILED, "memory", "the memory does not hold it")
    if (place := at_fault(error)) is not None:
        return _of_a_plugin(error, place, arguments)
    return _bug(error, arguments)


def exit_code(diagnostics: Iterable[Diagnostic]) -> int:
    """0 without errors, 4 where the data alone cannot be used, 5 where the budget alone is broken, else 3."""
    errors = {diagnostic.code for diagnostic in diagnostics if diagnostic.severity == "error"}
    if not errors:
        return 0
    if all(code.startswith(UNUSABLE_DATA) for code in errors):
        return DATA
    return GATE if errors == {OVER_BUDGET} else INVALID


def coloured(diagnostics: Iterable[Diagnostic]) -> str:
    """Diagnostics as people read them, one after the other, with the severity in colour.

    In a terminal each code is followed, once, by the command that explains it.
    """
    said: set[str] = set()
    parts = []
    for diagnostic in diagnostics:
        parts.append(_coloured(diagnostic) + ("" if diagnostic.code in said else _more(diagnostic.code)))
        said.add(diagnostic.code)
    return "\n\n".join(parts)


def _more(code: str | None) -> str:
    if code is None or not is_terminal(err=True):
        return ""
    return f"\n  {styled(f'more: nnspec explain {code}', dim=True)}"


def _coloured(diagnostic: Diagnostic) -> str:
    most = max(LEAST_EXCERPT, width() - GUTTER) if is_terminal(err=True) else MAX_EXCERPT
    head, *rest = diagnostic.text(min(most, MAX_EXCERPT)).split("\n")
    label, separator, message = head.partition(": ")
    colour = "red" if diagnostic.severity == "error" else "yellow"
    return "\n".join([styled(label, fg=colour, bold=True) + separator + styled(message, bold=True), *rest])


def _red(text: str) -> str:
    return styled(text, fg="red", bold=True)


def _json(error: dict[str, Any] | None, diagnostics: Iterable[Diagnostic] = ()) -> dict[str, Any]:
    return {"ok": False, "error": error, "diagnostics": [diagnostic.as_json() for diagnostic in diagnostics]}


def _plain(code: int, kind: str, error: Exception, diagnostic: str | None = None, **details: Any) -> Failure:
    """An error whose own text says everything; JSON gets its parts, the code of a diagnostic among them."""
    message = getattr(error, "message", str(error))
    label, named = ("error", {}) if diagnostic is None else (f"error[{diagnostic}]", {"code": diagnostic})
    return Failure(
        code,
        f"{_red(label)}: {error}{_more(diagnostic)}",
        _json({"kind": kind, **named, "message": message, **details}),
    )


def _usage(error: click.ClickException, arguments: Sequence[str]) -> Failure:
    from nnspec.cli.usage_words import hint, message

    lines = []
    if isinstance(error, click.UsageError) and error.ctx is not None:
        lines = [error.ctx.get_usage(), f"Try `{error.ctx.command_path} --help`.", ""]
    told, meant = message(error), hint(error, arguments)
    text = "\n".join([*lines, f"{_red('error')}: {told}", *([f"  hint: {meant}"] if meant else [])])
    return Failure(error.exit_code, text, _json({"kind": "usage", "message": told, "hint": meant}))


def _interrupted(error: BaseException, arguments: Sequence[str]) -> Failure:
    run = getattr(error, "run", None)
    text = f"stopped; {getattr(error, 'saved', 'everything')} is saved in {run}" if run else "stopped"
    if arguments[:1] in (["train"], ["launch"]):
        text += f"; resume with: nnspec {shlex.join(word for word in arguments if word != '--fresh')}"
    return Failure(INTERRUPTED, text, _json({"kind": "interrupted", "message": text, "run": run and str(run)}))


def _system(error: OSError) -> Failure:
    """A full disk, a folder that cannot be written, a file that is gone."""
    where = f"`{error.filename}`: " if error.filename else ""
    return _told(FAILED, "system", f"{where}{error.strerror or error}")


def _told(code: int, kind: str, text: str) -> Failure:
    return Failure(code, f"{_red('error')}: {text}", _json({"kind": kind, "message": text}))


def _of_a_plugin(error: BaseException, place: str, arguments: Sequence[str]) -> Failure:
    """A fault of what a package or `--plugin` brings: its author needs the place."""
    import traceback

    text = f"the plugin's own code failed: {type(error).__name__}: {error} ({place})"
    failure = _told(FAILED, "plugin", text)
    if "--debug" in arguments:
        trace = "".join(traceback.format_exception(error))
        return Failure(FAILED, f"{trace}\n{failure.text}", failure.data)
    return Failure(FAILED, f"{failure.text}\n  --debug shows the way there", failure.data)


def _bug(error: BaseException, arguments: Sequence[str]) -> Failure:
    """Anything else is a fault of nnspec's: what was being done is said, and the traceback goes to a file."""
    import tempfile
    import traceback

    trace = "".join(traceback.format_exception(error))
    summary = f"{type(error).__name__}: {str(error).strip()[:300]}"
    doing = "; ".join([f"nnspec {shlex.join(arguments)}", *getattr(error, "__notes__", ())])
    text = f"{_red('bug in nnspec')}: {summary}\n  on the way: {doing}"
    if "--debug" in arguments:
        return Failure(FAILED, f"{trace}\n{text}", _json({"kind": "bug", "message": summary, "traceback": trace}))
    with tempfile.NamedTemporaryFile("w", prefix="nnspec-", suffix=".log", delete=False, encoding="utf-8") as file:
        file.write(trace)
    text += f"\n  the traceback is in {file.name}; please send it with a report, or see it with --debug"
    return Failure(FAILED, text, _json({"kind": "bug", "message": summary, "traceback": file.name}))
