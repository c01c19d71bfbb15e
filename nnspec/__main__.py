"""``python -m nnspec``: the command line, for where its script is not on the path."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the working folder, which may be a stranger's: what is imported from now on is not from there

from nnspec.cli.main import main

main()
