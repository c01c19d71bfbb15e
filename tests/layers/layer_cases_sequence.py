"""Random calls of layers over time: recurrence and attention."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import Any

from layer_cases_spatial import conv_lstm
from layer_draws import RECURRENT_FLAGS, Case, Shape, common, dim, dims, number, rarely, some

from nnspec.layers.types import KindValue


def recurrent(r: Random, kind: str) -> Case:
    args = {"units": r.randint(1, 4) if not rarely(r, 0.03) else 0, **some(r, **RECURRENT_FLAGS), **common(r)}
    if kind == "GRU":
        args |= some(r, reset_after=(True, False))
    if kind == "JordanRNN":
        args |= some(r, output_units=(None, 1, 3))
    shape = dims(r, 1, unknown=0.3) + dims(r, 1, unknown=0.03)
    state = args.get("output_units") or args["units"]
    return Case(kind, args, [(shape, number(r)), *initial_states(r, state, 2 if kind == "LSTM" else 1)])


def initial_states(r: Random, units: int, count: int) -> list[tuple[Shape, str]]:
    if not rarely(r, 0.2):
        return []
    return [((units + rarely(r),), "float32")] * count


def cell(r: Random) -> KindValue:
    kind = r.choice(("SimpleRNNCell", "GRUCell", "LSTMCell", "JordanCell", "StackedRNNCells"))
    if kind == "StackedRNNCells":
        return KindValue(kind, {"cells": [cell_of(r) for _ in range(r.randint(1, 3))]})
    return cell_of(r, kind)


def cell_of(r: Random, kind: str | None = None) -> KindValue:
    kind = kind or r.choice(("SimpleRNNCell", "GRUCell", "LSTMCell", "JordanCell"))
    return KindValue(kind, {"units": r.randint(1, 4), **some(r, use_bias=(True, False)), **common(r)})


def walked(r: Random) -> Case:
    flags = {name: values for name, values in RECURRENT_FLAGS.items() if name != "use_bias"}
    stack: Any = [cell_of(r), cell_of(r)] if rarely(r, 0.2) else cell(r)
    shape = (dim(r, unknown=0.3), dim(r, unknown=0.03))
    return Case("RNN", {"cell": stack, **some(r, **flags), **common(r)}, [(shape, number(r))])


def bidirectional(r: Random) -> Case:
    kind = r.choice(("LSTM", "GRU", "SimpleRNN", "JordanRNN", "RNN", "ConvLSTM1D", "Dense"))
    if kind == "Dense":
        return Case("Bidirectional", {"layer": KindValue("Dense", {"units": 3})}, [((4, 3), "float32")])
    inner = {"RNN": walked, "ConvLSTM1D": partial(conv_lstm, kind="ConvLSTM1D")}.get(
        kind, partial(recurrent, kind=kind)
    )(r)
    args = {
        "layer": KindValue(kind, inner.args),
        **some(r, merge_mode=("concat", "sum", "mul", "ave", None)),
        **common(r),
    }
    if rarely(r, 0.25):
        other = {**inner.args, "go_backwards": not inner.args.get("go_backwards", False)}
        if rarely(r, 0.2):
            other |= some(r, **RECURRENT_FLAGS) if kind != "RNN" else {}
        args["backward_layer"] = KindValue(kind, other)
    states = inner.inputs[1:] * 2
    return Case("Bidirectional", args, [inner.inputs[0], *states])


def attention(r: Random, kind: str) -> Case:
    features, places = r.randint(1, 5), dim(r, unknown=0.2)
    query = (dim(r, unknown=0.2), features)
    value = (places, dim(r, 1, 5, unknown=0.05))
    if r.random() < 0.5:
        value = (places, features)
    inputs = [query, value, *([(places, features)] if r.random() < 0.5 or value[-1] != features else [])]
    if rarely(r):
        inputs = inputs[:1]
    args = {**some(r, use_scale=(True, False), dropout=(0.0, 0.2)), **common(r)}
    if kind == "Attention":
        args |= some(r, score_mode=("dot", "concat"))
    call = some(r, return_attention_scores=(True, False))
    return Case(kind, args, [(shape, "float32") for shape in inputs], call)


def multi_head(r: Random) -> Case:
    rank = r.choice((1, 1, 1, 2))
    query = (*(dim(r, unknown=0.2) for _ in range(rank)), dim(r, 1, 5, unknown=0.02))
    value = (*(dim(r, unknown=0.2) for _ in range(rank)), r.randint(1, 5))
    key = (*value[:-1], r.randint(1, 5)) if not rarely(r) else (3, 4)
    args = {"num_heads": r.choice((1, 2, 3)), "key_dim": 0 if rarely(r, 0.03) else r.randint(1, 4), **common(r)}
    args |= some(
        r, value_dim=(None, 2, 3), use_bias=(True, False), output_shape=(None, 3, [2, 3]), use_gate=(True, False)
    )
    if rank == 2:
        args |= some(r, attention_axes=(1, 2, -1, [1, 2]))
    inputs = [query, value, key][: r.choice((2, 3))]
    return Case(
        "MultiHeadAttention",
        args,
        [(shape, number(r)) for shape in inputs],
        some(r, return_attention_scores=(True, False)),
    )


def grouped_query(r: Random) -> Case:
    features = r.randint(1, 5)
    value = (dim(r, unknown=0.2), features if not rarely(r) else 7)
    key = (value[0], r.randint(1, 5)) if not rarely(r) else (11, 2)
    args = {
        "head_dim": r.randint(1, 4),
        "num_query_heads": r.choice((2, 4, 6)),
        "num_key_value_heads": r.choice((1, 2, 3)),
        **common(r),
    }
    args |= some(r, use_bias=(True, False), use_gate=(True, False))
    inputs = [(dim(r, unknown=0.2), features), value, key][: r.choice((2, 3))]
    return Case(
        "GroupQueryAttention",
        args,
        [(shape, "float32") for shape in inputs],
        some(r, return_attention_scores=(True, False)),
    )
