"""Operations that put the places of a tensor elsewhere, as cuts and joins of whole parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

from nnspec.importing.steps import Earlier, Step, Steps, Tensor

Config = Mapping[str, Any]
Place = Tensor | Earlier
MOST = 64  # parts of a tensor


@dataclass(slots=True)
class Layers:
    """Steps as they are written: each method adds one and gives its output."""

    steps: list[Step] = field(default_factory=list)

    def add(self, kind: str, inputs: Sequence[Place], **args: Any) -> Earlier:
        self.steps.append(Step(kind, args, tuple(inputs)))
        return Earlier(len(self.steps) - 1)

    def cut(self, given: Place, axis: int, start: int | None, stop: int | None, step: int = 1) -> Earlier:
        ends = {"start": start, "stop": stop, "step": None if step == 1 else step}
        return self.add("Slice", [given], axis=axis, **{name: end for name, end in ends.items() if end is not None})

    def joined(self, parts: Sequence[Place], axis: int) -> Earlier:
        return self.add("Concatenate", parts, axis=axis)

    def shaped(self, given: Place, sizes: Sequence[int | None]) -> Earlier:
        return self.add("Reshape", [given], target_shape=[-1 if size is None else size for size in sizes])

    def all(self, *outputs: Earlier) -> Steps:
        """The steps, of which these come out."""
        outs = {one.step for one in outputs}
        return [replace(step, comes_out=number in outs) for number, step in enumerate(self.steps)]


def axis_of(tensor: Tensor, axis: Any) -> int | None:
    """An axis counted from the front; None for the batch's, and for what is no single axis."""
    if not isinstance(axis, int) or isinstance(axis, bool):
        return None
    rank = len(tensor.shape)
    return axis % rank or None if -rank <= axis < rank else None


