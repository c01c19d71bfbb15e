"""Inputs at the shapes of a file: real ones cut from batches, and the gate's random and extreme ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from nnspec.backend.keras_internals.layers import parts
from nnspec.backend.signature import Batch, Port, Signature, call_by_name, signature_of
from nnspec.export.errors import ExportError

LENGTHS = (1, 2, 7, 32)  # of sequences that vary, at which a file is tried
LONGER = (64, 256, 1024)  # where a layer finds all of these too short


@dataclass(frozen=True, slots=True)
class Shapes:
    """How examples become inputs of the file: one at a time, padded to `length` if that is fixed.

    `pads` says whether zeros at the end of a sequence are hidden by a mask, so that padding changes nothing.
    """

    signature: Signature
    length: int | None
    pads: bool

    @classmethod
    def of(cls, model: Any, length: int | None) -> Shapes:
        return cls(signature_of(model), length, _hides_zeros(model))

    def input_shape(self, port: Port) -> tuple[int | None, ...]:
        """An input's shape in the file: batch 1, the varying length fixed if it is to be."""
        return (1, *(self.length if dim is None else dim for dim in port.shape))

    @property
    def varies(self) -> bool:
        return self.signature.varies and self.length is None

    def check(self, batch: Batch) -> None:
        """Raises ExportError unless the batch has every input, at a shape that the model takes."""
        for port in self.signature.inputs:
            if port.name not in batch:
                raise ExportError(f"the data have no input {port.name!r}, only {', '.join(sorted(batch))}")
            shape = np.shape(batch[port.name])[1:]
            fits = len(shape) == len(port.shape) and all(
                want in (None, have) for want, have in zip(port.shape, shape, strict=True)
            )
            if not fits:
                raise ExportError(f"the data's {port.name!r} has shape {shape}, the model takes {port.shape}")

    def rows(self, batch: Batch, *, skip_misfits: bool = False) -> Iterator[Batch]:
        """The examples of a batch, each a batch of 1 in the file's dtypes and shapes.

        A sequence that the file's length cannot take is skipped, or an ExportError.

        Raises:
            ExportError: an input of whole numbers cannot hold a value.
        """
        ports = self.signature.inputs
        for row in range(len(batch[ports[0].name])):
            example = {port: _as_numbers(batch[port.name][row : row + 1], port) for port in ports}
            try:
                yield {port.name: self._fit(value, port) for port, value in example.items()}
            except ExportError:
                if not skip_misfits:
                    raise

    def _fit(self, value: np.ndarray, port: Port) -> np.ndarray:
        shape = self.input_shape(port)
        fitting = value[tuple(map(slice, shape))]
        if self.pads and np.count_nonzero(fitting) == np.count_nonzero(value):
            value = fitting  # what is beyond is padding to the longest of a batch
        missing = [0 if want is None else want - have for want, have in zip(shape, value.shape, strict=True)]
        if any(missing) and (min(missing) < 0 or not self.pads):
            why = "longer than" if min(missing) < 0 else "shorter than, and no mask would hide padding to,"
            raise ExportError(
                f"a sequence of {port.name!r} has shape {value.shape[1:]}: {why} the file's length of {self.length}",
                hint="another `length`, or runtime: interpreter without a length",
            )
        return np.pad(value, [(0, count) for count in missing]) if any(missing) else value

    def unpad(self, outputs: Batch, batch: Batch) -> Batch:
        """Cuts the outputs of a padded file back to the length of the batch that went in."""
        if self.length is None:
            return outputs
        lengths = [
            np.shape(batch[port.name])[1 + port.shape.index(None)]
            for port in self.signature.inputs
            if None in port.shape
        ]
        cut = slice(0, max(lengths, default=None))
        return {
            port.name: outputs[port.name][tuple(cut if dim is None else slice(None) for dim in (0, *port.shape))]
            for port in self.signature.outputs
        }


def _as_numbers(value: Any, port: Port) -> np.ndarray:
    """Values in the type of an input. Raises ExportError where whole numbers would be others."""
    given = np.asarray(value)
    found = given.astype(port.array_dtype)
    if found.dtype.kind in "iu" and given.dtype.kind in "iuf" and not np.array_equal(found, given):
        off = given[found != given][0]
        raise ExportError(f"the data's {port.name!r} has the value {off:g}, which {port.dtype} cannot hold")
    return found


def _hides_zeros(model: Any) -> bool:
    return any(
        (isinstance(layer, keras.layers.Embedding) and layer.mask_zero)
        or (isinstance(layer, keras.layers.Masking) and not np.any(layer.mask_value))
        for layer in parts(model)
    )


@dataclass(frozen=True, slots=True)
class Case:
    """One input of the gate, a batch of 1. `kind`: real data, random, or extreme (beyond what a user would send)."""

    label: str
    kind: Literal["real", "random", "extreme"]
    features: Batch

    @property
    def magnitude(self) -> float:
        """The largest absolute value among the float inputs, at least 1: rounding grows with it."""
        floats = [np.abs(value).max() for value in self.features.values() if value.dtype.kind == "f" and value.size]
        return float(max([1.0, *floats]))


