"""The code of a bundle's README for types other than those of most networks."""

from __future__ import annotations

from typing import Any

import pytest

from nnspec.export.bundle.code import snippets


def code(given: str, answer: str, runtimes: tuple[str, ...] = ("interpreter", "compiled_model")) -> dict[str, str]:
    ports: Any = {"x": {"dtype": given, "shape": [1, 4]}}, {"y": {"dtype": answer, "shape": [1, 3]}}
    return snippets({"inputs": ports[0], "outputs": ports[1], "runtimes": runtimes}, "y", None)


@pytest.mark.parametrize("runtimes", [("interpreter",), ("interpreter", "compiled_model")])
def test_bytes_above_127_are_larger_in_kotlin_too(runtimes: tuple[str, ...]) -> None:
    """Kotlin's bytes have a sign: of 200 and 100 the first would be the smaller one."""
    assert "maxBy { scores[it].toInt() and 255 }" in code("uint8", "uint8", runtimes)["kotlin"]
    assert "maxBy { scores[it] }" in code("int8", "int8", runtimes)["kotlin"]


def test_whole_numbers_of_64_bits() -> None:
    found = code("int64", "float32")
    assert "writeLong(LongArray(4))" in found["kotlin"] and "[Int64](repeating: 0, count: 4)" in found["swift"]
    assert "reinterpret_cast<int64_t*>" in found["cpp"]
    assert found["javascript"] == "// There is no code here for values of the type int64."


def test_a_language_without_the_type_has_no_code() -> None:
    found = code("float64", "float32")
    assert found["kotlin"] == found["swift"] == "// There is no code here for values of the type float64."
    assert "reinterpret_cast<double*>" in found["cpp"] and "get_signature_runner" in found["python"]


def test_swift_gives_bytes_with_a_sign_and_cannot_read_them() -> None:
    assert "[Int8](repeating: 0, count: 4)" in code("int8", "float32")["swift"]
    assert code("int8", "int8")["swift"] == "// There is no code here for values of the type int8."
    assert "[Bool](repeating: false, count: 4)" in code("bool", "float32")["swift"]


def test_labels_are_all_lines_of_their_file() -> None:
    """A class without a name, or of blanks, keeps its place."""
    found = code("float32", "float32")
    assert "let labels = Array(lines.dropLast())" in found["swift"]
    assert '.split("\\n").slice(0, -1)' in found["javascript"] and "trim" not in found["javascript"]
