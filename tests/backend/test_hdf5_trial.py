"""HDF5 files on which the HDF5 library itself fails: told as damaged, by a process that takes the blow."""

from __future__ import annotations

import json
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from nnspec.backend import hdf5_trial, model_contents
from nnspec.importing.errors import ImportFailed
from nnspec.importing.read import read_model

pytest.importorskip("h5py")

# What the fuzzer made of a model of ours: the text of an attribute lies where nothing is.
CRASHES = Path(__file__).parents[1] / "hostile/ends_the_library.h5.z"


@pytest.fixture
def crashing(tmp_path: Path) -> Path:
    path = tmp_path / "model.h5"
    path.write_bytes(zlib.decompress(CRASHES.read_bytes()))
    return path


@pytest.fixture(autouse=True)
def no_memory_of_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))


def archive(path: Path, weights: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("config.json", json.dumps({}))
        made.writestr("model.weights.h5", weights)
    return path


@pytest.mark.slow
def test_a_file_that_ends_the_library_ends_no_command(crashing: Path) -> None:
    with pytest.raises(ImportFailed, match=r"the HDF5 library ends on it \(SIG|is damaged"):
        read_model(crashing)


@pytest.mark.slow
def test_weights_that_end_the_library_are_damaged(crashing: Path, tmp_path: Path) -> None:
    with pytest.raises(model_contents.NoModelFile, match=r"the HDF5 library ends on it \(SIG|is damaged"):
        model_contents.look_through(archive(tmp_path / "model.keras", crashing.read_bytes()))


@pytest.mark.parametrize(
    ("ending", "told"), [(-11, "SIGSEGV"), (-24, "SIGXCPU"), (hdf5_trial.TOO_LARGE, "claims more memory")]
)
@pytest.mark.parametrize("in_archive", [False, True])
def test_how_the_process_ended_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: int, told: str, in_archive: bool
) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    code = f"import os, signal; os.kill(os.getpid(), {-ending})" if ending < 0 else f"raise SystemExit({ending})"
    monkeypatch.setattr(hdf5_trial, "own_python", lambda module, *arguments: [sys.executable, "-c", code])
    if in_archive:
        with pytest.raises(model_contents.NoModelFile, match=told):
            model_contents.look_through(archive(tmp_path / "model.keras", path.read_bytes()))
    else:
        with pytest.raises(ImportFailed, match=told):
            read_model(path)


def test_a_file_is_tried_once_and_again_when_it_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Path] = []
    monkeypatch.setattr(hdf5_trial, "_tried", lambda path: bool(tried.append(path)))
    path = tmp_path / "model.h5"
    path.write_bytes(b"one")
    for _ in range(2):
        hdf5_trial.survive(path)
    assert tried == [path]
    path.write_bytes(b"two")
    hdf5_trial.survive(path)
    assert tried == [path, path]
    path.write_bytes(b"our own")
    hdf5_trial.written_here(path)
    hdf5_trial.survive(path)
    assert tried == [path, path]


def test_all_that_a_file_holds_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import h5py

    read: list[str] = []
    whole = h5py.Dataset.__getitem__
    monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda self, key: (read.append(self.name), whole(self, key))[1])
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["a"] = "text"
        file["group/one"], file["two"] = [1.0], [2.0]
        file["group/again"] = file["/"]
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/")
        file.create_dataset("claimed", (1 << 20, 1 << 20), "f4", chunks=(1, 1024))
    with open(path, "rb") as raw:
        hdf5_trial._read(raw, 1000)
    assert sorted(read) == ["/group/one", "/two"]


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def takes_all(*_: object) -> None:
        raise MemoryError

    path = tmp_path / "model.h5"
    path.write_bytes(b"")
    monkeypatch.setattr(hdf5_trial, "_limit", lambda size: None)
    monkeypatch.setattr(hdf5_trial, "read_all", takes_all)
    monkeypatch.setattr(hdf5_trial, "refuse_endless", lambda raw: None)
    assert hdf5_trial.main(path) == hdf5_trial.TOO_LARGE
