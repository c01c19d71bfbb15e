"""Tags written in other ways than `B-PER`: read where that is clear, named where it is not, counted as seqeval counts."""

from pathlib import Path

import pytest

from nnspec.data.errors import DataError
from nnspec.data.sources.conll import Conll, ConllExamples
from nnspec.data.text import tags
from nnspec.data.text.tag_notation import read_notation

WAYS = {
    "prefix": (["B-PER", "I-PER", "O", "B-LOC"], "BIO"),
    "sign": (["B_PER", "I_PER", "O", "B_LOC"], "BIO"),
    "suffix": (["PER-B", "PER-I", "O", "LOC-B"], "BIO"),
    "suffix with a sign": (["PER_B", "PER_I", "O", "LOC_B"], "BIO"),
    "lower": (["b-PER", "i-PER", "o", "b-LOC"], "BIO"),
    "zero": (["B-PER", "I-PER", "0", "B-LOC"], "BIO"),
    "white space": (["B-PER ", "I-PER", "O  ", "B-LOC"], "BIO"),
    "BILOU": (["B-PER", "L-PER", "O", "U-LOC"], "BILOU"),
    "BILOU as suffix, lower": (["PER_b", "PER_l", "o", "LOC_u"], "BILOU"),
    "BIOES": (["B-PER", "E-PER", "O", "S-LOC"], "BIOES"),
    "BMEWO": (["B-PER", "E-PER", "O", "W-LOC"], "BMEWO"),
}
ENTITIES = [tags.Entity("PER", 0, 2), tags.Entity("LOC", 3, 4)]


def load(tmp_path: Path, written: list[str], more: str = "", **arguments: object) -> ConllExamples:
    text = "".join(f"{token}\t{tag}\n" for token, tag in zip("abcdefgh", written, strict=False))
    (tmp_path / "some.conll").write_text(f"{text}\n{more}")
    return Conll("some.conll", separator="\t", **arguments).load(tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("way", WAYS)
def test_ways_of_writing(tmp_path: Path, way: str) -> None:
    written, scheme = WAYS[way]
    examples = load(tmp_path, written)
    assert tags.spans(examples.tags[0]) == ENTITIES
    report = examples.report([0], examples.fit([0], None))
    assert (report["scheme"], report["illegal_tags"]) == (scheme, 0)
    assert bool(examples.problems) == (written != examples.tags[0] and way != "white space")


@pytest.mark.slow
@pytest.mark.parametrize("way", ["suffix", "BILOU", "BIOES"])
def test_entities_are_those_of_seqeval(tmp_path: Path, way: str) -> None:
    labeling = pytest.importorskip("seqeval.metrics.sequence_labeling")
    schemes = pytest.importorskip("seqeval.scheme")
    written, _ = WAYS[way]
    if way == "suffix":
        found = labeling.get_entities(written, suffix=True)
        theirs = [tags.Entity(kind, start, end + 1) for kind, start, end in found]
    else:
        entities = schemes.Entities([written], {"BILOU": schemes.BILOU, "BIOES": schemes.IOBES}[way])
        theirs = [tags.Entity(entity.tag, entity.start, entity.end) for entity in entities.entities[0]]
    assert tags.spans(load(tmp_path, written).tags[0]) == theirs


def test_bare_letters_are_words(tmp_path: Path) -> None:
    examples = load(tmp_path, ["B", "E", "S", "B", "M", "E"])
    assert tags.spans(examples.tags[0]) == [tags.Entity("", 0, 2), tags.Entity("", 2, 3), tags.Entity("", 3, 6)]


@pytest.mark.parametrize("stray", ["PER", "B", "B-", "I", "Q-PER", "B-PER,I-LOC"])
def test_a_tag_that_is_not_written_as_the_others(tmp_path: Path, stray: str) -> None:
    written = ["B-PER", "I-PER", "O", "B-LOC", stray]
    with pytest.raises(
        DataError, match=rf"some\.conll:5: the tag '{stray}' is not written as the others, B-LOC, B-PER"
    ):
        load(tmp_path, written)
    examples = load(tmp_path, written, "x\tO\n", on_error="skip")
    assert [examples.tokens[index] for index in range(len(examples))] == [["x"]]
    assert examples.place(0).endswith(":7")
    assert ["1 sentences with such tags are left out" in str(problem) for problem in examples.problems] == [True]
    assert load(tmp_path, written, scheme="none").tags[0] == written


def test_types_that_differ_by_case_are_told(tmp_path: Path) -> None:
    problems = load(tmp_path, ["B-PER", "O", "B-per"]).problems
    assert "types PER and per differ by case alone" in str(problems[0])


def test_types_alone(tmp_path: Path) -> None:
    examples = load(tmp_path, ["PER", "PER", "0", "LOC"])
    assert examples.tags[0] == ["PER", "PER", "O", "LOC"]
    assert "0 as O" in str(examples.problems[0]) and "entities are not scored" in str(examples.problems[1])
    examples = load(tmp_path, ["PER", "PER", "O", "LOC"], scheme="IO")
    assert tags.spans(examples.tags[0]) == ENTITIES and examples.tags[0][0] == "B-PER"
    assert examples.report([0], examples.fit([0], None))["scheme"] == "IO"


def test_parts_of_speech_stay_what_they_are() -> None:
    for written in (["NN", "VB", "B", "M"], ["0", "1", "2"], ["ADJ", "X", "PROPN", "S-bar"], ["O"], []):
        found = read_notation(written)
        assert found.scheme is None and not found.respelled and not found.strays
