"""A spec as text: checked without a file, and known up to the first fault while it is being typed."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.partial import known
from nnspec.frontend.pipeline import check

SPEC = """\
nnspec: 1
inputs: {image: [28, 28, 1]}
layers:
  - Conv2D: {filters: 6, kernel_size: 5, padding: same}
  - MaxPooling2D: 2
  - Flatten
  - Dense: 10
train: {epochs: 3, loss: SparseCategoricalCrossentropy}
"""


def test_a_text_is_checked_as_its_file_would_be(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.replace("10", "ten"), encoding="utf-8")
    file, text = check(path), check(Source.from_text(path.read_text(encoding="utf-8"), str(path)))
    assert [str(one) for one in file.diagnostics] == [str(one) for one in text.diagnostics] != []
    assert file.files == text.files == (path,)


def test_paths_in_a_text_start_from_the_folder_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SPEC, encoding="utf-8")
    checked = check(Source.from_text("extends: base.yaml\nname: other", str(tmp_path / "unsaved.yaml")))
    assert checked.ok and checked.spec is not None and checked.spec.name == "other"
    assert checked.spec.path == tmp_path / "unsaved.yaml"
    assert checked.files == (tmp_path / "unsaved.yaml", tmp_path / "base.yaml")


def test_unsaved_texts_take_the_place_of_files(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(SPEC, encoding="utf-8")
    top = Source.from_text("extends: base.yaml", str(tmp_path / "top.yaml"))
    unsaved = {tmp_path / "base.yaml": SPEC.replace("Dense: 10", "Dense: 7")}
    checked = check(top, unsaved=unsaved)
    assert checked.spec is not None and checked.spec.graph.layers[-1].args == {"units": 7}


def test_a_missing_base_is_among_the_files_to_watch(tmp_path: Path) -> None:
    checked = check(Source.from_text("extends: gone.yaml", str(tmp_path / "top.yaml")))
    assert not checked.ok and tmp_path / "gone.yaml" in checked.files


@pytest.mark.parametrize("text", ["", "  \n", "# nothing but a remark\n"])
def test_an_empty_text_is_answered(text: str) -> None:
    assert [one.code for one in check(Source.from_text(text)).diagnostics] == ["E0104"]


@pytest.mark.parametrize(
    ("written", "typed", "layers"),
    [
        ("  - Dense: 10", "  - Dense: {units: 10", ["conv2d", "max_pooling2d", "flatten"]),
        ("  - Flatten", "  - Flat", ["conv2d", "max_pooling2d"]),
        ("  - MaxPooling2D: 2", "  - MaxPooling2D: {pool_size: 2,", ["conv2d"]),
        ("  - MaxPooling2D: 2", "  - MaxPooling2D: {pool_size: 99}", ["conv2d"]),
        ("  - Flatten", "  - [", ["conv2d", "max_pooling2d"]),
        ("train: {epochs: 3", "train: {epochs: three", ["conv2d", "max_pooling2d", "flatten", "dense"]),
        ("train: {epochs: 3", "train: {epochs: 3]", ["conv2d", "max_pooling2d", "flatten", "dense"]),
    ],
)
def test_what_stands_before_the_fault_is_known(written: str, typed: str, layers: list[str]) -> None:
    text = SPEC.replace(written, typed)
    assert text != SPEC
    found = known(Source.from_text(text))
    assert not found.checked.ok
    assert found.graph is not None and [layer.name for layer in found.graph.layers] == layers
    assert found.graph.layers[0].span.line == 4
    assert found.facts["conv2d"].params == 156


def test_a_sound_text_is_known_whole() -> None:
    found = known(Source.from_text(SPEC))
    assert found.checked.ok and found.graph is not None and len(found.graph.layers) == 4


def test_nothing_is_known_where_nothing_stands_before() -> None:
    found = known(Source.from_text(SPEC.replace("  - Conv2D: {filters: 6,", "  - Conv3D: {filters: 6,")))
    assert not found.checked.ok and found.graph is None


def test_each_state_of_a_document_that_is_typed_is_answered() -> None:
    """Character by character, as an editor sends it: it never fails, and nearly always some of the network is known."""
    states = [SPEC[:end] for end in range(SPEC.index("MaxPooling2D"), len(SPEC), 3)]
    found = [known(Source.from_text(state)) for state in states]
    assert sum(one.graph is not None for one in found) > 0.97 * len(states)


@pytest.mark.slow
def test_edits_at_random_are_answered() -> None:
    draw = random.Random(int(os.environ.get("NNSPEC_SEED", "1")))
    for _ in range(150):
        start = draw.randrange(len(SPEC))
        text = SPEC[:start] + draw.choice(["", "{", "\n", "- ", ":", "$x", "]"]) + SPEC[start + draw.randrange(6) :]
        found = known(Source.from_text(text))
        assert found.graph is None or found.facts.keys() == {layer.name for layer in found.graph.layers}


LOOP = """\
nnspec: 1
inputs: {x: [32, 3]}
layers:
  - for: {n: [4, 8]}
    layers:
      - Conv1D: {filters: $n, kernel_size: 3}
      - ReLU
"""


def _layers(text: str) -> list[str]:
    found = known(Source.from_text(text))
    assert not found.checked.ok
    return [] if found.graph is None else [layer.kind for layer in found.graph.layers]


@pytest.mark.parametrize("typed", ["- Dens", "- Dense: {units: ", "- repeat: 2\n        layers:\n          - Flat"])
def test_within_a_loop_that_nothing_stands_before_the_layers_above_the_fault_are_known(typed: str) -> None:
    assert _layers(LOOP + "      " + typed) == ["Conv1D", "ReLU"] * 2
    assert _layers(LOOP.replace("      - ReLU\n", "") + "      " + typed) == ["Conv1D"] * 2


def test_layers_are_known_up_to_the_round_in_which_one_does_not_fit() -> None:
    text = LOOP + "      - Flatten\n      - Dense: 5\n"
    assert _layers(text) == ["Conv1D", "ReLU", "Flatten", "Dense"]
    assert known(Source.from_text(text)).partial == 3
    block = "blocks:\n  unit: {layers: [{Conv1D: {filters: 2, kernel_size: 3}}, Flatten]}\n"
    used = "nnspec: 1\ninputs: {x: [9, 3]}\n" + block + "layers:\n  - ReLU\n  - unit: {}\n  - unit: {}\n"
    assert _layers(used) == ["ReLU", "Conv1D", "Flatten"]
    assert known(Source.from_text(used)).partial == used.split("\n").index("  - unit: {}") + 1
