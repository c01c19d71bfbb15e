"""Random calls of dense, merging, reshaping and normalizing layers."""

from __future__ import annotations

from random import Random
from typing import Any

from layer_draws import Case, Shape, common, dim, dims, number, rarely, some


def dense(r: Random) -> Case:
    args = {"units": r.choice((1, 2, 5, 7, 0)) if rarely(r, 0.2) else 4, **some(r, use_bias=(True, False)), **common(r)}
    if rarely(r, 0.1):
        args |= {"lora_rank": r.choice((1, 2)), **some(r, kernel_constraint=(None, "non_neg"))}
    return Case("Dense", args, [(dims(r, r.randint(1, 3)) + dims(r, 1, unknown=0.03), number(r))])


def crf(r: Random) -> Case:
    args = {"units": r.choice((1, 2, 5, 0)), **some(r, kernel_initializer=("zeros", "he_normal")), **common(r)}
    return Case(
        "CRF", args, [(dims(r, r.choice((2, 2, 2, 1)), unknown=0.2)[:-1] + dims(r, 1, unknown=0.03), "float32")]
    )


def einsum_dense(r: Random) -> Case:
    a, b, c, d = (r.randint(1, 6) for _ in range(4))
    t = dim(r, unknown=0.3)
    equation, output, shape = r.choice(
        (
            ("ab,bc->ac", c, (a,)),
            ("ab,bc->ac", [c], (a,)),
            ("abc,cd->abd", [None, d], (t, c)),
            ("abc,cd->abd", [t, d], (t, c)),
            ("abc,cd->abd", [a, d], (a, c)),
            ("abc,cd->abd", [a, d], (b, c)),
            ("abc,bcd->ad", d, (b, c)),
            ("abc,cde->abde", [None, d, a], (t, c)),
            ("...x,xy->...y", d, (c,)),
            ("...x,xy->...y", d, (t, a, c)),
            ("...bc,cd->...bd", [t, d], (a, t, c)),
            ("ab...,bc->ac...", [c], (b, t, d)),
            ("ab,bc->ad", c, (a,)),
            ("ab,cd->ad", c, (a,)),
            ("ab->ac", c, (a,)),
        )
    )
    result = [label for label in equation.split(">")[-1] if label.isalpha()]
    args = {"equation": equation, "output_shape": output, **common(r)}
    if r.random() < 0.5:
        args["bias_axes"] = "".join(r.sample(result[-2:], r.randint(1, len(result[-2:]))))
    if rarely(r, 0.1):
        args["lora_rank"] = 2
    return Case("EinsumDense", args, [(shape, "float32")])


def embedding(r: Random, kind: str) -> Case:
    args = {"input_dim": r.randint(1, 9), "output_dim": 0 if rarely(r, 0.03) else r.randint(1, 5), **common(r)}
    args |= some(r, mask_zero=(True, False))
    if kind == "Embedding":
        if rarely(r, 0.1):
            args["lora_rank"] = 2
        return Case(kind, args, [(dims(r, r.randint(0, 3), unknown=0.3), r.choice(("int32", "int64", "float32")))])
    args |= some(r, tie_weights=(True, False))
    if r.random() < 0.5:
        return Case(kind, args, [((*dims(r, 1), args["output_dim"]), "float32")], {"reverse": True})
    return Case(kind, args, [(dims(r, r.randint(0, 3), unknown=0.3), "int32")])


def anything(r: Random, kind: str, **choices: Any) -> Case:
    """Layers that take any shape."""
    kind_of = r.choice(("bool", "string")) if kind in ("Identity", "Flatten") and rarely(r, 0.2) else number(r)
    return Case(kind, {**some(r, **choices), **common(r)}, [(dims(r, r.randint(0, 4)), kind_of)])


def required(r: Random, kind: str, /, **choices: Any) -> Case:
    """Layers that take any shape, with arguments that must be given."""
    args = {name: r.choice(values) for name, values in choices.items()}
    return Case(kind, {**args, **common(r)}, [(dims(r, r.randint(0, 4)), number(r))])


