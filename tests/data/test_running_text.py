from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets
from nnspec.data.sources.running_text import RunningText

TEXT = "To be, or not to be.\nThat is it!\n"


def read(folder: Path, text: str = TEXT, **told: Any):  # type: ignore[no-untyped-def]
    (folder / "a.txt").write_text(text, encoding="utf-8", newline="")
    source = RunningText(path="a.txt", **told)
    examples = source.load(folder)
    assets = examples.fit(range(len(examples)), None)
    table, columns = examples.table(assets), examples.columns(assets)
    assert table.features["text"].spec == columns.features["text"]
    assert table.targets["next"].spec == columns.targets["next"]
    return source, examples, assets, table


def as_text(source: RunningText, assets: Assets, numbers: Any) -> str:
    words = assets.vocabulary.words  # type: ignore[union-attr]
    return source.joined([words[number] for number in numbers])


@pytest.mark.parametrize("predict", ["each", "last"])
@pytest.mark.parametrize(("stride", "starts"), [(None, [0, 8, 16]), (3, [0, 3, 6, 9, 12, 15, 18, 21, 24])])
def test_windows_of_characters(tmp_path: Path, predict: str, stride: int | None, starts: list[int]) -> None:
    source, examples, assets, table = read(tmp_path, length=8, stride=stride, predict=predict)
    if stride is None:
        starts = [0, 8, 16, 24]
    assert len(examples) == len(starts[: len(examples)])
    for index, start in enumerate(starts[: len(examples)]):
        seen, after = (part.take(np.array([index]))[0] for part in (table.features["text"], table.targets["next"]))
        assert as_text(source, assets, seen) == TEXT[start : start + 8] == examples.texts([index])[0]
        wanted = TEXT[start + 1 : start + 9] if predict == "each" else TEXT[start + 8]
        assert as_text(source, assets, after if predict == "each" else [after]) == wanted
    assert starts[len(examples) - 1] + 9 <= len(TEXT)
    assert "↵" in (assets.classes or ())


@pytest.mark.parametrize(
    ("told", "tokens"),
    [
        ({"tokenization": "words"}, ["To", "be", ",", "or", "↵", "it", "'", "s"]),
        ({"tokenization": "words", "lower": True}, ["to", "be", ",", "or", "↵", "it", "'", "s"]),
        ({"tokenization": "whitespace"}, ["To", "be,", "or", "↵", "it's"]),
    ],
)
def test_tokens(told: dict[str, Any], tokens: list[str]) -> None:
    found = RunningText("a.txt", **told).tokenize("To be, or\r\nit's" if "white" in str(told) else "To be, or\rit' s")
    assert found == tokens


def test_tokens_become_a_text_again() -> None:
    for text in ("To be, or not.\nNo!", "a b"):
        for kind in ("characters", "words", "whitespace"):
            source = RunningText("a.txt", tokenization=kind)  # type: ignore[arg-type]
            assert source.joined(source.tokenize(text)) == text


def test_no_token_is_in_two_parts(tmp_path: Path) -> None:
    source, examples, assets, _ = read(tmp_path, "abcdefghij" * 20, length=4, stride=1)
    parts = examples.split({"validation": 0.2, "test": 0.2}, 7)
    ends = {name: (examples.starts[part[0]], examples.starts[part[-1]] + source.length) for name, part in parts.items()}
    assert ends["train"][1] < ends["validation"][0] <= ends["validation"][1] < ends["test"][0]
    assert ends["test"][1] == 199
    assert examples.report(parts["test"], assets)["unknown_tokens"] == 0


def test_no_window_runs_from_one_file_into_another(tmp_path: Path) -> None:
    for name, text in (("a", "aaaaaaa"), ("b", "bbbb"), ("c", "ccccccc")):
        (tmp_path / f"{name}.txt").write_text(text)
    examples = RunningText("*.txt", length=4, stride=1).load(tmp_path)
    assert sorted(set(examples.texts(range(len(examples))))) == ["aaaa", "cccc"]
    assert "4 tokens, too few for one window of 5: the file is left out" in str(examples.problems[0])
    with pytest.raises(DataError, match="4 tokens are too few: a window has 9"):
        RunningText("b.txt", length=9).load(tmp_path)


def test_what_training_never_saw_is_unknown(tmp_path: Path) -> None:
    source, examples, _, _ = read(tmp_path, "abcabcabcabc" + "xyz" * 4, length=3, stride=1)
    parts = examples.split({"test": 0.5}, 0)
    assets = examples.fit(parts["train"], None)
    assert assets.classes == ("<pad>", "<unk>", "a", "b", "c")
    assert examples.report(parts["test"], assets)["unknown_tokens"] == 1
    with pytest.raises(DataError, match="its tokens"):
        examples.fit(parts["train"], ["a"])
    assert source.encode(["xxabc"], assets, tmp_path)["text"].take(np.arange(1)).tolist() == [[2, 3, 4]]
    with pytest.raises(DataError, match="2 tokens, but the network sees 3"):
        source.encode(["ab"], assets, tmp_path)
