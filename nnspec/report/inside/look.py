"""One example through a trained run: every layer's output, and the figures that show what they do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.console.atomic_files import replacing, write_text
from nnspec.data.dataset import Encoder, open_encoder
from nnspec.data.names import name_of, names_of
from nnspec.evaluation.open_run import load_model
from nnspec.evaluation.predict import answers, batches, over_classes
from nnspec.frontend.requirements import require
from nnspec.frontend.spec import Spec, keras_name
from nnspec.frontend.suggest import closest
from nnspec.report.inside.figures import Figure, bars, heat_map
from nnspec.report.inside.gates import SIGNED, gates
from nnspec.report.inside.gates import STEPS as KINDS_WITH_GATES
from nnspec.report.inside.images import cam_figure, feature_maps, filters, grad_cam, output_of_layer
from nnspec.report.pages.html import report_page
from nnspec.runs.errors import TrainingError
from nnspec.runs.run_folder import RunFolder, latest_run
from nnspec.training.compile import last_activation, output_tensor
from nnspec.training.stopped import telling

UNITS = 48  # of a recurrent layer that are shown: those that vary most
STEPS = 400  # of a sequence
CLASSES = 5


@dataclass(frozen=True)
class Inside:
    """What was seen: the input as text, the answer, figures by section, and layers that have none to show."""

    name: str
    run: Path
    shown: str
    answer: str
    sections: tuple[tuple[str, tuple[Figure, ...]], ...]

    @property
    def figures(self) -> list[Figure]:
        return [figure for _, figures in self.sections for figure in figures]


def look_inside(spec: Spec, run: Path | None, given: Any, layer: str | None = None, label: str | None = None) -> Inside:
    """Looks at a run's best model while it works on one example.

    Args:
        given: the example, as the spec's data source takes it.
        layer: show this layer alone, with all that there is of it.
        label: the class that Grad-CAM explains; by default the predicted one.

    Raises:
        TrainingError, DataError, SpecError: no run, an input that cannot be read, no such layer or class, or a network
            with nothing that could be shown.
    """
    require(spec, "inspect", "data")
    with telling(spec, "looking inside"):
        return _looked(spec, run, given, layer, label)


def _looked(spec: Spec, run: Path | None, given: Any, layer: str | None, label: str | None) -> Inside:
    folder = latest_run(spec.name, run)
    encoder = open_encoder(spec.required_data, spec.path.parent, folder.assets)
    model = load_model(spec, folder.path)
    only = None if layer is None else _layer(spec, layer)
    ends = ends_of_run(spec, folder, encoder, model)
    wanted = None if label is None else _class(explained(ends).classes, label)
    (_, features), *others = batches(spec, folder, encoder, [given], 1)
    if others:
        raise TrainingError(f"the input holds {len(others) + 1:,} examples: inspect looks at one")
    prediction = answers(spec, folder, encoder, model, [given])[0]
    words = prediction.get("tokens") or _tokens(encoder, given)
    seen = Seen(model, features, words)
    sections = tuple((title, found) for title, made in seen.sections(only, wanted, ends) if (found := tuple(made)))
    if not sections:
        where = f"`{layer}`" if layer else "this network"
        hint = "there are figures of convolutions and of recurrent layers"
        raise TrainingError(f"{where} has nothing that could be shown", hint=hint)
    answer = (_bars(prediction),) if prediction.get("probabilities") and len(prediction["probabilities"]) > 1 else ()
    return Inside(
        spec.name, folder.path, _text(given), _answer(prediction), ((("Answer", answer),) if answer else ()) + sections
    )


@dataclass(frozen=True)
class End:
    """An output by its name in the spec: its tensor, and the classes that it tells apart; of numbers there are none."""

    name: str
    tensor: Any
    classes: Sequence[str]


def ends_of_run(spec: Spec, folder: RunFolder, encoder: Encoder, model: Any) -> list[End]:
    """The outputs, each with the classes of the target that it was trained on."""
    record = folder.read_record()
    targets = (record.get("binding") or {}).get("outputs") or {}
    found = []
    for output in spec.graph.outputs:
        name = keras_name(output.name)
        about = encoder.assets.target(targets.get(name))
        told = about.get("type") == "category" if about else record.get("task") in ("classification", "tagging")
        classes = encoder.assets.classes_of(targets.get(name)) if told or over_classes(spec, name) else None
        found.append(End(output.name, output_tensor(model, name), classes or ()))
    return found


def explained(ends: Sequence[End]) -> End:
    """The output that Grad-CAM explains: the first that tells examples of classes apart, else the first."""
    return next((end for end in ends if end.classes and len(end.tensor.shape) == 2), ends[0])


class Seen:
    """The outputs of all layers for one example."""

    def __init__(self, model: Any, features: dict[str, np.ndarray], words: Sequence[str] | None) -> None:
        import keras

        self.model, self.words = model, words
        self.features = features if isinstance(model.input, dict) else next(iter(features.values()))
        self.inputs = features
        layers = [
            layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer) and _is_plain(layer)
        ]
        tensors = {layer.name: layer.output for layer in layers} | {
            f"{layer.name}/in": _input(layer) for layer in layers if gates_of(layer)
        }
        values = keras.Model(model.input, tensors)(self.features, training=False)
        self.values = {name: np.asarray(value)[0] for name, value in values.items()}

    def sections(
        self, only: str | None, wanted: int | None, ends: Sequence[End]
    ) -> Iterator[tuple[str, Iterator[Figure]]]:
        if only is None:
            yield "What the answer rests on", self.cam(wanted, explained(ends))
            yield "Output at each step", (figure for end in ends for figure in self.steps(end, len(ends) > 1))
        yield "Filters", filters(self.model, only)
        maps = {name: value for name, value in self.values.items() if not name.endswith("/in")}
        yield "Feature maps", feature_maps(maps, only)
        for layer in self.model.layers:
            if gates_of(layer) and only in (None, layer.name):
                yield f"{layer.name}: over time", self.recurrent(layer)

    def cam(self, wanted: int | None, end: End) -> Iterator[Figure]:
        image = next(
            (value[0] for value in self.inputs.values() if value.ndim == 4 and value.shape[-1] in (1, 3)), None
        )
        if image is None:
            return
        found = grad_cam(self.model, self.features, end.tensor, wanted, over_classes=bool(end.classes))
        if found is not None:
            heat, layer, chosen = found
            number = f"more of {end.name}" + (f"[{chosen}]" if end.tensor.shape[-1] != 1 else "")
            yield cam_figure(heat, image, name_of(end.classes, chosen) if end.classes else number, layer)

    def recurrent(self, layer: Any) -> Iterator[Figure]:
        """States and gates; both directions of a bidirectional layer, each aligned to the sequence."""
        sequence = self.values[f"{layer.name}/in"]
        count = min(len(self.words), len(sequence)) if self.words else len(sequence)
        sequence = sequence[:count]
        for direction, inner in gates_of(layer):
            backwards = inner.go_backwards
            found = gates(inner, sequence[::-1] if backwards else sequence) or {}
            for name, values in found.items():
                aligned = (values[::-1] if backwards else values)[:STEPS].T
                units = np.sort(np.argsort(-aligned.var(1), kind="stable")[:UNITS])
                note = (
                    f"the {UNITS} of {len(aligned)} units that vary most"
                    if len(aligned) > UNITS
                    else f"{len(aligned)} units"
                )
                if count > STEPS:
                    note += f", the first {STEPS} of {count} steps"
                title = f"{direction}{name} of {layer.name}"
                words = list(self.words[:STEPS][:count]) if self.words else None
                image = heat_map(aligned[units], words, None, signed=name in SIGNED)
                yield Figure(_slug(f"{layer.name}-{direction}{name}"), title, note, image)

    def steps(self, end: End, several: bool) -> Iterator[Figure]:
        """The classes at each step, where an output has a value of each for every word: a probability, or a score."""
        name = next((layer.name for layer in self.model.layers if output_of_layer(layer) is end.tensor), "")
        values = self.values.get(name)
        if values is not None and values.ndim == 2 and values.shape[-1] > 1 and end.classes and self.words:
            count = min(len(self.words), len(values))
            is_score = last_activation(self.model, keras_name(end.name)) not in PROBABILITIES
            names = names_of(end.classes, values.shape[-1])
            image = heat_map(values[:count].T, list(self.words[:count]), names, signed=is_score)
            title = f"{'Score' if is_score else 'Probability'} of each class" + (f": {end.name}" if several else "")
            yield Figure(_slug(f"classes-{end.name}") if several else "classes", title, f"{len(names)} classes", image)


def gates_of(layer: Any) -> list[tuple[str, Any]]:
    """The recurrent layers in a layer, with the direction that they read in."""
    kind = type(layer).__name__
    if kind == "Bidirectional":
        inner = [("forward ", layer.forward_layer), ("backward ", layer.backward_layer)]
        return inner if all(gates_of(one) for _, one in inner) else []
    return [("", layer)] if kind in KINDS_WITH_GATES else []


def _input(layer: Any) -> Any:
    """The sequence that a layer is called with; a mask comes after it."""
    return layer.input[0] if isinstance(layer.input, list | tuple) else layer.input


def _is_plain(layer: Any) -> bool:
    """Called once, with one tensor out."""
    output = output_of_layer(layer)
    return output is not None and not isinstance(output, list | tuple | dict)


def _layer(spec: Spec, name: str) -> str:
    known = {layer.name for layer in spec.graph.layers}
    if name in known:
        return keras_name(name)
    near = closest(name, known)
    raise TrainingError(
        f"`{spec.name}` has no layer `{name}`", hint=f"did you mean `{near}`?" if near else "nnspec show lists them"
    )


def _class(classes: Sequence[str], label: str) -> int:
    if label in classes:
        return list(classes).index(label)
    near = closest(label, classes)
    raise TrainingError(
        f"there is no class `{label}`",
        hint=f"did you mean `{near}`?" if near else f"there are {', '.join(classes[:12])}",
    )


def _tokens(encoder: Encoder, given: Any) -> list[str] | None:
    """The words of a text, cut as the network's were."""
    located = encoder.source.located(given)
    return None if located is None else [located[0][start:end] for start, end in located[1]]


