"""The networks of `keras.applications` as those of specs."""

from __future__ import annotations

import json
from typing import Any


def pretrained(name: str, shape: tuple[int | None, ...], **arguments: Any) -> Any:
    """The network that the spec of such an application compiles to, with weights of ImageNet.

    What `nnspec import` makes of it: of its own layers some are no public kinds.

    Raises:
        NoWeights: as `nnspec.backend.pretrained.application`.
    """
    from nnspec.backend.lower import build
    from nnspec.backend.pretrained import application
    from nnspec.importing.imported import import_config
    from nnspec.importing.weights import carry_weights

    original = application(name, shape, "imagenet", **arguments)
    found = import_config(json.loads(original.to_json()), names="all")
    model = build(found.spec.graph)
    carry_weights(original, model, found.origins)
    return model
