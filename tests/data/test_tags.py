"""Entities and their scores; seqeval, which agrees with conlleval, is the oracle where it is installed."""

from __future__ import annotations

import itertools
import random

import pytest

from nnspec.data.text.tags import (
    SCHEMES,
    Entity,
    converted,
    detect,
    entity_scores,
    illegal,
    may_follow,
    scheme_of,
    spans,
    stretched,
)


def alphabet(scheme: str) -> list[str]:
    return ["O", *(f"{letter}-{kind}" for letter in SCHEMES[scheme] for kind in ("person", "place"))]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("B-a I-a O B-a", [("a", 0, 2), ("a", 3, 4)]),
        ("B-a B-a I-b", [("a", 0, 1), ("a", 1, 2), ("b", 2, 3)]),
        ("O I-a I-a", [("a", 1, 3)]),
        ("B-a M-a E-a S-a E-b", [("a", 0, 3), ("a", 3, 4), ("b", 4, 5)]),
        ("B E S B M E", [("", 0, 2), ("", 2, 3), ("", 3, 6)]),
        ("NN VB -LRB-", []),
        ("B-a-b I-a-b", [("a-b", 0, 2)]),
        ("", []),
    ],
)
def test_spans(tags: str, expected: list[tuple[str, int, int]]) -> None:
    assert spans(tags.split()) == [Entity(*entity) for entity in expected]


@pytest.mark.parametrize(
    ("scheme", "tags", "positions"),
    [
        ("BIO", "B-a I-a O", []),
        ("IOB2", "O I-a I-a", [1]),
        ("BIO", "B-a I-b", [1]),
        ("BIO", "E-a", [0]),
        ("BIOES", "B-a I-a E-a S-a O", []),
        ("BIOES", "B-a O", [1]),
        ("BIOES", "S-a E-a B-a", [1, 2]),
        ("BMES", "B M M E S", []),
        ("BMES", "B I E", [1, 2]),
        ("IOB1", "I-a I-a B-a I-b", []),
        ("IOB1", "O B-a I-b B-a", [1, 3]),
    ],
)
def test_illegal(scheme: str, tags: str, positions: list[int]) -> None:
    assert illegal(tags.split(), scheme) == positions


def test_may_follow_at_the_edges() -> None:
    assert may_follow(None, "B-a", "BIO") and not may_follow(None, "I-a", "BIO")
    assert may_follow("B-a", None, "BIO") and not may_follow("B-a", None, "BIOES")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_legal_sequence_spelled_from_its_spans_is_the_same(scheme: str) -> None:
    """Over all short sequences: the legal ones, and only they, are what their entities are written as."""
    for tags in itertools.product(alphabet(scheme), repeat=4):
        spelled = ["O"] * 4
        for kind, start, end in spans(tags):
            middle = "M" if scheme == "BMES" else "I"
            first = "B" if scheme != "IOB1" or spelled[start - 1][1:] == f"-{kind}" else "I"
            letters = first + middle * (end - start - 1)
            if "E" in SCHEMES[scheme]:
                letters = "S" if end - start == 1 else letters[:-1] + "E"
            spelled[start:end] = [f"{letter}-{kind}" for letter in letters]
        assert (list(tags) == spelled) == (not illegal(tags, scheme))


@pytest.mark.parametrize(
    ("tags", "scheme", "expected"),
    [
        ("B-a I-a O B-a B-a", "BIOES", "B-a E-a O S-a S-a"),
        ("I-a I-a B-a I-b", "BIO", "B-a I-a B-a B-b"),
        ("B-a I-a B-a I-b O I-b", "IOB1", "I-a I-a B-a I-b O I-b"),
        ("B M E S O", "BIO", "B I I B O"),
        ("S-a B-a E-a", "BMES", "S-a B-a E-a"),
        ("O I-a I-a", "BIO", "O B-a I-a"),
        ("B-a-b I-a-b", "BIOES", "B-a-b E-a-b"),
        ("", "BIO", ""),
    ],
)
def test_conversion_and_repair(tags: str, scheme: str, expected: str) -> None:
    assert converted(tags.split(), scheme) == expected.split()


