"""The process of a runtime, which one file after the other runs in."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from nnspec.export.gate.runtimes import INTERPRETER, Program, RuntimeFailure

pytestmark = pytest.mark.tf
GIVEN = {"x": np.ones((1, 2), np.float32)}


def write(path: Path, factor: float) -> None:
    """A file that multiplies by a number."""
    module = tf.Module()
    module.run = tf.function(lambda x: {"y": x * factor}, input_signature=[tf.TensorSpec([1, 2], name="x")])
    functions = [module.run.get_concrete_function()]
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions(functions, module).convert())


def run(path: Path) -> float:
    with Program(path, INTERPRETER) as program:
        [found] = program.run(GIVEN).values()
    return float(found[0, 0])


def test_a_file_that_is_written_again_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    write(path, 2.0)
    assert run(path) == 2.0
    write(path, 3.0)
    assert run(path) == 3.0


def test_after_a_crash_the_next_file_has_a_new_process(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    write(path, 2.0)
    with Program(path, INTERPRETER) as program:
        program.run(GIVEN)
        os.kill(program._worker._process.pid, signal.SIGKILL)
        with pytest.raises(RuntimeFailure, match="SIGKILL"):
            program.run(GIVEN)
    assert run(path) == 2.0


def test_processes_that_were_forked_have_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.tflite"
    write(path, 2.0)
    with Program(path, INTERPRETER) as ours:
        monkeypatch.setattr(os, "getpid", lambda: -1)
        with Program(path, INTERPRETER) as theirs:
            assert theirs._worker is not ours._worker
