"""What is left of a network, as text: in the spec's own words where these can say it, else by the names of a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.compression.channels import Costs, least
from nnspec.compression.other_names import with_names
from nnspec.compression.own_words import at_one_place, in_own_words
from nnspec.frontend.channels import channels_of
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec, keras_name
from nnspec.importing.imported import ImportedSpec

SECTIONS = ("data", "train", "export", "budget")
SPEC = """nnspec: 1
name: net          # mine
params: {width: 16, folder: images}   # widths
inputs: {image: [8, 8, 3]}
blocks:
  unit: {params: {filters: 8}, layers: [{Conv2D: {filters: $filters, kernel_size: 3}, name: conv}, ReLU]}
layers:
  # the pixels
  - {Conv2D: {filters: $width, kernel_size: 3}, name: stem}   # sixteen
  - {unit: 32, name: body}
  - {Conv2D: {filters: "$(2 * width)", kernel_size: 1}, name: wide}
  - {Reshape: [-1, 32], name: rows}
  - Flatten
  - {Dense: 4, name: scores}
data: {source: {Arrays: {path: $folder/a.npz}}}   # by hand
train:
  epochs: 3        # few
  initial_weights: runs/1
  trainable: [body, scores]
export: [{TFLite: {quantize: int8, keep_float: [body/conv]}}]
"""
SIZES = {
    "stem": {"filters": 8}, "body/conv": {"filters": 24}, "wide": {"filters": 16}, "rows": {"target_shape": [-1, 16]},
    "scores": {"units": 4},
}  # fmt: skip


def spec_of(text: str = SPEC) -> Spec:
    return load(Source.from_text(text, "specs/net.yaml"))


def test_numbers_change_where_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    train = {"initial_weights": "half_weights.keras", "teacher": {"run": "../runs/net/1"}}
    found = in_own_words(spec_of(), SIZES, train, Path("specs"), SECTIONS)
    assert found is not None
    changes = {
        "{width: 16,": "{width: 8,", "{unit: 32,": "{unit: 24,", '"$(2 * width)"': "16", "[-1, 32]": "[-1, 16]",
        "weights: runs/1": "weights: half_weights.keras",
        "scores]\nexport": "scores]\n  teacher: {run: ../runs/net/1}\nexport",
    }  # fmt: skip
    expected = SPEC
    for old, new in changes.items():
        assert old in expected
        expected = expected.replace(old, new)
    assert found[1] == expected


def test_paths_are_written_from_the_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = in_own_words(spec_of(), SIZES, {"initial_weights": "w.keras"}, Path("out/deep"), SECTIONS)
    assert found is not None and "path: ../../specs/images/a.npz" in found[1]
    assert "folder" not in found[1] and "params: {width: 8}" in found[1]  # nothing refers to it any more
    assert found[0].resolved["data"] == spec_of().resolved["data"]


@pytest.mark.parametrize(
    ("old", "new"), [("unit: 32", "unit: $width"), ("kernel_size: 1}", "kernel_size: $(width - 15)}")]
)
def test_what_own_words_cannot_say_is_left_to_a_new_spec(old: str, new: str) -> None:
    """One number for layers that keep different ones, and one that says more than channels."""
    text = SPEC.replace(old, new)
    assert text != SPEC
    assert in_own_words(spec_of(text), SIZES, {}, Path("specs"), SECTIONS) is None


def test_expressions_are_written_out_where_their_parameter_is_another_one() -> None:
    """A parameter that becomes 8 would make 16 of a layer that keeps 32."""
    sizes = {**SIZES, "wide": {"filters": 32}, "rows": {"target_shape": [-1, 32]}}
    found = in_own_words(spec_of(), sizes, {}, Path("specs"), SECTIONS)
    assert found is not None and "width: 8," in found[1] and "filters: 32, kernel_size: 1}" in found[1]


LOOP = """nnspec: 1
params: {width: 32}
inputs: {x: [8, 8, 3]}
layers:
  - for: {filters: [$width, $(2 * width), 48]}
    layers:
      - repeat: 2
        layers: [{Conv2D: {filters: $filters, kernel_size: 1, activation: relu}}]
  - {Conv2D: {filters: $width, kernel_size: 1}, name: last}
  - {Dense: 2, name: out}
"""


def test_layers_that_one_number_makes_keep_equally_many() -> None:
    spec = load(Source.from_text(LOOP, "net.yaml"))
    places = at_one_place(spec)
    assert places == [["conv2d", "conv2d_1", "last"], ["conv2d_2", "conv2d_3"], ["conv2d_4", "conv2d_5"]]
    channels = channels_of(spec)
    assert spec.macs is not None
    for share in (0.3, 0.45, 0.6, 0.8):
        gone = least(channels, {}, Costs(spec, channels), share * spec.macs, None, places)
        left = {name: len(channels.kept(name, gone)) for name in channels.of}
        assert all(len({left[name] for name in names}) == 1 for names in places)
        assert Costs(spec, channels).left(gone) <= share * spec.macs
        sizes = {name: {"filters": left[name]} for names in places for name in names}
        assert in_own_words(spec, sizes, {}, Path(), SECTIONS) is not None


def test_settings_name_the_layers_of_the_new_spec() -> None:
    names = {"stem": "stem", "body_conv": "body/conv", "body_conv_out": "body/conv_out", "scores": "scores"}
    found = ImportedSpec("", spec_of(), {name: (keras_name(place),) for name, place in names.items()}, ())
    resolved = with_names(spec_of(), found)
    assert resolved["train"]["trainable"] == ["body_conv", "body_conv_out", "scores"]
    assert resolved["export"] == [{"TFLite": {"quantize": "int8", "keep_float": ["body_conv", "body_conv_out"]}}]
    assert spec_of().resolved["train"]["trainable"] == ["body", "scores"]
