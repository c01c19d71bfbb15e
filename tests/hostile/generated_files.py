"""Sources, READMEs and Python files of hostile names, held against those of tame ones, for `cases_generated.py`."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

TAME = "plain"
COMMENT = re.compile(r"^\s*//.*")
IMAGES = {
    "inputs": {
        "image": {"kind": "image", "size": [8, 8], "color": "grey", "interpolation": "bilinear", "meaning": "a"}
    },
    "outputs": {"out": {"kind": "classes", "activation": "softmax", "meaning": "the chance of each class"}},
}
WORDS = {
    "inputs": {"text": {"kind": "words", "pattern": r"\w+$\f", "lower": True, "digits": False, "unknown": 1}},
    "outputs": {"out": {"kind": "tags", "meaning": "tags"}},
}
PORTS: dict[str, Any] = {
    "image": {"dtype": "float32", "shape": [1, 8, 8, 1]},
    "text": {"dtype": "int32", "shape": [1, 12]},
    "out": {"dtype": "float32", "shape": [1, 2]},
}


def sources(given: Path) -> str:
    """The sources of bundles whose name is the text of a file: a name changes nothing but what comments say."""
    name = given.read_text(encoding="utf-8", errors="surrogatepass")
    found, plain = _sources(name), _sources(TAME)
    for file, text in found.items():
        lines, tame = text.split("\n"), plain[file].split("\n")
        assert len(lines) == len(tame), f"{file} has lines of the name"
        _is_shown_as_it_is(text)
        for one, other in zip(lines, tame, strict=True):
            assert one == other or (COMMENT.match(one) and COMMENT.match(other)), f"{file}: {one!r:.200}"
            assert not one.endswith("\\"), f"{file}: a comment goes on in the next line"
    return f"{len(found)} sources"


def _sources(name: str) -> dict[str, str]:
    from nnspec.export.bundle import micro
    from nnspec.export.bundle.images import image_files
    from nnspec.export.bundle.words import word_files

    micro.ports_of = lambda content: ({"image": 0}, {"out": 0})  # type: ignore[assignment]  # of a file that is none
    operations = ["CONV_2D", "SOFTMAX"]
    manifest = _manifest(name, "image") | {"micro": {"arena_bytes": 1000, "operations": operations}}
    made = micro.micro_files(b"TFL3", manifest) | image_files(manifest, IMAGES)
    made |= word_files(_manifest(name, "text"), WORDS)
    assert {"micro_main.cc", "images.kt", "words.kt"} <= set(made)
    return {file: content.decode() for file, content in made.items()}


def _manifest(name: str, given: str) -> dict[str, Any]:
    return {
        "name": name,
        "inputs": {given: PORTS[given]},
        "outputs": {"out": PORTS["out"]},
        "runtimes": ["interpreter"],
        "least_runtime": "2.5.0",
        "metric": {"name": None, "keras": None, "file": None},
    }


def readmes(given: Path) -> str:
    """The README of a bundle whose name, description and licence are the text of a file."""
    text = given.read_text(encoding="utf-8", errors="surrogatepass")
    found, plain = _readme(text), _readme(TAME)
    _is_shown_as_it_is(found)
    for mark in ("```", "<", "\n#", "\n|"):
        assert found.count(mark) == plain.count(mark), f"{mark!r} comes from the name"
    code = re.compile(r"```\w+\n(.*?)```", re.DOTALL)
    assert code.findall(found) == code.findall(plain)
    return "a README"


def _readme(text: str) -> str:
    from nnspec.export.bundle.readme import readme
    from nnspec.export.model_metadata import ModelMetadata

    card = ModelMetadata(text, text, "classification", text, ("a", "b"), preprocessing=IMAGES)
    return readme(_manifest(text, "image"), card, Path.cwd())


def python(spec: Path) -> str:
    """The Python file of a spec: the modules that it imports, and the names that it calls, are Keras's alone."""
    from nnspec.api import to_python
    from nnspec.frontend.diagnostics import SpecError

    try:
        text = to_python(spec)
    except SpecError as error:
        return f"refused: {str(error)!a}"
    _is_shown_as_it_is(text)
    tree = ast.parse(text)
    docs = ast.get_docstring(tree)
    assert docs is not None and "Made of" in docs
    for statement in tree.body[1:]:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            assert ast.unparse(statement) in ("import keras", "from keras import layers"), ast.unparse(statement)
        else:
            assert isinstance(statement, ast.FunctionDef | ast.If), ast.unparse(statement)
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    odd = {one for one in called if not one.startswith(("keras.", "layers.", "build", "compiled", "model."))}
    assert all(re.fullmatch(r"layers\.\w+\(.*\)", one, re.DOTALL) for one in odd), odd
    return "a Python file"


def bundle(folder: Path) -> str:
    """A bundle of hostile inputs and outputs: in its manifest and its code they have names that every language takes."""
    manifest = json.loads((folder / "manifest.json").read_text())
    names = [*manifest["inputs"], *manifest["outputs"]]
    assert len(names) == 4 and all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name) for name in names), names
    text = (folder / "README.md").read_text()
    assert not any(mark in text for mark in ("import os", "exit(0)", "<b>", "${x}"))
    _is_shown_as_it_is(text)
    return "a bundle"


def _is_shown_as_it_is(text: str) -> None:
    from nnspec.console.formatting import visible

    assert visible(text) == text, "it has characters that are not shown, or turn others around"
