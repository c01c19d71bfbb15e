"""`nnspec fmt`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer, say
from nnspec.cli.rewriting import difference, write_text
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    from nnspec.frontend.diagnostics import Diagnostic

STANDARD_INPUT = Path("-")


@dataclass(frozen=True, slots=True)
class Laid:
    """A file as it is and as it should be."""

    path: Path
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


@click.command("fmt")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SPEC...")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; print what would change.")
@common
def command(paths: tuple[Path, ...], check: bool, diff: bool) -> Answer:
    """Lay specs out in one way, comments kept.

    Rewrites the files that are not yet so. A folder stands for the .yaml and .yml files below it that have an `nnspec:`
    key; `-` reads standard input and writes standard output. A file that is not YAML is reported (exit code 3).

    \b
    Examples:
      nnspec fmt specs/vgg.yaml
      nnspec fmt specs examples --check
      nnspec fmt specs --diff
      cat vgg.yaml | nnspec fmt -
    """
    from nnspec.cli.errors import coloured, exit_code
    from nnspec.frontend.diagnostics import SpecError

    if STANDARD_INPUT in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone: standard input is one file")
    laid: list[Laid] = []
    broken: list[Diagnostic] = []
    for path in _files(paths):
        try:
            laid.append(_lay_out(path))
        except SpecError as error:
            broken += error.diagnostics
    changed = [one for one in laid if one.changed]
    if not (check or diff):
        for one in changed:
            if one.path != STANDARD_INPUT:
                write_text(one.path, one.after)
    if broken:
        say(coloured(broken), err=True)
    data = {
        "ok": not broken and not (check and changed),
        "changed": [one.path for one in changed],
        "unchanged": [one.path for one in laid if not one.changed],
        "diagnostics": [diagnostic.as_json() for diagnostic in broken],
    }
    return Answer(data, _text(laid, check, diff), exit_code(broken) or int(check and bool(changed)))


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    """The files meant, each once; hidden folders such as .venv are passed by."""
    seen: set[Path] = set()
    for path in paths:
        for file in _specs_below(path) if path.is_dir() else [path]:
            if file not in seen:
                seen.add(file)
                yield file


def _specs_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*.y*ml")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix in (".yaml", ".yml") and not hidden and path.is_file() and _is_spec(path):
            yield path


def _is_spec(path: Path) -> bool:
    import re

    return re.search(rb"""^(\{\s*)?["']?nnspec["']?\s*:""", path.read_bytes(), re.MULTILINE) is not None


def _lay_out(path: Path) -> Laid:
    """
    Raises:
        SpecError: the file cannot be read, is not YAML, or cannot be laid out.
    """
    import sys

    from nnspec.frontend.diagnostics import Diagnostic, Source, SpecError
    from nnspec.frontend.format import format_text
    from nnspec.frontend.source import read

    if path != STANDARD_INPUT:
        source = read(path).span.source
    else:
        try:
            source = Source("standard input", sys.stdin.buffer.read().decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise SpecError([Diagnostic("E0103", "standard input is not UTF-8")]) from None
    return Laid(path, source.text, format_text(source))


def _text(laid: list[Laid], check: bool, diff: bool) -> str:
    if diff:
        return "\n".join(difference(one.path, one.before, one.after, "laid out") for one in laid if one.changed)
    if not check and len(laid) == 1 and laid[0].path == STANDARD_INPUT:
        return laid[0].after.rstrip("\n")
    changed = [one.path for one in laid if one.changed]
    verb = "would lay out" if check else "laid out"
    rest = len(laid) - len(changed)
    lines = [f"{verb} {path}" for path in changed]
    if rest:
        files = "1 file is" if rest == 1 else f"{rest} files are"
        lines.append(f"{files} as {'it' if rest == 1 else 'they'} should be")
    if check and changed:
        lines.append("Lay them out: nnspec fmt " + " ".join(map(str, changed[:5])) + (" ..." if changed[5:] else ""))
    return "\n".join(lines)
