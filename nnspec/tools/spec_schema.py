"""The structure of a spec around the kinds: sections, entries of ``layers``, blocks."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args, get_type_hints

from nnspec.catalog.applications import APPLICATIONS
from nnspec.catalog.argument_types import EXPRESSION, TYPES, Schema, choice, opened
from nnspec.catalog.kind_schema import one_or_many
from nnspec.data.config import DataConfig
from nnspec.frontend.codes import ON_DATA
from nnspec.frontend.config import (
    Precision,
    PretrainedConfig,
    QuantizeConfig,
    Strategy,
    TeacherConfig,
    Tracking,
    TrainConfig,
)
from nnspec.tools.arguments import CALL_FLAGS

ENTRY: Schema = {"$ref": "#/properties/layers/then/items"}
NAME: Schema = {"type": "string", "x-says": "a name"}
PATTERNS: Schema = {
    "type": ["string", "array", "null"],
    "items": NAME,
    "x-says": "a name or a pattern such as `stage5/*`, or a list of them",
}
DATA = {field.name: field.default for field in fields(DataConfig)}
TRAIN = {field.name: field.default for field in fields(TrainConfig)}
TEACHER = {field.name: field.default for field in fields(TeacherConfig)}
SHARE_OR_FILES = "a share from 0 to 1, a path or a list of them, or arguments of the source"


def top_level(layer_kinds: list[str]) -> Schema:
    """The schema of a whole spec, without its ``$defs``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "nnspec, version 1",
        "description": "One network: its layers, its data, its training and what it is shipped as.",
        "type": "object",
        "x-says": "a mapping",
        # A base may hold the rest; what is checked is the merged spec, which extends nothing any more.
        "if": {"required": ["extends"]},
        "then": {"required": ["nnspec"]},
        "else": {
            "required": ["nnspec", "inputs", "layers"],
            "properties": {"data": {"required": ["source"]}},
        },
        "additionalProperties": False,
        "properties": {
            "nnspec": {"enum": [1], "description": "The version of the language.", "x-says": "1"},
            "name": _text("What the network is called; by default the file's name."),
            "description": _text("What the network is, and where it comes from."),
            "extends": _texts("Base specs, relative to this file; this one's values win."),
            "use": _texts("Files whose blocks this one uses."),
            "requires": _texts("Installed packages whose layers, sources, targets or checks this spec uses."),
            "params": _mapping("The knobs: names that `$name` refers to, and their values."),
            "inputs": _inputs(),
            "blocks": {**_mapping("Layers with parameters, used like kinds."), "additionalProperties": _block()},
            "layers": _layers(layer_kinds),
            "outputs": _outputs(),
            "data": _data(),
            "train": _train(),
            "export": _described(one_or_many({"$ref": "#/$defs/target"}), "What the trained network is shipped as."),
            "budget": _budget(),
        },
    }


def _described(schema: Schema, doc: str, **extra: Any) -> Schema:
    return {**schema, "description": doc, **extra}


def _text(doc: str) -> Schema:
    return _described({"type": ["string", "null"], "x-says": "a text"}, doc)


def _texts(doc: str) -> Schema:
    text = {"type": "string", "x-says": "a text"}
    return _described({"type": ["string", "array", "null"], "items": text, "x-says": "a text, or a list of texts"}, doc)


def _mapping(doc: str) -> Schema:
    return _described({"type": ["object", "null"], "x-says": "a mapping"}, doc)


def _type(name: str, doc: str, **extra: Any) -> Schema:
    return _described({"$ref": f"#/$defs/type.{name}"}, doc, **extra)


def _choice(doc: str, *values: str) -> Schema:
    return _described(opened(choice(*values)), doc, default=values[0])


