"""A runtime's process: loads .tflite files and runs batches of features through them.

Imports neither TensorFlow nor Keras, as on a phone. Run by `workers.Worker`; see `runtimes.Program` for its use.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.export.gate import micro
from nnspec.export.subprocesses import serve

Batch = dict[str, np.ndarray]


def _program(path: str, *, xnnpack: bool, threads: int = 1, preserve: bool = False) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    builtins = OpResolverType.BUILTIN if xnnpack else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return Interpreter(
        model_path=path,
        num_threads=threads,
        experimental_op_resolver_type=builtins,
        experimental_preserve_all_tensors=preserve,
    )


def interpreter(path: str, *, xnnpack: bool) -> Callable[[Batch], Batch]:
    """The classic interpreter on one thread; the signature resizes the inputs to what comes."""
    signature = _program(path, xnnpack=xnnpack).get_signature_runner()
    return lambda features: dict(signature(**features))


def compiled_model(path: str, *, gpu: bool = False) -> Callable[[Batch], Batch]:
    """LiteRT 2's CompiledModel at the file's own shapes, on the CPU, or on a GPU as far as that takes the file."""
    from ai_edge_litert.compiled_model import CompiledModel
    from ai_edge_litert.hardware_accelerator import HardwareAccelerator

    cpu = HardwareAccelerator.CPU
    model = CompiledModel.from_file(path, hardware_accel=cpu | HardwareAccelerator.GPU if gpu else cpu)
    (key,) = model.get_signature_list()
    inputs = model.get_input_tensor_details(key)
    outputs = model.get_output_tensor_details(key)
    input_buffers = {name: model.create_input_buffer_by_name(key, name) for name in inputs}
    output_buffers = {name: model.create_output_buffer_by_name(key, name) for name in outputs}

    def run(features: Batch) -> Batch:
        for name, value in features.items():
            if tuple(value.shape) != tuple(inputs[name]["shape"]):  # the runtime would overrun its buffer
                raise ValueError(f"{name} has shape {value.shape}, the file {tuple(inputs[name]['shape'])}")
            input_buffers[name].write(value)
        model.run_by_name(key, input_buffers, output_buffers)
        return {name: _read(output_buffers[name], entry) for name, entry in outputs.items()}

    return run


def _read(buffer: Any, entry: dict[str, Any]) -> np.ndarray:
    shape = tuple(entry["shape"])
    array: np.ndarray = buffer.read(int(np.prod(shape)), np.dtype(entry["dtype"])).reshape(shape)
    return array


@cache
def tensors(path: str) -> Callable[[Batch, list[int]], list[np.ndarray]]:
    """The interpreter's reference kernels, keeping every tensor: real values by index, whatever they are stored as."""
    program = _program(path, xnnpack=False, preserve=True)
    signature = program.get_signature_runner()

    def run(features: Batch, indices: list[int]) -> list[np.ndarray]:
        signature(**features)
        details = {entry["index"]: entry for entry in program.get_tensor_details()}
        return [_real(program.get_tensor(index), details[index]["quantization"]) for index in indices]

    return run


def _real(values: np.ndarray, quantization: tuple[float, int]) -> np.ndarray:
    scale, zero_point = quantization
    found: np.ndarray = (values.astype(np.float32) - zero_point) * np.float32(scale) if scale else values
    return found


def milliseconds(path: str, features: Batch, seconds: float, threads: int = 1) -> np.ndarray:
    """The times of single runs of the interpreter, 5 to 1,000 as `seconds` allow, after a few to warm up.

    The inputs stay where they are, so that what counts is the file's work and not Python's.
    """
    program = _program(path, xnnpack=True, threads=threads)
    # The runner is not kept: while one holds the program, it cannot be invoked but through the runner.
    ports = {name: port["index"] for name, port in program.get_signature_runner().get_input_details().items()}
    for name, value in features.items():
        program.resize_tensor_input(ports[name], value.shape)
    program.allocate_tensors()
    for name, value in features.items():
        program.set_tensor(ports[name], value)
    for _ in range(3):
        program.invoke()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or (len(times) < 1000 and time.perf_counter() < end):
        start = time.perf_counter()
        program.invoke()
        times.append(time.perf_counter() - start)
    return np.array(times) * 1000.0


def cost(path: str, features: Batch, threads: int, seconds: float) -> tuple[np.ndarray, int]:
    """The times of single runs, and the bytes that the process grew by, from before the file was loaded."""
    from ai_edge_litert import interpreter  # noqa: F401 - the runtime itself does not count

    before = _peak()
    times = milliseconds(path, features, seconds, threads)
    return times, _peak() - before


def _peak() -> int:
    """The largest resident size of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count what this process was before it became another program
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024  # macOS counts bytes, Linux KiB


@cache
def loaded(path: str, runtime: str) -> Callable[[Batch], Batch]:
    if runtime.startswith("compiled_model"):
        return compiled_model(path, gpu=runtime == "compiled_model_gpu")
    if runtime == "micro":
        return micro.micro(path)
    return interpreter(path, xnnpack=runtime != "interpreter_without_xnnpack")


def main() -> None:
    _, _, runtime = sys.argv

    def handle(request: tuple[str, str, Any]) -> Any:
        what, path, features = request
        if what == "forget":
            loaded.cache_clear()
            return tensors.cache_clear()
        if what == "tensors":
            return tensors(path)(*features)
        if what == "time":
            return float(np.median(milliseconds(path, features, seconds=0.5)))
        if what == "arena":
            return micro.arena(path)
        if what == "cost":
            return cost(path, *features)
        return loaded(path, runtime)(features)

    serve(handle)


if __name__ == "__main__":
    main()
