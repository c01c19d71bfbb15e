"""Files that are no models of Keras are named as what they are, without TensorFlow."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from nnspec.importing.errors import ImportFailed
from nnspec.importing.read import read_model


@pytest.mark.parametrize(
    ("name", "content", "says", "hint"),
    [
        ("model.tflite", b"\x1c\0\0\0TFL3", "a TFLite file", "a .keras or .h5 file"),
        ("model", b"\x1c\0\0\0TFL3", "a TFLite file", "a .keras or .h5 file"),
        ("model.onnx", b"\x08\x07\x12\x07pytorch", "an ONNX file", "a .keras or .h5 file"),
        ("x.npy", b"\x93NUMPY\x01\0", "an array of NumPy", "save the whole model"),
        ("model.pkl", b"\x80\x04\x95", "a pickle", "--trust"),
        ("checkpoint", b"model_checkpoint_path", "a checkpoint of TensorFlow", "save the whole model"),
        ("best.ckpt.index", b"\0\0", "a checkpoint of TensorFlow", "save the whole model"),
        ("saved_model.pb", b"\x08\x01", "one file of a SavedModel", "name its folder"),
        ("frozen.pb", b"\n\x0b", "a graph of TensorFlow", "a .keras or .h5 file"),
        ("w.safetensors", b"\x08\0\0\0\0\0\0\0{}", "a file of weights alone", "save the whole model"),
    ],
)
def test_another_programs_file_is_named(name: str, content: bytes, says: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportFailed, match=says) as caught:
        read_model(tmp_path / name)
    assert hint in (caught.value.hint or "") and caught.value.file == str(tmp_path / name)


def test_an_archive_of_pytorch_is_no_keras_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt", "w") as archive:
        archive.writestr("model/data.pkl", b"")
    with pytest.raises(ImportFailed, match="a file of PyTorch"):
        read_model(tmp_path / "model.pt")
