"""What random networks were made of, against what there is: the measures of COMET (Li et al. 2023).

COMET counts layer inputs (kind, type and number of dimensions), values of parameters, and sequences of two layers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nnspec.catalog.kinds import catalog

MEASURES = {
    "kind": "kinds of layers",
    "input": "inputs: a kind, the type and the dimensions of what it is given",
    "argument": "arguments with a value",
    "sequence": "sequences of two kinds",
}
# No file knows of them.
OF_TRAINING = ("_initializer", "_regularizer", "_constraint")
ABSENT = 12  # names of what was not met that are told


def report(met: Counter[str], kinds: Sequence[str], left_out: Sequence[str]) -> Iterator[str]:
    """Lines on the words `KIND OF MEASURE WORDS` that were met.

    Args:
        kinds: those that are drawn.
        left_out: arguments that never are.
    """
    found = {word: {one.split(" ", 1)[1] for one in met if one.startswith(f"{word} ")} for word in MEASURES}
    given = ((kind, name) for kind in kinds for name in catalog().defaults("layer", kind))
    names = {f"{kind}.{name}" for kind, name in given if name not in left_out and not name.endswith(OF_TRAINING)}
    met_names = {one.partition("=")[0] for one in found["argument"]} & names
    totals = {"kind": len(kinds), "sequence": len(kinds) ** 2}
    for word, words in MEASURES.items():
        yield f"  {len(found[word]):6}{f' of {totals[word]}' if word in totals else ''} {words}"
    yield f"  {len(met_names):6} of {len(names)} arguments were given"
    for what, absent in (("kinds", set(kinds) - found["kind"]), ("arguments", names - met_names)):
        if absent:
            more = f" and {len(absent) - ABSENT} more" if len(absent) > ABSENT else ""
            yield f"  {what} that were not met: {', '.join(sorted(absent)[:ABSENT])}{more}"
