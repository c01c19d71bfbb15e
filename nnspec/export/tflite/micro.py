"""What TensorFlow Lite Micro wants of a file, asked before it is made."""

from __future__ import annotations

from importlib.util import find_spec

from nnspec.catalog.targets import Quantize, TFLite
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes


def for_micro(target: TFLite, quantize: Quantize, shapes: Shapes) -> Quantize:
    """The quantization of a file for a microcontroller: the one asked for, else int8 or float32.

    Raises:
        ExportError: what `check` says of such a target, too; or the interpreter that judges it is not installed.
    """
    if find_spec("tflite_micro") is None:
        hint = 'pip install --pre "nnspec[micro]"'
        raise ExportError("runtime: micro is judged by TensorFlow Lite Micro, which is not installed", hint=hint)
    refusal = target.refuses(shapes.varies)
    if refusal is not None:
        message, hint = refusal
        raise ExportError(message, hint=hint)
    return "none" if quantize in ("dynamic", "float16", "int4") else quantize
