"""docs/commands.md: every command with its options, read off the command line itself."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from nnspec.cli.main import COMMANDS, cli


def commands() -> str:
    """The page."""
    parts = [
        "# Commands\n\nEach takes `--help`. `--json` prints one object for programs, and nothing else beside it.",
        "Exit codes: 0 fine, 1 failed while running, 2 usage, 3 the spec is invalid, 4 the data cannot be used, "
        "5 a gate failed (parity, metric, budget), 130 interrupted.",
    ]
    context = click.Context(cli, info_name="nnspec")
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        parts += _command(name, command, context)
    return "\n\n".join(parts) + "\n"


def _command(name: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    yield f"## {name}"
    context = click.Context(command, info_name=f"nnspec {name}")
    words = " ".join([f"nnspec {name}", *command.collect_usage_pieces(context)])
    text, _, examples = inspect.cleandoc(command.help or "").partition("\b\nExamples:\n")
    yield "\n\n".join(re.sub(r"\s*\n\s*", " ", part) for part in text.strip().split("\n\n"))
    yield f"```text\n{words}\n```"
    rows = [_row(parameter, context) for parameter in command.params if isinstance(parameter, click.Option)]
    yield "\n".join(["| option | what it does |", "|---|---|", *(row for row in rows if row)])
    if examples:
        yield f"```sh\n{inspect.cleandoc(examples)}\n```"


def _row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    if record is None:
        return ""
    names, text = (part.replace("|", "\\|").replace("\n", " ") for part in record)
    return f"| `{names}` | {text} |"
