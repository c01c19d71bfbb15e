"""A text continued by a language model, token by token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnspec.backend.signature import keras_run, output_of
from nnspec.data.dataset import Encoder
from nnspec.data.errors import DataError
from nnspec.data.protocol import Goes
from nnspec.frontend.spec import Spec, keras_name
from nnspec.training.compile import PROBABILITIES, last_activation

KNOWN = 2  # from this entry of the vocabulary on are tokens: before are padding and what is unknown


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a text is continued.

    Attributes:
        tokens: how many more.
        temperature: 1 draws as the network says, less keeps to the likely ones, 0 always takes the likeliest.
        seed: of the draws; the same one gives the same text.
    """

    tokens: int = 100
    temperature: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.tokens < 1 or not 0 <= self.temperature <= 100:
            raise DataError("`tokens` is at least 1, `temperature` 0 to 100")


def continued(
    spec: Spec, feature: str, encoder: Encoder, model: Any, texts: Sequence[Any], goes: Goes, how: Sampling
) -> list[dict[str, Any]]:
    """For each text ``input`` and ``text``, what comes after it.

    Args:
        feature: the name of the network's one input.

    Raises:
        DataError: an input that is no text, or has fewer tokens than the network needs.
    """
    vocabulary = encoder.assets.vocabulary
    assert vocabulary is not None
    run, output = keras_run(model), keras_name(spec.graph.outputs[0].name)
    is_probability = last_activation(model, output) in PROBABILITIES
    found = []
    for number, text in enumerate(texts, 1):
        if not isinstance(text, str):
            raise DataError(f"example {number} is a text, not {type(text).__name__}")
        ids = vocabulary.encode(goes.cut(text))
        if len(ids) < (goes.length if goes.last else 1):
            wanted = f"the network sees {goes.length}" if goes.last else "there must be one to begin with"
            raise DataError(f"example {number}: {len(ids)} tokens, and {wanted}")
        start, draw = len(ids), np.random.default_rng([how.seed, number])
        for _ in range(how.tokens):
            seen = ids[-goes.length :]
            # What follows the last token is padding, which no step before it sees.
            batch = np.array([seen + [0] * (goes.length - len(seen))], np.int32)
            values = np.asarray(output_of(run({feature: batch}), output), np.float64)[0]
            ids.append(chosen(values if goes.last else values[len(seen) - 1], is_probability, how.temperature, draw))
        found.append({"input": text, "text": goes.joined([vocabulary.words[one] for one in ids[start:]])})
    return found


def chosen(values: np.ndarray, is_probability: bool, temperature: float, draw: np.random.Generator) -> int:
    """A token by the network's values for each, [vocabulary]; never padding, or what is unknown."""
    scores = np.log(np.maximum(values, 1e-30)) if is_probability else values
    scores = scores[KNOWN:]
    if not np.isfinite(scores).all():
        raise DataError("the network gives no numbers")
    if temperature == 0:
        return int(scores.argmax()) + KNOWN
    powers = np.exp((scores - scores.max()) / temperature)
    return int(draw.choice(len(powers), p=powers / powers.sum())) + KNOWN