def _split(tensor: Tensor, config: Config) -> Steps:
    """Parts of one size, or between given places."""
    axis, given = axis_of(tensor, config.get("axis", 0)), config["indices_or_sections"]
    size = tensor.shape[axis] if axis else None
    if axis is None:
        return None
    if isinstance(given, int):
        if size is None or given < 1 or size % given:
            return None
        given = list(range(size // given, size, size // given))
    places = [0, *given]
    fit = all(isinstance(place, int) for place in places) and places == sorted(set(places))
    if not fit or len(places) > MOST or places[-1] >= (size or places[-1] + 1):
        return None
    layers = Layers()
    ends = [*places[1:], None]
    parts = [layers.cut(tensor, axis, start or None, stop) for start, stop in zip(places, ends, strict=True)]
    return layers.all(*parts)


def _sized_split(tensor: Tensor, config: Config) -> Steps:
    """As `_split`; TensorFlow's says the sizes of the parts."""
    given, axis = config["indices_or_sections"], axis_of(tensor, config.get("axis", 0))
    if isinstance(given, int):
        return _split(tensor, config)
    whole = axis is not None and all(isinstance(size, int) and size > 0 for size in given)
    if axis is None or not whole or sum(given) != tensor.shape[axis]:
        return None
    return _split(tensor, {**config, "indices_or_sections": [sum(given[:end]) for end in range(1, len(given))]})


def _array_split(tensor: Tensor, config: Config) -> Steps:
    """As `_split`, where the first parts may be one larger."""
    axis, given = axis_of(tensor, config.get("axis", 0)), config["indices_or_sections"]
    size = tensor.shape[axis] if axis else None
    if not isinstance(given, int):
        return _split(tensor, config)
    if size is None or not 1 <= given <= size:
        return None
    sizes = [size // given + (number < size % given) for number in range(given)]
    places = [sum(sizes[:number]) for number in range(1, given)]
    return _split(tensor, {**config, "indices_or_sections": places})


def _unstack(tensor: Tensor, config: Config) -> Steps:
    axis = axis_of(tensor, config.get("axis", 0))
    size = tensor.shape[axis] if axis else None
    rest = [one for place, one in enumerate(tensor.shape) if place not in (0, axis)]
    if axis is None or size is None or size > MOST or rest.count(None) > 1:
        return None
    layers = Layers()
    return layers.all(*(layers.shaped(_place(layers, tensor, axis, at, size), rest) for at in range(size)))


def _place(layers: Layers, given: Place, axis: int, at: int, size: int | None) -> Earlier:
    last = at == -1 or (size is not None and at == size - 1)
    return layers.cut(given, axis, at, None if last else at + 1)


def taken(tensor: Tensor, indices: Any, config: Config) -> Steps:
    """Places along an axis: one, whose axis goes, or several side by side."""
    axis = axis_of(tensor, config.get("axis"))
    if axis is None:
        return None
    size = tensor.shape[axis]
    if isinstance(indices, Mapping):  # an array
        indices = indices.get("config", {}).get("value")
    places = indices if isinstance(indices, list) else [indices]
    if any(not isinstance(at, int) or isinstance(at, bool) for at in places) or not 0 < len(places) <= MOST:
        return None
    if any(at < 0 if size is None else not -size <= at < size for at in places):
        return None
    layers = Layers()
    parts = [_place(layers, tensor, axis, at if size is None else at % size, size) for at in places]
    if isinstance(indices, list):
        return layers.all(layers.joined(parts, axis) if len(parts) > 1 else parts[0])
    rest = [one for place, one in enumerate(tensor.shape) if place not in (0, axis)]
    return None if rest.count(None) > 1 else layers.all(layers.shaped(parts[0], rest))


def _axes(tensor: Tensor, given: Any) -> list[int] | None:
    axes = [axis_of(tensor, axis) for axis in (given if isinstance(given, list | tuple) else [given])]
    return None if None in axes or not axes else [axis for axis in axes if axis is not None]


def _flip(tensor: Tensor, config: Config) -> Steps:
    axes = _axes(tensor, config.get("axis"))
    if axes is None:
        return None
    layers, made = Layers(), Earlier(0)
    for number, axis in enumerate(axes):
        made = layers.cut(made if number else tensor, axis, None, None, -1)
    return layers.all(made)


def _roll(tensor: Tensor, config: Config) -> Steps:
    """What is moved beyond the end comes back at the beginning."""
    axes, shift = _axes(tensor, config.get("axis")), config.get("shift")
    shifts = shift if isinstance(shift, list | tuple) else [shift] * len(axes or ())
    if axes is None or len(shifts) != len(axes) or any(not isinstance(one, int) for one in shifts):
        return None
    layers = Layers()
    made: Place = tensor
    for axis, by in zip(axes, shifts, strict=True):
        size = tensor.shape[axis]
        if size is None:
            return None
        if by % size:
            start = size - by % size
            made = layers.joined([layers.cut(made, axis, start, None), layers.cut(made, axis, None, start)], axis)
    if isinstance(made, Tensor):
        made = layers.add("Activation", [tensor], activation="linear")
    return layers.all(made)


def _repeat(tensor: Tensor, config: Config) -> Steps:
    """Each place several times in a row."""
    axis, count = axis_of(tensor, config.get("axis")), config.get("repeats")
    if isinstance(count, list) and len(count) == 1:
        count = count[0]
    if axis is None or not isinstance(count, int) or not 1 <= count <= MOST:
        return None
    rank, shape = len(tensor.shape), list(tensor.shape)
    if rank == 3 and axis == 1:
        return (Step("UpSampling1D", {"size": count}, (tensor,)),)
    if rank == 4 and axis in (1, 2):
        return (Step("UpSampling2D", {"size": [count, 1] if axis == 1 else [1, count]}, (tensor,)),)
    if shape[1:].count(None) > 1:
        return None
    layers = Layers()
    each = layers.shaped(tensor, [*shape[1 : axis + 1], 1, *shape[axis + 1 :]])
    wide = layers.joined([each] * count, axis + 1) if count > 1 else each
    size = shape[axis]
    return layers.all(layers.shaped(wide, [*shape[1:axis], None if size is None else size * count, *shape[axis + 1 :]]))


def _tile(tensor: Tensor, config: Config) -> Steps:
    """The whole several times in a row, along any axis but the batch's."""
    given, rank = config.get("repeats"), len(tensor.shape)
    counts: list[Any] = list(given) if isinstance(given, list | tuple) else [given]
    if len(counts) > rank or any(not isinstance(one, int) or not 1 <= one <= MOST for one in counts):
        return None
    counts = [1] * (rank - len(counts)) + counts
    if counts[0] != 1:
        return None
    layers = Layers()
    made: Place = tensor
    for axis, count in enumerate(counts):
        made = layers.joined([made] * count, axis) if count > 1 else made
    if isinstance(made, Tensor):
        made = layers.add("Activation", [tensor], activation="linear")
    return layers.all(made)


RANKS = {3: "1D", 4: "2D", 5: "3D"}


def padded(tensor: Tensor, config: Config) -> Steps:
    """Zeros around, or the places next to the border once more: `constant`, `reflect`, `symmetric`."""
    widths, rank = [list(pair) for pair in config["pad_width"]], len(tensor.shape)
    if len(widths) == 1:
        widths = [*[widths[0] * (2 if len(widths[0]) == 1 else 1)] * rank]
    if len(widths) != rank or any(widths[0]) or any(len(pair) != 2 or min(pair) < 0 for pair in widths):
        return None
    if config.get("mode") in ("reflect", "symmetric"):
        return _mirrored(tensor, widths, int(config["mode"] == "reflect"))
    if config.get("mode") != "constant":
        return None
    layers, made, shape = Layers(), tensor, list(tensor.shape)
    last = made if not any(widths[-1]) else _zeros_behind(layers, made, widths[-1])
    inner = widths[1:-1]
    if last is None or (rank not in RANKS and any(any(pair) for pair in inner)):
        return None
    if any(any(pair) for pair in inner) or last is tensor:
        if rank not in RANKS:
            return None
        padding = inner[0] if len(inner) == 1 else inner
        last = layers.add(f"ZeroPadding{RANKS[rank]}", [last], padding=padding)
    return layers.all(last) if isinstance(last, Earlier) and shape else None


def _zeros_behind(layers: Layers, tensor: Tensor, widths: list[int]) -> Earlier | None:
    """Zeros beside the channels: as beside the columns of an image of one channel."""
    *places, channels = tensor.shape[1:]
    if channels is None or places.count(None) > 1:
        return None
    wide = [*places, channels + sum(widths)]
    if not places:
        row = layers.shaped(tensor, [channels, 1])
        return layers.shaped(layers.add("ZeroPadding1D", [row], padding=widths), wide)
    count = None if None in places else prod(place for place in places if place is not None)
    image = layers.shaped(tensor, [count, channels, 1])
    return layers.shaped(layers.add("ZeroPadding2D", [image], padding=[[0, 0], widths]), wide)


def _mirrored(tensor: Tensor, widths: list[list[int]], beside: int) -> Steps:
    """`beside`: 1 where the border itself stands once, 0 where it is repeated."""
    layers = Layers()
    made: Place = tensor
    for axis, (before, after) in enumerate(widths):
        size = tensor.shape[axis]
        if axis and size is not None and max(before, after) > size - beside:
            return None
        parts: list[Place] = [made]
        if before:
            stop = beside - 1 if beside else None
            parts.insert(0, layers.cut(made, axis, before - 1 + beside, stop, -1))
        if after:
            parts.append(layers.cut(made, axis, -1 - beside, -1 - beside - after, -1))
        made = layers.joined(parts, axis) if len(parts) > 1 else made
    return layers.all(made) if isinstance(made, Earlier) else None


RULES: Mapping[str, Callable[[Tensor, Config], Steps]] = {
    "Split": _split,
    "SizedSplit": _sized_split,
    "ArraySplit": _array_split,
    "Unstack": _unstack,
    "Flip": _flip,
    "Roll": _roll,
    "Repeat": _repeat,
    "Tile": _tile,
    "Pad": padded,
}
