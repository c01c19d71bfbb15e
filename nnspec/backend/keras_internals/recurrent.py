"""Recurrent layers: their time loop replaced for an export, and masks that go through them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import tensorflow as tf

from nnspec.backend.keras_internals.layers import parts
from nnspec.backend.keras_internals.time_distributed import count_steps

# The bases of the layers that masks go through in Keras 3.15 and end at in 3.16.
PASSING = (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.TimeDistributed)

# The name and the attributes by which TensorFlow's converter knows a function as a fused LSTM of TFLite.
FUSED_LSTM = "standard_lstm"

Loop = Callable[..., Any]

count_steps()


@contextmanager
def masks_passing() -> Iterator[None]:
    """Within it, recurrent layers are made that pass masks on, as they do in Keras 3.15.

    From 3.16 a mask ends there, and a warning is all that says so: losses would count the padding behind an LSTM.
    ``supports_masking`` is public, but of a layer that Keras makes itself, from a file or inside ``Bidirectional``, it
    could be set only after the layer's outputs were made. A subclass that sets it keeps its value.
    """
    with ExitStack() as stack:
        for base in PASSING:
            stack.enter_context(_made_passing(base))
        yield


@contextmanager
def _made_passing(base: Any) -> Iterator[None]:
    original = base.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.supports_masking = True

    vars(init)["__signature__"] = inspect.signature(original)  # Keras reads the names of arguments off it
    base.__init__ = init
    try:
        yield
    finally:
        base.__init__ = original


class Traced:
    """Changes of recurrent layers for one trace, which `traced` takes back."""

    def __init__(self) -> None:
        self._changed: list[tuple[Any, str, Any]] = []

    def plain(self, layer: Any) -> Loop:
        """Switches off unrolling, cuDNN's kernel and dropout of a layer; returns its time loop.

        They are arguments of the constructor: a layer made again with others would be another layer, with other names.
        """
        self._change(layer, "unroll", False)
        self._change(layer, "use_cudnn", False)
        for part in parts(layer, include_self=False):  # its cells
            self._change(part, "dropout", 0.0)
            self._change(part, "recurrent_dropout", 0.0)
        loop: Loop = layer.inner_loop
        return loop

    def loop(self, layer: Any, loop: Loop) -> None:
        """Replaces the time loop: of sequences, initial state, mask and training, last output, outputs and states.

        Every recurrent layer of Keras runs its steps in ``inner_loop``, which is not documented. Around it remain the
        merge modes of ``Bidirectional``, shared layers, nested models and wrappers.
        """
        layer.inner_loop = loop
        self._changed.append((layer, "inner_loop", None))

    def call(self, layer: Any, call: Callable[..., Any]) -> None:
        """Replaces the call of a layer, or of an operation that is a part of a functional network."""
        layer.call = call
        self._changed.append((layer, "call", None))

    def _change(self, owner: Any, name: str, value: Any) -> None:
        if hasattr(owner, name):
            self._changed.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)

    def take_back(self) -> None:
        for owner, name, value in reversed(self._changed):
            if name in ("inner_loop", "call"):
                delattr(owner, name)  # the class's method shows again
            else:
                setattr(owner, name, value)


@contextmanager
def traced() -> Iterator[Traced]:
    """The layers are as before once the context closes."""
    changes = Traced()
    try:
        yield changes
    finally:
        changes.take_back()


def fused_lstm(function: Callable[..., Any], key: str) -> Any:
    """A function of six inputs and five outputs as one that the TFLite converter replaces by its LSTM kernel.

    Keras 2 marked its LSTM so, and the converter still looks for these marks; there is no other way to its kernel.

    Args:
        key: tells calls apart that are not the same layer's.
    """
    function.__name__ = FUSED_LSTM
    attributes = {"time_major": False, "go_backwards": False, "api_implements": f"lstm_{key}"}
    return tf.function(function, autograph=False, experimental_attributes=attributes)