def _inputs() -> Schema:
    """An input is its shape, or a mapping with shape and dtype."""
    dimension = {"type": ["integer", "null", "string"], "minimum": 1, "pattern": EXPRESSION["pattern"]}
    shape = {
        "type": ["array", "string"],
        "pattern": EXPRESSION["pattern"],
        "items": {**dimension, "x-says": "a whole number above 0, or null where the size varies"},
        "x-says": "a shape without the batch, such as [28, 28, 1]",
    }
    properties = {"shape": shape, "dtype": _type("dtype", "The type of its values.", default="float32")}
    mapping = {"type": ["array", "string", "object"], "properties": properties, "required": ["shape"]}
    return {
        **_mapping("The inputs: name and shape without the batch; null where a size varies."),
        "type": "object",
        "x-says": "a mapping from names to shapes, such as {image: [28, 28, 1]}",
        "minProperties": 1,
        "additionalProperties": {**shape, **mapping, "additionalProperties": False},
    }


def _layers(layer_kinds: list[str]) -> Schema:
    return {
        "description": "The network: each layer takes the one before it.",
        **one_or_many(_entry(layer_kinds)),
    }


def _entry(layer_kinds: list[str]) -> Schema:
    """An entry of a list of layers. A key that is no kind of Keras's may be a block or a plugin's layer."""
    return {
        "type": ["object", "string", "null"],
        "x-says": "a layer, such as `Dense: 10`",
        "if": {"type": "string"},
        "then": {"anyOf": [{"enum": layer_kinds}, {"type": "string"}]},
        "properties": {
            **_wiring(),
            **_groups(),
            **{kind: {"$ref": f"#/$defs/layer.{kind}"} for kind in layer_kinds},
        },
    }


def _wiring() -> dict[str, Schema]:
    names = {"type": ["string", "array"], "items": NAME, "x-says": "a name, or a list of names"}
    sources = {
        "type": ["string", "array", "object", "null"],
        "minItems": 1,
        "minProperties": 1,
        "items": NAME,
        "additionalProperties": names,
        "x-says": "a name, a list of names, or a mapping from call argument to name",
    }
    when = {"type": ["boolean", "string", "null"], "x-says": "true, false or an expression"}
    return {
        "name": _described({"type": ["string", "null"], "x-says": "a name"}, "What other layers call this one."),
        "from": _described(sources, "What it takes instead of the layer before."),
        "when": _described(when, "Left out unless true."),
        "call": _call(),
    }


def _call() -> Schema:
    """Which of these a layer knows is told where its entry is expanded: here the kind is not known."""
    flags = {name: _type("bool", sentence) for name, sentence in CALL_FLAGS.items()}
    return {
        **_mapping("How the layer is called, beyond its inputs, such as `{training: false}`."),
        "properties": flags,
        "additionalProperties": {"type": ["boolean", "string", "null"], "x-says": "true or false"},
    }


def _groups() -> dict[str, Schema]:
    layers = one_or_many(ENTRY)
    branches = {"type": ["array", "string"], "items": layers, "pattern": EXPRESSION["pattern"]}
    loop = {"type": "object", "x-says": "a mapping from name to list"}
    repeat = {**opened(TYPES["natural"], null=False), "description": "How often the group stands there."}
    return {
        "layers": _described(layers, "A group: layers in a row."),
        "repeat": repeat,
        "as": _described(NAME, "The name of the round's number, from 0."),
        "for": _described(loop, "Lists of one length, walked together."),
        "parallel": _described({**branches, "x-says": "a list of branches"}, "Branches from one input."),
        "merge": _described(ENTRY, "The layer that joins the branches."),
        "reuse": _described(NAME, "The layer or group to call again, weights shared."),
    }


def _block() -> Schema:
    return {
        "type": "object",
        "x-says": "a mapping with `layers` and `params`",
        "required": ["layers"],
        "additionalProperties": False,
        "properties": {
            "description": _text("What the block is."),
            "params": _mapping("Its parameters and their defaults; one without a value must be given."),
            "layers": _described(one_or_many(ENTRY), "The layers that it stands for."),
        },
    }


def _outputs() -> Schema:
    says = "a name, a list of names, or a mapping from output to layer"
    some = {"minItems": 1, "minProperties": 1, "items": NAME, "additionalProperties": NAME}
    names = {"type": ["string", "array", "object", "null"], **some, "x-says": says}
    return _described(names, "The layers that are outputs; by default the last one.")


