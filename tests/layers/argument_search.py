"""Single-argument changes of legal layers, held by `check` and by Keras: what one takes the other must take.

A case is drawn as plain data (`layer_cases`), one of its arguments is replaced by a value that the schema allows, and
both are asked: `check` reads the spec as text, Keras makes the layer, calls it in a graph, in training and at
inference, and takes the gradient.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import yaml
from layer_cases import Case, draw
from test_oracle import RECURRENT, TAKES_A_LIST

from nnspec.backend.kinds import instantiate
from nnspec.catalog.kinds import Argument, catalog
from nnspec.frontend.diagnostics import Diagnostic, Source
from nnspec.frontend.pipeline import check
from nnspec.layers import KINDS
from nnspec.layers.types import KindValue
from nnspec.schema_validity import fits, resolve

tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})  # each case is traced once and run once
NUMBERS = (-1, 0, 1, 2, 3, 5, 40, 9, -1.5, -0.1, 0.0, 0.1, 0.5, 1.0, 1.5, 2.0, 300.0, 1e-30, 1e30)
LISTS: tuple[Any, ...] = (
    [],
    [0],
    [1],
    [-1],
    [0, 0],
    [1, 2],
    [2, 1],
    [-1, 1],
    [1, -1],
    [0.1, 0.2],
    [0.2, 0.1],
    [-0.5, 0.5],
    [-2.0, -1.5],
    [1.5, 2.0],
    [0.0, 1.0],
    [0.0, 255.0],
    [3.0, 3.0],
    [1, 1, 1],
    [1, 2, 3],
    [0.5, 1.0, 2.0],
    [2, 2, 2, 2],
    [[1, 1], [0, 2]],
    [[0, 1], [1, 0], [1, 1]],
    ["a", "b"],
    ["a", "a"],
    [""],
    ["b", "[UNK]", "a"],
)
TEXTS = ("", "hann", "hamming", "boxcar", "blackman", "nonsense", "utf-8", "latin-1", "a", "abc", "c", "ab,bc->ac")
SKIPPED = {"name", "trainable", "weights", "seed", "quantization_config", "gptq_unpacked_column_size"}


def values_for(kind: str, argument: Argument) -> list[Any]:
    """What the schema allows for an argument."""
    schema = catalog().definitions[f"layer.{kind}"]["properties"][argument.name]
    listed = list(_choices(schema))
    if argument.category in (None, "schedule"):
        found = [*listed, True, False, *NUMBERS, *LISTS, *TEXTS]
    elif argument.category == "layer":
        return []
    else:
        words = catalog().words(argument.category)
        found = [KindValue(word, {}) if catalog().has(argument.category, word) else word for word in words]
        return [value for value in found if not isinstance(value, str) or "$" not in value]
    return [value for value in found if fits(value, schema, catalog().schema) and "$" not in str(value)]


def _choices(schema: Any) -> Iterator[Any]:
    while "$ref" in schema:
        schema = resolve(schema["$ref"], catalog().schema)
    for branch in (schema, *schema.get("anyOf", ())):
        yield from branch.get("enum", ())


def changed(kind: str, index: int, per_argument: int) -> Iterator[tuple[str, Case]]:
    """Cases of a kind, each one argument away from a drawn case."""
    r = Random(f"{kind} {index} changed")
    base = draw(kind, index)
    yield "", base
    for argument in catalog().arguments("layer", kind):
        if argument.name in SKIPPED:
            continue
        found = values_for(kind, argument)
        for value in r.sample(found, min(per_argument, len(found))):
            yield argument.name, replace(base, args={**base.args, argument.name: value})
    for position, (shape, dtype) in enumerate(base.inputs):
        for other in r.sample([*_shapes(shape, r)], 2):
            inputs = [*base.inputs]
            inputs[position] = (other, dtype)
            yield "", replace(base, inputs=inputs)


def paired(kind: str, index: int, count: int) -> Iterator[tuple[str, Case]]:
    """Cases of a kind, each two arguments away from a drawn case: values that `check` takes one by one."""
    r = Random(f"{kind} {index} paired")
    base = draw(kind, index)
    yield "", base
    if of_check(base):
        return
    names = [one for one in catalog().arguments("layer", kind) if one.name not in SKIPPED]
    values = {one.name: found for one in names if (found := values_for(kind, one))}
    for _ in range(count):
        pair = r.sample(sorted(values), 2)
        given = {name: r.choice(values[name]) for name in pair}
        if not any(of_check(replace(base, args={**base.args, name: value})) for name, value in given.items()):
            yield " and ".join(pair), replace(base, args={**base.args, **given})


def _shapes(shape: tuple[int | None, ...], r: Random) -> Iterator[tuple[int | None, ...]]:
    yield tuple(1 for _ in shape)
    yield tuple(r.choice((None, 2, 3)) for _ in shape)
    yield tuple(r.randint(1, 12) for _ in shape)
    yield (*shape, r.choice((1, 3)))
    yield shape[1:]
    for axis in range(len(shape)):
        yield (*shape[:axis], r.choice((1, 2, None)), *shape[axis + 1 :])


def text(case: Case) -> str:
    """The spec of a case: an argument on each line."""
    names = [f"x{index}" for index in range(len(case.inputs))]
    spec = "nnspec: 1\ninputs:\n"
    for name, (shape, dtype) in zip(names, case.inputs, strict=True):
        spec += f"  {name}: {{shape: {_flow(list(shape))}, dtype: {dtype}}}\n"
    spec += f"layers:\n  - {case.kind}:\n"
    for name, value in case.args.items():
        spec += f"      {name}: {_flow(plain(value))}\n"
    spec += f"    from: {_flow(names if len(names) != 1 else names[0])}\n"
    return spec + (f"    call: {_flow(case.call)}\n" if case.call else "")


def _flow(value: Any) -> str:
    return (
        yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True).removesuffix("\n...\n").strip()
    )


def plain(value: Any) -> Any:
    if isinstance(value, KindValue):
        return {value.kind: {name: plain(item) for name, item in value.args.items()}}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def of_check(case: Case) -> tuple[Diagnostic, ...]:
    """The errors of `check`, and its warning of what runs on GPUs alone."""
    found = check(Source.from_text(text(case), "net.yaml"), data=False)
    return tuple(one for one in found.diagnostics if one.severity == "error" or one.code == "W0613")


def of_keras(case: Case) -> tuple[Exception | None, bool]:
    """What was raised, if every kind of numbers fails; and whether the results were finite."""
    failed: Exception | None = None
    for fill in ("random", "zeros", "ones", "many"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return None, _runs(case, fill)
        except tf.errors.OpError as error:  # other numbers may do
            failed = failed or error
        except Exception as error:
            return error, True
    return failed, True


def _runs(case: Case, fill: str) -> bool:
    keras.utils.set_random_seed(0)
    layer = instantiate("layer", KindValue(case.kind, case.args))
    given = [keras.Input(shape, dtype=dtype) for shape, dtype in case.inputs]
    numbers = [_numbers(shape, dtype, fill, seed) for seed, (shape, dtype) in enumerate(case.inputs)]
    learns = KINDS[case.kind].learns
    if learns and case.args.get(learns.argument) is None and not case.args.get(learns.reversed_by or ""):
        layer.adapt(numbers[0])
    model = keras.Model(given, _call(layer, case, given))

    def step(*tensors: Any) -> Any:
        values = list(tensors) if len(tensors) > 1 else tensors[0]
        with tf.GradientTape() as tape:
            results = _dense(model(values, training=True))
            floats = [one for one in results if one.dtype.is_floating]
            loss = sum((tf.reduce_mean(tf.cast(one, "float32")) for one in (*floats, *model.losses)), tf.constant(0.0))
        gradients = tape.gradient(loss, model.trainable_variables)
        plain = _dense(model(values, training=False))
        return [one for one in (*floats, *plain, *gradients) if one is not None and one.dtype.is_floating]

    signature = [tf.TensorSpec((None, *shape), dtype) for shape, dtype in case.inputs]
    found = tf.function(step, input_signature=signature, autograph=False)(*numbers)
    found = [one.values if isinstance(one, tf.IndexedSlices) else one for one in found]
    return all(bool(np.isfinite(np.asarray(tf.cast(one, "float64"))).all()) for one in found)


def _dense(results: Any) -> list[Any]:
    """The tensors of a result, sparse and ragged ones filled up."""
    found = []
    for one in keras.tree.flatten(results):
        sparse = tf.sparse.to_dense(one) if isinstance(one, tf.SparseTensor) else one
        found.append(sparse.to_tensor() if isinstance(sparse, tf.RaggedTensor) else sparse)
    return found


def _call(layer: Any, case: Case, given: list[Any]) -> Any:
    if case.kind in TAKES_A_LIST and len(given) > 1:
        return layer(given, **case.call)
    if case.kind in RECURRENT and len(given) > 1:
        return layer(given[0], initial_state=given[1:], **case.call)
    return layer(*given, **case.call)


def _numbers(shape: tuple[int | None, ...], dtype: str, fill: str, seed: int) -> Any:
    unknown = {"random": 7, "zeros": 3, "ones": 1, "many": 64}[fill]
    sizes = [2, *(unknown if size is None else size for size in shape)]
    draw = np.random.default_rng(seed)
    if dtype == "string":
        return tf.constant(draw.choice(["a", "b c"], sizes).tolist())
    values = draw.random(sizes) if fill in ("random", "many") else np.full(sizes, float(fill == "ones"))
    if dtype != "float32" and fill in ("random", "many") and "float" not in dtype:
        values = draw.integers(0, 2, sizes)
    return tf.cast(tf.constant(values), dtype)
