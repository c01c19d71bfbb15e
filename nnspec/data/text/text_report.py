"""What there is to know of sentences before training on them: the same one in two parts, unbounded ones, padding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nnspec.data.batching import ByLength
from nnspec.data.copies import comparable
from nnspec.data.errors import Remark
from nnspec.data.split import TRAIN

if TYPE_CHECKING:
    from nnspec.data.dataset import Dataset, Part
    from nnspec.data.pipeline import Split
    from nnspec.data.protocol import Examples
    from nnspec.data.text.corpus import Corpus

LEAK = 0.05  # a share of sentences known from training from which on scores are too good
MUCH_PADDING = 0.3
LONG, LONGER = 512, 10  # steps, and times the 95th percentile: a sequence that its whole batch is padded to


def known(dataset: Dataset, name: str) -> dict[str, Any] | None:
    """How many sentences of a part stand in the training part too, and where the first of them is."""
    train, part = dataset.loaded.parts[TRAIN], dataset.loaded.parts[name]
    seen_tokens, tokens = train.examples.tokens, part.examples.tokens
    if name == TRAIN or seen_tokens is None or tokens is None:
        return None
    seen = set(keys(seen_tokens, train.indices))
    again = [index for index, key in zip(part.indices, keys(tokens, part.indices), strict=True) if key in seen]
    return {"sentences": len(again), "first": part.examples.place(again[0]) if again else None}


def keys(tokens: Corpus, indices: Sequence[int]) -> Iterator[str]:
    for index in indices:
        yield "\0".join(tokens[index])


def padding(split: Split, batch_size: int, epoch: int | None = 0, *, by_length: bool = False) -> float | None:
    """The share of the steps of a part that is padding; None where all sequences have one length.

    Args:
        epoch: None is file order.
        by_length: what it would be in batches by length.
    """
    column = split.table.varying
    if column is None:
        return None
    if by_length:
        order = split.order(0)
        plan = ByLength().plan(order, column.lengths(order), batch_size, None)
    else:
        plan = split.plan(batch_size, epoch)
    return plan.waste(column.lengths(plan.order))


def doubts(dataset: Dataset, described: Mapping[str, Mapping[str, Any]]) -> Iterator[Remark]:
    """Warnings on sentences, for people."""
    for name, part in described.items():
        found = part.get("known") or {"sentences": 0}
        compared = all(map(comparable, (dataset.splits[TRAIN], dataset.splits[name])))  # which tells of the same ones
        if found["sentences"] > LEAK * part["examples"] and not compared:
            yield Remark(
                "W0917",
                f"{found['sentences']:,} of the {part['examples']:,} sentences of {name} are in {TRAIN} too, "
                f"the first is {found['first']}: scores will be too good",
            )
    split, size = dataset.splits[TRAIN], dataset.section.batch_size
    share = described[TRAIN].get("padding", 0.0)
    if split.by_length is None and share > MUCH_PADDING:
        better = padding(split, size, by_length=True) or 0.0
        said = f"{100 * share:.0f} % of the steps of an epoch are padding"
        if better < 0.9 * share:
            said += f": with `data: {{bucket_by_length: true}}` it is {100 * better:.0f} %"
        yield Remark("W0922", said)
    yield from unbounded(dataset, described)


def unbounded(dataset: Dataset, described: Mapping[str, Mapping[str, Any]]) -> Iterator[Remark]:
    """Sequences that are many times as long as the others, which no limit cuts."""
    for name, part in described.items():
        for lengths in part.get("lengths", {}).values():
            if lengths["max"] > max(LONG, LONGER * lengths["p95"]):
                where = longest_place(dataset.loaded.parts[name])
                yield Remark(
                    "W0922",
                    f"{name} has a sequence of {lengths['max']:,} steps{where}, and its batch is padded to it: "
                    "say `max_length` and `on_long: cut`",
                )
                break


def longest_place(part: Part[Examples]) -> str:
    tokens = part.examples.tokens
    if tokens is None:
        return ""
    lengths = tokens.lengths(part.indices)
    return f", {part.examples.place(part.indices[lengths.index(max(lengths))])}"
