"""From an app's picture to labels with scores: code for a bundle, in five languages, the same to the bit in each.

What Pillow does to a picture that a network is trained on (grey of ITU-R 601, resizing that averages when it shrinks)
is done by the app in its own language, without a library: `images.kt`, `images.swift`, `images.h`, `images.js`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.export.bundle.templates import remark, section, sources

CPP_ACTIVATIONS = {"softmax": "kSoftmax", "sigmoid": "kSigmoid"}
TEMPLATES = ("images.kt", "images.swift", "images.h")
SCRIPTS = ("images.js", "decode.js")  # those of the page of `Web`
WORDS = {
    "images.kt": "from a Bitmap to labels with scores, Kotlin",
    "images.swift": "from a CVPixelBuffer to labels with scores, Swift",
    "images.h": "from the bytes of an image to labels with scores, C++",
    "images.js": "from ImageData to what the model takes, JavaScript",
    "decode.js": "from what the model gives to scores, JavaScript",
}


def image_files(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> dict[str, bytes]:
    """The code by name; none where the model does not take one picture and give a value for each class.

    Nor where it takes or gives whole numbers of a scale: what they mean stands in the manifest.
    """
    return sources(TEMPLATES, _values(manifest, preprocessing), SCRIPTS)


def image_section(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> str:
    """Of the README; empty where there is no such code."""
    return section("images", _values(manifest, preprocessing))


def image_ports(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> tuple[str, str] | None:
    """The input of pictures and the output of classes."""
    inputs, outputs = manifest["inputs"], manifest["outputs"]
    if len(inputs) != 1:
        return None
    [(name, port)] = inputs.items()
    kinds = preprocessing.get("outputs", {})
    classes = [
        one for one in outputs if kinds.get(one, {}).get("kind") == "classes" and len(outputs[one]["shape"]) == 2
    ]
    is_picture = preprocessing.get("inputs", {}).get(name, {}).get("kind") == "image"
    if not is_picture or len(classes) != 1 or "scale" in port or port["dtype"] not in ("float32", "uint8"):
        return None
    given = outputs[classes[0]]
    return (name, classes[0]) if given["dtype"] == "float32" and "scale" not in given else None


def _values(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> dict[str, str] | None:
    found = image_ports(manifest, preprocessing)
    if found is None:
        return None
    name, output = found
    rule, decoded = preprocessing["inputs"][name], preprocessing["outputs"][output]
    height, width = rule["size"]
    grey, dtype = rule["color"] == "grey", manifest["inputs"][name]["dtype"]
    return {
        "name": remark(str(manifest["name"])),
        "input": name,
        "output": output,
        "width": str(width),
        "height": str(height),
        "channels": "1" if grey else "3",
        "colour": "grey" if grey else "red, green and blue",
        "mode": "L" if grey else "RGB",
        "interpolation": rule["interpolation"],
        "resampling": rule["interpolation"].upper(),
        "activation": str(decoded["activation"]),
        "cpp_interpolation": f"k{rule['interpolation'].capitalize()}",
        "cpp_activation": CPP_ACTIVATIONS.get(decoded["activation"], "kOther"),
        "read": "bytes" if dtype == "uint8" else "pixels",
        "dtype": dtype,
        "cpp": "uint8_t" if dtype == "uint8" else "float",
    }
