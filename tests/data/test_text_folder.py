"""Texts as files in folders of classes, as the archives of reviews and of newsgroups have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nnspec.data.errors import DataError
from nnspec.data.sources import text_folder
from nnspec.data.sources.text_folder import TextFolder
from nnspec.data.text.labelled import TextExamples

FILES = {
    "pos/1_9.txt": "A fine film!\r\nSee it.\n",
    "pos/2_8.txt": "Fine acting",
    "neg/1_2.txt": "Dull.",
    "neg/53068": "Subject: dull\n\nNothing happens.",  # a message, without an ending
    "unsup/0_0.txt": "no opinion",
    "README": "what this is",
    "neg/notes.pdf": "%PDF",
}


def load(folder: Path, files: dict[str, str], **options: Any) -> TextExamples:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content.encode("latin-1"))
    return TextFolder(".", **options).load(folder)


def test_a_file_is_a_text_and_its_folder_the_class(tmp_path: Path) -> None:
    examples = load(tmp_path, FILES)
    found = [(examples.labels[index][0], examples.texts([index])[0]) for index in range(len(examples))]
    assert found == [
        ("neg", "Dull ."),
        ("neg", "Subject : dull Nothing happens ."),
        ("pos", "A fine film ! See it ."),
        ("pos", "Fine acting"),
    ]
    assert examples.place(1) == str(tmp_path / "neg/53068") and len(examples.files) == 4
    said = " ".join(map(str, examples.problems))
    assert "unsup" in said and "notes.pdf" in said and "README" in said, "nothing is left out in silence"


def test_what_a_text_lacks_is_told_with_its_file(tmp_path: Path) -> None:
    files = {**FILES, "pos/empty.txt": " \n"}
    with pytest.raises(DataError, match=r"pos/empty\.txt: a text without a token"):
        load(tmp_path, files)
    assert len(load(tmp_path, files, on_error="skip")) == 4


def test_the_encoding_is_asked_about(tmp_path: Path) -> None:
    files = {**FILES, "pos/3.txt": "caf\xe9"}
    with pytest.raises(DataError, match=r"pos/3\.txt:1: byte 0xe9 .* `encoding"):
        load(tmp_path, files)
    assert load(tmp_path, files, encoding="latin-1").texts([4]) == ["caf\xe9"]


def test_parts_and_long_texts(tmp_path: Path) -> None:
    examples = load(tmp_path, FILES, max_length=2)
    assert examples.texts([2]) == ["A fine"] and any("over the limit of 2" in str(one) for one in examples.problems)
    assert TextFolder("train").for_part("test").path == "test"
    with pytest.raises(DataError, match="parts of a data set"):
        load(tmp_path, {"a/train/x/1.txt": "x", "a/train/y/1.txt": "y", "a/test/x/2.txt": "x", "a/test/y/2.txt": "y"})
        TextFolder("a").load(tmp_path)


def test_a_file_of_very_many_lines_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_folder, "LONGEST", 30)
    with pytest.raises(DataError, match=r"pos/3\.txt: a text of more than 30 characters .*source Text"):
        load(tmp_path, {**FILES, "neg/53068": "dull", "pos/3.txt": "a line\n" * 5})


def test_a_new_file_is_one_text() -> None:
    assert TextFolder(".").examples_in(["A fine\n", "film\n"]) == ["A fine\nfilm"]
    assert TextFolder(".").examples_in([" \n"]) == []