def test_tags_of_characters() -> None:
    assert stretched(["B-a", "I-a", "O", "S-b"], [2, 1, 1, 2], "BIOES") == ["B-a", "I-a", "E-a", "O", "B-b", "E-b"]
    assert stretched(["B", "M", "E", "S"], [1, 1, 2, 3], "BMES") == ["B", "M", "M", "E", "B", "M", "E"]
    assert stretched(["NN", "VB"], [2, 1], None) == ["NN", "NN", "VB"]


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        (["I-a I-a O", "O I-b B-b"], "IOB1"),
        (["B-a I-a O", "O I-b"], "BIO"),
        (["I-a B-a", "O B-a"], "BIO"),
        (["B-a", "O"], "BIO"),
        (["B-a E-a"], "BIOES"),
        (["NN"], None),
    ],
)
def test_the_scheme_of_sentences(sentences: list[str], scheme: str | None) -> None:
    assert scheme_of([sentence.split() for sentence in sentences]) == scheme


@pytest.mark.slow
@pytest.mark.parametrize("target", ["BIO", "IOB1", "BIOES"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_conversion_keeps_the_entities_that_seqeval_reads(scheme: str, target: str) -> None:
    """1,000 sentences of every scheme, most of them illegal: strictly read, the result has what was leniently read."""
    labeling = pytest.importorskip("seqeval.metrics.sequence_labeling")
    strict = pytest.importorskip("seqeval.scheme")
    reading = {"BIO": strict.IOB2, "IOB1": strict.IOB1, "BIOES": strict.IOBES}[target]
    draw = random.Random(scheme + target)
    for _ in range(1000):
        tags = draw.choices(alphabet(scheme), k=draw.randint(1, 12))
        found = converted(tags, target)
        assert not illegal(found, target)
        lenient = labeling.get_entities([tag.replace("M-", "I-") for tag in tags])
        read = [entity.to_tuple()[1:] for entity in strict.Tokens(found, reading).entities]
        # seqeval's ends are inclusive where it reads leniently, exclusive where strictly.
        assert read == [(kind, start, end + 1) for kind, start, end in lenient]


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ("O B-a I-a", "BIO"),
        ("O I-a", "BIO"),
        ("O B-a E-a S-a", "BIOES"),
        ("B M E S", "BMES"),
        ("O B-a,I-b", "BIO"),
        ("NN VB", None),
        ("O", None),
        ("O O-a", None),
        ("B-a M-a I-a", None),
    ],
)
def test_detect(tags: str, scheme: str | None) -> None:
    assert detect(tags.split()) == scheme


def test_scores_by_hand() -> None:
    true = [["B-a", "I-a", "O", "B-b"], ["O"]]
    predicted = [["B-a", "I-a", "O", "B-a"], ["B-b"]]
    scores = entity_scores(true, predicted)
    assert (scores.overall.correct, scores.overall.predicted, scores.overall.true) == (1, 3, 2)
    assert list(scores.by_type["a"].as_dict().values()) == pytest.approx([1 / 2, 1, 2 / 3, 1])
    assert scores.by_type["b"].as_dict() == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1}


def test_scores_of_nothing_are_zero() -> None:
    assert entity_scores([["O"]], [["O"]]).overall.f1 == 0.0


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 tags has 1"):
        entity_scores([["O", "O"]], [["O"]])
    with pytest.raises(ValueError, match="shorter"):
        entity_scores([["O"]], [])


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_scores_equal_seqeval_on_random_sequences(scheme: str) -> None:
    """1,000 sentences of every scheme, most of them illegal. seqeval spells BMES's M as I."""
    metrics = pytest.importorskip("seqeval.metrics.sequence_labeling")
    draw = random.Random(scheme)
    lengths = [draw.randint(1, 12) for _ in range(1000)]
    true = [draw.choices(alphabet(scheme), k=length) for length in lengths]
    # Half of the tags are right, so that whole entities are, too.
    guess = [[tag if draw.random() < 0.5 else draw.choice(alphabet(scheme)) for tag in tags] for tags in true]
    scores = entity_scores(true, guess)
    true, guess = ([[tag.replace("M-", "I-") for tag in tags] for tags in part] for part in (true, guess))
    expected = metrics.precision_recall_fscore_support(true, guess, average="micro")
    assert (scores.overall.precision, scores.overall.recall, scores.overall.f1) == pytest.approx(expected[:3])
    by_type = zip(*metrics.precision_recall_fscore_support(true, guess, average=None), strict=True)
    for score, row in zip(scores.by_type.values(), by_type, strict=True):
        assert (score.precision, score.recall, score.f1, score.true) == pytest.approx(row)
    assert scores.overall.correct > 100
