from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.sources.conll import Conll, ConllExamples
from nnspec.data.text import corpus

SHARED = Path(__file__).parents[3] / "shared" / "data"
TRAIN = """-DOCSTART-\tO

Ada\tB-person
Lovelace\tI-person
wrote\tO
\t
London\tB-place
"""


def load(folder: Path, content: str | bytes, **options: Any) -> ConllExamples:
    path = folder / "some.conll"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Conll("some.conll", **options).load(folder)


def sentences(examples: ConllExamples) -> list[list[tuple[str, str]]]:
    return [list(zip(examples.tokens[index], examples.tags[index], strict=True)) for index in range(len(examples))]


def test_blank_lines_of_white_space_and_document_lines_part_sentences(tmp_path: Path) -> None:
    assert sentences(load(tmp_path, TRAIN)) == [
        [("Ada", "B-person"), ("Lovelace", "I-person"), ("wrote", "O")],
        [("London", "B-place")],
    ]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("a X B\r\nb Y O\r\n", {}),
        ("a  X\t B\nb\tY\tO", {}),
        ("B,X,a\nO,Y,b\n", {"separator": ",", "token_column": -1, "tag_column": 0}),
        ("a ||| B\nb ||| O\n", {"separator": " ||| "}),
        ("# id 1\na B\n# remark\nb O\n", {"comment": "# "}),
        ("a\tB\nb\tO\n".encode("utf-16"), {"encoding": "utf-16"}),
    ],
)
def test_columns(tmp_path: Path, content: str | bytes, options: dict[str, Any]) -> None:
    assert sentences(load(tmp_path, content, **options)) == [[("a", "B"), ("b", "O")]]


def test_tokens_may_be_any_white_space_but_space_and_tab(tmp_path: Path) -> None:
    assert sentences(load(tmp_path, "\u00a0\tO\n\u3000 O\n")) == [[("\u00a0", "O"), ("\u3000", "O")]]