def _data() -> Schema:
    label = {"type": ["string", "number"], "x-says": 'a label, a text or a number; `"true"` in quotes is a text'}
    labels = {
        "type": ["array", "string", "null"],
        "minItems": 1,
        "items": label,
        "pattern": EXPRESSION["pattern"],
        "x-says": "a list of labels",
    }
    return {
        **_mapping("What the network learns from."),
        "additionalProperties": False,
        "properties": {
            "source": _described(
                {"$ref": "#/$defs/source"}, "Where the examples come from.", **{"not": {"type": "null"}}
            ),
            "split": _split(),
            "batch_size": _type("count", "Examples a step, over all replicas.", default=DATA["batch_size"]),
            "bucket_by_length": _type(
                "bool",
                "Whether the sequences of a batch are of about the same length.",
                default=DATA["bucket_by_length"],
            ),
            "tokens_per_batch": _type(
                "count", "Steps of a training batch at most, padding included, instead of `batch_size` examples."
            ),
            "shuffle": _type("bool", "A new order each epoch, told by the seed.", default=DATA["shuffle"]),
            "seed": _type(
                "natural", "What a random split follows from, whatever `train.seed` is.", default=DATA["seed"]
            ),
            "augment": _kinds("layer", "Preprocessing layers, for the training examples alone."),
            "moves": _moves(),
            "classes": _described(labels, "The labels in order, where the data do not say or the order matters."),
            "targets": _described(
                choice("inputs"), "`inputs`: the network learns to give its own inputs, as autoencoders do."
            ),
            "silence": {
                "type": "array",
                "items": {"enum": list(ON_DATA), "x-says": "a code such as W0905"},
                "description": "Codes of warnings on the data that are not told; those that were silenced are counted.",
                "default": [],
                "x-says": "a list of codes",
            },
            "one_hot": _type("bool", "Labels as vectors, for losses that want them.", default=DATA["one_hot"]),
        },
    }


def _split() -> Schema:
    part = {
        "type": ["number", "string", "object", "array", "null"],
        "items": {"type": "string", "x-says": "a path"},
        "minItems": 1,
        "minimum": 0,
        "maximum": 1,
        "pattern": r"^(?!\s*[0-9.]+\s*%?\s*$)",  # `20%` is no path; a file of that name is `./20%`
        "x-says": SHARE_OR_FILES,
    }
    held_back = "The parts held back: a share of the source, a path, several, or arguments of the source to replace."
    return {
        **_mapping(held_back),
        "properties": {
            **dict.fromkeys(("train", "validation", "test"), part),
            "unused": {
                "type": ["number", "null"],
                "exclusiveMinimum": 0,
                "exclusiveMaximum": 1,
                "description": "A share that is in no part: of a series the last times.",
                "x-says": "a share from 0 to 1",
            },
        },
        "additionalProperties": False,
    }


def _moves() -> Schema:
    """Masks need no word: they have the size of the image."""
    how = choice("points", "boxes", "relative_points", "relative_boxes", "nothing")
    doc = "Targets that are places in the image, so that augmentation moves them along: in pixels, or from 0 to 1."
    return {**_mapping(doc), "additionalProperties": how}


def _kinds(category: str, doc: str) -> Schema:
    kinds = {"type": ["array", "string", "null"], "items": {"$ref": f"#/$defs/{category}"}}
    return _described({**kinds, "pattern": EXPRESSION["pattern"], "x-says": f"a list of {category}s"}, doc)


