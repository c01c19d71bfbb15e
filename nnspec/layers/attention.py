"""Attention. Multiply-adds: the projections, queries with keys, and scores with values."""

from __future__ import annotations

from functools import partial
from typing import Any

from nnspec.layers import operations
from nnspec.layers.fields import everything
from nnspec.layers.kind import LayerKind
from nnspec.layers.masks import UsesMask, attended, attended_by_heads, same
from nnspec.layers.rule import Call, Facts, Rule, ShapeError, differ, mismatch, product, show, weights
from nnspec.layers.types import Dim
from nnspec.layers.value_types import ON_FLOATS, WEIGHED


def _attention(call: Call, additive: bool = False) -> Facts:
    """Luong's scores, or Bahdanau's (additive), between query, value and, third, key."""
    query, value, key = _query_value_key(call)
    for name, shape in (("value", value), ("key", key)):
        _check_stacked(name, shape, query)
    if differ(value[-2], key[-2]):
        raise ShapeError(f"value has {value[-2]} places and key {key[-2]}")
    if differ(query[-1], key[-1]):
        raise ShapeError(f"query has {query[-1]} features and key {key[-1]}")
    scored = not additive and call.choice("score_mode", "dot", "concat") == "dot"
    scales: Dim = 0
    if call.flag("use_scale"):
        scales = weights(query[-1]) if additive else 1
    if not additive and not scored:
        scales = scales + 1
    scores = (*query[:-1], key[-2])
    outputs = [call.output(*query[:-1], value[-1])]
    if call.options.get("return_attention_scores"):
        outputs.append(call.output(*scores))
    macs = product(scores[1:]) * (value[-1] + (query[-1] if scored else 0))
    return Facts(tuple(outputs), scales, macs=macs)


def _check_stacked(name: str, shape: tuple[Dim, ...], query: tuple[Dim, ...]) -> None:
    """Keras multiplies matrices with whatever stands before them: a batch against an axis, where the ranks differ."""
    if len(shape) != len(query):
        raise ShapeError(f"query has {len(query)} dimensions, {show(query)}, and {name} {len(shape)}, {show(shape)}")
    for one, other in zip(query[1:-2], shape[1:-2], strict=True):
        if other != 1 and differ(one, other):
            raise ShapeError(f"query {show(query)} and {name} {show(shape)} do not go together: {one} against {other}")


def _multi_head(call: Call) -> Facts:
    """Vaswani et al. 2017 (arXiv:1706.03762). Query, value and key may have several axes of places."""
    query, value, key = _query_value_key(call)
    _refuse_flash(call)
    if call.get("sliding_window") is not None and (len(query) > 3 or len(call.several("attention_axes")) > 1):
        raise ShapeError("a sliding window goes along one axis of places", argument="sliding_window")
    if len(query) != len(value):
        raise ShapeError(f"query has {len(query)} dimensions, {show(query)}, and value {len(value)}, {show(value)}")
    if len(value) != len(key) or any(map(mismatch, value[1:-1], key[1:-1])):
        raise ShapeError(f"value {show(value)} and key {show(key)} differ in their places")
    heads, key_dim = call.size("num_heads"), call.size("key_dim")
    value_dim = call.size("value_dim") if call.get("value_dim") is not None else key_dim
    call.fraction("dropout")
    asked = call.get("output_shape")
    outer = call.sizes("output_shape", len(call.several("output_shape"))) if asked else query[-1:]
    projections = [(query, key_dim), (key, key_dim), (value, value_dim)]
    if call.flag("use_gate"):
        projections.append((query, value_dim))
    total, macs = _project(call, projections, heads)
    kernel = weights(heads, value_dim, *outer)
    total = total + kernel + (weights(*outer) if call.flag("use_bias") else 0)
    places, attended = product(query[1:-1]), product(_attended(call, key))
    macs = macs + places * kernel + places * attended * heads * (key_dim + value_dim)
    outputs = [call.output(*query[:-1], *outer)]
    if call.options.get("return_attention_scores"):
        # Keras gives the length of the query twice, also where the key has another
        outputs.append(call.output(query[0], heads, query[1], query[1]))
    return Facts(tuple(outputs), total, macs=macs)


