"""`nnspec lsp`."""

from __future__ import annotations

import os
import sys

import click


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Talk over standard input and output, which is the only way there is.")
def command(stdio: bool) -> None:
    """Serve an editor: errors, shapes and completions while a spec is being typed.

    Speaks the Language Server Protocol over standard input and output. An editor starts it; docs/editors.md says how
    for VS Code, Neovim, Emacs, Helix, Sublime Text and JetBrains. It fetches nothing: of data at
    an address it knows the copy.

    \b
    Examples:
      nnspec lsp
      nnspec lsp --stdio
    """
    from nnspec.data.remote import ALLOW
    from nnspec.lsp.server import main

    os.environ.pop(ALLOW, None)  # an address that is being typed is asked for by nobody
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the thread that waits for input cannot be ended in another way
