"""HDF5 files on which the HDF5 library itself fails: told as damaged, by a process that takes the blow."""

from __future__ import annotations

import base64
import sys
import zlib
from pathlib import Path

import pytest

from nnspec.importing import hdf5_trial
from nnspec.importing.errors import ImportFailed
from nnspec.importing.read import read_model

pytest.importorskip("h5py")

# What the fuzzer made of a model of ours: the text of an attribute lies where nothing is.
CRASHES = (
    b"c-rlnOK;Oa5P)~>M6wF4Qh_KBQCX(Ps#I-GTpC1DazGSO4oFpHoOr3Nx=yJb9;$K=HxB#&jy?9sFF^bxZo%uFNxT+KtDZ_V-"
    b"(@n7osHJB)_Ux(?dIm}%>5ZAu`E_$HCAK<oG$4)`rm=%Acr7N4768s-"
    b"(9fRAir%YJplWg*R7U}9+kj(PVXpbvFpcoMw~~x_4JjLZ$Za;`fccO2R&az?kBOi7o<s{E*qDe7wdI+ORv|PtPS-"
    b"&%Wh{?spjqW;`ia6wBIv%KC(9c50<u1e#xBXWbZtGw)KKD7*L9n96Q~}OA<Hs4utc>cDBWbzKGM%i=1WKQS)Z@V+R8gX^*@w;wZ_~o$~mmh!Y`"
    b"0(BPkuC%5<GFqLW6v)>&r?FMcbANGAW3A{rYwG;QFXxU!h9Sn8{S<JpT@)GxBHh0*IWtO#-"
    b"`pT*^U<@x;6=d$nq*=O;_#i7F(eFR*XyYgLeeJsaoTEKM5JZKRfFKBhAP9oEa?E3&0d(x2P5KOTd7nXhvX*@YKE2OSE%X_T+;0A}ANOZL>7T)V"
    b"UO#U20V~WlmH)HVv8J^;QfhS&1VIo4LEs^VYv)Nk#|Dc^AKDi?Pqv*4pC^fH$XV}qPi#F7kG`GKA-ZwNdADC~HDv{3-"
    b"8B~VyyZG3rmdqf{(9uwqv`SEeg2TvPQRb3?`5z6IqU?^`S=;WD9y|-J@fVktZ9SQZ?O8v#D`BS_Zx=6)w-*ECjYU79RQu-m0q8}cL4h4"
)


@pytest.fixture
def crashing(tmp_path: Path) -> Path:
    path = tmp_path / "model.h5"
    path.write_bytes(zlib.decompress(base64.b85decode(CRASHES)))
    return path


@pytest.mark.slow
def test_a_file_that_ends_the_library_ends_no_command(crashing: Path) -> None:
    with pytest.raises(ImportFailed, match=r"the HDF5 library ends on it \(SIG|is damaged"):
        read_model(crashing)


@pytest.mark.parametrize(
    ("ending", "told"), [(-11, "SIGSEGV"), (-24, "SIGXCPU"), (hdf5_trial.TOO_LARGE, "claims more memory")]
)
def test_how_the_process_ended_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: int, told: str) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    code = f"import os, signal; os.kill(os.getpid(), {-ending})" if ending < 0 else f"raise SystemExit({ending})"
    monkeypatch.setattr(hdf5_trial, "own_python", lambda module, *arguments: [sys.executable, "-c", code])
    with pytest.raises(ImportFailed, match=told):
        hdf5_trial.survive(path)


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def takes_all(path: Path) -> None:
        raise MemoryError

    path = tmp_path / "model.h5"
    path.write_bytes(b"")
    monkeypatch.setattr(hdf5_trial, "_limit", lambda path: None)
    monkeypatch.setattr(hdf5_trial.hdf5, "read_model", takes_all)
    assert hdf5_trial.main(path) == hdf5_trial.TOO_LARGE
