"""Checkpoints: what goes in comes out, and nothing but a whole file is ever read."""

from __future__ import annotations

import random
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from nnspec.training.checkpoint import Checkpoints, Damaged, decode, encode, write_file


def whole(tree: object) -> bytes:
    return b"".join(bytes(part) for part in encode(tree))


TREE = {
    "values": [np.arange(6, dtype="float32").reshape(2, 3), np.array(3, "int64"), np.zeros((0, 4), "float16")],
    "half": np.array([1.5, -2], ml_dtypes.bfloat16),
    "plain": [True, None, "text", 1.1, float("inf"), (1, [2])],
    "nested": {"array": {"dict": 1}},
}


def test_everything_comes_back_with_type_and_shape() -> None:
    found = decode(whole(TREE))
    for before, after in zip(TREE["values"], found["values"], strict=True):
        assert before.dtype == after.dtype and before.shape == after.shape
        np.testing.assert_array_equal(before, after)
    assert found["half"].dtype == ml_dtypes.bfloat16 and found["half"].tolist() == [1.5, -2]
    assert found["plain"] == TREE["plain"] and found["nested"] == TREE["nested"]


def test_a_flipped_bit_or_a_cut_is_noticed_wherever_it_is() -> None:
    content, draw = whole(TREE), random.Random(0)
    for _ in range(200):
        broken = bytearray(content)
        broken[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        with pytest.raises(Damaged):
            decode(bytes(broken))
        with pytest.raises(Damaged):
            decode(content[: draw.randrange(len(content))])


def test_the_newest_whole_one_is_used_and_the_damaged_one_named(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2, 3):
        checkpoints.save(step, {"step": step})
    checkpoints.close()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["step-000000000002", "step-000000000003"]
    newest = tmp_path / kept[1]
    newest.write_bytes(newest.read_bytes()[:-1])
    found = Checkpoints(tmp_path).newest()
    assert found.tree == {"step": 2} and found.damaged == (newest,)


def test_what_cannot_be_written_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "gone")
    checkpoints.save(1, {})
    with pytest.raises(OSError, match="gone"):
        checkpoints.close()

    class Broken:
        def __buffer__(self, flags: int) -> memoryview:
            raise OSError(28, "No space left on device")

    with pytest.raises((OSError, TypeError)):
        write_file(tmp_path / "step-1", [b"start", Broken()])  # type: ignore[list-item]
    assert list(tmp_path.iterdir()) == []
