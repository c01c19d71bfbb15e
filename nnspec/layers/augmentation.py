"""What Keras's augmentation layers do to a picture beyond its colours. Each fact is compared with Keras by a test."""

from __future__ import annotations

# Blend each example with another one of the batch.
MIXES = frozenset({"MixUp", "CutMix"})
# Move pixels to another place, so that what is given by place in the picture has to move along.
MOVES = frozenset(
    {
        "AugMix",
        "RandAugment",
        "RandomCrop",
        "RandomElasticTransform",
        "RandomFlip",
        "RandomPerspective",
        "RandomRotation",
        "RandomShear",
        "RandomTranslation",
        "RandomZoom",
    }
)
# Of those that move pixels: by a map of the plane that can be told, so that points can follow.
MOVES_POINTS = frozenset({"RandomFlip", "RandomRotation", "RandomShear", "RandomTranslation", "RandomZoom"})
# Of those that move pixels: blends several moved copies, so that a mask of whole numbers cannot follow.
BLENDS_MASKS = frozenset({"AugMix"})
# Of those that take a `value_range`: what they do to values within it does not follow from it.
SAME_IN_ANY_RANGE = frozenset({"RandomElasticTransform", "RandomGaussianBlur", "RandomHue", "RandomSharpness"})
