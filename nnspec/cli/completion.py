"""`nnspec completion`."""

from __future__ import annotations

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
def command(shell: str) -> Answer:
    """Print what a shell needs to complete commands, options and files.

    \b
    Examples:
      nnspec completion bash >> ~/.bashrc
      nnspec completion zsh >> ~/.zshrc
      nnspec completion fish > ~/.config/fish/completions/nnspec.fish
    """
    from click.shell_completion import get_completion_class

    from nnspec.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(cli, {}, "nnspec", "_NNSPEC_COMPLETE").source().strip()
    return Answer({"ok": True, "shell": shell, "script": script}, script)
