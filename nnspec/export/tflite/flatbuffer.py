"""Repairs of what the converter writes, made in the .tflite flatbuffer itself.

`REPAIRS` lists those of fused recurrent kernels in order, then that of sums; `separate_outputs` is one of any file.
Each is one defect that the converter leaves (TensorFlow 2.21), and does nothing where the defect is not. A file without
them comes back byte for byte.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

Op = schema.BuiltinOperator

# The state ("variable") tensors among a kernel's inputs, by kernel.
STATE_INPUTS: dict[int, tuple[int, ...]] = {
    Op.UNIDIRECTIONAL_SEQUENCE_LSTM: (18, 19),
    Op.BIDIRECTIONAL_SEQUENCE_LSTM: (35, 36, 37, 38),
    Op.UNIDIRECTIONAL_SEQUENCE_RNN: (4,),
    Op.BIDIRECTIONAL_SEQUENCE_RNN: (4, 8),
}
HIDDEN_STATE = 18  # input of UNIDIRECTIONAL_SEQUENCE_LSTM
HIDDEN_INTERMEDIATE = 4  # its intermediate that carries the hidden state's calibrated range
# Operations that copy values without looking at them, with the inputs that they copy from.
MOVES: dict[int, tuple[int, ...]] = {
    Op.GATHER: (0,),
    Op.RESHAPE: (0,),
    Op.REVERSE_V2: (0,),
    Op.SELECT_V2: (1, 2),
    Op.SLICE: (0,),
    Op.STRIDED_SLICE: (0,),
    Op.TRANSPOSE: (0,),
}
SMALLEST_CELL_SCALE = 2.0**-15
# By how many bits these kernels raise whole numbers before they add, subtract or square them. They end the process
# where a step of the output is smaller than the last of those bits.
RAISED: dict[int, dict[int, int]] = {
    Op.ADD: {schema.TensorType.INT8: 20, schema.TensorType.INT16: 15},
    Op.SUB: {schema.TensorType.INT8: 20, schema.TensorType.INT16: 15},
    Op.SQUARED_DIFFERENCE: {schema.TensorType.INT8: 7},
}

_DTYPES: dict[int, np.dtype[Any]] = {
    schema.TensorType.FLOAT32: np.dtype(np.float32),
    schema.TensorType.INT8: np.dtype(np.int8),
    schema.TensorType.INT16: np.dtype(np.int16),
    schema.TensorType.INT32: np.dtype(np.int32),
}
_TYPES = {dtype: code for code, dtype in _DTYPES.items()}

Repair = Callable[["Program"], None]


class Program:
    """A .tflite model unpacked for editing, one subgraph at a time."""

    def __init__(self, model: Any, graph: Any) -> None:
        self.model = model
        self.graph = graph

    def code(self, op: Any) -> int:
        return builtin_code(self.model.operatorCodes[op.opcodeIndex])

    def fused(self) -> list[Any]:
        return [op for op in self.graph.operators if self.code(op) in STATE_INPUTS]

    def tensor(self, index: int) -> Any:
        return self.graph.tensors[index]

    def add_tensor(self, tensor: Any) -> int:
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def add_like(self, tensor: Any, suffix: bytes, quantization: Any) -> int:
        """The index of a new tensor like another, with a quantization of its own."""
        twin = copy.copy(tensor)
        twin.name, twin.quantization = tensor.name + suffix, quantization
        return self.add_tensor(twin)

    def buffer(self, value: np.ndarray | None = None) -> int:
        """The index of a new buffer, empty (as variables have) or with an array's bytes."""
        buffer = schema.BufferT()
        buffer.data = None if value is None else np.frombuffer(value.tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        return len(self.model.buffers) - 1

    def constant(self, name: str, value: np.ndarray, quantization: Any = None) -> int:
        """The index of a new constant tensor."""
        tensor = schema.TensorT()
        tensor.name = name.encode()
        tensor.shape = list(value.shape)
        tensor.type = _TYPES[value.dtype]
        tensor.buffer = self.buffer(value)
        tensor.quantization = quantization
        return self.add_tensor(tensor)

    def operator(self, code: int, version: int, inputs: list[int], outputs: list[int]) -> Any:
        """A new operator, not yet in the graph."""
        op = schema.OperatorT()
        op.opcodeIndex = self.opcode(code, version)
        op.inputs, op.outputs = inputs, outputs
        return op

    def quantize(self, source: int, output: int) -> Any:
        """A new QUANTIZE from one tensor to the scale of another."""
        op = self.operator(Op.QUANTIZE, 2, [source], [output])
        op.builtinOptionsType = schema.BuiltinOptions.QuantizeOptions
        op.builtinOptions = schema.QuantizeOptionsT()
        return op

    def opcode(self, code: int, version: int) -> int:
        """The index of an operator code, added to the model if it is not there."""
        codes = self.model.operatorCodes
        for index, entry in enumerate(codes):
            if builtin_code(entry) == code and entry.version >= version:
                return index
        entry = schema.OperatorCodeT()
        entry.builtinCode, entry.version = code, version
        entry.deprecatedBuiltinCode = min(code, 127)  # what runtimes older than the wide codes read
        codes.append(entry)
        return len(codes) - 1


def builtin_code(entry: Any) -> int:
    """An operator code's number, which stands in either of two fields (the narrow one is the older)."""
    return int(max(entry.builtinCode, entry.deprecatedBuiltinCode))


def separate_states(program: Program) -> None:
    """The initial state is a constant zero to the converter, which joins equal constants: a state then shares its
    tensor with weights of the same shape that happen to be zero (one unit, `[1, 1]`), and overwrites them.
    """
    written = {index for op in program.graph.operators for index in op.outputs}
    for op in program.fused():
        op.inputs = list(op.inputs)  # unpacked, it is a view of the file
        for place in STATE_INPUTS[program.code(op)]:
            index = op.inputs[place]
            if sum(list(other.inputs).count(index) for other in program.graph.operators) == 1:
                continue
            shared = program.tensor(index)
            state = copy.copy(shared)
            state.name, state.isVariable, state.buffer = shared.name + b"/own", True, program.buffer()
            op.inputs[place] = program.add_tensor(state)
            if index not in written:
                shared.isVariable = False
                shared.buffer = program.buffer(np.zeros(shared.shape, _DTYPES[shared.type]))


def drop_state_writers(program: Program) -> None:
    """float16: the states are fed by DEQUANTIZE from constants, and the kernel takes only variable tensors."""
    states = {op.inputs[place] for op in program.fused() for place in STATE_INPUTS[program.code(op)]}
    program.graph.operators = [op for op in program.graph.operators if not states & set(op.outputs)]


def unclip_cells(program: Program) -> None:
    """The cell state is clipped at 10, a number the converter writes into every LSTM; Keras does not clip."""
    for op in program.fused():
        if hasattr(op.builtinOptions, "cellClip"):
            op.builtinOptions.cellClip = 0.0


def match_hidden_scales(program: Program) -> None:
    """int8: the kernel stores its hidden values unscaled into state and output, which have ranges of their own.

    The state takes the hidden values' range, and the output goes through a QUANTIZE from it to the one calibrated.
    """
    operators = []
    for op in program.graph.operators:
        operators.append(op)
        if program.code(op) != Op.UNIDIRECTIONAL_SEQUENCE_LSTM:
            continue
        state = program.tensor(op.inputs[HIDDEN_STATE])
        if state.type != schema.TensorType.INT8:
            continue
        state.quantization = program.tensor(op.intermediates[HIDDEN_INTERMEDIATE]).quantization
        calibrated = op.outputs[0]
        op.outputs = [program.add_like(program.tensor(calibrated), b"/hidden", state.quantization)]
        operators.append(program.quantize(op.outputs[0], calibrated))
    program.graph.operators = operators


def requantize_moves(program: Program) -> None:
    """int8: an operation that only moves values gets an output scale that is not its input's, and does not rescale.

    Where they differ, the values go through a QUANTIZE to the output's scale first.
    """
    operators = []
    for op in program.graph.operators:
        for place in MOVES.get(program.code(op), ()):
            source, output = program.tensor(op.inputs[place]), program.tensor(op.outputs[0])
            if source.type != schema.TensorType.INT8 or _scale(source) == _scale(output):
                continue
            rescaled = program.add_like(source, b"/rescaled", output.quantization)
            operators.append(program.quantize(op.inputs[place], rescaled))
            op.inputs = [rescaled if index == op.inputs[place] else index for index in op.inputs]
        operators.append(op)
    program.graph.operators = operators


def _scale(tensor: Any) -> tuple[float, int]:
    return float(tensor.quantization.scale[0]), int(tensor.quantization.zeroPoint[0])


def widen_cells(program: Program) -> None:
    """int8: a cell state that stays under a half gets a scale under 2^-15, for which the kernel has no tanh.

    Its 16-bit tanh takes 0 to 6 integer bits (Q0.15 to Q6.9); with fewer the output is never written.
    """
    for op in program.fused():
        for place in STATE_INPUTS[program.code(op)]:
            cell = program.tensor(op.inputs[place])
            if cell.type == schema.TensorType.INT16 and cell.quantization.scale[0] < SMALLEST_CELL_SCALE:
                cell.quantization.scale = [SMALLEST_CELL_SCALE]


def reset_states(program: Program) -> None:
    """The state survives from one invoke to the next: before each kernel, a copy of zeros goes into it."""
    operators = []
    for op in program.graph.operators:
        for place in STATE_INPUTS.get(program.code(op), ()):
            operators.append(_zeroing(program, op.inputs[place]))
        operators.append(op)
    program.graph.operators = operators


def _zeroing(program: Program, index: int) -> Any:
    """SLICE of a whole constant: a plain copy, in every dtype, that is made at each invoke."""
    state = program.tensor(index)
    name = state.name.decode()
    dtype = _DTYPES[state.type]
    zero = 0
    if state.quantization is not None and state.quantization.zeroPoint is not None:
        zero = int(state.quantization.zeroPoint[0])
    shape = np.asarray(state.shape, np.int32)
    zeros = program.constant(f"{name}/zero", np.full(state.shape, zero, dtype), state.quantization)
    begin = program.constant(f"{name}/begin", np.zeros_like(shape))
    size = program.constant(f"{name}/size", shape)
    op = program.operator(Op.SLICE, 2 if dtype == np.int8 else 1, [zeros, begin, size], [index])
    op.builtinOptionsType = schema.BuiltinOptions.SliceOptions
    op.builtinOptions = schema.SliceOptionsT()
    return op


def widen_sums(program: Program) -> None:
    """Where a sum or a difference was about 0 in all examples, such as a normalization of one feature, its step is
    too small for the kernel: it gets the smallest that the kernel takes, and a QUANTIZE brings it to the calibrated
    one.
    """
    operators = []
    for op in _ops(program.graph):
        operators.append(op)
        if not _is_too_fine(program, op):
            continue
        output, calibrated = program.tensor(op.outputs[0]), op.outputs[0]
        wider = copy.copy(output.quantization)
        wider.scale = [_least_scale(program, op) * 1.01]
        op.outputs = [program.add_like(output, b"/wider", wider)]
        program.tensor(op.outputs[0]).buffer = program.buffer()
        operators.append(program.quantize(op.outputs[0], calibrated))
    program.graph.operators = operators


def _ops(graph: Any) -> Sequence[Any]:
    return graph.operators if graph.operators is not None else ()


def _is_too_fine(program: Program, op: Any) -> bool:
    least = _least_scale(program, op)
    return least > 0 and _scale(program.tensor(op.outputs[0]))[0] <= least


def _least_scale(program: Program, op: Any) -> float:
    """The step at or below which the kernel of a sum or difference ends the process; 0 of all else and in float."""
    bits = RAISED.get(program.code(op), {}).get(program.tensor(op.outputs[0]).type)
    if bits is None:
        return 0.0
    twice = 2 * max(_scale(program.tensor(index))[0] for index in op.inputs)
    return float((twice / 2**bits) ** (2 if program.code(op) == Op.SQUARED_DIFFERENCE else 1))


def separate_outputs(program: Program) -> None:
    """Two outputs that are one value share a tensor, and an output that is an input is the input's tensor.

    LiteRT's CompiledModel calls an output by its tensor, so that one of the two has no name there; and it leaves the
    buffer of what no operation writes as it was. The second one, and the input, are copied.
    """
    ends = {signature.subgraphIndex: signature for signature in program.model.signatureDefs or ()}
    signature = ends.get(program.model.subgraphs.index(program.graph))
    if signature is None:
        return
    taken = set(map(int, program.graph.inputs))
    outputs = [int(index) for index in program.graph.outputs]
    copies: dict[int, list[int]] = {}
    for place, index in enumerate(outputs):
        if index in taken:
            outputs[place] = _copied(program, index)
            copies.setdefault(index, []).append(outputs[place])
        taken.add(index)
    program.graph.outputs = outputs
    named: set[int] = set()
    for entry in signature.outputs:
        index = int(entry.tensorIndex)
        if index in named or index in map(int, program.graph.inputs):
            entry.tensorIndex = copies[index].pop(0)
        named.add(index)


def _copied(program: Program, index: int) -> int:
    """The index of a copy that is made at the end: a RESHAPE to its own shape, or a SLICE of all where that varies."""
    tensor = program.tensor(index)
    copy_of = program.add_like(tensor, b"/copy", tensor.quantization)
    program.tensor(copy_of).buffer, program.tensor(copy_of).isVariable = program.buffer(), False
    shape = np.asarray(tensor.shape, np.int32)
    name = tensor.name.decode()
    if tensor.shapeSignature is None or all(size >= 0 for size in tensor.shapeSignature):
        op = program.operator(Op.RESHAPE, 1, [index, program.constant(f"{name}/shape", shape)], [copy_of])
        op.builtinOptionsType, op.builtinOptions = schema.BuiltinOptions.ReshapeOptions, schema.ReshapeOptionsT()
        op.builtinOptions.newShape = [int(size) for size in shape]
    else:
        begin = program.constant(f"{name}/begin", np.zeros_like(shape))
        size = program.constant(f"{name}/size", np.full_like(shape, -1))
        op = program.operator(
            Op.SLICE, 2 if tensor.type == schema.TensorType.INT8 else 1, [index, begin, size], [copy_of]
        )
        op.builtinOptionsType, op.builtinOptions = schema.BuiltinOptions.SliceOptions, schema.SliceOptionsT()
    program.graph.operators = [*(program.graph.operators or ()), op]
    return copy_of


REPAIRS: tuple[Repair, ...] = (
    separate_states,
    drop_state_writers,
    unclip_cells,
    match_hidden_scales,
    requantize_moves,
    widen_cells,
    reset_states,
    widen_sums,
)


def repair(content: bytes, repairs: Sequence[Repair] = REPAIRS) -> bytes:
    """The file with its fused recurrent kernels, its sums and its outputs repaired."""
    given = schema.Model.GetRootAsModel(content, 0)
    codes = [given.OperatorCodes(index) for index in range(given.OperatorCodesLength())]
    kinds = {max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) for code in codes}
    plain = not kinds & STATE_INPUTS.keys() and not _shares_outputs(given)
    if plain and not kinds & RAISED.keys():
        return content
    model = unpacked(content)
    if plain and not any(_is_too_fine(Program(model, graph), op) for graph in model.subgraphs for op in _ops(graph)):
        return content
    for graph in model.subgraphs:
        for mend in (*repairs, separate_outputs):
            mend(Program(model, graph))
    return packed(model)


def _shares_outputs(given: Any) -> bool:
    """Whether a signature's outputs are inputs, or one another."""
    graphs = [given.Subgraphs(number) for number in range(given.SubgraphsLength())]
    ends = [graphs[given.SignatureDefs(number).SubgraphIndex()] for number in range(given.SignatureDefsLength())]
    tensors = [
        [*map(graph.Outputs, range(graph.OutputsLength())), *map(graph.Inputs, range(graph.InputsLength()))]
        for graph in ends
    ]
    return any(len(set(one)) < len(one) for one in tensors)


class _AlignedBuilder(flatbuffers.Builder):  # type: ignore[misc]
    """Starts vectors of bytes at a multiple of 16, as the schema wants of buffers: the packer forgets it."""

    def StartVector(self, elemSize: int, numElems: int, alignment: int) -> int:
        return int(super().StartVector(elemSize, numElems, 16 if elemSize == 1 else alignment))


def unpacked(content: bytes) -> Any:
    """A .tflite file as objects that can be changed."""
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))


def packed(model: Any) -> bytes:
    """The bytes of an unpacked model."""
    builder = _AlignedBuilder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
