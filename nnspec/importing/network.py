"""The configuration of a model to a Graph: nested models put in place, shared layers as calls that share.

Every call becomes one layer of the graph, in an order in which each takes only what was made before it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nnspec.catalog.kinds import catalog, snake
from nnspec.frontend.diagnostics import Source, Span
from nnspec.frontend.expand import NAME
from nnspec.frontend.spec import Graph, Input, Layer, Output, Ref
from nnspec.importing.activation_layers import activation_layer, require_sayable, without_own_parts
from nnspec.importing.call_order import CallOrder, Key
from nnspec.importing.calls import call_of, flat, inputs_of, key_of
from nnspec.importing.errors import ImportFailed
from nnspec.importing.living import living, notes_of
from nnspec.importing.masks import layer_name, without_own_masks
from nnspec.importing.operations import as_layers, gives_its_tensor, is_operation
from nnspec.importing.passed_masks import PASSES_MASK
from nnspec.importing.reversals import with_reversals
from nnspec.importing.step_by_step import at_each_step
from nnspec.importing.steps import Earlier, Tensor
from nnspec.importing.tensor_shapes import TensorShapes
from nnspec.importing.truths import TRUTH, gives_truths
from nnspec.importing.validity import COUNTS_MAKING, MAX_LAYERS, MODELS, tensors_of, triples
from nnspec.importing.values import arguments, require_known
from nnspec.layers import layer_kind
from nnspec.layers.masks import dropped as drops_mask
from nnspec.layers.masks import made as makes_mask
from nnspec.layers.masks import marked as marks_steps

NOWHERE = Span(Source("", ""), 1, 1, 1, 1)
MAX_DEPTH = 16
MAX_OUTPUTS = 64  # of a layer

Path = tuple[str, ...]  # the names of the models around a layer, from the outside in, and its own


@dataclass(frozen=True, slots=True)
class Imported:
    """A network out of a configuration.

    Attributes:
        origins: where each layer of the graph that owns weights is in the model: names of models, then the layer's.
        notes: what is not as it was, for people.
        left: where the layers that no output comes of are in the model; the graph has none of them.
    """

    graph: Graph
    origins: Mapping[str, Path]
    notes: tuple[str, ...]
    left: tuple[Path, ...] = ()


def read_network(config: Mapping[str, Any]) -> Imported:
    """The graph of a functional or sequential model.

    Raises:
        ImportFailed: it holds what a spec cannot say; the message names the layer.
    """
    reader = _Reader(masked=_makes_masks(config))
    name = str(config["config"].get("name") or "network")
    require_layers(str(config.get("class_name")))
    if "layers" not in config["config"]:
        raise ImportFailed("the model has no layers")
    inner = _Model.of(config, name)
    given = [reader.input(entry, name) for entry in inner.inputs_in_order()]
    ends = reader.run(inner, given, (), {})
    require_values(ends, reader.truths, "an output")
    outputs = tuple(Output(label, ref) for label, ref in _output_names(inner, ends))
    if not reader.layers:
        raise ImportFailed("the model has no layers")
    graph = Graph(name, tuple(reader.inputs), tuple(reader.layers), outputs)
    graph, origins, left = living(graph, reader.origins)
    return Imported(graph, origins, (*reader.notes, *notes_of(left), *_respelled(reader.respelled)), left)


def _makes_masks(layer: Mapping[str, Any]) -> bool:
    """Whether a layer, or one of a model's, makes masks."""
    kind, config = layer["class_name"], layer["config"]
    if kind in MODELS:
        return any(_makes_masks(inner) for inner in config.get("layers") or ())
    gives = layer_kind(kind).mask
    return gives is marks_steps or (gives is makes_mask and bool(config.get("mask_zero")))


def require_layers(kind: str) -> None:
    """Raises ImportFailed where a model of this class is no graph of layers."""
    if kind not in MODELS:
        message = f"the model is of the class `{kind}`: what it does is code, not layers"
        hint = "where it only trains in its own way, save keras.Model(model.inputs, model.outputs) and import that"
        raise ImportFailed(message, hint=hint)


