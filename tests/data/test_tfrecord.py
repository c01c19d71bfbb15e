import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nnspec.data.errors import DataError
from nnspec.data.formats.tf_example import features_of
from nnspec.data.sources.tfrecord import TFRecord

pytestmark = pytest.mark.tf
FEATURES: dict[str, Any] = {
    "values": {"shape": [3]},
    "label": {"dtype": "int64"},
    "tokens": {"shape": [None], "dtype": "int64"},
    "pixels": {"shape": [2, 2, 1], "dtype": "uint8", "decode": "raw"},
    "photo": {"decode": "image", "image_size": [4, 5]},
}


def example(number: int, photo: bytes) -> bytes:
    def feature(kind: str, values: Any) -> Any:
        lists = {"float": tf.train.FloatList, "int64": tf.train.Int64List, "bytes": tf.train.BytesList}
        return tf.train.Feature(**{f"{kind}_list": lists[kind](value=values)})

    features = {
        "values": feature("float", [number, 0, 0]),
        "label": feature("int64", [number % 3]),
        "tokens": feature("int64", range(1, number + 1)),
        "pixels": feature("bytes", [bytes([number] * 4)]),
        "photo": feature("bytes", [photo]),
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


@pytest.fixture
def records(tmp_path: Path, image: Callable[..., Path]) -> str:
    """Two files of 5 examples, a pattern for both."""
    for number in range(2):
        with tf.io.TFRecordWriter(str(tmp_path / f"part-{number}.tfrecord")) as writer:
            for index in range(5 * number, 5 * number + 5):
                writer.write(example(index, image(tmp_path / "a.png", 10 * index).read_bytes()))
    return "part-*.tfrecord"


def column(path: Any, base: Path, name: str, **more: Any) -> Any:
    return TFRecord(path, FEATURES, [name], ["label"], **more).load(base).features[name]


def test_records_are_read_at_random(records: str, tmp_path: Path) -> None:
    rows = np.array([8, 0, 3])
    assert column(records, tmp_path, "values").take(rows)[:, 0].tolist() == [8, 0, 3]
    assert column(records, tmp_path, "tokens").take(rows[1:]).tolist() == [[0, 0, 0], [1, 2, 3]]
    assert column(records, tmp_path, "pixels").take(rows)[:, 1, 1, 0].tolist() == [8, 0, 3]
    photo = column(records, tmp_path, "photo")
    assert str(photo.spec) == "float32 [4, 5, 3]"
    assert photo.take(rows)[:, 0, 0, 0].tolist() == [80, 0, 30]


def test_labels_are_classes(records: str, tmp_path: Path) -> None:
    examples = TFRecord(records, FEATURES, ["values"], ["label"]).load(tmp_path)
    assert (examples.task, len(examples)) == ("classification", 10)
    assets = examples.fit(range(10), None)
    assert assets.classes == ("0", "1", "2")
    assert examples.table(assets).targets["label"].take(np.array([7])).tolist() == [1]


def test_the_index_is_kept(records: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = column(records, tmp_path, "values")
    monkeypatch.setattr(tf.data, "TFRecordDataset", None)
    second = column(records, tmp_path, "values")
    assert (first.take(np.arange(10)) == second.take(np.arange(10))).all()


@pytest.mark.parametrize(("compression", "pack"), [("GZIP", gzip.compress), ("ZLIB", zlib.compress)])
def test_compressed_files(records: str, tmp_path: Path, compression: str, pack: Callable[[bytes], bytes]) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(pack((tmp_path / "part-1.tfrecord").read_bytes()))
    found = column(["part-0.tfrecord"], tmp_path, "values")
    assert len(found) == 5
    found = column("packed", tmp_path, "values", compression=compression)
    assert found.take(np.array([4]))[0, 0] == 9
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(DataError, match=f"packed: the file is damaged, or not {compression}"):
        column("packed", tmp_path, "values", compression=compression)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "compressed", "empty"])
