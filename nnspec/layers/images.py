"""Preprocessing and augmentation of images: no weights, and the shape stays unless a size is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from nnspec.layers import operations
from nnspec.layers.core import kept, same
from nnspec.layers.fields import FieldRule, pointwise, unknown
from nnspec.layers.geometry import join, split
from nnspec.layers.kind import LayerKind, Mobile, Picture, Refusal
from nnspec.layers.masks import dropped
from nnspec.layers.operations import OperationsOf
from nnspec.layers.rounding import IN_FLOAT, SAME, RoundingOf, resizing
from nnspec.layers.rule import FLOATS, Call, Facts, Rule, ShapeError, show
from nnspec.layers.types import is_number
from nnspec.layers.value_types import KEEPING, LARGEST, ON_FLOATS, ON_NUMBERS, POOLED, RECTIFYING, WEIGHED, ValueTypes
from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number is drawn from: one number, or a pair of them, the smallest and the largest.

    Attributes:
        both: both numbers of a pair lie within; else it is enough that some number between them does.
        pair: whether there may be a pair.
        above: the lower bound itself is outside.
        whole: they are whole numbers.
    """

    low: int
    high: int
    both: bool = False
    pair: bool = True
    above: bool = False
    whole: bool = False

    def check(self, call: Call, name: str) -> None:
        """Refuses a value of the argument ``name`` that lies outside."""
        value = call.get(name)
        if value is None:
            return
        number = "a whole number" if self.whole else "a number"
        lowest = f"above {self.low}, up to {self.high}" if self.above else f"from {self.low} to {self.high}"
        if not isinstance(value, list | tuple):
            if not is_number(value) or not self._within(value):
                raise ShapeError(f"{name} is {number} {lowest}, not {value!r}", argument=name)
            return
        if not self.pair:
            raise ShapeError(f"{name} is one number {lowest}, not a list", argument=name)
        if len(value) != 2 or not all(map(is_number, value)):
            raise ShapeError(f"{name} is a number or two, the smallest and the largest, not {value!r}", argument=name)
        outside = not all(map(self._within, value)) if self.both else value[0] > self.high or value[1] < self.low
        if outside or not all(map(self._counts, value)):
            raise ShapeError(f"{name} is {number} {lowest}, or two, not {value!r}", argument=name)

    def _within(self, value: float) -> bool:
        return self.low <= value <= self.high and not (self.above and value == self.low) and self._counts(value)

    def _counts(self, value: float) -> bool:
        return not self.whole or isinstance(value, int)


def _image(call: Call) -> Facts:
    """A batch of images: Keras would take three axes for one image without a batch."""
    _, channels = split(call, 2)
    wanted = CHANNELS.get(call.kind)
    if any(call.get(name) is not None for name in ("hue_factor", "saturation_factor")):
        wanted = (3,)
    if call.kind in COUNTED and not isinstance(channels, int):
        raise ShapeError(f"it needs a known number of channels, and `{channels}` varies")
    if wanted and isinstance(channels, int) and channels not in wanted:
        raise ShapeError(f"it takes images of {' or '.join(map(str, wanted))} channels, and gets {channels}")
    return same(call)


def _within_bounds(call: Call, rule: Rule) -> Facts:
    """What a rule finds, of arguments that lie where they have to. A `factor` of no use is looked at by Keras, too."""
    for name, bounds in {"factor": SIGNED, **LIMITS.get(call.kind, {})}.items():
        bounds.check(call, name)
    values = call.get("value_range")
    if isinstance(values, list | tuple) and len(values) == 2 and values[0] == values[1]:
        raise ShapeError(f"value_range {list(values)} holds one value alone", argument="value_range")
    return rule(call)


def _grey(call: Call) -> Facts:
    _image(call)
    return kept(call)


def _of_known_size(call: Call) -> Facts:
    _known_size(call)
    return _image(call)


def _known_size(call: Call) -> None:
    spatial, _ = split(call, 2)
    for axis, size in zip(("height", "width"), spatial, strict=True):
        if not isinstance(size, int):
            hint = "Resizing before it makes one size of all"
            raise ShapeError(f"it needs a known {axis}, and `{size}` varies", hint)


def _resized(call: Call) -> Facts:
    if call.flag("crop_to_aspect_ratio") and call.flag("pad_to_aspect_ratio"):
        raise ShapeError("it crops to the aspect ratio or pads to it, not both", argument="pad_to_aspect_ratio")
    if call.get("fill_mode") not in (None, "constant"):
        hint = "fill_mode: constant, with a fill_value"
        raise ShapeError(f"Keras's Resizing cannot fill by {call.get('fill_mode')}", hint, "fill_mode")
    return _sized(call)


