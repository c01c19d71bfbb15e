"""A spec as a Python file that builds the same network with Keras alone: to read, to keep, to leave nnspec with.

One line a layer, under the layer's own name. A tensor that only the next layer takes is `x`; others have names of
their own. Nothing imports Keras here.
"""

from __future__ import annotations

import ast
import keyword
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import visible
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.learning import calls_of, learners
from nnspec.frontend.settings_checks import matched
from nnspec.frontend.spec import Layer, Ref, Spec, keras_name
from nnspec.layers.learning import size_follows
from nnspec.layers.recurrent import states_by_cell
from nnspec.layers.types import KindValue, Symbol, values_in

WIDTH = 100
TRAIN = "train: Mapping[str, Any] | None = None"
NAMESPACES = {
    "layer": "layers",
    "activation": "layers",
    "loss": "keras.losses",
    "metric": "keras.metrics",
    "optimizer": "keras.optimizers",
    "schedule": "keras.optimizers.schedules",
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
}


# Settings of a training that the file says in words alone.
BESIDE = {
    "quantize": "trains this network to be rounded ({}), which Keras alone cannot",
    "prune": "makes weights of this network zero by and by ({}), which `fit` alone does not",
    "teacher": "lets this network learn from another one ({}), which `fit` alone does not",
    "initial_weights": "begins with weights that were trained before ({}): `load_weights` takes those of a file",
    "phases": "trains this network in {}, each with layers and an optimizer of its own: here it is all at once",
    "class_weight": "weighs the classes ({}): `fit` takes that",
}


def python_code(spec: Spec) -> str:
    """The text of a module with `build()`, which returns the `keras.Model`, and with `compiled()` where it is trained.

    Raises:
        SpecError: E0602, an argument that only the data can tell, such as the number of classes.
    """
    body = _Network(spec)
    kinds = set(_kinds(spec))
    own = sorted({own_files()[kind] for kind in kinds if kind in own_files()})
    needed = {"import keras", "from keras import layers", *(line for file in own for line in _imports(file))}
    if body.learners:
        needed |= {"from collections.abc import Mapping", "from typing import Any"}
    future = ["from __future__ import annotations\n"] if own else []  # classes name themselves in their signatures
    brought = {kind.rpartition(".")[2]: place for kind, place in sorted(spec.graph.plugins.items())}
    plugins = [_plugin(kind, place) for kind, place in brought.items() if kind in kinds]
    parts = [
        _docstring(spec),
        "\n".join([*future, *sorted(needed), *plugins]),
        *(source for file in own for source in _classes(file)),
        "\n".join(body.lines()),
    ]
    if spec.train is not None:
        parts.append("\n".join(_compiled(spec)))
    parts.append('if __name__ == "__main__":\n    ' + _main(spec))
    first, second, *rest = parts
    return f"{first}\n\n{second}\n\n\n" + "\n\n\n".join(rest) + "\n"


