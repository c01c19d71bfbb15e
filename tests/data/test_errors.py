from pathlib import Path

import pytest

from nnspec.data.errors import DataError
from nnspec.data.files import matching


def test_says_where_what_and_what_helps() -> None:
    error = DataError("too few columns", file="a.tsv", line=3, hint="name the separator")
    assert str(error) == "a.tsv:3: too few columns (name the separator)"
    assert str(DataError("no source")) == "no source"


def test_a_pattern_over_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold half of the data; a file where a folder is asked for holds none."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").touch()
    (tmp_path / "a" / "1.csv").touch()
    assert matching(tmp_path, "*/*.csv") == [tmp_path / "a" / "1.csv"]

    def refuses(folder: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuses)
    with pytest.raises(DataError, match="the folder cannot be read: Permission denied"):
        matching(tmp_path, "*/*.csv")
