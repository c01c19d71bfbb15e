"""`%%nnspec`: a cell of a notebook that is a spec. It is checked, shown and, if asked, trained."""

from __future__ import annotations

import argparse
import shlex
from keyword import iskeyword
from pathlib import Path
from typing import Any, NoReturn

from nnspec.frontend.diagnostics import Source
from nnspec.spec_file import SpecFile


class _Words(argparse.ArgumentParser):
    """The line of the magic. A mistake in it is a remark of the notebook's, not the end of its kernel."""

    def error(self, message: str) -> NoReturn:
        from IPython.core.error import UsageError

        raise UsageError(f"{message}\n{self.format_usage()}")


def _words() -> _Words:
    words = _Words(prog="%%nnspec", add_help=False, allow_abbrev=False, description="A cell that is a spec")
    words.add_argument("name", nargs="?", default="spec", metavar="NAME", help="variable that gets the spec")
    words.add_argument("--train", nargs="?", const="result", metavar="NAME", help="train it; variable of the result")
    words.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="override a value")
    words.add_argument("--run", metavar="FOLDER", help="the folder of the run")
    words.add_argument("--quiet", action="store_true", help="show what is wrong, and nothing else")
    return words


def cell(ipython: Any, line: str, text: str) -> None:
    """What the magic does.

    The spec becomes the variable NAME, `spec` by default, in order or not. Nothing is trained that is not.

    Raises:
        UsageError: of IPython, where the line is none of the magic's.
    """
    from IPython.display import display

    words = _words()
    wanted = words.parse_args(shlex.split(line))
    for name in (wanted.name, wanted.train):
        if name is not None and (not name.isidentifier() or iskeyword(name) or name.startswith("__")):
            words.error(f"{name!r} is no name of a variable")
    source = Source.from_text(text, f"{wanted.name}.yaml")
    spec = SpecFile(Path(source.name), tuple(wanted.set), given=source)
    ipython.user_ns[wanted.name] = spec
    found = spec.check()
    if not wanted.quiet or found.diagnostics:
        display(found)  # type: ignore[no-untyped-call]
    if wanted.train is None or not found.ok:
        return
    from nnspec.api import train

    result = train(spec, run=wanted.run)
    ipython.user_ns[wanted.train] = result
    if not wanted.quiet:
        from IPython.display import HTML

        from nnspec.report.notebook.run import run_card

        card = HTML(str(run_card(result, curves=False)))  # type: ignore[no-untyped-call]  # they grew above it
        display(card)  # type: ignore[no-untyped-call]


def register(ipython: Any) -> None:
    """Makes the magic known to a session."""

    def magic(line: str, cell_text: str) -> None:
        cell(ipython, line, cell_text)

    magic.__doc__ = f"{_words().format_help()}\n{cell.__doc__}"
    ipython.register_magic_function(magic, "cell", "nnspec")
