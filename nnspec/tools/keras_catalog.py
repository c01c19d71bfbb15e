"""The catalogue of kinds, read off the installed Keras, as one JSON Schema: ``nnspec schema --write`` runs this."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras

from nnspec.backend.keras_internals.losses import is_one_function
from nnspec.backend.keras_internals.words import IDENTIFIERS, ignores_factor, known_words
from nnspec.backend.own_layers.activations import EXTRA_ACTIVATIONS
from nnspec.backend.own_layers.registry import EXTRA_LAYERS
from nnspec.backend.refused import REFUSED
from nnspec.catalog.argument_types import EXPRESSION, TYPES, Schema, opened
from nnspec.catalog.kind_schema import arguments_schema, kind_value, one_or_many
from nnspec.catalog.table_kinds import table_kind
from nnspec.catalog.targets import TARGETS
from nnspec.data.sources import SOURCES
from nnspec.tools.arguments import CALL_FLAGS, NULL_IS_A_VALUE, described
from nnspec.tools.descriptions import describe
from nnspec.tools.spec_schema import top_level

NOTHING = inspect.Parameter.empty  # the default of an argument that must be given

CATEGORIES: dict[str, tuple[Any, type]] = {
    "layer": (keras.layers, keras.layers.Layer),
    "loss": (keras.losses, keras.losses.Loss),
    "metric": (keras.metrics, keras.metrics.Metric),
    "optimizer": (keras.optimizers, keras.optimizers.Optimizer),
    "schedule": (keras.optimizers.schedules, keras.optimizers.schedules.LearningRateSchedule),
    "callback": (keras.callbacks, keras.callbacks.Callback),
    "initializer": (keras.initializers, keras.initializers.Initializer),
    "regularizer": (keras.regularizers, keras.regularizers.Regularizer),
    "constraint": (keras.constraints, keras.constraints.Constraint),
}
# `compile` itself knows these: which function they mean depends on the shape of the output.
COMPILE_WORDS = {"metric": {"accuracy", "acc", "crossentropy", "ce"}}
BASE_WORDS = {"initializer", "regularizer", "constraint", "metric", "loss", "optimizer"}

# What a base class would take through **kwargs, but this kind sets itself, or drops: kind -> arguments.
NOT_PASSED_ON: dict[str, set[str]] = {
    "IntegerLookup": {"activity_regularizer", "trainable", "dtype", "autocast"},
    "StringLookup": {"activity_regularizer", "trainable", "dtype", "autocast"},
    "ActivityRegularization": {"activity_regularizer"},
    "AdditiveAttention": {"score_mode"},
    "ReduceLROnPlateau": {"baseline"},
    "LossScaleOptimizer": {  # they belong to the optimizer within it
        *("learning_rate", "weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "use_ema", "ema_momentum"),
        *("ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps"),
    },
}
LAYER_BASE = ("activity_regularizer", "trainable", "dtype", "autocast")


def generate() -> Schema:
    """The whole schema: the structure of a spec, and every kind that it may name."""
    definitions: dict[str, Schema] = {"expression": EXPRESSION}
    definitions |= {f"type.{name}": opened(schema) for name, schema in TYPES.items()}
    definitions["activation"] = opened({"enum": identifiers("activation"), "x-category": "activation"})
    for category in CATEGORIES:
        kinds = {kind: keras_kind(category, kind, cls) for kind, cls in keras_kinds(category)}
        _define(definitions, category, kinds, identifiers(category))
    for category, table in (("source", SOURCES), ("target", TARGETS)):
        _define(definitions, category, {kind: table_kind(kind, cls) for kind, cls in table.items()}, [])
    layers = [kind for kind, _ in keras_kinds("layer")]
    named = {category: words for category in IDENTIFIERS if (words := aliases(category))}
    return {**top_level(layers), "$defs": definitions, "x-refused": REFUSED, "x-aliases": named}


def _define(definitions: dict[str, Schema], category: str, kinds: Mapping[str, Schema], words: list[str]) -> None:
    bare = [kind for kind, schema in kinds.items() if not schema["required"]]
    definitions[category] = kind_value(category, list(kinds), sorted({*bare, *words}))
    definitions |= {f"{category}.{kind}": schema for kind, schema in kinds.items()}


def text() -> str:
    """The schema as the text of the committed file: one line a definition, so that a diff can be read."""
    schema = generate()
    definitions = schema.pop("$defs")
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in definitions.items()]
    body = json.dumps(schema, indent=1)
    return body[:-2] + ',\n "$defs": {\n' + ",\n".join(lines) + "\n }\n}\n"


def write(path: Path) -> None:
    path.write_text(text(), encoding="utf-8")


def keras_kinds(category: str) -> Iterator[tuple[str, type]]:
    """The public classes of a category that a spec may name, and nnspec's own layers among the layers.

    Lower-case doubles are identifiers, not kinds.
    """
    module, base = CATEGORIES[category]
    classes = {**vars(module), **(EXTRA_LAYERS if category == "layer" else {})}
    for name, value in sorted(classes.items()):
        if name[0].isupper() and name not in REFUSED and inspect.isclass(value) and issubclass(value, base):
            yield name, value


def keras_kind(category: str, kind: str, cls: Any) -> Schema:
    """One kind: its arguments in the order of the signature; those that a base class takes come last."""
    arguments = dict(keras_arguments(category, kind, cls))
    properties = {name: _argument(category, kind, name, default) for name, default in arguments.items()}
    required = [name for name, default in arguments.items() if default is NOTHING]
    text = f"{describe(category, kind)}\n\n{_signature(kind, arguments)}"
    schema = arguments_schema(properties, required, text)
    if category == "layer":
        called = [name for name in inspect.signature(cls.call).parameters if name not in ("self", "args", "kwargs")]
        schema["x-call"] = [name for name in called if name not in CALL_FLAGS]
        schema["x-flags"] = [name for name in called if name in CALL_FLAGS]
    return schema


def keras_arguments(category: str, kind: str, cls: type) -> Iterator[tuple[str, Any]]:
    """Name and default (``NOTHING`` if there is none) of each argument, up the bases as far as **kwargs reach.

    A base's argument without a default is one that the class itself sets. A layer's name stands beside it.
    """
    seen = {"self", *NOT_PASSED_ON.get(kind, ()), *({"name"} if category == "layer" else ())}
    for owner in (base for base in cls.__mro__ if "__init__" in vars(base)):
        parameters = list(inspect.signature(vars(owner)["__init__"]).parameters.values())
        for parameter in parameters:
            named = parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
            inherited = owner is not _first_init(cls)
            if named and parameter.name not in seen and not (inherited and _set_by_kind(cls, parameter)):
                yield parameter.name, parameter.default
            seen.add(parameter.name)
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters):
            return


def _first_init(cls: type) -> type:
    return next(base for base in cls.__mro__ if "__init__" in vars(base))


def _set_by_kind(cls: type, parameter: inspect.Parameter) -> bool:
    """Whether a base's argument is one that a subclass gives a value of its own."""
    unused_factor = parameter.name == "factor" and ignores_factor(cls)
    return parameter.default is NOTHING or parameter.name == "pool_mode" or unused_factor


