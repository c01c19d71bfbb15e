"""The README of a bundle: what the model takes and gives, and code that runs it, with the bundle's own names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nnspec.export.bundle import images, projects, sounds, subwords, words
from nnspec.export.bundle.code import snippets
from nnspec.export.bundle.images import image_section
from nnspec.export.bundle.projects import LITERT, LITERT_1
from nnspec.export.bundle.sounds import sound_section
from nnspec.export.bundle.subwords import subword_section
from nnspec.export.bundle.templates import filled, paragraphs, read
from nnspec.export.bundle.words import word_section
from nnspec.export.model_metadata import ModelMetadata

# Releases that their makers name, with the least Android SDK, and of the pod; newer ones load the file, too.
LEAST_SDK, LEAST_SDK_1, POD = 23, 21, "2.17.0"
SENTENCES = {
    "model.tflite": "the model; labels, vocabulary and preprocessing are in it as well, as TFLite metadata",
    "model_data.cc": "the model as a C array, at a multiple of 16 bytes",
    "model_data.h": "its declaration, and how large the arena is",
    "micro_main.cc": "an example for TensorFlow Lite Micro, with the operations of the model alone",
    "labels.txt": "the classes, one a line, in the order of the output's last axis",
    "tokenizer.json": "what cuts a text into the pieces of vocabulary.txt, for the library tokenizers",
    "vocabulary.txt": "the words, one a line; a word's number is its line, counted from 0 (0 padding, 1 unknown)",
    **images.WORDS,
    **projects.WORDS,
    **sounds.WORDS,
    **words.WORDS,
    **subwords.WORDS,
    "preprocessing.json": "what is done to each input before the model gets it, and what each output means",
    "golden.npz": "real inputs and the file's answers to them",
    "manifest.json": "inputs and outputs, licence, provenance, metrics, SHA-256 of every file",
    "manifest.sha256": "that of the manifest: `sha256sum --check manifest.sha256`",
}


def readme(manifest: Mapping[str, Any], card: ModelMetadata, folder: Path) -> str:
    """The text. Names in the code are those of the manifest's inputs and outputs."""
    given = card.preprocessing.get("inputs", {})
    labelled = (name for name, port in manifest["outputs"].items() if card.labelled(name, tuple(port["shape"])))
    spoken = (name for name in manifest["inputs"] if given.get(name, {}).get("kind") in ("words", "subwords"))
    compiled = "compiled_model" in manifest["runtimes"]
    values = {
        "name": paragraphs(card.name),
        "description": paragraphs(card.description),
        "task": card.task,
        "license": paragraphs(card.license or "not said"),
        "inputs": _table(manifest["inputs"], given),
        "outputs": _table(manifest["outputs"], card.preprocessing.get("outputs", {})),
        "files": _files(folder),
        "metric": _metric(manifest["metric"]),
        "runtimes": " and ".join(manifest["runtimes"]),
        "least": manifest["least_runtime"],
        "android": _android(compiled),
        "apple": _apple(manifest["least_runtime"]),
        "browser": _browser(compiled),
        **snippets(manifest, next(labelled, None), next(spoken, None), card.tokenizer is not None),
    }
    text = filled(read("nnspec.export.bundle", "README.template.md"), values)
    sections = (image_section, sound_section, word_section)
    text += "".join(section(manifest, card.preprocessing) for section in sections)
    return text + subword_section(card.tokenizer, card.preprocessing)


def _android(compiled: bool) -> str:
    """What `build.gradle.kts` needs: LiteRT 2 has CompiledModel, LiteRT 1 the Interpreter for older phones."""
    version, sdk = (LITERT, LEAST_SDK) if compiled else (LITERT_1, LEAST_SDK_1)
    lines = (
        f"In `build.gradle.kts`, with `minSdk = {sdk}` or more:",
        "",
        "```text",
        'android { androidResources { noCompress += "tflite" } }',
        "repositories { google() }",
        f'dependencies {{ implementation("com.google.ai.edge.litert:litert:{version}") }}',
        "```",
    )
    return "\n".join(lines)


def _apple(least: str) -> str:
    if tuple(map(int, least.split("."))) > tuple(map(int, POD.split("."))):
        return f"No release of the pod `TensorFlowLiteSwift` loads this file: it needs {least}, and the last is {POD}."
    return f'In the `Podfile`:\n\n```text\npod "TensorFlowLiteSwift", "~> {POD}"\n```'


def _table(ports: Mapping[str, Any], described: Mapping[str, Any]) -> str:
    rows = [
        f"| `{name}` | {port['dtype']} | {' × '.join('any' if size is None else str(size) for size in port['shape'])} "
        f"| {described.get(name, {}).get('meaning', '')} |"
        for name, port in ports.items()
    ]
    return "\n".join(["| name | type | shape | meaning |", "|---|---|---|---|", *rows])


def _files(folder: Path) -> str:
    written = {*(path.name for path in folder.iterdir()), "manifest.json", "manifest.sha256"}
    return "\n".join(f"- `{name}`: {text}" for name, text in SENTENCES.items() if name in written)


def _metric(found: Mapping[str, Any]) -> str:
    if found["file"] is None:
        return "It was not measured on data held back."
    return (
        f"Its {found['name']} on data held back is {found['file']:.4f}, that of the Keras model {found['keras']:.4f}."
    )


def _browser(compiled: bool) -> str:
    if compiled:
        return "`npm install @litertjs/core`; serve its `wasm` folder beside the model, from any static server."
    return "LiteRT.js takes fixed shapes alone, so not this file: export it with a `length`. Then:"
