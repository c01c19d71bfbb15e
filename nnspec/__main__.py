"""``python -m nnspec``: the command line, for where its script is not on the path."""

from nnspec.cli.main import main

main()
