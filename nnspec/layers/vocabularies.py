"""Layers that tell tokens apart by a vocabulary, listed or learned from the data, and how they write what they find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.layers.rule import UNKNOWN, Call, Facts, NoRule, ShapeError, show
from nnspec.layers.types import Dim, Symbol, TensorSpec

ENCODINGS = ("int", "one_hot", "multi_hot", "count")
MODES = (*ENCODINGS, "tf_idf", "binary", "tf-idf")


def refuse_sparse(call: Call, mode: str, shape: tuple[Dim, ...], floats: bool = False) -> None:
    """Keras makes sparse tensors of one vector an example, counted in the layer's own type."""
    if not call.flag("sparse"):
        return
    if mode in ("int", "one_hot") or len(shape) > 2 or floats:
        hint = "leave it out: the vectors are dense then"
        raise ShapeError("Keras makes no sparse tensor of this on TensorFlow", hint, "sparse")


def encoded(shape: tuple[Dim, ...], depth: Dim, mode: str) -> tuple[Dim, ...]:
    """A vector of ``depth`` for each number (one_hot), or for each row of numbers."""
    if mode == "one_hot" and len(shape) > 1 and isinstance(shape[-1], Symbol) and not shape[-1].constant:
        hint = "output_mode: multi_hot or count makes one vector of all; or give the input a known size there"
        raise ShapeError(f"one_hot needs to know the last size, and `{shape[-1]}` varies", hint, "output_mode")
    if mode == "one_hot" and (shape[-1] != 1 or len(shape) == 1):
        return (*shape, depth)
    return (*shape[:-1], depth)


def lookup(call: Call) -> Facts:
    mode = call.choice("output_mode", *MODES)
    shape = call.at_least(1)
    refuse_sparse(call, mode, shape)
    unknown = call.sizes("num_oov_indices", 1, least=0)[0]
    _check_tokens(call)
    _check_idf_weights(call, mode)
    if call.flag("invert"):
        _check_inverted(call, mode)
    if call.kind == "IntegerLookup" and call.get("salt") is not None and call.get("oov_method") != "farmhash":
        raise ShapeError("salt goes with oov_method farmhash", argument="salt")
    mask = [call.get("mask_token")] if mode == "int" and call.get("mask_token") is not None else []
    depth = _vocabulary_size(call, mask, call.get("oov_token"), unknown)
    if mode == "int":
        texts = call.flag("invert") and call.kind == "StringLookup"
        return Facts((TensorSpec(shape, "int64", holds="string" if texts else None),))
    return Facts((TensorSpec(encoded(shape, _required(call, depth), mode), "float32"),))


def tokens_told(args: Mapping[str, Any]) -> int | None:
    """How many indices a lookup gives, where its vocabulary is listed: padding and unknown tokens come first."""
    listed, unknown = args.get("vocabulary"), args.get("num_oov_indices", 1)
    if args.get("output_mode", "int") != "int" or args.get("invert") or not isinstance(listed, list | tuple):
        return None
    special = [args[name] for name in ("mask_token", "oov_token") if args.get(name) is not None]
    count = unknown if isinstance(unknown, int) else 1
    return len([one for one in listed if one not in special]) + count + (args.get("mask_token") is not None)


def _check_inverted(call: Call, mode: str) -> None:
    """What turns indices into tokens needs all that it can give."""
    if mode != "int":
        raise ShapeError("invert goes with output_mode int: what comes out are tokens", argument="output_mode")
    listed, unknown = call.get("vocabulary"), call.get("oov_token")
    if listed is None:
        raise ShapeError("invert needs a vocabulary: indices are no tokens to learn it from", argument="invert")
    if unknown is None:
        raise ShapeError("invert needs an oov_token: what an index without a token becomes", argument="oov_token")


def _check_idf_weights(call: Call, mode: str) -> None:
    """One for each token that is listed; with a vocabulary that is learned they are learned as well."""
    given, listed = call.get("idf_weights"), call.get("vocabulary")
    weighs = mode in ("tf_idf", "tf-idf")
    if given is not None and not weighs:
        raise ShapeError("idf_weights go with output_mode tf_idf alone", argument="idf_weights")
    if given is not None and listed is None:
        raise ShapeError("idf_weights go with the vocabulary that they belong to", argument="idf_weights")
    if weighs and listed is not None and given is None:
        raise ShapeError("with output_mode tf_idf a vocabulary needs its idf_weights", argument="output_mode")
    if (
        given is not None
        and isinstance(listed, list | tuple)
        and len(call.listed("idf_weights", int, float)) != len(listed)
    ):
        message = f"idf_weights has {len(given)} numbers, and vocabulary {len(listed)} tokens"
        raise ShapeError(message, argument="idf_weights")


def _check_tokens(call: Call) -> None:
    """Keras holds the tokens of a vocabulary, and those for padding and for unknown ones, in one type."""
    words = call.kind == "StringLookup"
    type_, told = (str, "texts") if words else (int, "whole numbers")
    listed = call.get("vocabulary")
    for name in ("mask_token", "oov_token"):
        token = call.get(name)
        if token is not None and not (isinstance(token, type_) and not isinstance(token, bool)):
            raise ShapeError(f"{name} is one of its {told}, not {token!r}", argument=name)
    if isinstance(listed, list | tuple) and not all(isinstance(one, type_) for one in listed):
        raise ShapeError(f"vocabulary holds {told}", argument="vocabulary")
    dtype, wanted = call.get("vocabulary_dtype"), "string" if words else "int64"
    if dtype not in (None, wanted):
        raise ShapeError(f"vocabulary_dtype of {call.kind} is {wanted}, not {dtype}", argument="vocabulary_dtype")


def text_vectorization(call: Call) -> Facts:
    mode = call.choice("output_mode", *MODES)
    shape, length = call.at_least(1), call.get("output_sequence_length")
    depth = _vocabulary_size(call, [""] if mode == "int" else [], "[UNK]", 1)
    refuse_sparse(call, mode, shape)
    _check_idf_weights(call, mode)
    if call.flag("ragged") and mode != "int":
        raise ShapeError("ragged goes with output_mode int alone", argument="ragged")
    if call.get("split") is not None and (len(shape) > 2 or shape[1:] not in ((), (1,))):
        raise ShapeError(f"it splits one text an example, (batch) or (batch, 1), not {show(shape)}", None, "split")
    if isinstance(call.get("ngrams"), list | tuple):
        hint = "a number, such as 2, stands for all lengths up to it"
        raise ShapeError("Keras takes no list of ngrams out of a file", hint, "ngrams")
    if mode == "int":
        tokens = Symbol("tokens") if length is None else call.size("output_sequence_length")
        return Facts((TensorSpec((shape[0], tokens), "int64"),))
    if length is not None:
        raise ShapeError("output_sequence_length goes with output_mode int alone", argument="output_sequence_length")
    if call.get("split") is not None:
        shape = (*shape, UNKNOWN)
    elif len(shape) == 1:
        shape = (*shape, 1)
    return Facts((TensorSpec(encoded(shape, _required(call, depth), mode), "float32"),))


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
    limit = call.size("max_tokens", least=max(2, special + 1)) if call.get("max_tokens") is not None else None
    if isinstance(words, list):
        listed = special <= len(words) and words[:special] == mask + [unknown] * count
        tokens = words[special:] if listed else words
        if call.kind == "TextVectorization" and not all(isinstance(one, str) for one in words):
            raise ShapeError("vocabulary holds texts", argument="vocabulary")
        if not tokens or len(set(tokens)) < len(tokens):
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
