"""What of a machine decides the last bits of a training: how many threads share a sum, and what its processor can do.

TensorFlow's deterministic operations give the same bits with the same number of threads: each adds up its share, and
other shares are rounded otherwise.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

# Sets of instructions that TensorFlow, oneDNN or XNNPACK choose their code by, as Linux calls them.
INSTRUCTIONS = (
    *("sse4_2", "avx", "fma", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("amx_tile", "amx_int8", "amx_bf16", "asimd", "asimddp", "fphp", "i8mm", "bf16", "sve", "sve2"),
)
MOST = 512  # threads that a record may ask for


def threads() -> int:
    """How many threads TensorFlow shares an operation out to, on the CPU."""
    import tensorflow as tf

    given = tf.config.threading.get_intra_op_parallelism_threads() or _given()
    return given or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1))


def _given() -> int:
    value = os.environ.get("TF_NUM_INTRAOP_THREADS", "")
    return int(value) if value.isdecimal() else 0


def instructions() -> list[str]:
    """What the processor can do, by the names of Linux; elsewhere the name of its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return [platform.machine()]
    can = next((line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))), [])
    return [platform.machine(), *(name for name in INSTRUCTIONS if name in can)]


def take_threads(wanted: object) -> str | None:
    """Has TensorFlow share operations out to as many threads as a record says, before its first operation.

    Returns:
        What differs, where it has begun already or the record says nothing usable; None where all is well.
    """
    import tensorflow as tf

    if not isinstance(wanted, int) or isinstance(wanted, bool) or not 0 < wanted <= MOST or wanted == threads():
        return None
    try:
        tf.config.threading.set_intra_op_parallelism_threads(wanted)
    except RuntimeError:  # TensorFlow has begun
        return f"it was begun with {wanted} threads, now there are {threads()}"
    return None
