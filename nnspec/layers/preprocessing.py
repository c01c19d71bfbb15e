"""Preprocessing of numbers, categories and text. Nothing here is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from nnspec.layers import operations
from nnspec.layers.core import same
from nnspec.layers.fields import FieldRule, pointwise, unknown
from nnspec.layers.kind import LayerKind, Learns, Mobile
from nnspec.layers.masks import Gives, dropped
from nnspec.layers.masks import same as keeps_mask
from nnspec.layers.operations import OperationsOf
from nnspec.layers.rounding import IN_FLOAT, RoundingOf, per_channel
from nnspec.layers.rule import (
    FLOATS,
    UNKNOWN,
    Call,
    Facts,
    NoRule,
    Rule,
    ShapeError,
    differ,
    product,
    show,
    weights,
)
from nnspec.layers.types import Dim, Symbol, TensorSpec
from nnspec.layers.value_types import ANYTHING, INTEGERS, NUMBERS, ON_NUMBERS, TEXTS, TypesOf, ValueTypes

ENCODINGS = ("int", "one_hot", "multi_hot", "count")


def _normalization(call: Call) -> Facts:
    """Mean, variance and a count are kept as frozen weights until ``mean`` and ``variance`` are given."""
    shape = call.input.shape
    axes = () if call.get("axis") is None else call.several("axis")
    kept = [shape[index] for index in sorted(call.axis(shape, index) for index in axes)]
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


def _refuse_sparse(call: Call, mode: str, shape: tuple[Dim, ...], floats: bool = False) -> None:
    """Keras makes sparse tensors of one vector an example, counted in the layer's own type."""
    if not call.flag("sparse"):
        return
    if mode in ("int", "one_hot") or len(shape) > 2 or floats:
        hint = "leave it out: the vectors are dense then"
        raise ShapeError("Keras makes no sparse tensor of this on TensorFlow", hint, "sparse")


def _nested_sizes(value: Any) -> tuple[int, ...]:
    return (len(value), *_nested_sizes(value[0])) if isinstance(value, list | tuple) and value else ()


def _category_encoding(call: Call) -> Facts:
    mode = call.choice("output_mode", "multi_hot", "one_hot", "count", "binary")
    shape = call.at_least(1)
    _refuse_sparse(call, mode, shape, floats=call.dtype in FLOATS)
    return Facts((call.output(*_encoded(shape, call.size("num_tokens"), mode)),))


def _encoded(shape: tuple[Dim, ...], depth: Dim, mode: str) -> tuple[Dim, ...]:
    """A vector of ``depth`` for each number (one_hot), or for each row of numbers."""
    if mode == "one_hot" and len(shape) > 1 and isinstance(shape[-1], Symbol) and not shape[-1].constant:
        hint = "output_mode: multi_hot or count makes one vector of all; or give the input a known size there"
        raise ShapeError(f"one_hot needs to know the last size, and `{shape[-1]}` varies", hint, "output_mode")
    if mode == "one_hot" and (shape[-1] != 1 or len(shape) == 1):
        return (*shape, depth)
    return (*shape[:-1], depth)


def _discretization(call: Call) -> Facts:
    mode = call.choice("output_mode", *ENCODINGS)
    shape = call.at_least(1 if mode in ("int", "one_hot") else 2)
    _refuse_sparse(call, mode, shape)
    bounded = call.get("bin_boundaries") is not None
    if bounded != (call.get("num_bins") is None):
        raise ShapeError("it takes bin_boundaries, or else num_bins", argument="num_bins")
    depth = len(call.listed("bin_boundaries", int, float)) + 1 if bounded else call.size("num_bins", least=0)
    if mode == "int":
        return Facts((TensorSpec(shape, "int32"),))
    if mode == "one_hot":
        return Facts((call.output(*_encoded(shape, depth, mode)),))
    return Facts((call.output(shape[0], *shape[2:], depth),))


def _hashing(call: Call) -> Facts:
    mode, shape, bins = call.choice("output_mode", *ENCODINGS), call.at_least(1), call.size("num_bins")
    _refuse_sparse(call, mode, shape)
    if mode != "int":
        if mode == "one_hot":
            _encoded(shape, bins, mode)
        return Facts((call.output(*shape[:-1], bins),))
    dtype = call.get("dtype") or "int64"
    if dtype not in ("int32", "int64"):
        raise ShapeError(f"with output_mode int the dtype is int32 or int64, not {dtype}", argument="dtype")
    return Facts((TensorSpec(shape, dtype),))


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
    _refuse_sparse(call, mode, shape)
    if mode == "int":
        return Facts((TensorSpec(shape, call.get("dtype") or "int64"),))
    return Facts((call.output(*_encoded(shape, bins, mode)),))


def _lookup(call: Call) -> Facts:
    mode = call.choice("output_mode", *ENCODINGS, "tf_idf", "binary", "tf-idf")
    shape = call.at_least(1)
    _refuse_sparse(call, mode, shape)
    unknown = call.sizes("num_oov_indices", 1, least=0)[0]
    _check_tokens(call)
    mask = [call.get("mask_token")] if mode == "int" and call.get("mask_token") is not None else []
    depth = _vocabulary_size(call, mask, call.get("oov_token"), unknown)
    if mode == "int":
        return Facts((TensorSpec(shape, "int64"),))
    return Facts((TensorSpec(_encoded(shape, _required(call, depth), mode), "float32"),))