def _cropped(call: Call) -> Facts:
    """Keras crops, or resizes, in training alone: of another size what follows would meet two shapes."""
    spatial, _ = split(call, 2)
    _known_size(call)
    wanted = (call.size("height"), call.size("width"))
    if spatial != wanted and call.options.get("training") is not True:
        message = (
            f"it makes {show(wanted)} of {show(spatial)} in training alone: Keras hands images on as they are else"
        )
        hint = "`CenterCrop` or `Resizing` makes one size of all; `call: {training: true}` crops at inference, too"
        raise ShapeError(message, hint, "height")
    return _sized(call)


def _blurred(call: Call) -> Facts:
    sizes = call.sizes("kernel_size", 2)
    if not all(size % 2 for size in sizes):
        raise ShapeError(f"kernel_size is odd, not {call.get('kernel_size')!r}", argument="kernel_size")
    return _image(call)


def _tiled(call: Call) -> Facts:
    """What lacks to whole tiles is mirrored, so that there is no more of it than of the image."""
    facts = _of_known_size(call)
    spatial, _ = split(call, 2)
    for axis, size, tiles in zip(("height", "width"), spatial, call.sizes("tile_grid_size", 2), strict=True):
        if isinstance(size, int) and -(-size // tiles) * tiles - size > size:
            raise ShapeError(f"{tiles} tiles do not fit an image of {axis} {size}", argument="tile_grid_size")
    return facts


def _sized(call: Call) -> Facts:
    _, channels = split(call, 2)
    return Facts((call.output(*join(call, (call.size("height"), call.size("width")), channels)),))


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
    vanishes: bool = False,
    becomes: OperationsOf | None = None,
    rounding: RoundingOf | None = None,
) -> LayerKind:
    return LayerKind(
        says=says,
        family="preprocessing",
        rule=partial(_within_bounds, rule=rule),
        mask=dropped,
        field=field,
        draws=draws,
        training=True,
        picture=picture or Picture(),
        mobile=mobile or Mobile(),
        types=types,
        vanishes=vanishes,
        operations=operations.always() if draws is True else becomes,
        rounding=rounding or (SAME if draws is True else IN_FLOAT),
    )


PLACED = Picture(keeps_scale=True)
MOVED = Picture(moves=True, keeps_scale=True)
FOLLOWED = Picture(moves=True, moves_points=True, keeps_scale=True)
MIXED = Picture(mixes=True)
PASTED = Picture(mixes=True, pastes=True)
ANY_RANGE = Picture(any_range=True)

WARPED = ValueTypes(own=POOLED)
NO_HALF, FULL = (replace(WEIGHED, own=FLOATS - less) for less in ({"float16"}, {"float16", "bfloat16"}))

JITTER = ("brightness_factor", "contrast_factor", "saturation_factor", "hue_factor")

CHANNELS = {
    "AugMix": (1, 3),
    "RandAugment": (1, 3),
    "RandomColorDegeneration": (3,),
    "RandomGrayscale": (1, 3),
    "RandomHue": (3,),
    "RandomSaturation": (3,),
}
COUNTED = frozenset({"RandomColorDegeneration", "RandomElasticTransform", "RandomGrayscale"})  # channel by channel
SHARE, SIGNED = Bounds(0, 1), Bounds(-1, 1)
SHARES, SHIFT, ZOOM = replace(SHARE, both=True), replace(SIGNED, both=True), replace(SIGNED, both=True, above=True)
LIMITS: Mapping[str, Mapping[str, Bounds]] = {  # of the arguments from which a transformation is drawn
    "AugMix": {"factor": replace(SHARE, both=True)},
    "RandAugment": {"factor": SHARES},
    **{
        kind: {"factor": SHARE} for kind in ("CutMix", "RandomContrast", "RandomHue", "RandomInvert", "RandomSharpness")
    },
    **{kind: {"factor": SHARE, "scale": SHARE} for kind in ("RandomElasticTransform", "RandomErasing")},
    "RandomPerspective": {"factor": SHARE, "scale": replace(SHARE, pair=False)},
    **{
        kind: {"factor": SIGNED}
        for kind in ("RandomBrightness", "RandomColorDegeneration", "RandomRotation", "RandomSaturation")
    },
    "RandomColorJitter": {
        "brightness_factor": SIGNED,
        "contrast_factor": SHARE,
        "saturation_factor": SIGNED,
        "hue_factor": SHARE,
    },
    "RandomGaussianBlur": {"factor": SHARE, "sigma": SHARE},
    "RandomGrayscale": {"factor": replace(SHARE, pair=False)},
    "RandomPosterization": {"factor": Bounds(1, 8, whole=True)},
    "RandomSharpness": {"factor": SHARE},
    "RandomShear": {"x_factor": SHARES, "y_factor": SHARES},
    "RandomTranslation": {"height_factor": SHIFT, "width_factor": SHIFT},
    "RandomZoom": {"height_factor": ZOOM, "width_factor": ZOOM},
    "Solarization": {"addition_factor": SHARES, "threshold_factor": SHARES},
}

