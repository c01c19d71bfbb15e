"""Channels taken out of a trained network: what is gone had no other effect, and what is left is a spec that trains on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from nnspec.api import prune, train
from nnspec.backend.lower import build
from nnspec.cli.main import run
from nnspec.compression.channels import Costs, known_macs, least, scores
from nnspec.compression.factors import Factors, factored
from nnspec.compression.prune import resized, without
from nnspec.frontend.channels import Channels, channels_of
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check, load
from nnspec.frontend.spec import Spec, keras_name
from nnspec.runs.errors import TrainingError

pytestmark = pytest.mark.tf

# A residual sum, a depthwise convolution that doubles channels, branches that are joined, a separable convolution.
NETWORK = """
nnspec: 1
name: net
inputs: {image: [8, 8, 1]}
layers:
  - {Conv2D: {filters: 8, kernel_size: 3, padding: same, use_bias: false}, name: stem}
  - BatchNormalization
  - {ReLU: , name: stream}
  - DepthwiseConv2D: {kernel_size: 3, padding: same, depth_multiplier: 2}
  - {Conv2D: {filters: 8, kernel_size: 1}, name: back}
  - {BatchNormalization: , name: back_norm}
  - {Add: , from: [back_norm, stream]}
  - MaxPooling2D: 2
  - parallel:
      - [{Conv2D: {filters: 4, kernel_size: 1, activation: relu}, name: left}]
      - [{Conv2D: {filters: 8, kernel_size: 3, padding: same}, name: right}]
    merge: Concatenate
  - {SeparableConv2D: {filters: 12, kernel_size: 3}, name: separable}
  - Flatten
  - {Dense: {units: 16, activation: relu}, name: hidden}
  - {Dense: {units: 3, activation: softmax}, name: scores}
data: {source: {Arrays: {path: images.npz}}, split: {validation: 0.2}, batch_size: 16}
train: {epochs: 1, loss: SparseCategoricalCrossentropy, metrics: [accuracy]}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a run, which is the current one."""
    before, place = Path.cwd(), tmp_path_factory.mktemp("pruned")
    os.chdir(place)
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, 80)
    images = draw.normal(size=(80, 8, 8, 1)) + 2 * labels[:, None, None, None]
    np.savez("images.npz", x=images.astype("float32"), y=labels.astype("int32"))
    Path("net.yaml").write_text(NETWORK, encoding="utf-8")
    train(load(Path("net.yaml")), run=Path("run"))
    yield place
    os.chdir(before)


@pytest.fixture
def trained(home: Path) -> Spec:
    return load(Path("net.yaml"))


def test_what_belongs_together_is_found() -> None:
    found = channels_of(load(Source.from_text(NETWORK.split("data:")[0], "net.yaml")))
    assert sorted(map(len, found.sets())) == [4, 8, 8, 12, 16]
    sums = set(found.makers.values())
    assert ("stem", "back") in sums and ("scores",) in sums
    assert len(found.of["separable"]) == 12 and len(set(found.of["flatten"])) == 12
    assert found.of["concatenate"] == found.of["left"] + found.of["right"]
    assert set(found.of["scores"]) <= found.pinned


@pytest.mark.long
def test_layers_that_hold_channels_are_named() -> None:
    text = NETWORK.split("data:")[0].replace("  - Flatten\n", "  - {Reshape: [3, 16], name: rows}\n  - Flatten\n")
    text = text.replace(
        "  - MaxPooling2D: 2\n", "  - MaxPooling2D: 2\n  - {Conv2D: {filters: 8, kernel_size: 1, groups: 2}}\n"
    )
    spec = load(Source.from_text(text, "net.yaml"))
    held = channels_of(spec).held()
    assert {name: layer.name for name, layer in held.items()} == {
        "stem": "conv2d", "back": "conv2d", "separable": "rows"
    }  # fmt: skip
    assert held["stem"].span.line == text[: text.index("groups: 2")].count("\n") + 1
    costs = Costs(spec, channels_of(spec))
    with pytest.raises(TrainingError) as caught:
        least(channels_of(spec), {}, costs, 10)
    assert "such as Conv2D `conv2d`, Reshape `rows`" in str(caught.value)


def test_numbers_of_channels_stay_multiples() -> None:
    """Of 64, 32 and 8 channels; what the steps leave of the target is given back."""
    layers = [f"{{Conv2D: {{filters: {filters}, kernel_size: 1}}}}" for filters in (64, 32, 8)]
    text = f"nnspec: 1\ninputs: {{x: [8, 8, 8]}}\nlayers: [{', '.join(layers)}, Flatten, {{Dense: 2}}]\n"
    spec = load(Source.from_text(text, "net.yaml"))
    channels = channels_of(spec)
    costs = Costs(spec, channels)

    def left(share: float, multiple: int | None = None) -> list[int]:
        gone = least(channels, {}, costs, share * spec.macs, multiple)
        assert costs.left(gone) <= share * spec.macs
        return [len(channels.kept(layer.name, gone)) for layer in spec.graph.layers[:3]]

    for share in (0.9, 0.5, 0.2):
        assert all(number % 8 == 0 for number in left(share)[:2])
    assert all(number % 16 == 0 for number in left(0.5, 16)[:2])
    sets = [one for one in channels.sets() if len(one) > 8]
    gone = least(channels, {}, costs, 0.5 * spec.macs)
    for one in sets:  # no set of eights could have eight more
        back = [channel for channel in one if channel in gone][:8]
        assert not back or costs.left(gone - set(back)) > 0.5 * spec.macs


def read_nothing_of(gone: frozenset[int], spec: Spec, model: keras.Model, channels: Channels) -> None:
    """Makes the weights zero by which layers read some channels."""
    for layer in spec.graph.layers:
        if layer.record.channels == "makes" and layer.shares is None:
            taken = channels.of[layer.inputs[0].layer]
            unread = [place for place, channel in enumerate(taken) if channel in gone]
            built = model.get_layer(keras_name(layer.name))
            name, axis = next(iter(layer.record.sparse.items()))
            weight = getattr(built, name)
            values = np.moveaxis(weight.numpy(), axis, 0)
            values[unread] = 0
            weight.assign(np.moveaxis(values, 0, axis))


SHARED = """
nnspec: 1
inputs: {a: [6, 6, 3], b: [6, 6, 3]}
layers:
  - {Conv2D: {filters: 8, kernel_size: 3}, name: tower, from: a}
  - {PReLU: {shared_axes: [1, 2], alpha_initializer: {RandomNormal: {seed: 1}}}, name: bent}
  - {Conv2D: {filters: 8, kernel_size: 1}, name: next}
  - {reuse: tower, from: b, name: tower_b}
  - {reuse: bent, name: bent_b}
  - {reuse: next, name: next_b}
  - {GlobalAveragePooling2D: , name: mean}
  - {Dense: {units: 8, activation: sigmoid}, name: weights}
  - {Reshape: [1, 1, 8], name: laid_out}
  - {Multiply: , from: [next_b, laid_out], name: weighed}
  - {Add: , from: [next, weighed]}
  - {PReLU: {alpha_initializer: {RandomNormal: {seed: 2}}}}
  - {Reshape: [-1]}
  - {Dense: 3, name: scores}
