from pathlib import Path

import numpy as np
import pytest

from nnspec.data import arrays as module
from nnspec.data.arrays import Arrays
from nnspec.data.errors import DataError
from nnspec.data.table import FeatureSpec

X = np.arange(12, dtype=np.float64).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])


@pytest.fixture
def npz(tmp_path: Path) -> str:
    np.savez(tmp_path / "a.npz", x_train=X, y_train=Y, tokens=np.ones((6, 3), np.int64), price=np.ones(6))
    return "a.npz"


def test_integer_targets_are_classes(npz: str, tmp_path: Path) -> None:
    examples = Arrays(npz, "x_train", "y_train").load(tmp_path)
    assets = examples.fit(range(6), None)
    table = examples.table(assets)
    assert (examples.task, assets.classes) == ("classification", ("0", "1", "2"))
    assert str(table.features["x"].spec) == "float32 [2]"
    assert str(table.targets["y"].spec) == "int32 []"
    assert table.features["x"].take(np.array([5])).tolist() == [[10, 11]]


def test_a_weight_for_each_example(tmp_path: Path) -> None:
    arrays = {"x": np.zeros((4, 2), np.float32), "y": np.zeros(4, np.int64)}
    for number, (found, says) in enumerate(
        [
            (np.array([[1], [0], [2], [3]]), None),
            (np.array([1.0, 0.5, -1.0, 2.0]), "example 2 has the weight -1.0"),
            (np.array([1.0, np.nan, 1.0, 2.0]), "example 1 has the weight nan"),
            (np.ones((4, 2)), r"shape \[4, 2\], not one number"),
            (np.ones(3), "the lengths differ"),
            (np.array(["a"] * 4), "not numbers"),
        ]
    ):
        np.savez(tmp_path / f"{number}.npz", **arrays, w=found)
        source = Arrays(f"{number}.npz", weight="w")
        if says is None:
            weight = source.load(tmp_path).weight
            assert weight is not None and weight.take(np.arange(4)).tolist() == [1, 0, 2, 3]
            assert weight.spec == FeatureSpec((), "float32")
        else:
            with pytest.raises(DataError, match=says):
                source.load(tmp_path)


def test_several_inputs_and_numbers_as_targets(npz: str, tmp_path: Path) -> None:
    examples = Arrays(npz, ["x_train", "tokens"], {"cost": "price"}).load(tmp_path)
    assert examples.task == "regression"
    assert {name: str(column.spec) for name, column in examples.features.items()} == {
        "x_train": "float32 [2]",
        "tokens": "int32 [3]",
    }
    assert list(examples.targets) == ["cost"]


def test_npy_files_of_a_folder_are_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y[:, None])
    examples = Arrays(".").load(tmp_path)
    assert isinstance(examples.features["x"].array, np.memmap)  # type: ignore[attr-defined]
    assert str(examples.targets["y"].spec) == "int32 []"
    assert examples.files == [tmp_path / "x.npy", tmp_path / "y.npy"]


def test_large_arrays_are_unpacked_to_the_cache(npz: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IN_MEMORY", 10)
    examples = Arrays(npz, "x_train", "y_train").load(tmp_path)
    array = examples.features["x"].array  # type: ignore[attr-defined]
    assert isinstance(array, np.memmap) and (array == X).all()


def test_unusable_arrays(npz: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "b.npz", x=X, y=Y[:4], objects=np.array([[1], [1, 2]], object), words=np.array(["a"] * 6))
    np.savez(tmp_path / "c.npz", x=X[:0], y=Y[:0], one=np.float32(1))
    (tmp_path / "d.npz").write_bytes((tmp_path / "b.npz").read_bytes()[:300])
    np.save(tmp_path / "x.npy", np.array([[1], [1, 2]], object))
    np.save(tmp_path / "y.npy", Y)
    for source, message in (
        (Arrays("none.npz"), "no such file"),
        (Arrays("b.npz", "z"), "no array 'z': there are x, y, objects, words"),
        (Arrays("b.npz"), r"lengths differ: x \[6, 2\] and y \[4\]"),
        (Arrays("b.npz", "objects"), "'objects' holds Python objects"),
        (Arrays("b.npz", "x", "words"), r"words \[6\] holds <U1, not numbers"),
        (Arrays("c.npz"), "x has no examples"),
        (Arrays("c.npz", "one"), "'one' is a single number"),
        (Arrays("d.npz"), "cannot be read"),
        (Arrays("x.npy"), "one .npy file is not a data set"),
        (Arrays("."), r"x\.npy: the array cannot be read"),
    ):
        with pytest.raises(DataError, match=message) as caught:
            source.load(tmp_path)
        assert caught.value.file is not None


def test_texts_are_an_input(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.array(["one", "zwei", "Ü"] * 2), y=Y)
    (column,) = Arrays("a.npz").load(tmp_path).features.values()
    assert column.spec == FeatureSpec((), "string") and column.stored == "string"
    assert column.take(np.array([1, 2])).tolist() == ["zwei", "Ü"]


def test_negative_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=Y - 1)
    examples = Arrays("a.npz").load(tmp_path)
    with pytest.raises(DataError, match="example 0 has the label -1"):
        examples.table(examples.fit(range(6), None))


def test_new_examples(npz: str, tmp_path: Path) -> None:
    source = Arrays(npz, "x_train", "y_train")
    assets = source.load(tmp_path).fit(range(6), None)
    np.save(tmp_path / "new.npy", X[3])
    encoded = source.encode([X[2], tmp_path / "new.npy"], assets, tmp_path)["x"]
    assert encoded.take(np.arange(2)).tolist() == X[2:4].tolist()
    with pytest.raises(DataError, match=r"shape \[3\], but training saw \[2\]"):
        source.encode([[1, 2, 3]], assets, tmp_path)
