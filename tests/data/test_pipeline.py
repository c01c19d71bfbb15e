from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nnspec.data import tensor_readers
from nnspec.data.batching import ByLength
from nnspec.data.counter_rng import mixed, tensor_mixed
from nnspec.data.errors import DataError
from nnspec.data.pipeline import Augmenter, Batch, Split, example_seeds
from nnspec.data.table import Column, Dense, FeatureSpec, Files, Ragged, Table, Windows
from nnspec.data.tensor_readers import LookUp, on_host
from nnspec.data.text.corpus import allocate
from nnspec.data.text.word_dropout import Rare

pytestmark = pytest.mark.tf
COUNT = 23


def make_split(**settings: Any) -> Split:
    """Examples 0 to 22: an image full of the example's number, and the number as label."""
    numbers = np.arange(COUNT, dtype=np.uint8)
    table = Table(
        features={
            "image": Dense(numbers[:, None, None] * np.ones((2, 3), np.uint8), FeatureSpec((2, 3, 1), "float32"))
        },
        targets={"label": Dense(numbers, FeatureSpec((), "int32"))},
    )
    return Split(LookUp(table), np.arange(COUNT), **{"seed": 1, **settings})


def labels(batches: Any) -> list[list[int]]:
    found = []
    for features, targets in batches:
        assert (features["image"][:, 0, 0, 0].numpy() == targets["label"].numpy()).all()
        found.append(targets["label"].numpy().tolist())
    return found


def flat(batches: list[list[int]]) -> list[int]:
    return [label for batch in batches for label in batch]


def test_file_order_without_an_epoch() -> None:
    assert labels(make_split().batches(10)) == [list(range(10)), list(range(10, 20)), [20, 21, 22]]


def test_an_epoch_is_a_permutation_by_seed_and_epoch() -> None:
    split = make_split()
    first = labels(split.batches(10, epoch=0))
    assert sorted(flat(first)) == list(range(COUNT))
    assert first == labels(split.batches(10, epoch=0)) == labels(make_split().batches(10, epoch=0))
    assert first != labels(split.batches(10, epoch=1))
    assert first != labels(make_split(seed=2).batches(10, epoch=0))
    assert flat(first) != list(range(COUNT))


def test_the_order_never_changes() -> None:
    # Pinned: a resumed run must meet the order of the version that started it.
    assert make_split(seed=3).order(2)[:8].tolist() == [18, 11, 14, 19, 17, 8, 15, 12]


def test_skipping_is_the_suffix() -> None:
    split = make_split()
    whole = labels(split.batches(4, epoch=5))
    for skip in range(8):
        assert labels(split.batches(4, epoch=5, skip=skip)) == whole[skip:]


