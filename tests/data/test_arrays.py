import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnspec.data import numbers
from nnspec.data.errors import DataError
from nnspec.data.sources import arrays as module
from nnspec.data.sources.arrays import Arrays
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


def test_new_examples_go_by_the_names_of_the_file_of_training(npz: str, tmp_path: Path) -> None:
    """`x` is nnspec's own name of a lone input; whoever has the file knows `x_train`."""
    source = Arrays(npz, "x_train", "y_train")
    assets = source.load(tmp_path).fit(range(6), None)
    for given, wanted in (
        ([str(tmp_path / npz)], X.tolist()),
        ([{"x_train": [3, 4]}, {"x": [5, 6]}], [[3, 4], [5, 6]]),
    ):
        encoded = source.encode(given, assets, tmp_path)
        assert encoded["x"].take(np.arange(len(wanted))).tolist() == wanted
    with pytest.raises(DataError, match="has no 'x'"):
        source.encode([{"x_test": [3, 4]}], assets, tmp_path)


def test_a_weight_for_each_example(tmp_path: Path) -> None:
    arrays = {"x": np.zeros((4, 2), np.float32), "y": np.zeros(4, np.int64)}
    for number, (found, says) in enumerate(
        [
            (np.array([[1], [0], [2], [3]]), None),
            (np.array([1.0, 0.5, -1.0, 2.0]), "example 2 has the weight -1.0"),
            (np.array([1.0, np.nan, 1.0, 2.0]), "example 1 has the weight nan"),
            (np.array([1.0, 1e39, 1.0, 2.0]), r"example 1 has the weight 1e\+39, beyond float32"),
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


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("x", np.where(np.arange(12).reshape(6, 2) == 7, NAN, 1.0), "x: example 3 has nan"),
        (
            "x",
            np.where(np.arange(12).reshape(6, 2) > 6, -INF, 1.0),
            r"x: example 3 has -inf; so have 2 more of 6 examples",
        ),
        ("x", np.full((6, 2), 1e39), r"x: example 0 has 1e\+39, beyond float32"),
        ("x", np.full((6, 2), np.float16("inf")), "x: example 0 has inf"),
        ("x", np.array([[1]] * 5 + [[2**40]]), "x: example 5 has 1099511627776, beyond int32"),
        ("x", np.array([[1]] * 5 + [[2**64 - 1]], np.uint64), "example 5 has 18446744073709551615, beyond int32"),
        ("x", np.ones((6, 2), np.complex64), "holds complex numbers, not numbers.*magnitude"),
        ("x", np.ones(6, [("a", "f4")]), "not numbers"),
        ("x", np.ones((6, 0)), r"x \[6, 0\] has no numbers"),
        ("y", np.array([0, 1, NAN, 0, 1, 1]), "y: example 2 has nan"),
        ("y", np.array([0, 1, 2**33, 0, 1, 1]), "y: example 2 has 8589934592, beyond int32"),
        ("y", np.array(list("abcabc")), "not numbers.*numpy.unique"),
        ("y", np.array([0, -1, 1, 0, 1, 1]), "example 1 has the label -1.*map -1 and 1 to 0 and 1"),
        ("y", np.array([0, 1, 2**31 - 1, 0, 1, 1]), "example 2 has the label 2147483647, of 6 examples"),
    ],
)
@pytest.mark.parametrize("mapped", [False, True])
def test_numbers_that_no_network_can_take(
    tmp_path: Path, name: str, values: np.ndarray, says: str, mapped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, "CHUNK_BYTES", 16)
    monkeypatch.setattr(numbers, "REMEMBERED_BYTES", 1)
    arrays = {"x": X, "y": Y, name: values}
    if mapped:
        for key, array in arrays.items():
            np.save(tmp_path / f"{key}.npy", array)
    else:
        np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=says) as caught:
        examples = Arrays("." if mapped else "a.npz").load(tmp_path)
        examples.fit(range(6), None)
    assert caught.value.file is not None


def test_limits_of_a_large_file_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "REMEMBERED_BYTES", 1)
    np.save(tmp_path / "x.npy", np.array([[3], [9], [4], [1], [5], [6]]))
    np.save(tmp_path / "y.npy", Y)
    assert Arrays(".").load(tmp_path).features["x"].limits == (1, 9)  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setattr(numbers, "scan", lambda *_: pytest.fail("the file is read again"))
        assert Arrays(".").load(tmp_path).features["x"].limits == (1, 9)  # type: ignore[attr-defined]
    np.save(tmp_path / "x.npy", np.array([[3], [8], [4], [1], [5], [6]]))
    assert Arrays(".").load(tmp_path).features["x"].limits == (1, 8)  # type: ignore[attr-defined]


def test_types_that_are_made_those_of_a_network(tmp_path: Path) -> None:
    x = np.arange(6, dtype=">f4")
    np.savez(tmp_path / "a.npz", x=x, y=np.array([True, False] * 3), long=x.astype(np.longdouble))
    examples = Arrays("a.npz", ["x", "long"]).load(tmp_path)
    for name in ("x", "long"):
        column = examples.features[name]
        assert column.take(np.arange(6)).tolist() == [0, 1, 2, 3, 4, 5]
        assert column.array.dtype.isnative and column.stored in ("float32", "float64")  # type: ignore[attr-defined]
    assert examples.fit(range(6), None).classes == ("0", "1")


def test_classes_of_the_spec_against_targets(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "a.npz",
        x=X,
        floats=Y.astype(float),
        halves=Y / 2,
        one_hot=np.eye(3)[Y],
        mask=np.tile(Y[:, None, None], (1, 2, 2)),
    )

    def fit(name: str, classes: list[str]) -> tuple[str, list[DataError]]:
        examples = Arrays("a.npz", "x", name).load(tmp_path)
        examples.fit(range(6), classes)
        return examples.task, examples.problems

    task, problems = fit("floats", ["a", "b", "c"])
    assert task == "regression" and "there are `classes`, but y is float32 []" in str(problems[0])
    assert fit("one_hot", ["a", "b", "c"]) == ("regression", [])
    assert fit("mask", ["a", "b", "c"]) == ("unknown", [])
    with pytest.raises(DataError, match=r"lists 2, but y is float32 \[3\]"):
        fit("one_hot", ["a", "b"])
    with pytest.raises(DataError, match=r"lists 1, but y is int32 \[2, 2\], with values of 0 to 2"):
        fit("mask", ["a"])


def test_a_header_that_promises_more_than_the_file_has(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (2, 10**12)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", header.getvalue())
    with pytest.raises(DataError, match=r"truncated: 128 bytes of 8000000000128"):
        Arrays("a.npz").load(tmp_path)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(DataError, match="a device or a pipe"):
        Arrays("pipe.npz").load(tmp_path)
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(DataError, match="no array 'y': the folder has x"):
        Arrays(".").load(tmp_path)
