"""A layer of a model that is applied to each step of a sequence, as a layer of the sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.importing.errors import ImportFailed
from nnspec.layers import layer_kind
from nnspec.layers.types import KindValue


def at_each_step(
    around: str, kind: str, args: Mapping[str, Any], inputs: Sequence[Any], owner: str
) -> tuple[str, dict[str, Any]]:
    """The kind and arguments of what does to a sequence what a layer does to its steps.

    A layer that joins tensors place by place does the same to sequences; another one is put into the kind ``around``.

    Raises:
        ImportFailed: it takes several tensors, and more than joins them.
    """
    if layer_kind(kind).family == "merge":
        axis = args.get("axis")
        if args.get("axes") is None:
            return kind, {**args, "axis": axis + 1} if isinstance(axis, int) and axis > 0 else dict(args)
    elif len(inputs) == 1:
        return around, {"layer": KindValue(kind, args)}
    message = f"{owner}, which is applied to each step of a sequence, takes {len(inputs)} tensors"
    raise ImportFailed(message, hint="put TimeDistributed around the layers one by one, save and import it again")
