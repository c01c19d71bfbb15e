"""The data of the recurrent specs are what their makers say: legal strings, true sums, films that go on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")

DATA = Path(__file__).parents[2] / "examples/data"


def arrays(path: Path) -> dict[str, Any]:
    with np.load(path) as found:
        return {name: found[name].astype(np.float64) for name in found}


def test_a_consonant_alone_is_a_matter_of_chance() -> None:
    """In Elman's letters the one or two before tell each vowel, and where the vowels end."""
    text = "".join(letter_of(bits) for bits in arrays(DATA / "letters/letters.npz")["x_train"].reshape(-1, 6))
    syllables = re.fullmatch(r"[aiu]*((?:ba|dii|guuu)*)[bdg]?[iu]*", text)
    assert syllables
    counts = [len(re.findall(syllable, text)) for syllable in ("ba", "dii", "guuu")]
    assert min(counts) > 0.3 * sum(counts)


def letter_of(bits: Any) -> str:
    """By Elman 1990, table 1: consonant, vowel, interrupted, high, back, voiced."""
    table = {"101001": "b", "101101": "d", "101011": "g", "010011": "a", "010101": "i", "010111": "u"}
    return table["".join(str(int(bit)) for bit in bits)]


def test_letters_are_asked_one_step_ahead() -> None:
    found = arrays(DATA / "letters/letters.npz")
    np.testing.assert_array_equal(found["x_train"][:, 1:], found["y_train"][:, :-1])


def test_a_legal_string_ends_as_it_begins() -> None:
    """B, a letter, a string of Reber's grammar, the same letter, E."""
    rows = [line.split("\t") for line in (DATA / "reber/train.tsv").read_text(encoding="utf-8").splitlines()]
    assert sum(label == "legal" for label, _ in rows) == len(rows) / 2
    for label, spaced in rows:
        letters = spaced.replace(" ", "")
        assert letters[0] == "B" and letters[-1] == "E" and walks(letters[2:-2])
        assert (letters[1] == letters[-2]) == (label == "legal")


def walks(letters: str) -> bool:
    """Whether Reber's grammar makes the string: its graph as in Reber, Implicit learning of artificial grammars, 1967."""
    graph = {0: "T1P2", 1: "S1X3", 2: "T2V4", 3: "X2S5", 4: "P3V5"}
    state = 0
    for letter in letters[1:-1]:
        ways = dict(zip(graph.get(state, "")[::2], graph.get(state, "")[1::2], strict=True))
        if letter not in ways:
            return False
        state = int(ways[letter])
    return state == 5 and letters[0] == "B" and letters[-1] == "E"


def test_sums_are_those_of_the_marked_numbers() -> None:
    found = arrays(DATA / "adding/adding.npz")
    numbers, marks = found["x_train"][..., 0], found["x_train"][..., 1]
    np.testing.assert_array_equal((numbers * marks).sum(1), found["y_train"][:, 0])
    assert (marks[:, :50].sum(1) == 1).all() and (marks[:, 50:].sum(1) == 1).all()
    assert np.square(found["y_train"] - 1).mean() == pytest.approx(1 / 6, rel=0.03)


def test_averages_look_ahead() -> None:
    """Where a series is silent but for one step, its average is felt up to 20 steps before and 10 after."""
    found = arrays(DATA / "averages/averages.npz")
    x, y = found["x_train"][..., 0], found["y_train"][..., 0]
    effect = np.linalg.solve(x.T @ x, x.T @ y[:, 30])
    assert set(np.flatnonzero(np.abs(effect) > 0.005)) == set(range(21, 50))


def test_a_film_goes_on() -> None:
    """What moves left has its centre further left in each frame, and what grows has more light in it."""
    found = arrays(DATA / "moving/moving.npz")
    films = np.concatenate([found["x_train"] / 255, found["next_train"][:, None]], axis=1)[..., 0]
    light = films.sum((2, 3))
    centre = (films.sum(2) * np.arange(16)).sum(2) / light
    left, growing = found["y_train"] == 0, found["y_train"] == 4
    assert (np.diff(centre[left][:, 1:7]).max(1) < 0.05).all()
    assert (light[growing][:, -1] > light[growing][:, 0]).all()


def test_the_pen_moves_evenly_and_circles_close() -> None:
    found = arrays(DATA / "figures/figures.npz")
    plan, pen = found["plan_train"], np.pad(found["pen_train"], ((0, 0), (1, 0), (0, 0)))  # it begins at the origin
    np.testing.assert_allclose(np.hypot(*np.moveaxis(np.diff(pen, axis=1), -1, 0)), 0.2, atol=0.015)
    away = np.hypot(*pen[:, -1].T)
    assert away[plan[:, 0] == 1].max() < 0.01 and away[plan[:, 2] == 1].min() > 2.3


@pytest.mark.slow
def test_fake_faces_are_no_real_ones() -> None:
    """A real face is its own mirror image but for the light; a fake one is not, or has a checkerboard on it."""
    from PIL import Image

    def uneven(path: Path) -> float:
        with Image.open(path) as image:
            pixels = np.asarray(image, float)
        edges = np.abs(np.diff(pixels, axis=1)).sum(2)
        return float(np.abs(edges - edges[:, ::-1]).mean() + np.median(edges))

    scores = {name: [uneven(path) for path in (DATA / "faces" / name).iterdir()] for name in ("real", "fake")}
    assert len(scores["real"]) == 300 and len(scores["fake"]) == 180
    assert np.mean(scores["fake"]) > 1.5 * np.mean(scores["real"])
