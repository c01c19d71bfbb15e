"""From where on a metric counts a value as yes, and what that is of the values that an output gives."""

from __future__ import annotations

from nnspec.catalog.activation_ranges import PROBABILITIES
from nnspec.catalog.comparisons import Takes
from nnspec.catalog.kinds import catalog
from nnspec.frontend.agreement.ends import End
from nnspec.layers.types import KindValue

_MIDDLE = 0.5  # of probabilities; of logits it is 0


def takes_the_largest(metric: KindValue, takes: Takes) -> bool:
    """Whether the largest value of an example counts as its class, whatever its size."""
    return (takes.largest and metric.args.get("threshold") is None) or metric.args.get("top_k") is not None


def thresholds_of(metric: KindValue) -> list[float]:
    """The thresholds that a metric is given; none where Keras's own hold, or no number is given."""
    if metric.kind == "AUC":  # they are places on a curve
        return []
    given = [metric.args.get("threshold"), metric.args.get("thresholds")]
    numbers = [one for value in given for one in (value if isinstance(value, list | tuple) else [value])]
    return [one for one in numbers if isinstance(one, int | float) and not isinstance(one, bool)]


def needs_probability(metric: KindValue, takes: Takes) -> bool:
    """Whether a metric takes logits for what they are not."""
    if takes_the_largest(metric, takes) or metric.args.get("from_logits"):
        return False
    given = thresholds_of(metric)
    if given:
        return _MIDDLE in given
    return bool(takes.threshold or takes.probability or "from_logits" in catalog().defaults("metric", metric.kind))


def gives_logits(end: End, loss: KindValue | None) -> bool:
    """Whether an output is trained as logits and has no activation."""
    return end.activation == "linear" and loss is not None and bool(loss.args.get("from_logits"))


def counted_wrongly(title: str, metric: KindValue, takes: Takes, end: End) -> tuple[str, str] | None:
    """Where every value counts as yes, or as no, or classes are counted one by one: what to say, and what helps."""
    if takes_the_largest(metric, takes) and takes.yes_no and end.units == 1:
        argument = "thresholds" if "top_k" in metric.args else "threshold"
        message = f"{title} counts the largest value of an example as yes, and `{end.name}` gives one: all are yes"
        return message, f"`{metric.kind}: {{{argument}: 0.5}}` counts those above 0.5"
    if end.activation in PROBABILITIES and (takes.yes_no or takes.threshold):
        beyond = next((one for one in thresholds_of(metric) if one <= 0 or one >= 1), None)
        if beyond is not None:
            what = "yes" if beyond <= 0 else "no"
            message = (
                f"{title} counts every value of `{end.name}` as {what}: they are from 0 to 1, and the threshold is "
            )
            return f"{message}{beyond:g}", "0.5 is the middle of probabilities; 0 is that of logits"
    likeliest = metric.args.get("k", catalog().defaults("metric", metric.kind).get("k"))
    if isinstance(likeliest, int) and end.units is not None and likeliest >= end.units > 1:
        message = f"{title} looks for the class among the {likeliest} likeliest, and `{end.name}` has {end.units}: "
        return f"{message}it is always 1", f"`{metric.kind}: {{k: 2}}` looks among two"
    if metric.kind == "BinaryAccuracy" and end.activation == "softmax" and (end.units or 0) > 1:
        message = f"{title} counts each of the {end.units} values of `{end.name}` by itself, so that an example "
        return f"{message}of a wrong class is right in all others", "CategoricalAccuracy counts examples"
    return None
