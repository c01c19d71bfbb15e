"""What a rule is: it sees one call of a layer and says what comes out, how many weights there are, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from nnspec.layers.types import Dim, KindValue, Symbol, TensorSpec, is_dim
from nnspec.quick_classes import dataclass
from nnspec.schema_validity import is_integer

if TYPE_CHECKING:
    from nnspec.layers.kind import LayerKind

UNKNOWN = Symbol("unknown")  # a size that Keras does not know before it sees data
FLOATS = frozenset({"bfloat16", "float16", "float32", "float64"})
MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


class ShapeError(Exception):
    """A layer that cannot take its input.

    Attributes:
        message: a sentence with both the numbers that do not go together.
        hint: what may help, or None.
        argument: the argument of the layer to blame, or None where it is the input.
    """

    def __init__(self, message: str, hint: str | None = None, argument: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.argument = argument


class NoRule(KeyError):
    """Nothing is known of a kind, or it depends on more than its arguments and input shapes: its output is unknown."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule finds.

    Attributes:
        outputs: in the order in which the layer returns them, nested ones flattened.
        weights: numbers in weights that training changes.
        frozen: numbers in weights that it does not, such as moving averages.
        macs: multiply-adds of convolutions and matrix products for one example.
        columns: last dimension of the kernel (``SpectralNormalization`` keeps a vector of that size).
    """

    outputs: tuple[TensorSpec, ...]
    weights: Dim = 0
    frozen: Dim = 0
    macs: Dim = 0
    columns: Dim | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a layer: its kind, every argument, what it is called with.

    ``options`` are extra call arguments, ``kinds`` the records of the kinds that may stand within.

    The readers check a value and blame the argument where it cannot be.
    """

    kind: str
    args: Mapping[str, Any]
    inputs: tuple[TensorSpec, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, LayerKind] = field(default_factory=dict)

    # What goes in

    @property
    def input(self) -> TensorSpec:
        """The input of a layer that takes just one."""
        if len(self.inputs) != 1:
            raise ShapeError(f"it takes one input and gets {len(self.inputs)}", "Concatenate or Add joins several")
        return self.inputs[0]

    def ranked(self, ndim: int, *axes: str) -> tuple[Dim, ...]:
        """The shape of the input, which must have ``ndim`` dimensions, named ``axes`` after the batch."""
        shape = self.input.shape
        if len(shape) != ndim:
            expected = f" ({', '.join(('batch', *axes))})" if axes else ""
            raise ShapeError(
                f"it takes {ndim} dimensions{expected} and gets {len(shape)}: {show(shape)}", _rank_hint(ndim, shape)
            )
        return shape

    def at_least(self, ndim: int) -> tuple[Dim, ...]:
        """The shape of the input, which must have ``ndim`` dimensions or more."""
        shape = self.input.shape
        if len(shape) < ndim:
            raise ShapeError(f"it takes at least {ndim} dimensions and gets {len(shape)}: {show(shape)}")
        return shape

    def axis(self, shape: tuple[Dim, ...], value: Any, argument: str = "axis") -> int:
        """``value`` as an index of ``shape``, counted from 0."""
        if not is_integer(value):
            raise ShapeError(f"{argument} is a whole number, not {value!r}", argument=argument)
        if not -len(shape) <= value < len(shape):
            raise ShapeError(f"{argument} {value} does not exist in {len(shape)} dimensions", argument=argument)
        return int(value % len(shape))

    def axes(self, shape: tuple[Dim, ...], argument: str = "axis") -> tuple[int, ...]:
        """One axis or several, each named once, as indices of ``shape``."""
        found = tuple(self.axis(shape, value, argument) for value in self.several(argument))
        if len(set(found)) < len(found):
            raise ShapeError(f"{argument} {self.get(argument)!r} names an axis twice", argument=argument)
        return found

    # Arguments

    def get(self, name: str) -> Any:
        return self.args.get(name)

    def flag(self, name: str) -> bool:
        return bool(self.args.get(name))

    def size(self, name: str, least: int = 1) -> Dim:
        """A whole number, perhaps one that only the data will tell."""
        value = self.get(name)
        if isinstance(value, Symbol):
            return value
        if not is_integer(value) or value < least:
            raise ShapeError(f"{name} is a whole number, {least} or more, not {value!r}", argument=name)
        return int(value)

    def sizes(self, name: str, count: int, least: int = 1, value: Any = None) -> tuple[int, ...]:
        """``count`` whole numbers, or one that stands for all of them."""
        value = self.args.get(name) if value is None else value
        values = tuple(value) if isinstance(value, list | tuple) else (value,) * count
        if any(isinstance(item, Symbol) for item in values):
            raise NoRule(self.kind)
        if len(values) != count or not all(is_integer(item) and item >= least for item in values):
            wanted = f"{count} whole numbers, {least} or more" if count > 1 else f"a whole number, {least} or more"
            raise ShapeError(f"{name} is {wanted}, not {value!r}", argument=name)
        return values

    def choice(self, name: str, *allowed: str) -> str:
        """One of the words ``allowed``; the first where none is given."""
        value = self.args.get(name)
        if value is None:
            return allowed[0]
        if value not in allowed:
            raise ShapeError(f"{name} is one of {', '.join(allowed)}, not {value!r}", argument=name)
        return str(value)

    def fraction(self, name: str) -> None:
        """Refuses a rate outside 0 to 1."""
        value = self.args.get(name)
        if not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ShapeError(f"{name} lies between 0 and 1, not at {value!r}", argument=name)

    def listed(self, name: str, *types: type) -> list[Any]:
        """A list, each entry of one of ``types``."""
        value = self.args.get(name)
        if not isinstance(value, list | tuple) or not all(_is_a(item, types) for item in value):
            raise ShapeError(f"{name} cannot be {value!r}", argument=name)
        return list(value)

    def several(self, name: str) -> tuple[Any, ...]:
        """One value or a list of them, as several."""
        value = self.args.get(name)
        return tuple(value) if isinstance(value, list | tuple) else (value,)

    def nested(self, name: str) -> KindValue:
        """An argument that is itself a layer."""
        value = self.args.get(name)
        if not isinstance(value, KindValue):
            raise ShapeError(f"{name} is a layer, not {value!r}", argument=name)
        return value

    def infer(self, argument: str, value: KindValue, *inputs: TensorSpec) -> Facts:
        """The facts of a layer inside this one, given as ``argument``."""
        record = self.kinds.get(value.kind)
        if record is None or record.rule is None:
            raise NoRule(value.kind)
        try:
            facts = record.facts(Call(value.kind, value.args, inputs, {}, self.kinds))
        except ShapeError as error:
            raise ShapeError(f"{value.kind} within it: {error.message}", error.hint, argument) from error
        return facts if record.weights_within else freeze(facts, value.args)

    # What comes out

    @property
    def dtype(self) -> str:
        """What the layer computes in."""
        name = self.args.get("dtype")
        if not isinstance(name, str):
            return "float32"
        if "_from_" in name:  # quantized layers have other weights
            raise NoRule(self.kind)
        return MIXED.get(name, name)

    def output(self, *shape: Dim) -> TensorSpec:
        """An output of the type that the layer computes in. TypeError tells the author of a rule of wrong sizes."""
        for dim in shape:
            if not is_dim(dim):
                raise TypeError(f"a dimension is a whole number or a Symbol, not {dim!r}")
        return TensorSpec(shape, self.dtype)

    def kept(self, spec: TensorSpec, shape: Iterable[Dim]) -> TensorSpec:
        """An output with the type of an input: Keras casts floats as they enter a layer, and nothing else."""
        casts = spec.dtype in FLOATS and self.args.get("autocast") is not False
        return TensorSpec(tuple(shape), self.dtype if casts else spec.dtype)


