"""What `nnspec` alone prints: the way from a folder of data to a phone, and where to go on."""

from __future__ import annotations

from nnspec.console.formatting import styled

_STEPS = (
    ("nnspec new pets.yaml --data photos", "a spec for your data"),
    ("nnspec check pets.yaml", "what is wrong"),
    ("nnspec train pets.yaml", "a run, with a page"),
    ("nnspec evaluate pets.yaml", "how good it is"),
    ("nnspec predict pets.yaml cat.jpg", "one answer"),
    ("nnspec export pets.yaml", "a file for a phone"),
)


def welcome() -> str:
    from nnspec.cli.output import width as columns
    from nnspec.console.prose import INDENT, filled

    width = max(len(command) for command, _ in _STEPS)
    what = f"{styled('nnspec', bold=True)}: networks as one YAML file, checked in a blink, trained exactly, shipped"
    return "\n".join(
        [
            filled(what, columns(), INDENT),
            "",
            *(f"  {styled(command.ljust(width), fg='cyan')}  {says}" for command, says in _STEPS),
            "",
            f"  {'nnspec --help'.ljust(width)}  every command",
            f"  {'nnspec COMMAND --help'.ljust(width)}  one, with examples",
            f"  {'nnspec explain E0202'.ljust(width)}  what a code means",
            f"  {'nnspec schema --list'.ljust(width)}  every kind",
        ]
    )
