"""Examples that a network, or its loss, can make nothing of: what takes the values themselves, and not their shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.catalog.comparisons import LOSSES, METRICS
from nnspec.data.errors import DataError, Remark
from nnspec.frontend.agreement.binding import pairs
from nnspec.frontend.agreement.ends import End, ends_of, is_labels, kind_of_metric, loss_of, metrics_of
from nnspec.frontend.agreement.thresholds import takes_the_largest
from nnspec.frontend.masks import padded_means
from nnspec.frontend.spec import Spec
from nnspec.layers.types import KindValue

if TYPE_CHECKING:
    import numpy as np

    from nnspec.data.dataset import Dataset
    from nnspec.data.pipeline import Split
    from nnspec.data.table import Column

ROWS = 4096  # looked at at once
SLACK = 1e-3  # by which shares may miss 1: they were rounded


class Found(NamedTuple):
    """Examples of a part that something is said of: how many, the place of the first, and its odd value."""

    number: int
    first: int
    value: float


def said_of_examples(spec: Spec, dataset: Dataset) -> list[Remark]:
    """All of it as warnings, of data that are only looked at."""
    alone = (Remark("W0930", str(error)) for error in padding_alone(spec, dataset))
    return [*alone, *odd_labels(spec, dataset)]


def casts(spec: Spec, dataset: Dataset) -> dict[str, str]:
    """The features that an input takes as another type than theirs, and as which: whole numbers as floats for one."""
    taken, _, _ = pairs(spec, dataset.features, dataset.targets)
    dtypes = {taken[given.name]: given.dtype for given in spec.graph.inputs if given.name in taken}
    return {name: dtype for name, dtype in dtypes.items() if dtype != dataset.features[name].dtype}


def padding_alone(spec: Spec, dataset: Dataset) -> Iterator[DataError]:
    """For each part with examples all of whose steps a masked mean leaves out, so that it is 0/0 and the loss NaN."""
    taken, _, _ = pairs(spec, dataset.features, dataset.targets)
    for given, value, mean in padded_means(spec):
        feature = taken.get(given, "")
        for name, split in dataset.splits.items() if feature else ():
            found = _where(split, split.table.features[feature], lambda rows, value=value: _all_are(rows, value))
            if found is not None:
                message = (
                    f"{name}, `{feature}`: {_called(dataset, name, found.first)} is padding alone, {value:g} in "
                    f"every step{_and_more(found, split)}, and the {mean.kind} `{mean.name}` takes the mean of "
                    "the other steps, of which there are none: the loss is no number"
                )
                file = next((str(file) for file in dataset.loaded.parts[name].examples.files), None)
                yield DataError(message, file=file, hint="leave such examples out, or the mask")


def odd_labels(spec: Spec, dataset: Dataset) -> Iterator[Remark]:
    """What to say of targets that are not what a loss takes them for, shares of classes, or a metric, one class."""
    if spec.train is None:
        return
    _, trained, _ = pairs(spec, dataset.features, dataset.targets)
    for output, end in ends_of(spec).items():
        name = trained.get(output)
        if name is None or end.chain or is_labels(dataset.targets[name]) or dataset.section.one_hot:
            continue
        loss = loss_of(spec, end, dataset.facts, dataset.targets[name])
        if loss is None or loss.kind not in LOSSES:
            continue
        if LOSSES[loss.kind].shares:
            yield from _no_shares(dataset, name, loss)
        elif end.units != 1 and dataset.targets[name].shape:
            yield from _several_labels(spec, end, dataset, name)


def _no_shares(dataset: Dataset, name: str, loss: KindValue) -> Iterator[Remark]:
    axis, rank = loss.args.get("axis", -1), 1 + len(dataset.targets[name].shape)
    if not -rank < axis < rank or axis == 0:  # no axis of classes, which the loss is refused for
        return
    for part, split in dataset.splits.items():
        found = _where(split, split.table.targets[name], lambda rows, axis=axis: _missed(rows, axis))
        if found is not None:
            yield Remark(
                "W0930",
                f"{part}, `{name}`: the values of {_called(dataset, part, found.first)} add up to "
                f"{found.value:g}, not to 1{_and_more(found, split)}, and {loss.kind} takes them for "
                "shares of the classes: several labels at once go with BinaryCrossentropy and sigmoid",
            )


def _several_labels(spec: Spec, end: End, dataset: Dataset, name: str) -> Iterator[Remark]:
    """Metrics that take the largest value for the class of an example, where examples have several labels, or none."""
    for _, _, value in metrics_of(spec, end):
        metric = kind_of_metric(value, end, dataset.targets[name])
        takes = None if metric is None else METRICS.get(metric.kind)
        if metric is None or takes is None or not takes_the_largest(metric, takes):
            continue
        for part, split in dataset.splits.items():
            found = _where(split, split.table.targets[name], lambda rows: _missed(rows, -1))
            if found is not None:
                title = value if isinstance(value, str) else metric.kind
                other = f"{metric.kind}: {{threshold: 0.5}}" if takes.yes_no else "BinaryAccuracy"
                yield Remark(
                    "W0930",
                    f"{part}, `{name}`: {_called(dataset, part, found.first)} has {found.value:g} labels"
                    f"{_and_more(found, split)}, and {title} compares the largest value alone",
                    hint=f"`{other}` counts each label",
                )
                return


def _called(dataset: Dataset, part: str, row: int) -> str:
    """An example of a part by its file and line, or what else a person knows it by."""
    split = dataset.splits[part]
    place = dataset.loaded.parts[part].examples.place(int(split.indices[row]))
    return place or f"`{split.example_texts([row])[0]}`"


def _and_more(found: Found, split: Split) -> str:
    return f"; so it is in {found.number:,} of {split.size:,} examples" if found.number > 1 else ""


def _where(split: Split, column: Column, look: Any) -> Found | None:
    """The examples of a part that `look` finds a value for; it gives NaN for all others of a batch of them."""
    import numpy as np

    count, first, value = 0, None, 0.0
    for at in range(0, split.size, ROWS):
        odd = look(column.take(split.indices[at : at + ROWS]))
        bad = np.flatnonzero(~np.isnan(odd))
        if len(bad) and first is None:
            first, value = at + int(bad[0]), float(odd[bad[0]])
        count += len(bad)
    return None if first is None else Found(count, first, value)


def _all_are(rows: np.ndarray, value: float) -> np.ndarray:
    """0 for each example that is one value throughout, [batch]."""
    import numpy as np

    return np.where((rows.reshape(len(rows), -1) == value).all(axis=1), 0.0, np.nan)


def _missed(rows: np.ndarray, axis: int) -> np.ndarray:
    """For each example the sum of its classes that is furthest from 1, if it is far, [batch]."""
    import numpy as np

    sums = rows.sum(axis=axis, dtype=np.float64).reshape(len(rows), -1)
    worst = np.take_along_axis(sums, np.abs(sums - 1).argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.where(np.abs(worst - 1) > SLACK, worst, np.nan)