class _Network:
    """The function `build`, line by line."""

    def __init__(self, spec: Spec) -> None:
        self.spec, self.graph = spec, spec.graph
        self.uses = Counter(ref for layer in self.graph.layers for ref in layer.inputs)
        self.uses.update(output.ref for output in self.graph.outputs)
        self.shared = {layer.shares for layer in self.graph.layers if layer.shares}
        self.learners = {layer.name for layer in learners(self.graph)}
        self.taken = {"keras", "layers", "x", "build", "compiled", "train", *keyword.kwlist, *keyword.softkwlist}
        self.taken |= {"range", "dict", "float", "Any", "Mapping", *_kinds(spec)}
        self.variables: dict[Ref, str] = {}
        self.objects: dict[str, str] = {}  # layers that are called again

    def lines(self) -> Iterator[str]:
        yield f"def build({TRAIN if self.learners else ''}) -> keras.Model:"
        if self.learners:
            yield '    """`train`: the training examples by input, without padding, for layers that adapt to them."""'
        for given in self.graph.inputs:
            name = self.variables[Ref(given.name)] = self.fresh(given.name)
            dtype = "" if given.dtype == "float32" else f", dtype={_value(given.dtype)}"
            arguments = f"{_value(tuple(given.shape))}{dtype}, name={_value(keras_name(given.name))}"
            yield f"    {name} = keras.Input({arguments})"
        yield from self.kept_names()
        group = ""
        for index, layer in enumerate(self.graph.layers):
            here = layer.name.rpartition("/")[0].partition("/")[0]
            if here != group:
                yield ""
                if here:
                    yield f"    # {here}"
                group = here
            yield from self.layer(layer, self.follower(index))
        inputs = [(given.name, self.variables[Ref(given.name)]) for given in self.graph.inputs]
        outputs = [(output.name, self.variables[output.ref]) for output in self.graph.outputs]
        yield f"    return keras.Model({_alone(inputs)}, {_alone(outputs)})"

    def kept_names(self) -> Iterator[str]:
        """Lines that keep Keras from giving a masked Concatenate's name, `concatenate`, to an operation of its mask."""
        names = [layer.name for layer in self.graph.layers if layer.kind == "Concatenate"]
        kept = sum(re.fullmatch(r"concatenate(_\d+)?", name) is not None for name in names)
        if kept and any(layer.args.get("mask_zero") or layer.kind == "Masking" for layer in self.graph.layers):
            yield f"    for _ in range({kept}):  # names that Keras would give to operations of masks"
            yield '        keras.backend.get_uid("concatenate")'

    def follower(self, index: int) -> Layer | None:
        return self.graph.layers[index + 1] if index + 1 < len(self.graph.layers) else None

    def layer(self, layer: Layer, after: Layer | None) -> Iterator[str]:
        """One call: `x = layers.Dense(10, name="scores")(x)`."""
        if layer.shares:
            made = [self.objects[layer.shares]]
        else:
            made = _call(layer.kind, "layer", {**_known(layer), "name": keras_name(layer.name)}, 4)
            if layer.name in self.shared | self.learners:
                self.objects[layer.name] = self.fresh(f"{layer.name}_layer")
                yield from _assigned(self.objects[layer.name], made)
                made = [self.objects[layer.name]]
            if layer.name in self.learners:
                yield from self.adapted(layer)
        given = self.call_arguments(layer)
        yield from _assigned(self.result(layer, after), [*made[:-1], f"{made[-1]}({given})"])

    def adapted(self, layer: Layer) -> Iterator[str]:
        """Lines that let a layer learn from what reaches it, before it is called."""
        calls = calls_of(self.graph, layer)
        seen = [self.seen(call.inputs[0]) for call in calls if call.inputs[0] in self.variables]
        if len(seen) < len(calls):
            yield "    # nnspec adapts it to what reaches its later calls too; here it is the first alone"
        yield "    if train is not None:"
        examples = seen[0] if len(seen) == 1 else f"keras.ops.concatenate([{', '.join(seen)}])"
        yield f"        {self.objects[layer.name]}.adapt({examples})"

    def seen(self, ref: Ref) -> str:
        """The value of a tensor for the training examples."""
        inputs = [(given.name, self.variables[Ref(given.name)]) for given in self.graph.inputs]
        if ref.layer in dict(inputs):
            return f"train[{_value(keras_name(ref.layer))}]"
        given = f"train[{_value(keras_name(inputs[0][0]))}]" if len(inputs) == 1 else "dict(train)"
        return f"keras.Model({_alone(inputs)}, {self.variables[ref]})({given})"

    def result(self, layer: Layer, after: Layer | None) -> str:
        """The variables for what a layer returns."""
        facts = self.spec.facts.get(layer.name)
        count = len(facts.outputs) if facts is not None and facts.outputs is not None else 1
        used = [ref.index for ref in self.uses if ref.layer == layer.name]
        count = max(count, 1 + max(used, default=0))
        if count == 1:
            ref = Ref(layer.name)
            next_alone = after is not None and after.inputs == (ref,) and self.uses[ref] == 1
            self.variables[ref] = "x" if next_alone or after is None else self.fresh(layer.name)
            return self.variables[ref]
        for index in range(count):
            self.variables[Ref(layer.name, index)] = self.fresh(f"{layer.name}_{index}" if index else layer.name)
        first, *states = (self.variables[Ref(layer.name, index)] for index in range(count))
        return ", ".join([first, *_by_cell(layer, states)])

    def call_arguments(self, layer: Layer) -> str:
        """As `backend.lower.arguments_of_call` has it."""
        tensors = [self.variables[ref] for ref in layer.inputs]
        flags = [f"{name}={value}" for name, value in layer.flags.items()]
        if layer.call:
            named: dict[str, list[str]] = {}
            for name, tensor in zip(layer.call, tensors, strict=True):
                named.setdefault(name, []).append(tensor)
            if "initial_state" in named:
                named["initial_state"] = _by_cell(layer, named["initial_state"])
            given = [f"{name}={_several(found, name == 'initial_state')}" for name, found in named.items()]
            first = (catalog().call_arguments(layer.kind) or ("",))[0]
            given = [text.removeprefix(f"{first}=") for text in given if text.startswith(f"{first}=")] + [
                text for text in given if not text.startswith(f"{first}=")
            ]
            return ", ".join([*given, *flags])
        takes = catalog().call_arguments(layer.kind)
        if len(tensors) <= 1 or "query" in takes:  # others take several as a list, or as initial state
            return ", ".join([*tensors, *flags])
        if "initial_state" in takes:
            return ", ".join([tensors[0], f"initial_state=[{', '.join(_by_cell(layer, tensors[1:]))}]", *flags])
        return ", ".join([f"[{', '.join(tensors)}]", *flags])

    def fresh(self, name: str) -> str:
        base = re.sub(r"\W", "_", name)
        base = found = base if base.isidentifier() else f"t_{base}"
        number = 1
        while found in self.taken:
            number += 1
            found = f"{base}_{number}"
        self.taken.add(found)
        return found


