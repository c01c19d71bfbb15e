"""A teacher's answers, computed once where every epoch asks it the same."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnspec.backend.distillation import Kept
from nnspec.console.formatting import file_size
from nnspec.console.progress import Reporter
from nnspec.data.pipeline import Split
from nnspec.data.tensor_readers import on_host
from nnspec.frontend.spec import Spec
from nnspec.training.batches import Feed, bound
from nnspec.training.distributed.workers import is_multi_worker
from nnspec.training.teacher import Teacher

LARGEST = 512 * 2**20  # bytes of answers that are kept in memory


def keep_answers(spec: Spec, teacher: Teacher, feed: Feed, reporter: Reporter) -> Kept | None:
    """The teacher's answers to the whole training part; None where it is asked in each step.

    It is where an epoch has other examples than the last (augmentation, rare words taken for unknown), where sequences
    vary in length, so that answers have no shape of their own, where several workers train together, and where the
    answers would not fit.
    """
    split = feed.train
    changes = split.augmenter is not None or split.replacers(0)
    if changes or split.table.varying is not None or is_multi_worker(feed.strategy) or spec.training.epochs < 2:
        return None
    answer = tf.function(teacher.answers, autograph=False)
    x, *_ = keras.utils.unpack_x_y_sample_weight(feed.sample())
    size = sum(value[0].numpy().nbytes for value in answer(x).values()) * split.size
    if size > LARGEST:
        return None
    reporter.say(f"the teacher answers each of {split.size:,} examples once: {file_size(size)} are kept")
    found = _all(answer, feed, reporter)
    places = np.full(int(split.indices.max()) + 1, -1, np.int64)
    places[split.indices] = np.arange(split.size)
    place_of, kept = on_host(places), {name: on_host(values) for name, values in found.items()}
    return Kept(lambda numbers: {name: tf.gather(one, tf.gather(place_of, numbers)) for name, one in kept.items()})


def _all(answer: Any, feed: Feed, reporter: Reporter) -> dict[str | int, np.ndarray]:
    """By output, or number of a layer within, the answers in the order of the part."""
    split: Split = feed.train
    found: dict[str | int, np.ndarray] = {}
    done = 0
    for batch in bound(split.batches(feed.batch_size), feed.binding):
        answers = {name: value.numpy() for name, value in answer(batch[0]).items()}
        for name, value in answers.items():
            if name not in found:
                found[name] = np.empty((split.size, *value.shape[1:]), value.dtype)
            found[name][done : done + len(value)] = value
        done += len(next(iter(answers.values())))
        reporter.reading("the teacher's answers", done, split.size)
    return found
