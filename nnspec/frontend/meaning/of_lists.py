"""What was meant by a list or a mapping that does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import yaml_scalar
from nnspec.frontend import vocabulary
from nnspec.frontend.meaning.meant import MAX_OWNERS, Meant, brief, by_position, in_braces, is_kind, source_of
from nnspec.frontend.meaning.of_sections import section
from nnspec.frontend.meaning.slot import Slot, is_of
from nnspec.layers import layer_kind

_CHANNELS = (1, 3, 4)
PADDED = "`same` keeps the size; a padding layer before it, such as `ZeroPadding2D`, takes numbers"
# What others write of a value that a search is to find.
_OF_SEARCHES = {
    *("values", "value", "min", "max", "step", "low", "high", "lower", "upper"),
    *("choice", "choices", "distribution", "grid_search", "log", "default"),
}
_BESIDE = "layers stand one below the other, each with one dash; side by side they are `parallel: [[...], [...]]`"
_A_LAYER = "a layer is a kind and its arguments: `Conv2D: {filters: 64, kernel_size: 3}`; `from:` names what it takes"


def listed(given: list[Any], slot: Slot) -> Meant:
    """A list where something else belongs."""
    if (meant := _arguments(given, slot) or _rates(given, slot)) is not None:
        return meant
    if "from name to list" in slot.says and not any(isinstance(one, dict | list) for one in given):
        return Meant(f"what goes through them has a name: `{{size: {brief(given)}}}`, which `$size` reads")
    if slot.category == "layer" and layer_kind(slot.kind).family == "merge":
        return Meant(f"`from` beside the kind names what comes in: `{{{slot.kind}: {{}}, from: {brief(given)}}}`")
    if slot.is_shape and (meant := _sizes(given)) is not None:
        return meant
    if slot.says.startswith("a layer, ") and (meant := _layers_within(given)) is not None:
        return meant
    if slot.argument == "padding" and given and all(isinstance(one, int | list) for one in given):
        return Meant(PADDED)
    if (meant := _of_length(given, slot)) is not None:
        return meant
    if "array" not in slot.types and any(one.is_path for one in slot.arguments if one.name == slot.argument):
        return Meant(f"{slot.kind} reads one place here: put what lies in several into one first")
    if "array" not in slot.types and slot.is_first and (named := by_position(slot.category, slot.kind, given)):
        return Meant(f"arguments have names: `{slot.kind}: {{{named}}}`", None, f"{{{named}}}", whole=True)
    if says := _named_items(given, slot):
        return Meant(says)
    if "validation" in slot.schema.get("properties", ()):
        return section(given, slot)
    return _one_value(given, slot)


def mapped(given: dict[str, Any], slot: Slot) -> Meant:
    """A mapping where something else belongs."""
    if given and {*map(str, given)} <= _OF_SEARCHES and not slot.schema.get("properties"):
        return Meant("one value stands here; `nnspec sweep SPEC --over 'PATH=[VALUE, VALUE]'` tries several")
    if slot.schema.get("x-category") == "activation":
        kind, inner = next(iter(given.items()), ("LeakyReLU", 0.1))
        return Meant(f"an activation has no arguments; a layer behind this one has: `- {kind}: {in_braces(inner)}`")
    if "array" in slot.types and (meant := _in_order(given)) is not None:
        return meant
    if "array" in slot.types and "object" not in slot.types and given:
        entries = ", ".join(f"{{{name}: {in_braces(inner)}}}" for name, inner in given.items())
        known = all(any(catalog().has(one, name) for one in ("callback", "layer")) for name in given)
        if known and "..." not in entries:
            return Meant(f"a list: write `[{entries}]`", None, f"[{entries}]", whole=True)
    if slot.is_shape and given and all(isinstance(one, int) for one in given.values()):
        return Meant(f"sizes stand in a list: `{brief([*given.values()])}`")
    if "array" in slot.types and (layers := vocabulary.augmenting(given)):
        return Meant(f"a list of layers: `[{', '.join(f'{{{one}}}' for one in layers)}]`")
    return Meant("a list: each item begins with `- `") if "array" in slot.types else section(given, slot)


def _in_order(given: dict[str, Any]) -> Meant | None:
    """``{height: 64, width: 64}``, ``{0: cat, 1: dog}`` where a list stands."""
    keys = [str(one).lower() for one in given]
    order = ["height", "width", "depth", "channels"] if keys and keys[0][0] in "hwcd" else [*map(str, range(len(keys)))]
    places = [next((at for at, name in enumerate(order) if key in (name, name[:1])), None) for key in keys]
    plain = not any(isinstance(one, dict | list) for one in given.values())
    if not given or not plain or None in places or len({*places}) < len(places):
        return None
    pairs = sorted(
        zip([place for place in places if place is not None], given.values(), strict=True), key=lambda one: one[0]
    )
    written = brief([value for _, value in pairs])
    return Meant(f"write a list: `{written}`", None, written, whole=True)


def _layers_within(given: list[Any]) -> Meant | None:
    """A list where one layer stands: a list of layers with one dash too many, or what others write in a row."""
    if given and all(is_kind("layer", one) for one in given):
        return Meant(_BESIDE)
    return None if given and is_kind("layer", given[0]) else Meant(_A_LAYER)


def _arguments(given: list[Any], slot: Slot) -> Meant | None:
    """Arguments of a kind with a dash before each, or in square brackets: they came as its first argument."""
    if not slot.is_first or not given or not all(isinstance(one, dict) for one in given):
        return None
    entries = [entry for one in given for entry in one.items()]
    if not {name for name, _ in entries} <= {one.name for one in slot.arguments}:
        return None
    written = f"{{{', '.join(f'{name}: {brief(inner)}' for name, inner in entries)}}}"
    return Meant(f"arguments are a mapping, without dashes: `{slot.kind}: {written}`", None, written, whole=True)


def _rates(given: list[Any], slot: Slot) -> Meant | None:
    """Several learning rates."""
    if slot.argument != "learning_rate" or len(given) < 2 or not all(isinstance(one, int | float) for one in given):
        return None
    steps = ", ".join(str(5000 * at) for at in range(1, len(given)))
    written = f"{{boundaries: [{steps}], values: {brief(given)}}}"
    return Meant(f"several rates are a schedule's: `{{PiecewiseConstantDecay: {written}}}`")


def _of_length(given: list[Any], slot: Slot) -> Meant | None:
    """Height and width with the channels, where these two stand alone; one number for all axes in a list."""
    most = slot.schema.get("maxItems", len(given))
    if len(given) == most or not all(isinstance(one, int) for one in given):
        return None
    if len(set(given)) == 1:
        given = given[:1]
    if len(given) == 1:
        return Meant(f"write `{brief(given * most)}`", None, brief(given * most), True, whole=True)
    channels = next((at for at in (-1, 0) if given[at] in _CHANNELS), None)
    if slot.argument != "image_size" or len(given) != most + 1 or channels is None:
        return None
    sizes = brief(given[:-1] if channels else given[1:])
    return Meant(f"height and width alone: `{sizes}`; `color` says how many channels", None, sizes, True, whole=True)


def _sizes(given: list[Any]) -> Meant | None:
    """A shape as other tools have it: sizes within one another."""
    if any(isinstance(one, list) for one in given):
        flat = [size for one in given for size in (one if isinstance(one, list) else [one])]
        if all(isinstance(size, int) for size in flat):
            return Meant(f"sizes stand in one list: `{brief(flat)}`", None, brief(flat), whole=True)
    if given and all(isinstance(size, int) for size in given):
        return Meant("sizes stand in one list, with no brackets in it")
    return None


def _named_items(given: list[Any], slot: Slot) -> str | None:
    """What a list would be where a mapping stands whose keys are known, or are the user's."""
    properties = slot.schema.get("properties", ())
    if "layers" in properties and "params" in properties:
        return "the list stands under `layers:`"
    if "from label" in slot.says and given and all(isinstance(one, dict) for one in given):
        weights = ", ".join(f"{label}: {yaml_scalar(one)}" for label, one in given[0].items())
        return f"each output has its weights by its name: `{{NAME: {{{weights}}}, OTHER: ...}}`"
    if "from label" in slot.says:
        return f"weights have labels: `{{{', '.join(f'{at}: {yaml_scalar(one)}' for at, one in enumerate(given))}}}`"
    return None


