"""What a target's maker is given, and what it needs not find out itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.quantize import Representative


@dataclass(frozen=True, slots=True)
class Samples:
    """Held-out examples: a pass over batches of features, and what the examples of these numbers say, if words."""

    features: Representative
    texts: Callable[[Sequence[int]], list[str]] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A trained model that is to become a target.

    Attributes:
        model: functional, in float32, with named inputs and outputs.
        scratch: an empty folder, in which the artifact is made.
        representative: opens a pass over batches of features by input name; None without data.
        metadata: what an app is told about the model.
        samples: held-out examples, for a target that shows them.
    """

    model: Any
    scratch: Path
    representative: Representative | None
    metadata: ModelMetadata
    samples: Samples | None = None
