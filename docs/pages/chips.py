"""docs/chips.md: the chips that `nnspec check --target` knows, their operations, limits and sources."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.chips import CHIPS

BEGINNING = """# Chips

`nnspec check SPEC --target NAME` holds the operations that the network would have in a TFLite file against those that
a chip computes, before training and without TensorFlow, and names each layer that lacks one, with its line and what to
do:

```text
nnspec check specs/lenet.yaml --target coral
nnspec check specs/lenet.yaml --target micro --json
```

On most chips a layer without a kernel runs on the CPU beside it: a warning. On a microcontroller a file with such a
layer does not run at all: an error. With `--json` the answer has, under `target`, each layer with its `operations`,
those that are `lacking` and the `limits` that it exceeds, and the `sources`. `--target micro` also estimates flash and
arena; the runtime's code, some tens of kB, and the stack come on top, and the arena of a recurrent network is not
foreseen. `nnspec export` with `runtime: micro` measures, and where `ethos-u-vela` is installed it tells how much of an
int8 file an Ethos-U takes.

The tables are what public sources said on their dates. Drivers differ, and a kernel may refuse an operation for sizes
that stand in no table, so what counts in the end is the vendor's compiler.
"""


def chips() -> str:
    return "\n\n".join([BEGINNING.rstrip(), *_about(), "## Operations", _operations()]) + "\n"


def _about() -> Iterator[str]:
    for name, chip in CHIPS.items():
        wanted = [(key, next(value for value in values if value)) for key, values in chip.settings.items()]
        settings = ", ".join(f"{key}: {value}" for key, value in wanted)
        yield f"## {name}"
        yield f"{chip.says[0].upper()}{chip.says[1:]}. A file for it: `TFLite: {{{settings}}}`."
        lines = [f"- `{limit.operation}` {limit.says}" for limit in chip.limits]
        if lines:
            yield "Limits that are looked at:\n\n" + "\n".join(lines)
        yield "Read from:\n\n" + "\n".join(f"- {source}" for source in chip.sources)


def _operations() -> str:
    head = ["operation", *CHIPS]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for operation in sorted(set().union(*(chip.operations for chip in CHIPS.values()))):
        marks = ("yes" if operation in chip.operations else "" for chip in CHIPS.values())
        lines.append(f"| `{operation}` | {' | '.join(marks)} |")
    return "\n".join(lines)