Rule = Callable[[Call], Facts]


def freeze(facts: Facts, args: Mapping[str, Any]) -> Facts:
    """The facts of a layer with ``trainable: false``: nothing is trained."""
    if args.get("trainable") is not False:
        return facts
    return replace(facts, weights=0, frozen=facts.weights + facts.frozen)


def weights(*shape: Dim) -> Dim:
    """How many numbers a weight of ``shape`` holds.

    Raises:
        ShapeError: a dimension varies, so that there can be no such weight.
    """
    for dim in shape:
        if isinstance(dim, Symbol) and not dim.constant:
            raise ShapeError(f"its weights need a fixed size, and `{dim}` varies", "give the input a known size there")
    return product(shape)


def product(dims: Iterable[Dim]) -> Dim:
    total: Dim = 1
    for dim in dims:
        total = total * dim
    return total


def differ(left: Dim, right: Dim) -> bool:
    """Whether two sizes can never be equal."""
    gap = left - right
    return isinstance(gap, int) and gap != 0


def mismatch(left: Dim, right: Dim) -> bool:
    """Whether Keras takes two sizes for different: it does where just one of them is known."""
    return differ(left, right) or isinstance(left, int) != isinstance(right, int)


def show(shape: Iterable[Dim]) -> str:
    return f"({', '.join(str(dim) for dim in shape)})"


def _is_a(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)


def _rank_hint(ndim: int, shape: tuple[Dim, ...]) -> str | None:
    if ndim == 3 and len(shape) == 2:
        return "return_sequences: true on the recurrent layer before keeps its time steps and gives 3 dimensions"
    if ndim == 3 and len(shape) == 4:
        return "Reshape makes a sequence of it: `Reshape: [rows, columns * channels]` walks an image row by row"
    if ndim == 4 and len(shape) == 3:
        return "an image is height, width, channels; a grey one has 1 channel, as in [28, 28, 1]"
    if ndim == 4 and len(shape) == 5:
        inner = ", ".join("null" if dim is None else str(dim) for dim in shape[2:])
        steps = "TimeDistributed calls a layer on each step of a sequence"
        return f"an input is written without the batch: [{inner}]; {steps}"
    if ndim == 2:
        return "Flatten or GlobalAveragePooling before it gives 2 dimensions"
    return None
