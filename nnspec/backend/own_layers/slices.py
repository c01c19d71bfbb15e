"""A cut along one axis, with a step, which Keras has no layer for: its `Cropping` layers spare the channels."""

from __future__ import annotations

from typing import Any

import keras

Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="nnspec")
class Slice(keras.layers.Layer):  # type: ignore[misc]
    """``x[start:stop:step]`` along one axis, as Python counts: from the end where a number is below 0.

    Input and output: any tensor of rank 2 or more, of any type; the batch stays whole. A step of -1 turns the axis
    round, which makes BGR of RGB.

    Args:
        axis: the axis that is cut; 0 is the batch, which cannot be.
        start: the first place that is kept; by default the first there is in the direction of the step.
        stop: the first place after it that is not kept; by default there is none.
        step: how far apart the kept places are, not 0.

    Raises:
        ValueError: the axis is the batch's or is not there, the step is 0, or nothing is left.
    """

    def __init__(
        self, axis: int, start: int | None = None, stop: int | None = None, step: int = 1, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if step == 0:
            raise ValueError("step is not 0")
        self.axis, self.start, self.stop, self.step = axis, start, stop, step

    def build(self, input_shape: Shape) -> None:
        self.compute_output_shape(input_shape)
        self.built = True

    def call(self, inputs: Any) -> Any:
        keys = [slice(None)] * len(inputs.shape)
        keys[self._place(len(keys))] = slice(self.start, self.stop, self.step)
        return inputs[tuple(keys)]

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), inputs.dtype)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = list(input_shape)
        place = self._place(len(sizes))
        sizes[place] = self._kept(sizes[place])
        return tuple(sizes)

    def _place(self, rank: int) -> int:
        if not -rank <= self.axis < rank or self.axis % rank == 0:
            raise ValueError(f"axis is one of an input of {rank} dimensions, and not the batch's, not {self.axis}")
        return self.axis % rank

    def _kept(self, size: int | None) -> int | None:
        ends = self.start, self.stop
        if size is None:  # the first place or the last, of however many
            return 1 if self.step == 1 and ends in ((0, 1), (None, 1), (-1, None)) else None
        kept = len(range(*slice(*ends, self.step).indices(size)))
        if kept == 0:
            raise ValueError(f"start, stop and step leave nothing of an axis of {size}")
        return kept

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **{name: getattr(self, name) for name in ("axis", "start", "stop", "step")}}
