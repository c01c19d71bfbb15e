"""The code of a bundle that makes pictures into what a model takes: in each language, to the bit what Pillow makes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tree_sitter_swift
from PIL import Image
from tree_sitter import Language, Parser

from nnspec.export.bundle.images import SCRIPTS, TEMPLATES, image_files, image_section

SIZES = [(12, 12), (9, 31), (40, 9), (23, 150), (3, 2)]  # width and height of pictures
RULES = [(color, way) for color in ("grey", "rgb") for way in ("nearest", "bilinear", "bicubic", "lanczos")]


def bundle(color: str, interpolation: str, dtype: str = "uint8", activation: str = "softmax") -> tuple[Any, Any]:
    """The manifest and the preprocessing of a network for pictures of 12 by 10."""
    shape = [1, 10, 12, 1 if color == "grey" else 3]
    rule = {"kind": "image", "size": [10, 12], "color": color, "interpolation": interpolation}
    inputs, outputs = {"image": {"dtype": dtype, "shape": shape}}, {"digit": {"dtype": "float32", "shape": [1, 3]}}
    kinds = {"image": rule}, {"digit": {"kind": "classes", "activation": activation}}
    return {"name": "a */ \n name", "inputs": inputs, "outputs": outputs}, {"inputs": kinds[0], "outputs": kinds[1]}


def pictures() -> list[np.ndarray]:
    """RGBA bytes."""
    draw = np.random.default_rng(0)
    found = [draw.integers(0, 256, (height, width, 4), np.uint8) for width, height in SIZES]
    for picture in found:
        picture[..., 3] = 255
    return found


def expected(picture: np.ndarray, color: str, interpolation: str) -> list[int]:
    image = Image.fromarray(picture[..., :3]).convert("L" if color == "grey" else "RGB")
    made = image.resize((12, 10), Image.Resampling[interpolation.upper()])
    return [int(value) for value in np.asarray(made).ravel()]


def written(folder: Path, *rule: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in image_files(*bundle(*rule)).items():
        (folder / name).write_bytes(content)
    for number, picture in enumerate(pictures()):
        (folder / f"{number}.bin").write_bytes(picture.tobytes())
    return folder


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def check(said: str, color: str, interpolation: str) -> None:
    lines = said.splitlines()
    assert len(lines) == len(SIZES) + 1
    for picture, line in zip(pictures(), lines[:-1], strict=True):
        assert [int(float(value)) for value in line.split()] == expected(picture, color, interpolation)
    assert lines[-1].split() == ["b", "0.7", "c", "0.2", "a", "0.1"]


CPP = """
#include "images.h"
#include <cstdio>
int main() {
  const int sizes[][2] = {SIZES};
  for (int number = 0; number < COUNT; ++number) {
    std::ifstream file(std::to_string(number) + ".bin", std::ios::binary);
    std::vector<char> read((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    for (float value : images::pixels(reinterpret_cast<uint8_t*>(read.data()), sizes[number][0], sizes[number][1])) std::printf("%d ", static_cast<int>(value));
    std::printf("\\n");
  }
  for (auto& pair : images::scored({0.1f, 0.7f, 0.2f}, {"a", "b", "c"})) std::printf("%s %.1f ", pair.first.c_str(), pair.second);
  std::printf("\\n");
}
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler")
@pytest.mark.parametrize(
    ("color", "interpolation"), [("grey", "bilinear"), ("rgb", "lanczos"), ("rgb", "nearest"), ("grey", "bicubic")]
)
@pytest.mark.slow
def test_cpp(tmp_path: Path, color: str, interpolation: str) -> None:
    folder = written(tmp_path, color, interpolation)
    sizes = ", ".join(f"{{{width}, {height}}}" for width, height in SIZES)
    (folder / "main.cpp").write_text(CPP.replace("SIZES", sizes).replace("COUNT", str(len(SIZES))))
    run("g++", "-std=c++11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", "main", "main.cpp", cwd=folder)
    check(run("./main", cwd=folder), color, interpolation)


NODE = """
import {readFileSync} from "node:fs";
import {pixels} from "./images.js";
import {chances} from "./decode.js";
const rule = JSON.parse(process.argv[2]);
JSON.parse(process.argv[3]).forEach(([width, height], number) => console.log([...pixels({data: new Uint8ClampedArray(readFileSync(`${number}.bin`)), width, height}, rule)].join(" ")));
const labels = ["a", "b", "c"];
console.log([...chances([.1, .7, .2], "softmax")].map((score, place) => [labels[place], score]).sort((a, b) => b[1] - a[1]).flat().join(" "));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
@pytest.mark.slow
def test_javascript(tmp_path: Path) -> None:
    folder = written(tmp_path, "rgb", "bicubic")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "main.js").write_text(NODE)
    rule = bundle("rgb", "bicubic")[1]["inputs"]["image"]
    check(run("node", "main.js", json.dumps(rule), json.dumps(SIZES), cwd=folder), "rgb", "bicubic")


KOTLIN = """
import java.io.File
fun main() {
    val sizes = listOf(SIZES)
    sizes.forEachIndexed { number, size ->
        val read = File("$number.bin").readBytes()
        val argb = IntArray(read.size / 4) { (255 shl 24) or (read[it * 4].toInt() and 255 shl 16) or (read[it * 4 + 1].toInt() and 255 shl 8) or (read[it * 4 + 2].toInt() and 255) }
        println(Images.bytes(argb, size.first, size.second).joinToString(" ") { (it.toInt() and 255).toString() })
    }
    println(Images.scored(floatArrayOf(0.1f, 0.7f, 0.2f), listOf("a", "b", "c")).joinToString(" ") { "${it.first} ${it.second}" })
}
"""


@pytest.mark.skipif(shutil.which("kotlinc") is None or shutil.which("java") is None, reason="no Kotlin compiler")
@pytest.mark.long
@pytest.mark.slow
def test_kotlin(tmp_path: Path) -> None:
    folder = written(tmp_path, "rgb", "bilinear")
    sizes = ", ".join(f"{width} to {height}" for width, height in SIZES)
    (folder / "main.kt").write_text(KOTLIN.replace("SIZES", sizes))
    run("kotlinc", "images.kt", "main.kt", "-include-runtime", "-d", "main.jar", cwd=folder)
    check(run("java", "-jar", "main.jar", cwd=folder), "rgb", "bilinear")


SWIFT = """
import Foundation
let sizes = [SIZES]
for (number, size) in sizes.enumerated() {
    let read = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\\(number).bin")))
    print(Images.pixels(rgba: read, width: size.0, height: size.1).map { String(Int($0)) }.joined(separator: " "))
}
print(Images.scored([0.1, 0.7, 0.2], labels: ["a", "b", "c"]).map { "\\($0.label) \\($0.score)" }.joined(separator: " "))
"""


@pytest.mark.skipif(shutil.which("swiftc") is None, reason="no Swift compiler")
def test_swift(tmp_path: Path) -> None:
    folder = written(tmp_path, "grey", "lanczos")
    (folder / "main.swift").write_text(SWIFT.replace("SIZES", ", ".join(map(str, SIZES))))
    run("swiftc", "images.swift", "main.swift", "-o", "main", cwd=folder)
    check(run("./main", cwd=folder), "grey", "lanczos")


def test_swift_parses(tmp_path: Path) -> None:
    text = image_files(*bundle("rgb", "bilinear"))["images.swift"]
    assert not Parser(Language(tree_sitter_swift.language())).parse(text).root_node.has_error


def test_every_rule_is_filled_in() -> None:
    for color, interpolation in RULES:
        for dtype, activation in (("uint8", "softmax"), ("float32", "linear")):
            described = bundle(color, interpolation, dtype, activation)
            made = image_files(*described)
            assert set(made) == {*TEMPLATES, *SCRIPTS}
            assert not any(b"{{" in made[name] for name in TEMPLATES)
            assert (
                made["images.h"]
                .decode()
                .splitlines()[0]
                .endswith("for a */ name. Pixels are resized to the bit as the network's training")
            )
            assert f"Images.{'bytes' if dtype == 'uint8' else 'pixels'}(" in image_section(*described)


@pytest.mark.parametrize("spoil", ["scale", "two inputs", "no classes", "int8"])
def test_what_has_none(spoil: str) -> None:
    manifest, preprocessing = bundle("rgb", "bilinear")
    if spoil == "scale":
        manifest["inputs"]["image"]["scale"] = 0.1
    elif spoil == "two inputs":
        manifest["inputs"]["more"] = manifest["inputs"]["image"]
    elif spoil == "no classes":
        preprocessing["outputs"]["digit"]["kind"] = "array"
    else:
        manifest["inputs"]["image"]["dtype"] = "int8"
    assert image_files(manifest, preprocessing) == {} and image_section(manifest, preprocessing) == ""
