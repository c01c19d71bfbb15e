"""What TensorFlow Lite Micro wants of a file, asked before it is made."""

from __future__ import annotations

from importlib.util import find_spec

from nnspec.catalog.targets import Quantize
from nnspec.export.errors import ExportError


def for_micro(quantize: Quantize) -> Quantize:
    """The quantization of a file for a microcontroller: the one asked for, else int8 or float32.

    Raises:
        ExportError: what `check` says of such a target, too; or the interpreter that judges it is not installed.
    """
    if find_spec("tflite_micro") is None:
        hint = 'pip install --pre "nnspec[micro]"'
        raise ExportError("runtime: micro is judged by TensorFlow Lite Micro, which is not installed", hint=hint)
    return "none" if quantize in ("dynamic", "float16", "int4") else quantize
