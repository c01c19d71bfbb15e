"""Preprocessing and augmentation of images: no weights, and the shape stays unless a size is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.layers.core import same
from nnspec.layers.fields import FieldRule, pointwise, unknown
from nnspec.layers.geometry import join, split
from nnspec.layers.kind import LayerKind, Mobile, Picture, Refusal
from nnspec.layers.masks import dropped
from nnspec.layers.rule import Call, Facts, Rule, ShapeError
from nnspec.layers.value_types import KEEPING, LARGEST, ON_FLOATS, ON_NUMBERS, POOLED, RECTIFYING, WEIGHED, ValueTypes


def _image(call: Call) -> Facts:
    """A batch of images: Keras would take three axes for one image without a batch."""
    _, channels = split(call, 2)
    wanted = CHANNELS.get(call.kind)
    if wanted and isinstance(channels, int) and channels not in wanted:
        raise ShapeError(f"it takes images of {' or '.join(map(str, wanted))} channels, and gets {channels}")
    for name, (low, high) in LIMITS.get(call.kind, {}).items():
        call.between(name, low, high)
    return same(call)


def _sized(call: Call) -> Facts:
    _, channels = split(call, 2)
    return Facts((call.output(*join(call, (call.size("height"), call.size("width")), channels)),))


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
    types: ValueTypes = ON_NUMBERS,
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
        types=types,
    )


PLACED = Picture(keeps_scale=True)
MOVED = Picture(moves=True, keeps_scale=True)
FOLLOWED = Picture(moves=True, moves_points=True, keeps_scale=True)
MIXED = Picture(mixes=True)
ANY_RANGE = Picture(any_range=True)

WARPED = ValueTypes(own=POOLED)

JITTER = ("brightness_factor", "contrast_factor", "saturation_factor", "hue_factor")

CHANNELS = {
    "AugMix": (1, 3),
    "RandAugment": (1, 3),
    "RandomColorDegeneration": (3,),
    "RandomHue": (3,),
}
SHARE, SIGNED = (0, 1), (-1, 1)
LIMITS: Mapping[str, Mapping[str, tuple[int, int]]] = {  # of the arguments from which a transformation is drawn
    **{
        kind: {"factor": SHARE}
        for kind in ("AugMix", "CutMix", "RandAugment", "RandomContrast", "RandomHue", "RandomInvert")
    },
    **{kind: {"factor": SHARE} for kind in ("RandomSharpness", "RandomGrayscale")},
    **{kind: {"factor": SHARE, "scale": SHARE} for kind in ("RandomElasticTransform", "RandomErasing")},
    "RandomPerspective": {"factor": SHARE, "scale": SHARE},
    "RandomGaussianBlur": {"factor": SHARE, "sigma": SHARE},
    "RandomShear": {"x_factor": SHARE, "y_factor": SHARE},
    "RandomBrightness": {"factor": SIGNED},
    "RandomColorDegeneration": {"factor": SIGNED},
    "RandomSaturation": {"factor": SIGNED},
    "RandomPosterization": {"factor": (1, 8)},
}

IMAGES: dict[str, LayerKind] = {
    "AugMix": _kind(
        "Blends chains of random augmentations with the image itself.",
        _image,
        picture=Picture(moves=True, blends_masks=True),
        types=WEIGHED,
    ),
    "AutoContrast": _kind("Stretches each image's values to the whole range.", _image, draws=False, types=WEIGHED),
    "CenterCrop": _kind("Cuts out the middle of images.", _sized, draws=False, picture=PLACED),
    "ContrastLimitedAdaptiveHistogramEqualization": _kind(
        "Evens out histograms tile by tile, up to a limit.", _image, draws=False, types=KEEPING
    ),
    "CutMix": _kind(
        "Puts a patch of one image into another, and mixes their labels.", _image, picture=MIXED, types=WEIGHED
    ),
    "Equalization": _kind("Evens out the histogram of each channel.", _kept, draws=False, types=WEIGHED),
    "MixUp": _kind("Blends pairs of images and of labels.", _image, picture=MIXED, types=WEIGHED),
    "RandAugment": _kind(
        "Applies a few augmentations, drawn at random, to each image.",
        _image,
        picture=Picture(moves=True),
        types=WEIGHED,
    ),
    "RandomBrightness": _kind("Makes images lighter or darker at random.", _image, pointwise, types=RECTIFYING),
    "RandomColorDegeneration": _kind("Takes a random share of the colour away.", _image, pointwise),
    "RandomColorJitter": _kind(
        "Changes brightness, contrast, saturation and hue at random.", _image, pointwise, draws=JITTER
    ),
    "RandomContrast": _kind("Changes the contrast at random.", _image, pointwise, types=ON_FLOATS),
    "RandomCrop": _kind(
        "Cuts out a random part in training, the middle at inference.",
        _sized,
        pointwise,
        picture=MOVED,
        types=WARPED,
    ),
    "RandomElasticTransform": _kind(
        "Distorts images smoothly, as if on rubber.",
        _image,
        pointwise,
        picture=Picture(moves=True, any_range=True),
        types=WEIGHED,
    ),
    "RandomErasing": _kind("Overwrites a random rectangle.", _image, pointwise, types=WEIGHED),
    "RandomFlip": _kind("Mirrors images at random.", _image, pointwise, picture=FOLLOWED),
    "RandomGaussianBlur": _kind("Blurs images at random.", _image, pointwise, picture=ANY_RANGE, types=WEIGHED),
    "RandomGrayscale": _kind("Turns some images grey.", _kept, pointwise, types=KEEPING),
    "RandomHue": _kind("Shifts the hue at random.", _image, pointwise, picture=ANY_RANGE),
    "RandomInvert": _kind("Inverts the values of some images.", _image, pointwise),
    "RandomPerspective": _kind(
        "Tilts images at random, as if seen from elsewhere.", _image, pointwise, picture=MOVED, types=WEIGHED
    ),
    "RandomPosterization": _kind("Keeps fewer bits of each value.", _image, pointwise),
    "RandomRotation": _kind("Turns images by a random angle.", _image, pointwise, picture=FOLLOWED, types=WARPED),
    "RandomSaturation": _kind("Changes the saturation at random.", _image, pointwise, types=ON_FLOATS),
    "RandomSharpness": _kind(
        "Sharpens or blurs images at random.",
        _image,
        pointwise,
        picture=ANY_RANGE,
        types=WEIGHED,
    ),
    "RandomShear": _kind("Slants images at random.", _image, pointwise, picture=FOLLOWED, types=WEIGHED),
    "RandomTranslation": _kind("Shifts images at random.", _image, pointwise, picture=FOLLOWED, types=WARPED),
    "RandomZoom": _kind("Zooms in or out at random.", _image, pointwise, picture=FOLLOWED, types=WARPED),
    "Resizing": _kind(
        "Resizes images.", _sized, draws=False, mobile=Mobile(refuses=_bicubic), picture=PLACED, types=LARGEST
    ),
    "Solarization": _kind("Inverts the values above a threshold.", _image, types=WEIGHED),
    "MaxNumBoundingBoxes": LayerKind(
        says="Cuts or pads the boxes of each image to one number.",
        no_rule="works on dictionaries of boxes",
        mask=dropped,
        training=True,
    ),
}