def _by_cell(layer: Layer, states: list[str]) -> list[str]:
    """States as a stack of cells gives and takes them: in a list for each cell that carries several."""
    counts, left = states_by_cell(layer.args), iter(states)
    if sum(counts) != len(states):
        return states
    taken = [[next(left) for _ in range(count)] for count in counts]
    return [one[0] if len(one) == 1 else f"[{', '.join(one)}]" for one in taken]


def _compiled(spec: Spec) -> Iterator[str]:
    """The function `compiled`, with what the spec's `train` section says of optimizer, loss and metrics."""
    train = spec.training
    precision = train.precision
    train_given = bool(learners(spec.graph))
    yield f"def compiled({TRAIN if train_given else ''}) -> keras.Model:"
    if precision != "float32":
        yield f"    keras.config.set_dtype_policy({_value(precision)})"
    yield f"    model = build({'train' if train_given else ''})"
    for name, text in BESIDE.items():
        if getattr(train, name):
            yield f"    # nnspec {text.format(f'`{name}`')}"
    if train.trainable is not None and not train.phases:
        yield from _learning(spec, train.trainable)
    yield "    model.compile("
    yield from _setting("optimizer", _lines(train.optimizer, "optimizer", 8))
    if train.loss is not None:
        yield from _setting("loss", _lines(train.loss, "loss", 8))
    else:
        yield "        loss=None,  # the spec names none: what fits the data, such as sparse_categorical_crossentropy"
    if train.loss_weights:
        yield f"        loss_weights={_value(_by_keras_name(train.loss_weights))},"
    for key in ("metrics", "weighted_metrics"):
        if given := train.setting(key):
            outputs = [keras_name(output.name) for output in spec.graph.outputs]
            if len(outputs) > 1 and not isinstance(given, Mapping):  # Keras would take a list for one of each output
                given = dict.fromkeys(outputs, given)
            elif not isinstance(given, Mapping | list | tuple):  # one alone, which Keras refuses
                given = [given]
            yield from _setting(key, _lines(given, "metric", 8))
    yield "    )"
    yield "    return model"


def _learning(spec: Spec, patterns: tuple[str, ...]) -> Iterator[str]:
    """Lines that let the layers learn which `trainable` names, and no other one; shared ones by any of their names."""
    names = {layer.shares or layer.name for layer in spec.graph.layers if matched(patterns, layer.name)}
    listed = ", ".join(_value(keras_name(layer.name)) for layer in spec.graph.layers if layer.name in names)
    yield from textwrap.wrap(f"learning = [{listed}]", WIDTH, initial_indent="    ", subsequent_indent=" " * 8)
    yield "    for layer in model.layers:"
    yield "        layer.trainable = layer.name in learning"


def _main(spec: Spec) -> str:
    if any(size_follows(layer.kind, layer.args) for layer in learners(spec.graph)):
        return "help(build)  # it needs the training examples: sizes follow from what a layer learns"
    return "build().summary()"


def _setting(name: str, lines: list[str]) -> Iterator[str]:
    first, *rest = lines
    yield from _ended([f"        {name}={first}", *rest])


def _ended(lines: list[str]) -> list[str]:
    return [*lines[:-1], f"{lines[-1]},"]


def _lines(value: Any, category: str, indent: int) -> list[str]:
    return _value(_by_keras_name(value), category).split("\n") if value is not None else ["None"]


def _by_keras_name(value: Any) -> Any:
    return {keras_name(name): item for name, item in value.items()} if isinstance(value, Mapping) else value


def _call(kind: str, category: str, args: Mapping[str, Any], indent: int) -> list[str]:
    """A kind made: in one line, or an argument a line where that would be long."""
    name = _class_name(kind, category)
    given = _arguments(kind, category, args)
    line = f"{name}({', '.join(given)})"
    if len(line) + indent <= WIDTH:
        return [line]
    margin = " " * (indent + 4)
    return [f"{name}(", *(f"{margin}{argument}," for argument in given), f"{' ' * indent})"]