def _check_tokens(call: Call) -> None:
    """Keras holds the tokens of a vocabulary, and the one that means padding, in one type."""
    words = call.kind == "StringLookup"
    type_, told = (str, "texts") if words else (int, "whole numbers")
    token, listed = call.get("mask_token"), call.get("vocabulary")
    if token is not None and not (isinstance(token, type_) and not isinstance(token, bool)):
        raise ShapeError(f"mask_token is one of its {told}, not {token!r}", argument="mask_token")
    if isinstance(listed, list | tuple) and not all(isinstance(one, type_) for one in listed):
        raise ShapeError(f"vocabulary holds {told}", argument="vocabulary")
    dtype, wanted = call.get("vocabulary_dtype"), "string" if words else "int64"
    if dtype not in (None, wanted):
        raise ShapeError(f"vocabulary_dtype of {call.kind} is {wanted}, not {dtype}", argument="vocabulary_dtype")


def _text_vectorization(call: Call) -> Facts:
    mode = call.choice("output_mode", *ENCODINGS, "tf_idf", "binary", "tf-idf")
    shape, length = call.at_least(1), call.get("output_sequence_length")
    depth = _vocabulary_size(call, [""] if mode == "int" else [], "[UNK]", 1)
    if mode == "int":
        tokens = Symbol("tokens") if length is None else call.size("output_sequence_length")
        return Facts((TensorSpec((shape[0], tokens), "int64"),))
    if length is not None:
        raise ShapeError("output_sequence_length goes with output_mode int alone", argument="output_sequence_length")
    if call.get("split") is not None:
        shape = (*shape, UNKNOWN)
    elif len(shape) == 1:
        shape = (*shape, 1)
    return Facts((TensorSpec(_encoded(shape, _required(call, depth), mode), "float32"),))


def _vocabulary_size(call: Call, mask: list[Any], unknown: Any, count: int) -> Dim | None:
    """How many tokens are told apart. ``mask`` and ``count`` times ``unknown`` come first, listed or not.

    Keras would read a file of any name, or an address: whoever writes a spec would choose what of a machine is read.
    """
    special = len(mask) + count
    words = call.get("vocabulary")
    if isinstance(words, str):
        hint = "list the tokens, or leave it out: training learns them from the data"
        raise ShapeError("vocabulary lists its tokens: a file of them is not read", hint, "vocabulary")
    if isinstance(words, list | tuple):
        words = call.listed("vocabulary", str, int)
    limit = call.size("max_tokens", least=2) if call.get("max_tokens") is not None else None
    if isinstance(words, list):
        listed = special <= len(words) and words[:special] == mask + [unknown] * count
        tokens = words[special:] if listed else words
        if not words or len(set(tokens)) < len(tokens):
            raise ShapeError("vocabulary lists each token once, and at least one", argument="vocabulary")
        size = special + len(tokens)
        if isinstance(limit, int) and size > limit:
            raise ShapeError(f"vocabulary has {size} tokens, above max_tokens {limit}", argument="max_tokens")
    if call.flag("pad_to_max_tokens"):
        if limit is None:
            raise ShapeError("pad_to_max_tokens needs max_tokens", argument="pad_to_max_tokens")
        return limit
    if isinstance(words, list):
        return size
    return Symbol("vocabulary", constant=True) if words is None else None  # learned before any weight is made


def _required(call: Call, depth: Dim | None) -> Dim:
    if depth is None:
        raise NoRule(call.kind)
    return depth


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
    )


def _looked_up(args: Mapping[str, Any], takes: frozenset[str]) -> ValueTypes:
    return ValueTypes(takes=NUMBERS if args.get("invert") else takes, own=ANYTHING)


OF_TEXTS = partial(_looked_up, takes=TEXTS)

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
        becomes=operations.encoded,
    ),
    "Discretization": _kind(
        "Turns numbers into the index of the bin that they fall into.",
        _discretization,
        learns=BINS,
        becomes=operations.binned,
    ),
    "Hashing": _kind(
        "Turns categories into one of a fixed number of bins, by a hash.",
        _hashing,
        types=ValueTypes(takes=ANYTHING, own=ANYTHING),
        mobile=Mobile(instead="hash outside the model"),
    ),
    "HashedCrossing": _kind(
        "Hashes combinations of two categorical features into bins.",
        _hashed_crossing,
        types=ValueTypes(takes=INTEGERS | TEXTS, own=ANYTHING, mixes=True),
        mobile=Mobile(instead="hash outside the model"),
    ),
    "StringLookup": _kind(
        "Turns texts into indices by a vocabulary, or back.",
        _lookup,
        learns=VOCABULARY,
        takes="string",
        types=OF_TEXTS,
        mobile=Mobile(instead="look strings up outside the model; its vocabulary travels beside the file"),
    ),
    "IntegerLookup": _kind(
        "Turns whole numbers into indices by a vocabulary, or back.",
        _lookup,
        learns=VOCABULARY,
        takes="int64",
        types=partial(_looked_up, takes=NUMBERS),
        mobile=Mobile(instead="look values up outside the model"),
    ),
    "TextVectorization": _kind(
        "Cleans, splits and indexes texts by a vocabulary.",
        _text_vectorization,
        learns=TOKENS,
        takes="string",
        types=OF_TEXTS,
        mobile=Mobile(instead="look tokens up outside the model; its vocabulary travels beside the file"),
    ),
}