def _train() -> Schema:
    weights = {"type": ["object", "array", "string", "null"], "x-says": "a mapping from output to weight"}
    by_label = "balanced, or a mapping from label to weight"
    balanced = {"if": {"type": "string"}, "then": {"enum": ["balanced"], "x-says": by_label}}
    classes = {
        **balanced,
        "type": ["string", "object", "null"],
        "additionalProperties": {
            **balanced,
            "type": ["number", "string", "object"],
            "minimum": 0,
            "additionalProperties": {"$ref": "#/$defs/type.not_negative"},
            "x-says": f"a number, 0 or more; or of an output {by_label}",
        },
        "x-says": by_label,
    }
    metrics = one_or_many({"$ref": "#/$defs/metric"})
    return {
        **_mapping("How it is trained."),
        "additionalProperties": False,
        "properties": {
            "epochs": _type("count", "Passes over the training part.", default=TRAIN["epochs"]),
            "optimizer": _described({"$ref": "#/$defs/optimizer"}, "How weights are updated.", default="Adam"),
            "loss": _by_output({"$ref": "#/$defs/loss"}, "What training makes small; or one for each output."),
            "loss_weights": _described(weights, "What each output's loss counts in the sum."),
            "metrics": _by_output(metrics, "What is measured; or a list for each output."),
            "weighted_metrics": _by_output(metrics, "What is measured with the examples' weights."),
            "callbacks": _kinds("callback", "What else happens as training goes on."),
            "strategy": _choice("How work is spread over devices.", *get_args(Strategy)),
            "precision": _choice("The type of activations and gradients.", *get_args(Precision)),
            "seed": _type("natural", "What every random draw follows from.", default=TRAIN["seed"]),
            "deterministic": _type("bool", "The same bits every time; the default on a CPU."),
            "debug": _type("bool", "Where a loss becomes infinite or nan, go back and find the layer."),
            "class_weight": _described(classes, "What the examples of each label count; or that for each output."),
            "checkpoint_every": _interval(),
            "initial_weights": _initial_weights(),
            "trainable": _described(PATTERNS, "The layers that learn, by name or pattern; by default what each says."),
            "phases": _phases(),
            "quantize": _quantize(),
            "track": _track(),
            "teacher": _teacher(),
            "prune": _prune(),
        },
    }


def _prune() -> Schema:
    share = {
        "type": ["number", "string"],
        "exclusiveMinimum": 0,
        "exclusiveMaximum": 1,
        "pattern": rf"^2:4$|{EXPRESSION['pattern']}",
        "x-says": "a share between 0 and 1, or 2:4",
    }
    return {
        **_mapping("Training that makes weights zero by and by, the smallest first."),
        "required": ["sparsity"],
        "additionalProperties": False,
        "properties": {
            "sparsity": _described(share, "The share of weights that end as zero, or 2:4, two of each four."),
            "layers": _described(PATTERNS, "The layers that are pruned, by name or pattern; by default all that can."),
            "dense_epochs": _type(
                "natural", "First epochs that make no weight zero; by default a quarter, or none after another run."
            ),
            "final_epochs": _type("natural", "Last epochs that make no further weight zero; by default a quarter."),
        },
    }


def _initial_weights() -> Schema:
    """A path, or a network of Keras's by its name."""
    return {
        "type": ["string", "object", "null"],
        "description": "A .keras file, a run folder, or a network of keras.applications, to begin from.",
        "x-says": "a path, or a mapping such as {application: MobileNetV2}",
        "required": ["application"],
        "additionalProperties": False,
        "properties": {
            "application": {**choice(*APPLICATIONS), "description": "The network of keras.applications."},
            "weights": _choice(
                "What its weights were learned on.", *get_args(get_type_hints(PretrainedConfig)["weights"])
            ),
            "alpha": _type("positive", "The width of a MobileNet, of those that there are weights for."),
            "include_top": _type("bool", "Whether the head for the 1,000 classes of ImageNet is among them."),
        },
    }


def _teacher() -> Schema:
    return {
        **_mapping("A trained network whose answers are learned beside the true ones: distillation."),
        "required": ["run"],
        "additionalProperties": False,
        "properties": {
            "run": {**_text("A run folder, or a .keras file."), "type": "string"},
            "temperature": _type(
                "positive", "What logits are divided by before they are compared.", default=TEACHER["temperature"]
            ),
            "weight": _type(
                "share_above_0", "The teacher's share of the loss; the truth has the rest.", default=TEACHER["weight"]
            ),
            "features": {
                **_mapping("Layers of this network, each with the layer of the teacher whose values it learns."),
                "additionalProperties": {"type": "string", "x-says": "the name of a layer of the teacher"},
            },
            "feature_weight": _type(
                "positive",
                "What the difference of these values counts beside the rest of the loss.",
                default=TEACHER["feature_weight"],
            ),
        },
    }