def input_layer(r: Random) -> Case:
    shape = list(dims(r, r.randint(0, 3)))
    args: dict[str, Any] = {"shape": shape} if not rarely(r) else {}
    if rarely(r, 0.3):
        args = {"batch_shape": [dim(r), *shape]}
    elif rarely(r, 0.3):
        args["batch_size"] = 3
    return Case("InputLayer", {**args, **some(r, dtype=("int32", "float16"))}, [])


def alike(r: Random, shape: Shape) -> Shape:
    """A shape that mostly goes together with another."""
    other = [1 if rarely(r, 0.15) else None if rarely(r, 0.1) else size for size in shape]
    if rarely(r, 0.15) and other:
        other[r.randrange(len(other))] = r.randint(1, 9)
    if rarely(r, 0.1):
        other = other[1:]
    return tuple(other)


def merging(r: Random, kind: str) -> Case:
    first = tuple(dim(r) for _ in range(r.randint(1, 4)))
    count = r.choice((2, 2, 2, 3, 1))
    return Case(kind, common(r), [(first, number(r)), *((alike(r, first), number(r)) for _ in range(count - 1))])


def concatenate(r: Random) -> Case:
    first = [dim(r) for _ in range(r.randint(1, 4))]
    axis = r.randint(-len(first), len(first)) if not rarely(r) else r.choice((0, 7, -7))
    shapes = [tuple(first)]
    for _ in range(r.choice((0, 1, 1, 2))):
        other = list(first)
        if axis and -len(first) <= axis <= len(first):
            other[axis - 1 if axis > 0 else axis] = dim(r)
        if rarely(r, 0.15):
            other[r.randrange(len(other))] = dim(r)
        shapes.append(tuple(other) if not rarely(r) else tuple(other[1:]))
    if len(shapes) == 1:  # with nothing to join Keras does not look at the axis
        axis = -1
    return Case("Concatenate", {**common(r), "axis": axis}, [(shape, number(r)) for shape in shapes])


def dot(r: Random) -> Case:
    left, right = ([dim(r, unknown=0.1) for _ in range(r.randint(1, 3))] for _ in range(2))
    axes = [r.randint(1, len(left)), r.randint(1, len(right))]
    if not rarely(r, 0.15):
        right[axes[1] - 1] = left[axes[0] - 1]
    given: Any = axes if not rarely(r, 0.2) else [axes[0] - len(left) - 1, axes[1] - len(right) - 1]
    if axes[0] == axes[1] and r.random() < 0.5:
        given = axes[0]
    if len(left) == len(right) == 1 and r.random() < 0.5:
        given = -1
    args = {"axes": given, **some(r, normalize=(True, False)), **common(r)}
    shapes = [left, right] if not rarely(r) else [left, right, right]
    return Case("Dot", args, [(tuple(shape), "float32") for shape in shapes])


def matmul(r: Random) -> Case:
    middle, rows, inner, columns = [dim(r) for _ in range(r.randint(0, 2))], dim(r), dim(r, unknown=0.1), dim(r)
    args = some(r, transpose_a=(True, False), transpose_b=(True, False))
    left, right = [rows, inner], [inner if not rarely(r) else dim(r), columns]
    left, right = left[:: -1 if args.get("transpose_a") else 1], right[:: -1 if args.get("transpose_b") else 1]
    shapes = [(*middle, *left), (*(middle if not rarely(r) else [dim(r)]), *right)]
    return Case("MatMul", {**args, **common(r)}, [(shape, number(r)) for shape in shapes])


def reshape(r: Random) -> Case:
    source = dims(r, r.randint(1, 3), high=6)
    total = 1
    for size in source:
        total *= size or 1
    target: list[Any] = r.choice(
        ([total], [-1], [-1, source[-1] if source else 1], [2, -1], [1, total], [-1, -1], [total + 1])
    )
    if rarely(r, 0.1):
        target = [None if size == -1 else size for size in target]
    return Case("Reshape", {"target_shape": target, **common(r)}, [(source, number(r))])