def require_values(refs: Sequence[Ref], truths: Collection[Ref], owner: str) -> None:
    """Raises ImportFailed where truth values are taken as such, which stand in a spec as numbers."""
    if any(ref in truths for ref in refs):
        message = f"{owner} takes the truth values of a comparison, which a spec has as numbers alone"
        raise ImportFailed(message, hint="make numbers of them: `ops.cast(x > 0, 'float32')`")


def _respelled(names: Mapping[str, str]) -> Iterator[str]:
    if names:
        name, legal = next(iter(names.items()))
        count = "one name has" if len(names) == 1 else f"{len(names):,} names have"
        yield f"{count} characters that a spec's names cannot have: `{name}` is `{legal}`"


def _output_names(model: _Model, ends: list[Ref]) -> Iterator[tuple[str, Ref]]:
    outputs = model.outputs
    if isinstance(outputs, Mapping):  # the ends stand in the order of the sorted keys
        keys = [key for key in sorted(outputs) for _ in triples(outputs[key])]
    else:
        keys = [triple[0] for triple in triples(outputs)]
    seen: dict[str, int] = {}
    for key, ref in zip(keys, ends, strict=True):
        count = seen[key] = seen.get(key, -1) + 1
        yield (f"{key}_{count}" if count else key), ref


@dataclass(frozen=True, slots=True)
class _Model:
    """A functional model's configuration; a sequential one's is written as one."""

    name: str
    layers: tuple[Mapping[str, Any], ...]
    inputs: Any
    outputs: Any
    is_older: bool = False  # its calls are counted as Keras 2 counts them

    @staticmethod
    def of(config: Mapping[str, Any], owner: str) -> _Model:
        inner = config["config"]
        if config["class_name"] == "Sequential":
            layers = _chained(inner, owner)
            return _Model(owner, layers, [[layers[0]["name"], 0, 0]], [[layers[-1]["name"], 0, 0]])
        unmasked = without_own_masks(inner["layers"], inner["output_layers"])
        layers = tuple(with_reversals(unmasked, inner["output_layers"]))
        return _Model(owner, layers, inner["input_layers"], inner["output_layers"], bool(config.get(COUNTS_MAKING)))

    def inputs_in_order(self) -> list[Mapping[str, Any]]:
        by_name = {layer_name(layer): layer for layer in self.layers}
        return [by_name[triple[0]] for triple in triples(self.inputs)]


def _chained(config: Mapping[str, Any], owner: str) -> tuple[Mapping[str, Any], ...]:
    """The layers of a sequential model as those of a functional one."""
    layers = list(config["layers"])
    if not layers:
        raise ImportFailed(f"the sequential model `{owner}` has no layers")
    if layers[0]["class_name"] != "InputLayer":
        first = layers[0]["config"]
        shape = first.get("batch_shape") or first.get("batch_input_shape") or config.get("build_input_shape")
        if not shape:
            message = f"the sequential model `{owner}` was never built: the shape of its input is not in the file"
            raise ImportFailed(message, hint="begin it with keras.Input, or call it once before saving")
        dtype = layer_kind(layers[0]["class_name"]).takes
        given = {"name": "input", "batch_shape": shape, "dtype": dtype}
        layers.insert(0, {"class_name": "InputLayer", "module": "keras.layers", "config": given})
    chained: list[Mapping[str, Any]] = []
    for layer in layers:
        node = [{"args": [_keras_tensor(layer_name(chained[-1]))], "kwargs": {}}] if chained else []
        chained.append({**layer, "name": layer_name(layer), "inbound_nodes": node})
    return tuple(chained)


def _keras_tensor(name: str) -> dict[str, Any]:
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [], "dtype": "float32", "keras_history": [name, 0, 0]},
    }


