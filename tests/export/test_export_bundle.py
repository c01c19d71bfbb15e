"""Bundles: what is in them, that they prove themselves without TensorFlow, and that nothing in them can change unseen."""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tree_sitter_swift
from ai_edge_litert import schema_py_generated as schema
from export_networks import cnn, images, tagger, tflite
from tree_sitter import Language, Parser

import nnspec
from nnspec.cli.main import run
from nnspec.export.artifact import Artifact
from nnspec.export.bundle.check import check, check_file, digest, golden, seal
from nnspec.export.bundle.write import write_bundle
from nnspec.export.byte_input import takes_bytes
from nnspec.export.errors import ExportError
from nnspec.export.examples import Shapes
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.pipeline import export
from nnspec.export.tflite.flatbuffer import packed
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf

SENTENCES = "Anna\tB-PER\nwent\tO\nto\tO\nParis\tB-LOC\n\nBo\tB-PER\nslept\tO\n\n" * 6
TAGGER = """
nnspec: 1
name: tagger
description: A tagger <for> tests.
inputs: {tokens: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 4, mask_zero: true}
  - Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true}}}
  - {Dense: {units: $data.classes, activation: softmax}, name: tags}
data: {source: {Conll: {path: words.conll, lower: true}}, split: {validation: 0.25}}
train: {epochs: 1}
"""
# Python in which TensorFlow and Keras cannot be imported.
ALONE = "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "words.conll").write_text(SENTENCES, encoding="utf-8")
    (folder / "net.yaml").write_text(TAGGER, encoding="utf-8")
    nnspec.train(folder / "net.yaml", run=folder / "run")
    target = KindValue("TFLite", {"quantize": "none", "bundle": True, "license": "CC0-1.0"})
    with open(folder / "said", "wb") as said:  # of libraries in C++, past Python
        kept = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            (artifact,) = nnspec.export(folder / "net.yaml", run=folder / "run", targets=[target])
        finally:
            os.dup2(kept, 2)
            os.close(kept)
    assert artifact.bundle == folder / "run" / "export" / "tagger.bundle" and artifact.to_json()["bundle"]
    return artifact.bundle


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    copy = tmp_path / "tagger.bundle"
    copy.mkdir()
    for path in made.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    return copy


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of an image network at a fixed shape that takes bytes."""
    folder = tmp_path_factory.mktemp("pictures")
    target = tflite(quantize="none", preprocess="inside")
    card = ModelMetadata("digits", labels=tuple("0123456789"))
    artifact = export(cnn(), target, folder, name="digits", representative=whole_images, card=card)
    assert artifact.ok, artifact.reasons
    shapes = Shapes.of(takes_bytes(cnn(), whole_images), None)
    return write_bundle(artifact, shapes, card, folder / "digits.bundle", examples=shapes.rows(next(whole_images())))


def whole_images() -> Iterator[dict[str, np.ndarray]]:
    for batch in images():
        yield {name: np.round(value) for name, value in batch.items()}


def code(bundle: Path, language: str) -> str:
    return (bundle / "README.md").read_text(encoding="utf-8").split(f"```{language}\n")[1].split("```")[0]


def split(code: str, word: str) -> tuple[str, str]:
    """The lines that begin with a word, and the others."""
    lines = code.splitlines()
    first = [line for line in lines if line.startswith(word)]
    return "\n".join(first), "\n".join(line for line in lines if line not in first)


def compiled(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def alone(block: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs Python in which neither TensorFlow nor Keras can be imported."""
    command = [sys.executable, "-c", ALONE + block, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def seal_again(bundle: Path) -> None:
    """Makes manifest and seal anew, as one would who wants a change not to be seen."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    for name, entry in manifest["files"].items():
        entry |= {"bytes": (bundle / name).stat().st_size, "sha256": digest(bundle / name)}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    (bundle / "manifest.sha256").write_text(seal(bundle))


@pytest.mark.long
def test_the_interpreter_says_nothing(made: Path) -> None:
    """Where it says that it made a delegate; a run folder of `made` holds the bundle."""
    assert b"XNNPACK" not in (made.parents[2] / "said").read_bytes()


def test_what_is_in_it(bundle: Path) -> None:
    names = {path.name for path in bundle.iterdir()}
    assert names == {
        "model.tflite", "labels.txt", "vocabulary.txt", "preprocessing.json", "golden.npz", "manifest.json", "manifest.sha256", "README.md",
        "words.kt", "words.swift", "words.h", "encode.js", "decode.js",
    }  # fmt: skip
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert manifest["inputs"] == {"tokens": {"dtype": "int32", "shape": [1, None]}}
    assert manifest["outputs"] == {"tags": {"dtype": "float32", "shape": [1, None, 3]}}
    assert manifest["license"] == "CC0-1.0" and manifest["metric"]["name"] == "f1"
    assert manifest["provenance"]["spec"] == "net.yaml" and manifest["provenance"]["versions"]["keras"]
    assert set(manifest["files"]) == names - {"manifest.json", "manifest.sha256"}
    assert (bundle / "labels.txt").read_text().splitlines() == ["O", "B-LOC", "B-PER"]
    assert str(Path.cwd()) not in json.dumps(manifest) and "words.conll" not in json.dumps(manifest)


def test_preprocessing_says_how_words_become_numbers(bundle: Path) -> None:
    found = json.loads((bundle / "preprocessing.json").read_text())
    tokens = found["inputs"]["tokens"]
    assert (tokens["kind"], tokens["lower"], tokens["padding"], tokens["unknown"]) == ("words", True, 0, 1)
    assert re.fullmatch(tokens["pattern"], "Paris")
    tags = found["outputs"]["tags"]
    assert (tags["kind"], tags["labels"], tags["activation"]) == ("tags", "labels.txt", "softmax")


def test_the_model_carries_the_same_files(bundle: Path) -> None:
    with zipfile.ZipFile(bundle / "model.tflite") as archive:
        assert archive.namelist() == ["labels.txt", "vocabulary.txt", "preprocessing.json"]
        assert all(archive.read(name) == (bundle / name).read_bytes() for name in archive.namelist())


def test_golden_answers_are_the_files_own(bundle: Path) -> None:
    cases = golden(bundle / "golden.npz")
    assert len(cases) == 3 and all(
        set(features) == {"tokens"} and set(outputs) == {"tags"} for features, outputs in cases
    )
    assert check(bundle) == {"problems": [], "files": 11, "examples": 3, "max_difference": 0.0}


def test_it_is_proved_without_tensorflow(bundle: Path) -> None:
    block = "from nnspec.cli.main import run\nsys.exit(run(['verify', sys.argv[1]]) or run(['verify', sys.argv[2]]))"
    done = alone(block, str(bundle), str(bundle / "model.tflite"))
    assert done.returncode == 0, done.stderr[-1000:]
    first, second = done.stdout.splitlines()
    assert first.startswith("ok ") and first.endswith("3 answers within 0 of the golden ones")
    assert "builtin operations alone" in second


@pytest.mark.parametrize("which", ["made", "pictures"])
def test_the_readmes_python_runs(which: str, request: pytest.FixtureRequest) -> None:
    done = alone(code(request.getfixturevalue(which), "python"), cwd=request.getfixturevalue(which))
    assert done.returncode == 0, done.stderr[-1000:]
    difference, labels, *rest = done.stdout.splitlines()
    assert float(difference) == 0.0
    if which == "made":  # three words and a full stop, of which it knows none
        assert set(ast.literal_eval(labels)) <= {"O", "B-LOC", "B-PER"} and rest == ["[[1 1 1 1]] (1, 4)"]
    else:
        assert len(ast.literal_eval(labels)) == 1


def test_the_readmes_code_has_the_bundles_names_types_and_sizes(made: Path, pictures: Path) -> None:
    assert 'model.createInputBuffer("image")' in code(pictures, "kotlin")
    assert "writeInt8(ByteArray(144))" in code(pictures, "kotlin") and "readFloat()" in code(pictures, "kotlin")
    assert "[UInt8](repeating: 0, count: 144)" in code(pictures, "swift")
    assert 'output(named: "digit")' in code(pictures, "swift")
    assert '"image": new Tensor(new Uint8Array(144), [1, 12, 12, 1])' in code(pictures, "js")
    # A length that varies: the classic interpreter, which resizes.
    assert "val tokensIn = Array(1) { IntArray(length) }" in code(made, "kotlin")
    assert "val tagsOut = Array(1) { Array(length) { FloatArray(3) } }" in code(made, "kotlin")
    assert 'mapOf("tokens" to tokensIn), mapOf("tags" to tagsOut), "serving_default"' in code(made, "kotlin")
    assert 'resizeInput(named: "tokens", toShape: [1, length])' in code(made, "swift")
    for bundle in (made, pictures):
        assert "{{" not in (bundle / "README.md").read_text()


# What the C++ code uses of the runtime's API, so that a compiler may check it without the runtime.
RUNTIME = """
#include <cstdint>
#include <memory>
#include <vector>
union Data { char* raw; };
struct TfLiteTensor { Data data; };
enum TfLiteStatus { kTfLiteOk };
namespace tflite {
namespace ops { namespace builtin { struct BuiltinOpResolver {}; } }
struct FlatBufferModel { static std::unique_ptr<FlatBufferModel> BuildFromFile(const char*); };
struct SignatureRunner {
  TfLiteStatus ResizeInputTensor(const char*, const std::vector<int>&);
  TfLiteStatus AllocateTensors();
  TfLiteStatus Invoke();
  TfLiteTensor* input_tensor(const char*);
  const TfLiteTensor* output_tensor(const char*) const;
};
struct Interpreter { SignatureRunner* GetSignatureRunner(const char*); };
struct InterpreterBuilder {
  InterpreterBuilder(const FlatBufferModel&, const ops::builtin::BuiltinOpResolver&);
  TfLiteStatus operator()(std::unique_ptr<Interpreter>*);
};
}
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler")
@pytest.mark.parametrize("which", ["made", "pictures"])
def test_the_readmes_cpp_compiles(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    includes, body = split(code(request.getfixturevalue(which), "cpp"), "#include")
    includes = "\n".join(line for line in includes.splitlines() if "<" in line)  # the runtime's own are in RUNTIME
    (tmp_path / "main.cpp").write_text(f"{includes}\n{RUNTIME}\nint main() {{\n{body}\n}}\n")
    command = ["g++", "-std=c++17", "-fsyntax-only", "-Wall", "-Werror", "-Wno-unused-variable", "main.cpp"]
    compiled(command, tmp_path)


# What the Kotlin code uses: LiteRT 2's `CompiledModel` and `TensorBuffer`, the classic `Interpreter`, Android's assets.
# And `maxBy` as Kotlin has had it since 1.7, for compilers that are older.
LITERT = """\
package com.google.ai.edge.litert
import android.content.res.AssetManager
abstract class TensorBuffer {
  abstract fun writeInt(data: IntArray)
  abstract fun writeFloat(data: FloatArray)
  abstract fun writeInt8(data: ByteArray)
  abstract fun readInt(): IntArray
  abstract fun readFloat(): FloatArray
  abstract fun readInt8(): ByteArray
}
abstract class CompiledModel {
  abstract fun createInputBuffer(inputName: String, signature: String? = null): TensorBuffer
  abstract fun createOutputBuffer(outputName: String, signature: String? = null): TensorBuffer
  abstract fun run(inputs: Map<String, TensorBuffer>, outputs: Map<String, TensorBuffer>, signature: String? = null)
  companion object { fun create(assetManager: AssetManager, assetName: String): CompiledModel = TODO() }
}
"""
INTERPRETER = """\
package org.tensorflow.lite
import java.nio.ByteBuffer
class Interpreter(model: ByteBuffer) {
  fun runSignature(inputs: Map<String, Any>, outputs: Map<String, Any>, signatureKey: String) {}
}
"""
ANDROID = """\
package android.content.res
import java.io.FileInputStream
import java.io.InputStream
abstract class AssetFileDescriptor {
  abstract val startOffset: Long
  abstract val declaredLength: Long
  abstract fun createInputStream(): FileInputStream
}
abstract class AssetManager {
  abstract fun open(fileName: String): InputStream
  abstract fun openFd(fileName: String): AssetFileDescriptor
}
"""
AROUND = """\
package app
{imports}
abstract class Context {{ abstract val assets: android.content.res.AssetManager }}
inline fun IntRange.maxBy(selector: (Int) -> Float): Int = fold(first) {{ best, i -> if (selector(i) > selector(best)) i else best }}
fun ready(context: Context) {{
{body}
}}
"""


@pytest.mark.skipif(shutil.which("kotlinc") is None, reason="no Kotlin compiler")
@pytest.mark.parametrize("which", ["made", "pictures"])
@pytest.mark.long
def test_the_readmes_kotlin_compiles(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    imports, body = split(code(request.getfixturevalue(which), "kotlin"), "import ")
    sources = {"litert": LITERT, "interpreter": INTERPRETER, "android": ANDROID}
    sources["app"] = AROUND.format(imports=imports, body=body)
    for name, text in sources.items():
        (tmp_path / f"{name}.kt").write_text(text)
    command = ["kotlinc", *(f"{name}.kt" for name in sources), "-d", "classes"]
    compiled(command, tmp_path)


# What the Swift code uses of the pod TensorFlowLiteSwift 2.17, with its names and labels of arguments.
TENSORFLOWLITE = """\
import Foundation
public class Interpreter {
  public init(modelPath: String) throws {}
  public func signatureRunner(with key: String) throws -> SignatureRunner { fatalError() }
}
public class SignatureRunner {
  public func resizeInput(named name: String, toShape shape: Tensor.Shape) throws {}
  public func invoke(with inputs: [String: Data]) throws {}
  public func output(named name: String) throws -> Tensor { fatalError() }
}
public struct Tensor {
  public let data: Data
  public struct Shape: ExpressibleByArrayLiteral { public init(arrayLiteral: Int...) {} }
}
"""


@pytest.mark.skipif(shutil.which("swiftc") is None, reason="no Swift compiler")
@pytest.mark.parametrize("which", ["made", "pictures"])
@pytest.mark.long
def test_the_readmes_swift_compiles(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    (tmp_path / "TensorFlowLite.swift").write_text(TENSORFLOWLITE)
    (tmp_path / "main.swift").write_text(code(request.getfixturevalue(which), "swift"))
    compiled(["swiftc", "-emit-module", "-module-name", "TensorFlowLite", "TensorFlowLite.swift"], tmp_path)
    compiled(["swiftc", "-typecheck", "-I", ".", "main.swift"], tmp_path)


@pytest.mark.parametrize("which", ["made", "pictures"])
def test_the_readmes_swift_parses(which: str, request: pytest.FixtureRequest) -> None:
    parser = Parser(Language(tree_sitter_swift.language()))
    assert parser.parse(b"let x = [1, 2").root_node.has_error
    text = code(request.getfixturevalue(which), "swift")
    assert not parser.parse(text.encode()).root_node.has_error, text


@pytest.mark.parametrize(
    "name", ["model.tflite", "labels.txt", "vocabulary.txt", "golden.npz", "README.md", "preprocessing.json"]
)
def test_one_changed_byte_is_found_in_any_file(bundle: Path, name: str) -> None:
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    assert check(bundle)["problems"] == [f"{name} has changed: its SHA-256 is not that of the manifest"]
    assert run(["verify", str(bundle)]) == 5


@pytest.mark.parametrize("name", ["labels.txt", "golden.npz", "README.md"])
def test_a_missing_or_longer_file_is_found(bundle: Path, name: str) -> None:
    with open(bundle / name, "ab") as file:
        file.write(b"x")
    assert check(bundle)["problems"][0].startswith(f"{name} has ")
    (bundle / name).unlink()
    assert check(bundle)["problems"] == [f"{name} is missing"]


def test_another_answer_is_found(bundle: Path) -> None:
    """A manifest that was made anew for other answers does not hide that the model gives others."""
    arrays = dict(np.load(bundle / "golden.npz"))
    arrays["out.tags.2"] = arrays["out.tags.2"] + np.float32(0.01)
    np.savez(bundle / "golden.npz", **arrays)
    seal_again(bundle)
    problems = check(bundle)["problems"]
    assert len(problems) == 2 and problems[0].startswith("example 2: `tags` is 0.01 from")


@pytest.mark.parametrize(
    ("code", "says"), [("FlexTensorListStack", "needs Flex for FlexTensorListStack"), ("MyOp", "holds 1 custom")]
)
def test_an_operation_that_runtimes_lack_is_found(bundle: Path, code: str, says: str) -> None:
    content = (bundle / "model.tflite").read_bytes()
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    entry = model.operatorCodes[model.subgraphs[0].operators[-1].opcodeIndex]
    entry.builtinCode, entry.deprecatedBuiltinCode, entry.customCode = 32, 32, code
    (bundle / "model.tflite").write_bytes(packed(model))
    seal_again(bundle)
    (problem,) = check(bundle)["problems"]
    assert says in problem
    assert check_file(bundle / "model.tflite")["problems"] == [problem]


def test_a_folder_of_someone_elses_is_not_replaced(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes((pictures / "model.tflite").read_bytes())
    artifact = dataclasses.replace(GOOD, path=tmp_path / "model.tflite")
    place = tmp_path / "digits.bundle"
    place.mkdir()
    (place / "diary.txt").touch()
    shapes = Shapes.of(takes_bytes(cnn(), None), None)
    with pytest.raises(ExportError, match="is there already and is no bundle"):
        write_bundle(artifact, shapes, ModelMetadata("x"), place, examples=[])
    assert [path.name for path in place.iterdir()] == ["diary.txt"]
    with pytest.raises(ExportError, match="no example fits the file"):
        write_bundle(artifact, shapes, ModelMetadata("x"), tmp_path / "new.bundle", examples=[])
    with pytest.raises(ExportError, match="only a TFLite file that passed"):
        write_bundle(dataclasses.replace(artifact, ok=False), shapes, ModelMetadata("x"), place, examples=[])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["digits.bundle", "model.tflite"]


GOOD = Artifact(
    target="TFLite",
    quantize="none",
    path=Path(),
    bytes=0,
    ops={},
    flex_ops=0,
    custom_ops=0,
    fused_rnn_ops=0,
    max_abs_diff=0.0,
    metric_before=None,
    metric_after=None,
    latency_ms=None,
    runtimes=("interpreter",),
    ok=True,
)


def test_bytes_in_need_images_and_whole_numbers(tmp_path: Path) -> None:
    inside = tflite(preprocess="inside")
    with pytest.raises(ExportError, match="no input is one"):
        export(tagger(), inside, tmp_path, name="tagger")
    with pytest.raises(ExportError, match="'image' are not whole numbers from 0 to 255"):
        export(cnn(), inside, tmp_path, name="model", representative=images)
    assert not list(tmp_path.iterdir())
