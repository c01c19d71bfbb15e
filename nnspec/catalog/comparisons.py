"""What each loss and each metric of Keras compares: the form of the targets, and of what the network gives.

One table for both; a test holds every entry against Keras itself. A kind that is not here, a plugin's, is not judged.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal

from nnspec.catalog.kinds import catalog, snake
from nnspec.quick_classes import dataclass

Form = Literal["numbers", "each class", "values", "equal", "by argument", "sequences"]


@dataclass(frozen=True, slots=True)
class Takes:
    """What a loss or a metric takes.

    Attributes:
        form: of the targets. ``numbers``: the number of a class, for outputs with a value for each class in a last axis
            of their own. ``each class``: a value for each class, as the output. ``values``: a value for each value of
            the output. ``equal``: as ``values``, and nothing but equality counts. ``by argument``: an IoU's, whose
            arguments say it. ``sequences``: rows of label numbers, which `nnspec.frontend.sequences` judges.
        probability: the output is to be from 0 to 1.
        positive: the output is to be above 0: of one below it the loss is no number.
        yes_no: each target is 0 or 1, or a share of it.
        rows: outputs are rows, [batch, units].
        along: values are compared along the last axis, so that one alone says nothing.
        directions: of the last axis are compared; of one value alone that is its sign.
        signs: values below 0 say no, those above 0 yes.
        labels: the targets say what an example is: not where something is in it, or how much of it.
        whole: each target is one label or none. Of shares of labels, as mixed examples have, it makes nothing sensible.
        over_classes: the output is one distribution over all classes, as a softmax gives it.
        any_size: differences of values of any size; an activation with a narrower range is in the way.
        within: the targets that it can compare; others are cut, or give no number.
        divides: by the targets, of which none may be 0.
        shares: the targets of an example are shares of the classes, which add up to 1.
        last: the classes are along the last axis, whatever `axis` may be of others.
        threshold: values from here on count as yes, where the argument `threshold` says nothing else.
        largest: the largest value of an example counts as its class, where no `threshold` says which values do.
        counts_padding: Keras's class does not look at the mask of an output, as its means do.
        other: the kind that takes class numbers where this one takes a value for each class, or the other way round.
    """

    form: Form
    probability: bool = False
    positive: bool = False
    yes_no: bool = False
    rows: bool = False
    along: bool = False
    directions: bool = False
    signs: bool = False
    labels: bool = False
    whole: bool = False
    over_classes: bool = False
    any_size: bool = False
    within: tuple[float, float] | None = None
    divides: bool = False
    shares: bool = False
    last: bool = False
    threshold: float | None = None
    largest: bool = False
    counts_padding: bool = False
    other: str | None = None


_VALUES = Takes("values")
_ANY_SIZE = Takes("values", any_size=True)
_MARGIN = Takes("values", labels=True, whole=True, signs=True)
_COUNTED = Takes("values", probability=True, yes_no=True, whole=True, counts_padding=True)
_OF_ROWS = replace(_COUNTED, rows=True, largest=True)
_EACH_CLASS = Takes("each class", labels=True, over_classes=True, shares=True, other="SparseCategoricalCrossentropy")
_DIRECTIONS = Takes("values", directions=True)
_NOT_BELOW_0 = (0.0, float("inf"))
UNKNOWN = _VALUES  # a plugin's, or none

LOSSES: dict[str, Takes] = {
    "SparseCategoricalCrossentropy": Takes(
        "numbers", labels=True, whole=True, over_classes=True, last=True, other="CategoricalCrossentropy"
    ),
    "CategoricalCrossentropy": _EACH_CLASS,
    "CategoricalFocalCrossentropy": _EACH_CLASS,
    "CategoricalGeneralizedCrossEntropy": Takes(
        "numbers", probability=True, labels=True, whole=True, over_classes=True
    ),
    "CategoricalHinge": Takes("each class", labels=True, whole=True),
    "CTC": Takes("sequences", labels=True, whole=True),
    "BinaryCrossentropy": Takes("values", yes_no=True, labels=True),
    "BinaryFocalCrossentropy": Takes("values", yes_no=True, labels=True),
    **dict.fromkeys(("Dice", "Tversky"), Takes("values", probability=True, yes_no=True)),
    "KLDivergence": Takes("values", probability=True, labels=True, within=(0.0, 1.0), shares=True),
    **dict.fromkeys(("Hinge", "SquaredHinge"), _MARGIN),
    "CosineSimilarity": _DIRECTIONS,
    "Poisson": Takes("values", positive=True, within=_NOT_BELOW_0),
    **dict.fromkeys(("MeanAbsoluteError", "MeanSquaredError", "LogCosh", "Huber"), _ANY_SIZE),
    "MeanSquaredLogarithmicError": Takes("values", within=_NOT_BELOW_0),
    "MeanAbsolutePercentageError": Takes("values", divides=True),
}

METRICS: dict[str, Takes] = {
    "SparseCategoricalAccuracy": Takes("numbers", other="CategoricalAccuracy"),
    "SparseCategoricalCrossentropy": Takes("numbers", last=True, other="CategoricalCrossentropy"),
    "SparseTopKCategoricalAccuracy": Takes("numbers", other="TopKCategoricalAccuracy"),
    "CategoricalAccuracy": Takes("each class", largest=True, other="SparseCategoricalAccuracy"),
    "CategoricalCrossentropy": Takes("each class", other="SparseCategoricalCrossentropy"),
    "TopKCategoricalAccuracy": Takes("each class", largest=True, other="SparseTopKCategoricalAccuracy"),
    "CategoricalHinge": Takes("each class", whole=True),
    "Accuracy": Takes("equal"),
    "BinaryAccuracy": Takes("values", yes_no=True, whole=True, threshold=0.5),
    "BinaryCrossentropy": Takes("values", yes_no=True),
    "F1Score": _OF_ROWS,
    "FBetaScore": _OF_ROWS,
    "R2Score": Takes("values", rows=True, counts_padding=True),
    **dict.fromkeys(("AUC", "Precision", "Recall", "PrecisionAtRecall", "RecallAtPrecision", "BinaryIoU"), _COUNTED),
    **dict.fromkeys(("SensitivityAtSpecificity", "SpecificityAtSensitivity"), _COUNTED),
    **dict.fromkeys(("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"), _COUNTED),
    **dict.fromkeys(
        ("IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"), Takes("by argument", whole=True, counts_padding=True)
    ),
    **dict.fromkeys(("Hinge", "SquaredHinge"), _MARGIN),
    "KLDivergence": Takes("values", within=(0.0, 1.0)),
    "CosineSimilarity": _DIRECTIONS,
    "LogCoshError": _VALUES,
    **dict.fromkeys(("MeanAbsoluteError", "MeanSquaredError"), _VALUES),
    "RootMeanSquaredError": Takes("values", counts_padding=True),
    **dict.fromkeys(("MeanSquaredLogarithmicError", "Poisson"), Takes("values", within=_NOT_BELOW_0)),
    "MeanAbsolutePercentageError": Takes("values", divides=True),
    **dict.fromkeys(("ConcordanceCorrelation", "PearsonCorrelation"), Takes("values", along=True)),
}

BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")  # words for which Keras picks a metric by the shapes

# Metrics of which less is better, and counts, of which Keras does not say what is better.
_FALLING = frozenset({
    *("BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "KLDivergence", "Poisson"),
    *("Hinge", "SquaredHinge", "CategoricalHinge", "LogCoshError", "MeanAbsoluteError", "MeanSquaredError"),
    *("RootMeanSquaredError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError"),
})  # fmt: skip
_COUNTS = frozenset({"TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"})

# Identifiers that are not the name of a kind in small letters.
_SHORT = {
    "loss": {"bce": "BinaryCrossentropy", "mse": "MeanSquaredError", "mae": "MeanAbsoluteError", "kld": "KLDivergence"},
    "metric": {"bce": "BinaryCrossentropy", "mse": "MeanSquaredError", "mae": "MeanAbsoluteError"},
}
for _words in _SHORT.values():
    _words |= {"mape": "MeanAbsolutePercentageError", "msle": "MeanSquaredLogarithmicError", "kld": "KLDivergence"}
_SHORT["metric"] |= {"logcosh": "LogCoshError", "log_cosh": "LogCoshError"}
_SHORT["loss"] |= {"logcosh": "LogCosh"}


def takes_of(loss: str | None) -> Takes:
    """What a loss takes; of one that is not known, values of the output's shape."""
    return LOSSES.get(loss or "", UNKNOWN)


def kind_of(category: str, word: str) -> str | None:
    """The kind that an identifier of Keras stands for: ``mse``, ``auc``; None where it is none, or one by shape."""
    return word if catalog().has(category, word) else _words_of(category).get(word.lower())


def rises(metric: str) -> bool | None:
    """Whether more of a metric is better, as Keras has it; None where Keras does not say."""
    return None if metric not in METRICS or metric in _COUNTS else metric not in _FALLING


@cache
def _words_of(category: str) -> dict[str, str]:
    return {**{snake(kind): kind for kind in catalog().kinds(category)}, **_SHORT[category]}
