"""Code that runs a bundle's model, in five languages, with its own names, types and sizes.

A size that varies is called `length`. APIs: LiteRT's CompiledModel and TensorFlow Lite's Interpreter for Android,
TensorFlowLiteSwift's SignatureRunner, the C++ SignatureRunner, `@litertjs/core`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.export.names import identifier

Ports = Mapping[str, Mapping[str, Any]]

# By dtype: Kotlin's array, and the word for it in the methods of LiteRT's TensorBuffer; the types of the others. A
# language that has none for a type has no code for the model.
BYTES = ("ByteArray", "Int8")
KOTLIN = {"float32": ("FloatArray", "Float"), "int32": ("IntArray", "Int"), "uint8": BYTES, "int8": BYTES}
KOTLIN |= {"int64": ("LongArray", "Long"), "bool": ("BooleanArray", "Boolean")}
SWIFT = {"float32": "Float32", "int32": "Int32", "uint8": "UInt8", "int8": "Int8", "int16": "Int16", "int64": "Int64"}
SWIFT |= {"bool": "Bool"}
CPP = {"float32": "float", "int32": "int32_t", "uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t"}
CPP |= {"int64": "int64_t", "bool": "bool", "float64": "double"}
JAVASCRIPT = {"float32": "Float32Array", "int32": "Int32Array", "uint8": "Uint8Array", "int8": "Int8Array"}
TYPES: Mapping[str, Mapping[str, Any]] = {"kotlin": KOTLIN, "swift": SWIFT, "cpp": CPP, "javascript": JAVASCRIPT}
UNREADABLE = {"swift": {"int8"}}  # of outputs: TensorFlowLiteSwift's `Tensor.DataType` has none, and `output` throws
DECLARED = {
    "kotlin": "val length = 8  // of this input",
    "swift": "let length = 8  // of this input",
    "cpp": "const int length = 8;  // of this input",
}


def snippets(manifest: Mapping[str, Any], labels: str | None, words: str | None, cut: bool = False) -> dict[str, str]:
    """Code by language: python, kotlin, swift, cpp, javascript.

    Args:
        labels: the output that has a value for each label, if one has.
        words: the input that takes the numbers of words, if one does. cut: whether these are pieces of words.
    """
    inputs, outputs = manifest["inputs"], manifest["outputs"]
    makers = {
        "python": _python(labels, words, cut),
        "kotlin": _kotlin(inputs, outputs, labels, "compiled_model" in manifest["runtimes"]),
        "swift": _swift(inputs, outputs, labels),
        "cpp": _cpp(inputs, outputs),
        "javascript": _javascript(inputs, outputs, labels),
    }
    return {
        language: f"// There is no code here for values of the type {lacks}."
        if (lacks := ", ".join(sorted(_lacking(language, inputs, outputs))))
        else "\n".join(_declared(language, inputs, lines))
        for language, lines in makers.items()
    }


def _lacking(language: str, inputs: Ports, outputs: Ports) -> set[str]:
    """The types that a language cannot give to the model, or cannot read."""
    given, answered = ({port["dtype"] for port in ports.values()} for ports in (inputs, outputs))
    used = given | answered
    return used - set(TYPES.get(language, used)) | answered & UNREADABLE.get(language, set())


def _declared(language: str, inputs: Ports, lines: Iterator[str]) -> Iterator[str]:
    """The lines, and behind the imports what `length` is, where a size varies."""
    varies = any(None in port["shape"] for port in inputs.values())
    for line in lines:
        yield line
        if varies and not line and language in DECLARED:
            yield DECLARED[language]
            varies = False


def _variable(name: str, side: str) -> str:
    """A name for a value in code: `tokensIn`, `tagsOut`."""
    return identifier(name) + side


def sizes(shape: Sequence[int | None]) -> str:
    """`1, 28, 28, 1`, or `1, length`."""
    return ", ".join("length" if size is None else str(size) for size in shape)


def count(shape: Sequence[int | None]) -> str:
    """How many values: `784`, `length` or `length * 9`."""
    product = 1
    for size in shape:
        product *= size or 1
    factors = ["length" for size in shape if size is None] + ([str(product)] if product > 1 else [])
    return " * ".join(factors) or "1"


def _python(labels: str | None, words: str | None, cut: bool) -> Iterator[str]:
    if words and cut:
        yield from ("from pathlib import Path", "")
    elif words:
        yield from ("import json", "import re", "from pathlib import Path", "")
    elif labels:
        yield from ("from pathlib import Path", "")
    yield from (
        "import numpy as np",
        "from ai_edge_litert.interpreter import Interpreter",
        "",
        'run = Interpreter(model_path="model.tflite").get_signature_runner()',
        'golden = np.load("golden.npz")',
        'given = {name[3:-2]: golden[name] for name in golden.files if name.startswith("in.") and name.endswith(".0")}',
        "answer = run(**given)",
        'print(max(float(np.abs(answer[name] - golden[f"out.{name}.0"]).max()) for name in answer))  # 0.0, or nearly',
    )
    if labels:
        yield 'labels = Path("labels.txt").read_text(encoding="utf-8").split("\\n")[:-1]'
        yield f'print([labels[number] for number in answer["{labels}"].argmax(-1).ravel()])'
    if words:
        yield from _python_subwords(words) if cut else _python_words(words)


def _python_words(words: str) -> Iterator[str]:
    yield from (
        "",
        'vocabulary = Path("vocabulary.txt").read_text(encoding="utf-8").split("\\n")[:-1]',
        "numbers = {word: number for number, word in enumerate(vocabulary) if number > 0}",
        f'rule = json.loads(Path("preprocessing.json").read_text(encoding="utf-8"))["inputs"]["{words}"]',
        "",
        "",
        "def encode(text):",
        f'    """What the model takes as `{words}`."""',
        '    found = [match[0] for match in re.finditer(rule["pattern"], text)]',
        '    found = [word.lower() for word in found] if rule["lower"] else found',
        '    found = [re.sub(r"\\d", "0", word) for word in found] if rule["digits"] else found',
        '    found = [*rule.get("before", ()), *found, *rule.get("after", ())]',
        '    return np.array([[numbers.get(word, rule["unknown"]) for word in found]], np.int32)',
        "",
        "",
        f'print(encode("any words of yours"), given["{words}"].shape)',
    )


def _python_subwords(words: str) -> Iterator[str]:
    yield from (
        "",
        "from tokenizers import Tokenizer",
        "",
        'pieces = Path("vocabulary.txt").read_text(encoding="utf-8").split("\\n")[:-1]',
        "numbers = {piece: number for number, piece in enumerate(pieces) if number > 0}",
        'tokenizer = Tokenizer.from_file("tokenizer.json")',
        "",
        "",
        "def encode(text):",
        f'    """What the model takes as `{words}`."""',
        "    return np.array([[numbers.get(piece, 1) for piece in tokenizer.encode(text).tokens]], np.int32)",
        "",
        "",
        f'print(encode("any words of yours"), given["{words}"].shape)',
    )


def _kotlin(inputs: Ports, outputs: Ports, labels: str | None, compiled: bool) -> Iterator[str]:
    yield from _kotlin_compiled(inputs, outputs) if compiled else _kotlin_interpreter(inputs, outputs)
    if labels:
        scores = _variable(labels, "Out")
        rows = f"{scores}.toList().chunked(labels.size)" if compiled else _rows(scores, outputs[labels]["shape"])
        yield 'val labels = context.assets.open("labels.txt").bufferedReader().readLines()'
        value = "scores[it].toInt() and 255" if outputs[labels]["dtype"] == "uint8" else "scores[it]"
        best = f"scores.indices.maxBy {{ {value} }}"
        yield f"val found = {rows}.map {{ scores -> labels[{best}] }}"


def _rows(scores: str, shape: Sequence[int | None]) -> str:
    """The scores of an array of arrays as a list of rows of one for each label."""
    return scores + ".flatMap { it.toList() }" * (len(shape) - 2)


def _kotlin_compiled(inputs: Ports, outputs: Ports) -> Iterator[str]:
    yield from (
        "import com.google.ai.edge.litert.CompiledModel",
        "",
        'val model = CompiledModel.create(context.assets, "model.tflite")',
    )
    for side, ports in (("Input", inputs), ("Output", outputs)):
        made = ", ".join(f'"{name}" to model.create{side}Buffer("{name}")' for name in ports)
        yield f"val {side.lower()}s = mapOf({made})"
    for name, port in inputs.items():
        array, word = KOTLIN[port["dtype"]]
        values = f"{array}({count(port['shape'])})"
        yield f'inputs.getValue("{name}").write{word}({values})  // yours, {sizes(port["shape"])}'
    yield "model.run(inputs, outputs)"
    for name, port in outputs.items():
        word = KOTLIN[port["dtype"]][1]
        yield f'val {_variable(name, "Out")} = outputs.getValue("{name}").read{word}()  // {sizes(port["shape"])}'


def _kotlin_interpreter(inputs: Ports, outputs: Ports) -> Iterator[str]:
    yield from (
        "import java.nio.channels.FileChannel",
        "import org.tensorflow.lite.Interpreter",
        "",
        'val file = context.assets.openFd("model.tflite")',
        "val channel = file.createInputStream().channel",
        "val model = channel.map(FileChannel.MapMode.READ_ONLY, file.startOffset, file.declaredLength)",
        "val interpreter = Interpreter(model)",
    )
    maps = []
    for side, ports in (("In", inputs), ("Out", outputs)):
        for name, port in ports.items():
            yield f"val {_variable(name, side)} = {_nested(port['shape'], port['dtype'])}"
        maps.append(", ".join(f'"{name}" to {_variable(name, side)}' for name in ports))
    yield f'interpreter.runSignature(mapOf({maps[0]}), mapOf({maps[1]}), "serving_default")'


def _nested(shape: Sequence[int | None], dtype: str) -> str:
    """An array of arrays, whose sizes tell the interpreter to what it resizes."""
    *outer, last = ["length" if size is None else str(size) for size in shape]
    array = f"{KOTLIN[dtype][0]}({last})"
    for size in reversed(outer):
        array = f"Array({size}) {{ {array} }}"
    return array


def _swift(inputs: Ports, outputs: Ports, labels: str | None) -> Iterator[str]:
    yield from (
        "import Foundation",
        "import TensorFlowLite",
        "",
        'let path = Bundle.main.path(forResource: "model", ofType: "tflite")!',
        "let interpreter = try Interpreter(modelPath: path)",
        'let runner = try interpreter.signatureRunner(with: "serving_default")',
    )
    for name, port in inputs.items():
        if None in port["shape"]:
            yield f'try runner.resizeInput(named: "{name}", toShape: [{sizes(port["shape"])}])'
    for name, port in inputs.items():
        kind, shape = SWIFT[port["dtype"]], port["shape"]
        zero = "false" if kind == "Bool" else "0"
        given = _variable(name, "In")
        yield f"let {given} = [{kind}](repeating: {zero}, count: {count(shape)})  // yours, {sizes(shape)}"
    given = ", ".join(f'"{name}": {_variable(name, "In")}.withUnsafeBytes {{ Data($0) }}' for name in inputs)
    yield f"try runner.invoke(with: [{given}])"
    for name, port in outputs.items():
        read = f"Array($0.bindMemory(to: {SWIFT[port['dtype']]}.self))"
        yield f'let {_variable(name, "Out")} = try runner.output(named: "{name}").data.withUnsafeBytes {{ {read} }}'
    if labels:
        scores = _variable(labels, "Out")
        each = f"stride(from: 0, to: {scores}.count, by: labels.count)"
        best = f"(0..<labels.count).max {{ {scores}[start + $0] < {scores}[start + $1] }}!"
        yield 'let file = Bundle.main.url(forResource: "labels", withExtension: "txt")!'
        yield 'let lines = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\\n")'
        yield "let labels = Array(lines.dropLast())"
        yield f"let found = {each}.map {{ start in labels[{best}] }}"


def _cpp(inputs: Ports, outputs: Ports) -> Iterator[str]:
    yield from (
        "#include <algorithm>",
        "#include <memory>",
        '#include "tflite/interpreter.h"',
        '#include "tflite/interpreter_builder.h"',
        '#include "tflite/kernels/register.h"',
        '#include "tflite/model_builder.h"',
        '#include "tflite/signature_runner.h"',
        "",
        'auto model = tflite::FlatBufferModel::BuildFromFile("model.tflite");',
        "tflite::ops::builtin::BuiltinOpResolver resolver;",
        "std::unique_ptr<tflite::Interpreter> interpreter;",
        "tflite::InterpreterBuilder(*model, resolver)(&interpreter);",
        'tflite::SignatureRunner* runner = interpreter->GetSignatureRunner("serving_default");',
    )
    for name, port in inputs.items():
        yield f'runner->ResizeInputTensor("{name}", {{{sizes(port["shape"])}}});'
    yield "runner->AllocateTensors();"
    for name, port in inputs.items():
        data = f'runner->input_tensor("{name}")->data.raw'
        given = _variable(name, "In")
        yield f"auto* {given} = reinterpret_cast<{CPP[port['dtype']]}*>({data});"
        yield f"std::fill_n({given}, {count(port['shape'])}, 0);  // yours, {sizes(port['shape'])}"
    yield "runner->Invoke();"
    for name, port in outputs.items():
        data = f'runner->output_tensor("{name}")->data.raw'
        yield (
            f"auto* {_variable(name, 'Out')} = reinterpret_cast<const {CPP[port['dtype']]}*>({data});"
            f"  // {sizes(port['shape'])}"
        )


def _javascript(inputs: Ports, outputs: Ports, labels: str | None) -> Iterator[str]:
    yield from (
        'import {loadLiteRt, loadAndCompile, Tensor} from "@litertjs/core";',
        "",
        'await loadLiteRt("./wasm/");',
        'const model = await loadAndCompile("model.tflite", {accelerator: "wasm"});',
    )
    made = [
        f'"{name}": new Tensor(new {JAVASCRIPT[port["dtype"]]}({count(port["shape"])}), [{sizes(port["shape"])}])'
        for name, port in inputs.items()
    ]
    yield f"const answer = await model.run({{{', '.join(made)}}});"
    for name, port in outputs.items():
        yield f"const {_variable(name, 'Out')} = answer['{name}'].toTypedArray();  // {sizes(port['shape'])}"
    if labels:
        scores = _variable(labels, "Out")
        yield 'const labels = (await (await fetch("labels.txt")).text()).split("\\n").slice(0, -1);'
        yield f"const found = Array.from({{length: {scores}.length / labels.length}}, (_, row) => {{"
        yield f"  const scores = {scores}.slice(row * labels.length, (row + 1) * labels.length);"
        yield "  return labels[scores.indexOf(Math.max(...scores))];"
        yield "});"
