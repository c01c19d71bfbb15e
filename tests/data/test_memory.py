"""Mapped files are read as a whole where a map is all of its file."""

from pathlib import Path

import numpy as np

from nnspec.data.memory import ALIGNED, aligned, whole_map


def test_a_whole_map_is_read_to_where_tensors_begin(tmp_path: Path) -> None:
    values = np.arange(60, dtype=np.int16).reshape(5, 4, 3)
    np.save(tmp_path / "a.npy", values)
    found = whole_map(np.load(tmp_path / "a.npy", mmap_mode="r"))
    assert found is not None and not isinstance(found, np.memmap) and found.ctypes.data % ALIGNED == 0
    np.testing.assert_array_equal(found, values)


def test_parts_of_a_map_and_what_is_none_are_left(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(60).reshape(6, 10))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert all(whole_map(part) is None for part in (mapped[1:], mapped[:-1], mapped[::2], mapped[:, ::-1], mapped.T))
    assert whole_map(np.zeros(3)) is None
    (tmp_path / "a.npy").unlink()
    assert whole_map(mapped) is None
    assert aligned((2, 3), "float64").shape == (2, 3)
