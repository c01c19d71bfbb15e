"""A functional model that rounds as its int8 file will, with the layers and weights of the one it is made of.

It has three stages. ``float``: nothing is rounded. ``live``: weights and values are rounded while the statistics of
batch normalizations and the ranges of values still follow the batches. ``frozen``: both stay, and biases are rounded
too, so that training sees what the file computes. At inference the last two are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from nnspec.backend.aware.steps import Pass
from nnspec.backend.keras_internals.layers import functional_config, nodes_of, run_nodes
from nnspec.frontend.rounding_plan import Plan

Stage = Literal["float", "live", "frozen"]


@keras.saving.register_keras_serializable("nnspec")
class AwareModel(keras.Model):  # type: ignore[misc]  # Keras is untyped
    """
    Args:
        plan: what is rounded, and where.
        learned: the ends of ranges are weights that training changes; else a moving average of batches.

    Attributes:
        stage: see above. Whoever changes it lets the model make its functions again (`make_train_function`).
        low, high: the ends of the ranges, float32 ``[ranges]``; equal where none was seen yet.
        keep: told of what each call of a layer gives; None: nobody is.
    """

    keep: Callable[[Any, int, Any], None] | None = None

    def __init__(
        self, inputs: Any, outputs: Any, plan: Plan, learned: bool = False, stage: Stage = "float", **kwargs: Any
    ) -> None:
        super().__init__(inputs, outputs, **kwargs)
        self.plan, self.learned, self.stage = plan, learned, stage
        self.nodes = nodes_of(self)
        self.steps = {(step.layer, step.call): step for step in plan.steps}
        shape = (len(plan.groups),)
        if plan.groups:
            ends = {"shape": shape, "initializer": "zeros", "trainable": learned, "aggregation": "mean"}
            self.low, self.high = self.add_weight(name="low", **ends), self.add_weight(name="high", **ends)
        self.members = [[other for other, group in enumerate(plan.groups) if group == mine] for mine in plan.groups]

    @classmethod
    def of(cls, model: Any, plan: Plan, learned: bool) -> AwareModel:
        """The model with the same layers, inputs and outputs."""
        return cls(model.input, model.output, plan, learned, name=model.name)

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any) -> Any:
        symbolic = any(keras.backend.is_keras_tensor(value) for value in keras.tree.flatten(inputs))
        if symbolic or (self.stage == "float" and self.keep is None):
            return super().call(inputs, training=training, mask=mask, **kwargs)
        run = Pass(self, "train" if training else "infer")
        rounds = self.stage != "float"
        each = run.call if rounds else lambda operation, number, args, given: operation(*args, **given)
        outputs = run_nodes(self, inputs, self.nodes, run.enter if rounds else _as_it_is, self._told(each))
        run.finish()
        return outputs

    def _told(self, each: Callable[..., Any]) -> Callable[..., Any]:
        """The same calls, of whose values `keep` is told."""
        keep = self.keep
        if keep is None:
            return each

        def told(operation: Any, number: int, args: Any, kwargs: Any) -> Any:
            found = each(operation, number, args, kwargs)
            keep(operation, number, found)
            return found

        return told

    def traced(self, inputs: Any) -> Any:
        """What it gives at inference, with all weights and ranges as constants, as the converter wants them."""
        run = Pass(self, "export")
        return run_nodes(self, inputs, self.nodes, run.enter, run.call)

    @property
    def has_ranges(self) -> bool:
        """Whether every range was seen: whether it was trained beyond the stage in float."""
        if not self.plan.groups:
            return True
        seen = self.high.numpy() > self.low.numpy()
        return bool(np.all(seen | np.array([ends is not None for ends in self.plan.fixed])))

    def plain(self) -> Any:
        """A functional model of Keras's own with rounded weights, and without ranges."""
        with tf.init_scope():
            run = Pass(self, "infer")
            model = self.unrounded()
            layers = {layer.name: layer for layer in model.layers}
            for step in self.plan.steps:
                run.bake(step, layers)
        return model

    def unrounded(self) -> Any:
        """A functional model of Keras's own with the weights that training moves, before they are rounded."""
        model = keras.Model.from_config(functional_config(self))
        for mine, theirs in zip(self.layers, model.layers, strict=True):
            theirs.set_weights(mine.get_weights())
        return model

    def get_config(self) -> dict[str, Any]:
        return {
            "graph": functional_config(self),
            "plan": self.plan.as_json(),
            "learned": self.learned,
            "stage": self.stage,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Any = None) -> AwareModel:
        graph = keras.Model.from_config(dict(config["graph"]), custom_objects=custom_objects)
        made = cls(graph.input, graph.output, Plan.of_json(config["plan"]), config["learned"], name=graph.name)
        made.stage = config["stage"]
        return made


def _as_it_is(name: str, value: Any) -> Any:
    return value


def rejoined(model: Any, inputs: Any, outputs: Any) -> Any:
    """A model of other inputs whose outputs the layers of `model` make; one that rounds keeps its plan and ranges."""
    if not isinstance(model, AwareModel):
        return keras.Model(inputs, outputs, name=model.name)
    made = AwareModel(inputs, outputs, model.plan, model.learned, model.stage, name=model.name)
    if model.plan.groups:
        made.low.assign(model.low)
        made.high.assign(model.high)
    return made
