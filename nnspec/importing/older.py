"""Configurations of Keras 1 and 2 as Keras 3 would write the same network.

What has another name gets today's, what Keras 2 took for granted is said, a function that means something else today
is written out as what it was. What cannot be said is refused: nothing is read as something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.importing.errors import ImportFailed
from nnspec.importing.masks import Masks, layer_name
from nnspec.importing.older_merge import as_functional, begins_with_merge, joined
from nnspec.importing.older_operations import KINDS as OPERATIONS
from nnspec.importing.older_operations import as_operation
from nnspec.importing.older_training import modern_training
from nnspec.importing.validity import COUNTS_MAKING, MODELS, triples

Config = dict[str, Any]

CLASSES = {
    **{f"Convolution{rank}D": f"Conv{rank}D" for rank in (1, 2, 3)},
    **{f"MaxPool{rank}D": f"MaxPooling{rank}D" for rank in (1, 2, 3)},
    **{f"AvgPool{rank}D": f"AveragePooling{rank}D" for rank in (1, 2, 3)},
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "LSTMV2": "LSTM",
    "GRUV2": "GRU",
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "TimeDistributedDense": "Dense",
    "L1L2Regularizer": "L1L2",
    "WeightRegularizer": "L1L2",
    "ThresholdedReLU": "ReLU",
}
# Arguments of Keras 1, wherever they stand.
NAMES = {
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "gamma_init": "gamma_initializer",
    "beta_init": "beta_initializer",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "border_mode": "padding",
    "subsample": "strides",
    "subsample_length": "strides",
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "pool_length": "pool_size",
    "stride": "strides",
    "atrous_rate": "dilation_rate",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "dim_ordering": "data_format",
    "input_dtype": "dtype",
}
# Arguments that one kind of Keras 1 or 2 calls otherwise than today.
NAMES_OF = {
    **{kind: {"output_dim": "units"} for kind in ("Dense", "LSTM", "GRU", "SimpleRNN")},
    **{kind: {"p": "rate"} for kind in ("Dropout", "GaussianDropout", "SpatialDropout1D", "SpatialDropout2D")},
    "Embedding": {"init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer"}
    | {"W_constraint": "embeddings_constraint"},
    "GaussianNoise": {"sigma": "stddev"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "UpSampling1D": {"length": "size"},
    "ReLU": {"theta": "threshold"},
    "CategoryEncoding": {"max_tokens": "num_tokens"},
}
# Of no meaning for the network: how it was computed, what the shape of the input says already.
LEFTOVERS = {"implementation", "consume_less", "input_length", "input_dtype", "time_major", "rng_type"}
LEFTOVERS_OF = {
    "Dense": {"input_dim"},
    "LSTM": {"input_dim"},
    "GRU": {"input_dim"},
    "SimpleRNN": {"input_dim"},
    "Conv1D": {"input_dim"},
    "MultiHeadAttention": {"query_shape", "key_shape", "value_shape"},
    "DepthwiseConv1D": {"kernel_initializer", "kernel_regularizer", "kernel_constraint", "filters"},
    "DepthwiseConv2D": {"kernel_initializer", "kernel_regularizer", "kernel_constraint", "filters"},
    "SeparableConv1D": {"kernel_initializer", "kernel_regularizer", "kernel_constraint"},
    "SeparableConv2D": {"kernel_initializer", "kernel_regularizer", "kernel_constraint"},
}
# Where an argument may be left out with a value that changes nothing.
NEUTRAL = {"groups": 1, "mode": 0, "time_major": False, "renorm": False, "zero_output_for_mask": False}
NO_GROUPS = {"DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"}
NO_GROUPS |= {"Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"}
INITIALIZERS = {"Zeros", "Ones", "Constant", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling"}
INITIALIZERS |= {"Orthogonal", "Identity", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform"}
INITIALIZERS |= {"LecunNormal", "LecunUniform"}
ORDERINGS = {"tf": "channels_last", "th": "channels_first"}
# Layers that Keras 3 no longer has, and what to do.
BUILT_AGAIN = "build the model without it and train that"
GONE = {
    **dict.fromkeys(
        ("LocallyConnected1D", "LocallyConnected2D"), "a Conv shares one kernel among all places; train that"
    ),
    **dict.fromkeys(("RandomHeight", "RandomWidth"), "leave it out: it changes images in training alone"),
    **dict.fromkeys(("MaxoutDense", "Highway", "DenseFeatures", "SReLU", "ParametricSoftplus"), BUILT_AGAIN),
}
HARD_SIGMOID = "keras2_hard_sigmoid"
# Functions of TensorFlow by the names that they have within it: Keras 2 wrote these.
FUNCTIONS = {"softmax_v2": "softmax", "log_softmax_v2": "log_softmax"}
GATED = {"LSTM", "GRU", "LSTMCell", "GRUCell"}
MERGES = {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"}
# Layers that ran by cuDNN alone, and what they are today.
FUSED: Mapping[str, Config] = {
    "CuDNNLSTM": {"recurrent_activation": "sigmoid"},
    "CuDNNGRU": {"recurrent_activation": "sigmoid", "reset_after": True},
}


def modernized(model: Mapping[str, Any], version: str | None) -> tuple[Config, list[str]]:
    """A model's configuration of Keras 1 or 2 as Keras 3 has it, and what to say of it.

    Raises:
        ImportFailed: a part means something that a spec cannot say.
    """
    reader = _Older(version or "2")
    found = reader.model(model, "")
    if isinstance(training := model.get("compile_config"), Mapping):
        found["compile_config"] = modern_training(training, _outputs(found))
    notes = [f"Keras {version or '1 or 2'} wrote this file; it is read as that version meant it", *reader.notes()]
    return found, notes


def _outputs(model: Mapping[str, Any]) -> int:
    inner = model.get("config")
    return len([*triples(inner.get("output_layers") or ())]) if isinstance(inner, Mapping) else 0


class _Older:
    def __init__(self, version: str) -> None:
        self.version = version
        self.hard_sigmoids = 0
        self.thresholds = 0

    def notes(self) -> Iterator[str]:
        if self.hard_sigmoids:
            yield "its hard_sigmoid is another function than Keras 3's: the spec says `keras2_hard_sigmoid`"
        if self.thresholds:
            yield "ThresholdedReLU is a ReLU with a threshold: they differ where a value is exactly the threshold"

    def model(self, model: Mapping[str, Any], where: str) -> Config:
        """A functional or sequential model, those inside it included."""
        inner = model.get("config")
        if isinstance(inner, list):  # a Sequential of Keras 1 and early 2 is its layers
            inner = {"name": "sequential", "layers": inner}
        if not isinstance(inner, Mapping) or not isinstance(inner.get("layers"), list):
            return dict(model)
        if model["class_name"] == "Sequential" and begins_with_merge(inner["layers"]):
            model = as_functional(model, inner["layers"])
            inner = model["config"]
        layers = [self.layer(layer, where) for layer in inner["layers"] if isinstance(layer, Mapping)]
        if model["class_name"] != "Sequential":
            layers = [_called(layer) for layer in layers]
            layers = [as_operation(layer, where) if layer["class_name"] in OPERATIONS else layer for layer in layers]
            self.compare_masks(layers)
        return {**model, "config": {**inner, "layers": layers}, COUNTS_MAKING: True}

    def layer(self, layer: Mapping[str, Any], where: str) -> Config:
        kind, config = str(layer.get("class_name")), layer.get("config")
        if kind in MODELS:
            return self.model(layer, f"{where}{_name(layer)}/")
        if not isinstance(config, Mapping):
            return dict(layer)
        owner = f"the layer `{where}{_name(layer)}`"
        if kind in OPERATIONS:
            return dict(layer)
        if kind == "Merge":
            kind, config = joined(config, owner)
        return {**layer, **self.object(kind, config, owner, layer.get("registered_name"))}

    def object(self, kind: str, config: Mapping[str, Any], owner: str, registered: Any = None) -> Config:
        """A class and its configuration, with what is nested in it."""
        today = CLASSES.get(kind, kind)
        if kind in GONE and registered in (None, kind):
            raise ImportFailed(f"{owner} is a `{kind}`, which Keras 3 no longer has", hint=GONE[kind])
        if kind == "ThresholdedReLU":
            self.thresholds += 1
            config = {"theta": 1.0, **config}
        found = dict(self.arguments(today, config, owner))
        if today in INITIALIZERS:
            found.pop("dtype", None)
        if kind in FUSED:
            found |= FUSED[kind]
        self.say_defaults(today, found)
        if today == "UpSampling2D" and found.get("interpolation") == "bilinear" and self.is_before_tensorflow_2:
            message = f"{owner} resizes bilinearly, which TensorFlow 1 did half a pixel from where TensorFlow 2 does"
            raise ImportFailed(message, hint="use `interpolation: nearest`, or convert the model with TensorFlow 2")
        known = {} if registered in (None, kind) else {"registered_name": registered}
        return {"class_name": today, "config": found, **known}

    @property
    def is_before_tensorflow_2(self) -> bool:
        numbers = [int(part) for part in self.version.split("-")[0].split(".")[:2] if part.isdecimal()]
        return numbers < [2, 3]

    def arguments(self, kind: str, config: Mapping[str, Any], owner: str) -> Iterator[tuple[str, Any]]:
        names = NAMES | NAMES_OF.get(kind, {})
        left_out = LEFTOVERS_OF.get(kind, set()) | (LEFTOVERS if kind != "InputLayer" else set())
        if {"nb_row", "nb_col"} <= set(config):
            yield "kernel_size", [config["nb_row"], config["nb_col"]]
        for name, value in config.items():
            value = _plain(value)
            if name in ("nb_row", "nb_col") or (name in left_out and not (name in NEUTRAL and value != NEUTRAL[name])):
                continue
            if name in NEUTRAL and value in (NEUTRAL[name], None) and (name != "groups" or kind in NO_GROUPS):
                continue
            if kind == "Embedding" and name == "dropout" and not value:
                continue
            if name == "forget_bias_init":
                yield "unit_forget_bias", value in ("one", "ones")
                continue
            if name == "dim_ordering":
                yield "data_format", ORDERINGS.get(value, value)
                continue
            yield names.get(name, name), self.value(kind, names.get(name, name), value, owner)

    def value(self, kind: str, name: str, value: Any, owner: str) -> Any:
        if name.endswith("activation") and isinstance(value, Mapping) and value.get("class_name") == "function":
            value = value.get("config")
        if value == "hard_sigmoid" and name.endswith("activation"):
            self.hard_sigmoids += 1
            return HARD_SIGMOID
        if name.endswith("activation") and isinstance(value, str):
            return FUNCTIONS.get(value, value)
        if kind == "ZeroPadding2D" and name == "padding":
            return _sides(value)
        if isinstance(value, list):
            return [self.value(kind, "", item, owner) for item in value]
        if not isinstance(value, Mapping):
            return value
        if value.get("class_name") in MODELS:
            return self.model(value, f"{owner.removeprefix('the layer `').rstrip('`')}/")
        if "class_name" in value and isinstance(value.get("config"), Mapping):
            return {**value, **self.object(value["class_name"], value["config"], owner, value.get("registered_name"))}
        if "class_name" not in value and name.endswith(("regularizer", "constraint")):
            return _old_penalty(value)
        return {key: self.value(kind, "", item, owner) for key, item in value.items()}

    def say_defaults(self, kind: str, found: Config) -> None:
        """What Keras 2 meant where it said nothing, and Keras 3 means otherwise."""
        was_hard = kind.startswith("ConvLSTM") or (kind in GATED and self.is_before_tensorflow_2)
        if was_hard and "recurrent_activation" not in found:
            self.hard_sigmoids += 1
            found["recurrent_activation"] = HARD_SIGMOID
        if kind in ("GRU", "GRUCell"):
            found.setdefault("reset_after", False)
        if kind == "Bidirectional" and found.get("backward_layer") is None:
            ahead = found.get("layer") or {}
            if ahead.get("config", {}).get("go_backwards"):  # Keras 3 makes one that goes backwards in any case
                found["backward_layer"] = {**ahead, "config": {**ahead["config"], "go_backwards": False}}

    def compare_masks(self, layers: list[Config]) -> None:
        """Raises ImportFailed where inputs with different masks are joined: Keras 3 joins masks in another way."""
        masks = Masks(layers)
        for layer in layers:
            if layer.get("class_name") not in MERGES:
                continue
            for found in masks.of_inputs(layer):
                if any(mask != found[0] for mask in found):
                    message = f"the layer `{layer_name(layer)}` joins inputs with different masks of padding"
                    hint = "Keras 2 took a step for real where all of them do, Keras 3 where one does: mask it by hand"
                    raise ImportFailed(message, hint=hint)


def _name(layer: Mapping[str, Any]) -> str:
    config = layer.get("config")
    return str(layer.get("name") or (config.get("name") if isinstance(config, Mapping) else None) or "unnamed")


def _plain(value: Any) -> Any:
    """Arrays and tracked lists that Keras 2 wrote as objects."""
    if isinstance(value, Mapping) and value.get("type") == "ndarray":
        return value.get("value")
    if isinstance(value, Mapping) and value.get("class_name") in ("ListWrapper", "__tuple__"):
        return value.get("items", value.get("config"))
    return value


def _sides(value: Any) -> Any:
    """Keras 1 gave the four sides of an image in a row: top, bottom, left, right."""
    if isinstance(value, list) and len(value) == 4 and all(isinstance(side, int) for side in value):
        return [value[:2], value[2:]]
    return value


def _old_penalty(value: Mapping[str, Any]) -> Any:
    """A regularizer or constraint of Keras 1, which names itself among its arguments."""
    rest = {name: item for name, item in value.items() if name != "name"}
    name = str(value.get("name"))
    if "m" in rest:
        rest["max_value"] = rest.pop("m")
    return {"class_name": CLASSES.get(name, name), "config": rest}


def _called(layer: Config) -> Config:
    """The calls of a layer in Keras 3's way; Keras 2 wrote lists of [layer, call, tensor, keywords]."""
    nodes = layer.get("inbound_nodes")
    if not isinstance(nodes, list):
        return layer
    return {**layer, "inbound_nodes": [node if _is_current(node) else _node(node) for node in nodes]}


