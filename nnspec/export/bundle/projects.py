"""Projects around a bundle's files that build as they stand: an Android app by Gradle, a Swift package.

A bundle has no folders within, so that both lie in it as files, and name the others where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.export.bundle.images import image_ports
from nnspec.export.bundle.templates import filled, kotlin_text, read, remark, swift_text

LITERT, LITERT_1 = "2.1.5", "1.4.2"  # with CompiledModel, and with the Interpreter alone; newer ones load the file, too
WORDS = {
    "build.gradle.kts": "an Android app of this folder: `gradle assembleDebug` in a copy of it",
    "settings.gradle.kts": "where Gradle finds what it builds with",
    "gradle.properties": "settings of Gradle",
    "AndroidManifest.xml": "what the app is called and begins with",
    "MainActivity.kt": "the app: from a picture of the phone to labels with scores",
    "Package.swift": "a Swift package of this folder, for the app's own runtime",
    "Network.swift": "what the package gives: the model, what it is given, what its scores mean",
}
COMPILED = """\
    private val model = CompiledModel.create(context.assets, "model.tflite")
    private val inputs = mapOf({{input_text}} to model.createInputBuffer({{input_text}}))
    private val outputs = mapOf({{output_text}} to model.createOutputBuffer({{output_text}}))

    private fun scores(given: {{array}}): FloatArray {
        inputs.getValue({{input_text}}).write{{word}}(given)
        model.run(inputs, outputs)
        return outputs.getValue({{output_text}}).readFloat()
    }
"""
INTERPRETED = """\
    private val interpreter = context.assets.openFd("model.tflite").use {
        val channel = it.createInputStream().channel
        Interpreter(channel.map(FileChannel.MapMode.READ_ONLY, it.startOffset, it.declaredLength))
    }

    private fun scores(given: {{array}}): FloatArray {
        val values = ByteBuffer.allocateDirect(given.size * {{bytes}}).order(ByteOrder.nativeOrder())
        values{{as}}.put(given)
        values.rewind()
        val found = Array(1) { FloatArray({{classes}}) }
        interpreter.runSignature(mapOf({{input_text}} to values), mapOf({{output_text}} to found), "serving_default")
        return found[0]
    }
"""


def project_files(manifest: Mapping[str, Any], preprocessing: Mapping[str, Any]) -> dict[str, bytes]:
    """Their files by name; none where the model is none for pictures and classes."""
    ports = image_ports(manifest, preprocessing)
    if ports is None:
        return {}
    values = _values(manifest, *ports)
    return {name: filled(read("nnspec.export.bundle", f"project_{name}.template"), values).encode() for name in WORDS}


def _values(manifest: Mapping[str, Any], given: str, answer: str) -> dict[str, str]:
    is_bytes = manifest["inputs"][given]["dtype"] == "uint8"
    compiled = "compiled_model" in manifest["runtimes"]
    values = {
        "name": remark(str(manifest["name"])),
        "read": "bytes" if is_bytes else "pixels",
        "swift_type": "UInt8" if is_bytes else "Float32",
        "litert": LITERT if compiled else LITERT_1,
    }
    kotlin = {
        "input_text": kotlin_text(given),
        "output_text": kotlin_text(answer),
        "array": "ByteArray" if is_bytes else "FloatArray",
        "word": "Int8" if is_bytes else "Float",
        "bytes": "1" if is_bytes else "4",
        "as": "" if is_bytes else ".asFloatBuffer()",
        "classes": str(manifest["outputs"][answer]["shape"][-1]),
    }
    buffers = ["java.nio.ByteBuffer", "java.nio.ByteOrder", "java.nio.channels.FileChannel"]
    runtime = "com.google.ai.edge.litert.CompiledModel" if compiled else "org.tensorflow.lite.Interpreter"
    imports = [*([] if compiled else buffers), runtime]
    return {
        **values,
        "imports": "\n".join(f"import {one}" for one in imports),
        "runner": filled(COMPILED if compiled else INTERPRETED, kotlin),
        "input_text": swift_text(given),
        "output_text": swift_text(answer),
    }
