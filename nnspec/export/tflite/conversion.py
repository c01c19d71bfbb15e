"""A traced model to the bytes of a TFLite file, by the converter in a process of its own."""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.backend.signature import Batch
from nnspec.catalog.targets import TFLite
from nnspec.export.errors import ExportError
from nnspec.export.quantize import save_examples
from nnspec.export.subprocesses import Worker, WorkerDied, WorkerError
from nnspec.export.tflite.convert_worker import Conversion
from nnspec.export.tflite.keep_float import keep_float
from nnspec.export.tflite.recurrent import recurrent_layers


@dataclass(frozen=True, slots=True)
class Traced:
    """A model saved at the file's shapes; `folder` holds nothing else. The model itself is for its layers' names."""

    folder: Path
    model: Any
    target: TFLite

    @property
    def layers(self) -> list[str]:
        return [layer.name for layer in self.model.layers]

    def plain(self) -> bytes:
        """The file in float32."""
        return self._convert(Conversion(self._path, "none"))

    def quantized(self, quantize: str, examples: Sequence[Batch], kept: Sequence[str]) -> bytes:
        """The file in a quantization, its ranges from `examples` where that takes any, the `kept` layers in float32.

        Raises:
            ExportError: the converter refused the model, died, or took more time or memory than the target allows.
        """
        path = self._path.with_name("representative.npz")
        if examples:
            save_examples(examples, path)
        kind = "int8" if quantize == "int8x4" else quantize  # 4 bits are made of the file's 8
        content = self._convert(Conversion(self._path, kind, path, self.target.io, self.target.dense_scale))
        return keep_float(content, self.plain(), kept, self.layers) if kept else content

    def rounded(self) -> bytes:
        """The int8 file of a graph that says its ranges itself."""
        return self._convert(Conversion(self._path, "rounded", io=self.target.io))

    @property
    def _path(self) -> Path:
        # The converter's process is kept, and this one may have changed its folder since that was started.
        return self.folder.absolute()

    def _convert(self, job: Conversion) -> bytes:
        """Converts within the target's limits of time and memory."""
        target, model = self.target, self.model
        machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        limit = int(target.memory * 2**30) if target.memory is not None else machine * 4 // 5
        try:
            content: bytes = _converter(limit).call(job, target.timeout)
        except WorkerDied as error:
            last = error.last_words.splitlines()[-1:] or [""]
            raise ExportError(
                f"the TFLite converter died: {error.how} {last[0]}".strip(),
                layer=next((place for place, _ in recurrent_layers(model)), None),
                hint=f"another quantize than {job.quantize}; or more memory and time (`memory`, `timeout`)",
            ) from error
        except WorkerError as error:
            message = str(error)
            raise ExportError(
                f"the TFLite converter refused the model: {_gist(message)}", layer=_named_layer(message, model)
            ) from error
        return content


_converters: dict[int, Worker] = {}


def _converter(limit: int) -> Worker:
    """The converter's process, kept from one conversion to the next since it takes seconds to start."""
    if limit not in _converters or not _converters[limit].alive:
        _converters[limit] = Worker("nnspec.export.tflite.convert_worker", str(limit))
        atexit.register(_converters[limit].close)
    return _converters[limit]


def _gist(message: str) -> str:
    """The first line of a converter's error that says something, without its MLIR locations."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    telling = [line for line in lines if "error:" in line or "not supported" in line or "Ops:" in line]
    return (telling or lines or ["no message"])[0].rpartition("error: ")[2][:300]


def _named_layer(message: str, model: Any) -> str | None:
    """The layer whose name scope the converter's error mentions; scopes carry a number after the layer's name."""
    named = [layer.name for layer in model.layers if f"/{layer.name}" in message]
    return max(named, key=len, default=None)
