import numpy as np

from nnspec.data.table import Dense, FeatureSpec, Files, Ragged, Table, Windows


def ragged(length: int | None = None) -> Ragged:
    flat = np.arange(1, 7, dtype=np.int32)  # [1], [2, 3, 4], [], [5, 6]
    return Ragged(flat, np.array([0, 1, 4, 4, 6]), FeatureSpec((length,), "int32"), 0, length)


def test_dense_takes_rows_and_adds_axes() -> None:
    column = Dense(np.arange(24).reshape(4, 2, 3), FeatureSpec((2, 3, 1), "float32"))
    taken = column.take(np.array([3, 0]))
    assert taken.shape == (2, 2, 3, 1)
    assert taken[:, 0, 0, 0].tolist() == [18, 0]


def test_ragged_pads_to_the_longest_of_the_batch() -> None:
    assert ragged().take(np.array([3, 0])).tolist() == [[5, 6], [1, 0]]
    assert ragged().take(np.array([1, 2])).tolist() == [[2, 3, 4], [0, 0, 0]]
    assert ragged().mask(np.array([1, 2])).tolist() == [[True] * 3, [False] * 3]


def test_ragged_of_fixed_length_cuts_and_pads() -> None:
    assert ragged(2).take(np.array([0, 1])).tolist() == [[1, 0], [2, 3]]
    assert ragged(2).lengths(np.arange(4)).tolist() == [1, 2, 0, 2]


def test_ragged_steps_may_have_channels() -> None:
    column = Ragged(np.ones((3, 2), np.float32), np.array([0, 1, 3]), FeatureSpec((None, 2), "float32"), -1)
    assert column.take(np.array([0, 1])).tolist() == [[[1, 1], [-1, -1]], [[1, 1], [1, 1]]]


def test_windows_share_their_series() -> None:
    series = np.arange(10.0)[:, None]
    column = Windows(series, np.array([0, 4]), range(3), FeatureSpec((3, 1), "float32"))
    assert column.take(np.array([1])).tolist() == [[[4.0], [5.0], [6.0]]]


def test_files_are_read_when_asked_for() -> None:
    read: list[str] = []

    def decode(path: str) -> np.ndarray:
        read.append(path)
        return np.full((1,), int(path), np.uint8)

    column = Files(["7", "8", "9"], decode, FeatureSpec((1,), "float32"))
    assert column.take(np.array([2, 0])).tolist() == [[9], [7]]
    assert read == ["9", "7"]


def test_table_knows_its_padding() -> None:
    dense = Dense(np.zeros(4), FeatureSpec((), "float32"))
    assert Table({"tokens": ragged()}, {"y": dense}, lengths="tokens").padded is not None
    assert Table({"tokens": ragged()}, {"y": dense}).padded is None
    assert len(Table({"tokens": ragged()}, {"y": dense})) == 4


def test_a_spec_reads_as_text() -> None:
    assert str(FeatureSpec((None, 3), "int32")) == "int32 [?, 3]"