def test_tokens_with_spaces_where_the_separator_is_named(tmp_path: Path) -> None:
    content = "New York\tB\nis\tO\n"
    assert sentences(load(tmp_path, content, separator="\t")) == [[("New York", "B"), ("is", "O")]]
    with pytest.raises(DataError, match=r"some.conll:2: columns: 2, but 3 on line 1 .*separator"):
        load(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a O\n\nb\n", {}, ":3: too few columns: 1, for a token in column 0 and a tag in column -1"),
        ("a O\nb\nc O\n", {}, ":2: columns: 1, but 2 on line 1 of the same sentence"),
        ("a O\n", {"tag_column": 2}, ":1: too few columns: 2"),
        ("a O\n", {"tag_column": -3}, ":1: too few columns: 2"),
        ("a O\n\tO\n", {"separator": "\t"}, ":1: too few columns: 1"),
        ("a\tO\n\tO\n", {"separator": "\t"}, ":2: an empty token or tag"),
        ("\n \n", {}, "some.conll: the file has no sentence"),
        (b"a O\n\xff O\n", {}, ":2: byte 0xff at column 1 is not utf-8"),
        ("a O\n\na O\nb O\nc O\n", {"max_length": 2}, ":3: a sequence of 3 tokens, over the limit of 2"),
        ("a O\n\na O\nb O\nc O\n", {"length": 2}, ":3: a sequence of 3 tokens, over the limit of 2"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, content: str | bytes, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as error:
        load(tmp_path, content, **options)
    assert message in str(error.value)


def test_sentences_that_cannot_be_read_are_skipped_by_option(tmp_path: Path) -> None:
    examples = load(tmp_path, "a O\nb\n\nc O\n\nd\n", on_error="skip")
    assert sentences(examples) == [[("c", "O")]]
    assert [problem.line for problem in examples.problems] == [2, 6]


@pytest.mark.parametrize(
    ("on_long", "expected"), [("cut", [[("a", "O"), ("b", "O")], [("d", "O")]]), ("skip", [[("d", "O")]])]
)
def test_long_sentences_by_option(tmp_path: Path, on_long: str, expected: list[list[tuple[str, str]]]) -> None:
    examples = load(tmp_path, "a O\nb O\nc O\n\nd O\n", max_length=2, on_long=on_long)
    assert sentences(examples) == expected
    assert [problem.line for problem in examples.problems] == [1]


def test_assets_come_from_the_training_part_alone(tmp_path: Path) -> None:
    examples = load(tmp_path, TRAIN)
    assets = examples.fit([1], None)
    assert assets.classes == ("B-place",)
    assert assets.vocabulary is not None and assets.vocabulary.words[2:] == ("London",)
    assert examples.fit([0, 1], None).classes == ("O", "B-person", "B-place", "I-person")
    assert examples.fit([0, 1], ["x", "O"]).classes == ("x", "O")


def test_table(tmp_path: Path) -> None:
    examples = load(tmp_path, TRAIN, lower=True)
    assets = examples.fit([0, 1], None)
    assert assets.vocabulary is not None
    table = examples.table(assets)
    rows = np.array([1, 0])
    tokens = table.features["tokens"].take(rows)
    words = [[assets.vocabulary.words[number] for number in row] for row in tokens]
    assert words == [["london", "<pad>", "<pad>"], ["ada", "lovelace", "wrote"]]
    assert table.targets["tags"].take(rows).tolist() == [[2, 0, 0], [1, 3, 0]]
    assert tokens.dtype == np.int32 and str(table.targets["tags"].spec) == "int32 [?]"
    assert table.padded is table.features["tokens"]


def test_a_fixed_length(tmp_path: Path) -> None:
    examples = load(tmp_path, TRAIN, length=5)
    table = examples.table(examples.fit([0, 1], None))
    assert table.features["tokens"].take(np.array([1])).shape == (1, 5)
    assert str(table.features["tokens"].spec) == "int32 [5]"


def test_a_tag_that_training_never_saw_is_named(tmp_path: Path) -> None:
    assets = load(tmp_path, TRAIN).fit([0, 1], None)
    test = load(tmp_path, "# remark\na O\n\n# remark\nb O\nc B-animal\n", comment="#")
    with pytest.raises(DataError, match=r"conll:6: the training part has no tag 'B-animal' \(training has O, B-"):
        test.table(assets)


def test_tags_joined_by_commas_are_explained(tmp_path: Path) -> None:
    assets = load(tmp_path, TRAIN).fit([0, 1], None)
    with pytest.raises(DataError, match=r"conll:1: .* 'B-person,B-place' .*joined by commas"):
        load(tmp_path, "a B-person,B-place\n").table(assets)


def test_report(tmp_path: Path) -> None:
    assets = load(tmp_path, TRAIN).fit([0, 1], None)
    test = load(tmp_path, "Ada B-person\nand O\n\nin O\nLondon I-place\n")
    assert test.report([0, 1], assets) == {
        "unknown_tokens": 0.5,
        "scheme": "BIO",
        "entities": {"person": 1, "place": 1},
        "illegal_tags": 1,
        "illegal_examples": [{"file": str(tmp_path / "some.conll"), "line": 5, "tag": "I-place"}],
    }
    assert test.report([0], assets)["illegal_tags"] == 0
    assert load(tmp_path, "dogs NNS\n").report([0], assets) == {"unknown_tokens": 1.0}
    assert load(tmp_path, "Ada B-a\n", scheme="none").report([0], assets) == {"unknown_tokens": 0.0}


def test_the_scheme_may_be_named(tmp_path: Path) -> None:
    assets = load(tmp_path, TRAIN).fit([0, 1], None)
    content = "Ada B-person\nx O\n"
    assert load(tmp_path, content, scheme="BIOES").report([0], assets)["illegal_tags"] == 1
    assert load(tmp_path, content).report([0], assets)["illegal_tags"] == 0


def test_new_sentences(tmp_path: Path) -> None:
    examples = load(tmp_path, TRAIN)
    assets = examples.fit([0, 1], None)
    column = examples.source.encode(["London wrote", ["Ada"]], assets, tmp_path)["tokens"]
    assert assets.vocabulary is not None
    assert column.take(np.array([0, 1])).tolist() == [assets.vocabulary.encode(["London", "wrote"]), [2, 0]]
    with pytest.raises(DataError, match="sequence of 2 tokens, over the limit of 1"):
        Conll("", max_length=1).encode(["London wrote"], assets, tmp_path)
    cut = Conll("", max_length=1, on_long="cut").encode(["London wrote"], assets, tmp_path)
    assert cut["tokens"].take(np.array([0])).shape == (1, 1)


def test_texts(tmp_path: Path) -> None:
    assert load(tmp_path, TRAIN).texts([1, 0]) == ["London", "Ada Lovelace wrote"]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("wnut17/wnut17train.conll", 3394),
        ("wnut17/emerging.dev.conll", 1009),
        ("wnut17/emerging.test.annotated", 1287),
        ("ncbi-disease/train.tsv", 5424),
        ("ncbi-disease/devel.tsv", 923),
        ("ncbi-disease/test.tsv", 940),
    ],
)
@pytest.mark.slow
def test_real_data(name: str, count: int) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not here")
    assert len(Conll(name).load(SHARED)) == count