def _signature(kind: str, arguments: Mapping[str, Any]) -> str:
    """``Dense(units, activation=None, ...)``, without what every layer takes."""
    shown = [
        name if default is NOTHING else f"{name}={default!r}"
        for name, default in arguments.items()
        if name not in LAYER_BASE
    ]
    return f"{kind}({', '.join(shown)})"


def _argument(category: str, kind: str, name: str, default: Any) -> Schema:
    type_, sentence = described(kind, name)
    if name == "dtype" and category in ("loss", "metric"):
        type_ = "float_dtype" if category == "loss" else "counting_dtype"  # whole numbers would cut what is measured
    schema: Schema = _kinds_argument(type_) if type_.startswith("@") else {"$ref": f"#/$defs/type.{type_}"}
    schema["description"] = sentence
    if (kind, name) in NULL_IS_A_VALUE:
        schema["x-null"] = True
    if default is NOTHING:
        schema["not"] = {"type": "null"}
    elif default is not None:
        schema["default"] = list(default) if isinstance(default, tuple) else default
    return schema


def _kinds_argument(type_: str) -> Schema:
    category = type_.strip("@*")
    reference = {"$ref": f"#/$defs/{category}"}
    return {**(one_or_many(reference) if type_.endswith("*") else reference), "x-category": category}


def identifiers(category: str) -> list[str]:
    """The words, beside the names of kinds, that Keras's own ``get`` of a category turns into an object."""
    module = IDENTIFIERS.get(category)
    if module is None:
        return []
    known = known_words(category).items()
    words = {word for word, found in known if word[0].islower() or (word.isupper() and word != found.__name__)}
    words -= BASE_WORDS
    refused = {kind.lower() for kind in REFUSED}  # a word is a class or a function of the same name
    words = {word for word in words if word.replace("_", "").lower() not in refused}
    own = set(EXTRA_ACTIVATIONS) if category == "activation" else set()
    return sorted({word for word in words if _known(module, word)} | COMPILE_WORDS.get(category, set()) | own)


def aliases(category: str) -> dict[str, str]:
    """What each word of a category is another name of: ``mse`` of ``MeanSquaredError``, ``swish`` of ``silu``."""
    kinds = dict(keras_kinds(category)) if category in CATEGORIES else {}
    names: dict[Any, str] = {cls: kind for kind, cls in kinds.items() if kind == cls.__name__}
    names |= {cls().fn: kind for kind, cls in kinds.items() if category == "loss" and is_one_function(cls)}
    known = {**known_words(category), **kinds}
    found = {word: names.get(value, value.__name__) for word, value in sorted(known.items())}
    spoken = set(identifiers(category)) - COMPILE_WORDS.get(category, set())
    return {word: name for word, name in found.items() if word in {*spoken, *kinds} and word != name}


def _known(module: Any, word: str) -> bool:
    try:
        return module.get(word) is not None
    except (KeyError, TypeError, ValueError):  # a kind that needs arguments, or an abstract one
        return False