def _one_value(given: list[Any], slot: Slot) -> Meant:
    """A list where one value belongs: several values to choose from, one alone, or a kind and its arguments."""
    category = slot.schema.get("x-category") or ("layer" if slot.says.startswith("a layer, ") else None)
    if category and given and all(is_kind(category, one) for one in given):
        shown = [_one(one) for one in given]
        if len(given) > 1 and category == "loss":
            return Meant(f"each output has its loss by its name: `{{NAME: {shown[0]}, OTHER: {shown[1]}}}`")
        return _one_of(shown)
    if category and given and isinstance(given[0], str) and catalog().has(category, given[0]):
        return _called(category, given[0], given[1:])
    if "from names to shapes" in slot.says:
        return _named_shapes(given)
    if category == "source" and given and isinstance(given[0], str) and (written := source_of(given[0])):
        return Meant(f"a source is a kind and what it reads, a file or a folder of several: `{{{written}}}`")
    if "object" in slot.types and given and all(isinstance(one, dict) for one in given):
        return Meant("a mapping: its entries have no dash before them")
    if given and "array" not in slot.types and all(one in slot.choices or is_of(one, slot.types) for one in given):
        return _one_of([yaml_scalar(one) for one in given])
    if len(given) == 1 and isinstance(given[0], str) and category:
        return _one_of([given[0]])
    return section(given[0] if len(given) == 1 else given, slot)


