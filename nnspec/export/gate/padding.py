"""Whether padding to a file's length changes what the network answers: a mask that ends on the way lets it through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from nnspec.backend.signature import Batch, Run
from nnspec.export.examples import Shapes

VISIBLE = 1e-4  # a difference that is more than rounding
LOOKED_AT = 3  # examples: each has a length of its own, for which Keras traces the network again


def padding_shows(run: Run, shapes: Shapes, inputs: Sequence[Batch]) -> Iterator[str]:
    """A remark where Keras gives other outputs for the padded inputs than for what they hold, cut to its length.

    Args:
        run: Keras's model.
        inputs: at the file's shapes; those without padding tell nothing.
    """
    if shapes.length is None or not shapes.signature.varies or not shapes.pads:
        return
    largest = 0.0
    cut = ((padded, _cut(padded, shapes)) for padded in inputs)
    for padded, bare in islice(((padded, bare) for padded, bare in cut if bare is not None), LOOKED_AT):
        found = shapes.unpad(run(padded), bare)
        for name, values in run(bare).items():
            largest = max(largest, float(np.abs(values.astype(np.float64) - found[name]).max(initial=0.0)))
    if largest > VISIBLE:
        yield (
            f"padding to {shapes.length} steps changes Keras's own outputs by up to {largest:.2g}: a layer loses the "
            "mask (a Concatenate does, unless all its inputs have one), so answers depend on `length`"
        )


def _cut(padded: Batch, shapes: Shapes) -> Batch | None:
    """The input without the zeros at the end of its sequences; None where there are none, or nothing else."""
    names = [port.name for port in shapes.signature.inputs if port.shape[:1] == (None,)]
    steps = 0
    for name in names:
        real = np.flatnonzero(padded[name][0].reshape(shapes.length or 0, -1).any(-1))
        steps = max(steps, 1 + int(real.max(initial=-1)))
    if not 0 < steps < (shapes.length or 0):
        return None
    return {name: value[:, :steps] if name in names else value for name, value in padded.items()}
