"""What TensorFlow's libraries log is left out; our own words, warnings of Python and a crash's last words are not."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from nnspec.console.log_filter import DONE, passed_on

LOGS = b"""WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795812187.666283   20850 port.cc:153] custom operations are on.
E0000 00:00:1795812083.311386   19324 cuda_platform.cc:52] failed call to cuInit
2024-01-02 03:04:05.678901: I tensorflow/core/util/port.cc:153] oneDNN
2024-01-02 03:04:05.678901: W tensorflow/x.cc:1] slow
To enable the following instructions: AVX2 FMA, rebuild.
INFO: Created TensorFlow Lite XNNPACK delegate for CPU.
"""
WORDS = b"""epoch 1/2
F0000 00:00:1795812083.311386   19324 checks.cc:5] Check failed: a == b
terminate called after throwing an instance of 'std::bad_alloc'
Fatal Python error: Segmentation fault
nnspec: a warning of ours
"""


def through(text: bytes) -> bytes:
    target = io.BytesIO()
    passed_on(io.BytesIO(text), target)
    return target.getvalue()


def test_logs_are_left_out_and_words_arrive() -> None:
    mixed = b"".join(a + b for a, b in zip(LOGS.splitlines(True), [*WORDS.splitlines(True), b"", b""], strict=True))
    assert through(mixed + DONE) == WORDS
    assert through(b"no line break" + DONE) == b"no line break"


def test_what_ends_before_its_time_tells_its_logs_too() -> None:
    assert through(WORDS + LOGS) == WORDS + LOGS


@pytest.mark.slow
@pytest.mark.parametrize("how", ["os.abort()", "raise ValueError('ours')", "pass"])
def test_a_process(how: str) -> None:
    code = f"""
import os, sys
from nnspec.console.quiet import without_logs
with without_logs():
    os.write(2, b"I0000 00:00:1.5   1 a.cc:1] a log\\n")
    print("of ours", file=sys.stderr)
    os.write(2, b"terminate called\\n")
    {how}
print("after", file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "of ours\nterminate called\n" in done.stderr
    assert ("a log" in done.stderr) == (how != "pass")
    assert done.stderr.endswith("after\n") == (how == "pass")


@pytest.mark.tf
@pytest.mark.long
def test_python_and_commands_say_nothing_of_tensorflows(tmp_path: object) -> None:
    """Whatever level is set outside; and everything where it is asked for."""
    code = """
import sys
import nnspec
spec = nnspec.load(sys.argv[1])
nnspec.build(spec)
print("fine", file=sys.stderr)
"""
    spec = f"{tmp_path}/s.yaml"
    with open(spec, "w", encoding="utf-8") as file:
        file.write("nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 3}]\n")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, spec], capture_output=True, text=True, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, "fine\n")
