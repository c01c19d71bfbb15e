"""The code of a bundle that brings sounds of any rate to a network's: in each language what the page of `Web` makes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tree_sitter_swift
from tree_sitter import Language, Parser

from nnspec.export.bundle.sounds import SCRIPTS, TEMPLATES, sound_files, sound_section

RATE, SAMPLES = 8000, 60
CASES = [(8000, 1, 100), (16000, 2, 200), (11025, 1, 40), (4000, 1, 50), (44100, 2, 800)]  # rate, channels, values


def bundle(activation: str = "softmax") -> tuple[Any, Any]:
    rule = {"kind": "sound", "sample_rate": RATE, "samples": SAMPLES, "range": [-1, 1]}
    inputs = {"sound": {"dtype": "float32", "shape": [1, SAMPLES]}}
    outputs = {"call": {"dtype": "float32", "shape": [1, 3]}}
    kinds = {"sound": rule}, {"call": {"kind": "classes", "activation": activation}}
    return {"name": "a\nname", "inputs": inputs, "outputs": outputs}, {"inputs": kinds[0], "outputs": kinds[1]}


def given() -> list[list[float]]:
    draw = np.random.default_rng(0)
    return [[round(float(value), 5) for value in draw.uniform(-1, 1, count)] for _, _, count in CASES]


def expected(values: list[float], rate: int, channels: int) -> np.ndarray:
    """The mean of the channels, each sample of the new rate by a sinc in a Blackman window of 16 lobes to either side."""
    mixed = np.reshape(values, (-1, channels)).mean(1)
    if rate != RATE:
        scale = min(1, RATE / rate) * 0.95
        reach, places = 16 / scale, np.arange(max(1, round(len(mixed) * RATE / rate)))
        far = np.arange(len(mixed)) - (places * rate / RATE)[:, None]
        share = np.where(np.abs(far) <= reach, far / reach, 1)
        window = 0.42 + 0.5 * np.cos(np.pi * share) + 0.08 * np.cos(2 * np.pi * share)
        mixed = (mixed * window * np.sinc(far * scale)).sum(1) * scale
    return np.concatenate([mixed, np.zeros(SAMPLES)])[:SAMPLES]


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def check(said: str) -> None:
    *lines, scores = said.splitlines()
    assert len(lines) == len(CASES)
    for values, (rate, channels, _), line in zip(given(), CASES, lines, strict=True):
        assert np.allclose([float(value) for value in line.split()], expected(values, rate, channels), atol=2e-5)
    assert scores.split() == ["b", "0.7", "c", "0.2", "a", "0.1"]


def written(folder: Path) -> Path:
    for name, content in sound_files(*bundle()).items():
        (folder / name).write_bytes(content)
    for number, values in enumerate(given()):
        (folder / f"{number}.txt").write_text("\n".join(map(str, values)) + "\n")
    return folder


CPP = """
#include "sounds.h"
#include <cstdio>
int main() {
  const int cases[][2] = {CASES};
  for (int number = 0; number < COUNT; ++number) {
    std::ifstream file(std::to_string(number) + ".txt");
    std::vector<float> read;
    for (float value; file >> value;) read.push_back(value);
    for (float value : sounds::samples(read, cases[number][0], cases[number][1])) std::printf("%.6f ", value);
    std::printf("\\n");
  }
  for (auto& pair : sounds::scored({0.1f, 0.7f, 0.2f}, {"a", "b", "c"})) std::printf("%s %.1f ", pair.first.c_str(), pair.second);
  std::printf("\\n");
  return sounds::of16Bits({-32768})[0] == -1 ? 0 : 1;
}
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler")
@pytest.mark.slow
def test_cpp(tmp_path: Path) -> None:
    folder = written(tmp_path)
    cases = ", ".join(f"{{{rate}, {channels}}}" for rate, channels, _ in CASES)
    (folder / "main.cpp").write_text(CPP.replace("CASES", cases).replace("COUNT", str(len(CASES))))
    run("g++", "-std=c++11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", "main", "main.cpp", cwd=folder)
    check(run("./main", cwd=folder))


