"""`initial_weights: {application: ...}`: weights that Keras has by name, out of a folder, a mirror, or nowhere."""

from __future__ import annotations

import functools
import http.server
import inspect
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras.src.utils import file_utils

import nnspec
from nnspec.backend.keras_internals.downloads import kept_in
from nnspec.backend.pretrained import NoWeights, application, fetched
from nnspec.catalog.applications import APPLICATIONS
from nnspec.frontend.diagnostics import SpecError
from nnspec.frontend.pipeline import check
from nnspec.importing.applications import pretrained
from nnspec.starting.transfer import transfer_spec
from nnspec.training.initial_weights import open_initial_weights

pytestmark = pytest.mark.tf

FILE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5"
SHAPE = (96, 96, 3)
SPEC = "nnspec: 1\ninputs: {x: [96, 96, 3]}\nlayers: [Flatten, {Dense: 1}]\ntrain: {loss: MeanSquaredError, initial_weights: {application: MobileNetV2, alpha: 0.35}}\n"  # fmt: skip


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of that name, whose weights are drawn."""
    folder = tmp_path_factory.mktemp("weights")
    model = application("MobileNetV2", SHAPE, None, alpha=0.35)
    draw = np.random.default_rng(0)
    model.set_weights([draw.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])
    model.save(folder / FILE)
    return folder


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Keras keeps files: not where the user has his."""
    (tmp_path / "home").mkdir()
    real = keras.utils.get_file
    monkeypatch.setattr(keras.utils, "get_file", functools.partial(real, cache_dir=tmp_path / "home"))
    return tmp_path / "home" / "models"


@pytest.fixture
def mirror(weights: Path) -> Iterator[str]:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(weights))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_every_network_of_keras_is_known_with_its_module() -> None:
    theirs = {name: value for name, value in vars(keras.applications).items() if inspect.isfunction(value)}
    assert set(theirs) == set(APPLICATIONS)
    for name, one in APPLICATIONS.items():
        module = getattr(keras.applications, one.module)
        assert getattr(module, name, theirs[name]) is theirs[name] and callable(module.preprocess_input)
        assert theirs[name].__module__.endswith(f".{one.module}")
        assert bool(one.alphas) == ("alpha" in inspect.signature(theirs[name]).parameters)


class Asked(Exception):
    """What Keras asks of an image's shape, told before the network is made."""


def test_images_are_those_that_keras_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    def obtain(given: Any, **said: Any) -> Any:
        raise Asked(said["min_size"], said["default_size"])

    monkeypatch.setattr("keras.src.applications.imagenet_utils.obtain_input_shape", obtain)
    for name, one in APPLICATIONS.items():
        for size in one.sizes:  # MobileNetV3 asks for nothing but 32
            with pytest.raises(Asked) as asked:
                getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3))
            assert asked.value.args == (one.least, size), name


def test_a_small_image_gets_the_weights_of_larger_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("nnspec.importing.applications.pretrained", lambda name, shape, **more: seen.append(shape))
    (tmp_path / "net.yaml").write_text(SPEC.replace("96, 96, 3", "28, 40, 1"), encoding="utf-8")
    open_initial_weights(nnspec.load(tmp_path / "net.yaml").spec)
    assert seen == [(32, 40, 3)]


