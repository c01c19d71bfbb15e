"""Recurrent layers: a cell walked along the time axis. Multiply-adds are those of one step times the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from nnspec.layers import operations, steps_written_out
from nnspec.layers.convolution import skips
from nnspec.layers.fields import everything, within
from nnspec.layers.geometry import AXES, channels_first, slide
from nnspec.layers.kind import LayerKind, Mobile, never
from nnspec.layers.kind import channels_first as channels_first_on_gpu
from nnspec.layers.masks import along_steps, both_ways, directions, steps
from nnspec.layers.operations import OperationsOf
from nnspec.layers.rule import Call, Facts, NoRule, Rule, ShapeError, differ, product, show, weights
from nnspec.layers.steps_written_out import Ranges, StepsOf
from nnspec.layers.types import Dim, KindValue, Symbol
from nnspec.layers.value_types import ON_FLOATS, WEIGHED, ValueTypes
from nnspec.layers.weight_ranks import Axes, RanksOf, check_ranks
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """One step of a recurrence: sizes of its hidden states and output, weights, multiply-adds."""

    states: tuple[Dim, ...]
    output: Dim
    weights: Dim
    macs: Dim
    frozen: Dim = 0


def _gated_cell(call: Call, features: Dim, gates: int, states: int = 1) -> Cell:
    """Each gate is ``x W + h U + b``, with W (features, units) and U (units, units)."""
    units = call.size("units")
    matrices = weights(features, gates * units) + weights(units, gates * units)
    biases = 2 if gates == 3 and call.flag("reset_after") else 1  # a GRU that resets after has one for each product
    total = matrices + (biases * weights(gates * units) if call.flag("use_bias") else 0)
    trained = call.get("trainable") is not False
    return Cell((units,) * states, units, total if trained else 0, matrices, 0 if trained else total)


def _jordan_cell(call: Call, features: Dim) -> Cell:
    """Jordan 1986: the output, which is fed back, has weights of its own, V (units, output_units)."""
    units = call.size("units")
    output = units if call.get("output_units") is None else call.size("output_units")
    matrices = weights(features, units) + weights(output, units) + weights(units, output)
    total = matrices + (weights(units) + weights(output) if call.flag("use_bias") else 0)
    trained = call.get("trainable") is not False
    return Cell((output,), output, total if trained else 0, matrices, 0 if trained else total)


def _stack(call: Call, cells: object, features: Dim) -> Cell:
    """Cells on top of each other: each takes the output of the one below."""
    if not isinstance(cells, list | tuple) or not cells:
        raise ShapeError("a stack of cells is a list of one or more", argument="cells")
    stack = Cell((), features, 0, 0)
    for value in cells:
        cell = _cell(call, value, stack.output)
        stack = Cell(
            stack.states + cell.states,
            cell.output,
            stack.weights + cell.weights,
            stack.macs + cell.macs,
            stack.frozen + cell.frozen,
        )
    return stack


def states_by_cell(args: Mapping[str, Any]) -> list[int]:
    """How many states each cell of a stack carries, of a Bidirectional those of both directions; [] without a stack."""
    inner = args.get("layer")
    if isinstance(inner, KindValue):
        other = args.get("backward_layer")
        return states_by_cell(inner.args) + states_by_cell((other if isinstance(other, KindValue) else inner).args)
    cells = args.get("cell")
    cells = cells.args.get("cells") if isinstance(cells, KindValue) and cells.kind == "StackedRNNCells" else cells
    if not isinstance(cells, list | tuple):
        return []
    return [2 if isinstance(one, KindValue) and CELLS.get(one.kind) is LONG_SHORT else 1 for one in cells]


def _cell(call: Call, value: object, features: Dim) -> Cell:
    if isinstance(value, list | tuple):
        return _stack(call, value, features)
    if not isinstance(value, KindValue):
        raise ShapeError(f"cell is a cell such as LSTMCell, not {value!r}", argument="cell")
    if value.args.get("activity_regularizer") is not None:
        message = "Keras cannot add up activity_regularizer of a cell over the steps of a loop"
        raise ShapeError(message, f"`activity_regularizer` of {call.kind} is taken of what comes out", "cell")
    if value.kind in CELLS:
        inner = Call(value.kind, value.args, ())
        check_ranks(_ranks, inner, Facts(()))
        return CELLS[value.kind](inner, features)
    if value.kind in call.kinds:
        raise ShapeError(f"cell is a cell such as LSTMCell, and {value.kind} is a layer", argument="cell")
    raise NoRule(value.kind)


def _recurrent(call: Call, cell: Callable[[Call, Dim], Cell]) -> Facts:
    batch, steps, features = _sequence(call).ranked(3, "steps", "features")
    _check_stateful(call, batch)
    _check_unrolled(call, steps)
    _check_cudnn(call)
    found = cell(call, features)
    states = tuple((batch, size) for size in found.states)
    _check_initial_states(call, states)
    output = (batch, steps, found.output) if call.flag("return_sequences") else (batch, found.output)
    shapes = (output, *states) if call.flag("return_state") else (output,)
    return Facts(tuple(call.output(*shape) for shape in shapes), found.weights, found.frozen, steps * found.macs)


def _simple(call: Call) -> Facts:
    if call.get("activity_regularizer") is not None:
        hint = "`ActivityRegularization` behind it; or LSTM or GRU"
        raise ShapeError("Keras's SimpleRNN leaves its activity_regularizer out", hint, "activity_regularizer")
    return _recurrent(call, SIMPLE)


def _convolutional(call: Call, rank: int) -> Facts:
    """ConvLSTM (Shi et al. 2015, arXiv:1506.04214): the products of an LSTM's gates are convolutions."""
    first = channels_first(call)
    axes = ("channels", *AXES[rank]) if first else (*AXES[rank], "channels")
    batch, steps, *rest = _sequence(call).ranked(rank + 3, "steps", *axes)
    spatial, channels = (tuple(rest[1:]), rest[0]) if first else (tuple(rest[:-1]), rest[-1])
    _check_stateful(call, batch)
    _check_unrolled(call, steps)
    for axis, size in zip(AXES[rank], spatial, strict=True):
        if isinstance(size, Symbol) and not size.constant:
            raise ShapeError(f"it needs a known {axis}, and `{size}` varies")
    kernel, filters = call.sizes("kernel_size", rank), call.size("filters")
    strides, dilations = call.sizes("strides", rank), call.sizes("dilation_rate", rank)
    if max(strides) > 1 and max(dilations) > 1:
        raise ShapeError("strides and dilation_rate above 1 cannot be used together", argument="dilation_rate")
    places = slide(spatial, kernel, strides, dilations, call.choice("padding", "valid", "same"))
    matrices = weights(*kernel, channels, 4 * filters) + weights(*kernel, filters, 4 * filters)
    inner = (filters, *places) if first else (*places, filters)
    states = ((batch, *inner), (batch, *inner))
    _check_initial_states(call, states)
    output = (batch, steps, *inner) if call.flag("return_sequences") else (batch, *inner)
    shapes = (output, *states) if call.flag("return_state") else (output,)
    bias = weights(4 * filters) if call.flag("use_bias") else 0
    return Facts(
        tuple(call.output(*shape) for shape in shapes), matrices + bias, macs=steps * product(places) * matrices
    )


