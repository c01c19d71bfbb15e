"""Each argument of each kind, one by one: what `check` takes, Keras builds and TensorFlow trains; what it refuses fails.

A search that draws anew for another number: ``NNSPEC_SEARCH=3 pytest -m proof tests/layers/test_every_argument.py``.
"""

from __future__ import annotations

import os

import pytest
from argument_search import changed, of_check, of_keras, text
from layer_cases import CASES

from nnspec.layers import KINDS

pytestmark = [pytest.mark.tf, pytest.mark.proof]

START = int(os.environ.get("NNSPEC_SEARCH", "0"))
BASES, VALUES, DRAWS = 1, 5, 60  # legal cases of a kind, values of an argument, draws until there are enough cases

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
    "attention_axes": "Keras attends along an axis of its own making where there is no such axis",
    "its input stays": "some operations of TensorFlow take two float types",
    "dimensions, (batch": "Keras multiplies the batch of a query with an axis of a value, where their sizes are the same",
    "the bands go from": "every band is empty, and what comes out is no number",
    "leaves its activity_regularizer out": "Keras trains without the penalty",
    "loses the penalty": "Keras trains without the penalty",
    "goes with the last axis": "RMSNormalization scales along the last axis, whatever its axis",
    "axis is the last one": "RMSNormalization scales along the last axis, whatever its axis",
}


@pytest.mark.parametrize("kind", sorted(kind for kind in CASES if not KINDS[kind].vanishes))
def test_check_and_keras_take_the_same(kind: str) -> None:
    legal, differing = 0, []
    for index in range(START * DRAWS, (START + 1) * DRAWS):
        for number, (name, case) in enumerate(changed(kind, index, VALUES)):
            refused = of_check(case)
            if number == 0 and refused:
                break
            legal += number == 0
            failed, _ = of_keras(case)
            if failed is not None and not refused:
                differing.append(f"taken, with {name or 'this shape'}:\n{text(case)}Keras: {str(failed)[:300]}")
            elif failed is None and refused and not any(words in refused[0].message for words in STRICTER):
                differing.append(f"refused, with {name or 'this shape'}:\n{text(case)}{refused[0].message}")
        if legal == BASES:
            break
    assert legal, "no legal case was drawn"
    assert not differing, f"{len(differing)} differ:\n\n" + "\n\n".join(differing[:10])
