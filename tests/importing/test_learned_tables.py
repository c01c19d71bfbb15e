"""Tables of words in a SavedModel whose parts do not belong together."""

from __future__ import annotations

import pytest

from nnspec.importing.errors import ImportFailed
from nnspec.importing.saved_tables import _in_order


def test_words_and_numbers_go_together_or_not_at_all() -> None:
    assert _in_order([b"b", b"a"], [2, 1], [""], ["lookup"]) == ["", "a", "b"]
    for words, numbers in (([b"a"], [1, 2]), ([b"a", b"b"], [1]), ([b"a", b"b"], [1, 3])):
        with pytest.raises(ImportFailed, match="does not number its words one after the other"):
            _in_order(words, numbers, [""], ["lookup"])
