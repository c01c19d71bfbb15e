"""The data section of a spec, opened: source, split, fit on the training part, tables, parts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from nnspec.console.displayed import Displayed
from nnspec.data.config import DataConfig
from nnspec.data.errors import DataError
from nnspec.data.files import Hashes, hashes_of
from nnspec.data.many_cells import MANY
from nnspec.data.memory import give_back
from nnspec.data.protocol import Assets, Columns, Examples, Facts, Listing, Progress, Source, Task, reporting
from nnspec.data.reconstruction import Reconstructed
from nnspec.data.remote import localized
from nnspec.data.sources import SOURCES
from nnspec.data.split import TRAIN, UNUSED
from nnspec.data.table import Column, FeatureSpec, as_given
from nnspec.quick_classes import dataclass

if TYPE_CHECKING:
    from nnspec.data.batching import ByLength
    from nnspec.data.pipeline import Augmenter, Split
    from nnspec.data.text.vectors import WordVectors
    from nnspec.data.text.vocabulary import Vocabulary

PARTS = ("train", "validation", "test")


E = TypeVar("E", bound=Listing)  # examples, listed or loaded


@dataclass(frozen=True)
class Part(Generic[E]):
    """Examples of one part: all of a source's, or those of these numbers."""

    examples: E
    indices: Sequence[int]


@dataclass(frozen=True)
class Dealt(Generic[E]):
    """Examples, split, and what the training part taught."""

    source: Source
    parts: Mapping[str, Part[E]]
    assets: Assets


Loaded = Dealt[Examples]


def load(data: DataConfig, base: Path, assets: Assets | None = None) -> Loaded:
    """Loads, splits and, unless assets are given, fits. Paths are relative to `base`.

    The split is seeded by `data.seed` (0), not by the training's seed: runs with other seeds hold back the same data.
    """
    return deal(data, base, lambda source: source.load(base), assets)


def listed(data: DataConfig, base: Path) -> Dealt[Listing]:
    """As `load`, without NumPy and TensorFlow."""
    return deal(data, base, lambda source: source.listing(base))


def deal(data: DataConfig, base: Path, opened: Callable[[Source], E], assets: Assets | None = None) -> Dealt[E]:
    data = localized(data, base)
    if data.targets == "inputs":
        read = opened
        opened = lambda source: cast(E, Reconstructed(cast(Examples, read(source))))  # noqa: E731
    elif data.numbers:
        read_as_written = opened
        opened = lambda source: cast(E, read_as_written(source).as_numbers(data.numbers))  # noqa: E731
    source = make_source(data.source)
    others: dict[str, Any] = {}
    fractions: dict[str, float] = {}
    for name, value in data.split.items():
        if name not in (*PARTS, UNUSED):
            raise DataError(f"`split` has no part {name!r}", hint=f"parts are {', '.join((*PARTS, UNUSED))}")
        if value is None:
            continue
        if name == UNUSED and not isinstance(value, int | float):
            raise DataError("`unused` is a share of the source: of files those that are not named are unused")
        if isinstance(value, int | float):
            fractions[name] = value
        elif name == TRAIN:
            source = given(source, value)
        else:
            others[name] = given(source, value)
    examples = opened(source if assets is None else source.taught(assets))
    dealt = examples.split(rest_to_training(fractions), data.seed)
    if len(examples) >= MANY:
        give_back()
    assets = assets or examples.fit(dealt[TRAIN], class_names(data, examples, dealt[TRAIN]))
    if data.classes and assets.classes is None and data.targets != "inputs":
        raise DataError("`classes` lists labels, and the targets are numbers", hint="leave `classes` out")
    parts = {name: Part(examples, indices) for name, indices in dealt.items()}
    for name, other in others.items():
        own = opened(other.taught(assets))
        parts[name] = Part(own, range(len(own)))
    return Dealt(source, {name: parts[name] for name in PARTS if name in parts}, assets)


def class_names(data: DataConfig, examples: Listing, train: Sequence[int]) -> list[str] | None:
    """The `classes` of a spec as labels are written in the data: texts.

    A number or true and false stand for the one label that they are equal to. Raises DataError on what is no label, or
    is there twice.
    """
    labels = data.classes
    if labels is None:
        return None
    for place, value in enumerate(labels, 1):
        if value is None or isinstance(value, list | Mapping):
            raise DataError(
                f"`classes`: number {place} is {'null' if value is None else 'no single value'}",
                hint="labels are texts: put them in quotes",
            )
    texts = [value for value in labels if isinstance(value, str)]
    known = () if len(texts) == len(labels) else examples.fit(train, None).classes or ()
    names = [value if isinstance(value, str) else written_as(value, known) for value in labels]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise DataError(f"`classes` has {name!r} twice", hint="each class is listed once")
    return names


