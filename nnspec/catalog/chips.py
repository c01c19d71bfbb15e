"""What chips and accelerators compute of a TFLite file: the operations that each has a kernel for, by public sources.

The tables are what the sources said on their dates, and no promise: drivers differ, and a kernel may refuse an
operation for its sizes. `Limit` holds the limits of sizes that a spec can tell. The ARM table was compared with what
Vela does to files (``tests/export/test_export_vela.py``), the one of microcontrollers with TensorFlow Lite Micro.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from nnspec.layers.operations import Loops
from nnspec.layers.rule import Call
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a kernel's sizes.

    Attributes:
        operation: the operation whose kernel has it.
        says: what the kernel takes, as a sentence without its subject.
        holds: whether a layer that becomes this operation keeps to it; True where its sizes are not known.
    """

    operation: str
    says: str
    holds: Callable[[Call], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A chip or an accelerator that a TFLite file is for.

    Attributes:
        says: what it is.
        operations: those that it computes.
        otherwise: what becomes of another operation: ``cpu``, it runs on the CPU beside; ``nowhere``, no file with it
            runs.
        settings: what of a TFLite target has to be so, by argument: the values that will do, the first by default.
        fixed: whether sizes that vary are refused.
        limits: of its kernels' sizes.
        sources: where this was read, with the dates of what was read.
    """

    says: str
    operations: frozenset[str]
    otherwise: Literal["cpu", "nowhere"] = "cpu"
    settings: dict[str, tuple[Any, ...]]
    fixed: bool = True
    limits: tuple[Limit, ...] = ()
    sources: tuple[str, ...]


def _pairs(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _within(argument: str, low: int, high: int) -> Callable[[Call], bool]:
    """Whether all numbers of an argument lie between two."""
    return lambda call: all(low <= size <= high for size in _pairs(call.get(argument)) if isinstance(size, int))


def _window(call: Call) -> bool:
    """Windows of a mean over padded places are at most 8 wide; others 256 high."""
    most = 8 if call.get("padding") == "same" else 256
    return all(size <= most for size in _pairs(call.get("pool_size")) if isinstance(size, int))


def _last_size(call: Call) -> bool:
    size = call.inputs[0].shape[-1] if call.inputs else None
    return not isinstance(size, int) or size <= 16_000


def _ranks(most: int) -> Callable[[Call], bool]:
    return lambda call: all(len(spec.shape) <= most for spec in call.inputs)


def _twice(call: Call) -> bool:
    """Whether places are doubled, quadrupled or eightfold, the same along both axes."""
    sizes = _pairs(call.get("size"))
    return call.get("size") is None or (len(set(sizes)) == 1 and sizes[0] in (1, 2, 4, 8))


def _alike(argument: str) -> Callable[[Call], bool]:
    return lambda call: len(set(_pairs(call.get(argument)))) <= 1


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What recurrent layers become, by the `runtime` of a target.
LOOPS: dict[str, Loops] = {"any": "while", "unrolled": "unrolled", "interpreter": "fused", "micro": "fused"}
WHOLE = {"quantize": ("int8",), "io": ("int8", "uint8")}
ANY = {"quantize": ("none", "float16", "int8"), "runtime": ("any", "unrolled")}
ON_GPU = ("none", "float16", "dynamic", "int8", "auto", None)  # left out, it is one of these
PHONES = "LiteRT, commit f674577 of 2026-08-21"

_DRIFT = _words(
    """
    ABS ADD ADD_N ARG_MAX ATAN2 AVERAGE_POOL_2D BATCH_MATMUL BITCAST BITWISE_XOR CAST CEIL CONCATENATION CONV_2D COS
    CUMSUM DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP FLOOR
    FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GELU GREATER GREATER_EQUAL HARD_SWISH LEAKY_RELU LESS LESS_EQUAL LOG
    LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL
    ONE_HOT PACK PAD PADV2 POW PRELU QUANTIZE REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6
    RELU_0_TO_1 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 RIGHT_SHIFT ROUND RSQRT
    SELECT SELECT_V2 SIGN SIN SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE
    STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CBRT STABLEHLO_CLAMP STABLEHLO_COMPOSITE STABLEHLO_REMAINDER
    STABLEHLO_SHIFT_LEFT STRIDED_SLICE SUB SUM TANH TILE TOPK_V2 TRANSPOSE TRANSPOSE_CONV UNPACK
    """
)
_FOUR_AXES = tuple(
    Limit(name, "takes tensors of at most 4 axes there", _ranks(4))
    for name in ("TRANSPOSE", "RESHAPE", "CONCATENATION", "STRIDED_SLICE", "SLICE", "MEAN", "REDUCE_MAX", "TILE")
)

CHIPS: dict[str, Chip] = {
    "android-gpu": Chip(
        says="the GPU of an Android phone, by LiteRT's GPU accelerator",
        operations=_DRIFT,
        settings={"quantize": ON_GPU, "runtime": ("any", "unrolled")},
        limits=_FOUR_AXES,
        sources=(
            f"google-ai-edge/LiteRT, ml_drift_delegate/tflite/model_builder.cc: {PHONES}",
            "files run by ai-edge-litert 2.3.0 on a GPU in software: WHILE stays on the CPU, its body does not",
        ),
    ),
    "qualcomm": Chip(
        says="the NPU of a Snapdragon, by LiteRT's plugin for Qualcomm's QNN",
        operations=_words(
            """
            ABS ADD ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND BROADCAST_TO CAST CEIL
            CONCATENATION CONV_2D CONV_3D COS CUMSUM DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV
            DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER
            GATHER_ND GELU GREATER GREATER_EQUAL HARD_SWISH L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG
            LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL
            NEG NOT_EQUAL ONE_HOT PACK PAD PADV2 POW PRELU QUANTIZE REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN RELU
            RELU6 RELU_0_TO_1 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 ROUND RSQRT
            SCATTER_ND SELECT SELECT_V2 SIGN SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT
            SQUARE SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TILE TOPK_V2 TRANSPOSE TRANSPOSE_CONV UNPACK
            """
        ),
        settings=ANY,
        sources=(
            f"google-ai-edge/LiteRT, litert/vendors/qualcomm/compiler/qnn_compose_graph.cc: {PHONES}",
            "google-ai-edge/LiteRT issue 9045: sizes that vary become 1",
        ),
    ),
    "mediatek": Chip(
        says="the NPU of a MediaTek phone, by LiteRT's plugin for NeuroPilot",
        operations=_words(
            """
            ABS ADD AVERAGE_POOL_2D BATCH_MATMUL CAST CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEQUANTIZE DIV
            FULLY_CONNECTED GELU GREATER HARD_SWISH L2_NORMALIZATION LEAKY_RELU LESS LOGISTIC MAXIMUM MAX_POOL_2D MEAN
            MINIMUM MUL PAD PADV2 PRELU QUANTIZE REDUCE_MAX RELU RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT
            SLICE SOFTMAX SPLIT SQRT SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV
            """
        ),
        settings=ANY,
        sources=(f"google-ai-edge/LiteRT, litert/vendors/mediatek/compiler/compiler_plugin.cc: {PHONES}",),
    ),
    "samsung": Chip(
        says="the NPU of an Exynos phone, by LiteRT's plugin for Samsung's compiler",
        operations=_words(
            """
            ABS ADD ARG_MAX AVERAGE_POOL_2D BATCH_MATMUL BROADCAST_TO CAST CEIL CONCATENATION CONV_2D CONV_3D COS
            CUMSUM DEPTHWISE_CONV_2D DEQUANTIZE DIV EMBEDDING_LOOKUP EQUAL EXP FLOOR FLOOR_DIV FULLY_CONNECTED GATHER
            GATHER_ND GELU GREATER GREATER_EQUAL HARD_SWISH L2_NORMALIZATION LEAKY_RELU LESS LOG LOGICAL_AND LOGISTIC
            MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NOT_EQUAL PAD PADV2 POW QUANTIZE REDUCE_MAX REDUCE_MIN
            RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 RSQRT
            SELECT SELECT_V2 SIN SLICE SOFTMAX SPACE_TO_DEPTH SPLIT SQRT SQUARED_DIFFERENCE STRIDED_SLICE SUB SUM TANH
            TRANSPOSE TRANSPOSE_CONV
            """
        ),
        settings=ANY,
        sources=(f"google-ai-edge/LiteRT, litert/vendors/samsung/compiler/create_model.cc: {PHONES}",),
    ),
    "ethos-u": Chip(
        says="Arm's Ethos-U55, U65 or U85 beside a microcontroller, by the compiler Vela",
        operations=_words(
            """
            ABS ADD ARG_MAX AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D EXP EXPAND_DIMS FULLY_CONNECTED
            HARD_SWISH LEAKY_RELU LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL PACK PAD PRELU QUANTIZE
            RELU RELU6 RELU_0_TO_1 RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SHAPE SLICE
            SOFTMAX SPLIT SPLIT_V SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB TANH TRANSPOSE TRANSPOSE_CONV
            UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK
            """
        ),
        settings={
            **WHOLE,
            "quantize": ("int8", "int16x8"),
            "io": ("int8",),
            "runtime": ("micro", "interpreter", "unrolled"),
        },
        limits=(
            Limit("DEPTHWISE_CONV_2D", "takes strides of at most 3", _within("strides", 1, 3)),
            Limit("CONV_2D", "takes strides of at most 3", _within("strides", 1, 3)),
            Limit("MAX_POOL_2D", "takes strides of at most 3", _within("strides", 1, 3)),
            Limit("MAX_POOL_2D", "takes windows of at most 256", _within("pool_size", 1, 256)),
            Limit("AVERAGE_POOL_2D", "takes windows of at most 8, or 256 without padding", _window),
            Limit("TRANSPOSE_CONV", "takes strides of 1 or 2", _within("strides", 1, 2)),
            Limit("RESIZE_BILINEAR", "makes sizes 2, 4 or 8 times as large", _twice),
            Limit("RESIZE_NEAREST_NEIGHBOR", "makes sizes 2, 4 or 8 times as large", _twice),
        ),
        sources=("ethos-u-vela 5.2.0, its table of operations and of their limits, read 2026-11-28",),
    ),
    "coral": Chip(
        says="Coral's Edge TPU, by its compiler",
        operations=_words(
            """
            ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D EXPAND_DIMS FULLY_CONNECTED L2_NORMALIZATION
            LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL PACK PAD PRELU QUANTIZE REDUCE_MAX REDUCE_MIN RELU RELU6
            RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SLICE SOFTMAX SPACE_TO_DEPTH SPLIT
            SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV
            UNIDIRECTIONAL_SEQUENCE_LSTM
            """
        ),
        settings={**WHOLE, "runtime": ("any", "interpreter", "unrolled")},
        limits=(
            Limit("CONV_2D", "takes one dilation for both axes", _alike("dilation_rate")),
            Limit("DEPTHWISE_CONV_2D", "takes one dilation for both axes", _alike("dilation_rate")),
            Limit("SOFTMAX", "takes at most 16,000 values", _last_size),
        ),
        sources=(
            "Coral, 'TensorFlow models on the Edge TPU', the table of operations of compiler 16, 2021",
            "Axis, 'ARTPEC-7: supported operations', which lists the same chip's, read 2026-11-28",
        ),
    ),
    "micro": Chip(
        says="a microcontroller, by TensorFlow Lite Micro",
        operations=_words(
            """
            ABS ADD ADD_N ARG_MAX ARG_MIN ASSIGN_VARIABLE AVERAGE_POOL_2D BATCH_MATMUL BATCH_TO_SPACE_ND
            BROADCAST_ARGS BROADCAST_TO CALL_ONCE CAST CEIL CONCATENATION CONV_2D COS CUMSUM DEPTHWISE_CONV_2D
            DEPTH_TO_SPACE DEQUANTIZE DIV DYNAMIC_UPDATE_SLICE ELU EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS FILL FLOOR
            FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH IF L2_NORMALIZATION
            L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM
            MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2 PRELU QUANTIZE READ_VARIABLE
            REDUCE_ALL REDUCE_MAX REDUCE_MIN RELU RELU6 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2
            ROUND RSQRT SELECT_V2 SHAPE SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE
            SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF TANH TRANSPOSE TRANSPOSE_CONV
            UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK VAR_HANDLE WHILE ZEROS_LIKE
            """
        ),
        otherwise="nowhere",
        settings={"quantize": ("int8", "int16x8", "int8x4", "none"), "runtime": ("micro",)},
        limits=(Limit("STRIDED_SLICE", "takes tensors of at most 4 axes there", _ranks(4)),),
        sources=(
            "tensorflow/tflite-micro, micro_mutable_op_resolver.h, commit 90b983c of 2026-08-20",
            "files run by tflite-micro 0.dev20261023182759",
        ),
    ),
    "litert-js": Chip(
        says="a browser's WebGPU, by LiteRT.js; what it lacks runs in WebAssembly",
        operations=_DRIFT,
        settings={"quantize": ON_GPU, "io": ("float32", "uint8"), "runtime": ("any", "unrolled")},
        limits=_FOUR_AXES,
        sources=(
            f"google-ai-edge/LiteRT, ml_drift_delegate/tflite/model_builder.cc: {PHONES}",
            "@litertjs/core 2.5.3 in Chromium: shapes are fixed, int8 inputs and outputs and fused LSTMs are refused",
        ),
    ),
}
