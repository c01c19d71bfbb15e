"""What `data` and `train` say of data that can be read, and that spoil a training or what it measures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.api import open_data
from nnspec.data.config import DataConfig
from nnspec.data.dataset import Dataset, open_dataset
from nnspec.data.doubts import doubts
from nnspec.frontend.agreement.single_examples import said_of_examples
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.slow


def opened(folder: Path, arrays: dict[str, Any], split: dict[str, Any], **more: str) -> Dataset:
    np.savez(folder / "d.npz", **arrays)
    given = {"path": "d.npz", "inputs": "x", "targets": "y", **more}
    return open_dataset(DataConfig(KindValue("Arrays", given), split=split), folder, 0)


@pytest.mark.parametrize("shape", [(3,), (20, 20, 1)])
@pytest.mark.parametrize("dtype", ["float32", "uint8", "int32"])
def test_examples_of_two_parts(tmp_path: Path, shape: tuple[int, ...], dtype: str) -> None:
    draw = np.random.default_rng(0)
    train = (200 * draw.random((30, *shape))).astype(dtype)
    held = (200 * draw.random((10, *shape))).astype(dtype)
    held[[2, 7]] = train[[11, 5]]
    held[3] = train[4]
    held[3].flat[-1] += 1
    arrays = {"x": train, "y": np.arange(30) % 2, "a": held, "b": np.arange(10) % 2}
    held_back = {"validation": {"inputs": "a", "targets": "b"}, "test": 0.1}
    found = list(map(str, doubts(opened(tmp_path, arrays, held_back))))
    assert [text for text in found if "validation" in text] == [
        "2 of 10 examples of validation are the same as one of train to the network, `example 2` as `example 11` for "
        "one: what is measured of them says little about new data"
    ]
    assert len(found) == 1


def test_texts_are_compared_without_their_padding(tmp_path: Path) -> None:
    lines = ["pos\tgood film\n", "neg\tbad film of a bad book\n", "pos\ta good book\n", "neg\tbad\n"]
    (tmp_path / "train.txt").write_text("".join(lines), encoding="utf-8")
    (tmp_path / "held.txt").write_text(lines[3] + lines[1] + "pos\tall is new\n", encoding="utf-8")
    source = KindValue("Text", {"path": "train.txt"})
    found = doubts(open_dataset(DataConfig(source, split={"validation": "held.txt"}), tmp_path, 0))
    assert (
        len(found) == 1
        and found[0].code == "W0917"
        and str(found[0]).startswith("2 of 3 examples of validation are the same as one of train")
    )


def test_what_cannot_be_learnt(tmp_path: Path) -> None:
    arrays = {"x": np.full((8, 2), 3.0, "float32"), "y": np.arange(8) % 2 + 2, "w": np.zeros(8, "float32")}
    assert [(one.code, one.message) for one in doubts(opened(tmp_path, arrays, {}, weight="w"))] == [
        ("W0915", "train has no example of y 0, 1"),
        ("W0921", "every example of train has the weight 0: nothing is learnt"),
        ("W0907", "x is 3 in every example: nothing can be learnt from it"),
    ]


def test_a_rare_class_that_another_part_lacks(tmp_path: Path) -> None:
    labels = np.array([0, 1] * 12 + [2], "int32")
    arrays = {"x": np.random.default_rng(0).normal(size=(25, 9)).astype("float32"), "y": labels}
    found = [one.message for one in doubts(opened(tmp_path, arrays, {"validation": 0.25}))]
    assert found == ["validation has no example of y 2: its scores tell nothing of that"]


@pytest.mark.parametrize(("width", "told"), [(3, "the values of column 1 of x are about"), (800, None)])
def test_one_column_of_another_scale(tmp_path: Path, width: int, told: str | None) -> None:
    """Of the samples of a sound one is of another size by chance."""
    draw = np.random.default_rng(0)
    train, held = draw.random((30, width)) + 1, draw.random((10, width)) + 1
    held[:, 1] *= 1000
    arrays = {"x": train, "y": np.arange(30) % 2, "a": held, "b": np.arange(10) % 2}
    held_back = {"validation": {"inputs": "a", "targets": "b"}}
    found = list(map(str, doubts(opened(tmp_path, arrays, held_back))))
    assert len(found) == (told is not None) and all(told in text for text in found if told)


@pytest.mark.parametrize("loss", ["CategoricalCrossentropy", "{CategoricalCrossentropy: {axis: 3}}", "KLDivergence"])
def test_amounts_have_no_shares_to_add_up(tmp_path: Path, loss: str) -> None:
    """The loss is refused for them; `nnspec data` tells what else there is."""
    np.savez(tmp_path / "d.npz", x=np.eye(6, 4), y=np.arange(6) / 7)
    text = "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: {units: 3, activation: softmax}}]\n"
    text += f"data: {{source: {{Arrays: {{path: d.npz}}}}}}\ntrain: {{loss: {loss}, metrics: [CategoricalAccuracy]}}\n"
    spec = check(Source.from_text(text, str(tmp_path / "s.yaml")), data=False).spec
    assert spec is not None
    assert said_of_examples(spec, open_data(spec)) == []