@dataclass(slots=True)
class _Reader:
    layers: list[Layer] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    origins: dict[str, Path] = field(default_factory=dict)
    owners: dict[Path, str] = field(default_factory=dict)  # a layer's place in the model -> its first call
    names: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    masked: bool = False  # whether a layer of the model makes masks
    respelled: dict[str, str] = field(default_factory=dict)  # names of the model that no spec can give -> the spec's
    shapes: TensorShapes = field(default_factory=TensorShapes)
    truths: set[Ref] = field(default_factory=set)  # numbers that stand for truth values
    bare: dict[Ref, Ref] = field(default_factory=dict)  # tensors with a mask -> the same without it
    around: str | None = None  # the kind that applies what is read to each step; None where nothing does

    def input(self, entry: Mapping[str, Any], model: str) -> Ref:
        config, name = entry["config"], layer_name(entry)
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        if config.get("sparse") or config.get("ragged") or shape is None or config.get("optional"):
            what = next((key for key in ("sparse", "ragged", "optional") if config.get(key)), "of unknown shape")
            raise ImportFailed(f"the input `{name}` of `{model}` is {what}: specs have dense inputs of a known rank")
        if shape[0] is not None:
            self.notes.append(f"the input `{name}` had a batch of {shape[0]}; the spec leaves the batch open")
        unique = self.unique(name)
        self.inputs.append(Input(unique, tuple(shape[1:]), config.get("dtype") or "float32", NOWHERE))
        return Ref(unique)

    def run(self, model: _Model, given: list[Ref], path: Path, flags: Mapping[str, bool]) -> list[Ref]:
        """The calls of a model, called with ``given``; what its outputs are."""
        if len(path) > MAX_DEPTH:
            raise ImportFailed(f"models within models more than {MAX_DEPTH} deep")
        made: dict[Key, Sequence[Ref]] = {
            (layer_name(entry), 0): [ref] for entry, ref in zip(model.inputs_in_order(), given, strict=True)
        }
        waiting = [
            (layer, index, node)
            for layer in model.layers
            if layer["class_name"] != "InputLayer"
            for index, node in enumerate(layer.get("inbound_nodes", ()))
        ]
        first = _first_calls(model)
        order = CallOrder(
            [{key_of(one["config"]) for one in tensors_of(call_of(node))} - made.keys() for _, _, node in waiting]
        )
        for number in order:
            layer, index, node = waiting[number]
            name = layer_name(layer)
            key = name, first[name] + index
            made[key] = self.called(layer, self.bound(call_of(node), made), (*path, name), flags)
            order.made(key)
        if order.left:
            name = layer_name(waiting[min(order.left)][0])
            raise ImportFailed(f"`{name}` takes what nothing in the model gives: the file is damaged")
        return [_end(made, _counted(model, triple)) for triple in triples(model.outputs)]

    def called(
        self, layer: Mapping[str, Any], call: dict[str, Any], path: Path, flags: Mapping[str, bool]
    ) -> Sequence[Ref]:
        """As `call`; what a configuration has that no Keras writes is said with its layer."""
        try:
            return self.call(layer, call, path, flags)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            message = f"the layer `{'/'.join(path)}` cannot be read ({type(error).__name__}: {error})"
            raise ImportFailed(message, hint="if Keras loads the model, please report this") from error

    def call(
        self, layer: Mapping[str, Any], call: dict[str, Any], path: Path, inherited: Mapping[str, bool]
    ) -> Sequence[Ref]:
        if len(self.layers) >= MAX_LAYERS:
            raise ImportFailed(f"the model has more than {MAX_LAYERS:,} layers")
        kind, owner = layer["class_name"], f"the layer `{'/'.join(path)}`"
        if kind in MODELS and "layers" in layer["config"]:
            return self.nested(layer, call, path, inherited)
        if is_operation(layer):
            return self.operation(layer, call, path, owner)
        if layer_kind(kind).each_step and _is_model(layer["config"].get("layer")):
            return self.at_each_step(layer, call, path, inherited)
        require_known("layer", layer, owner)
        names, tensors, flags = inputs_of(kind, call, owner)
        require_values([tensor.source for tensor in tensors], self.truths, owner)
        if not tensors:
            raise ImportFailed(f"{owner} is called without a tensor")
        known = catalog().call_flags(kind)
        flags = {**{name: value for name, value in inherited.items() if name in known}, **flags}
        require_sayable(layer, owner)
        shares = self.owners.get(path)
        config, behind = activation_layer(layer)
        config, left_out = without_own_parts(config, owner)
        self.notes += [] if shares else left_out
        args = arguments("layer", kind, config, owner)
        refs = tuple(tensor.source for tensor in tensors)
        if self.around is not None:
            kind, args = at_each_step(self.around, kind, args, refs, owner)
        name = self.add(path, Layer("", kind, args, refs, NOWHERE, names, shares, flags=flags))
        return _Outputs(name) if behind is None else [self.behind(behind, Ref(name), path, owner)]

    def behind(self, layer: Mapping[str, Any], given: Ref, path: Path, owner: str) -> Ref:
        """The layer that another has as its activation, behind it."""
        kind = layer["class_name"]
        require_known("layer", layer, owner)
        args = arguments("layer", kind, layer["config"], owner)
        if self.around is not None:
            kind, args = at_each_step(self.around, kind, args, (given,), owner)
        own = (*path[:-1], f"{path[-1]}_{snake(layer['class_name'])}")
        return Ref(self.add(own, Layer("", kind, args, (given,), NOWHERE, shares=self.owners.get(own))))

    def bound(self, value: Any, made: Mapping[Key, Sequence[Ref]]) -> Any:
        """The arguments of a call with every tensor a ``Tensor``."""
        if isinstance(value, list):
            return [self.bound(item, made) for item in value]
        if not isinstance(value, Mapping):
            return value
        if value.get("class_name") == "__keras_tensor__":
            config = value["config"]
            source = made[key_of(config)][config["keras_history"][2]]
            shape, dtype = tuple(config.get("shape", ())), config.get("dtype", "float32")
            if not shape:  # an older Keras did not say it
                shape, dtype = self.shapes.of(source, self.inputs, self.layers)
                shape = shape[:1] + shape[2:] if self.around is not None else shape
            return Tensor(source, shape, TRUTH if source in self.truths else dtype)
        return {name: self.bound(item, made) for name, item in value.items()}

    def at_each_step(
        self, layer: Mapping[str, Any], call: dict[str, Any], path: Path, inherited: Mapping[str, bool]
    ) -> Sequence[Ref]:
        """A model that is applied to each step of a sequence: its layers, each of them applied to each step."""
        if self.around is not None:
            raise ImportFailed(f"the layer `{'/'.join(path)}` applies a model to each step of each step")
        self.around = layer["class_name"]
        try:
            return self.nested(layer["config"]["layer"], call, path, inherited)
        finally:
            self.around = None

    def add(self, path: Path, layer: Layer) -> str:
        name = self.unique(path[-1] + ("_again" if layer.shares else ""), "_".join(path[-2:]))
        if layer.shares is None:
            self.owners.setdefault(path, name)
            self.origins[name] = path
        self.layers.append(
            Layer(name, layer.kind, layer.args, layer.inputs, NOWHERE, layer.call, layer.shares, flags=layer.flags)
        )
        return name

    def operation(self, layer: Mapping[str, Any], call: dict[str, Any], path: Path, owner: str) -> list[Ref]:
        steps = as_layers(layer, call, owner, self.masked)
        passes_mask = gives_its_tensor(layer, call) or bool(layer.get(PASSES_MASK))
        made: list[Ref] = []
        for position, step in enumerate(steps):
            refs = tuple(
                made[given.step]
                if isinstance(given, Earlier)
                else given.source
                if passes_mask
                else self.without_mask(given, step.kind, path, owner)
                for given in step.inputs
            )
            is_last = position == len(steps) - 1
            name = path[-1] if is_last else f"{path[-1]}_{step.kind.lower()}{'' if len(steps) == 2 else position}"
            own = (*path[:-1], name)
            kind, args = step.kind, step.args
            if self.around is not None:
                kind, args = at_each_step(self.around, kind, args, refs, owner)
            found = Layer("", kind, args, refs, NOWHERE, shares=self.owners.get(own))
            made.append(Ref(self.add(own, found)))
        outputs = [
            Ref(ref.layer, number)
            for ref, step in zip(made, steps, strict=True)
            if step.comes_out or step is steps[-1]
            for number in range(step.outputs)
        ]
        if gives_truths(layer["class_name"], call["args"]):
            self.truths.update(outputs)
        return outputs

    def without_mask(self, given: Tensor, kind: str, path: Path, owner: str) -> Ref:
        """What an operation takes: Keras hands no mask on from one, and layers of this kind would, or look at it."""
        source: Ref = given.source
        record = layer_kind(kind)
        if not self.masked or (record.mask is drops_mask and record.uses_mask is None):
            return source
        if source in self.bare or not self.shapes.may_be_masked(source, self.inputs, self.layers):
            return self.bare.get(source, source)
        if self.around is not None or given.shape[1:].count(None) > 1:
            message = f"{owner} is an operation on a tensor with a mask, which layers in its place would hand on"
            raise ImportFailed(message, hint="make the mask behind it, or none: `mask_zero=False`")
        target = [-1 if size is None else size for size in given.shape[1:]]
        layer = Layer("", "Reshape", {"target_shape": target}, (source,), NOWHERE)
        self.bare[source] = Ref(self.add((*path[:-1], f"{path[-1]}_unmasked"), layer))
        return self.bare[source]

    def nested(
        self, layer: Mapping[str, Any], call: dict[str, Any], path: Path, inherited: Mapping[str, bool]
    ) -> list[Ref]:
        """A model within the model: its layers in its place, called again where it is called again."""
        owner = f"the model `{'/'.join(path)}`"
        model = _Model.of(layer, path[-1])
        tensors = [tensor for value in (*call["args"], *call["kwargs"].values()) for tensor in flat(value)]
        if len(tensors) != len([*triples(model.inputs)]):
            raise ImportFailed(f"{owner} is called with {len(tensors)} tensors, but has other inputs")
        require_values([tensor.source for tensor in tensors], self.truths, owner)
        flags = dict(inherited)
        training = call["kwargs"].get("training")
        if isinstance(training, bool):
            flags["training"] = training
        return self.run(model, [tensor.source for tensor in tensors], path, flags)

    def unique(self, name: str, fallback: str = "") -> str:
        """A name that a spec can give, as near to the model's as can be, and which no other has."""
        wanted = _legal(name)
        if wanted in self.names and fallback:
            wanted = _legal(fallback)
        found = wanted
        while found in self.names:
            self.counts[wanted] += 1
            found = f"{wanted}_{self.counts[wanted]}"
        self.names.add(found)
        if not NAME.fullmatch(name):
            self.respelled.setdefault(name, found)
        return found


