"""`x[...]` as the layers that cut the same out of a tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.importing.steps import PREVIOUS, Step, Steps, Tensor

Config = Mapping[str, Any]
RANKS = {3: "1D", 4: "2D", 5: "3D"}


def cut(tensor: Tensor, key: Any) -> Steps:
    """What `x[key]` leaves: `Cropping` where it only cuts off ends between batch and channels, else a `Slice` an axis.

    A number in place of a cut, as in `x[:, 0]`, leaves one place there, whose axis a Reshape takes away; None makes an
    axis.
    """
    parts = _spread(key if isinstance(key, list) else [key], len(tensor.shape))
    if parts is None or parts[0] != (None, None, None):
        return None
    cuts = [_one_place(part) if isinstance(part, int) else part for part in parts if part is not None]
    sizes = [_left(size, one) for size, one in zip(tensor.shape, cuts, strict=True)]
    if 0 in sizes[1:]:
        return None
    steps = list(_cropped(tensor, cuts) or _sliced(tensor, cuts))
    if any(part is None or isinstance(part, int) for part in parts):
        left = iter(sizes)
        kept = [(1 if part is None else size) for part in parts for size in [None if part is None else next(left)]]
        kept = [size for size, part in zip(kept, parts, strict=True) if not isinstance(part, int)][1:]
        if sum(size is None for size in kept) > 1:
            return None
        target = [-1 if size is None else size for size in kept]
        steps.append(Step("Reshape", {"target_shape": target}, (PREVIOUS if steps else tensor,)))
    return steps or (Step("Activation", {"activation": "linear"}, (tensor,)),)


Ends = tuple[int | None, int | None, int | None]  # start, stop, step; a step of 1 is None


def _cropped(tensor: Tensor, cuts: Sequence[Ends]) -> Steps:
    rank = len(tensor.shape)
    if rank not in RANKS or cuts[-1] != (None, None, None) or any(step is not None for _, _, step in cuts):
        return None
    borders = []
    for (start, stop, _), size in zip(cuts[1:-1], tensor.shape[1:-1], strict=True):
        if size is None and ((start or 0) < 0 or (stop or -1) > 0):
            return None  # how much is cut depends on the length
        before = 0 if start is None else start if start >= 0 else max(0, start + (size or 0))
        after = 0 if stop is None else -stop if stop < 0 else max(0, (size or 0) - stop)
        borders.append([before, after])
    if not any(side for pair in borders for side in pair):
        return None
    cropping = borders[0] if len(borders) == 1 else borders
    return (Step(f"Cropping{RANKS[rank]}", {"cropping": cropping}, (tensor,)),)


def _sliced(tensor: Tensor, cuts: Sequence[Ends]) -> Sequence[Step]:
    steps: list[Step] = []
    rank = len(tensor.shape)
    for axis, ends in enumerate(cuts):
        said = {name: value for name, value in zip(("start", "stop", "step"), ends, strict=True) if value is not None}
        if said:
            place = -1 if axis == rank - 1 else axis
            steps.append(Step("Slice", {"axis": place, **said}, (PREVIOUS if steps else tensor,)))
    return steps


def _left(size: int | None, ends: Ends) -> int | None:
    """How many places are left; None where that varies."""
    start, stop, step = ends
    if size is not None:
        return len(range(*slice(start, stop, step).indices(size)))
    return 1 if step is None and (start, stop) in ((0, 1), (None, 1), (-1, None)) else None


def _one_place(index: int) -> Ends:
    """A place as a cut of one place."""
    return index, None if index == -1 else index + 1, None


def _spread(key: Sequence[Any], rank: int) -> list[Ends | int | None] | None:
    """The cut of each axis, `...` written out, with whole numbers and new axes between; None for what else there is."""
    named = [part.get("class_name") if isinstance(part, Mapping) else None for part in key]
    taken = sum(part is not None for part in key) - named.count("__ellipsis__")
    if named.count("__ellipsis__") > 1 or set(named) - {"__ellipsis__", "__slice__", None} or taken > rank:
        return None
    parts: list[Ends | int | None] = []
    for part, name in zip(key, named, strict=True):
        if name == "__ellipsis__":
            parts += [(None, None, None)] * (rank - taken)
        elif name is None:
            if not _is_end(part):
                return None
            parts.append(part)
        else:
            ends = [part["config"].get(end) for end in ("start", "stop", "step")]
            if not all(map(_is_end, ends)) or ends[2] == 0:
                return None
            parts.append((ends[0], ends[1], None if ends[2] == 1 else ends[2]))
    missing = 0 if "__ellipsis__" in named else rank - taken
    return [*parts, *[(None, None, None)] * missing] if parts else None


def _is_end(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))
