"""Files of other tools that are YAML or JSON, too, told by their keys: what they are, and what does the same here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OF_DATA = "`nnspec new FILE.yaml --data PATH` writes a spec for data"
_IMPORT = "`nnspec import MODEL.keras -o FILE.yaml` writes the spec of a saved model"
# By keys that stand at the top, one set of them together.
_TOOLS: Mapping[str, tuple[str, ...]] = {
    f"it looks like the data.yaml of YOLO; boxes are not read, and for folders of images by class {_OF_DATA}": (
        "path train names",
        "train val nc",
        "train val names",
    ),
    f"it looks like a detector of YOLO, whose boxes are not read; for whole images {_OF_DATA}": ("nc backbone head",),
    f"it looks like the arguments of a training by YOLO; in a spec the network stands beside them: {_OF_DATA}": (
        "task mode model",
        "task mode data",
    ),
    f"it looks like the config.json of Hugging Face, which names no layers; {_OF_DATA}": (
        "architectures model_type",
        "model_type hidden_size",
        "architectures hidden_size",
    ),
    f"it looks like a config of Ludwig; of a table {_OF_DATA}": ("input_features output_features",),
    f"it looks like a config of Detectron2, whose boxes are not read; for whole images {_OF_DATA}": ("MODEL SOLVER",),
    f"it looks like a config of Lightning, whose network is Python; {_OF_DATA}": (
        "trainer model",
        "trainer data",
        "seed_everything trainer",
    ),
    "it looks like a config of spaCy; `nnspec new tagging FILE.yaml` begins a tagger": (
        "nlp components",
        "nlp training",
    ),
    f"it looks like a network in the JSON of Keras; {_IMPORT}": ("class_name config",),
    "it looks like a sweep of W&B; `nnspec sweep SPEC --over 'PATH=[VALUE, VALUE]'` tries several": (
        "method parameters",
        "program parameters",
    ),
    f"it looks like an experiment of TAO; {_OF_DATA}": (
        "dataset_config training_config",
        "model_config training_config",
    ),
    "it looks like what Hydra composes; here `extends: FILE` builds on another file": ("defaults hydra",),
}


def of_another_tool(given: Mapping[str, Any]) -> str | None:
    """What a file is that is no spec; None where it may be one, or nothing tells."""
    if "layers" in given or "nnspec" in given:
        return None
    found = (says for says, sets in _TOOLS.items() if any({*one.split()} <= {*given} for one in sets))
    return next(found, None)