def _is_model(layer: Any) -> bool:
    return isinstance(layer, Mapping) and layer.get("class_name") in MODELS


def _legal(name: str) -> str:
    if NAME.fullmatch(name):
        return name
    name = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    return name if NAME.fullmatch(name) else f"layer_{name}"


def _counted(model: _Model, triple: Any) -> Any:
    """An output with the number of the call among those that were saved.

    Keras 3 begins to count the calls of a functional model at 1 in outputs, and at 0 in what its layers take.
    """
    name, call, index = triple
    functional = {layer_name(layer) for layer in model.layers if layer["class_name"] in ("Functional", "Model")}
    return (name, max(call - 1, 0), index) if name in functional and not model.is_older else triple


def _first_calls(model: _Model) -> dict[str, int]:
    """The number of each layer's first call: 1 where Keras 2 counts a model's own making as the first."""
    keys = {
        key_of(tensor["config"])
        for layer in model.layers
        for node in layer.get("inbound_nodes", ())
        for tensor in tensors_of(node)
    }
    keys |= {(triple[0], triple[1]) for triple in triples(model.outputs)}
    first = {}
    for layer in model.layers:
        calls = len(layer.get("inbound_nodes", ()))
        counts = model.is_older and layer["class_name"] in MODELS
        first[layer_name(layer)] = int(counts and (layer_name(layer), calls) in keys)
    return first


class _Outputs(Sequence[Ref]):
    """The outputs of a layer; how many it has is Keras's to say."""

    def __init__(self, layer: str) -> None:
        self.layer = layer

    def __len__(self) -> int:
        return MAX_OUTPUTS

    def __getitem__(self, index: Any) -> Any:
        return Ref(self.layer, range(MAX_OUTPUTS)[index])


def _end(made: Mapping[Key, Sequence[Ref]], triple: Any) -> Ref:
    name, call, index = triple
    if (name, call) not in made:
        raise ImportFailed(f"an output is said to come from `{name}`, which is not there: the file is damaged")
    found: Ref = made[name, call][index]
    return found
