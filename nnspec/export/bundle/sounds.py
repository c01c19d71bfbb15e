"""From an app's microphone to labels with scores: code for a bundle, in Kotlin, Swift, C++ and JavaScript.

The channels are mixed, other rates are brought to the network's by the filter of the page of `Web`, and what is too
short is followed by zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.export.bundle.images import CPP_ACTIVATIONS
from nnspec.export.bundle.templates import remark, section, sources

TEMPLATES = ("sounds.kt", "sounds.swift", "sounds.h")
SCRIPTS = ("sounds.js", "decode.js")  # those of the page of `Web`
WORDS = {
    "sounds.kt": "from samples to labels with scores, Kotlin",
    "sounds.swift": "from an AVAudioPCMBuffer to labels with scores, Swift",
    "sounds.h": "from samples to labels with scores, C++",
    "sounds.js": "from samples to what the model takes, JavaScript",
}


def sound_files(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> dict[str, bytes]:
    """The code by name; none where the model does not take one sound of one length and give a value for each class."""
    return sources(TEMPLATES, _values(manifest, preprocessing), SCRIPTS)


def sound_section(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> str:
    """Of the README; empty where there is no such code."""
    return section("sounds", _values(manifest, preprocessing))


def _values(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> dict[str, str] | None:
    inputs, outputs, kinds = manifest["inputs"], manifest["outputs"], preprocessing.get("outputs", {})
    classes = [name for name in outputs if kinds.get(name, {}).get("kind") == "classes"]
    if len(inputs) != 1 or len(classes) != 1:
        return None
    [(name, port)], [output] = inputs.items(), classes
    rule, given = preprocessing.get("inputs", {}).get(name, {}), outputs[output]
    if rule.get("kind") != "sound" or port["dtype"] != "float32" or len(port["shape"]) != 2 or port["shape"][1] is None:
        return None
    if given["dtype"] != "float32" or "scale" in port or "scale" in given or len(given["shape"]) != 2:
        return None
    activation = str(kinds[output]["activation"])
    return {
        "name": remark(str(manifest["name"])),
        "input": name,
        "output": output,
        "rate": str(int(rule["sample_rate"])),
        "samples": str(int(port["shape"][1])),
        "activation": activation,
        "cpp_activation": CPP_ACTIVATIONS.get(activation, "kOther"),
    }