def _sequence(call: Call) -> Call:
    """The call without its initial states."""
    return replace(call, inputs=call.inputs[:1])


def _check_stateful(call: Call, batch: Dim) -> None:
    if call.flag("stateful") and isinstance(batch, Symbol):
        message = "a stateful layer needs a fixed batch size, and the batch varies"
        hint = "leave it out: each sequence begins with a state of 0; a longer window sees further back"
        raise ShapeError(message, hint, argument="stateful")


def _check_unrolled(call: Call, steps: Dim) -> None:
    """Whoever writes a step for each step must know how many there are."""
    if call.get("unroll") is True and isinstance(steps, Symbol) and not steps.constant:
        hint = "leave `unroll` out, or give the input its number of steps"
        raise ShapeError(f"it is unrolled, and the number of steps, `{steps}`, varies", hint, "unroll")


def _check_initial_states(call: Call, states: tuple[tuple[Dim, ...], ...]) -> None:
    """Refuses initial states, the inputs after the sequence, that are not what the cell carries from step to step."""
    given = call.inputs[1:]
    if not given:
        return
    if len(given) != len(states):
        raise ShapeError(f"it carries {len(states)} states and gets {len(given)} to begin with")
    for spec, state in zip(given, states, strict=True):
        if len(spec.shape) != len(state) or any(map(differ, spec.shape, state)):
            raise ShapeError(f"an initial state has shape {show(state)}, not {show(spec.shape)}")


