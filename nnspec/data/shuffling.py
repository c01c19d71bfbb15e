"""Python's shuffle of very many numbers: the same draws, and the same order, without a step of Python for each.

`random.Random` and NumPy's MT19937 are the same generator (Matsumoto and Nishimura, Mersenne Twister, 1998), so that
NumPy goes on from the state of the one, and hands its own back. The shuffle is that of Fisher and Yates: from the last
place down each is swapped with a drawn one that is not behind it.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

WORDS = 1 << 16  # random numbers looked at at a time
VERSION = 3  # of the states of `random.Random`


def shuffled_places(count: int, random: Random) -> np.ndarray:
    """Where `random.shuffle` of a list of so many items takes each from: int32 [count], below 2^31.

    The generator is left as by that shuffle.
    """
    import numpy as np

    return after_swaps(drawn(count, random)) if count > 1 else np.arange(count)


def drawn(count: int, random: Random) -> np.ndarray:
    """For each place but the first, what it is swapped with, as drawn from the last place down: int32 [count].

    A place i takes the first so many bits of a word, as i has; what is above i is drawn again.
    """
    import numpy as np

    words = _Words(random)
    partners = np.zeros(count, np.int32)
    place: Any = count - 1
    while place > 0:
        bits = (place + 1).bit_length()
        last = max(1, (1 << (bits - 1)) - 1)  # the last place whose numbers have as many bits
        numbers = words.some() >> np.uint32(32 - bits)
        fits = numbers <= place
        while True:  # which place a word is for follows from those before it: each round mends at least the first fault
            at = place - (np.cumsum(fits) - fits)
            better = (numbers <= at) & (at >= last)
            if np.array_equal(better, fits):
                break
            fits = better
        used = np.flatnonzero(fits)
        partners[at[used]] = numbers[used]
        place -= len(used)
        words.used(int(used[-1]) + 1 if place < last else len(numbers))
    words.hand_back()
    return partners


def after_swaps(partners: np.ndarray) -> np.ndarray:
    """The places that stand in each place after all swaps, without doing them one by one.

    What comes to rest in a place is what its partner held just then: what the last place before that was swapped with
    the same partner had held, or the partner itself. Those chains are followed for all places at once.
    """
    import numpy as np

    count = len(partners)
    places = np.arange(count, dtype=partners.dtype)
    order = np.argsort(partners, kind="stable").astype(partners.dtype)  # by partner, and by place among those of one
    ordered = partners[order]
    first = np.ones(count, bool)  # of those with one partner
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    before = np.full(count, -1, partners.dtype)  # the place that was swapped with the same partner just before
    before[order[:-1][~first[1:]]] = order[1:][~first[1:]]
    # What a place holds when its own turn comes: what the last place above it that was swapped with it had held.
    giver = places.copy()
    giver[ordered[first]] = order[first]
    itself = partners == places  # its turn is the last of its partner's: that before it is the giver
    giver[itself] = np.where(before[itself] >= 0, before[itself], places[itself])
    while True:
        further = giver[giver]
        if np.array_equal(further, giver):
            break
        giver = further
    return np.where(before >= 0, giver[before], partners)


class _Words:
    """The 32-bit words that a generator gives next."""

    def __init__(self, random: Random) -> None:
        import numpy as np

        self.random = random
        *key, place = random.getstate()[1]
        self.numpy = np.random.MT19937()
        self.numpy.state = {"bit_generator": "MT19937", "state": {"key": np.array(key, np.uint32), "pos": place}}

    def some(self) -> np.ndarray:
        self.before = self.numpy.state
        return self.numpy.random_raw(WORDS).astype("uint32")

    def used(self, count: int) -> None:
        """How many of the last words count: the others will be given again."""
        if count < WORDS:
            self.numpy.state = self.before
            self.numpy.random_raw(count)

    def hand_back(self) -> None:
        state = self.numpy.state["state"]
        self.random.setstate((VERSION, (*map(int, state["key"]), int(state["pos"])), None))