def written_as(value: bool | float, known: Sequence[str]) -> str:
    """The label that is equal to a number or a boolean of YAML: "1" or "1.0" for 1, "True" or "true" for true."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    equal = [label for label in known if label.lower() == text or (not isinstance(value, bool) and same(label, value))]
    return equal[0] if len(equal) == 1 else text


def same(label: str, value: float) -> bool:
    try:
        return float(label) == value
    except ValueError:
        return False


def rest_to_training(fractions: Mapping[str, float]) -> dict[str, float]:
    """The fractions without that of training, which is what is left. Raises DataError where that isn't so."""
    others = {name: fraction for name, fraction in fractions.items() if name != TRAIN}
    if TRAIN in fractions and abs(sum(fractions.values()) - 1) > 1e-6:
        raise DataError(
            f"the parts add up to {sum(fractions.values()):g} of the data",
            hint="training gets what the others leave: say theirs alone",
        )
    return others


def make_source(value: Any) -> Source:
    """A source out of a `KindValue`. Raises DataError on a kind or an argument that there isn't."""
    kind = SOURCES.get(value.kind)
    if kind is None:
        hint = f"there are {', '.join(SOURCES)}; one of a package under `requires` takes --trust"
        raise DataError(f"no data source {value.kind!r}", hint=hint)
    try:
        return kind(**value.args)
    except TypeError as error:
        raise DataError(str(error).replace(".__init__()", ":")) from error


def given(source: Source, value: Any) -> Source:
    """The source of a part that the split gives: a path, several, or other arguments."""
    if isinstance(value, Mapping):
        names = [entry.name for entry in fields(source)]  # type: ignore[arg-type]
        for name in value:
            if name not in names:
                raise DataError(
                    f"{type(source).__name__} has no argument {name!r}", hint=f"there are {', '.join(names)}"
                )
        return replace(source, **value)  # type: ignore[type-var]
    if isinstance(value, str):
        return source.for_part(value)
    name = fields(source)[0].name  # type: ignore[arg-type]
    if not source.takes_several:
        message = f"{type(source).__name__} reads a part from one place, and `split` gives a list of {len(value)}"
        raise DataError(message, hint=f"give one path, or the arguments of the source: `{{{name}: ...}}`")
    return replace(source, **{name: list(value)})  # type: ignore[type-var]


@dataclass(frozen=True)
class Encoder:
    """New examples to features, with the assets of a run: predicting needs no data set."""

    source: Source
    assets: Assets
    base: Path

    def encode(self, raw: Sequence[Any]) -> Mapping[str, Column]:
        """Columns by name; `batch` reads them all. Raises DataError naming what cannot be read."""
        return self.source.encode(raw, self.assets, self.base)

    def batch(self, raw: Sequence[Any]) -> dict[str, Any]:
        """All the examples as NumPy arrays by name, in the dtypes that the model gets."""
        import numpy as np

        return {  # a file may hold several examples
            name: as_given(column.take(np.arange(len(column), dtype=np.int64)), column.spec.dtype)
            for name, column in self.encode(raw).items()
        }


def open_encoder(data: DataConfig, base: Path, assets: Path) -> Encoder:
    """The encoder of a run: `data` is its data section, `assets` the folder that `save_assets` wrote."""
    return Encoder(make_source(data.source), Assets.load(assets), base)


@dataclass(frozen=True)
class Dataset(Displayed):
    """A data set with its parts, tables opened (images decoded or found in the cache).

    Attributes:
        splits: "train", and "validation" and "test" where there are.
        features, targets: by name, shapes and dtypes of a batch without the batch.
    """

    loaded: Loaded
    splits: Mapping[str, Split]
    base: Path
    section: DataConfig = field(repr=False)

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={split.size}" for name, split in self.splits.items())
        return f"Dataset({self.task}, {parts})"

    @property
    def features(self) -> dict[str, FeatureSpec]:
        return self.splits[TRAIN].features

    @property
    def targets(self) -> dict[str, FeatureSpec]:
        return self.splits[TRAIN].targets

    @property
    def assets(self) -> Assets:
        return self.loaded.assets

    @property
    def classes(self) -> tuple[str, ...] | None:
        return self.assets.classes

    @property
    def vocabulary(self) -> Vocabulary | None:
        return self.assets.vocabulary

    @cached_property
    def vectors(self) -> WordVectors | None:
        """The vectors that the source names, of the vocabulary's words. Raises DataError where they cannot be read."""
        file = self.loaded.source.vector_file()
        if file is None or self.vocabulary is None:
            return None
        from nnspec.data.text.vectors import read_vectors

        return read_vectors(self.base / file.path, self.vocabulary, file.encoding)

    @property
    def task(self) -> Task:
        return self.loaded.parts[TRAIN].examples.task

    @cached_property
    def facts(self) -> Facts:
        """What is known of the data, as `nnspec.data.facts` tells it of data that are not open."""
        examples, classes = self.loaded.parts[TRAIN].examples, self.classes
        one_hot = self.splits[TRAIN].one_hot
        columns = replace(examples.columns(self.assets).one_hot(one_hot), features=self.features, targets=self.targets)
        return Facts(
            classes=None if classes is None else len(classes),
            vocabulary_size=None if self.vocabulary is None else len(self.vocabulary),
            sample_rate=self.assets.sample_rate,
            task=examples.task,
            labels=classes,
            columns=columns,
            examples={name: split.size for name, split in self.splits.items()},
        )

    @property
    def problems(self) -> list[DataError]:
        """What was skipped or cut, by option of the source, each once."""
        sources = {id(part.examples): part.examples for part in self.loaded.parts.values()}
        return [problem for examples in sources.values() for problem in examples.problems]

    @cached_property
    def encoder(self) -> Encoder:
        return Encoder(self.loaded.source, self.assets, self.base)

    def encode(self, raw: Sequence[Any]) -> dict[str, Any]:
        """New examples, as `Encoder.batch`."""
        return self.encoder.batch(raw)

    def save_assets(self, folder: Path) -> None:
        self.assets.save(folder)

    @cached_property
    def hashes(self) -> Hashes:
        """A hash of each file of the examples, made once. Raises OSError where one is gone."""
        return hashes_of(file for part in self.loaded.parts.values() for file in part.examples.files)

    def fingerprint(self) -> dict[str, Any]:
        """What the data is, for the record of a run: files, bytes, and a SHA-256 of their names, sizes and hashes.

        Of large data the hashes are of samples of the contents, and `content` is false.
        """
        found = self.hashes
        sizes = {file: file.stat().st_size for file in found.by_file}
        digest = hashlib.sha256()
        for file, size in sizes.items():
            digest.update(f"{file.name}\0{size}\0{found.by_file[file]}\0".encode("utf-8", "surrogateescape"))
        return {
            "files": len(sizes),
            "bytes": sum(sizes.values()),
            "sha256": digest.hexdigest(),
            "content": found.content,
        }


