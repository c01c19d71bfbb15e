"""Each argument of each kind, one by one: what `check` takes, Keras builds and TensorFlow trains; what it refuses fails.

A search that draws anew for another number: ``NNSPEC_SEARCH=3 pytest -m proof tests/layers/test_every_argument.py``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from argument_search import changed, of_check, of_keras, paired, text
from layer_cases import CASES, Case

from nnspec.layers import KINDS

pytestmark = [pytest.mark.tf, pytest.mark.proof]

START = int(os.environ.get("NNSPEC_SEARCH", "0"))
BASES, VALUES, PAIRS, DRAWS = 1, 5, 30, 60  # legal cases of a kind, values of an argument, pairs, draws at most
PAIRED = (
    *("Dense", "Embedding", "BatchNormalization", "MultiHeadAttention", "Reshape"),
    *("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "SeparableConv1D", "SeparableConv2D", "DepthwiseConv2D"),
    *("MaxPooling1D", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling1D", "GlobalMaxPooling2D"),
    *("Cropping1D", "Cropping2D", "ZeroPadding1D", "ZeroPadding2D", "UpSampling1D", "UpSampling2D"),
    *("SimpleRNN", "GRU", "LSTM", "Bidirectional"),
)

# Where `check` refuses what Keras runs, by words of its message.
STRICTER = {
    "takes 4 dimensions": "Keras takes three axes for one image without a batch",
    "takes at least 3 dimensions (batch, places, features)": "Keras attends over rows that are places by themselves",
    "is taken of floats": "a penalty of whole numbers has no gradient",
    "does not stretch over": "AlphaDropout gives an output of more axes than Keras says",
    "it cannot compute in": "Keras casts an image to whole numbers, or to texts, and back",
    "is for a matrix": "what is not trained has no penalty",
    "cannot stand in a spec": "glu halves the last axis, and Keras says that it does not",
    "it takes at least 2 dimensions": "Keras takes a batch of single values for one example",
    "and the input (batch": "a list stretches an axis of size 1, and Keras says that it does not",
    "sizes for `": "Keras lets more sizes pass than the result has, and takes the last of them",
    "holds one value alone": "what comes out is constant, or no number",
    "Keras makes no sparse tensor": "HashedCrossing of whole numbers takes no notice of `sparse`",
    "attention_axes": "Keras attends over its heads, or over the examples, where an axis holds no places",
    "its input stays": "some operations of TensorFlow take two float types",
    "dimensions, (batch": "Keras multiplies the batch of a query with an axis of a value, where their sizes are the same",
    "the bands go from": "every band is empty, and what comes out is no number",
    "leaves its activity_regularizer out": "Keras trains without the penalty",
    "features and key": "a key of one feature is stretched over those of the query",
    "output_shape is": "an output of size 0 holds nothing",
    "output_shape holds sizes above 0": "an output of size 0 holds nothing",
    "compares rows with each other": "one row or column alone has no pairs, and the penalty is no number",
    "a variance below 0": "what is drawn may all be above 0",
    "loses the penalty": "Keras trains without the penalty",
    "runs on GPUs": "some processors have kernels for the channels first, and others have not",
    "no sound has such frequencies": "bands above half of the sampling rate are empty",
    "frame_length is a whole number, 3 or more": "a window of two has one value that is not 0",
    "top_db is a number above 0": "nothing but the loudest is left",
    "mag_exp is a number above 0": "silence is infinite",
    "goes with the last axis": "RMSNormalization scales along the last axis, whatever its axis",
    "axis is the last one": "RMSNormalization scales along the last axis, whatever its axis",
}
# Grows from step to step without a bound; no number below 0, which the data decide, and a training stops at.
DEPENDS = re.compile(r"activation: (exponential|log|sqrt|rsqrt|reciprocal)\b")


@pytest.mark.parametrize("kind", sorted(kind for kind in CASES if not KINDS[kind].vanishes and kind != "InputLayer"))
def test_check_and_keras_take_the_same(kind: str) -> None:
    _hold(kind, partial(changed, kind, per_argument=VALUES))


@pytest.mark.parametrize("kind", PAIRED)
def test_check_and_keras_take_the_same_pairs(kind: str) -> None:
    _hold(kind, partial(paired, kind, count=PAIRS))


def _hold(kind: str, cases: Callable[[int], Iterator[tuple[str, Case]]]) -> None:
    """Fails where `check` and Keras differ over the first legal case that is drawn, and over its changes."""
    legal, differing = 0, []
    for index in range(START * DRAWS, (START + 1) * DRAWS):
        for number, (name, case) in enumerate(cases(index)):
            refused = of_check(case)
            if number == 0 and refused:
                break
            legal += number == 0
            failed, finite = of_keras(case)
            if failed is None and not finite and not refused and not DEPENDS.search(text(case)):
                differing.append(f"no finite numbers, with {name or 'this shape'}:\n{text(case)}")
            elif failed is not None and not refused:
                differing.append(f"taken, with {name or 'this shape'}:\n{text(case)}Keras: {str(failed)[:300]}")
            elif failed is None and refused and not any(words in refused[0].message for words in STRICTER):
                differing.append(f"refused, with {name or 'this shape'}:\n{text(case)}{refused[0].message}")
        if legal == BASES:
            break
    assert legal, "no legal case was drawn"
    assert not differing, f"{len(differing)} differ:\n\n" + "\n\n".join(differing[:10])
