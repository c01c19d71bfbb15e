"""Vocabularies in a SavedModel: the tables that its program fills at its start, with the words that it has for them.

A lookup holds a table, the table the function that fills it, and that function the constants with words and numbers.
What was saved before TensorFlow 2.7 has them in the checkpoint instead. No function is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnspec.importing.errors import ImportFailed
from nnspec.importing.learned import Found, special_tokens
from nnspec.importing.saved_model import LAYERS, Objects, metadata_of, objects_of, ways_of

INNER = ("_lookup_layer", "_index_lookup_layer")  # of a TextVectorization
TABLES = ("lookup_table", "_table")


def from_tables(path: Path) -> Found:
    """What the lookups of a SavedModel have learned, by the names of models and layers."""
    read: list[Objects] = []

    def found(place: str, names: Sequence[str]) -> Mapping[str, Any] | None:
        if not read:
            read.append(objects_of(path))
        objects = read[0]
        layer = _layer(objects, names)
        table = None if layer is None else _table(objects, layer)
        if layer is None or table is None:
            return None
        words, numbers = _constants(objects, table) or _in_checkpoint(path, objects, table) or ([], [])
        said = metadata_of(objects, layer)
        kind, config = str(said.get("class_name")), said.get("config") or {}
        if config.get("invert"):
            words, numbers = numbers, words
        return {"vocabulary": _in_order(words, numbers, special_tokens(kind, config), names)} if words else None

    return found


def _layer(objects: Objects, names: Sequence[str]) -> int | None:
    number = 0
    for name in names:
        layers = [child for key, child in objects.children[number].items() if key.startswith(LAYERS)]
        number = next((child for child in layers if metadata_of(objects, child).get("name") == name), -1)
        if number < 0:
            return None
    return number


def _table(objects: Objects, layer: int) -> int | None:
    children = objects.children[layer]
    inner = next((children[name] for name in INNER if name in children), layer)
    return next((objects.children[inner][name] for name in TABLES if name in objects.children[inner]), None)


def _constants(objects: Objects, table: int) -> tuple[list[Any], list[Any]] | None:
    """The keys and values that the table's own function puts into it; None where it puts none."""
    fills = objects.children[table].get("_initialize")
    given = [] if fills is None else objects.captured(fills)
    arrays = [values for number in given if (values := objects.constant(number)) is not None]
    return (arrays[0], arrays[1]) if len(arrays) == 2 else None


def _in_checkpoint(path: Path, objects: Objects, table: int) -> tuple[list[Any], list[Any]] | None:
    import tensorflow as tf

    checkpoint = tf.train.load_checkpoint(str(path / "variables" / "variables"))
    keys = [f"{ways_of(objects)[table]}/.ATTRIBUTES/table-{part}" for part in ("keys", "values")]
    shapes = checkpoint.get_variable_to_shape_map()
    if any(key not in shapes for key in keys):
        return None
    words, numbers = (checkpoint.get_tensor(key).tolist() for key in keys)
    return words, numbers


def _in_order(words: list[Any], numbers: list[Any], special: list[Any], names: Sequence[str]) -> list[Any]:
    """The words by their numbers, behind the tokens that stand for no word."""
    pairs = sorted(zip(numbers, words, strict=False)) if len(numbers) == len(words) else []
    if [number for number, _ in pairs] != list(range(len(special), len(special) + len(words))):
        raise ImportFailed(f"the table of the layer `{'/'.join(names)}` does not number its words one after the other")
    return special + [word.decode("utf-8", "replace") if isinstance(word, bytes) else word for _, word in pairs]