def _bidirectional(call: Call) -> Facts:
    forward = call.nested("layer")
    backward = KindValue(forward.kind, {**forward.args, "go_backwards": True})
    if call.get("backward_layer") is not None:
        backward = call.nested("backward_layer")
    _check_directions(call, forward, backward)
    half = (len(call.inputs) - 1) // 2
    sequence, states = call.inputs[:1], call.inputs[1:]
    ahead = call.infer("layer", forward, *sequence, *states[:half])
    back = call.infer("backward_layer", backward, *sequence, *states[half:])
    merged = _merge_directions(call, ahead.outputs[0].shape, back.outputs[0].shape)
    carried = tuple(spec.shape for spec in ahead.outputs[1:] + back.outputs[1:])
    return Facts(
        tuple(call.output(*shape) for shape in (*merged, *carried)),
        ahead.weights + back.weights,
        ahead.frozen + back.frozen,
        ahead.macs + back.macs,
    )


def _check_directions(call: Call, forward: KindValue, backward: KindValue) -> None:
    for argument, value in (("layer", forward), ("backward_layer", backward)):
        if value.kind in call.kinds and not call.kinds[value.kind].recurrent:
            raise ShapeError(f"{argument} is a recurrent layer, and {value.kind} is none", argument=argument)
    if bool(forward.args.get("go_backwards")) == bool(backward.args.get("go_backwards")):
        raise ShapeError("one layer goes forwards and the other backwards", argument="layer")
    for name in ("stateful", "return_sequences", "return_state"):
        if bool(forward.args.get(name)) != bool(backward.args.get(name)):
            raise ShapeError(f"{name} differs between layer and backward_layer", argument="backward_layer")


def _merge_directions(call: Call, ahead: tuple[Dim, ...], back: tuple[Dim, ...]) -> tuple[tuple[Dim, ...], ...]:
    mode = call.get("merge_mode")
    if mode is None:
        return ahead, back
    if mode not in ("concat", "sum", "mul", "ave"):
        raise ShapeError(f"merge_mode is one of concat, sum, mul, ave or null, not {mode!r}", argument="merge_mode")
    joined = -1 if mode == "concat" else None
    if any(map(differ, ahead[:joined], back[:joined])):
        raise ShapeError(f"{show(ahead)} forwards and {show(back)} backwards cannot be merged by {mode}")
    if mode == "concat" and differ(ahead[-1], back[-1]):
        message = f"Keras takes both directions to be as wide as the first, {ahead[-1]}, and the other is {back[-1]}"
        raise ShapeError(message, "`merge_mode: null` and a Concatenate join them", "backward_layer")
    return ((*ahead[:-1], ahead[-1] + back[-1]),) if mode == "concat" else (ahead,)


SIMPLE = partial(_gated_cell, gates=1)
GATED = partial(_gated_cell, gates=3)
LONG_SHORT = partial(_gated_cell, gates=4, states=2)

CELLS: Mapping[str, Callable[[Call, Dim], Cell]] = {
    "SimpleRNNCell": SIMPLE,
    "GRUCell": GATED,
    "LSTMCell": LONG_SHORT,
    "StackedRNNCells": lambda call, features: _stack(call, call.get("cells"), features),
    "JordanCell": _jordan_cell,
}


def _ranks(call: Call) -> dict[str, Axes]:
    """A GRU that resets after the product has two rows of biases."""
    features = call.inputs[0].shape[-1] if call.inputs else None
    matrices: dict[str, Axes] = {"kernel": (features, None), "recurrent": (call.get("units"), None)}
    return {**matrices, "feedback": 2, "output": 2, "bias": 2 if call.flag("reset_after") else 1}


def _by_cudnn(args: Mapping[str, Any]) -> str | None:
    return "use_cudnn" if args.get("use_cudnn") is True else None


