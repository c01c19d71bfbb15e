"""What a layer kind is: one record with everything that anybody asks of it.

A new question becomes a field here, with its answer beside each kind's rule; never a set of names elsewhere. What
Keras can answer is compared with Keras for all kinds, in ``tests/layers``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field as made_of
from typing import Any, Final, Literal, NamedTuple

from nnspec.layers.fields import FieldRule, unknown
from nnspec.layers.masks import Gives, UsesMask
from nnspec.layers.operations import OperationsOf
from nnspec.layers.rounding import IN_FLOAT, Rounding, RoundingOf
from nnspec.layers.rule import Call, Facts, NoRule, Rule, ShapeError
from nnspec.layers.steps_written_out import Ranges
from nnspec.layers.value_types import ON_NUMBERS, TypesOf, ValueTypes, check_own_type, check_values, held
from nnspec.layers.weight_ranks import RanksOf, check_ranks
from nnspec.quick_classes import dataclass

ARGUMENT: Final = "$activation"  # the function that the layer ends in is its argument `activation`


class Refusal(NamedTuple):
    """Why a file cannot have a layer, and what to do instead."""

    reason: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mobile:
    """What TFLite's builtin operations make of a kind. Measured with TensorFlow 2.21 and LiteRT 2.3.

    Attributes:
        instead: there are no builtin operations for it; this is what to do instead.
        loop: it runs as a loop over steps, which only dynamic-range quantization takes.
        fused: the values of arguments with which the loop becomes one fused kernel; None where there is no such kernel.
        refuses: why a layer with these arguments has no builtin operations, of a kind that otherwise has.
        whole: why one that makes whole numbers has none.
        in_float: why it stays in float32 in a file whose weights have eight bits or fewer; "" for a kind that does not.
    """

    instead: str | None = None
    loop: bool = False
    fused: Mapping[str, Any] | None = None
    refuses: Callable[[Mapping[str, Any]], Refusal | None] | None = None
    whole: Refusal | None = None
    in_float: str = ""


@dataclass(frozen=True, slots=True)
class Learns:
    """What a kind learns from the training data before the training, by Keras's ``adapt``.

    Attributes:
        argument: given, there is nothing to learn.
        how: from the mean and variance of numbers, which the layer keeps as weights; from their quantiles; or from the
            count of tokens.
        what, given: what it learns, and the arguments that say it, for messages.
        reversed_by: an argument that turns the layer round: what reaches it then is no example of what it learns from.
    """

    argument: str
    how: Literal["moments", "quantiles", "tokens"]
    what: str
    given: str
    reversed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a kind does to pictures beyond their colours.

    Attributes:
        mixes: it blends each example with another one of the batch.
        pastes: it mixes by pieces that stay whole, so that a mask can be pasted along.
        moves: it moves pixels, so that what is given by its place in the picture has to move along.
        moves_points: it moves them by a map of the plane that can be told, so that points can follow.
        blends_masks: it blends several moved copies, so that a mask of whole numbers cannot follow.
        any_range: it takes a `value_range`, and what it does to values within does not follow from it.
        keeps_scale: it changes where values are, not how large they are.
    """

    mixes: bool = False
    pastes: bool = False
    moves: bool = False
    moves_points: bool = False
    blends_masks: bool = False
    any_range: bool = False
    keeps_scale: bool = False


OVER_CHANNELS = ("softmax", "log_softmax", "sparsemax", "sparse_sigmoid", "glu")  # functions of all channels together


def nothing(args: Mapping[str, Any]) -> int | None:
    return None


def never(args: Mapping[str, Any]) -> str | None:
    return None


def channels_first(args: Mapping[str, Any]) -> str | None:
    """TensorFlow's convolutions of 1 and 2 axes, and all transposed ones, want the channels last on a CPU.

    One of several groups goes by XLA, which does not mind.
    """
    return "data_format" if args.get("data_format") == "channels_first" and args.get("groups", 1) == 1 else None


