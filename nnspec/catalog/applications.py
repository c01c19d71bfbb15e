"""The networks of `keras.applications`, which Keras has weights for that were learned on ImageNet."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.quick_classes import dataclass


@dataclass(frozen=True, slots=True)
class Application:
    """
    Attributes:
        module: of `keras.applications`, where its `preprocess_input` is.
        least: the fewest pixels of a side that it takes without its own head.
        alphas: the widths that there are weights for; none: it has one width.
    """

    module: str
    least: int = 32
    alphas: tuple[float, ...] = ()


APPLICATIONS: Mapping[str, Application] = {
    **{f"ConvNeXt{size}": Application("convnext") for size in ("Tiny", "Small", "Base", "Large", "XLarge")},
    **{f"DenseNet{depth}": Application("densenet") for depth in (121, 169, 201)},
    **{f"EfficientNetB{size}": Application("efficientnet") for size in range(8)},
    **{f"EfficientNetV2{size}": Application("efficientnet_v2") for size in ("B0", "B1", "B2", "B3", "S", "M", "L")},
    "InceptionResNetV2": Application("inception_resnet_v2", 75),
    "InceptionV3": Application("inception_v3", 75),
    "MobileNet": Application("mobilenet", alphas=(0.25, 0.5, 0.75, 1.0)),
    "MobileNetV2": Application("mobilenet_v2", alphas=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4)),
    "MobileNetV3Large": Application("mobilenet_v3", alphas=(0.75, 1.0)),
    "MobileNetV3Small": Application("mobilenet_v3", alphas=(0.75, 1.0)),
    "NASNetLarge": Application("nasnet"),
    "NASNetMobile": Application("nasnet"),
    **{f"ResNet{depth}": Application("resnet") for depth in (50, 101, 152)},
    **{f"ResNet{depth}V2": Application("resnet_v2") for depth in (50, 101, 152)},
    "VGG16": Application("vgg16"),
    "VGG19": Application("vgg19"),
    "Xception": Application("xception", 71),
}
