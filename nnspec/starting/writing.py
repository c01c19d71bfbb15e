"""A guess as a spec that trains as it stands: tried on nnspec's own reading of the data, and written with remarks."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import capitalized, visible
from nnspec.data.config import DataConfig
from nnspec.data.dataset import make_source
from nnspec.data.errors import DataError
from nnspec.data.facts import known
from nnspec.data.protocol import Facts
from nnspec.importing.text import section
from nnspec.layers.types import KindValue
from nnspec.starting.guess import Guess
from nnspec.starting.look import look
from nnspec.starting.network import Network, network

WIDTH = 100
SMALL = 1_000  # examples, of which a batch has fewer


@dataclass(frozen=True, slots=True)
class FirstSpec:
    """A spec for data: its text, without the first line for editors; what was guessed; and what the data are."""

    text: str
    source: str
    task: str
    notes: tuple[str, ...]
    facts: Facts


def first_spec(data: Path, name: str, folder: Path, target: str | None = None) -> FirstSpec:
    """The spec of a first network for the data at a path.

    Args:
        name: the network's name.
        folder: where the spec will lie, to which its paths are relative.
        target: the column of a table that is to be learned; None: guessed.

    Raises:
        DataError: no source reads the data, or what is to be learned cannot be told; with what would help.
    """
    guess = look(data, target)
    try:
        arguments, facts, doubts = tried(guess)
    except DataError:
        if guess.instead is None:
            raise
        guess = guess.instead
        arguments, facts, doubts = tried(guess)
    continues = make_source(KindValue(guess.source, dict(arguments))).goes_on() is not None
    made = network(facts, continues=continues, one_of=guess.one_of)
    return written(name, guess, arguments, facts, made, doubts, folder)


def written(
    name: str,
    guess: Guess,
    arguments: Mapping[str, Any],
    facts: Facts,
    made: Network,
    doubts: Sequence[str],
    folder: Path,
) -> FirstSpec:
    """The spec of a network for data that were tried."""
    notes = (*guess.notes, *doubts)
    return FirstSpec(_text(name, guess, arguments, facts, made, notes, folder), guess.source, made.task, notes, facts)


def tried(guess: Guess) -> tuple[Mapping[str, Any], Facts, list[str]]:
    """The first arguments with which nnspec reads the data. Raises DataError of the first try where none will do."""
    refused: DataError | None = None
    for arguments in (guess.arguments, *guess.others):
        try:
            source = KindValue(guess.source, dict(arguments))
            vectors: Any = {"classes": guess.classes, "numbers": "all"} if guess.classes else {}
            facts = known(DataConfig(source, guess.split, **vectors), Path())
        except DataError as error:
            refused = refused or error
        else:
            changed = {key: value for key, value in arguments.items() if guess.arguments.get(key) != value}
            return arguments, facts, [f"{_changes(changed)}, since {_reason(refused)}"] if refused is not None else []
    assert refused is not None
    raise refused


def _reason(refused: DataError) -> str:
    return f"{refused.message} ({Path(refused.file).name})" if refused.file else refused.message


def _changes(changed: Mapping[str, Any]) -> str:
    return ", ".join(f"`{key}: {str(value).lower()}`" for key, value in changed.items())


def _text(
    name: str,
    guess: Guess,
    arguments: Mapping[str, Any],
    facts: Facts,
    made: Network,
    notes: tuple[str, ...],
    folder: Path,
) -> str:
    examples = facts.examples.get("train", 0)
    train = {
        "epochs": made.epochs,
        "optimizer": {"Adam": {"learning_rate": 0.001}},
        "loss": made.loss,
        "metrics": made.metrics,
        "callbacks": [{"EarlyStopping": {"monitor": "val_loss", "patience": 5, "restore_best_weights": True}}],
        "seed": 1,
        **made.train,
    }
    data = {
        "source": {guess.source: _relative(guess.source, arguments, folder)},
        "split": {part: _relative_part(guess.source, value, folder) for part, value in guess.split.items()},
        **({"classes": list(guess.classes)} if guess.classes else {}),
        "batch_size": 32 if examples >= SMALL else 16,
    }
    counted = ", ".join(f"{count:,} {part}" for part, count in facts.examples.items())
    remarks = [f"Guessed from the data ({counted}); change what is wrong.", *(f"{note}." for note in notes)]
    comment = [line for remark in remarks for line in fill(visible(capitalized(remark)), WIDTH - 2).splitlines()]
    parts = [
        ["nnspec: 1", f"name: {name}", f"description: A first network that {made.task}."],
        *(section(key, value) for key, value in made.above.items() if key == "params"),
        section("inputs", made.inputs),
        *(section(key, value) for key, value in made.above.items() if key != "params"),
        _unescaped(section("layers", made.layers)),
        [*(f"# {line}" for line in comment), *section("data", data)],
        _unescaped(section("train", {key: value for key, value in train.items() if value is not None})),
        section("export", made.export),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _unescaped(lines: Sequence[str]) -> list[str]:
    """Of a section whose texts are none of the data's: a dollar sign in it begins an expression."""
    return [line.replace("$$", "$") for line in lines]


def _relative(source: str, arguments: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The arguments with paths as a spec in this folder has them."""
    paths = {argument.name for argument in catalog().arguments("source", source) if argument.is_path}
    return {key: _relative_part(source, value, folder) if key in paths else value for key, value in arguments.items()}


def _relative_part(source: str, value: Any, folder: Path) -> Any:
    if isinstance(value, Mapping):
        return _relative(source, value, folder)
    if isinstance(value, list):
        return [_path(one, folder) for one in value]
    return _path(value, folder) if isinstance(value, str) else value


def _path(value: str, folder: Path) -> str:
    return Path(os.path.relpath(value, folder)).as_posix()