def test_damaged_files_are_named(records: str, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "part-1.tfrecord"
    content = bytearray(path.read_bytes())
    if damage == "flipped":
        content[-30] ^= 1
    path.write_bytes(
        {"truncated": content[:-3], "flipped": content, "compressed": gzip.compress(content), "empty": b""}[damage]
    )
    message = "no record" if damage == "empty" else "damaged or truncated after record"
    with pytest.raises(DataError, match=message) as caught:
        column("part-1.tfrecord" if damage == "empty" else records, tmp_path, "values")
    assert caught.value.file == str(path)


def test_a_feature_that_is_the_weight(records: str, tmp_path: Path) -> None:
    features = {**FEATURES, "w": {"dtype": "float32"}}
    with tf.io.TFRecordWriter(str(tmp_path / "weighed.tfrecord")) as writer:
        for number in (2.0, 0.5):
            record = tf.train.Example.FromString(example(0, b""))
            record.features.feature["w"].float_list.value.append(number)
            writer.write(record.SerializeToString())
    weight = TFRecord("weighed.tfrecord", features, ["values"], ["label"], "w").load(tmp_path).weight
    assert weight is not None and weight.take(np.array([1, 0])).tolist() == [0.5, 2.0]
    with pytest.raises(DataError, match=r"the weight 'values' is float32 \[3\], not one number"):
        TFRecord(records, FEATURES, ["tokens"], ["label"], "values").load(tmp_path)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({"values": {"shape": [4]}}, "does not fit `features`"),
        ({"values": {"shape": [3], "dtype": "int64"}}, "does not fit `features`"),
        ({"values": {"shape": [3], "dtype": "complex64"}}, "`features: values`: dtype 'complex64'"),
        ({"values": {"shapes": [3]}}, "unexpected keyword argument 'shapes'"),
        ({"values": {"shape": [3, None]}}, "only the first size can vary"),
        ({"values": {"decode": "image"}}, "an image needs `image_size"),
        ({"other": {"shape": [3]}}, "no feature 'values'.*other"),
    ],
)
def test_features_that_do_not_fit(records: str, tmp_path: Path, features: dict[str, Any], message: str) -> None:
    source = TFRecord(records, {"label": {"dtype": "int64"}, **features}, ["values"], ["label"])
    with pytest.raises(DataError, match=message):
        source.load(tmp_path)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        TFRecord("none-*.tfrecord", FEATURES, ["values"], ["label"]).facts(tmp_path)


def test_an_example_is_read_as_tensorflow_reads_it() -> None:
    found = features_of(example(3, b"photo"))
    assert {name: values.kind for name, values in found.items()} == {
        "values": "float32", "label": "int64", "tokens": "int64", "pixels": "bytes", "photo": "bytes"
    }  # fmt: skip
    assert list(found["values"].values) == [3, 0, 0] and list(found["tokens"].values) == [1, 2, 3]
    numbers = [0, -1, 2**62, -(2**63), 300]
    one = tf.train.Feature(int64_list=tf.train.Int64List(value=numbers))
    record = tf.train.Example(features=tf.train.Features(feature={"n": one})).SerializeToString()
    assert list(features_of(record)["n"].values) == numbers
    for end in range(1, len(record)):
        with pytest.raises(ValueError):
            features_of(record[:end])


@pytest.mark.parametrize(
    ("features", "said"),
    [
        ({"values": {"shape": [3]}}, "values: example 1 has nan"),
        ({"values": {"shape": [4]}}, "record 0: 'values' has 3 values of float32, which are no float32 .4."),
        ({"label": {"shape": [1]}}, "record 0: 'label' has 1 values of int64, which are no float32 .1."),
        ({"pixels": {"shape": [4]}}, "record 0: 'pixels' has 1 values of bytes"),
        ({"lable": {"dtype": "int64"}}, "record 0 has no 'lable'"),
    ],
)
def test_the_first_records_are_looked_at_without_tensorflow(
    features: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with tf.io.TFRecordWriter(str(tmp_path / "a.tfrecord")) as writer:
        for value in (1.0, float("nan")):
            record = tf.train.Example.FromString(example(0, b""))
            record.features.feature["values"].float_list.value[1] = value
            writer.write(record.SerializeToString())
    with pytest.raises(DataError, match=said):
        TFRecord("a.tfrecord", {**FEATURES, **features}, list(features), ["label"]).listing(tmp_path)
