"""Among how many tokens a language model wavers."""

from __future__ import annotations

import math

import numpy as np

from nnspec.backend.signature import keras_run
from nnspec.data.pipeline import Split
from nnspec.evaluation.open_run import Trained
from nnspec.training.scoring import outcomes

LARGEST = 700.0  # of the exponent, so that there is a number


def perplexity(trained: Trained, split: Split, batch_size: int) -> float:
    """e to the power of the mean cross-entropy of all targets: 1 where each is foreseen, V where V are as likely."""
    (output,) = trained.binding.outputs
    is_probability = output in trained.by_probability
    total, count = 0.0, 0
    for seen in outcomes(trained.binding, split, batch_size, keras_run(trained.model), output):
        scores = seen.output.astype(np.float64)
        if is_probability:
            scores = np.log(np.maximum(scores, 1e-300))
        else:
            scores = scores - scores.max(-1, keepdims=True)
            scores = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
        total -= float(np.take_along_axis(scores, seen.target[..., None].astype(np.int64), -1).sum())
        count += seen.target.size
    return math.exp(min(total / max(1, count), LARGEST))
