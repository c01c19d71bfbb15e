"""The command `nnspec`: which commands there are, and how each of them ends.

A command returns an `Answer`; it prints nothing on standard output itself. What it raises becomes a message and an
exit code here, so that nobody sees a traceback. Nothing slow is imported: `nnspec check` comes through this file.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from importlib import import_module
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.output import JSON, Answer, only_stderr, open_standard_streams, print_json, say, shut
from nnspec.console.waiting import never_silent

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

# In the order of a first day's work. The overview shows these lines without importing a single command.
COMMANDS = {
    "new": "Write a first spec: for data of your own, or a starter for a task.",
    "check": "Check specs: names, wiring, shapes, cost, and the data where they are there.",
    "fmt": "Lay specs out in one way, comments kept.",
    "show": "Print the table of layers.",
    "draw": "Draw the network as SVG, PNG or a page.",
    "import": "Write the spec of a Keras model, and its weights.",
    "to-python": "Write the Python code that builds the same network with Keras alone.",
    "data": "Look at a spec's data: counts, shapes, labels, trouble.",
    "convert": "Write a spec's data as shards: few large files instead of very many small ones.",
    "build": "Build the network as a .keras file.",
    "train": "Train the network, or resume a training that was interrupted.",
    "launch": "Train with several workers of this machine, supervised.",
    "sweep": "Train a spec with many settings, and rank them.",
    "runs": "List runs: how they stand, and how good they are.",
    "compare": "Put runs side by side: scores, settings that differ, curves.",
    "diff": "Say what sets two specs or runs apart.",
    "evaluate": "Measure a trained network on data that it never saw.",
    "predict": "Apply a trained network to files, rows or text.",
    "inspect": "Look inside a trained network while it works on one input.",
    "export": "Write a trained network for phones and servers, run it and compare.",
    "bench": "Measure every form of a network: size, latency, memory, metric.",
    "compress": "Search for a smaller file of a trained network that loses little.",
    "prune": "Take filters and units out of a trained network, and write what is left as a spec.",
    "verify": "Prove a bundle, or a .tflite file: every byte as written, every answer as it was.",
    "lsp": "Serve an editor: errors, shapes and completions while a spec is being typed.",
    "mcp": "Answer programs that speak the Model Context Protocol: check, show, explain, kinds, data.",
    "explain": "Explain a diagnostic code, or list them all.",
    "schema": "Print what specs can say: the JSON Schema, or the arguments of one kind.",
    "doctor": "Report versions, devices and what is missing.",
    "completion": "Print what a shell needs to complete commands, options and files.",
}


# No line says what is going on: it is not wanted, or others write on the terminal, or a program listens.
SILENT = {"--quiet", "-q", "--debug", "launch", "lsp", "mcp"}


def packaged() -> dict[str, EntryPoint]:
    """The commands of installed packages: entry points of the group `nnspec.commands` with names that nnspec lacks."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group="nnspec.commands") if entry.name not in COMMANDS}


def _loaded(entry: EntryPoint) -> click.Command:
    try:
        command = entry.load()
    except Exception as error:  # whatever a module does while it is imported
        message = f"the command `{entry.name}`, {entry.value}, cannot be imported: {type(error).__name__}: {error}"
        raise click.UsageError(message) from error
    if not isinstance(command, click.Command):
        raise click.UsageError(f"{entry.value} is a {type(command).__name__} and no click.Command")
    return command


def _origin(entry: EntryPoint) -> str:
    return f"Of the package {entry.dist.name}." if entry.dist is not None else f"Of {entry.value}."


class Commands(click.Group):
    """The commands, each imported from the module of its name when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *packaged()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            entry = packaged().get(cmd_name)
            return None if entry is None else _loaded(entry)
        module = cmd_name.replace("-", "_") + "_" * iskeyword(cmd_name)
        command: click.Command = import_module(f"nnspec.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and name not in packaged():
            from nnspec.cli.usage_words import command
            from nnspec.frontend.suggest import closest

            known = [*COMMANDS, *packaged()]
            meant = command(name)
            near = closest(name, known)
            hint = f"Did you mean `{near}`?" if near else f"There are {', '.join(known)}."
            hint = f"{meant[:1].upper()}{meant[1:]}." if meant else hint
            raise click.UsageError(f"no command is called `{name}`. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        others = packaged()
        if others:
            with formatter.section("Commands of installed packages"):
                formatter.write_dl([(name, _origin(entry)) for name, entry in others.items()])


def print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"nnspec {version('nnspec')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=print_version, help="Show the version."
)
def cli() -> None:
    """Networks as one YAML file: checked in a blink, trained exactly, shipped to phones.

    \b
    Examples:
      nnspec new image-classification shapes.yaml
      nnspec check shapes.yaml
      nnspec train shapes.yaml
      nnspec export shapes.yaml
    """


def main() -> None:
    """The entry point of the shell."""
    open_standard_streams()
    codes: list[int] = []
    atexit.register(_leave, codes)  # before any other is, so that it is called after all of them
    if "--debug" in sys.argv:
        os.environ.setdefault("NNSPEC_DEBUG", "1")  # read by nnspec.console.quiet, here and in processes of ours
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except OSError as error:  # of `--help`, and of what is left to flush
        code = _unwritten(error, 0)
    if "TF_CONFIG" in os.environ and "tensorflow" in sys.modules:
        sys.stderr.flush()
        os._exit(code)  # TensorFlow's servers for several workers may abort while the interpreter is taken down
    codes.append(code)
    sys.exit(code)


def _leave(codes: Sequence[int]) -> None:
    """Ends a process that has loaded TensorFlow: to take it down, module by module, costs a second after the answer."""
    if codes and "tensorflow" in sys.modules:
        gc.collect()  # closes files that a plugin may have left open
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # nobody reads it any more
                stream.flush()
        os._exit(codes[0])


def run(arguments: Sequence[str]) -> int:
    """Runs one command line, without the program's name, and prints what it has to say.

    Returns:
        The exit code: 0 fine, 1 failed while running, 2 usage, 3 the spec is invalid, 4 the data is unusable,
        5 a gate failed, 130 interrupted.
    """
    wants_json = "--json" in arguments
    try:
        answer = _answer(list(arguments), wants_json)
    except BrokenPipeError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        from nnspec.cli.errors import explain

        failure = explain(error, arguments)
        say(failure.text, err=True)
        answer = Answer(failure.data, code=failure.code)
    try:
        if wants_json:
            print_json(answer.data)
        elif answer.text:
            say(answer.text)
    except OSError as error:
        return _unwritten(error, answer.code)
    return answer.code


def _unwritten(error: OSError, code: int) -> int:
    """The exit code where the answer cannot be written: a fault that was found stays one, whoever reads of it."""
    shut(1)
    if isinstance(error, BrokenPipeError):  # the reader has seen enough, as in `nnspec show vgg.yaml | head`
        return code
    say(f"error: the answer cannot be written: {error.strerror or error}", err=True)
    return code or 1


def _answer(arguments: list[str], wants_json: bool) -> Answer:
    if not arguments and "_NNSPEC_COMPLETE" not in os.environ:
        from nnspec.cli.welcome import welcome

        return Answer({"ok": True}, welcome())
    if not wants_json:
        with nullcontext() if SILENT.intersection(arguments) else never_silent():
            found: Any = cli.main(arguments, prog_name="nnspec", standalone_mode=False)
    else:
        with only_stderr():
            found = cli.main(arguments, prog_name="nnspec", standalone_mode=False, obj=JSON)
    return found if isinstance(found, Answer) else Answer({"ok": not found}, code=int(found or 0))  # after --help