IMAGES: dict[str, LayerKind] = {
    "AugMix": _kind(
        "Blends chains of random augmentations with the image itself.",
        _image,
        picture=Picture(moves=True, blends_masks=True),
        types=WEIGHED,
    ),
    "AutoContrast": _kind("Stretches each image's values to the whole range.", _image, draws=False, types=WEIGHED),
    "CenterCrop": _kind(
        "Cuts out the middle of images.", _sized, draws=False, picture=PLACED, becomes=operations.centred
    ),
    "ContrastLimitedAdaptiveHistogramEqualization": _kind(
        "Evens out histograms tile by tile, up to a limit.", _tiled, draws=False, types=KEEPING
    ),
    "CutMix": _kind(
        "Puts a patch of one image into another, and mixes their labels.", _of_known_size, picture=PASTED, types=FULL
    ),
    "Equalization": _kind("Evens out the histogram of each channel.", kept, draws=False, types=WEIGHED, vanishes=True),
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
        "Cuts out a random part in training; images of its size it leaves as they are.",
        _cropped,
        pointwise,
        picture=MOVED,
        types=WARPED,
    ),
    "RandomElasticTransform": _kind(
        "Distorts images smoothly, as if on rubber.",
        _of_known_size,
        pointwise,
        picture=Picture(moves=True, any_range=True),
        types=NO_HALF,
    ),
    "RandomErasing": _kind("Overwrites a random rectangle.", _of_known_size, pointwise, types=NO_HALF),
    "RandomFlip": _kind("Mirrors images at random.", _image, pointwise, picture=FOLLOWED),
    "RandomGaussianBlur": _kind("Blurs images at random.", _blurred, pointwise, picture=ANY_RANGE, types=NO_HALF),
    "RandomGrayscale": _kind("Turns some images grey.", _grey, pointwise, types=KEEPING),
    "RandomHue": _kind("Shifts the hue at random.", _image, pointwise, picture=ANY_RANGE),
    "RandomInvert": _kind("Inverts the values of some images.", _image, pointwise),
    "RandomPerspective": _kind(
        "Tilts images at random, as if seen from elsewhere.", _of_known_size, pointwise, picture=MOVED, types=WEIGHED
    ),
    "RandomPosterization": _kind("Keeps fewer bits of each value.", _image, pointwise),
    "RandomRotation": _kind("Turns images by a random angle.", _image, pointwise, picture=FOLLOWED, types=WARPED),
    "RandomSaturation": _kind("Changes the saturation at random.", _image, pointwise, types=ON_FLOATS),
    "RandomSharpness": _kind(
        "Sharpens or blurs images at random.", _image, pointwise, picture=ANY_RANGE, types=WEIGHED
    ),
    "RandomShear": _kind("Slants images at random.", _image, pointwise, picture=FOLLOWED, types=WEIGHED),
    "RandomTranslation": _kind("Shifts images at random.", _image, pointwise, picture=FOLLOWED, types=WARPED),
    "RandomZoom": _kind("Zooms in or out at random.", _image, pointwise, picture=FOLLOWED, types=WARPED),
    "Resizing": _kind(
        "Resizes images.",
        _resized,
        draws=False,
        mobile=Mobile(refuses=_bicubic),
        picture=PLACED,
        types=LARGEST,
        becomes=operations.resized,
        rounding=resizing,
    ),
    "Solarization": _kind("Inverts the values above a threshold.", _image, types=WEIGHED),
    "MaxNumBoundingBoxes": LayerKind(
        says="Cuts or pads the boxes of each image to one number.",
        no_rule="works on dictionaries of boxes",
        mask=dropped,
        training=True,
    ),
}