NODE = """
import {readFileSync} from "node:fs";
import {fitted, mixed, resampled} from "./sounds.js";
import {chances} from "./decode.js";
JSON.parse(process.argv[2]).forEach(([rate, channels], number) => {
  const read = readFileSync(`${number}.txt`, "utf8").trim().split("\\n").map(Number);
  const parts = Array.from({length: channels}, (_, each) => Float32Array.from(read.filter((_, place) => place % channels === each)));
  console.log([...fitted(resampled(mixed(parts), rate, 8000), 60)].join(" "));
});
const labels = ["a", "b", "c"];
console.log([...chances([.1, .7, .2], "softmax")].map((score, place) => [labels[place], score]).sort((a, b) => b[1] - a[1]).flat().join(" "));
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
def test_javascript(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "main.js").write_text(NODE)
    check(run("node", "main.js", json.dumps(CASES), cwd=folder))


KOTLIN = """
import java.io.File
fun main() {
    listOf(CASES).forEachIndexed { number, case ->
        val read = File("$number.txt").readLines().map { it.toFloat() }.toFloatArray()
        println(Sounds.samples(read, case.first, case.second).joinToString(" "))
    }
    check(Sounds.of16Bits(shortArrayOf(-32768))[0] == -1f)
    println(Sounds.scored(floatArrayOf(0.1f, 0.7f, 0.2f), listOf("a", "b", "c")).joinToString(" ") { "${it.first} ${it.second}" })
}
"""


@pytest.mark.skipif(shutil.which("kotlinc") is None or shutil.which("java") is None, reason="no Kotlin compiler")
@pytest.mark.long
@pytest.mark.slow
def test_kotlin(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "main.kt").write_text(KOTLIN.replace("CASES", ", ".join(f"{rate} to {many}" for rate, many, _ in CASES)))
    run("kotlinc", "sounds.kt", "main.kt", "-include-runtime", "-d", "main.jar", cwd=folder)
    check(run("java", "-jar", "main.jar", cwd=folder))


SWIFT = """
import Foundation
let cases = [CASES]
for (number, one) in cases.enumerated() {
    let lines = try String(contentsOf: URL(fileURLWithPath: "\\(number).txt"), encoding: .utf8).split(separator: "\\n")
    print(Sounds.samples(lines.map { Float32($0)! }, rate: one.0, channels: one.1).map { "\\($0)" }.joined(separator: " "))
}
print(Sounds.scored([0.1, 0.7, 0.2], labels: ["a", "b", "c"]).map { "\\($0.label) \\($0.score)" }.joined(separator: " "))
"""


@pytest.mark.skipif(shutil.which("swiftc") is None, reason="no Swift compiler")
def test_swift(tmp_path: Path) -> None:
    folder = written(tmp_path)
    cases = ", ".join(f"({rate}, {channels})" for rate, channels, _ in CASES)
    (folder / "main.swift").write_text(SWIFT.replace("CASES", cases))
    run("swiftc", "sounds.swift", "main.swift", "-o", "main", cwd=folder)
    check(run("./main", cwd=folder))


def test_swift_parses_and_every_value_is_filled_in() -> None:
    for activation in ("softmax", "sigmoid", "linear"):
        made = sound_files(*bundle(activation))
        assert set(made) == {*TEMPLATES, *SCRIPTS} and not any(b"{{" in made[name] for name in TEMPLATES)
        assert "8000 Hz" in sound_section(*bundle(activation)) and "{{" not in sound_section(*bundle(activation))
        tree = Parser(Language(tree_sitter_swift.language())).parse(made["sounds.swift"])
        assert not tree.root_node.has_error


@pytest.mark.parametrize("spoil", ["any length", "two inputs", "no classes", "int8"])
def test_what_has_none(spoil: str) -> None:
    manifest, preprocessing = bundle()
    if spoil == "any length":
        manifest["inputs"]["sound"]["shape"] = [1, None]
    elif spoil == "two inputs":
        manifest["inputs"]["more"] = manifest["inputs"]["sound"]
    elif spoil == "no classes":
        preprocessing["outputs"]["call"]["kind"] = "array"
    else:
        manifest["inputs"]["sound"]["dtype"] = "int8"
    assert sound_files(manifest, preprocessing) == {} and sound_section(manifest, preprocessing) == ""
