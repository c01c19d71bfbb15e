"""Preprocessing and augmentation of images: no weights, and the shape stays unless a size is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.layers.core import same
from nnspec.layers.fields import FieldRule, pointwise, unknown
from nnspec.layers.geometry import join, split
from nnspec.layers.kind import LayerKind, Mobile, Picture, Refusal
from nnspec.layers.masks import dropped
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


def _bicubic(args: Mapping[str, Any]) -> Refusal | None:
    if "cubic" not in str(args.get("interpolation")):
        return None
    return Refusal("bicubic resizing has no builtin operation", "interpolation: bilinear")


def _kind(
    says: str,
    rule: Rule,
    field: FieldRule = unknown,
    *,
    draws: bool | tuple[str, ...] = True,
    picture: Picture | None = None,
    mobile: Mobile | None = None,
) -> LayerKind:
    return LayerKind(
        says=says,
        family="preprocessing",
        rule=rule,
        mask=dropped,
        field=field,
        draws=draws,
        training=True,
        picture=picture or Picture(),
        mobile=mobile or Mobile(),
    )


PLACED = Picture(keeps_scale=True)
MOVED = Picture(moves=True, keeps_scale=True)
FOLLOWED = Picture(moves=True, moves_points=True, keeps_scale=True)
MIXED = Picture(mixes=True)
ANY_RANGE = Picture(any_range=True)

JITTER = ("brightness_factor", "contrast_factor", "saturation_factor", "hue_factor")

IMAGES: dict[str, LayerKind] = {
    "AugMix": _kind(
        "Blends chains of random augmentations with the image itself.",
        same,
        picture=Picture(moves=True, blends_masks=True),
    ),
    "AutoContrast": _kind("Stretches each image's values to the whole range.", same, draws=False),
    "CenterCrop": _kind("Cuts out the middle of images.", _sized, draws=False, picture=PLACED),
    "ContrastLimitedAdaptiveHistogramEqualization": _kind(
        "Evens out histograms tile by tile, up to a limit.", same, draws=False
    ),
    "CutMix": _kind("Puts a patch of one image into another, and mixes their labels.", same, picture=MIXED),
    "Equalization": _kind("Evens out the histogram of each channel.", _kept, draws=False),
    "MixUp": _kind("Blends pairs of images and of labels.", same, picture=MIXED),
    "RandAugment": _kind(
        "Applies a few augmentations, drawn at random, to each image.", same, picture=Picture(moves=True)
    ),
    "RandomBrightness": _kind("Makes images lighter or darker at random.", same, pointwise),
    "RandomColorDegeneration": _kind("Takes a random share of the colour away.", _coloured, pointwise),
    "RandomColorJitter": _kind(
        "Changes brightness, contrast, saturation and hue at random.", same, pointwise, draws=JITTER
    ),
    "RandomContrast": _kind("Changes the contrast at random.", same, pointwise),
    "RandomCrop": _kind(
        "Cuts out a random part in training, the middle at inference.", _sized, pointwise, picture=MOVED
    ),
    "RandomElasticTransform": _kind(
        "Distorts images smoothly, as if on rubber.", same, pointwise, picture=Picture(moves=True, any_range=True)
    ),
    "RandomErasing": _kind("Overwrites a random rectangle.", same, pointwise),
    "RandomFlip": _kind("Mirrors images at random.", same, pointwise, picture=FOLLOWED),
    "RandomGaussianBlur": _kind("Blurs images at random.", same, pointwise, picture=ANY_RANGE),
    "RandomGrayscale": _kind("Turns some images grey.", _kept, pointwise),
    "RandomHue": _kind("Shifts the hue at random.", same, pointwise, picture=ANY_RANGE),
    "RandomInvert": _kind("Inverts the values of some images.", same, pointwise),
    "RandomPerspective": _kind("Tilts images at random, as if seen from elsewhere.", same, pointwise, picture=MOVED),
    "RandomPosterization": _kind("Keeps fewer bits of each value.", same, pointwise),
    "RandomRotation": _kind("Turns images by a random angle.", same, pointwise, picture=FOLLOWED),
    "RandomSaturation": _kind("Changes the saturation at random.", same, pointwise),
    "RandomSharpness": _kind("Sharpens or blurs images at random.", same, pointwise, picture=ANY_RANGE),
    "RandomShear": _kind("Slants images at random.", same, pointwise, picture=FOLLOWED),
    "RandomTranslation": _kind("Shifts images at random.", same, pointwise, picture=FOLLOWED),
    "RandomZoom": _kind("Zooms in or out at random.", same, pointwise, picture=FOLLOWED),
    "Resizing": _kind("Resizes images.", _sized, draws=False, mobile=Mobile(refuses=_bicubic), picture=PLACED),
    "Solarization": _kind("Inverts the values above a threshold.", same),
    "MaxNumBoundingBoxes": LayerKind(
        says="Cuts or pads the boxes of each image to one number.",
        no_rule="works on dictionaries of boxes",
        mask=dropped,
        training=True,
    ),
}
