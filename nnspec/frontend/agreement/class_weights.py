"""`train.class_weight` against outputs and labels: once for all outputs, or by output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nnspec.catalog.comparisons import takes_of
from nnspec.data.protocol import Facts
from nnspec.frontend.agreement.ends import End, is_labels, loss_of
from nnspec.frontend.class_weights import ClassWeight, by_output, is_by_output
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.edits import spelling
from nnspec.frontend.masks import follow_masks
from nnspec.frontend.spec import Spec, keras_name
from nnspec.frontend.suggest import did_you_mean

_FEW = 12
Path = tuple[str | int, ...]


def class_weight_names(spec: Spec) -> Iterator[Diagnostic]:
    """E0708 for weights of an output that there is not, E0205 for weights of labels beside those of outputs."""
    wanted = spec.training.class_weight
    if not is_by_output(wanted):
        return
    outputs = [output.name for output in spec.graph.outputs]
    known = {keras_name(name) for name in outputs}
    for name, one in wanted.items():
        place = spec.place("train", "class_weight", name)
        if isinstance(one, int | float):
            message = f"`class_weight` gives `{name}` a number, and others what their labels weigh"
            yield Diagnostic(
                "E0205", message, place, hint="labels have numbers; an output has a mapping, or `balanced`"
            )
        elif keras_name(name) not in known:
            listed = ", ".join(f"`{output}`" for output in outputs)
            message = f"`class_weight` names `{name}`, but the outputs are {listed}"
            fix = spelling(place, name, outputs, wanted)
            yield Diagnostic("E0708", message, place, hint=did_you_mean(name, outputs), fix=fix)


def labels_of(spec: Spec, end: End, facts: Facts, target: str) -> tuple[str, ...] | None:
    """The labels that may weigh something in an output's loss; () where they are not known, None where it has none.

    They are the classes of its target. One value for each class has them too, and one of yes and no has 0 and 1.
    """
    assert facts.columns is not None
    spec_of_target = facts.columns.targets[target]
    named = facts.labels_of(target)
    if is_labels(spec_of_target) or facts.task in ("classification", "tagging"):
        return named or ()
    takes, size = takes_of(getattr(loss_of(spec, end, facts, spec_of_target), "kind", None)), spec_of_target.shape[-1:]
    if takes.form == "each class" and size not in ((), (1,)) and size != (None,):
        return named or tuple(map(str, range(size[0] or 0)))
    if takes.form == "values" and takes.yes_no and takes.labels and spec_of_target.shape in ((), (1,)):
        return named or ("0", "1")
    return None


def class_weight_misfits(
    spec: Spec, ends: Mapping[str, End], facts: Facts, trained: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """E0713 for class weights of an output without classes, E0708 for those of a class that there is not."""
    path: Path = ("train", "class_weight")
    told = is_by_output(spec.training.class_weight)
    for output, weights in by_output(spec).items():
        end = ends[output]
        labels = labels_of(spec, end, facts, trained[output])
        here = (*path, output) if told else path
        if labels is None:
            yield _without_classes(spec, output, trained[output], here, told)
            return
        if weights == "balanced" and _is_masked(spec, end, facts, trained[output]):
            message = f"`balanced` counts the steps of `{output}` that its mask leaves out as examples of their classes"
            yield Diagnostic("W0734", message, spec.place(*here), "warning", "give each class a weight by its label")
        if labels and isinstance(weights, Mapping):
            found = list(_against(spec, weights, labels, here, output if len(ends) > 1 else None))
            yield from found
            if found:
                return


def _is_masked(spec: Spec, end: End, facts: Facts, target: str) -> bool:
    """Whether an output gives classes of steps, some of which a mask leaves out that the data know nothing of."""
    assert facts.columns is not None
    steps = is_labels(facts.columns.targets[target]) and facts.columns.targets[target].shape not in ((), (1,))
    return steps and not facts.columns.padded and follow_masks(spec.graph, spec.facts).at_run(end.output.ref)


def _without_classes(spec: Spec, output: str, target: str, path: Path, told: bool) -> Diagnostic:
    message = f"class weights need classes, and `{target}`, which `{output}` is trained on, has none"
    hint = "leave it out" if told else None
    if not told and len(spec.graph.outputs) > 1:
        other = next(given.name for given in spec.graph.outputs if given.name != output)
        hint = f"give them by output: `class_weight: {{{other}: balanced}}`"
    return Diagnostic("E0713", message, spec.place(*path), hint=hint)


def _against(
    spec: Spec, weights: ClassWeight, labels: tuple[str, ...], path: Path, output: str | None
) -> Iterator[Diagnostic]:
    """What is wrong with weights by label; ``output`` where there are several."""
    assert isinstance(weights, Mapping)
    where = "" if output is None else f" of `{output}`"
    for label in weights:
        if str(label) not in labels:
            hint = f"there are {', '.join(labels[:_FEW])}{', ...' if len(labels) > _FEW else ''}"
            place = spec.place(*path, label)
            yield Diagnostic("E0708", f"there is no class `{label}`{where}", place, hint=hint)
            return
    told = {str(label): weight for label, weight in weights.items()}
    others = [label for label in labels if label not in told]
    if others and len(told) > 1:
        listed = ", ".join(f"`{label}`" for label in others[:_FEW])
        message = (
            f"`class_weight`{where} leaves out {listed}{', ...' if len(others) > _FEW else ''}, and without a weight "
        )
        message += "a class has 1"
        yield Diagnostic("W0734", message, spec.place(*path), "warning", f"say so, such as `{others[0]}: 1`")
    if not any(told.get(label, 1.0) for label in labels):
        message = f"every class{where} weighs 0, so that nothing is learnt"
        yield Diagnostic("W0730", message, spec.place(*path), "warning", "1 is the weight of a class that is not named")