def _check_cudnn(call: Call) -> None:
    """What NVIDIA's kernels compute is one kind of cell, and no other."""
    if call.get("use_cudnn") is not True:
        return
    fixed = {"activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "unroll": False}
    fixed |= {"reset_after": True} if call.kind == "GRU" else {}
    for name, wanted in {**fixed, "recurrent_dropout": 0}.items():
        if call.get(name) != wanted:
            message = f"cuDNN has {name} {wanted!r} alone, and {name} is {call.get(name)!r}"
            raise ShapeError(message.replace("True", "true").replace("False", "false"), HINT_CUDNN, "use_cudnn")


HINT_CUDNN = "leave `use_cudnn` out: Keras takes cuDNN where it can"
LOOP = Mobile(loop=True)
PRODUCTS = {"kernel": -2, "recurrent_kernel": -2}
FUSED_LSTM = Mobile(loop=True, fused={"activation": "tanh", "recurrent_activation": "sigmoid", "return_state": False})


def _kind(
    says: str,
    rule: Rule,
    *,
    draws: tuple[str, ...] = ("dropout", "recurrent_dropout"),
    weights_within: bool = False,
    training: bool | None = False,
    gpu_only: Callable[[Mapping[str, Any]], str | None] = never,
    mobile: Mobile = LOOP,
    types: ValueTypes = WEIGHED,
    ranks: RanksOf | None = None,
    sparse: Mapping[str, int] | None = None,
    becomes: OperationsOf | None = operations.walked,
    written: StepsOf = lambda args: None,
) -> LayerKind:
    return LayerKind(
        says=says,
        family="recurrent",
        rule=rule,
        mask=steps,
        uses_mask=along_steps,
        field=everything,
        draws=draws,
        recurrent=True,
        weights_within=weights_within,
        training=training,
        gpu_only=gpu_only,
        mobile=mobile,
        operations=becomes,
        types=types,
        ranks=ranks or _ranks,
        sparse=sparse or {},
        written_out=partial(_one_way, written),
    )


def _one_way(written: StepsOf, args: Mapping[str, Any]) -> tuple[Ranges, ...] | None:
    found = written(args)
    return None if found is None else (found,)


def _two_ways(args: Mapping[str, Any]) -> tuple[Ranges, ...] | None:
    """Those of both directions of a Bidirectional, whose states have one range where they are joined."""
    ahead = args.get("layer")
    back = args.get("backward_layer") or ahead
    if args.get("merge_mode", "concat") is None:
        return None
    known = [one for one in (ahead, back) if isinstance(one, KindValue) and one.kind in RECURRENT]
    ways = [way for one in known for way in RECURRENT[one.kind].written_out(one.args) or ()]
    return tuple(ways) if len(ways) == 2 and ways[0]["state"] == ways[1]["state"] else None


def _cell_kind(says: str, draws: tuple[str, ...] = ("dropout", "recurrent_dropout")) -> LayerKind:
    return LayerKind(
        says=says,
        no_rule="is walked by RNN, not called",
        walked_by="RNN",
        draws=draws,
        training=False,
        sparse=PRODUCTS if draws else {},
    )


RECURRENT: dict[str, LayerKind] = {
    "SimpleRNN": _kind(
        "Elman's network: the state is an activation of the input and of the state before.",
        _simple,
        sparse=PRODUCTS,
        written=steps_written_out.simple,
    ),
    "GRU": _kind(
        "A gated recurrent unit: an update gate and a reset gate rule what the state keeps.",
        partial(_recurrent, cell=GATED),
        sparse=PRODUCTS,
        gpu_only=_by_cudnn,
        written=steps_written_out.gru,
    ),
    "LSTM": _kind(
        "Long short-term memory: a cell state behind input, forget and output gates.",
        partial(_recurrent, cell=LONG_SHORT),
        gpu_only=_by_cudnn,
        mobile=FUSED_LSTM,
        sparse=PRODUCTS,
        written=steps_written_out.lstm,
    ),
    "RNN": _kind(
        "Walks a sequence with a cell, or with a stack of cells.",
        partial(_recurrent, cell=lambda call, features: _cell(call, call.get("cell"), features)),
        becomes=operations.walked_by_cell,
        draws=(),
        weights_within=True,
    ),
    "JordanRNN": _kind(
        "Jordan's network: what is fed back is the output, not the hidden state.",
        partial(_recurrent, cell=_jordan_cell),
        draws=("dropout", "recurrent_dropout"),
        sparse=PRODUCTS,
    ),
    **{
        f"ConvLSTM{rank}D": _kind(
            "An LSTM whose products are convolutions, for sequences of maps.",
            partial(_convolutional, rank=rank),
            becomes=operations.walked_over_maps,
            weights_within=True,
            mobile=Mobile(loop=True, refuses=skips) if rank == 3 else LOOP,
            gpu_only=channels_first_on_gpu if rank < 3 else never,
            types=ON_FLOATS,
            ranks={"kernel": rank + 2, "recurrent": rank + 2, "bias": 1},
        )
        for rank in (1, 2, 3)
    },
    "Bidirectional": LayerKind(
        says="Reads a sequence forwards and backwards with two copies of a recurrent layer.",
        family="recurrent",
        rule=_bidirectional,
        operations=operations.both_ways,
        mask=directions,
        uses_mask=both_ways,
        field=within,
        weights_within=True,
        written_out=_two_ways,
    ),
    "SimpleRNNCell": _cell_kind("One step of SimpleRNN, for RNN to walk with."),
    "GRUCell": _cell_kind("One step of GRU, for RNN to walk with."),
    "LSTMCell": _cell_kind("One step of LSTM, for RNN to walk with."),
    "StackedRNNCells": _cell_kind("Cells one above the other, which RNN walks as one.", ()),
    "JordanCell": _cell_kind("One step of JordanRNN, for RNN to walk with."),
}