@pytest.mark.long
def test_the_weights_of_a_folder_come_under_the_names_of_the_spec(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSPEC_WEIGHTS", str(weights))
    keras.layers.Conv2D(1, 1)  # from which Keras counts on
    model = pretrained("MobileNetV2", SHAPE, alpha=0.35)
    original = application("MobileNetV2", SHAPE, None, alpha=0.35)
    original.load_weights(weights / FILE)
    assert {layer.name for layer in model.layers if layer.weights} == {
        layer.name for layer in original.layers if layer.weights
    }
    x = np.random.default_rng(1).uniform(0, 1, (1, *SHAPE)).astype("float32")
    assert np.array_equal(model(x), original(x))


def test_a_mirror_is_asked_once(mirror: str, kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("NNSPEC_WEIGHTS", mirror)
    given = {"fname": FILE, "origin": "https://nowhere.invalid/" + FILE, "cache_subdir": "models"}
    assert Path(fetched(**given)) == kept / FILE and (kept / FILE).stat().st_size > 100_000
    said = capsys.readouterr()
    assert said.out == "" and mirror in said.err  # what Keras shows of its progress is no answer
    monkeypatch.setenv("NNSPEC_WEIGHTS", "http://127.0.0.1:1")
    assert Path(fetched(**given)) == kept / FILE


def test_another_file_than_keras_means_is_refused(
    weights: Path, mirror: str, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"fname": FILE, "origin": f"{mirror}/{FILE}", "cache_subdir": "models", "file_hash": "0" * 32}
    with pytest.raises(NoWeights, match="another file than the one whose hash"):
        fetched(**given)
    monkeypatch.setenv("NNSPEC_WEIGHTS", str(weights))
    with pytest.raises(NoWeights, match="another file than the one whose hash") as refused:
        fetched(**given)
    assert mirror in str(refused.value.hint)


def test_a_file_with_other_weights_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MobileNet and MobileNetV2 have no hash that a truncated file, or one of another width, would not have."""

    def build(**_: Any) -> Any:
        file_utils.get_file("net.h5", "https://nowhere.invalid/net.h5", cache_subdir="models")
        raise ValueError("Layer count mismatch when loading weights from file")

    monkeypatch.setattr(keras.applications, "MobileNet", build)
    monkeypatch.setenv("NNSPEC_WEIGHTS", str(tmp_path))
    (tmp_path / "net.h5").write_bytes(b"")
    with pytest.raises(NoWeights, match="has not the weights of this MobileNet: Layer count") as refused:
        application("MobileNet", SHAPE, "imagenet")
    assert refused.value.hint == "the right file is at https://nowhere.invalid/net.h5"


@pytest.mark.parametrize("place", ["http://127.0.0.1:1", "empty"])
def test_without_a_network_it_is_said_which_file_goes_where(
    place: str, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSPEC_WEIGHTS", place if ":" in place else str(tmp_path))
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    with pytest.raises(SpecError) as failed:
        open_initial_weights(nnspec.load(path).spec)
    said = str(failed.value)
    assert "E0712" in said and "no weights of MobileNetV2" in said and FILE in said
    assert (str(kept_in()) if ":" in place else "storage.googleapis.com") in said


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("{application: MobileNetV2, alpha: 0.4}", "E0703"),
        ("{application: VGG16, alpha: 0.5}", "E0703"),
        ("{application: MobileNet2}", "E0206"),
        ("{weights: imagenet}", "E0210"),
        ("{application: VGG16, width: 1}", "E0201"),
        ("{application: VGG16, include_top: true}", "E0703"),
    ],
)
def test_what_keras_has_not_is_refused_by_check(given: str, code: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.replace("{application: MobileNetV2, alpha: 0.35}", given), encoding="utf-8")
    found = check(path)
    assert not found.ok and [item.code for item in found.diagnostics if item.severity == "error"] == [code]


def test_a_network_that_sees_no_image_takes_none(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.replace("[96, 96, 3]", "[96]"), encoding="utf-8")
    with pytest.raises(SpecError, match=r"E0703.*sees images"):
        open_initial_weights(nnspec.load(path).spec)


@pytest.mark.long
def test_a_first_spec_begins_from_the_weights_of_imagenet(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(10):
            image = pictures.integers(0, 255, (40, 40, 3)).astype("uint8")
            keras.utils.save_img(tmp_path / "photos" / label / f"{number}.png", image, scale=False)
    found = transfer_spec(tmp_path / "photos", "MobileNetV2", "pets", tmp_path)
    assert "image_size: [96, 96]" in found.text and any("fetched when it is trained" in note for note in found.notes)
    path = tmp_path / "pets.yaml"
    path.write_text(found.text, encoding="utf-8")
    checked = check(path)
    assert checked.ok and not [item for item in checked.diagnostics if item.severity == "warning"], found.text
    spec = nnspec.load(path).spec
    assert spec.training.initial_weights.application == "MobileNetV2"  # type: ignore[union-attr]
    first, second = spec.training.phases
    assert first.trainable == ("head",) and "Conv_1" in second.trainable and "Conv_1_bn" not in second.trainable
    model = nnspec.build(spec)
    wide = application("MobileNetV2", SHAPE, None)
    wide.set_weights([np.full(weight.shape, 0.5, "float32") for weight in wide.get_weights()])
    wide.save(tmp_path / FILE.replace("0.35", "1.0"))
    monkeypatch.setenv("NNSPEC_WEIGHTS", str(tmp_path))
    initial = open_initial_weights(spec)
    assert initial is not None and initial.take(model) == ["head"] and initial.unused(model) == []
    assert float(model.get_layer("Conv_1").get_weights()[0].min()) == 0.5