def _class_name(kind: str, category: str) -> str:
    """A class as the file knows it: Keras's by its module; nnspec's own stands in it, a plugin's is imported."""
    known = catalog().has(category, kind) or category == "activation"
    return f"{NAMESPACES[category]}.{kind}" if known and kind not in own_files() else kind


def _arguments(kind: str, category: str, args: Mapping[str, Any]) -> list[str]:
    """The arguments as code; those that must be given stand first and unnamed, as people write them."""
    known = {argument.name: argument for argument in catalog().arguments(category, kind)}
    given: list[str] = []
    for position, (name, argument) in enumerate(known.items()):
        if name in args:
            text = _value(catalog().as_float(category, kind, name, args[name]), argument.category)
            unnamed = argument.required and position == len(given)
            given.append(text if unnamed else f"{name}={text}")
    return given + [f"{name}={_value(value, None)}" for name, value in args.items() if name not in known]


def _value(value: Any, category: str | None = None) -> str:
    """A value as Python writes it."""
    if isinstance(value, KindValue):
        found = category or next((name for name in NAMESPACES if catalog().has(name, value.kind)), "layer")
        name = _class_name(value.kind, found)
        return f"{name}({', '.join(_arguments(value.kind, found, value.args))})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_value(name)}: {_value(item, category)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item, category) for item in value) + "]"
    if isinstance(value, tuple):
        return "(" + ", ".join(_value(item, category) for item in value) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, str) and category == "activation" and value in own_files():
        return value
    if isinstance(value, str):
        return '"' + repr(value)[1:-1].replace('"', '\\"') + '"' if "'" not in value else repr(value)
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return f'float("{value}")'
    return repr(value)


def _known(layer: Layer) -> Mapping[str, Any]:
    unknown = [name for name, value in layer.args.items() if isinstance(value, Symbol)]
    if unknown:
        message = f"`{unknown[0]}` of `{layer.kind}` is {layer.args[unknown[0]]}, which only the data can tell"
        raise SpecError([Diagnostic("E0602", message, layer.span, hint="list the classes, or set the number")])
    return layer.args


def _assigned(target: str, made: list[str]) -> Iterator[str]:
    first, *rest = made
    yield f"    {target} = {first}"
    yield from rest


def _alone(tensors: list[tuple[str, str]]) -> str:
    if len(tensors) == 1:
        return tensors[0][1]
    return "{" + ", ".join(f"{_value(keras_name(name))}: {variable}" for name, variable in tensors) + "}"


def _several(found: list[str], always: bool) -> str:
    return f"[{', '.join(found)}]" if always or len(found) > 1 else found[0]


def _docstring(spec: Spec) -> str:
    text = f"{spec.name}: {spec.description}" if spec.description else f"{spec.name}."
    text = textwrap.fill(_in_docstring(text), WIDTH, break_long_words=False, break_on_hyphens=False)
    return f'"""{text}\n\nMade of {_in_docstring(spec.path.name)} by `nnspec to-python`.\n"""'


def _in_docstring(text: str) -> str:
    """A text on one line of a docstring, which it neither ends nor turns into something else to look at."""
    return visible(" ".join(text.split())).replace("\\", "\\\\").replace('"""', "'''")


def _kinds(spec: Spec) -> Iterator[str]:
    training = () if spec.train is None else (spec.train.loss, spec.train.metrics, spec.train.weighted_metrics)
    for value in values_in([training, *(KindValue(layer.kind, layer.args) for layer in spec.graph.layers)]):
        if isinstance(value, KindValue):
            yield value.kind
        elif isinstance(value, str) and value in own_files():
            yield value


def _plugin(kind: str, place: str) -> str:
    module, _, attribute = place.partition(":")
    return f"from {module} import {attribute}" + ("" if attribute == kind else f" as {kind}")


@cache
def own_files() -> Mapping[str, str]:
    """nnspec's own layers and activations: the file that each stands in, whose classes go into the Python file."""
    defined = {
        name: file.name
        for file in files("nnspec.backend.own_layers").iterdir()
        if file.name.endswith(".py")
        for name in re.findall(r"^(?:class|def) (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    return {name: at for name, at in defined.items() if at == "activations.py" or catalog().has("layer", name)}


def _source(file: str) -> str:
    return files("nnspec.backend.own_layers").joinpath(file).read_text(encoding="utf-8")


def _imports(file: str) -> Iterator[str]:
    """What a file of nnspec's own layers imports."""
    for node in ast.parse(_source(file)).body:
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and node.module != "__future__"):
            yield ast.unparse(node)


def _classes(file: str) -> Iterator[str]:
    """What it defines, decorators and all."""
    lines = _source(file).splitlines()
    for node in ast.parse(_source(file)).body[1:]:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
            yield "\n".join(lines[first - 1 : node.end_lineno]).replace("  # type: ignore[misc]", "")