def gate_cases(model: Any, shapes: Shapes, real: list[Batch]) -> list[Case]:
    """The gate's inputs: real examples, random ones at several lengths, padded and not, and extreme ones."""
    draw = _Draw(model, shapes, np.random.default_rng(0))
    lengths = _lengths(model, draw) if shapes.varies else (shapes.length,)
    cases = [Case(f"real example {number}", "real", row) for number, row in enumerate(real)]
    cases += [Case(f"random, length {n}" if n else "random", "random", draw.random(n)) for n in lengths]
    cases += [Case("random again", "random", draw.random(lengths[-1]))]
    cases += [
        Case("zeros", "extreme", draw.constant(lengths[-1], 0)),
        Case("thousands", "extreme", draw.constant(lengths[-1], 1000)),
        Case("bytes", "extreme", draw.bytes(lengths[-1])),
    ]
    if shapes.pads:
        full = draw.random(lengths[-1])
        cases += [Case(f"{kept:.0%} and padding", "random", _padded(full, kept)) for kept in (0.6, 0.25, 0.0)]
    return cases


def _lengths(model: Any, draw: _Draw) -> tuple[int, ...]:
    """The lengths that are tried: those that no layer finds too short, such as a Conv1D whose kernel is longer."""
    usual = tuple(length for length in LENGTHS if _takes(model, draw, length))
    return usual or next(((length,) for length in LONGER if _takes(model, draw, length)), LENGTHS)


def _takes(model: Any, draw: _Draw, length: int) -> bool:
    try:
        call_by_name(model, draw.random(length))
    except (ValueError, tf.errors.InvalidArgumentError):
        return False
    return True


def batch_of_three(cases: list[Case]) -> Case:
    """Three times one case, with the examples told apart by rolling the last axis: the batch must stay dynamic."""
    one = next(case for case in cases if case.kind != "extreme")
    batch = {
        name: np.concatenate([np.roll(value, shift, axis=-1) for shift in range(3)])
        for name, value in one.features.items()
    }
    return Case("a batch of 3", "random", batch)


class _Draw:
    """Draws inputs; integers stay below the smallest embedding's size, and above 0 where that is padding.

    Texts are words that the model knows, and others.
    """

    def __init__(self, model: Any, shapes: Shapes, generator: np.random.Generator) -> None:
        sizes = [layer.input_dim for layer in parts(model) if isinstance(layer, keras.layers.Embedding)]
        self.shapes = shapes
        self.generator = generator
        self.words = _words(model)
        self.top = min(sizes, default=None)

    def random(self, length: int | None) -> Batch:
        """Standard normal floats, uniform integers."""
        return self._each(length, lambda shape: self.generator.standard_normal(shape), self._integers, self._texts)

    def bytes(self, length: int | None) -> Batch:
        """Floats as an image's, 0 to 255."""
        return self._each(
            length, lambda shape: self.generator.uniform(0, 255, shape), self._integers, _filled("Größe, 大小!")
        )

    def constant(self, length: int | None, value: int) -> Batch:
        return self._each(
            length,
            lambda shape: np.full(shape, value),
            lambda shape, top: np.full(shape, min(value, top - 1)),
            _filled(str(value) if value else ""),
        )

    def _integers(self, shape: tuple[int, ...], top: int) -> np.ndarray:
        return self.generator.integers(min(1, top - 1), top, shape)

    def _texts(self, shape: tuple[int, ...]) -> np.ndarray:
        """One word to five in each place."""
        drawn = [" ".join(self.generator.choice(self.words, self.generator.integers(1, 6))) for _ in np.ndindex(shape)]
        return np.array(drawn, object).reshape(shape)

    def _each(self, length: int | None, floats: Any, integers: Any, texts: Any) -> Batch:
        batch: Batch = {}
        for port in self.shapes.signature.inputs:
            shape = tuple(length or 1 if dim is None else dim for dim in (1, *port.shape))
            dtype = port.array_dtype
            if port.dtype == "string":
                batch[port.name] = texts(shape)
                continue
            top = self.top or (256 if dtype == np.uint8 else 2)
            batch[port.name] = (integers(shape, top) if dtype.kind in "iub" else floats(shape)).astype(dtype)
        return batch


def _words(model: Any) -> list[str]:
    """A few words of the model's vocabularies, and two that are in none."""
    known = [word for layer in parts(model) if hasattr(layer, "get_vocabulary") for word in layer.get_vocabulary()[:50]]
    return [*(str(word) for word in known if word), "unheard", "of"]


def _filled(text: str) -> Callable[[tuple[int, ...]], np.ndarray]:
    return lambda shape: np.full(shape, text, object)


def _padded(batch: Batch, kept: float) -> Batch:
    """The batch with zeros after the first part of each sequence (axis 1)."""
    padded = {name: value.copy() for name, value in batch.items()}
    for value in padded.values():
        if value.ndim > 1:
            value[:, round(kept * value.shape[1]) :] = "" if value.dtype.kind == "O" else 0
    return padded
