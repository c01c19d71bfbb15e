"""The Jordan network: a recurrent layer whose output, not its hidden state, is what it remembers.

Jordan, Serial order: a parallel distributed processing approach, ICS report 8604, University of California, San Diego,
1986. In Elman's network (1990), Keras's ``SimpleRNN``, the hidden units feed themselves; here the output units feed the
hidden ones:

    h_t = f(x_t W + y_{t-1} U + b)
    y_t = g(h_t V + c),    y_0 = 0

Jordan's report also lets the fed back units decay over time; as the name is used today, they hold the last output.
"""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="nnspec")
class JordanCell(keras.layers.SimpleRNNCell):  # type: ignore[misc]
    """One step of a Jordan network: Elman's cell with the output in the place of the hidden state.

    Called with features ``[batch, features]`` and the output before it ``[[batch, output_units]]``, it returns its
    output ``[batch, output_units]`` and the same in a list. Weights: ``kernel`` W ``[features, units]``,
    ``recurrent_kernel`` U ``[output_units, units]``, ``output_kernel`` V ``[units, output_units]``, and with
    ``use_bias`` ``bias`` b ``[units]`` and ``output_bias`` c ``[output_units]``.

    Args:
        units: hidden units.
        output_units: those that come out and are fed back; by default as many as ``units``.
        output_activation: g; None for none. The hidden units' f is ``activation``.
        output_initializer, output_regularizer, output_constraint: for V. Those of ``bias`` serve both biases.
        kwargs: the arguments of ``keras.layers.SimpleRNNCell``. ``recurrent_dropout`` drops what is fed back.

    Raises:
        ValueError: ``units`` or ``output_units`` below 1.
    """

    def __init__(
        self,
        units: int,
        output_units: int | None = None,
        output_activation: Any = None,
        output_initializer: Any = "glorot_uniform",
        output_regularizer: Any = None,
        output_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        if output_units is not None and output_units <= 0:
            raise ValueError(f"output_units is a positive whole number, not {output_units}")
        super().__init__(units, **kwargs)
        self.output_units = units if output_units is None else output_units
        self.output_activation = keras.activations.get(output_activation)
        self.output_initializer = keras.initializers.get(output_initializer)
        self.output_regularizer = keras.regularizers.get(output_regularizer)
        self.output_constraint = keras.constraints.get(output_constraint)
        self.state_size = self.output_size = self.output_units

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self._matrix("kernel", "kernel", int(input_shape[-1] or 0), self.units)
        self.recurrent_kernel = self._matrix("recurrent", "recurrent_kernel", self.output_units, self.units)
        self.bias = self._bias("bias", self.units)
        self.output_kernel = self._matrix("output", "output_kernel", self.units, self.output_units)
        self.output_bias = self._bias("output_bias", self.output_units)

    def _matrix(self, role: str, name: str, rows: int, columns: int) -> Any:
        return self.add_weight(
            shape=(rows, columns),
            name=name,
            initializer=getattr(self, f"{role}_initializer"),
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
        )

    def _bias(self, name: str, size: int) -> Any:
        if not self.use_bias:
            return None
        return self.add_weight(
            shape=(size,),
            name=name,
            initializer=self.bias_initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )

    def call(self, sequence: Any, states: Any, training: bool = False) -> tuple[Any, Any]:
        hidden, _ = super().call(sequence, states, training=training)
        output = keras.ops.matmul(hidden, self.output_kernel)
        if self.output_bias is not None:
            output = keras.ops.add(output, self.output_bias)
        output = self.output_activation(output)
        return output, [output] if isinstance(states, list | tuple) else output

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "output_units": self.output_units,
            "output_activation": keras.activations.serialize(self.output_activation),
            "output_initializer": keras.initializers.serialize(self.output_initializer),
            "output_regularizer": keras.regularizers.serialize(self.output_regularizer),
            "output_constraint": keras.constraints.serialize(self.output_constraint),
        }


@keras.saving.register_keras_serializable(package="nnspec")
class JordanRNN(keras.layers.RNN):  # type: ignore[misc]
    """A Jordan network over sequences ``[batch, steps, features]``: ``JordanCell`` under ``keras.layers.RNN``.

    It gives the last output ``[batch, output_units]``, or with ``return_sequences`` all of them
    ``[batch, steps, output_units]``, and with ``return_state`` the last output once more, which is the state. A masked
    step leaves the output as it was.

    Args:
        units, output_units, output_activation, ...: those of ``JordanCell``.
        return_sequences, return_state, go_backwards, stateful, unroll: those of ``keras.layers.SimpleRNN``.

    Raises:
        ValueError: ``units`` or ``output_units`` below 1.
    """

    def __init__(
        self,
        units: int,
        output_units: int | None = None,
        activation: Any = "tanh",
        output_activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        output_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        output_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        output_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        cell = JordanCell(
            units,
            output_units=output_units,
            activation=activation,
            output_activation=output_activation,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            output_initializer=output_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            output_regularizer=output_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            output_constraint=output_constraint,
            bias_constraint=bias_constraint,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            dtype=kwargs.get("dtype"),
            trainable=kwargs.get("trainable", True),
            name="jordan_cell",
        )
        super().__init__(
            cell,
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            **kwargs,
        )
        self.input_spec = [keras.layers.InputSpec(ndim=3)]

    def get_config(self) -> dict[str, Any]:
        """The cell's arguments beside the layer's own: the cell itself is made from them."""
        config = super().get_config()
        del config["cell"]
        cell = self.cell.get_config()
        return {**{name: value for name, value in cell.items() if name not in ("name", "dtype", "trainable")}, **config}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> JordanRNN:
        return cls(**config)