def _called(category: str, kind: str, values: list[Any]) -> Meant:
    """A kind and its arguments, in a list."""
    written = by_position(category, kind, values) or by_position(category, kind, [*values, None])
    first = next(iter(catalog().arguments(category, kind)), None)
    if len(values) == 1 and first is not None and not isinstance(values[0], dict | list):
        written = f"{first.name}: {yaml_scalar(values[0])}"
    becomes = f"{{{kind}: {{{written}}}}}" if written else None
    hint = f"a kind and its arguments are a mapping: `{becomes or f'{{{kind}: ...}}'}`"
    return Meant(hint, None, becomes, whole=True)


def _named_shapes(given: list[Any]) -> Meant:
    """Inputs as other tools have them: ``[{name: photo, shape: [8, 8, 3]}]``."""
    pairs = [(one.get("name"), one.get("shape")) for one in given if isinstance(one, dict)]
    if len(pairs) == len(given) and all(isinstance(name, str) and isinstance(shape, list) for name, shape in pairs):
        named = f"{{{', '.join(f'{name}: {brief(shape)}' for name, shape in pairs)}}}"
        return Meant(f"names stand before their shapes, without dashes: `{named}`", None, named, whole=True)
    if given and all(isinstance(one, dict) for one in given):
        return Meant("a mapping: its entries have no dash before them")
    return Meant(f"a shape has a name: `{{NAME: [{', '.join(map(yaml_scalar, given))}]}}`")


def _one(given: Any) -> str:
    """A kind as it stands in a line; of its arguments the plain one."""
    if not isinstance(given, dict):
        return yaml_scalar(given)
    name, inner = next(iter(given.items()))
    return f"{{{name}: {'{...}' if isinstance(inner, dict | list) else yaml_scalar(inner)}}}"


def _one_of(shown: Sequence[str]) -> Meant:
    """What to do with a list of what stands alone."""
    if len(shown) == 1:
        alone = None if "..." in shown[0] else shown[0]
        return Meant(f"one stands here, without a list: `{shown[0]}`", None, alone, whole=True)
    several = " or ".join(f"`{one}`" for one in shown[:MAX_OWNERS])
    return Meant(f"one stands here: {several}; `nnspec sweep` trains with each of several", whole=True)
