"""Files of other programs, by how they begin or end: what each is, and what to import in its place."""

from __future__ import annotations

from pathlib import Path

from nnspec.importing.errors import ImportFailed

PROGRAM = ", a compiled program without layers"
SOURCE = "import the Keras model that it was made from, a .keras or .h5 file"
WHOLE = "load it into its model, and save the whole model as .keras"
CODE = "in Python, give the model back from a function, and import that: MODULE:FUNCTION --trust"
BEGINNINGS = (
    (4, b"TFL3", f"a TFLite file{PROGRAM}", SOURCE),
    (0, b"\x93NUMPY", "an array of NumPy", WHOLE),
    (0, b"GGUF", "a GGUF file, weights of a language model", "there is no Keras model to import"),
    (0, b"\x80", "a pickle, which runs code as it is read", CODE),
)
ENDINGS = {
    ".tflite": BEGINNINGS[0][2:],
    ".onnx": (f"an ONNX file{PROGRAM}", SOURCE),
    ".pb": (f"a graph of TensorFlow{PROGRAM}", SOURCE),
    ".index": ("a checkpoint of TensorFlow, weights alone", WHOLE),
    **dict.fromkeys((".pt", ".pth", ".bin"), ("a file of PyTorch", "write its layers as a spec")),
    ".safetensors": ("a file of weights alone", WHOLE),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), BEGINNINGS[3][2:]),
}


def refuse_other(path: Path, start: bytes) -> None:
    """Raises ImportFailed where a file is known to be another program's.

    Args:
        start: its first 8 bytes.
    """
    if path.name == "saved_model.pb":
        raise ImportFailed("this is one file of a SavedModel", hint=f"name its folder, {path.parent}")
    ending = ENDINGS.get(".index" if path.name == "checkpoint" else path.suffix.lower())
    found = next((said for at, magic, *said in BEGINNINGS if start[at:].startswith(magic)), ending)
    if found is not None:
        raise ImportFailed(f"this is {found[0]}", hint=found[1])
