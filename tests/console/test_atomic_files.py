"""A file is replaced whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.console.atomic_files import replacing, write_text


@pytest.mark.parametrize("durable", [False, True])
def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "model.keras"
    write_text(path, "old")
    with pytest.raises(RuntimeError), replacing(path, durable=durable) as scratch:
        assert scratch.suffix == ".keras" and scratch.parent == tmp_path
        scratch.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
    with replacing(path, durable=durable) as scratch:
        scratch.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    path, other = tmp_path / "run.json", tmp_path / "other"
    with replacing(path) as scratch:
        name = scratch.name
        scratch.touch()
    (tmp_path / name).symlink_to(other)
    write_text(path, "new")
    assert path.read_text() == "new" and not other.exists()
