"""The commands, one file each."""

from nnspec.console.own_python import forget_working_folder

forget_working_folder()
