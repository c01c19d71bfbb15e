"""Data inside of zip archives, and patterns in buckets: by their names alone, bounded, and never stale."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nnspec.data import facts, remote
from nnspec.data.config import DataConfig
from nnspec.data.dataset import load
from nnspec.data.errors import DataError
from nnspec.layers.types import KindValue

ROWS = {"in/a-1.csv": "a,y\n1,2\n3,4\n", "in/a-2.csv": "a,y\n5,6\n", "in/b.csv": "a,y\n7,8\n", "notes.txt": "no table"}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))


def packed(folder: Path, files: dict[str, Any] = ROWS, how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(folder / "data.zip", "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return folder / "data.zip"


def csv(address: str | list[str], **told: Any) -> DataConfig:
    return DataConfig(KindValue("Csv", {"path": address, "target": "y", **told}))


def rows(data: DataConfig, base: Path) -> int:
    assert facts.known(data, base).examples["train"] == len(load(data, base).parts["train"].indices)
    return len(load(data, base).parts["train"].indices)


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("zip://in/b.csv::data.zip", 1),
        ("zip://data.zip!/in/a-1.csv", 2),
        ("zip://in/a-*.csv::data.zip", 3),
        ("zip://in::data.zip", 4),
    ],
)
def test_what_is_inside(tmp_path: Path, address: str, count: int) -> None:
    packed(tmp_path)
    assert rows(csv(address), tmp_path) == count


def test_an_archive_that_changes_is_seen(tmp_path: Path) -> None:
    packed(tmp_path)
    data = csv("zip://in/b.csv::data.zip")
    assert rows(data, tmp_path) == 1
    packed(tmp_path, {"in/b.csv": "a,y\n1,2\n3,4\n5,6\n"})
    assert rows(data, tmp_path) == 3
    assert facts.absent(csv("zip://in/b.csv::none.zip"), tmp_path) is None  # the reading says what is wrong
    with pytest.raises(DataError, match="cannot read the archive"):
        facts.known(csv("zip://in/b.csv::none.zip"), tmp_path)


def test_an_archive_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path)
    asked: list[str] = []
    monkeypatch.setattr(remote, "fetched", lambda address: (asked.append(address), path)[1])
    assert rows(csv("zip://in/b.csv::https://example.org/data.zip"), tmp_path / "other") == 1
    assert set(asked) == {"https://example.org/data.zip"}


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("in/b.csv")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("files", "address", "message"),
    [
        (ROWS, "zip://in/c.csv::data.zip", r"no 'in/c.csv' in the archive.*did you mean 'in/b.csv'"),
        (ROWS, "zip://../b.csv::data.zip", "names nothing inside"),
        (ROWS, "zip://in/b.csv", "names nothing inside"),
        ({"in/../../b.csv": "a,y\n1,2\n"}, "zip://in::data.zip", "none that a copy could have"),
        ({"in/\\b.csv": "a,y\n1,2\n"}, "zip://in::data.zip", "none that a copy could have"),
        ({"in/b.csv": b"0" * (70 << 20)}, "zip://in/b.csv::data.zip", "over 100 times its size"),
    ],
)
def test_what_is_refused(tmp_path: Path, files: dict[str, Any], address: str, message: str) -> None:
    packed(tmp_path, files)
    with pytest.raises(DataError, match=message) as told:
        try:
            facts.known(csv(address), tmp_path)
        except DataError as error:
            raise DataError(f"{error.message} {error.hint}") from error
    assert told.value is not None
    assert not [path for path in tmp_path.rglob("*.csv") if path.suffix == ".csv" and path.is_file()]


def test_links_and_broken_archives(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr(link(), "/etc/passwd")
    with pytest.raises(DataError, match="is a link"):
        facts.known(csv("zip://in/b.csv::data.zip"), tmp_path)
    path = packed(tmp_path, how=zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"7,8", b"9,8"))
    with pytest.raises(DataError, match="cannot be read: Bad CRC"):
        facts.known(csv("zip://in/b.csv::data.zip"), tmp_path)
    path.write_bytes(b"no archive")
    with pytest.raises(DataError, match="cannot be read"):
        facts.known(csv("zip://in/b.csv::data.zip"), tmp_path)


def test_more_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed(tmp_path)
    monkeypatch.setenv(remote.ROOM, "10")
    with pytest.raises(DataError, match="more than the cache of copies takes"):
        facts.known(csv("zip://in/a-1.csv::data.zip"), tmp_path)


class Bucket:
    """A file system of keys, as fsspec tells of one."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def find(self, address: str, detail: bool) -> dict[str, Any]:
        folder = address.partition("://")[2].rstrip("/") + "/"
        found = {key: content for key, content in self.files.items() if key.startswith(folder)}
        return {key: {"ETag": str(hash(content)), "size": len(content)} for key, content in found.items()}

    def open(self, address: str, *_: Any, **__: Any) -> Any:
        import io

        return io.BytesIO(self.files[address.partition("://")[2]])


