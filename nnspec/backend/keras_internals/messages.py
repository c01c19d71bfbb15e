"""Texts of errors of Keras and TensorFlow, and names in them. Neither library promises any; without both: texts alone.

No error of theirs has the layer, the node or the cause as a value. Where a text changes, a message becomes longer or
loses its place, and nothing else.
"""

from __future__ import annotations

import re

# The scopes in which Keras computes what of a training is no layer, as names of nodes show them. Keras 3.15 uses the
# scopes of the loss and the gradients alone: metrics and optimizers are told by `modules_of`.
SCOPES = {
    "compile_loss": "the loss",
    "compile_metrics": "a metric",
    "gradient_tape": "the gradients",
    "optimizer": "the optimizer",
}
# Causes that kernels report: an index beyond an Embedding, a label beyond the output, a layout that CPUs lack.
INDEX_OUTSIDE = re.compile(r"indices.* = -?\d+ is not in \[0, (\d+)\)")
LABEL_OUTSIDE = re.compile(r"label value of -?\d+ which is outside the valid range of \[0, (\d+)\)")
CHANNELS_FIRST = re.compile(r"only supports (the )?NHWC|NCHW|channels_first")

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"^(Exception encountered when calling .*|Arguments received by .*)$")
# What TensorFlow puts around the cause: titles, the Python stack of a node, where in the graph it is.
_TITLES = (
    "Graph execution error:",
    "in user code:",
    r"Detected at node .*",
    r"\d+ root error\(s\) found\.",
    "Stack trace for op .*",
)
_TITLE = re.compile(f"^({'|'.join(_TITLES)})$")
_STACK = re.compile(r'^\s*File "?[^"]+"?, line \d+, in ')
_RAISED = re.compile(r"^\s*\w+(Error|Exception): ")
_WRAPPER = re.compile(r"^\s*\((\d+)\)\s+[A-Z_]+(?: ERROR)?:\s*")
_PLACE = re.compile(r"\s*\[\[\{\{node [^}]*\}\}.*?\]\]|\s*\[\[[^\]]*\]\]|\s*\[Op:[^\]]*\]")
_NODE = re.compile(r"\{\{node ([^}\s]+)\}\}|Detected at node ([^\s,]+)")
_MODULE = re.compile(r'File "[^"]*/(keras/src/[^"]+)\.py", line')
_OPERATION = re.compile(r"^\{\{function_node [^}]*\}\}\s*")
MAX_MESSAGE = 400


def keras_message(error: BaseException) -> str:
    """One line of what Keras or TensorFlow says: without colours, the frame around it, stacks, and dumps below."""
    lines: list[str] = []
    text = _COLOUR.sub("", str(error))
    traced, is_code = text.startswith("in user code:"), False  # what AutoGraph writes: each frame with its code
    for line in text.splitlines():
        if _STACK.match(line) or _TITLE.match(line.strip()):
            is_code = traced
            continue
        if is_code and line.strip():
            is_code = False
            continue
        wrapped = _WRAPPER.match(line)
        if wrapped and wrapped[1] != "0":
            break  # the same cause again, as another node met it
        line = _RAISED.sub("", line) if traced else line
        line = _OPERATION.sub("", _PLACE.sub("", line[wrapped.end() :] if wrapped else line).strip())
        if line.startswith("Arguments received by"):
            break
        if line and not _FRAME.match(line):
            lines.append(line)
    text = " ".join(lines) or type(error).__name__
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE].rstrip() + " ..."


def nodes_of(error: BaseException) -> list[str]:
    """The nodes of TensorFlow's graph that an error names: ``functional_1/emb_1/GatherV2``."""
    return [first or second for first, second in _NODE.findall(str(error))]


def modules_of(error: BaseException) -> list[str]:
    """Keras's modules in the stacks that TensorFlow keeps of a node, as ``names`` calls them."""
    return [path.replace("/", ".") for path in _MODULE.findall(str(error).replace("\\", "/"))]
