"""The code of a bundle that makes a sentence into numbers, and tags into entities, as nnspec does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_swift
from tree_sitter import Language, Parser

from nnspec.data.sources.text import Text
from nnspec.export.bundle.templates import kotlin_text, swift_text
from nnspec.export.bundle.words import CUTS, icu_pattern, java_pattern, word_files, word_section

VOCABULARY = ["<padding>", "<unknown>", "anna", "went", "to", "paris", "köln", "00", ".", "'", "s"]
SENTENCES = ["Anna went to Paris.", "ANNA's 42 Köln, и 3 $x", "", "to  to\tto", "Straße naïve ½ 日本"]
TAGS = ["B-PER", "I-PER", "O", "B-LOC", "B-LOC", "I-PER", "S-ORG", "O", "E-LOC", "M-LOC"]
ENTITIES = [["PER", 0, 2], ["LOC", 3, 4], ["LOC", 4, 5], ["PER", 5, 6], ["ORG", 6, 7], ["LOC", 8, 9], ["LOC", 9, 10]]


def bundle(pattern: str, length: int | None = 12) -> tuple[Any, Any]:
    rule = {"kind": "words", "pattern": pattern, "lower": True, "digits": True, "unknown": 1, "padding": 0}
    inputs, outputs = (
        {"tokens": {"dtype": "int32", "shape": [1, length]}},
        {"tags": {"dtype": "float32", "shape": [1, length, 3]}},
    )
    return {"name": "a\nname", "inputs": inputs, "outputs": outputs}, {
        "inputs": {"tokens": rule},
        "outputs": {"tags": {"kind": "tags"}},
    }


def expected(pattern: str, text: str) -> list[int]:
    words = [re.sub(r"\d", "0", word.lower()) for word in re.findall(pattern, text) if word]
    return [VOCABULARY.index(word) if word in VOCABULARY[1:] else 1 for word in words]


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def check(said: str, pattern: str) -> None:
    *lines, entities = said.splitlines()
    assert [json.loads(line) for line in lines] == [expected(pattern, text) for text in SENTENCES]
    assert json.loads(entities) == ENTITIES


KOTLIN = """
fun main() {
    val vocabulary = listOf(VOCABULARY)
    for (text in listOf(SENTENCES)) println(Words.numbers(Words.cut(text), vocabulary).toList())
    println(Words.entities(listOf(TAGS)).map { "[\\"${it.type}\\", ${it.first}, ${it.end}]" })
}
"""


@pytest.mark.skipif(shutil.which("kotlinc") is None or shutil.which("java") is None, reason="no Kotlin compiler")
@pytest.mark.long
@pytest.mark.slow
def test_kotlin(tmp_path: Path) -> None:
    pattern = Text("x").pattern
    (tmp_path / "words.kt").write_bytes(word_files(*bundle(pattern))["words.kt"])
    text = KOTLIN
    for name, values in (("VOCABULARY", VOCABULARY), ("SENTENCES", SENTENCES), ("TAGS", TAGS)):
        text = text.replace(f"({name})", f"({', '.join(map(kotlin_text, values))})")
    (tmp_path / "main.kt").write_text(text, encoding="utf-8")
    run("kotlinc", "words.kt", "main.kt", "-include-runtime", "-d", "main.jar", cwd=tmp_path)
    check(run("java", "-Dfile.encoding=UTF-8", "-jar", "main.jar", cwd=tmp_path), pattern)


CPP = """
#include "words.h"
#include <cstdio>
int main() {
  const std::vector<std::string> vocabulary = {VOCABULARY};
  for (const std::string& text : std::vector<std::string>{SENTENCES}) {
    std::printf("[");
    bool first = true;
    for (int number : words::numbers(words::cut(text), vocabulary)) { std::printf("%s%d", first ? "" : ", ", number); first = false; }
    std::printf("]\\n");
  }
  std::printf("[");
  bool first = true;
  for (auto& found : words::entities({TAGS})) { std::printf("%s[\\"%s\\", %zu, %zu]", first ? "" : ", ", found.type.c_str(), found.first, found.end); first = false; }
  std::printf("]\\n");
  for (const std::string& word : words::cut(LETTERS)) std::printf("%s ", words::Looked(word).c_str());
}
"""
# Capital letters of two and more bytes, a sigma at the end, a dotted I, digits of other scripts, marks, no UTF-8 at the end.
LETTERS = "ÄÖ ΣΊΣΥΦΟΣ İstanbul ЖЁ ٣٤ x’y'z e\u0301 \U0001d7d8 Ǆ"


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler")
@pytest.mark.parametrize("pattern", CUTS)
@pytest.mark.slow
def test_cpp(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "words.h").write_bytes(word_files(*bundle(pattern))["words.h"])
    text = CPP.replace("(LETTERS)", f"({json.dumps(LETTERS, ensure_ascii=False)})")
    for name, values in (("VOCABULARY", VOCABULARY), ("SENTENCES", SENTENCES), ("TAGS", TAGS)):
        text = text.replace(
            f"{{{name}}}", f"{{{', '.join(json.dumps(value, ensure_ascii=False) for value in values)}}}"
        )
    (tmp_path / "main.cpp").write_text(text, encoding="utf-8")
    run("g++", "-std=c++11", "-O1", "-Wall", "-Wextra", "-Werror", "-o", "main", "main.cpp", cwd=tmp_path)
    *lines, letters = run("./main", cwd=tmp_path).splitlines()
    check("\n".join(lines), pattern)
    assert letters.split() == [re.sub(r"\d", "0", word.lower()) for word in re.findall(pattern, LETTERS)]


def test_cpp_has_no_code_for_a_pattern_of_ones_own() -> None:
    assert "words.h" not in word_files(*bundle(r"[a-z]+"))
    assert "There is no code in C++" in word_section(*bundle(r"[a-z]+"))
    assert "words.h" in word_section(*bundle(Text("x").pattern))


SWIFT = """
for text in [SENTENCES] { print(Words.numbers(Words.cut(text), vocabulary: [VOCABULARY])) }
print("[" + Words.entities([TAGS]).map { "[\\"\\($0.type)\\", \\($0.first), \\($0.end)]" }.joined(separator: ", ") + "]")
"""


@pytest.mark.skipif(shutil.which("swiftc") is None, reason="no Swift compiler")
@pytest.mark.slow
@pytest.mark.parametrize("pattern", CUTS)
def test_swift(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "words.swift").write_bytes(word_files(*bundle(pattern))["words.swift"])
    text = SWIFT
    for name, values in (("VOCABULARY", VOCABULARY), ("SENTENCES", SENTENCES), ("TAGS", TAGS)):
        text = text.replace(f"[{name}]", f"[{', '.join(map(swift_text, values))}]")
    (tmp_path / "main.swift").write_text(text, encoding="utf-8")
    run("swiftc", "words.swift", "main.swift", "-o", "main", cwd=tmp_path)
    check(run("./main", cwd=tmp_path), pattern)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", [*CUTS, r"(?P<a>[\W_[])(?P=a)|[]x-]\S"])
def test_swift_parses(pattern: str) -> None:
    text = word_files(*bundle(pattern))["words.swift"]
    assert b"{{" not in text
    assert not Parser(Language(tree_sitter_swift.language())).parse(text).root_node.has_error


def test_patterns_in_swift() -> None:
    assert icu_pattern(Text("x").pattern) == r"[\p{L}\p{N}_]+(?:['’][\p{L}\p{N}_]+)*|[^\p{L}\p{N}_\s\x0b\x1c-\x1f\x85]"
    assert icu_pattern(r"(?P<a>[\W_[])(?P=a)|[]x-]") == r"(?<a>[[^\p{L}\p{N}_]_\[])\k<a>|[\]x-]"
    assert swift_text('a"\n\\w\x01é') == r'"a\"\u{a}\\w\u{1}é"'


NODE = """
import {sentence} from "./encode.js";
import {entities} from "./decode.js";
const {card, lines, texts, tags} = JSON.parse(process.argv[2]), vocabulary = new Map(lines.map((word, number) => [word, number || 1]));
for (const text of texts) { const found = sentence(text, card, vocabulary); console.log(JSON.stringify([...found.inputs.tokens].slice(0, found.tokens.length))); }
console.log(JSON.stringify(entities(tags).map(({type, start, end}) => [type, start, end])));
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
def test_javascript(tmp_path: Path) -> None:
    pattern = Text("x").pattern
    manifest, preprocessing = bundle(pattern)
    for name, content in word_files(manifest, preprocessing).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "main.js").write_text(NODE)
    card = {"inputs": manifest["inputs"], "preprocessing": preprocessing}
    given = {"card": card, "lines": VOCABULARY, "texts": SENTENCES, "tags": TAGS}
    check(run("node", "main.js", json.dumps(given), cwd=tmp_path), pattern)


def test_patterns_in_kotlin() -> None:
    assert java_pattern(r"(?P<a>x)(?P=a)\w$") == r"(?<a>x)\k<a>\w$"
    assert kotlin_text('a"$\n\\w') == r'"a\"\$\n\\w"'
    assert kotlin_text("\f\\f") == r'"\u000c\\f"'


@pytest.mark.parametrize("spoil", ["kind", "two inputs", "no tags"])
def test_what_has_none(spoil: str) -> None:
    manifest, preprocessing = bundle("x")
    if spoil == "kind":
        preprocessing["inputs"]["tokens"]["kind"] = "characters"
    elif spoil == "two inputs":
        manifest["inputs"]["more"] = manifest["inputs"]["tokens"]
    else:
        preprocessing["outputs"]["tags"]["kind"] = "classes"
    assert word_files(manifest, preprocessing) == {} and word_section(manifest, preprocessing) == ""