def permute(r: Random) -> Case:
    count = r.randint(1, 4)
    order = r.sample(range(1, count + 1), count)
    return Case("Permute", {"dims": order if not rarely(r) else [0, 2], **common(r)}, [(dims(r, count), number(r))])


def repeat_vector(r: Random) -> Case:
    return Case("RepeatVector", {"n": r.choice((1, 3, 5, 0)), **common(r)}, [(dims(r, 1), number(r))])


def normalizing(r: Random, kind: str, several: bool = False) -> Case:
    shape = dims(r, r.randint(1, 4), unknown=0.08)
    args: dict[str, Any] = common(r)
    if r.random() < 0.7:
        axes = list(range(-len(shape), 0)) + list(range(1, len(shape) + 1)) + [9, -9]
        args["axis"] = (
            r.sample(axes[: len(shape)], r.randint(1, len(shape)))
            if several and shape and rarely(r, 0.3)
            else r.choice(axes)
        )
    if kind == "UnitNormalization":
        return Case(kind, args, [(shape, number(r))])
    if kind != "RMSNormalization":
        args |= some(r, scale=(True, False), center=(True, False))
    if kind == "BatchNormalization":
        args |= some(r, renorm=(True, False))
    if kind == "GroupNormalization":
        args["groups"] = r.choice((1, 2, 3, 4, -1, 0))
    return Case(kind, args, [(shape, number(r))])


def local_response(r: Random) -> Case:
    args = {**some(r, n=(1, 3, 5, 4, 0), data_format=("channels_last", "channels_first")), **common(r)}
    return Case("LocalResponseNormalization", args, [(dims(r, 2 if rarely(r) else 3, unknown=0.1), number(r))])


def sliced(r: Random) -> Case:
    shape = dims(r, r.randint(1, 3), unknown=0.2)
    axis = r.randint(-len(shape), len(shape)) if not rarely(r) else r.choice((0, 7, -7))
    args = {
        "axis": axis,
        **some(r, start=(0, 1, -1, -2, None), stop=(None, -1, 1, 3), step=(1, 1, 2, -1, 0)),
        **common(r),
    }
    return Case("Slice", args, [(shape, number(r))])


def reduced(r: Random) -> Case:
    shape = dims(r, r.randint(1, 4), unknown=0.2)
    axis = r.choice((-1, 1, 1, [1], [1, 2], [-1, 1], [1, 1], [], 0, 7))
    args = {"function": r.choice(("sum", "mean", "max", "min")), "axis": axis, **some(r, keepdims=(True, False))}
    return Case("Reduce", {**args, **common(r)}, [(shape, number(r))])


def along(r: Random, kind: str) -> Case:
    shape = dims(r, r.randint(1, 3), unknown=0.2)
    return Case(kind, {**some(r, axis=(-1, 1, 1, 2, 0, 7, -7)), **common(r)}, [(shape, number(r))])


def largest(r: Random) -> Case:
    return Case(
        "TopK", {"k": r.choice((1, 2, 3, 0)), **common(r)}, [(dims(r, r.randint(0, 3), unknown=0.2), number(r))]
    )


def blocks(r: Random, kind: str) -> Case:
    block = r.choice((2, 2, 3, 1))
    rank = 2 if rarely(r) else 3
    places, channels = dims(r, rank - 1, unknown=0.1), dims(r, 1, unknown=0.05)
    if kind == "DepthToSpace" and channels and channels[0] and not rarely(r, 0.2):
        channels = (channels[0] * block * block,)
    if kind == "SpaceToDepth" and not rarely(r, 0.2):
        places = tuple(size and size * block for size in places)
    return Case(kind, {"block_size": block, **common(r)}, [((*places, *channels), number(r))])


def positions(r: Random) -> Case:
    shape = dims(r, r.choice((2, 2, 2, 3, 1)), unknown=0.2)[:-1] + dims(r, 1, unknown=0.03)
    args = {"sequence_length": r.choice((1, 4, 9, 9, 0)), **some(r, add=(True, False)), **common(r)}
    return Case("PositionEmbedding", args, [(shape, number(r))])
