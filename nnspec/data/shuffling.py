"""Parts of very many items by Python's shuffle: the same draws, and the same parts, without a step of Python for each.

`random.Random` and NumPy's MT19937 are the same generator (Matsumoto and Nishimura, Mersenne Twister, 1998), so that
NumPy goes on from the state of the one, and hands its own back. The shuffle is that of Fisher and Yates: from the last
place down each is swapped with a drawn one that is not behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

WORDS = 1 << 14  # random numbers looked at at a time
VERSION = 3  # of the states of `random.Random`


def shuffled_into(sizes: Sequence[int], count: int, random: Random) -> np.ndarray:
    """Which part each of `count` items is in, if these are shuffled, and parts of these sizes taken from the front.

    Parts are numbered from 0; what is left is in the one after them: uint8 [count]. The generator is left as by
    `random.shuffle` of a list of so many items.
    """
    import numpy as np

    partners = drawn(count, random)
    found = np.full(count, len(sizes), np.uint8)
    for part, end in reversed(list(enumerate(accumulate(sizes)))):
        found[standing_below(end, partners)] = part
    return found


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
        numbers = (words.some() >> np.uint32(32 - bits)).astype(np.int32)  # bits are fewer than 32
        fits = numbers <= place
        while True:  # which place a word is for follows from those before it: each round mends at least the first fault
            at = place - np.cumsum(fits, dtype=np.int32) + fits
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


def standing_below(end: int, partners: np.ndarray) -> np.ndarray:
    """The places, before all swaps, of what stands in the first `end` places after them: int32 [end].

    Swaps below `end` change nothing of that. Of the others, what comes to a place comes from the last one that was
    swapped with it, and to that, before its own turn, in the same way: these chains are followed, most of them short.
    """
    import numpy as np

    count = len(partners)
    places = np.arange(end, count, dtype=partners.dtype)
    moved = partners[end:] != places
    giver = np.full(count, count, partners.dtype)  # from the last place down: the last one that was swapped is lowest
    np.minimum.at(giver, partners[end:][moved], places[moved])
    found = np.arange(end, dtype=partners.dtype)
    going = np.arange(end)
    while len(going):
        further = giver[found[going]]
        going = going[further < count]
        found[going] = further[further < count]
    return found


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