def _is_current(node: Any) -> bool:
    return isinstance(node, Mapping) and not (node and all(map(_is_entry, node.values())))


def _is_entry(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], str)


def _node(node: Any) -> Config:
    if isinstance(node, Mapping):  # a model called with tensors by name
        keywords: Config = next((entry[3] for entry in node.values() if len(entry) > 3), {})
        return {"args": [{name: _given(entry) for name, entry in node.items()}], "kwargs": _keywords(keywords)}
    entries = [node] if node and isinstance(node[0], str) else list(node or ())
    tensors = [_given(entry) for entry in entries]
    keywords = entries[0][3] if entries and len(entries[0]) > 3 else {}
    return {
        "args": [tensors[0] if len(tensors) == 1 else tensors],
        "kwargs": _keywords(keywords),
    }


def _keywords(given: Mapping[str, Any]) -> Config:
    return {name: _given(value) for name, value in given.items()}


def _given(value: Any) -> Any:
    """A keyword: a tensor is [layer, call, tensor], a constant stays."""
    if isinstance(value, list):
        if len(value) >= 3 and value[0] == "_CONSTANT_VALUE":
            return value[2]
        if len(value) >= 3 and isinstance(value[0], str) and all(isinstance(place, int) for place in value[1:3]):
            return _tensor(value)
        return [_given(item) for item in value]
    return value


def _tensor(entry: Any) -> Config:
    config = {"shape": [], "dtype": "float32", "keras_history": list(entry[:3])}
    return {"class_name": "__keras_tensor__", "config": config}
