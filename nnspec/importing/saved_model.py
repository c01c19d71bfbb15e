"""The Keras model that a SavedModel of Keras 2 was made of, as far as it is in the folder.

Keras 2 kept the configuration of every layer beside the compiled program: in `saved_model.pb` up to TensorFlow 2.4, in
`keras_metadata.pb` after that. The weights are in the checkpoint `variables`, under the way to them from the model.
The program itself is neither loaded nor run. A SavedModel of Keras 3, or of other programs, holds no configuration.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.backend.hdf5_trial import ALWAYS_ALLOWED
from nnspec.data.formats.tf_example import fields
from nnspec.importing.errors import ImportFailed
from nnspec.importing.hdf5 import StoredModel, StoredWeights
from nnspec.importing.validity import MAX_LAYERS
from nnspec.reading import parse_json, read_bytes

MAX_PROGRAM = 2**31  # bytes; what a protocol buffer can have
MAX_METADATA = 64 * 2**20
MAX_DEPTH = 160
VALUE = ".ATTRIBUTES/VARIABLE_VALUE"
LAYERS = ("layer-", "layer_with_weights-")
NORMALIZATION = ("mean", "variance", "count")


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of a SavedModel: number 0 is the model.

    Attributes:
        children: of each object, by the name of the attribute that holds it.
        metadata: what Keras wrote of each of its objects.
        variables: the numbers of objects that hold values.
        program: the part of the file that holds the objects and their functions.
    """

    children: tuple[Mapping[str, int], ...]
    metadata: Mapping[int, str]
    variables: frozenset[int]
    program: Any = None

    def captured(self, function: int) -> list[int]:
        """The objects that a function takes beside its arguments."""
        graph = self.program.object_graph_def
        names = list(graph.nodes[function].function.concrete_functions)
        if len(names) != 1 or names[0] not in graph.concrete_functions:
            return []
        return [number for number in graph.concrete_functions[names[0]].bound_inputs if 0 <= number < len(graph.nodes)]

    def constant(self, number: int) -> list[Any] | None:
        """The whole numbers or texts, bytes, of an object that is a constant of one axis."""
        name = self.program.object_graph_def.nodes[number].constant.operation
        nodes = (node for node in self.program.graph_def.node if name and node.name == name and node.op == "Const")
        for node in nodes:
            tensor = node.attr["value"].tensor
            sizes = [dim.size for dim in tensor.tensor_shape.dim]
            content = memoryview(tensor.tensor_content)
            whole = content.cast("q").tolist() if len(content) and len(content) % 8 == 0 else list(tensor.int64_val)
            values = list(tensor.string_val) or whole
            return values if sizes == [len(values)] else None
        return None


def read_model(path: Path) -> StoredModel:
    """The configuration in a SavedModel. Raises ImportFailed where there is none, OSError."""
    found = metadata_of(objects_of(path), 0)
    config = found.get("model_config") or {key: found.get(key) for key in ("class_name", "config")}
    if not config.get("config"):
        raise _no_configuration()
    training = found.get("training_config")
    version = found.get("keras_version")
    return StoredModel(
        json.dumps(config), json.dumps(training) if training else None, version if isinstance(version, str) else "2.4"
    )


def read_weights(path: Path) -> StoredWeights:
    """The weights in a SavedModel's checkpoint, by layer. Raises as `read_model`, and where one is missing."""
    import tensorflow as tf

    objects = objects_of(path)
    ways = ways_of(objects)
    try:
        checkpoint = tf.train.load_checkpoint(str(path / "variables" / "variables"))
        shapes = checkpoint.get_variable_to_shape_map()
        limit = max(ALWAYS_ALLOWED, sum(file.stat().st_size for file in (path / "variables").iterdir()) * 2)
        total = 0
        layers: dict[tuple[str, ...], tuple[tuple[str, Any], ...]] = {}
        for place, numbers in layers_of(objects):
            found = []
            for number in numbers:
                key = f"{ways[number]}/{VALUE}"
                if key not in shapes:
                    raise ImportFailed(f"the values of `{ways[number]}` are not in the checkpoint `variables`")
                total += math.prod(shapes[key]) * 8
                if total > limit:
                    raise ImportFailed("the weights are larger than the files that hold them")
                found.append((ways[number], checkpoint.get_tensor(key)))
            layers[place] = tuple(found)
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise ImportFailed(f"the checkpoint `variables` cannot be read: {error}") from error
    return StoredWeights(layers, read_model(path).version or "2")


