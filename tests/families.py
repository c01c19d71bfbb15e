"""The zoo's networks by family: a default run of the tests takes one of each, `make proofs` all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

# Another network of the family, built of the same blocks, is tested by default: ResNet-18 and 50, VGG-16, GoogLeNet ...
SIBLINGS = {"alexnet_single", "googlenet_main", "resnet34", "resnet56_cifar10", "resnet101", "resnet152"}
SIBLINGS |= {
    "vgg11",
    "vgg13",
    "vgg19",
    "bilstm_ner_chinese",
    "gru",
    "lstm_text",
    "rnn_motion",
    "stacked_rnn",
    "vgg_faces",
}


def one_of_each(items: Iterable[Any]) -> list[Any]:
    """Names or paths of specs as parameters of a test, siblings marked as proofs."""
    return [
        pytest.param(item, marks=pytest.mark.proof) if getattr(item, "stem", item) in SIBLINGS else item
        for item in items
    ]
