"""The projects of a bundle: the Android app compiles against its interfaces and answers, the Swift package builds."""

from __future__ import annotations

import shutil
import subprocess
import xml.etree.ElementTree
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_swift
from tree_sitter import Language, Parser

from nnspec.export.bundle.images import image_files
from nnspec.export.bundle.projects import LITERT, LITERT_1, WORDS, project_files

ANDROID = Path(__file__).parent / "android_interfaces.kt"
APP = """
import org.example.classifier.Classifier
fun main() {
    val bitmap = android.graphics.Bitmap.createBitmap(5, 3, android.graphics.Bitmap.Config.ARGB_8888)
    println(Classifier(android.content.Context()).classify(bitmap).joinToString(" ") { "${it.first} ${it.second}" })
}
"""

PACKAGE = """// swift-tools-version:5.5
import PackageDescription
let package = Package(
    name: "App",
    platforms: [.macOS(.v10_15)],
    dependencies: [.package(path: "../Network")],
    targets: [.executableTarget(name: "App", dependencies: ["Network"])]
)
"""
USER = """
import Foundation
import Network
let rgba = [UInt8](repeating: 200, count: 5 * 3 * 4)
print(Network.given(rgba: rgba, width: 5, height: 3).map { "\\(Int($0))" }.joined(separator: " "))
print(Network.found([0.25, 0.5, 0.25]).map { "\\($0.label) \\($0.score)" }.joined(separator: " "))
print([Network.input, Network.output, try String(contentsOf: Network.model, encoding: .utf8)])
"""


def bundle(dtype: str = "uint8", runtimes: tuple[str, ...] = ("interpreter",)) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest and the preprocessing of a network for grey pictures of 4 by 4, whose names need quotes."""
    inputs, outputs = (
        {'a "$x"': {"dtype": dtype, "shape": [1, 4, 4, 1]}},
        {"digit": {"dtype": "float32", "shape": [1, 3]}},
    )
    rule = {"kind": "image", "size": [4, 4], "color": "grey", "interpolation": "bilinear"}
    kinds = {"inputs": {'a "$x"': rule}, "outputs": {"digit": {"kind": "classes", "activation": "softmax"}}}
    return {"name": "a\n*/ name", "inputs": inputs, "outputs": outputs, "runtimes": list(runtimes)}, kinds


def test_files_and_versions() -> None:
    found = project_files(*bundle())
    assert {*found} == {*WORDS}
    assert not any(b"{{" in text for text in found.values())
    assert f"litert:{LITERT_1}".encode() in found["build.gradle.kts"]
    compiled = project_files(*bundle(runtimes=("interpreter", "compiled_model")))
    assert f"litert:{LITERT}".encode() in compiled["build.gradle.kts"]
    assert b"CompiledModel" in compiled["MainActivity.kt"] and b"CompiledModel" not in found["MainActivity.kt"]
    for name in ("MainActivity.kt", "images.kt", "model.tflite", "labels.txt", "AndroidManifest.xml"):
        assert name.encode() in found["build.gradle.kts"]
    manifest = xml.etree.ElementTree.fromstring(found["AndroidManifest.xml"])
    names = [value for one in manifest.iter() for key, value in one.items() if key.endswith("name")]
    assert names[0] == ".MainActivity" and b"class MainActivity : Activity" in found["MainActivity.kt"]


def test_none_for_what_is_no_picture() -> None:
    manifest, preprocessing = bundle()
    preprocessing["outputs"]["digit"]["kind"] = "array"
    assert project_files(manifest, preprocessing) == {}


@pytest.mark.parametrize("name", ["Package.swift", "Network.swift"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_swift_package_parses(name: str, dtype: str) -> None:
    text = project_files(*bundle(dtype))[name]
    assert not Parser(Language(tree_sitter_swift.language())).parse(text).root_node.has_error


@pytest.mark.skipif(shutil.which("kotlinc") is None or shutil.which("java") is None, reason="no Kotlin compiler")
@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "runtimes"), [("uint8", ("compiled_model",)), ("float32", ("interpreter",))])
def test_the_android_app(tmp_path: Path, dtype: str, runtimes: tuple[str, ...]) -> None:
    """Compiled against stand-ins for Android and LiteRT, which only tell what they are given: the scores of the pixels."""
    given = bundle(dtype, runtimes)
    files = {**image_files(*given), **project_files(*given)}
    names = ["images.kt", "MainActivity.kt"]
    for name in names:
        (tmp_path / name).write_bytes(files[name])
    shutil.copy(ANDROID, tmp_path / "android.kt")
    (tmp_path / "main.kt").write_text(APP, encoding="utf-8")
    (tmp_path / "labels.txt").write_text("zero\none\ntwo\n", encoding="utf-8")
    packages = split_packages((tmp_path / "android.kt").read_text(encoding="utf-8"), tmp_path)
    command = ["kotlinc", *names, "main.kt", *packages, "-include-runtime", "-d", "main.jar"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    said = subprocess.run(["java", "-jar", "main.jar"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["two", "255.0", "one", "16.0", "zero", "0.0"]


def split_packages(text: str, folder: Path) -> list[str]:
    """A file for each package, as Kotlin wants them."""
    (folder / "android.kt").unlink()
    names = []
    for number, part in enumerate(text.split("\n// file\n")[1:]):
        names.append(f"interface{number}.kt")
        (folder / names[-1]).write_text(part, encoding="utf-8")
    return names


@pytest.mark.skipif(shutil.which("swift") is None, reason="no Swift compiler")
@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_an_app_of_the_swift_package(tmp_path: Path, dtype: str) -> None:
    """Built by Swift's own package manager, with the package as an app adds it."""
    given = bundle(dtype)
    folder, app = tmp_path / "Network", tmp_path / "App"
    (app / "Sources" / "App").mkdir(parents=True)
    folder.mkdir()
    for name, text in {**image_files(*given), **project_files(*given), "model.tflite": b"weights"}.items():
        (folder / name).write_bytes(text)
    (folder / "labels.txt").write_text("zero\none\ntwo\n", encoding="utf-8")
    (app / "Package.swift").write_text(PACKAGE, encoding="utf-8")
    (app / "Sources" / "App" / "main.swift").write_text(USER, encoding="utf-8")
    done = subprocess.run(["swift", "run", "App"], cwd=app, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    pixels, found, rest = done.stdout.splitlines()
    assert pixels.split() == ["200"] * 16 and found.split() == ["one", "0.5", "zero", "0.25", "two", "0.25"]
    assert rest == r'["a \"$x\"", "digit", "weights"]'