def open_dataset(
    data: DataConfig,
    base: Path,
    seed: int,
    *,
    assets: Assets | None = None,
    augmenter: Augmenter | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Opens the data section of a spec.

    Args:
        seed: of the order of the epochs and of augmentation. (The split's is `data.seed`.)
        assets: those of a run, for evaluating it; without them they are fitted on the training part.
        augmenter: what changes the batches of the training part.
        progress: called with what is being done, steps done and all steps, while images are decoded the first time.

    Raises DataError, naming file and line: files missing or unreadable, a label that training never saw, ...
    """
    with reporting(progress):
        loaded = load(data, base, assets)
        splits = open_splits(loaded, data, seed, augmenter)
    dataset = Dataset(loaded, splits, base, data)
    for name, split in splits.items():
        if split.features != dataset.features or split.targets != dataset.targets:
            raise DataError(
                f"the parts differ: {describe(dataset.splits[TRAIN])} in train, {describe(split)} in {name}"
            )
    return dataset


def open_splits(loaded: Loaded, data: DataConfig, seed: int, augmenter: Augmenter | None) -> dict[str, Split]:
    import numpy as np

    from nnspec.data.pipeline import Split
    from nnspec.data.tensor_readers import LookUp

    by_length = batches_by_length(data)
    one_hot = one_hot_of(data, loaded.assets)
    look_ups: dict[int, LookUp] = {}
    splits = {}
    for name, part in loaded.parts.items():
        key = id(part.examples)
        if key not in look_ups:
            look_ups[key] = LookUp(part.examples.table(loaded.assets))
        if look_ups[key].table.varying is None:
            refuse_one_length(data, loaded.source)
        indices = np.asarray(part.indices, np.int64)
        unusable = look_ups[key].table.unusable
        if unusable:
            indices = indices[~np.isin(indices, sorted(unusable))]
        if not len(indices):
            raise DataError(f"the part {name!r} has no usable example")
        splits[name] = Split(
            look_ups[key],
            indices,
            seed,
            shuffle=data.shuffle,
            by_length=by_length,
            one_hot=one_hot,
            augmenter=augmenter,
            texts=part.examples.texts,
        )
    return splits


def one_hot_of(data: DataConfig, assets: Assets) -> int | None:
    """How many values a label becomes with `one_hot`. Raises DataError where several targets have labels each."""
    if not data.one_hot:
        return None
    several = [name for name, found in assets.extra.get("targets", {}).items() if "classes" in found]
    if assets.classes is None and len(several) > 1:
        raise DataError(
            f"`one_hot` is for one set of classes, and the targets {', '.join(several)} have their own",
            hint="leave it out: SparseCategoricalCrossentropy takes the numbers of classes",
        )
    return len(assets.classes) if assets.classes else None


def refuse_one_length(data: DataConfig, source: Source) -> None:
    """Raises DataError where batches are to be made by length, of examples that all have one length."""
    if data.tokens_per_batch or data.bucket_by_length:
        raise DataError(
            f"the examples of {type(source).__name__} have one length: there is nothing to batch by",
            hint="leave out `bucket_by_length` and `tokens_per_batch`, or the source's `length`",
        )


def batches_by_length(data: DataConfig) -> ByLength | None:
    from nnspec.data.batching import ByLength

    tokens = data.tokens_per_batch
    return ByLength(tokens) if tokens or data.bucket_by_length else None


def describe(split: Split | Columns) -> str:
    return ", ".join(f"{name} {spec}" for name, spec in {**split.features, **split.targets}.items())