@pytest.mark.slow
def test_patterns_in_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket({f"data/{name}": content.encode() for name, content in ROWS.items()})
    monkeypatch.setattr(remote, "_system", lambda scheme: bucket)
    monkeypatch.setenv(remote.ALLOW, "data")
    data = csv("s3://data/in/a-*.csv")
    assert rows(data, tmp_path) == 3
    assert not list((tmp_path / "cache").rglob("b.csv"))  # it does not match
    bucket.files["data/in/a-3.csv"] = b"a,y\n9,9\n"
    assert rows(data, tmp_path) == 4
    with pytest.raises(DataError, match="no such file"):
        facts.known(csv("s3://data/in/c-*.csv"), tmp_path)
    with pytest.raises(DataError, match="a bucket is named"):
        facts.known(csv("s3://da*/in/c.csv"), tmp_path)
    with pytest.raises(DataError, match="no pattern can match"):
        facts.known(csv("https://example.org/a-*.csv"), tmp_path)
    assert remote.parted("https://example.org/a.csv?x=*") == ("https://example.org/a.csv?x=*", None)


@pytest.mark.slow
def test_a_list_of_files(tmp_path: Path) -> None:
    for name, content in ROWS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    packed(tmp_path)
    assert rows(csv(["in/b.csv", "in/a-*.csv"]), tmp_path) == 4
    assert rows(csv(["zip://in/b.csv::data.zip", "in/a-1.csv"]), tmp_path) == 3
    examples = load(csv(["in/b.csv", "in/a-1.csv"]), tmp_path).parts["train"].examples
    assert [file.name for file in examples.files] == ["b.csv", "a-1.csv"]
    for paths, message in (
        (["in/b.csv", "in/*.csv"], "lists the file twice"),
        (["in/b.csv", "none-*.csv"], "no file is there"),
        (["in/b.csv", "none.csv"], "No such file"),
        ([], "lists no file"),
    ):
        with pytest.raises(DataError, match=message):
            load(csv(paths), tmp_path)


def test_a_list_of_texts(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("good\tso nice\nbad\tso sad\n")
    (tmp_path / "b.tsv").write_text("good\tvery nice\nodd\n")
    data = DataConfig(KindValue("Text", {"path": ["b.tsv", "a.tsv"], "on_error": "skip"}))
    examples = load(data, tmp_path).parts["train"].examples
    assert examples.texts(range(3)) == ["very nice", "so nice", "so sad"]
    assert [Path(examples.place(index) or "").name for index in range(3)] == ["b.tsv:1", "a.tsv:1", "a.tsv:2"]
    assert [(Path(str(one.file)).name, one.line) for one in examples.problems[:1]] == [("b.tsv", 2)]
    assert facts.known(data, tmp_path).examples["train"] == 3
