"""Each argument of what is no layer, one by one: what `check` takes, Keras makes and uses in a step."""

from __future__ import annotations

import pytest
from setting_search import KINDS, changed, of_check, of_keras, text

pytestmark = [pytest.mark.tf, pytest.mark.proof]

# What `check` refuses of things that run, by its code.
STRICTER = {
    "E0705": "a learning rate below 0 makes the loss larger",
    "E0704": "a metric that this output has no values for; another output may have",
    "E0723": "CTC takes an output of steps",
    "E0206": "a loss or a metric in whole numbers is cut",
}
DIVERGING = {("Muon", f"muon_{one}") for one in "abc"}  # whether coefficients diverge depends on the gradient
EXTREME = ("1e+30", "1e-30")  # numbers that overflow are taken
WITHOUT_SENSE = {
    ("ReduceLROnPlateau", "factor"): "a factor below 0 turns the learning rate about",
    ("Precision", "top_k"): "the best 7 of 3 are all of them",
    ("Recall", "top_k"): "the best 7 of 3 are all of them",
    ("AUC", "label_weights"): "one weight is stretched over all labels, and counts nothing",
    **{
        (kind, "axis"): "the class of a row is along its last axis"
        for kind in ("IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")
    },
}
BY_WEIGHT = {("Constant", "value")}  # whether a list fits depends on the weight


@pytest.mark.parametrize(("category", "kind"), KINDS)
def test_check_and_keras_take_the_same(category: str, kind: str) -> None:
    differing = []
    for name, args in changed(category, kind):
        refused, failed = of_check(category, kind, args), of_keras(category, kind, args)
        taken_as_it_is = str(args.get(name)) in EXTREME or (kind, name) in BY_WEIGHT
        if failed and not refused and not taken_as_it_is:
            differing.append(f"taken:\n{text(category, kind, args)}Keras: {failed[:300]}")
        elif (
            refused
            and not failed
            and refused[0].code not in STRICTER
            and (kind, name) not in DIVERGING | WITHOUT_SENSE.keys()
        ):
            differing.append(f"refused:\n{text(category, kind, args)}{refused[0].message}")
    assert not differing, f"{len(differing)} differ:\n\n" + "\n\n".join(differing[:10])
