"""Preprocessing of numbers, categories and text. Nothing here is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from nnspec.layers import operations
from nnspec.layers.core import same
from nnspec.layers.fields import FieldRule, pointwise, unknown
from nnspec.layers.kind import LayerKind, Learns, Mobile, nothing
from nnspec.layers.masks import Gives, dropped
from nnspec.layers.masks import same as keeps_mask
from nnspec.layers.operations import OperationsOf
from nnspec.layers.rounding import IN_FLOAT, RoundingOf, per_channel
from nnspec.layers.rule import FLOATS, Call, Facts, Rule, ShapeError, differ, product, show, weights
from nnspec.layers.types import TensorSpec
from nnspec.layers.value_types import ANYTHING, INTEGERS, NUMBERS, ON_NUMBERS, OWN, TEXTS, TypesOf, ValueTypes
from nnspec.layers.vocabularies import ENCODINGS, encoded, lookup, refuse_sparse, text_vectorization, tokens_told


def _normalization(call: Call) -> Facts:
    """Mean, variance and a count are kept as frozen weights until ``mean`` and ``variance`` are given."""
    shape = call.input.shape
    axes = () if call.get("axis") is None else call.axes(shape)
    kept = [shape[index] for index in sorted(axes)]
    for dim in kept:
        weights(dim)
    mean, variance = call.get("mean"), call.get("variance")
    if (mean is None) != (variance is None):
        raise ShapeError("mean and variance are given together", argument="mean" if variance is None else "variance")
    if mean is None:
        return replace(same(call), frozen=2 * product(kept) + 1)
    given = _nested_sizes(mean)
    if given != _nested_sizes(variance):
        raise ShapeError("mean and variance differ in their sizes", argument="variance")
    if len(given) > len(kept) or any(size not in (1, dim) for size, dim in zip(given[::-1], kept[::-1], strict=False)):
        raise ShapeError(f"mean has sizes {show(given)}, the axis of the input {show(kept)}", None, "mean")
    return same(call)


def _rescaling(call: Call) -> Facts:
    """Lists are aligned with the last axes of the input, and must not make it larger."""
    shape = call.input.shape
    for name in ("scale", "offset"):
        sizes = _sizes_of_numbers(call.get(name))
        fitting = (
            zip(shape[len(shape) - len(sizes) :], sizes, strict=True) if sizes and len(sizes) <= len(shape) else ()
        )
        if sizes is None or len(sizes) > len(shape) or any(size != 1 and differ(dim, size) for dim, size in fitting):
            told = "numbers, lists of one length" if sizes is None else f"sizes {show(sizes)}"
            raise ShapeError(f"{name} has {told}, and the input {show(shape)}", argument=name)
    return same(call)


def _sizes_of_numbers(value: Any) -> tuple[int, ...] | None:
    """The sizes of nested lists of numbers; None where they are no array."""
    if not isinstance(value, list | tuple):
        return () if isinstance(value, int | float) and not isinstance(value, bool) else None
    inner = {_sizes_of_numbers(item) for item in value}
    found = inner.pop() if len(inner) == 1 else None
    return None if found is None else (len(value), *found)


def _nested_sizes(value: Any) -> tuple[int, ...]:
    return (len(value), *_nested_sizes(value[0])) if isinstance(value, list | tuple) and value else ()


def _category_encoding(call: Call) -> Facts:
    mode = call.choice("output_mode", "multi_hot", "one_hot", "count", "binary")
    shape = call.at_least(1)
    refuse_sparse(call, mode, shape, floats=call.dtype in FLOATS)
    return Facts((call.output(*encoded(shape, call.size("num_tokens"), mode)),))


def _discretization(call: Call) -> Facts:
    mode = call.choice("output_mode", *ENCODINGS)
    shape = call.at_least(1 if mode in ("int", "one_hot") else 2)
    refuse_sparse(call, mode, shape)
    bounded = call.get("bin_boundaries") is not None
    if bounded != (call.get("num_bins") is None):
        raise ShapeError("it takes bin_boundaries, or else num_bins", argument="num_bins")
    if not bounded and call.get("epsilon") == 0:
        raise ShapeError("epsilon is above 0: quantiles are found to within so much", argument="epsilon")
    depth = len(call.listed("bin_boundaries", int, float)) + 1 if bounded else call.size("num_bins", least=0)
    if mode == "int":
        return Facts((TensorSpec(shape, "int32"),))
    if mode == "one_hot":
        return Facts((call.output(*encoded(shape, depth, mode)),))
    return Facts((call.output(shape[0], *shape[2:], depth),))


def _hashing(call: Call) -> Facts:
    mode, shape, bins = call.choice("output_mode", *ENCODINGS), call.at_least(1), call.size("num_bins")
    refuse_sparse(call, mode, shape)
    _check_padding(call)
    if mode != "int":
        if mode == "one_hot":
            encoded(shape, bins, mode)
        return Facts((call.output(*shape[:-1], bins),))
    dtype = call.get("dtype") or "int64"
    if dtype not in ("int32", "int64"):
        raise ShapeError(f"with output_mode int the dtype is int32 or int64, not {dtype}", argument="dtype")
    return Facts((TensorSpec(shape, dtype),))


def _bins(args: Mapping[str, Any]) -> int | None:
    """How many bins there are, where their numbers come out."""
    boundaries, bins = args.get("bin_boundaries"), args.get("num_bins")
    if args.get("output_mode", "int") != "int":
        return None
    if isinstance(boundaries, list | tuple):
        return len(boundaries) + 1
    return bins if isinstance(bins, int) else None


def _check_padding(call: Call) -> None:
    """The value that means padding is compared with those of the input, as they are."""
    value, names = call.get("mask_value"), {spec.values for spec in call.inputs}
    if value is None:
        return
    fits = isinstance(value, str) if "string" in names else isinstance(value, int) or names <= FLOATS
    if not fits or isinstance(value, str) != ("string" in names) or isinstance(value, bool) or "bool" in names:
        raise ShapeError(f"mask_value {value!r} is no value of its input, {min(names)}", argument="mask_value")


def _hashed_crossing(call: Call) -> Facts:
    mode, bins = call.choice("output_mode", "int", "one_hot"), call.size("num_bins")
    if len(call.inputs) != 2:
        raise ShapeError(f"it crosses two inputs and gets {len(call.inputs)}")
    shape, other = (spec.shape for spec in call.inputs)
    for one in (shape, other):
        if len(one) > 2 or one[1:] not in ((), (1,)):
            raise ShapeError(f"it takes one value an example, (batch) or (batch, 1), not {show(one)}")
    if len(shape) != len(other):
        raise ShapeError(f"it takes two inputs of one shape, not {show(shape)} and {show(other)}")
    refuse_sparse(call, mode, shape)
    if mode == "int":
        return Facts((TensorSpec(shape, call.get("dtype") or "int64"),))
    return Facts((call.output(*encoded(shape, bins, mode)),))


def _kind(
    says: str,
    rule: Rule,
    *,
    mask: Gives = dropped,
    field: FieldRule = unknown,
    learns: Learns | None = None,
    takes: str = "float32",
    mobile: Mobile | None = None,
    types: ValueTypes | TypesOf = ON_NUMBERS,
    affine: tuple[str, str] | None = None,
    rounding: RoundingOf = IN_FLOAT,
    becomes: OperationsOf | None = None,
    below: str | None = None,
    tells: Callable[[Mapping[str, Any]], int | None] = nothing,
) -> LayerKind:
    return LayerKind(
        says=says,
        family="preprocessing",
        rule=rule,
        mask=mask,
        field=field,
        learns=learns,
        takes=takes,
        mobile=mobile or Mobile(),
        types=types,
        affine=affine,
        operations=becomes,
        rounding=rounding,
        below=below,
        tells=tells,
    )


def _counts(args: Mapping[str, Any]) -> bool:
    """Whether TensorFlow counts what is found, for which it has fewer types than for what it only writes."""
    return args.get("output_mode") in ("multi_hot", "count", "binary")


def _encoded_types(args: Mapping[str, Any]) -> ValueTypes:
    if not _counts(args):
        return ValueTypes(unmixed=True)
    return ValueTypes(takes=FLOATS | {"bool", "int32", "int64"}, own=COUNTED, unmixed=True)


def _binned(args: Mapping[str, Any]) -> ValueTypes:
    return ValueTypes(takes=NUMBERS - {"uint64"}, own=COUNTED if _counts(args) else OWN - {"uint64"})


def _hashed(args: Mapping[str, Any]) -> ValueTypes:
    return ValueTypes(takes=ANYTHING, own=COUNTED if _counts(args) else OWN, unmixed=True)


def _looked_up(args: Mapping[str, Any], takes: frozenset[str], own: frozenset[str] = ANYTHING) -> ValueTypes:
    return ValueTypes(takes=NUMBERS if args.get("invert") else takes, own=own)


COUNTED = frozenset({"int32", "int64", "float32", "float64"})

MOMENTS = Learns("mean", "moments", "mean and variance", "`mean` and `variance`", "invert")
BINS = Learns("bin_boundaries", "quantiles", "bin boundaries", "`bin_boundaries`")
VOCABULARY = Learns("vocabulary", "tokens", "vocabulary", "`vocabulary`", "invert")
TOKENS = Learns("vocabulary", "tokens", "vocabulary", "`vocabulary`")

PREPROCESSING: dict[str, LayerKind] = {
    "Normalization": _kind(
        "Shifts and scales features by means and variances that are given, or taken from the data.",
        _normalization,
        mask=keeps_mask,
        field=pointwise,
        learns=MOMENTS,
        becomes=operations.standardized,
        rounding=per_channel,
    ),
    "Rescaling": _kind(
        "Multiplies by a scale and adds an offset.",
        _rescaling,
        mask=keeps_mask,
        field=pointwise,
        affine=("scale", "offset"),
        becomes=operations.by_channel,
        rounding=per_channel,
    ),
    "CategoryEncoding": _kind(
        "Turns category numbers into one-hot, multi-hot or count vectors.",
        _category_encoding,
        below="num_tokens",
        becomes=operations.encoded,
        types=_encoded_types,
    ),
    "Discretization": _kind(
        "Turns numbers into the index of the bin that they fall into.",
        _discretization,
        learns=BINS,
        tells=_bins,
        becomes=operations.binned,
        types=_binned,
    ),
    "Hashing": _kind(
        "Turns categories into one of a fixed number of bins, by a hash.",
        _hashing,
        types=_hashed,
        tells=_bins,
        mobile=Mobile(instead="hash outside the model"),
    ),
    "HashedCrossing": _kind(
        "Hashes combinations of two categorical features into bins.",
        _hashed_crossing,
        tells=_bins,
        types=ValueTypes(takes=INTEGERS | TEXTS, own=OWN, mixes=True, unmixed=True),
        mobile=Mobile(instead="hash outside the model"),
    ),
    "StringLookup": _kind(
        "Turns texts into indices by a vocabulary, or back.",
        lookup,
        learns=VOCABULARY,
        takes="string",
        tells=tokens_told,
        types=partial(_looked_up, takes=TEXTS),
        mobile=Mobile(instead="look strings up outside the model; its vocabulary travels beside the file"),
    ),
    "IntegerLookup": _kind(
        "Turns whole numbers into indices by a vocabulary, or back.",
        lookup,
        learns=VOCABULARY,
        takes="int64",
        tells=tokens_told,
        types=partial(_looked_up, takes=NUMBERS),
        mobile=Mobile(instead="look values up outside the model"),
    ),
    "TextVectorization": _kind(
        "Cleans, splits and indexes texts by a vocabulary.",
        text_vectorization,
        learns=TOKENS,
        takes="string",
        types=partial(_looked_up, takes=TEXTS, own=ANYTHING - {"int8"}),
        mobile=Mobile(instead="look tokens up outside the model; its vocabulary travels beside the file"),
    ),
}
