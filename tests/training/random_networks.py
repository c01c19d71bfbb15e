"""Random small networks, told twice: as a spec with its data files, and as plain Keras by hand.

Nothing here calls nnspec. Every weight is drawn by an initializer with a seed of its own, so that both begin alike.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import keras
import numpy as np

MODULES = (
    keras.layers, keras.initializers, keras.regularizers, keras.constraints, keras.optimizers, keras.optimizers.schedules,
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """`Kind: arguments`: what a spec writes and what Keras makes of it."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)

    def said(self) -> Any:
        return {self.name: {key: said(value) for key, value in self.args.items()}} if self.args else self.name

    def made(self, *modules: Any, **more: Any) -> Any:
        kind = next(getattr(module, self.name) for module in modules or MODULES if hasattr(module, self.name))
        return kind(**{key: made(value) for key, value in self.args.items()}, **more)


def said(value: Any) -> Any:
    if isinstance(value, Kind):
        return value.said()
    if isinstance(value, Mapping):
        return {key: said(item) for key, item in value.items()}
    return [said(item) for item in value] if isinstance(value, list | tuple) else value


def made(value: Any, *modules: Any) -> Any:
    """As Keras takes it; made anew at each call, as it is at each place of a spec."""
    if isinstance(value, Kind):
        return value.made(*modules)
    if isinstance(value, Mapping):
        return {key: made(item, *modules) for key, item in value.items()}
    return [made(item, *modules) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Entry:
    """A layer with its name and what it takes."""

    name: str
    kind: Kind
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Head:
    """An output, what it is trained on, its loss and its metrics."""

    layer: str
    target: np.ndarray
    loss: Kind | str
    metrics: list[Kind | str]
    weighted_metrics: list[Kind | str]


@dataclass
class Draw:
    """One random network with its data and its training. All of it follows from the seed."""

    seed: int

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.numbers = np.random.default_rng(self.seed)
        self.entries: list[Entry] = []
        self.inputs: dict[str, tuple[tuple[int | None, ...], str]] = {}
        self.arrays: dict[str, np.ndarray] = {}
        self.heads: dict[str, Head] = {}
        self.count = self.random.randint(9, 23)
        self.batch = self.random.choice((2, 4, 5, 8, 32))
        self.kind = ("image", "sequence", "table")[self.seed % 3]
        getattr(self, f"draw_{self.kind}")()
        if self.random.random() < 0.25:
            self.add_side_input()
        for _ in range(self.random.choice((1, 1, 2))):
            self.add_head()
        self.draw_training()

    # ---- networks

    def layer(self, kind: str, *parents: str, **args: Any) -> str:
        name = f"n{len(self.entries)}"
        self.entries.append(Entry(name, Kind(kind, args), parents))
        return name

    def seeded(self, **more: Any) -> Kind:
        return Kind("RandomNormal", {"stddev": 0.3, "seed": self.random.randrange(1, 10**6)} | more)

    def weights(self, bias: bool = True) -> dict[str, Any]:
        """A kernel of its own seed, and now and then what else a layer with weights may have."""
        args: dict[str, Any] = {"kernel_initializer": self.seeded()}
        if self.random.random() < 0.3:
            args["kernel_regularizer"] = self.random.choice((Kind("L2", {"l2": 0.01}), Kind("L1", {"l1": 0.005})))
        if self.random.random() < 0.15:
            args["kernel_constraint"] = Kind("MaxNorm", {"max_value": 0.9})
        if bias and self.random.random() < 0.4:
            args["bias_initializer"] = self.seeded()
        return args

    def activation(self) -> str:
        return self.random.choice(("relu", "tanh", "elu", "gelu", "sigmoid", "swish"))

    def between(self, tensor: str) -> str:
        """Something between two layers with weights, or nothing."""
        match self.random.randrange(6):
            case 0:
                return self.layer("BatchNormalization", tensor, momentum=0.8)
            case 1:
                return self.layer("LayerNormalization", tensor)
            case 2:
                return self.layer("Dropout", tensor, rate=0.3, seed=self.random.randrange(10**6))
            case 3:
                return self.layer("LeakyReLU", tensor, negative_slope=0.1)
            case _:
                return tensor

    def input(self, name: str, shape: Sequence[int | None], values: np.ndarray, dtype: str = "float32") -> str:
        self.inputs[name] = (tuple(shape), dtype)
        self.arrays[name] = values
        return name

    def draw_image(self) -> None:
        size, channels = self.random.choice((6, 8)), self.random.choice((1, 3))
        pixels = self.numbers.integers(0, 256, (self.count, size, size, channels)).astype("uint8")
        if self.random.random() < 0.4:
            tensor = self.input("image", (size, size, channels), (pixels / 255).astype("float32"))
        else:
            tensor = self.layer(
                "Rescaling", self.input("image", (size, size, channels), pixels), scale=1 / 127.5, offset=-1
            )
        for _ in range(self.random.choice((1, 2))):
            tensor = self.between(self.convolution(tensor))
        if self.random.random() < 0.3:
            filters = self.random.choice((2, 3))
            left = self.layer("Conv2D", tensor, filters=filters, kernel_size=3, padding="same", **self.weights())
            right = self.layer("Conv2D", tensor, filters=filters, kernel_size=1, padding="same", **self.weights())
            tensor = self.layer(
                self.random.choice(("Add", "Multiply", "Maximum", "Average", "Concatenate")), left, right
            )
        self.map = tensor
        self.last = self.layer(self.random.choice(("GlobalAveragePooling2D", "GlobalMaxPooling2D", "Flatten")), tensor)

    def convolution(self, tensor: str) -> str:
        filters = self.random.choice((2, 3, 4))
        match self.random.randrange(4):
            case 0:
                return self.layer(
                    "SeparableConv2D", tensor, filters=filters, kernel_size=3, padding="same",
                    depthwise_initializer=self.seeded(), pointwise_initializer=self.seeded(), activation=self.activation(),
                )  # fmt: skip
            case 1:
                args = {"depthwise_initializer": self.seeded(), "depth_multiplier": self.random.choice((1, 2))}
                return self.layer("DepthwiseConv2D", tensor, kernel_size=3, padding="same", **args)
            case 2:
                tensor = self.layer("Conv2D", tensor, filters=filters, kernel_size=3, padding="same", **self.weights())
                return self.layer(self.random.choice(("MaxPooling2D", "AveragePooling2D")), tensor, pool_size=2)
            case _:
                return self.layer(
                    "Conv2D", tensor, filters=filters, kernel_size=self.random.choice((2, 3)), padding="same",
                    strides=self.random.choice((1, 2)), activation=self.activation(), **self.weights(),
                )  # fmt: skip

    def draw_sequence(self) -> None:
        steps = self.random.randint(4, 7)
        masked = self.random.random() < 0.6
        lengths = self.numbers.integers(2, steps + 1, self.count)
        padding = np.arange(steps)[None] >= lengths[:, None]
        length = self.random.choice((steps, None))
        if self.random.random() < 0.5:
            values = self.numbers.normal(size=(self.count, steps, 3)).astype("float32")
            values[padding] = 0
            tensor = self.input("steps", (length, 3), values)
            if masked:
                tensor = self.layer("Masking", tensor)
        else:
            words = self.numbers.integers(1, 11, (self.count, steps)).astype("int32")
            words[padding] = 0
            tensor = self.input("words", (length,), words, "int32")
            tensor = self.layer(
                "Embedding", tensor, input_dim=11, output_dim=4, mask_zero=masked, embeddings_initializer=self.seeded()
            )
        for _ in range(self.random.choice((1, 1, 2))):
            tensor = self.between(self.recurrent(tensor, masked))
        tensor = self.with_states(tensor)
        self.steps = tensor if length is not None else None
        if self.random.random() < 0.5:
            self.last = self.layer(self.random.choice(("GlobalAveragePooling1D", "GlobalMaxPooling1D")), tensor)
        else:
            self.last = self.cell("GRU", tensor, False)

    def with_states(self, tensor: str) -> str:
        """Now and then a recurrent layer that begins with states: those of an input, or of a layer that hands on its own.

        Drawn by a generator of its own, so that the other networks stay what they were.
        """
        drawn, self.random = self.random, random.Random(-1 - self.seed)
        if self.random.random() < 0.35:
            kind = self.random.choice(("LSTM", "GRU", "SimpleRNN"))
            count = 2 if kind == "LSTM" else 1
            args = self.cell_args(kind, True) | {"units": 3}
            if self.random.random() < 0.5:
                tensor = self.cell(kind, tensor, True, return_state=True, units=3)
                states = [f"{tensor}:{place}" for place in range(1, 1 + count)]
            else:
                values = np.random.default_rng(self.seed).normal(size=(self.count, 2)).astype("float32")
                given = self.input("state", (2,), values)
                states = [
                    self.layer("Dense", given, units=3, activation="tanh", kernel_initializer=self.seeded())
                    for _ in range(count)
                ]
            tensor = self.layer(kind, tensor, *states, **args)
        self.random = drawn
        return tensor

    def cell(self, kind: str, tensor: str, sequences: bool, **more: Any) -> str:
        return self.layer(kind, tensor, **{**self.cell_args(kind, sequences), **more})

    def cell_args(self, kind: str, sequences: bool) -> dict[str, Any]:
        args: dict[str, Any] = {"units": self.random.choice((2, 3)), "return_sequences": sequences}
        args |= {"kernel_initializer": self.seeded(), "recurrent_initializer": self.seeded()}
        if kind == "GRU" and self.random.random() < 0.3:
            args["reset_after"] = False
        if self.random.random() < 0.2:
            args["go_backwards"] = True
        return args

    def recurrent(self, tensor: str, masked: bool) -> str:
        kind = self.random.choice(("LSTM", "GRU", "SimpleRNN"))
        match self.random.randrange(5):
            case 0:
                # one cell is copied for the way back, with the seed of its initializers: two seeds, two layers
                ways = {"layer": Kind(kind, self.cell_args(kind, True) | {"go_backwards": False})}
                ways["backward_layer"] = Kind(kind, dict(ways["layer"].args) | {"go_backwards": True})
                return self.layer(
                    "Bidirectional", tensor, merge_mode=self.random.choice(("concat", "sum", "ave")), **ways
                )
            case 1:
                dense = Kind("Dense", {"units": 3, "activation": "tanh", **self.weights()})
                return self.layer("TimeDistributed", tensor, layer=dense)
            case 2 if not masked:
                return self.layer("Conv1D", tensor, filters=3, kernel_size=2, padding="same", **self.weights())
            case 3:
                return self.layer(
                    "MultiHeadAttention", tensor, tensor, num_heads=2, key_dim=2, kernel_initializer=self.seeded()
                )
            case _:
                return self.cell(kind, tensor, True)

    def draw_table(self) -> None:
        width = self.random.randint(2, 6)
        tensor = self.input("x", (width,), self.numbers.normal(size=(self.count, width)).astype("float32"))
        for _ in range(self.random.choice((1, 2))):
            args = {"units": self.random.randint(2, 5), "activation": self.activation(), **self.weights()}
            tensor = self.between(self.layer("Dense", tensor, **args))
        self.last = tensor

    def add_side_input(self) -> None:
        """A second input beside the first: a category or further numbers, joined before the heads."""
        if self.random.random() < 0.5:
            column = self.numbers.integers(0, 5, self.count).astype("int32")
            side = self.input("side", (), column, "int32")
            side = self.layer("Embedding", side, input_dim=5, output_dim=2, embeddings_initializer=self.seeded())
        else:
            side = self.input("side", (2,), self.numbers.normal(size=(self.count, 2)).astype("float32"))
        self.last = self.layer("Concatenate", self.last, side)

    # ---- heads

    def add_head(self) -> None:
        name = f"out{len(self.heads)}"
        choices = ["classes", "one_hot", "binary", "labels", "numbers"]
        if self.kind == "image":
            choices += ["mask", "picture"]
        if self.kind == "sequence" and self.steps is not None:
            choices += ["tags", "series"]
        getattr(self, f"head_{self.random.choice(choices)}")(name)

    def head(
        self, name: str, kind: str, parent: str, target: np.ndarray, loss: Any, pool: Sequence[Any], **args: Any
    ) -> None:
        self.entries.append(Entry(name, Kind(kind, args), (parent,)))
        picked = self.random.sample(list(pool), k=min(len(pool), self.random.choice((1, 2, 3))))
        weighted = self.random.sample(list(pool), k=1) if self.random.random() < 0.2 else []
        self.heads[name] = Head(name, target, loss, picked, [item for item in weighted if item not in picked])

    def logits(self, kind: str, activation: str) -> tuple[dict[str, Any], Kind]:
        """A last layer's activation with the loss that goes with it."""
        if self.random.random() < 0.3:
            return {}, Kind(kind, {"from_logits": True})
        return {"activation": activation}, Kind(kind)

    def head_classes(self, name: str) -> None:
        classes = self.random.choice((2, 3, 4))
        target = (np.arange(self.count) % classes).astype("int32")
        args, loss = self.logits("SparseCategoricalCrossentropy", "softmax")
        pool = [
            Kind("SparseCategoricalAccuracy"), "accuracy", Kind("SparseTopKCategoricalAccuracy", {"k": 2}),
            Kind("SparseCategoricalCrossentropy", {"name": "nll", "from_logits": not args}),
        ]  # fmt: skip
        self.head(name, "Dense", self.last, self.shuffled(target), loss, pool, units=classes, **args, **self.weights())

    def head_one_hot(self, name: str) -> None:
        target = np.eye(3, dtype="float32")[self.numbers.integers(0, 3, self.count)]
        args, loss = self.logits("CategoricalCrossentropy", "softmax")
        if not self.random.randrange(4):
            args, loss = {"activation": "softmax"}, Kind("CategoricalFocalCrossentropy", {"gamma": 1.5})
        pool = [
            Kind("CategoricalAccuracy"), "accuracy", Kind("TopKCategoricalAccuracy", {"k": 2}),
            *([Kind("Precision"), Kind("Recall", {"class_id": 1}), Kind("AUC", {"num_thresholds": 20}),
               Kind("F1Score", {"average": "macro"})] if args else [Kind("CategoricalCrossentropy", {"from_logits": True})]),
        ]  # fmt: skip
        self.head(name, "Dense", self.last, target, loss, pool, units=3, **args, **self.weights())

    def head_binary(self, name: str) -> None:
        target = self.shuffled((np.arange(self.count) % 2).astype(self.random.choice(("int32", "float32"))))
        if target.dtype == "float32" and self.random.random() < 0.5:
            target = target[:, None]
        loss = self.random.choice(
            (Kind("BinaryCrossentropy"), Kind("BinaryFocalCrossentropy"), Kind("MeanSquaredError"))
        )
        pool = [
            Kind("BinaryAccuracy"), "accuracy", Kind("Precision"), Kind("Recall", {"thresholds": 0.4}),
            Kind("AUC", {"num_thresholds": 30}), Kind("FalsePositives"), Kind("TruePositives"),
            Kind("SpecificityAtSensitivity", {"sensitivity": 0.5, "num_thresholds": 20}),
        ]  # fmt: skip
        args = {"units": 1, "activation": "sigmoid", **self.weights()}
        self.head(name, "Dense", self.last, target, loss, pool, **args)

    def head_labels(self, name: str) -> None:
        target = self.numbers.integers(0, 2, (self.count, 3)).astype("float32")
        pool = [Kind("BinaryAccuracy"), Kind("AUC", {"multi_label": True, "num_thresholds": 20}), Kind("Recall")]
        args = {"units": 3, "activation": "sigmoid", **self.weights()}
        self.head(name, "Dense", self.last, target, Kind("BinaryCrossentropy"), pool, **args)

    def head_numbers(self, name: str) -> None:
        width = self.random.choice((1, 1, 2))
        target = self.numbers.normal(size=(self.count, width) if width > 1 else self.count).astype("float32")
        if width == 1 and self.random.random() < 0.5:
            target = target[:, None]
        loss = self.random.choice(
            (Kind("MeanSquaredError"), Kind("MeanAbsoluteError"), Kind("Huber", {"delta": 0.5}), Kind("LogCosh"), "mse")
        )
        pool = ["mae", Kind("MeanSquaredError"), Kind("RootMeanSquaredError"), Kind("MeanAbsolutePercentageError")]
        if target.ndim == 2:
            pool += [Kind("R2Score"), Kind("CosineSimilarity")]
        self.head(name, "Dense", self.last, target, loss, pool, units=width, **self.weights())

    def head_tags(self, name: str) -> None:
        steps = self.arrays[next(iter(self.inputs))].shape[1]
        target = self.numbers.integers(0, 3, (self.count, steps)).astype("int32")
        args, loss = self.logits("SparseCategoricalCrossentropy", "softmax")
        pool = [Kind("SparseCategoricalAccuracy"), "accuracy"]
        self.head(name, "Dense", self.steps, target, loss, pool, units=3, **args, **self.weights())

    def head_series(self, name: str) -> None:
        steps = self.arrays[next(iter(self.inputs))].shape[1]
        target = self.numbers.normal(size=(self.count, steps, 2)).astype("float32")
        pool = ["mae", Kind("RootMeanSquaredError")]
        self.head(name, "Dense", self.steps, target, Kind("MeanSquaredError"), pool, units=2, **self.weights())

    def head_mask(self, name: str) -> None:
        """A class for each pixel; the size of the map is known once the hand-written network is built."""
        args, loss = self.logits("SparseCategoricalCrossentropy", "softmax")
        pool = [Kind("SparseCategoricalAccuracy"), "accuracy"]
        size = self.map_size()
        target = self.numbers.integers(0, 3, (self.count, *size)).astype("int32")
        self.head(name, "Conv2D", self.map, target, loss, pool, filters=3, kernel_size=1, **args, **self.weights())

    def head_picture(self, name: str) -> None:
        target = self.numbers.random((self.count, *self.map_size(), 1)).astype("float32")
        loss = self.random.choice((Kind("BinaryCrossentropy"), Kind("MeanAbsoluteError")))
        args = {"filters": 1, "kernel_size": 1, "activation": "sigmoid", **self.weights()}
        self.head(name, "Conv2D", self.map, target, loss, ["mse", Kind("RootMeanSquaredError")], **args)

    def map_size(self) -> tuple[int, int]:
        tensors = self.tensors()
        return tuple(tensors[self.map].shape[1:3])

    def shuffled(self, target: np.ndarray) -> np.ndarray:
        return target[self.numbers.permutation(len(target))]

    # ---- training

    def draw_training(self) -> None:
        self.epochs = self.random.choice((1, 1, 2))
        self.shuffle = self.random.random() < 0.7
        self.train_seed = self.random.randrange(1000)
        self.validation = self.random.choice((0.0, 0.3))
        rate: Any = self.random.choice((0.01, 0.05))
        if self.random.random() < 0.5:
            rate = self.random.choice(
                (
                    Kind("ExponentialDecay", {"initial_learning_rate": 0.05, "decay_steps": 2, "decay_rate": 0.7}),
                    Kind("CosineDecay", {"initial_learning_rate": 0.05, "decay_steps": 5}),
                    Kind("PiecewiseConstantDecay", {"boundaries": [1, 3], "values": [0.05, 0.02, 0.01]}),
                )
            )
        name, args = self.random.choice(
            (
                ("SGD", {}), ("SGD", {"momentum": 0.9, "nesterov": True}), ("Adam", {}), ("AdamW", {"weight_decay": 0.02}),
                ("RMSprop", {}), ("Adagrad", {}), ("Adamax", {}), ("Lion", {}),
            )
        )  # fmt: skip
        more = self.random.choice(
            (
                {},
                {},
                {"clipnorm": 0.5},
                {"global_clipnorm": 0.5},
                {"clipvalue": 0.1},
                {"use_ema": True, "ema_momentum": 0.8},
            )
        )
        self.optimizer = Kind(name, {"learning_rate": rate, **args, **more})
        self.weight = self.numbers.random(self.count).astype("float32") if self.random.random() < 0.3 else None
        self.loss_weights = (
            {name: self.random.choice((0.3, 1.0, 2.0)) for name in self.heads}
            if len(self.heads) > 1 and self.random.random() < 0.6
            else None
        )
        self.class_weight: Any = None
        classes = [head for head in self.heads.values() if head.target.ndim == 1 and head.target.dtype == "int32"]
        if len(self.heads) == 1 and classes and self.random.random() < 0.5:
            self.class_weight = self.random.choice(("balanced", {0: 0.5, 1: 2.0}))
        self.weigh_classes_by_output()

    def weigh_classes_by_output(self) -> None:
        """Of several outputs now and then those over classes by name, as Keras itself cannot.

        Drawn by a generator of its own, so that the other networks stay what they were.
        """
        drawn = random.Random(-2 - self.seed)
        if len(self.heads) == 1 or drawn.random() < 0.3:
            return
        weights = {
            name: (0.5, 2.0, 0.0, 1.5)[: len(of)] for name, head in self.heads.items() if len(of := labels(head))
        }
        self.class_weight = {
            name: drawn.choice(("balanced", dict(enumerate(one)), {1: 3.0})) for name, one in weights.items()
        }

    # ---- as a spec

    def write(self, folder: Path) -> Path:
        """`data.npz` and `spec.yaml`."""
        arrays = {**self.arrays, **{name: head.target for name, head in self.heads.items()}}
        source: dict[str, Any] = {"path": "data.npz"}
        source["inputs"] = list(self.inputs) if len(self.inputs) > 1 else next(iter(self.inputs))
        source["targets"] = list(self.heads) if len(self.heads) > 1 else next(iter(self.heads))
        if self.weight is not None:
            arrays["weight"] = self.weight
            source["weight"] = "weight"
        np.savez(folder / "data.npz", **arrays)
        layers: list[Any] = []
        for entry in self.entries:
            kind = entry.kind.said()
            layer = kind if isinstance(kind, dict) else {kind: None}
            taken = list(entry.parents) if len(entry.parents) > 1 else entry.parents[0]
            layers.append({**layer, "name": entry.name, "from": taken})
        spec: dict[str, Any] = {
            "nnspec": 1,
            "inputs": {name: {"shape": list(shape), "dtype": dtype} for name, (shape, dtype) in self.inputs.items()},
            "layers": layers,
            "outputs": list(self.heads),
            "data": {"source": {"Arrays": source}, "batch_size": self.batch, "shuffle": self.shuffle},
            "train": self.settings(),
        }
        if self.validation:
            spec["data"]["split"] = {"validation": self.validation}
        path = folder / "spec.yaml"
        path.write_text(json.dumps(spec, indent=1), encoding="utf-8")
        return path

    def settings(self) -> dict[str, Any]:
        train: dict[str, Any] = {"epochs": self.epochs, "seed": self.train_seed, "optimizer": said(self.optimizer)}
        for key in ("loss", "metrics", "weighted_metrics"):
            values = {name: said(getattr(head, key)) for name, head in self.heads.items()}
            values = {name: value for name, value in values.items() if value}
            if values:
                train[key] = values if len(self.heads) > 1 else next(iter(values.values()))
        if self.loss_weights:
            train["loss_weights"] = self.loss_weights
        if self.class_weight:
            train["class_weight"] = self.class_weight
        return train

    # ---- by hand

    def tensors(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            name: keras.Input(shape, dtype=dtype, name=name) for name, (shape, dtype) in self.inputs.items()
        }
        for entry in self.entries:
            layer = entry.kind.made(name=entry.name)
            taken = [found[parent] for parent in entry.parents]
            if entry.kind.name in ("LSTM", "GRU", "SimpleRNN") and len(taken) > 1:
                made_of = layer(taken[0], initial_state=taken[1:])
            elif entry.kind.name == "MultiHeadAttention" or len(taken) == 1:
                made_of = layer(*taken)
            else:
                made_of = layer(taken)
            outputs = made_of if isinstance(made_of, list | tuple) else [made_of]
            found |= {f"{entry.name}:{place}" if place else entry.name: value for place, value in enumerate(outputs)}
        return found

    def model(self) -> Any:
        tensors = self.tensors()
        inputs = {name: tensors[name] for name in self.inputs}
        outputs = {name: tensors[name] for name in self.heads}
        if len(outputs) == 1:
            (outputs,) = outputs.values()
        model = keras.Model(inputs, outputs)
        several = len(self.heads) > 1

        def each(key: str) -> Any:
            module = keras.losses if key == "loss" else keras.metrics
            values = {name: made(getattr(head, key), module) for name, head in self.heads.items()}
            return values if several else next(iter(values.values()))

        model.compile(
            optimizer=made(self.optimizer),
            loss=each("loss"),
            loss_weights=self.loss_weights,
            metrics=each("metrics"),
            weighted_metrics=each("weighted_metrics") if any(h.weighted_metrics for h in self.heads.values()) else None,
        )
        return model


def order(rows: np.ndarray, seed: int, epoch: int) -> np.ndarray:
    """The manual's order of an epoch: sorted by the raw numbers of Philox with the key (seed, epoch)."""
    drawn = np.random.Philox(key=np.array([seed, epoch], np.uint64)).random_raw(len(rows))
    return rows[np.argsort(drawn, kind="stable")]


def labels(head: Head) -> np.ndarray:
    """How far each example, step or pixel of a head's target is of each class, [classes, ...]; empty without classes.

    Classes are numbers, or a value each, or one value that is 0 or 1 for a loss of yes and no.
    """
    loss = head.loss if isinstance(head.loss, str) else head.loss.name
    if head.target.dtype == "int32":
        return np.stack([head.target == label for label in range(head.target.max() + 1)])
    if loss.startswith("Categorical"):
        return np.moveaxis(head.target, -1, 0)
    if loss.startswith("Binary") and head.target.size == len(head.target):
        yes = head.target.reshape(-1)
        return np.stack([1 - yes, yes])
    return np.empty((0, len(head.target)))


def spread(weights: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Weights of examples for a loss of steps or pixels, which Keras does not spread over them by itself."""
    rank = target.ndim - (target.dtype.kind == "f")
    return weights.reshape(-1, *[1] * (rank - 1)) if rank > 1 else weights


class Batches:
    """Batches of (x, y, weights) of the rows of a part; in each epoch in its order, a smaller one last."""

    def __init__(self, draw: Draw, rows: np.ndarray, training: bool) -> None:
        self.draw, self.rows, self.training = draw, rows, training
        self.steps = -(-len(rows) // draw.batch)

    def __iter__(self) -> Iterator[Any]:
        """Epoch after epoch, without an end."""
        for epoch in count():
            shuffled = self.training and self.draw.shuffle
            rows = order(self.rows, self.draw.train_seed, epoch) if shuffled else self.rows
            for start in range(0, len(rows), self.draw.batch):
                yield self.batch(rows[start : start + self.draw.batch])

    @property
    def again(self) -> Any:
        """The same batches for each look at a part. A generator that Keras looks at twice loses what was fetched ahead."""
        return Again(self)

    def batch(self, rows: np.ndarray) -> Any:
        draw = self.draw
        x = {name: draw.arrays[name][rows].astype(dtype) for name, (_, dtype) in draw.inputs.items()}
        y = {name: head.target[rows] for name, head in draw.heads.items()}
        weights = np.ones(len(rows), "float32") if draw.weight is None else draw.weight[rows]
        several = len(y) > 1
        found = (x, y if several else next(iter(y.values())))
        weighed = draw.class_weight if self.training else None
        if draw.weight is None and not weighed:
            return found
        each = {name: spread(weights, target) for name, target in y.items()}
        for name in each:
            wanted = weighed.get(name) if several and weighed else weighed
            if wanted:
                each[name] = each[name] * self.by_class(draw.heads[name], wanted, rows)
        return (*found, each if several else next(iter(each.values())))

    def by_class(self, head: Head, wanted: Any, rows: np.ndarray) -> np.ndarray:
        """`balanced` is n / (classes * count), counted in the training part; classes that are not named weigh 1."""
        known = labels(head)[:, self.rows]
        if wanted == "balanced":
            counts = known.reshape(len(known), -1).sum(axis=1)
            found = {
                place: counts.sum() / ((counts > 0).sum() * one) if one else 0.0 for place, one in enumerate(counts)
            }
        else:
            found = wanted
        weights = np.array([found.get(place, 1.0) for place in range(len(known))])
        return np.tensordot(weights, labels(head)[:, rows], axes=1).astype("float32")


class Again(keras.utils.PyDataset):  # type: ignore[misc]
    """The batches of a part in file order, by number."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches

    def __len__(self) -> int:
        return self.batches.steps

    def __getitem__(self, step: int) -> Any:
        size = self.batches.draw.batch
        return self.batches.batch(self.batches.rows[step * size : (step + 1) * size])
