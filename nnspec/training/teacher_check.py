"""How often a teacher is right: what no name tells, such as classes in another order, shows in its answers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from nnspec.backend.distillation import TaughtClasses, by_name
from nnspec.console.progress import Reporter
from nnspec.frontend.diagnostics import Diagnostic
from nnspec.frontend.spec import Spec
from nnspec.training.batches import Feed, bound
from nnspec.training.teacher import Teacher

EXAMPLES = 512  # drawn from the training part
HARDLY = 0.1  # of what there is between a guess and all, below which the teacher seems to mean something else
FEWEST = 30  # answers that tell anything
HINT = "its classes may be in another order, or its inputs scaled otherwise"


def tell_agreement(spec: Spec, teacher: Teacher, feed: Feed, reporter: Reporter) -> None:
    """Says in how many examples the teacher's class is the true one, for each output that learns classes."""
    batches = bound(feed.train.batches(feed.batch_size, epoch=0), feed.binding).take(-(-EXAMPLES // feed.batch_size))
    learned = [name for name, loss in teacher.losses.items() if type(loss) is TaughtClasses]
    found: dict[str, list[np.ndarray]] = {name: [] for name in learned}
    guesses: dict[str, float] = {}
    for batch in batches if learned else ():
        x, y, weights = keras.utils.unpack_x_y_sample_weight(batch)
        answers = teacher.answers(x)
        for name in learned:
            found[name].append(_right(answers[name].numpy(), by_name(y, name).numpy(), by_name(weights, name)))
            guesses[name] = 1 / answers[name].shape[-1]
    for name, parts in found.items():
        right = np.concatenate(parts)
        if len(right) == 0:
            continue
        of = f" of `{name}`" if len(teacher.losses) > 1 else ""
        said = f"the teacher is right in {right.mean():.1%} of {len(right):,} answers{of}, drawn from the training part"
        if len(right) >= FEWEST and right.mean() <= guesses[name] + HARDLY * (1 - guesses[name]):
            place = spec.place("train", "teacher", "run")
            reporter.warn(Diagnostic("W0745", f"{said}, hardly more than a guess", place, "warning", HINT))
        else:
            reporter.say(said)


def _right(answer: np.ndarray, true: np.ndarray, weights: Any) -> np.ndarray:
    """Whether each answer is the true class; without padding and classes that the loss leaves out."""
    classes = answer.shape[-1]
    if true.ndim == answer.ndim:
        true = true[..., 0] if true.shape[-1] == 1 < classes else true.argmax(-1)
    counts = (true >= 0) & (true < classes)
    if weights is not None:
        given = np.asarray(weights)
        counts &= np.reshape(given, given.shape + (1,) * (true.ndim - given.ndim)) > 0
    return np.asarray((answer.argmax(-1) == true)[counts])