"""


@pytest.mark.long
def test_layers_that_are_used_again_lose_the_same_channels_in_each_call() -> None:
    """Two towers with slopes of their own, squeeze and excitation, and layouts that say how many channels there are."""
    spec = load(Source.from_text(SHARED, "net.yaml"))
    model, channels = build(spec.graph), channels_of(spec)
    gone = least(channels, scores(spec, model, channels, "norm"), Costs(spec, channels), 0.5 * known_macs(spec))
    smaller = without(spec, model, channels, gone)
    sizes = resized(spec, channels, gone)
    assert sizes["tower"] == sizes["next"] == {"filters": 4} and sizes["laid_out"] == {"target_shape": [1, 1, 4]}
    read_nothing_of(gone, spec, model, channels)
    given = {name: np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype("float32") for name in ("a", "b")}
    np.testing.assert_allclose(smaller(given), model(given), atol=1e-5)


@pytest.mark.long
def test_the_channels_that_are_gone_had_no_other_effect(trained: Spec) -> None:
    """The whole network answers the same once nothing reads what is taken out."""
    model = keras.models.load_model("run/best.keras")
    channels = channels_of(trained)
    costs = Costs(trained, channels)
    gone = least(channels, scores(trained, model, channels, "scale"), costs, 0.5 * trained.macs)
    smaller = without(trained, model, channels, gone)
    read_nothing_of(gone, trained, model, channels)
    images = np.load("images.npz")["x"]
    np.testing.assert_allclose(smaller.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-5)
    assert smaller.get_layer("stem").filters == smaller.get_layer("back").filters == 4


@pytest.mark.long
def test_a_spec_comes_out_that_trains_on(trained: Spec, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    assert (
        run(["prune", "net.yaml", "--run", "run", "--macs", "0.5", "--teacher", "-o", "out/half.yaml", "--json"]) == 0
    )
    said = json.loads(capsys.readouterr().out)
    before, after = said["macs"]
    assert before == trained.macs and 0.3 * before < after <= 0.5 * before
    found = check(Path("out/half.yaml"))
    assert found.ok and found.spec is not None and found.spec.macs == after
    assert found.spec.param_count == said["params"][1]
    again = train(found.spec, run=Path("half"))
    assert np.isfinite(again.metrics["loss"])
    half = keras.models.load_model("out/half_weights.keras")
    assert half.count_params() == said["params"][1]
    assert run(["prune", "net.yaml", "--run", "run", "--macs", "0.5", "-o", "out/half.yaml"]) == 2


def test_what_cannot_be_reached_is_refused(trained: Spec) -> None:
    with pytest.raises(TrainingError, match="are the fewest that are left"):
        prune(trained, 1e-6, run="run")


def test_kernels_become_products_that_are_the_same_at_full_rank(trained: Spec) -> None:
    """The second layer of each is called after the first; outputs, depthwise and separable kernels stay."""
    model = keras.models.load_model("run/best.keras", compile=False)
    factors = Factors(trained, model)
    assert set(factors.parts) == {"stem", "back", "left", "right", "hidden"}
    images = np.load("images.npz")["x"][:9]
    whole = factored(model, factors, {name: len(values) for name, (_, values, _) in factors.parts.items()})
    np.testing.assert_allclose(whole.predict(images, verbose=0), model.predict(images, verbose=0), atol=1e-5)
    assert whole.get_layer("hidden_out").units == 16 and whole.get_layer("right_out").kernel_size == (1, 1)


@pytest.mark.long
def test_what_is_left_as_products_is_a_spec_that_trains_on(trained: Spec) -> None:
    assert run(["prune", "net.yaml", "--run", "run", "--macs", "0.85", "--by", "factors", "-o", "products.yaml"]) == 0
    spec = load(Path("products.yaml"))
    assert spec.macs is not None and trained.macs is not None and spec.macs <= 0.85 * trained.macs
    layers = {layer.name: layer for layer in spec.graph.layers}
    assert layers["hidden_out"].inputs[0].layer == "hidden" and layers["hidden"].args["use_bias"] is False
    assert train("products.yaml").epochs == 1
    with pytest.raises(TrainingError, match="are the fewest that are left"):
        prune("net.yaml", 0.01, run="run", by="factors")
