"""From a model's configuration to the text of a spec that compiles to the same network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.frontend.format import SECTIONS, format_text
from nnspec.frontend.pipeline import check
from nnspec.frontend.spec import Graph, Spec
from nnspec.importing.blocks import with_blocks
from nnspec.importing.errors import ImportFailed
from nnspec.importing.graph_match import paired
from nnspec.importing.loop_rerolling import folded, weight
from nnspec.importing.network import Imported, read_network
from nnspec.importing.parameters import with_params
from nnspec.importing.structure import sections
from nnspec.importing.text import section
from nnspec.importing.training import train_section


@dataclass(frozen=True, slots=True)
class ImportedSpec:
    """A spec's text, and what it compiles to.

    Attributes:
        origins: where each layer that owns weights comes from: the names of models from the outside in, then its own.
        notes: what is not as it was in the model, for people.
        left: where the layers that no output comes of are in the model; the spec has none of them.
    """

    text: str
    spec: Spec
    origins: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]
    left: tuple[tuple[str, ...], ...] = ()


def import_config(
    config: Mapping[str, Any], *, names: str = "chosen", initial_weights: str | None = None, name: str | None = None
) -> ImportedSpec:
    """The spec of a functional or sequential model.

    What it compiles to is compared with what was read, layer by layer: where a folded form would say something else,
    the layers stand one by one.

    Args:
        config: what ``model.get_config`` is wrapped in: ``{"class_name": ..., "config": ..., "compile_config": ...}``.
        names: which layers keep their names: ``chosen``, ``all`` or ``new``; see ``structure.sections``.
        initial_weights: what ``train.initial_weights`` is to say.
        name: the spec's; by default the model's.

    Raises:
        ImportFailed: the model has a part that a spec cannot say; the message names the layer.
    """
    network = _network(config)
    train, notes = train_section(config.get("compile_config") or {}, [output.name for output in network.graph.outputs])
    if initial_weights is not None:
        train = {"initial_weights": initial_weights, **train}
    plain = sections(network.graph, names)
    name, problem = name or network.graph.name, ""
    for written in (_shortest(plain.layers), {"layers": plain.layers}):
        parts = {"inputs": _inputs(network.graph), **written, "outputs": plain.outputs}
        text = _text(name, {**parts, "train": train})
        spec, problem = _compiled(text)
        unsayable = _unsayable(name, parts, train) if problem else {}
        if unsayable:
            train = {key: value for key, value in train.items() if key not in unsayable}
            notes = (*notes, *(f"left out: the {key.replace('_', ' ')}{said}" for key, said in unsayable.items()))
            text = _text(name, {**parts, "train": train})
            spec, problem = _compiled(text)
        pairs = paired(network.graph, spec.graph, names) if spec is not None else None
        if spec is not None and pairs is not None:
            origins = {pairs[name]: origin for name, origin in network.origins.items() if name in pairs}
            return ImportedSpec(text, spec, origins, (*network.notes, *notes), network.left)
    if problem:
        raise ImportFailed(f"the network is not one that a spec can say{problem}")
    raise ImportFailed("the spec that comes of it would not be this network; please report this")


def _network(config: Mapping[str, Any]) -> Imported:
    try:
        return read_network(config)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        message = f"the configuration of the model is damaged ({type(error).__name__}: {error})"
        raise ImportFailed(message, hint="if Keras loads it, please report this") from error


def _shortest(layers: list[Any]) -> dict[str, Any]:
    """``params``, ``blocks`` and ``layers``, with blocks where they make it shorter."""
    params, layers = with_params(layers)
    found = with_blocks(layers)
    if found.definitions:
        inside = {name: {**block, "layers": folded(block["layers"])} for name, block in found.definitions.items()}
        by_blocks = folded(found.entries, found.default)
        size = sum(weight(block["layers"]) + 3 for block in inside.values())
        plainly = folded(layers)
        if weight(by_blocks) + size < weight(plainly):
            return {"params": params, "blocks": inside, "layers": by_blocks}
        return {"params": params, "layers": plainly}
    return {"params": params, "layers": folded(layers)}


def _compiled(text: str) -> tuple[Spec | None, str]:
    checked = check(Source.from_text(text, "imported.yaml"))
    error = next((problem for problem in checked.diagnostics if problem.severity == "error"), None)
    return checked.spec if checked.ok else None, f": {error.message}" if error else ""


def _unsayable(name: str, parts: Mapping[str, Any], train: Mapping[str, Any]) -> dict[str, str]:
    """The parts of a training that the front end refuses, and why; none where it refuses the network itself."""
    if _compiled(_text(name, parts))[1]:
        return {}
    said = {key: _compiled(_text(name, {**parts, "train": {key: value}}))[1] for key, value in train.items()}
    return {key: problem for key, problem in said.items() if problem}


def _inputs(graph: Graph) -> dict[str, Any]:
    plain = {given.name: list(given.shape) for given in graph.inputs}
    other = {given.name: given.dtype for given in graph.inputs if given.dtype != "float32"}
    return {name: {"shape": shape, "dtype": other[name]} if name in other else shape for name, shape in plain.items()}


def _text(name: str, parts: Mapping[str, Any]) -> str:
    lines = ["nnspec: 1", *section("name", name)]
    for key in SECTIONS:
        value = parts.get(key)
        if value:
            lines += ["", *section(key, value)]
    try:
        return format_text(Source("imported", "\n".join(lines) + "\n"))
    except SpecError as error:
        message = f"the network is not one that a spec can say: {error.diagnostics[0].message}"
        raise ImportFailed(message) from error