def _text(given: Any) -> str:
    if isinstance(given, np.ndarray):
        return f"array of shape {list(given.shape)}"
    return str(given) if len(str(given)) <= 300 else f"{str(given)[:299]}…"


def _answer(prediction: dict[str, Any]) -> str:
    if "label" in prediction:
        return f"{prediction['label']} ({100 * prediction['probability']:.1f} %)"
    if "tags" in prediction:
        return " ".join(f"{word}/{tag}" for word, tag in zip(prediction["tokens"], prediction["tags"], strict=False))
    return str(prediction.get("values", ""))[:300]


def _bars(prediction: dict[str, Any]) -> Figure:
    ranked = sorted(prediction["probabilities"].items(), key=lambda pair: -pair[1])[:CLASSES]
    names, shares = zip(*ranked, strict=True)
    total = len(prediction["probabilities"])
    note = f"the likeliest {len(ranked)} of {total} classes" if total > len(ranked) else ""
    return Figure("answer", "Probability", note, bars(names, shares))


def _slug(text: str) -> str:
    return re.sub(r"[^\w.-]+", "-", text)


def page(found: Inside) -> str:
    sections = [
        {"title": title, "figures": [{"title": one.title, "note": one.note, "picture": one.address} for one in figures]}
        for title, figures in found.sections
    ]
    contents = {
        "name": found.name,
        "run": str(found.run),
        "input": found.shown,
        "answer": found.answer,
        "sections": sections,
    }
    return report_page(f"{found.name}: a look inside", ("inside.js",), contents)


def write(found: Inside, folder: Path) -> Path:
    """Writes `index.html` and a PNG for each figure.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for figure in found.figures:
        with replacing(folder / f"{figure.name}.png") as scratch:
            scratch.write_bytes(figure.png)
    path = folder / "index.html"
    write_text(path, page(found))
    return path