def _track() -> Schema:
    """One tracker, or a list."""
    known = choice(*get_args(Tracking))
    many = {"if": {"type": "array"}, "then": {"items": opened(known, null=False)}, "else": opened(known)}
    return _described(many, "Who is told of the run, beside the run folder: without a network unless you say so.")


def _quantize() -> Schema:
    values = {name: get_args(hint) for name, hint in get_type_hints(QuantizeConfig).items()}
    return {
        **_mapping("Training that rounds weights and values as an int8 file will, so that the file loses nothing."),
        "additionalProperties": False,
        "properties": {
            "weights": _choice("What weights of convolutions and Dense are rounded to.", *values["weights"]),
            "activations": _choice("What values between layers are rounded to.", *values["activations"]),
            "ranges": _choice("How ranges of values are found: a moving average, or learned.", *values["ranges"]),
            "equalize": _choice(
                "Whether channels of very different ranges are made alike before the first epoch, in initial weights.",
                *values["equalize"],
            ),
            "keep_float": _described(PATTERNS, "The layers that are not rounded, by name or pattern."),
            "recurrent": _choice(
                "What of recurrent layers is rounded: their weights, or every value of every step, for files of "
                "`runtime: unrolled`; auto: that where such an int8 file is exported.",
                *values["recurrent"],
            ),
            "float_epochs": _type(
                "natural", "First epochs without rounding; by default half, or none after a float run."
            ),
            "frozen_epochs": _type(
                "natural", "Last epochs in which ranges and statistics stay; by default a third of those that round."
            ),
        },
    }


def _phases() -> Schema:
    phase = {
        "type": "object",
        "x-says": "a mapping with epochs, trainable and optimizer",
        "required": ["epochs"],
        "additionalProperties": False,
        "properties": {
            "epochs": _type("count", "Passes over the training part."),
            "trainable": _described(PATTERNS, "The layers that learn, by name or pattern."),
            "optimizer": _described({"$ref": "#/$defs/optimizer"}, "How weights are updated, in place of train's."),
        },
    }
    says = "a list of phases, such as [{epochs: 3, trainable: head}, {epochs: 5}]"
    phases = {"type": ["array", "null"], "minItems": 1, "items": phase, "x-says": says}
    return _described(phases, "The training in parts, one by one.")


def _interval() -> Schema:
    """Steps, or a time above 0."""
    pattern = rf"^(?=[^a-z]*[1-9])[0-9]+(\.[0-9]+)? ?(s|min|h)$|{EXPRESSION['pattern']}"
    says = "a number of steps, or a time such as 5min"
    time = {"type": ["integer", "string", "null"], "minimum": 1, "pattern": pattern, "x-says": says}
    return _described(time, "Steps, or time (30s, 5min, 1h), between checkpoints within an epoch.", default="2min")


def _by_output(one: Schema, doc: str) -> Schema:
    """One for all outputs, or a mapping from output to its own. A single key with a capital letter is a kind."""
    kind = {"maxProperties": 1, "propertyNames": {"pattern": "^[A-Z]"}}
    return {
        "description": doc,
        "if": {"type": "object", "not": {"type": "object", **kind}},
        "then": {"additionalProperties": one},
        "else": one,
    }


def _budget() -> Schema:
    """Amounts may carry K, M or G, here alone."""
    pattern = rf"^[0-9]+(\.[0-9]+)?[KMG]?$|{EXPRESSION['pattern']}"
    amount = {"type": ["number", "string", "null"], "pattern": pattern, "minimum": 0, "x-says": "a number such as 140M"}
    limits = {
        "params": "How many parameters it may have.",
        "macs": "How many multiply-adds one example may cost.",
        "tflite_bytes": "How large its TFLite files may be.",
        "saved_model_bytes": "How large its SavedModel may be.",
        "latency_ms": "How many milliseconds a TFLite file may take for one example, median on one thread.",
        "memory_bytes": "How much memory a TFLite file may take, at the peak.",
        "arena_bytes": "How large the arena of a TFLite file of `runtime: micro` may be.",
    }
    properties = {name: _described(amount, doc) for name, doc in limits.items()}
    return {**_mapping("What the network may cost at most."), "additionalProperties": False, "properties": properties}
