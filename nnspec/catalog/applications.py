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
        sizes: the pixels of a side that it takes with it; none: any from the least on.
        alphas: the widths that there are weights for; none: it has one width.
    """

    module: str
    least: int = 32
    sizes: tuple[int, ...] = (224,)
    alphas: tuple[float, ...] = ()


def _sized(name: str, module: str, sizes: Mapping[str, int]) -> dict[str, Application]:
    return {f"{name}{one}": Application(module, sizes=(size,)) for one, size in sizes.items()}


NET = {"B0": 224, "B1": 240, "B2": 260, "B3": 300, "B4": 380, "B5": 456, "B6": 528, "B7": 600}
NET_V2 = {"B0": 224, "B1": 240, "B2": 260, "B3": 300, "S": 384, "M": 480, "L": 480}


APPLICATIONS: Mapping[str, Application] = {
    **{f"ConvNeXt{size}": Application("convnext") for size in ("Tiny", "Small", "Base", "Large", "XLarge")},
    **{f"DenseNet{depth}": Application("densenet") for depth in (121, 169, 201)},
    **_sized("EfficientNet", "efficientnet", NET),
    **_sized("EfficientNetV2", "efficientnet_v2", NET_V2),
    "InceptionResNetV2": Application("inception_resnet_v2", 75, (299,)),
    "InceptionV3": Application("inception_v3", 75, (299,)),
    "MobileNet": Application("mobilenet", sizes=(128, 160, 192, 224), alphas=(0.25, 0.5, 0.75, 1.0)),
    "MobileNetV2": Application("mobilenet_v2", sizes=(96, 128, 160, 192, 224), alphas=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4)),
    "MobileNetV3Large": Application("mobilenet_v3", sizes=(), alphas=(0.75, 1.0)),
    "MobileNetV3Small": Application("mobilenet_v3", sizes=(), alphas=(0.75, 1.0)),
    "NASNetLarge": Application("nasnet", sizes=(331,)),
    "NASNetMobile": Application("nasnet"),
    **{f"ResNet{depth}": Application("resnet") for depth in (50, 101, 152)},
    **{f"ResNet{depth}V2": Application("resnet_v2") for depth in (50, 101, 152)},
    "VGG16": Application("vgg16"),
    "VGG19": Application("vgg19"),
    "Xception": Application("xception", 71, (299,)),
}
