"""Preprocessing and augmentation of images: no weights, and the shape stays unless a size is given."""

from __future__ import annotations

from nnspec.layers.core import same
from nnspec.layers.geometry import join, split
from nnspec.layers.rule import Call, Facts, Rule, ShapeError, differ


def _sized(call: Call) -> Facts:
    _, channels = split(call, 2)
    return Facts((call.output(*join(call, (call.size("height"), call.size("width")), channels)),))


def _coloured(call: Call) -> Facts:
    _, channels = split(call, 2)
    if differ(channels, 3):
        raise ShapeError(f"it takes images of 3 channels, red, green and blue, and gets {channels}")
    return same(call)


def _kept(call: Call) -> Facts:
    return Facts((call.kept(call.input, call.input.shape),))


IMAGES: dict[str, Rule] = {
    "Resizing": _sized,
    "CenterCrop": _sized,
    "RandomCrop": _sized,
    "RandomColorDegeneration": _coloured,
    "Equalization": _kept,
    "RandomGrayscale": _kept,
    **dict.fromkeys(
        (
            "AugMix",
            "AutoContrast",
            "ContrastLimitedAdaptiveHistogramEqualization",
            "CutMix",
            "MixUp",
            "RandAugment",
            "RandomBrightness",
            "RandomColorJitter",
            "RandomContrast",
            "RandomElasticTransform",
            "RandomErasing",
            "RandomFlip",
            "RandomGaussianBlur",
            "RandomHue",
            "RandomInvert",
            "RandomPerspective",
            "RandomPosterization",
            "RandomRotation",
            "RandomSaturation",
            "RandomSharpness",
            "RandomShear",
            "RandomTranslation",
            "RandomZoom",
            "Solarization",
        ),
        same,
    ),
}
