"""The data sets of `keras.datasets`, which Keras downloads once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

from nnspec.data.array_examples import EXAMPLE_SUFFIXES, ArrayExamples, encode_arrays, feature, sequences, target
from nnspec.data.errors import DataError
from nnspec.data.formats.array_headers import ArrayListing
from nnspec.data.formats.images import BYTES
from nnspec.data.protocol import Assets, Columns, Facts, Source, doc, labels_alone
from nnspec.data.table import Column, FeatureSpec
from nnspec.quick_classes import dataclass

Name = Literal[
    "mnist", "fashion_mnist", "cifar10", "cifar100", "imdb", "reuters", "california_housing", "boston_housing"
]


class Known(NamedTuple):
    """What is known of a data set without loading it.

    Attributes:
        local: which source reads a copy of one's own.
        shape: of one example. `examples`: how many there are to train and to test.
    """

    kind: Literal["image", "text", "numbers"]
    classes: int | None
    local: str
    shape: tuple[int | None, ...]
    examples: tuple[int, int]


KNOWN: Mapping[str, Known] = {
    "mnist": Known("image", 10, "IDX", (28, 28, 1), (60_000, 10_000)),
    "fashion_mnist": Known("image", 10, "IDX", (28, 28, 1), (60_000, 10_000)),
    "cifar10": Known("image", 10, "ImageFolder or Arrays", (32, 32, 3), (50_000, 10_000)),
    "cifar100": Known("image", 100, "ImageFolder or Arrays", (32, 32, 3), (50_000, 10_000)),
    "imdb": Known("text", 2, "Text", (None,), (25_000, 25_000)),
    "reuters": Known("text", 46, "Text", (None,), (8_982, 2_246)),
    "california_housing": Known("numbers", None, "Csv", (8,), (16_512, 4_128)),
    "boston_housing": Known("numbers", None, "Csv", (13,), (404, 102)),
}
# What `load_data` takes and changes what is read. Its `path` is where a download is written to, over what is there.
ARGUMENTS = {"skip_top", "maxlen", "seed", "start_char", "oov_char", "index_from"}  # of imdb and reuters
ARGUMENTS |= {"test_split", "label_mode", "version"}
Loader = Callable[[str, Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Keras(Source):
    """A data set of `keras.datasets`. Its test part is had by `split: {test: {part: test}}`."""

    example_suffixes: ClassVar = EXAMPLE_SUFFIXES

    name: Name = field(metadata=doc("The module under keras.datasets."))
    part: Literal["train", "test"] = field(default="train", metadata=doc("Which of its two parts."))
    num_words: int | None = field(
        default=None, metadata=doc("imdb and reuters: rarer words are unknown. The size of the vocabulary.")
    )
    max_length: int | None = field(default=None, metadata=doc("imdb and reuters: longer texts are cut at the end."))
    arguments: Mapping[str, Any] = field(
        default_factory=dict, metadata=doc("More arguments of the data set's `load_data`, but for `path`.")
    )

    def facts(self, base: Path) -> Facts:
        return Facts(self.known.classes, self.num_words)

    def without_files(self) -> Facts:
        if self.known.classes is None:
            return Facts(task="regression", columns=Columns({}, {"y": FeatureSpec((), "float32")}))
        return labels_alone(classes=self.known.classes)

    @property
    def known(self) -> Known:
        if self.name not in KNOWN:
            raise DataError(f"keras.datasets has no {self.name!r}", hint=f"there are {', '.join(KNOWN)}")
        for name in self.arguments:
            if name not in ARGUMENTS:
                message = f"`arguments` of keras.datasets.{self.name} cannot have {name!r}"
                raise DataError(message, hint=f"there are {', '.join(sorted(ARGUMENTS))}")
        return KNOWN[self.name]

    def listing(self, base: Path) -> ArrayListing:
        """By what is known of the data set: nothing is downloaded, and the labels are not read."""
        known, where = self.known, f"keras.datasets.{self.name}"
        count = known.examples[self.part == "test"]
        if known.kind == "numbers":
            features, target = {"x": FeatureSpec(known.shape, "float32")}, {"y": FeatureSpec((), "float32")}
        else:
            is_text = known.kind == "text"
            features = {known.kind: FeatureSpec(known.shape, "int32" if is_text else "float32")}
            target = {"label": FeatureSpec((), "int32")}
        ranges = {"image": BYTES} if known.kind == "image" else {}
        if self.num_words is not None:
            ranges["text"] = (0.0, self.num_words - 1.0)
        return ArrayListing(features, target, count, None, [], where, ranges, varies=known.kind == "text")

    def load(self, base: Path) -> ArrayExamples:
        kind, where = self.known.kind, f"keras.datasets.{self.name}"
        words = {"num_words": self.num_words} if kind == "text" else {}
        x, y = load_data(self.name, {**words, **self.arguments})[self.part == "test"]
        if kind == "text":
            cut: list[DataError] = []
            text = sequences(x, self.max_length, cut)
            return ArrayExamples({"text": text}, {"label": target(y, "y", where)}, [], where, problems=cut)
        if kind == "image":
            return ArrayExamples({"image": feature(x, "x", where)}, {"label": target(y, "y", where)}, [], where)
        return ArrayExamples({"x": feature(x, "x", where)}, {"y": target(y, "y", where)}, [], where)

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """Images or arrays; lists of word numbers for the texts."""
        if self.known.kind == "text":
            return {"text": sequences(raw, self.max_length)}
        return encode_arrays(raw, assets)


def load_data(name: str, arguments: Mapping[str, Any]) -> Any:
    """((x_train, y_train), (x_test, y_test)). Raises DataError where it cannot be downloaded."""
    import importlib

    module = importlib.import_module(f"keras.datasets.{name}")
    try:
        return module.load_data(**arguments)
    except TypeError as error:
        raise DataError(f"keras.datasets.{name}: {error}") from error
    # Keras raises Exception itself when a download fails.
    except Exception as error:
        raise DataError(
            f"keras.datasets.{name} cannot be loaded: {error}",
            hint="it is downloaded once and kept in ~/.keras/datasets: run this once where there is a network, "
            f"or copy the file there, or read files of your own by {KNOWN[name].local}",
        ) from error
