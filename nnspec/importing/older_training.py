"""What Keras 1 and 2 say that a model was compiled with, as Keras 3 says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Of an optimizer: how it was computed, and what Keras 3 has in other places.
DROPPED = {"name", "is_legacy_optimizer", "jit_compile", "clipnorm_by_global"}
# What Keras 3 has no argument for, and does as if this were given: of other values the argument is refused by name.
AS_IT_IS: Mapping[str, tuple[Any, ...]] = {
    "decay": (0, None),
    "initial_decay": (0, None),
    "schedule_decay": (0.004, None),
}
NAMES = {"lr": "learning_rate"}
METRICS = {"acc": "accuracy"}


def modern_training(config: Mapping[str, Any], outputs: int) -> dict[str, Any]:
    """`training_config` of an older Keras as `compile_config` of Keras 3.

    Args:
        outputs: how many the model has; each was judged by every metric of a list.
    """
    found: dict[str, Any] = {}
    optimizer = config.get("optimizer_config")
    if isinstance(optimizer, Mapping):
        found["optimizer"] = _optimizer(optimizer)
    for key in ("loss", "metrics", "weighted_metrics"):
        found[key] = _judges(config.get(key))
        if key != "loss" and outputs > 1 and _is_flat(found[key]):
            found[key] = [found[key]] * outputs
    if isinstance(weights := config.get("loss_weights"), Mapping | list):
        found["loss_weights"] = weights
    return found


def _is_flat(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(item, list) for item in value)


def _optimizer(value: Mapping[str, Any]) -> dict[str, Any]:
    given = value.get("config")
    config = {NAMES.get(name, name): item for name, item in (given if isinstance(given, Mapping) else {}).items()}
    config = {name: item for name, item in config.items() if item not in AS_IT_IS.get(str(name), ())}
    return {
        "class_name": str(value.get("class_name")).removeprefix("Custom>"),  # as Keras 2 registered its own
        "config": {name: item for name, item in config.items() if name not in DROPPED and item is not None},
    }


def _judges(value: Any) -> Any:
    """Losses and metrics: words, objects around a function of Keras's, in lists and by output."""
    if isinstance(value, str):
        return METRICS.get(value, value)
    if isinstance(value, list):
        return [_judges(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" not in value:
        return {name: _judges(item) for name, item in value.items()}
    config = value.get("config")
    if not isinstance(config, Mapping):
        return value
    function = config.get("fn")
    if value["class_name"] == "MeanMetricWrapper" and isinstance(function, str):
        name = config.get("name")
        return METRICS.get(str(name), name) if name in ("acc", "accuracy") else function
    kept = {name: item for name, item in config.items() if not (name == "fn" and isinstance(item, str))}
    if kept.get("reduction") == "auto":
        kept.pop("reduction")
    return {**value, "config": kept}
