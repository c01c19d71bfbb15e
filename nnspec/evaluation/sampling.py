"""A text continued by a language model, token by token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnspec.backend.signature import Run, keras_run, output_of
from nnspec.data.dataset import Encoder
from nnspec.data.errors import DataError
from nnspec.data.protocol import Goes
from nnspec.frontend.spec import Spec, keras_name
from nnspec.training.compile import gives_probabilities

SAME = 1e-4  # of the largest value, by which two answers may differ that are the same
AHEAD = "the network sees the tokens after each step, so what it says of the next one is no forecast"
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
    is_probability = gives_probabilities(spec, model, output)
    if not goes.last and sees_ahead(run, feature, output, goes.length, len(vocabulary)):
        hint = "recurrent layers in one direction, `use_causal_mask` of attention, `padding: causal` of Conv1D"
        raise DataError(AHEAD, hint=hint)
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


def sees_ahead(run: Run, feature: str, output: str, length: int, entries: int) -> bool:
    """Whether what a network says of a step depends on the steps after it, as behind a Bidirectional layer.

    Args:
        length: how many tokens it sees. entries: of the vocabulary.
    """
    draw = np.random.default_rng(0)
    first = draw.integers(min(KNOWN, entries - 1), entries, (8, length))
    second = first.copy()
    second[:, -1] = draw.integers(min(KNOWN, entries - 1), entries, 8)
    if (first == second).all():
        second[:, -1] = first[:, -1] - 1
    one, other = (np.asarray(output_of(run({feature: ids.astype(np.int32)}), output)) for ids in (first, second))
    return length > 1 and bool(np.abs(one[:, :-1] - other[:, :-1]).max() > SAME * max(1.0, float(np.abs(one).max())))


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