def _grouped_query(call: Call) -> Facts:
    """Ainslie et al. 2023 (arXiv:2305.13245): several heads of queries share one of keys and values."""
    query, value, key = _query_value_key(call)
    _refuse_flash(call)
    for shape in (query, value, key):
        if len(shape) != 3:
            raise ShapeError(f"it takes 3 dimensions (batch, places, features) and gets {len(shape)}: {show(shape)}")
    if differ(query[-1], value[-1]):
        raise ShapeError(f"query has {query[-1]} features and value {value[-1]}")
    if mismatch(value[1], key[1]):
        raise ShapeError(f"value has {value[1]} places and key {key[1]}")
    heads, groups, size = call.size("num_query_heads"), call.size("num_key_value_heads"), call.size("head_dim")
    if isinstance(heads, int) and isinstance(groups, int) and heads % groups:
        raise ShapeError(
            f"{heads} query heads cannot share {groups} key and value heads evenly", argument="num_key_value_heads"
        )
    call.fraction("dropout")
    total, macs = _project(call, [(query, size)] * (2 if call.flag("use_gate") else 1), heads)
    shared, shared_macs = _project(call, [(key, size), (value, size)], groups)
    kernel = weights(heads, size, query[-1])
    total = total + shared + kernel + (weights(query[-1]) if call.flag("use_bias") else 0)
    macs = macs + shared_macs + query[1] * kernel + 2 * query[1] * key[1] * heads * size
    outputs = [call.output(*query)]
    if call.options.get("return_attention_scores"):
        outputs.append(call.output(query[0], heads, query[1], key[1]))
    return Facts(tuple(outputs), total, macs=macs)


def _refuse_flash(call: Call) -> None:
    if call.flag("flash_attention"):
        hint = "leave it out: what is computed is the same"
        raise ShapeError("Keras has no fused attention on TensorFlow", hint, "flash_attention")


def _query_value_key(call: Call) -> tuple[tuple[Dim, ...], ...]:
    """The three shapes; the key is the value where only two inputs are given."""
    if len(call.inputs) not in (2, 3):
        hint = "`from: [x, x]` attends to itself, x being the name of the layer before"
        raise ShapeError(f"it takes a query, a value and perhaps a key, and gets {len(call.inputs)}", hint)
    for spec in call.inputs:
        if len(spec.shape) < 3:
            hint = "return_sequences: true on the recurrent layer before gives 3 dimensions"
            raise ShapeError(f"it takes at least 3 dimensions (batch, places, features), not {show(spec.shape)}", hint)
    query, value, *key = (spec.shape for spec in call.inputs)
    return query, value, key[0] if key else value


def _attended(call: Call, key: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The axes of places that a query looks along: ``attention_axes``, all by default."""
    if call.get("attention_axes") is None:
        return key[1:-1]
    if not call.several("attention_axes"):
        raise ShapeError("attention_axes names one axis or more", argument="attention_axes")
    axes = call.axes(key, "attention_axes")
    for axis in axes:
        if axis in (0, len(key) - 1):
            what = (
                "the batch: examples would see each other"
                if axis == 0
                else "the features: Keras takes its heads for it"
            )
            hint = "axes of places lie between the batch and the features"
            raise ShapeError(f"attention_axes: axis {axis} is {what}", hint, "attention_axes")
    return tuple(key[axis] for axis in axes)


def _project(call: Call, projections: list[tuple[tuple[Dim, ...], Dim]], heads: Dim) -> tuple[Dim, Dim]:
    """Weights and multiply-adds of projecting each shape to ``heads`` vectors of a size."""
    total: Dim = 0
    macs: Dim = 0
    for shape, size in projections:
        kernel = weights(shape[-1], heads, size)
        total = total + kernel + (weights(heads, size) if call.flag("use_bias") else 0)
        macs = macs + product(shape[1:-1]) * kernel
    return total, macs


def _kind(says: str, rule: Rule, uses_mask: UsesMask, **more: Any) -> LayerKind:
    return LayerKind(
        says=says,
        family="attention",
        rule=rule,
        mask=same,
        uses_mask=uses_mask,
        field=everything,
        draws=("dropout",),
        **more,
    )


PROJECTIONS = {"kernel": 3, "bias": 1}  # the last one's bias; those of the heads are matrices

ATTENTION: dict[str, LayerKind] = {
    "Attention": _kind(
        "Luong's attention: values weighted by the dot products of query and key.",
        _attention,
        attended,
        training=False,
        types=ON_FLOATS,
        operations=operations.attended,
    ),
    "AdditiveAttention": _kind(
        "Bahdanau's attention: scores are sums of query and key behind a tanh.",
        partial(_attention, additive=True),
        attended,
        training=False,
        types=ON_FLOATS,
        operations=operations.attended,
    ),
    "MultiHeadAttention": _kind(
        "Scaled dot-product attention with several heads, as in the Transformer.",
        _multi_head,
        attended_by_heads,
        takes_masks_off=True,
        ranks=PROJECTIONS,
        types=WEIGHED,
        operations=operations.attended_by_heads,
    ),
    "GroupQueryAttention": _kind(
        "Multi-head attention in which several query heads share one key and value head.",
        _grouped_query,
        attended_by_heads,
        ranks=PROJECTIONS,
        types=WEIGHED,
        operations=operations.attended_by_groups,
    ),
}
