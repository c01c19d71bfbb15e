"""The zoo's convolutional networks against what was published: parameters, multiply-adds, the shape of each stage."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from zoo_specs import ROOT, zoo_spec

from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec

GREY = ("params.classes=10", "params.image_size=28", "params.channels=1")

# All weights, moving averages among them, and where the number stands.
PARAMETERS = {
    "lenet": (61_706, "by hand: 156 + 2,416 + 48,120 + 10,164 + 850"),
    "alexnet": (60_965_224, "Caffe's bvlc_alexnet; the paper says 60 million"),
    "alexnet_single": (61_100_840, "torchvision's alexnet"),
    "vgg11": (132_863_336, "torchvision's vgg11; table 2 of the paper says 133 million"),
    "vgg13": (133_047_848, "torchvision's vgg13; table 2: 133 million"),
    "vgg": (138_357_544, "keras.applications.VGG16; table 2: 138 million"),
    "vgg19": (143_667_240, "keras.applications.VGG19; table 2: 144 million"),
    "nin": (7_595_176, "Caffe's model zoo: a file of 29 MB in float32"),
    "nin_cifar10": (966_986, "Caffe's model zoo: 0.97 million"),
    "googlenet": (13_378_280, "Caffe's bvlc_googlenet as it is trained"),
    "googlenet_main": (6_998_552, "Caffe's bvlc_googlenet as it is deployed"),
    "resnet50": (25_636_712, "keras.applications.ResNet50"),
    "resnet101": (44_707_176, "keras.applications.ResNet101"),
    "resnet152": (60_419_944, "keras.applications.ResNet152"),
}
TRAINED = {
    "resnet18": (11_689_512, "torchvision's resnet18"),
    "resnet34": (21_797_672, "torchvision's resnet34"),
    "resnet20_cifar10": (269_722, "He et al. 2015, table 6: 0.27 million"),
    "resnet56_cifar10": (853_018, "table 6: 0.85 million"),
}
# In thousand millions, to as many digits as are published.
MULTIPLY_ADDS = {
    "alexnet_single": (0.71, "torchvision's documentation, which counts multiply-adds"),
    "vgg11": (7.61, "torchvision"),
    "vgg13": (11.31, "torchvision"),
    "vgg": (15.47, "torchvision"),
    "vgg19": (19.63, "torchvision"),
    "resnet18": (1.8, "He et al. 2015, table 1"),
    "resnet101": (7.6, "table 1"),
    "resnet152": (11.3, "table 1"),
}
# He et al. count in table 1: ResNet-34 and 50 cut to 3.6 and 3.8.
CUT = {"resnet34": 3.6, "resnet50": 3.8}

EVERY = sorted({*PARAMETERS, *TRAINED})


@cache
def spec(name: str, *overrides: str) -> Spec:
    return load(ROOT / f"specs/{name}.yaml", overrides) if overrides else zoo_spec(name)


def shapes(network: Spec, *kinds: str) -> list[tuple[Any, ...]]:
    """What comes out of each layer of these kinds, in order, without the batch."""
    found = [network.facts[layer.name].outputs for layer in network.graph.layers if layer.kind in kinds]
    return [outputs[0].shape[1:] for outputs in found if outputs]


def square(*stages: tuple[int, int]) -> list[tuple[int, int, int]]:
    return [(size, size, maps) for size, maps in stages]


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name: str) -> None:
    published, where = PARAMETERS[name]
    assert spec(name).param_count == published, where


@pytest.mark.parametrize("name", TRAINED)
def test_trained_parameters(name: str) -> None:
    published, where = TRAINED[name]
    assert spec(name).trainable_param_count == published, where


@pytest.mark.parametrize("name", MULTIPLY_ADDS)
def test_multiply_adds(name: str) -> None:
    published, where = MULTIPLY_ADDS[name]
    macs = spec(name).macs
    assert macs is not None
    assert round(macs / 1e9, len(str(published).split(".")[1])) == published, where


@pytest.mark.parametrize("name", CUT)
def test_multiply_adds_that_the_paper_cuts(name: str) -> None:
    macs = spec(name).macs
    assert macs is not None and macs // 10**8 == CUT[name] * 10


@pytest.mark.parametrize("name", EVERY)
def test_the_budget_is_the_network_to_the_last_parameter(name: str) -> None:
    network = spec(name)
    assert network.budget.params == network.param_count
    if name != "lenet":  # whose budget is rounded
        assert network.budget.macs == network.macs


def test_alexnet_by_the_numbers_of_its_paper() -> None:
    """Section 3.5 gives the neurons of layers 2 to 5; section 3.3 the constants of normalization."""
    network = spec("alexnet")
    first, *others = shapes(network, "Conv2D")
    assert first == (55, 55, 96)
    assert [height * width * maps for height, width, maps in others] == [186_624, 64_896, 64_896, 43_264]
    assert shapes(network, "MaxPooling2D") == square((27, 96), (13, 256), (6, 256))
    groups = [layer.args.get("groups", 1) for layer in network.graph.layers if layer.kind == "Conv2D"]
    assert groups == [1, 2, 1, 2, 2]
    order = [layer.kind for layer in network.graph.layers][1:7]
    assert order == ["Conv2D", "LocalResponseNormalization", "MaxPooling2D"] * 2


def test_alexnet_single_has_the_stages_of_alexnet() -> None:
    network = spec("alexnet_single")
    assert shapes(network, "Conv2D") == square((55, 64), (27, 192), (13, 384), (13, 256), (13, 256))
    assert shapes(network, "MaxPooling2D") == square((27, 64), (13, 192), (6, 256))


@pytest.mark.parametrize(
    ("name", "convs"), [("vgg11", 8), ("vgg13", 10), ("vgg", 13), ("vgg19", 16)], ids=["A", "B", "D", "E"]
)
def test_vgg_by_its_table_1(name: str, convs: int) -> None:
    network = spec(name)
    assert len(shapes(network, "Conv2D")) == convs
    assert shapes(network, "MaxPooling2D") == square((112, 64), (56, 128), (28, 256), (14, 512), (7, 512))
    assert shapes(network, "Dense") == [(4096,), (4096,), (1000,)]


def test_nin_stages() -> None:
    """As Caffe sizes them: 224 pixels cropped, pooling rounded up."""
    assert shapes(spec("nin"), "MaxPooling2D") == square((27, 96), (13, 256), (6, 384))
    assert shapes(spec("nin"), "Conv2D")[-1] == (6, 6, 1000)
    cifar = spec("nin_cifar10")
    assert shapes(cifar, "Conv2D")[2::3] == square((32, 96), (16, 192), (8, 10))
    assert shapes(cifar, "MaxPooling2D", "AveragePooling2D") == square((16, 96), (8, 192))


# Szegedy et al. 2014, table 1: size and number of the maps that come out, multiply-adds in millions.
INCEPTION = {
    "3a": (28, 256, 128),
    "3b": (28, 480, 304),
    "4a": (14, 512, 73),
    "4b": (14, 512, 88),
    "4c": (14, 512, 100),
    "4d": (14, 528, 119),
    "4e": (14, 832, 170),
    "5a": (7, 832, 51),  # the table says 54, which the filters of its own row do not make
    "5b": (7, 1024, 71),
}


@pytest.mark.parametrize("row", INCEPTION)
def test_googlenet_by_its_table_1(row: str) -> None:
    network = spec("googlenet")
    size, maps, millions = INCEPTION[row]
    layers = [layer for layer in network.graph.layers if layer.name.startswith(f"inception_{row}/")]
    outputs = network.facts[layers[-1].name].outputs
    assert outputs and outputs[0].shape[1:] == (size, size, maps)
    assert sum(network.facts[layer.name].macs or 0 for layer in layers) / 1e6 == pytest.approx(millions, abs=1)


def test_googlenet_has_1_5_thousand_million_multiply_adds_as_its_paper_counts() -> None:
    """Table 1 has 34 million for the first convolution, whose 112 x 112 places with 7 x 7 x 3 x 64 weights make 118."""
    network = spec("googlenet_main")
    first = network.facts["conv/conv2d"].macs
    assert network.macs is not None and first == 112 * 112 * 7 * 7 * 3 * 64
    assert round((network.macs - first) / 1e9 + 0.034, 2) == 1.5


def test_googlenet_outputs() -> None:
    network = spec("googlenet")
    assert [output.name for output in network.graph.outputs] == ["main", "auxiliary1", "auxiliary2"]
    assert network.train is not None
    assert network.train.loss_weights == {"main": 1.0, "auxiliary1": 0.3, "auxiliary2": 0.3}
    assert shapes(network, "MaxPooling2D")[:2] == square((56, 64), (28, 192))
    assert shapes(network, "AveragePooling2D") == square((4, 512), (4, 528))  # section 5 on the classifiers
    assert [output.name for output in spec("googlenet_main").graph.outputs] == ["main"]


# He et al. 2015, table 1: blocks of each stage.
RESNETS: Mapping[str, tuple[list[int], int]] = {
    "resnet18": ([2, 2, 2, 2], 1),
    "resnet34": ([3, 4, 6, 3], 1),
    "resnet50": ([3, 4, 6, 3], 4),
    "resnet101": ([3, 4, 23, 3], 4),
    "resnet152": ([3, 8, 36, 3], 4),
}


@pytest.mark.parametrize("name", RESNETS)
def test_resnet_by_its_table_1(name: str) -> None:
    depths, wider = RESNETS[name]
    network = spec(name)
    stages = [(56, 64 * wider), (28, 128 * wider), (14, 256 * wider), (7, 512 * wider)]
    wanted = [stage for stage, depth in zip(square(*stages), depths, strict=True) for _ in range(depth)]
    assert shapes(network, "Add") == wanted
    assert shapes(network, "Conv2D")[0] == (112, 112, 64)
    assert shapes(network, "MaxPooling2D") == [(56, 56, 64)]


@pytest.mark.parametrize(("name", "n"), [("resnet20_cifar10", 3), ("resnet56_cifar10", 9)])
def test_resnet_for_cifar10_by_section_4_2(name: str, n: int) -> None:
    """6 n + 2 layers with weights; 2 n of them on maps of 32, 16 and 8, and shortcuts without weights."""
    network = spec(name)
    assert shapes(network, "Add") == [shape for shape in square((32, 16), (16, 32), (8, 64)) for _ in range(n)]
    assert len(shapes(network, "Conv2D", "Dense")) == 6 * n + 2


SMALL = {
    "lenet": (),
    "vgg": (*GREY, "params.convs=[2, 2, 2]", "params.width=16", "params.hidden=256"),
    "vgg11": (*GREY, "params.convs=[1, 1, 2]", "params.width=16", "params.hidden=256"),
    "nin_cifar10": (*GREY, "params.width=64"),
    "googlenet": (*GREY, "params.small_images=true", "params.width=0.125"),
    "googlenet_main": (*GREY, "params.small_images=true", "params.width=0.125"),
    "resnet18": (*GREY, "params.small_images=true", "params.width=16", "params.depths=[1, 1, 1]"),
    "resnet34": (*GREY, "params.small_images=true", "params.width=16"),
    "resnet20_cifar10": (*GREY, "params.n=2"),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_form_by_set_alone(name: str) -> None:
    """28 x 28 grey pixels and ten classes, within 60 million multiply-adds; the last maps still have a width."""
    network = spec(name, *SMALL[name])
    macs = network.macs
    assert macs is not None and macs < 60e6
    assert network.graph.inputs[0].shape == (28, 28, 1)
    maps = shapes(network, "Conv2D")
    assert min(shape[0] for shape in maps) >= 4 and maps[-1][:2] >= (4, 4)


def test_googlenet_at_28_has_the_maps_of_its_paper() -> None:
    network = spec("googlenet", *SMALL["googlenet"])
    sizes = [shape[0] for shape in shapes(network, "Concatenate")]
    assert sizes == [28, 28, 14, 14, 14, 14, 14, 7, 7]