@pytest.mark.slow
def test_real_data_with_joined_tags() -> None:
    if not (SHARED / "wnut17").exists():
        pytest.skip("wnut17 is not here")
    train = Conll("wnut17/wnut17train.conll").load(SHARED)
    with pytest.raises(DataError, match=r"emerging.test.conll:212: .*'B-corporation,B-person,B-location'"):
        Conll("wnut17/emerging.test.conll").load(SHARED).table(train.fit(range(len(train)), None))


def test_labels_and_vocabulary_need_no_numpy(tmp_path: Path) -> None:
    (tmp_path / "some.conll").write_text(TRAIN)
    code = (
        "import sys; from pathlib import Path; from nnspec.data.sources.conll import Conll;"
        f"examples = Conll('some.conll').load(Path({str(tmp_path)!r})); parts = examples.split({{'test': .5}}, 1);"
        "examples.fit(parts['train'], None); print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("options", [{}, {"comment": "#"}, {"on_illegal": "repair"}, {"on_error": "skip"}])
def test_very_many_tokens_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    lines = "a B-x\nb I-x\n# no\nc O\n\nd I-x\ne B-y\n\n" if "comment" in options else "a B-x\nb I-y\n\nc I-x\nd O\n\n"
    stray = "e Q\n\n" if "on_error" in options else ""
    found = []
    for many in (1 << 17, 0):
        monkeypatch.setattr(corpus, "MANY", many)
        examples = load(tmp_path, lines * 3 + stray + lines, **options)
        assets = examples.fit([0, 3], None)
        found.append((examples.report(range(len(examples)), assets), assets, list(map(str, examples.problems))))
    assert found[0] == found[1]
    assert found[0][0]["illegal_tags"] == (4 if "comment" in options else 8)


def test_new_sentences_in_columns_are_not_read_as_lines(tmp_path: Path) -> None:
    source = Conll("some.txt")
    (tmp_path / "new.txt").write_text("Ada B-PER\nlives O\n\nRome B-LOC\n")
    with pytest.raises(DataError, match="--conll"):
        source.examples_of(tmp_path / "new.txt")
    (tmp_path / "new.txt").write_text("Ada lives\nin Rome O\n")
    assert source.examples_of(tmp_path / "new.txt") == ["Ada lives", "in Rome O"]


def test_what_is_no_word_of_conllu_is_left_out_and_told(tmp_path: Path) -> None:
    rows = [("1", "vamos", "VERB"), ("2-3", "al", "_"), ("2", "a", "ADP"), ("3", "el", "DET"), ("3.1", "no", "_")]
    text = "# text = vamos al\n" + "".join(f"{at}\t{word}\t_\t{tag}" + "\t_" * 6 + "\n" for at, word, tag in rows)
    found = load(tmp_path, text, token_column=1, tag_column=3, comment="#")
    assert sentences(found) == [[("vamos", "VERB"), ("a", "ADP"), ("el", "DET")]]
    assert [(problem.line, problem.message) for problem in found.problems] == [
        (3, "lines of CoNLL-U that are no word, such as `2-3`, are left out: 2")
    ]
    numbers = load(tmp_path, "2-3 O\n4.1 O\n")
    assert sentences(numbers) == [[("2-3", "O"), ("4.1", "O")]]
