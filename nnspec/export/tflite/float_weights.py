"""Which weights of a quantized file stayed float, or in 8 bits where 4 were wanted: read in the file, not guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from ai_edge_litert import schema_py_generated as schema

from nnspec.export.tflite.alignment import owners
from nnspec.export.tflite.flatbuffer import Op, builtin_code, unpacked
from nnspec.layers.portable import FOUR_BITS

# Operations whose constants of two and more axes are weights; other constants are scales, shapes and tables.
WEIGHTED = {
    Op.BATCH_MATMUL, Op.BIDIRECTIONAL_SEQUENCE_LSTM, Op.BIDIRECTIONAL_SEQUENCE_RNN, Op.CONV_2D, Op.CONV_3D,
    Op.CONV_3D_TRANSPOSE, Op.DEPTHWISE_CONV_2D, Op.EMBEDDING_LOOKUP, Op.FULLY_CONNECTED, Op.GATHER, Op.TRANSPOSE_CONV,
    Op.UNIDIRECTIONAL_SEQUENCE_LSTM, Op.UNIDIRECTIONAL_SEQUENCE_RNN,
}  # fmt: skip
SMALLER = (schema.TensorType.FLOAT16, schema.TensorType.INT4, schema.TensorType.INT8, schema.TensorType.INT16)
LISTED = 8  # layers


def weights_in_float(
    content: bytes, quantize: str, layers: Sequence[str], told: Collection[str] = ()
) -> tuple[str, ...]:
    """Remarks on the layers whose weights a quantized file holds in float32, or in 8 bits where 4 are wanted.

    Args:
        layers: all top-level layers, in their order.
        told: layers of which it is known already: asked for by `keep_float`, or remarked elsewhere.
    """
    if quantize == "none":
        return ()
    kept: Counter[str] = Counter()
    eight: Counter[str] = Counter()
    smaller = 0
    for owner, dtype, size in _weights(content, layers):
        if dtype in SMALLER:
            smaller += 1
            if quantize in FOUR_BITS and dtype == schema.TensorType.INT8:
                eight[owner or "an operation of no layer"] += size
        elif dtype == schema.TensorType.FLOAT32:
            kept[owner or "an operation of no layer"] += size
    if not smaller and kept:
        return (f"{quantize} quantized nothing: all weights stayed float32, {_listed(kept)}",)
    rest = Counter({name: size for name, size in kept.items() if name not in told})
    found = (f"{quantize} left weights in float32: {_listed(rest)}",) if rest else ()
    return (*found, f"{quantize} left weights in 8 bits: {_listed(eight)}") if eight else found


def _weights(content: bytes, layers: Sequence[str]) -> Iterator[tuple[str | None, int, int]]:
    """Layer, dtype and number of values of each weight of the file, each once."""
    model = unpacked(content)
    for graph in model.subgraphs:
        made = {index: op for op in graph.operators for index in op.outputs}
        seen: set[int] = set()
        for op, owner in zip(graph.operators, owners(graph, graph.operators, layers), strict=True):
            if builtin_code(model.operatorCodes[op.opcodeIndex]) not in WEIGHTED:
                continue
            for index in op.inputs:
                source = made.get(index)
                if source is not None and builtin_code(model.operatorCodes[source.opcodeIndex]) == Op.DEQUANTIZE:
                    index = source.inputs[0]  # float16 weights, made float32 on the way
                if index < 0 or index in seen or index in made:
                    continue
                seen.add(index)
                tensor = graph.tensors[index]
                is_constant = model.buffers[tensor.buffer].data is not None
                if is_constant and tensor.shape is not None and len(tensor.shape) > 1:
                    size = 1
                    for width in tensor.shape:
                        size *= int(width)
                    yield owner, tensor.type, size


def _listed(kept: Counter[str]) -> str:
    named = [f"{name} ({size:,} values)" for name, size in kept.most_common(LISTED)]
    return ", ".join(named) + (f" and {len(kept) - LISTED} more" if len(kept) > LISTED else "")
