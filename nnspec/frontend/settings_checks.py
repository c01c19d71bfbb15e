"""Settings that name layers, and the parts of a training: each has its own epochs, optimizer and layers that learn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from nnspec.catalog.applications import APPLICATIONS
from nnspec.frontend.config import PretrainedConfig
from nnspec.frontend.diagnostics import Diagnostic, Span
from nnspec.frontend.edits import reword, spelling, without
from nnspec.frontend.spec import Layer, Spec, total
from nnspec.frontend.suggest import did_you_mean

MAX_PATTERNS = 200  # that are no names: each is held against every layer


def matched(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns names a layer, or a group that it stands in: ``stage5`` is all of ``stage5/...``."""
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}/*") for pattern in patterns)


def check_settings(spec: Spec) -> Iterator[Diagnostic]:
    """An error for each setting that names no layer, and for epochs that are given twice."""
    given = spec.node.get("train", "epochs")
    if spec.training.phases and given is not None and given.value is not None:
        message = "`epochs` is the sum of those of the phases, and cannot be given beside them"
        span = spec.place("train", "epochs")
        yield Diagnostic("E0703", message, span, hint="leave it out", fix=without(span, "remove `epochs`"))
    yield from _width(spec)
    yield from _image(spec)
    yield from _nothing_learns(spec)
    names = [layer.name for layer in spec.graph.layers]
    known, seen = _named(names), dict[str, bool]()
    for path, patterns in layer_patterns(spec):
        for place, pattern in enumerate(patterns):
            if pattern not in known and pattern not in seen:
                if len(seen) == MAX_PATTERNS:
                    message = f"more than {MAX_PATTERNS} patterns of layers' names"
                    yield Diagnostic("E0708", message, spec.place(*path, place))
                    return
                seen[pattern] = any(matched([pattern], name) for name in names)
            if not seen.get(pattern, True):
                yield _no_layer(pattern, names, spec.place(*path, place))
    section = spec.node.get("export")
    for number, target in enumerate(spec.export):
        entry = (target.kind,) if section is not None and section.is_mapping else (number, target.kind)
        drops = target.args.get("max_metric_drop")
        outputs = [output.name for output in spec.graph.outputs]
        for name in drops if isinstance(drops, dict) else ():
            if name not in outputs:
                place_of = spec.place("export", *entry, "max_metric_drop", name)
                yield Diagnostic("E0708", f"no output is called `{name}`", place_of, hint=did_you_mean(name, outputs))
        for place, name in enumerate(target.args.get("keep_float", ())):
            span, layer = spec.place("export", *entry, "keep_float", place), spec.layer(name)
            if layer is None:
                yield _no_layer(name, names, span)
            elif layer.shares is not None:
                message = f"`{name}` is another call of `{layer.shares}`, by whose name the file knows all of them"
                fix = reword(span, name, layer.shares)
                yield Diagnostic("E0708", message, span, hint=f"name `{layer.shares}`", fix=fix)


def _nothing_learns(spec: Spec) -> Iterator[Diagnostic]:
    """W0618 for layers that are to learn, all of which have no weight that changes. A name of none is told as such."""
    told: list[tuple[tuple[str | int, ...], tuple[str, ...] | None]] = [
        (("train", "trainable"), spec.training.trainable),
        *((("train", "phases", at, "trainable"), one.trainable) for at, one in enumerate(spec.training.phases)),
    ]
    owners = [layer for layer in spec.graph.layers if layer.shares is None]
    for path, patterns in told:
        chosen = [layer for layer in owners if patterns and matched(patterns, layer.name)]
        is_said = patterns is not None and (chosen or not patterns)
        if is_said and total(_may_learn(spec, layer) for layer in chosen) == 0:
            message = "no layer with weights learns here"
            yield Diagnostic("W0618", message, spec.place(*path), "warning", '`["*"]` names all layers')


def _may_learn(spec: Spec, layer: Layer) -> int | None:
    """How many weights of a layer may change where it is named, which counts for more than its `trainable: false`."""
    fact = spec.facts[layer.name]
    return fact.params if layer.args.get("trainable") is False else fact.trainable_params


def _image(spec: Spec) -> Iterator[Diagnostic]:
    """E0703 for a network of Keras's that does not take the images of this one, which training would say."""
    given = spec.training.initial_weights
    if not isinstance(given, PretrainedConfig):
        return
    place, one = spec.place("train", "initial_weights", "application"), APPLICATIONS[given.application]
    shape = next((port.shape for port in spec.graph.inputs if len(port.shape) == 3), None)
    if shape is None:
        message = f"{given.application} sees images, and no input of this network is [height, width, 3]"
        yield Diagnostic("E0703", message, place)
        return
    *sides, colours = shape
    if given.include_top and one.sizes and (sides not in [[size, size] for size in one.sizes] or colours != 3):
        sizes = " or ".join(f"[{size}, {size}, 3]" for size in one.sizes)
        message = f"with its own head {given.application} takes {sizes}, not {list(shape)}"
        yield Diagnostic("E0703", message, place, hint="`include_top: false` takes other sizes, for a head of your own")


def _width(spec: Spec) -> Iterator[Diagnostic]:
    """E0703 for a width of a network of Keras's that there are no weights for."""
    given = spec.training.initial_weights
    if not isinstance(given, PretrainedConfig) or given.alpha is None:
        return
    widths = APPLICATIONS[given.application].alphas
    if given.alpha not in widths:
        place = spec.place("train", "initial_weights", "alpha")
        message = f"there are no weights of {given.application} with an `alpha` of {given.alpha:g}"
        hint = f"there are of {', '.join(f'{width:g}' for width in widths)}" if widths else "it has one width"
        yield Diagnostic("E0703", message, place, hint=hint)


def _named(names: Iterable[str]) -> set[str]:
    """Layers, and the groups that they stand in."""
    found: set[str] = set()
    for name in names:
        while name and name not in found:
            found.add(name)
            name = name.rpartition("/")[0]
    return found


def _no_layer(name: str, names: list[str], place: Span | None) -> Diagnostic:
    fix = spelling(place, name, names)
    return Diagnostic("E0708", f"no layer is called `{name}`", place, hint=did_you_mean(name, names), fix=fix)


def layer_patterns(spec: Spec) -> Iterator[tuple[tuple[str | int, ...], tuple[str, ...]]]:
    """The settings of a training that name layers: where each stands, and its names and patterns."""
    yield ("train", "trainable"), spec.training.trainable or ()
    if spec.training.prune is not None:
        yield ("train", "prune", "layers"), spec.training.prune.layers or ()
    if spec.training.quantize is not None:
        yield ("train", "quantize", "keep_float"), spec.training.quantize.keep_float
    for number, phase in enumerate(spec.training.phases):
        yield ("train", "phases", number, "trainable"), phase.trainable or ()