@pytest.mark.parametrize("batch_size", [1, 10, 23, 30])
def test_steps_and_remainder(batch_size: int) -> None:
    split = make_split()
    for drop in (False, True):
        found = labels(split.batches(batch_size, epoch=0, drop_remainder=drop))
        assert len(found) == split.steps(batch_size, drop)
        assert sum(map(len, found)) == (COUNT // batch_size * batch_size if drop else COUNT)


def test_shapes_are_static() -> None:
    split = make_split()
    image = split.batches(10).element_spec[0]["image"]
    assert (image.shape.as_list(), image.dtype) == ([None, 2, 3, 1], tf.float32)
    assert split.batches(10, drop_remainder=True).element_spec[0]["image"].shape.as_list() == [10, 2, 3, 1]
    assert make_split().batches(23).element_spec[1]["label"].shape.as_list() == [23]


def test_without_shuffling_every_epoch_is_in_file_order() -> None:
    assert labels(make_split(shuffle=False).batches(23, epoch=4)) == [list(range(COUNT))]


def test_a_part_reads_its_own_examples() -> None:
    split = make_split()
    part = Split(split.look_up, np.array([3, 5, 8]), seed=1)
    assert labels(part.batches(2)) == [[3, 5], [8]]
    assert sorted(flat(labels(part.batches(2, epoch=0)))) == [3, 5, 8]
    assert part.example_texts([2]) == ["example 8"]


def test_the_autotuner_is_off() -> None:
    assert make_split().batches(4).options().autotune.enabled is False


def test_one_hot_targets() -> None:
    split = make_split(one_hot=COUNT)
    assert split.targets == {"label": FeatureSpec((COUNT,), "float32")}
    _, targets = next(iter(split.batches(2)))
    assert targets["label"].numpy().tolist() == np.eye(COUNT, dtype=np.float32)[:2].tolist()


def noise(seed: Any) -> Any:
    return tf.random.stateless_uniform((2, 3, 1), seed)


def with_noise(batch: Batch, epoch: int) -> Batch:
    drawn = tf.map_fn(noise, batch.seeds, fn_output_signature=tf.float32)
    return replace(batch, features={"image": batch.features["image"] + drawn})


add_noise = Augmenter(with_noise)


def noisy(split: Split, **settings: Any) -> dict[int, Any]:
    """The augmented image of every example."""
    found = {}
    for features, targets in split.batches(augment=True, **settings):
        found |= dict(zip(targets["label"].numpy().tolist(), features["image"].numpy(), strict=True))
    return found


def test_augmentation_is_keyed_by_seed_epoch_and_example() -> None:
    split = make_split(augmenter=add_noise)
    first = noisy(split, batch_size=10, epoch=1)
    other_batches = noisy(split, batch_size=4, epoch=1, skip=2)
    assert len(other_batches) == COUNT - 8
    for number, pixels in other_batches.items():
        assert (pixels == first[number]).all()
    assert len({float(pixels[0, 0, 0] % 1) for pixels in first.values()}) == COUNT
    another_epoch, another_seed = (
        noisy(split, batch_size=10, epoch=2),
        noisy(make_split(augmenter=add_noise, seed=9), batch_size=10, epoch=1),
    )
    assert not any((another_epoch[number] == first[number]).any() for number in first)
    assert not any((another_seed[number] == first[number]).any() for number in first)


def test_no_augmentation_unless_asked_for() -> None:
    assert labels(make_split(augmenter=add_noise).batches(23)) == [list(range(COUNT))]


def test_seeds_of_examples_do_not_collide() -> None:
    rows = np.arange(20000)
    seeds = np.concatenate([example_seeds(seed, epoch, rows) for seed in (0, 1) for epoch in (0, 1)])
    assert (seeds.dtype, seeds.shape) == (np.int32, (80000, 2))
    assert len(np.unique(seeds, axis=0)) == 80000
    assert (example_seeds(0, 1, rows[5:6]) == example_seeds(0, 1, rows)[5]).all()


def test_a_row_count_of_classes() -> None:
    column = Dense(np.array([0, 2, 2, 1, 2], np.int32), FeatureSpec((), "int32"))
    split = Split(LookUp(Table({"x": column}, {"y": column})), np.array([0, 1, 2, 4]))
    assert split.class_counts()["y"].tolist() == [1, 0, 3]


def tagged(length: int | None = None) -> Table:
    flat, offsets = np.arange(1, 7, dtype=np.int32), np.array([0, 1, 4, 6])
    spec = FeatureSpec((length,), "int32")
    return Table(
        {"tokens": Ragged(flat, offsets, spec, 0, length)},
        {"tags": Ragged(flat % 3, offsets, spec, 0, length)},
        "tokens",
    )


def test_padding_weighs_nothing() -> None:
    split = Split(LookUp(tagged()), np.arange(3))
    features, targets, weights = next(iter(split.batches(3)))
    assert features["tokens"].numpy().tolist() == [[1, 0, 0], [2, 3, 4], [5, 6, 0]]
    assert targets["tags"].numpy().tolist() == [[1, 0, 0], [2, 0, 1], [2, 0, 0]]
    assert weights["tags"].numpy().tolist() == [[1, 0, 0], [1, 1, 1], [1, 1, 0]]
    assert split.class_counts()["tags"].tolist() == [2, 2, 2]


def test_fixed_length_is_static() -> None:
    split = Split(LookUp(tagged(2)), np.arange(3))
    specs = split.batches(3).element_spec
    assert [spec[name].shape.as_list() for spec, name in zip(specs, ("tokens", "tags", "tags"), strict=True)] == [
        [3, 2]
    ] * 3
    _, _, weights = next(iter(split.batches(3)))
    assert weights["tags"].numpy().tolist() == [[1, 0], [1, 1], [1, 1]]


@pytest.mark.parametrize(
    "column",
    [
        Dense(np.arange(12, dtype=np.int16).reshape(4, 3), FeatureSpec((3, 1), "int32")),
        Dense(np.arange(12, dtype=np.int16).reshape(4, 3) - 7, FeatureSpec((3,), "float32"), factor=1 / 32768),
        Ragged(np.arange(10, dtype=np.float32), np.array([0, 2, 2, 9, 10]), FeatureSpec((None,), "float32"), -1.0),
        Ragged(np.ones((10, 2), np.int32), np.array([0, 2, 2, 9, 10]), FeatureSpec((4, 2), "int32"), 0, 4),
        Windows(np.arange(20.0).reshape(10, 2), np.array([0, 1, 3, 6]), (0, 1, 3), FeatureSpec((3, 2), "float32")),
        Files(["1", "2", "3", "4"], lambda path: np.full((2,), int(path), np.uint8), FeatureSpec((2,), "float32")),
    ],
)
@pytest.mark.parametrize("resident", [True, False])
def test_tensorflow_reads_what_numpy_takes(column: Column, resident: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not resident:
        monkeypatch.setattr(tensor_readers, "RESIDENT_BYTES", 0)
    read = tensor_readers.reader(column, [])
    for rows in ([2, 0], [1], [3, 3, 1, 0]):
        indices = np.array(rows)
        found = tf.function(lambda rows: read(rows, None))(tf.constant(indices)).numpy()
        assert found.dtype == column.stored
        assert found.tolist() == column.take(indices).tolist()


@pytest.mark.parametrize("resident", [True, False])
def test_sequences_are_padded_to_the_steps_of_the_batch(resident: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not resident:
        monkeypatch.setattr(tensor_readers, "RESIDENT_BYTES", 0)
    column = Ragged(np.ones((10, 2), np.int32), np.array([0, 2, 2, 9, 10]), FeatureSpec((None, 2), "int32"), 7)
    found = tensor_readers.reader(column, [])(tf.constant([0, 3], tf.int64), tf.constant(4, tf.int64)).numpy()
    assert found[:, :, 0].tolist() == [[1, 1, 7, 7], [1, 7, 7, 7]]


def sentences(**settings: Any) -> Split:
    """50 sentences of 1 to 25 words; every word of sentence i is 2 + i, its tag i."""
    lengths = np.arange(50) // 2 + 1
    offsets = np.cumsum([0, *lengths])
    words = np.repeat(np.arange(50), lengths).astype(np.int32)
    spec = FeatureSpec((None,), "int32")
    column = Ragged(words + 2, offsets, spec, rare=settings.pop("rare", None))
    table = Table({"tokens": column}, {"tags": Ragged(words, offsets, spec)}, lengths="tokens")
    return Split(LookUp(table), np.arange(50), **{"seed": 1, **settings})


def seen(batches: Any) -> list[tuple[list[int], int]]:
    """Of each batch the sentences and the steps; targets and weights fit the words."""
    found = []
    for features, targets, weights in batches:
        tokens, tags = features["tokens"].numpy(), targets["tags"].numpy()
        mask = weights["tags"].numpy()
        assert tokens.shape == tags.shape == mask.shape
        assert (mask.sum(-1) == tags[:, 0] // 2 + 1).all() and ((tokens == tags + 2) == (mask > 0)).all()
        found.append((tags[:, 0].tolist(), tokens.shape[1]))
    return found


@pytest.mark.parametrize("by_length", [ByLength(), ByLength(tokens=60)])
def test_batches_by_length_have_every_example_once_and_resume_anywhere(by_length: ByLength) -> None:
    split = sentences(by_length=by_length)
    whole = seen(split.batches(8, epoch=3))
    assert sorted(row for rows, _ in whole for row in rows) == list(range(50))
    assert split.steps(8, epoch=3) == split.steps(8, epoch=0) == len(whole)
    for skip in (1, len(whole) - 1):
        assert seen(sentences(by_length=by_length).batches(8, epoch=3, skip=skip)) == whole[skip:]
    assert whole != seen(split.batches(8, epoch=4))
    assert whole != seen(sentences(by_length=by_length, seed=2).batches(8, epoch=3))
    assert [steps for _, steps in whole] != sorted(steps for _, steps in whole)  # batches are shuffled
    if by_length.tokens:
        assert all(len(rows) * steps <= 60 for rows, steps in whole)
    else:
        assert sorted(len(rows) for rows, _ in whole) == [2, 8, 8, 8, 8, 8, 8]
        assert all(steps - (min(rows) // 2 + 1) <= 5 for rows, steps in whole)


def test_file_order_is_never_by_length() -> None:
    found = seen(sentences(by_length=ByLength(tokens=60)).batches(20))
    assert [rows for rows, _ in found] == [list(range(20)), list(range(20, 40)), list(range(40, 50))]


def test_what_several_replicas_leave_out_is_left_to_chance_not_to_length() -> None:
    split = sentences(by_length=ByLength())
    left = set()
    for epoch in range(6):
        found = seen(split.batches(8, epoch=epoch, drop_remainder=True))
        assert [len(rows) for rows, _ in found] == [8] * 6 and split.steps(8, True, epoch) == 6
        left |= set(range(50)) - {row for rows, _ in found for row in rows}
    assert min(left) < 25


def test_rare_words_are_unknown_by_seed_epoch_and_place() -> None:
    rare = Rare(first=12, probability=0.5)

    def words(batch_size: int, epoch: int, **settings: Any) -> dict[int, list[int]]:
        batches = sentences(rare=rare, **settings).batches(batch_size, epoch=epoch, augment=True)
        return {
            row: tokens[: row // 2 + 1].tolist()
            for features, targets, _ in batches
            for row, tokens in zip(targets["tags"].numpy()[:, 0].tolist(), features["tokens"].numpy(), strict=True)
        }

    first = words(7, 1)
    assert first == words(20, 1) == words(7, 1, by_length=ByLength())
    assert first != words(7, 2) and first != words(7, 1, seed=2)
    assert all(set(first[row]) == {row + 2} for row in range(10))
    changed = np.array([word == 1 for row in range(10, 50) for word in first[row]])
    assert 0.4 < changed.mean() < 0.6
    untouched = next(iter(sentences(rare=rare).batches(50, epoch=1)))
    assert (untouched[0]["tokens"].numpy() != 1).all()


def test_numpy_and_tensorflow_mix_alike() -> None:
    numbers = np.array([0, 1, 2**40, 2**62])
    assert tensor_mixed(tf.constant(numbers), 3, 7).numpy().tolist() == mixed(numbers, 3, 7).tolist()


def test_a_file_that_breaks_on_the_way_is_told() -> None:
    def read(path: str) -> np.ndarray:
        if path == "b":
            raise DataError("the image cannot be decoded", file=path)
        return np.zeros(1, np.uint8)

    column = Files(["a", "b"], read, FeatureSpec((1,), "float32"))
    split = Split(LookUp(Table({"image": column}, {})), np.arange(2))
    assert split.failure is None
    with pytest.raises(tf.errors.OpError):
        list(split.batches(1))
    assert split.failure is not None and split.failure.file == "b"


def test_a_stratified_part_takes_the_classes_in_turn() -> None:
    values = np.array([0] * 15 + [1] * 5 + [2] * 3, np.uint8)
    table = Table(
        features={"image": Dense(np.arange(COUNT, dtype=np.uint8)[:, None], FeatureSpec((1,), "float32"))},
        targets={"label": Dense(values, FeatureSpec((), "int32"))},
    )
    split = Split(LookUp(table), np.arange(COUNT), seed=1, shuffle=False).stratified()
    found = values[split.indices].tolist()
    assert [sorted(found[start : start + 3]) for start in (0, 3, 6)] == [[0, 1, 2]] * 3
    assert sorted(found[9:13]) == [0, 0, 1, 1]
    assert sorted(split.indices.tolist()) == list(range(COUNT))
    again = Split(LookUp(table), np.arange(COUNT), seed=1).stratified()
    assert again.indices.tolist() == split.indices.tolist()
    other = Split(LookUp(table), np.arange(COUNT), seed=2).stratified()
    assert other.indices.tolist() != split.indices.tolist()
    (_, targets), *_ = split.batches(8).as_numpy_iterator()
    assert targets["label"].tolist() == found[:8]


def test_without_a_class_for_each_example_the_order_is_drawn_alone() -> None:
    split = make_split()
    table = Table(
        features=split.table.features, targets={"y": Dense(np.zeros(COUNT, np.float32), FeatureSpec((), "float32"))}
    )
    drawn = Split(LookUp(table), np.arange(COUNT), seed=1).stratified().indices.tolist()
    assert sorted(drawn) == list(range(COUNT)) != drawn


@pytest.mark.parametrize("dtype", ["float32", "int32", "float64", "uint8", ">f4"])
@pytest.mark.parametrize("shift", [0, 1])
def test_a_large_column_is_the_same_where_its_memory_is_shared(
    dtype: str, shift: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensor_readers, "SHARED_BYTES", 1)
    values = allocate((65 * np.dtype(dtype).itemsize,), "uint8").view(dtype)[shift:]  # shifted it cannot be shared
    values[:] = np.arange(len(values))
    tensor = on_host(values)
    assert tensor.numpy().tolist() == values.tolist() and "CPU" in tensor.device
    values[0] = 99
    assert (tensor.numpy()[0] == 99) == (shift == 0 and dtype != ">f4")
