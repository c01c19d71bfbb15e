"""Kinds as objects: a name and its arguments become a Keras layer, loss, metric, optimizer, callback and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from nnspec.backend.keras_internals.recurrent import masks_passing
from nnspec.backend.own_layers.activations import EXTRA_ACTIVATIONS
from nnspec.backend.own_layers.registry import EXTRA_LAYERS
from nnspec.catalog.kinds import catalog
from nnspec.console.plugin_modules import import_plugin
from nnspec.layers.types import KindValue

# Category -> where its classes are found by name. An activation given as a kind is a layer.
NAMESPACES: dict[str, Any] = {
    "layer": keras.layers,
    "activation": keras.layers,
    "loss": keras.losses,
    "metric": keras.metrics,
    "optimizer": keras.optimizers,
    "schedule": keras.optimizers.schedules,
    "callback": keras.callbacks,
    "initializer": keras.initializers,
    "regularizer": keras.regularizers,
    "constraint": keras.constraints,
}
Plugins = Mapping[str, str]  # a layer's kind, or category and kind (`loss.Contrastive`) -> "module:attribute"


def instantiate(category: str, value: Any, plugins: Plugins | None = None) -> Any:
    """The object that ``value`` describes, and inside it those that its arguments describe.

    Args:
        category: ``layer``, ``loss``, ``metric``, ``optimizer``, ``schedule``, ``callback``, ``initializer``,
            ``regularizer``, ``constraint`` or ``activation``.
        value: a ``KindValue``, or a list of values. Anything else, such as the identifier ``relu``, is returned as
            it is for Keras to read.
        plugins: where those come from that are not Keras's own; a loss is ``loss.Contrastive`` there.

    Raises:
        LookupError: there is no such kind.
        Exception: whatever Keras raises on arguments that it refuses.
    """
    if isinstance(value, list | tuple):
        return [instantiate(category, item, plugins) for item in value]
    if isinstance(value, str) and f"{category}.{value}" in (plugins or {}):
        value = KindValue(value, {})
    if not isinstance(value, KindValue):
        return EXTRA_ACTIVATIONS.get(value, value) if category == "activation" and isinstance(value, str) else value
    categories = {argument.name: argument.category for argument in catalog().arguments(category, value.kind)}
    arguments = {name: _argument(categories.get(name), given, plugins) for name, given in value.args.items()}
    arguments = {name: catalog().as_float(category, value.kind, name, given) for name, given in arguments.items()}
    with masks_passing():
        return kind_class(category, value.kind, plugins)(**arguments)


def kind_class(category: str, kind: str, plugins: Plugins | None = None) -> Any:
    """The class behind a kind: a plugin's, which is imported for it, nnspec's own, or Keras's.

    Raises:
        LookupError: there is no such kind.
    """
    place = (plugins or {}).get(kind if category in ("layer", "activation") else f"{category}.{kind}")
    if place is not None:
        return plugin_class(place)
    if category in ("layer", "activation") and kind in EXTRA_LAYERS:
        return EXTRA_LAYERS[kind]
    found = getattr(NAMESPACES[category], kind, None)
    if found is None:
        raise LookupError(f"there is no {category} `{kind}`")
    return found


def plugin_class(place: str) -> Any:
    """The class at ``module:attribute``."""
    module, _, attribute = place.partition(":")
    found: Any = import_plugin(module)
    for name in attribute.split("."):
        found = getattr(found, name)
    return found


def custom_objects(plugins: Plugins) -> dict[str, Any]:
    """What ``keras.models.load_model`` must be told to load a model with plugin layers."""
    classes = {kind.rpartition(".")[2]: plugin_class(place) for kind, place in plugins.items()}
    return classes | {keras.saving.get_registered_name(found): found for found in classes.values()}


def _argument(category: str | None, value: Any, plugins: Plugins | None) -> Any:
    if isinstance(value, dict):
        return {name: _argument(None, item, plugins) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_argument(category, item, plugins) for item in value]
    if isinstance(value, KindValue) and category is None:
        category = _category_of(value.kind, plugins)
    return instantiate(category, value, plugins) if category else value


def _category_of(kind: str, plugins: Plugins | None) -> str:
    """Where an argument's kind belongs when the schema does not say, as for the arguments of a plugin's layer."""
    if plugins and kind in plugins:
        return "layer"
    return next((category for category, module in NAMESPACES.items() if hasattr(module, kind)), "layer")