def half_floats(args: Mapping[str, Any]) -> str | None:
    """TensorFlow's CPU has no pooling of three axes in float16."""
    return "dtype" if args.get("dtype") in ("float16", "mixed_float16") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerKind:
    """One kind of layer. All fields have the value of a kind of which nothing is known.

    Attributes:
        says: what it does, in one line.
        family: ``convolution``, ``pooling``, ``dense``, ``recurrent``, ``attention``, ``normalization``,
            ``activation``, ``merge``, ``regularization``, ``reshaping``, ``preprocessing``, ``other``.
        aliases: other names of the same class of Keras's.
        rule: checks a call; shapes, weights and cost of what comes out. None: its output is unknown to ``check``.
        no_rule: why there is none.
        walked_by: the kind that it is a step of: it is an argument of that kind, and no layer by itself.
        mask: the masks of its outputs, from those of its inputs; None where nobody knows.
        uses_mask: whether its result depends on its inputs' masks. None: it never looks at them.
        takes_masks_off: Keras takes their masks off its inputs while it runs: what reads them after it sees none.
        field: the receptive field of its output.
        draws: whether it draws random numbers in training: always, or where one of these arguments is above 0.
        arranges: it only arranges values: the activation before it still holds.
        between: of several inputs it gives their values, or what lies between them: of probabilities probabilities.
        activation: the function that it ends in; ``ARGUMENT`` where its own argument says, None where none can be told.
        linear: without its activation it is linear: kernel times input, and a bias for each channel.
        affine: the arguments by which it multiplies all values, and what it then adds to them.
        width: the argument that says how many channels come out of a kind whose kernel takes all channels to all: two
            of them in a row, without an activation, are no more than one.
        recurrent: it walks a sequence, and gives the last output alone unless ``return_sequences`` asks for all.
        weights_within: its weights belong to a cell or layer within. Keras obeys its `trainable: false`, but not once
            it stands inside another layer itself.
        rows: the argument that says how many rows it has, of which its input holds the numbers.
        below: the argument that the numbers of its input, from 0, all are below.
        tells: how many numbers come out, from 0, by its arguments; None where none do, or the data say.
        subtracts_mean: it takes away the mean of each channel, and with it a bias before.
        subtracts_own_mean: it takes away the mean of each example along `axis`.
        weighs: its inputs weigh each other, so that one is often repeated over the places of the other.
        counts_steps: Keras by itself counts them wrongly where they vary, and nnspec puts that right
            (`nnspec.backend.keras_internals.time_distributed`).
        each_step: it applies the layer within to each step of a sequence.
        own_loss: its output are scores of whole sequences, which a loss of its own judges.
        rate_argument: the argument that says how many samples a second its input has.
        learns: what it takes from the data before the training; None for a kind that takes nothing.
        training: what `training` is where its call is given none; None: as the model is called.
        ranks: how many axes its weights have, by the beginning of the arguments for them: `kernel`, `bias`.
        types: the types of values that it runs on; a function of its arguments where those decide.
        takes: the type that an input made for it has.
        gpu_only: the argument with whose value TensorFlow can run it on GPUs and not on a CPU.
        vanishes: Keras gives back its input tensor where it is called in a network, so that the network is without it.
        picture: what it does to pictures.
        mobile: what TFLite makes of it.
        operations: the operations that it becomes there; None where nobody has told.
        rounding: what it is in whole numbers; a function of its arguments where those decide.
        written_out: of a recurrent kind, by its arguments, for each direction the values within a step that have ranges
            where its steps are written out in whole numbers; None: they cannot be.
        channels: what becomes of the channels, the last axis: ``makes``: new ones, out of all of the input's by its
            `sparse` weights; ``keeps``: each is for itself; ``ties``: those of all inputs are taken together, place by
            place; ``joins``: those of one input stand behind those of the other; ``flattens``: they repeat, once
            for each place that comes to lie in the last axis. None: it depends on all of them.
        sparse: the weights of which many may be zero, with the axis along which each takes the input.
    """

    says: str = ""
    family: str = "other"
    aliases: tuple[str, ...] = ()
    rule: Rule | None = None
    no_rule: str = ""
    walked_by: str | None = None
    mask: Gives | None = None
    uses_mask: UsesMask | None = None
    takes_masks_off: bool = False
    field: FieldRule = unknown
    draws: bool | tuple[str, ...] = False
    arranges: bool = False
    between: bool = False
    activation: str | None = None
    linear: bool = False
    affine: tuple[str, str] | None = None
    width: str | None = None
    recurrent: bool = False
    weights_within: bool = False
    rows: str | None = None
    below: str | None = None
    tells: Callable[[Mapping[str, Any]], int | None] = nothing
    subtracts_mean: bool = False
    subtracts_own_mean: bool = False
    weighs: bool = False
    counts_steps: bool = False
    each_step: bool = False
    own_loss: bool = False
    rate_argument: str | None = None
    learns: Learns | None = None
    training: bool | None = None
    ranks: RanksOf | None = None
    types: ValueTypes | TypesOf = ON_NUMBERS
    takes: str = "float32"
    gpu_only: Callable[[Mapping[str, Any]], str | None] = never
    vanishes: bool = False
    picture: Picture = Picture()
    mobile: Mobile = Mobile()
    operations: OperationsOf | None = None
    rounding: RoundingOf = IN_FLOAT
    written_out: Callable[[Mapping[str, Any]], tuple[Ranges, ...] | None] = lambda args: None
    channels: Literal["makes", "keeps", "ties", "joins", "flattens"] | None = None
    sparse: Mapping[str, int] = made_of(default_factory=dict)

    @property
    def drops_out(self) -> bool:
        """Whether it switches values off at random."""
        return self.family == "regularization" and self.draws == ("rate",)

    @property
    def keeps_scale(self) -> bool:
        """Whether values come out as large as they went in: bytes stay bytes."""
        return self.arranges or self.picture.keeps_scale or self.family in ("pooling", "regularization", "reshaping")

    def facts(self, call: Call) -> Facts:
        """What the rule finds of a call whose values and settings of weights TensorFlow can run.

        Raises:
            ShapeError: also where Keras builds the layer, and TensorFlow fails at the first batch.
            NoRule: nothing is known of the kind.
        """
        if self.walked_by is not None:
            hint = f"`{self.walked_by}: {{cell: {{{call.kind}: ...}}}}` walks a sequence with it"
            raise ShapeError("it is one step of a recurrent layer, and takes a state beside its input", hint)
        if self.rule is None:
            raise NoRule(call.kind)
        types = self.types_in(call.args)
        check_own_type(types, call)
        facts = self.rule(call)
        check_values(types, call)
        facts = held(types, call, facts)
        check_ranks(self.ranks, call, facts)
        return facts

    def types_in(self, args: Mapping[str, Any]) -> ValueTypes:
        """The types of values that a layer with these arguments runs on."""
        return self.types if isinstance(self.types, ValueTypes) else self.types(args)

    def rounding_in(self, args: Mapping[str, Any]) -> Rounding:
        """What a layer with these arguments is in whole numbers."""
        return self.rounding if isinstance(self.rounding, Rounding) else self.rounding(args)

    def channels_in(self, args: Mapping[str, Any]) -> str | None:
        """What becomes of the channels in a layer with these arguments; None where it depends on all of them."""
        others = args.get("data_format") == "channels_first" or args.get("axis", -1) != -1 or args.get("groups", 1) != 1
        function = args.get("activation")
        mixing = function == "glu" or (function in OVER_CHANNELS and self.channels != "makes")
        return None if others or mixing else self.channels

    def draws_in(self, args: Mapping[str, Any]) -> bool:
        """Whether a layer with these arguments draws random numbers in training."""
        if isinstance(self.draws, bool):
            return self.draws
        return any(args.get(name) for name in self.draws)


NOTHING_KNOWN: Final = LayerKind()  # a kind that a plugin brings without a record