def objects_of(path: Path) -> Objects:
    from nnspec.backend.keras_internals.programs import parsed_program

    try:
        program = parsed_program(read_bytes(path / "saved_model.pb", MAX_PROGRAM))
    except ValueError as error:
        raise ImportFailed(f"saved_model.pb is damaged: {error}", hint="copy or save it again") from error
    if not program.meta_graphs:
        raise _no_configuration()
    nodes = program.meta_graphs[0].object_graph_def.nodes
    size = len(nodes)
    children = tuple(
        {child.local_name: child.node_id for child in node.children if 0 <= child.node_id < size} for node in nodes
    )
    metadata = {number: node.user_object.metadata for number, node in enumerate(nodes) if node.user_object.metadata}
    beside = path / "keras_metadata.pb"
    if beside.is_file():
        try:
            metadata |= dict(_beside(read_bytes(beside, MAX_METADATA)))
        except ValueError as error:
            raise ImportFailed("keras_metadata.pb is damaged", hint="copy or save it again") from error
    variables = frozenset(number for number, node in enumerate(nodes) if node.HasField("variable"))
    if 0 not in metadata:
        raise _no_configuration()
    return Objects(children, metadata, variables, program.meta_graphs[0])


def _no_configuration() -> ImportFailed:
    message = "a SavedModel is a compiled program: the layers that made it are not in this one"
    return ImportFailed(message, hint="import the .keras or .h5 file")


def metadata_of(objects: Objects, number: int) -> dict[str, Any]:
    try:
        found = parse_json(objects.metadata.get(number) or "{}")
    except ValueError as error:
        raise ImportFailed(f"what Keras wrote of the object {number} is not JSON: {error}") from error
    return found if isinstance(found, dict) else {}


def layers_of(objects: Objects) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """The layers of the model and of those in it, each with its variables. Raises ImportFailed where they are too many.

    Models that share their parts have few objects, and more ways to them than can be walked.
    """
    for count, found in enumerate(_layers(objects, 0, ())):
        if count >= MAX_LAYERS:
            raise ImportFailed(f"the SavedModel has more than {MAX_LAYERS:,} layers")
        yield found


def _layers(objects: Objects, model: int, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[int]]]:
    """The layers of a model, and of the models in it, by their names, each with its variables in Keras's order."""
    if len(place) > MAX_DEPTH:
        raise ImportFailed("the SavedModel's models hold each other")
    seen = set()
    for name, number in objects.children[model].items():
        if not name.startswith(LAYERS) or number in seen:
            continue
        seen.add(number)
        found = metadata_of(objects, number)
        here = (*place, str(found.get("name") or (found.get("config") or {}).get("name")))
        if any(child.startswith(LAYERS) for child in objects.children[number]):
            yield from _layers(objects, number, here)
            continue
        listed = objects.children[number].get("variables")
        items = objects.children[listed] if listed is not None else {}
        order = sorted((name for name in items if name.isdecimal()), key=int)
        if not order and found.get("class_name") == "Normalization":  # which lists none
            items, order = objects.children[number], list(NORMALIZATION)
        yield here, [items[name] for name in order if items.get(name) in objects.variables]


def ways_of(objects: Objects) -> dict[int, str]:
    """The shortest way to each object, which a checkpoint keeps its values under."""
    found = {0: ""}
    waiting = deque([0])
    while waiting:
        number = waiting.popleft()
        for name, child in objects.children[number].items():
            if child not in found:
                escaped = name.replace(".", "..").replace("/", ".S")
                found[child] = f"{found[number]}/{escaped}".lstrip("/")
                waiting.append(child)
    return found


# keras_metadata.pb: field 1 of the file, again and again, is an object; its field 2 is a number, its field 5 a text


def _beside(content: bytes) -> Iterator[tuple[int, str]]:
    for field, value in fields(content):
        if field == 1 and isinstance(value, bytes):
            parts = dict(fields(value))
            number, text = parts.get(2, 0), parts.get(5)
            if isinstance(number, int) and isinstance(text, bytes):
                yield number, text.decode("utf-8", "replace")
