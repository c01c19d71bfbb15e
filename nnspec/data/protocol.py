"""What a source of data is: the contract between the files of this package, and with packages that bring sources.

A source is a frozen dataclass of the arguments that a spec gives. It loads a listing, its examples; these split,
fit what must be learned from the training part alone (labels, vocabulary, scaling), and become a table.

Whatever is asked of a source or of its examples is asked here, so that nobody needs to know which one it is. A class
that names a protocol as its base answers what not every source has to answer as written here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

from nnspec.console.atomic_files import write_bytes, write_text
from nnspec.data import split
from nnspec.data.assets_validity import require_valid
from nnspec.data.errors import DataError
from nnspec.data.table import Column, FeatureSpec, Table
from nnspec.data.text.subwords import FILE as TOKENIZER
from nnspec.data.text.subwords import Subwords, read
from nnspec.data.text.vocabulary import Vocabulary
from nnspec.quick_classes import dataclass
from nnspec.reading import read_json, read_text

if TYPE_CHECKING:
    from nnspec.data.text.corpus import Corpus

Task = Literal["classification", "regression", "tagging", "forecast", "unknown"]
Range = tuple[float, float]  # lowest and highest value
Progress = Callable[[str, int, int], None]  # what is being done, steps done, of how many

MAX_LABELS = 1 << 28  # bytes of a file of labels
LABELS, VOCABULARY, SCALING, EXTRA = "labels.txt", "vocabulary.txt", "scaling.json", "extra.json"
ASSETS = (LABELS, VOCABULARY, "vocabulary.json", TOKENIZER, SCALING, EXTRA)  # all files that a run may keep of its data


def doc(text: str, *, path: bool = False, column: bool = False) -> Mapping[str, Any]:
    """Metadata of a source's field: the sentence that editors show, whether it names a file or folder, or columns.

    A mapping whose field names columns has them as its keys.
    """
    return {"doc": text, "path": path, "column": column}


@dataclass(frozen=True)
class Assets:
    """What predicting needs of the data set: learned from the training part, saved with the run.

    Attributes:
        classes: labels of a classification or tags of a tagging task, by index.
        scaling: offset and factor by column; `extra` is whatever else the source wants back. Both JSON-able.

    Raises:
        DataError: a class has a line break: of a run and of an app, too, a class is a line of labels.txt.
    """

    classes: tuple[str, ...] | None = None
    vocabulary: Vocabulary | None = None
    scaling: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        broken = next((name for name in self.classes or () if "\n" in name or "\r" in name), None)
        if broken is not None:
            hint = "write it in one line in the data"
            raise DataError(f"the class {broken!r:.60} has a line break, and {LABELS} has a line for each", hint=hint)

    def target(self, name: str | None) -> Mapping[str, Any]:
        """What is known of one target of several: its `type`, and `classes`, `entries` and the like by type."""
        found = self.extra.get("targets", {})
        return found.get(name, {}) if isinstance(found, Mapping) else {}

    def classes_of(self, target: str | None) -> tuple[str, ...] | None:
        """The labels of a target; None of one that has none, also where another target has some."""
        known = self.target(target)
        own = known.get("classes")
        return (None if known else self.classes) if own is None else tuple(own)

    @property
    def words(self) -> tuple[str, ...] | None:
        return None if self.vocabulary is None else self.vocabulary.words

    @property
    def sample_rate(self) -> int | None:
        """How many samples a second its sounds have; None without sounds, and where several columns differ."""
        inputs = self.extra.get("inputs", {}).values()
        found = {self.extra.get("sample_rate"), *(entry.get("sample_rate") for entry in inputs)} - {None}
        return found.pop() if len(found) == 1 else None

    def scales(self, what: str) -> Mapping[str, Any]:
        """The scales of ``features`` or ``targets`` by column. Raises DataError where the run does not say them."""
        found = (self.scaling or {}).get(what)
        if found is None:
            raise DataError(f"the assets of the run hold no {SCALING} with {what}", hint="train again")
        return dict(found)

    def said(self, name: str) -> Any:
        """An entry of ``extra``. Raises DataError where the run does not say it."""
        if name not in self.extra:
            raise DataError(f"the assets of the run hold no {EXTRA} with {name}", hint="train again")
        return self.extra[name]

    def save(self, folder: Path) -> None:
        """Writes labels.txt, vocabulary.txt, scaling.json and extra.json, those that there are: text, UTF-8.

        Raises:
            OSError: a file cannot be written; what stood in its place is untouched.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if self.classes is not None:
            # Bytes, so that line ends are the same on every system.
            write_bytes(folder / LABELS, "".join(f"{label}\n" for label in self.classes).encode())
        if self.vocabulary is not None:
            self.vocabulary.save(folder / VOCABULARY)
        for name, values in ((SCALING, self.scaling), (EXTRA, self.extra)):
            if values:
                text = json.dumps(values, indent=2, ensure_ascii=False)
                write_text(folder / name, text + "\n")

    @classmethod
    def load(cls, folder: Path) -> Assets:
        """Raises DataError where the folder is missing or a file in it cannot be read."""
        if not folder.is_dir():
            raise DataError("the run has no folder of assets", file=str(folder))
        labels, vocabulary = folder / LABELS, folder / VOCABULARY
        try:
            scaling, extra = _json(folder / SCALING), _json(folder / EXTRA)
            require_valid(scaling, extra)
            return cls(
                classes=tuple(read_text(labels, MAX_LABELS).split("\n")[:-1]) if labels.exists() else None,
                vocabulary=Vocabulary.load(vocabulary) if vocabulary.exists() else None,
                scaling=scaling,
                extra=extra or {},
            )
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"the assets of the run cannot be read: {error}", file=str(folder)) from error


def _json(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    found = read_json(path)
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is no mapping")
    return found


WEIGHT = "the weight"  # what an array of what each example counts is called beside features and targets


@dataclass(frozen=True, slots=True)
class Columns:
    """What `Examples.table` gives, told without making it.

    Attributes:
        features, targets: by name, shape and dtype as the model gets them.
        padded: whether padding within the targets weighs nothing.
        varies: whether a batch is as long as its longest sequence, so that batches can be made by length.
        ranges: by name, the lowest and the highest value, where that is known without reading all of them; also of
            ``WEIGHT``.
        labels: by target the names of its classes, where these are not what the facts as a whole say.
        ended: targets whose sequences end in padding, 0, that weighs as much as any class.
    """

    features: Mapping[str, FeatureSpec]
    targets: Mapping[str, FeatureSpec]
    padded: bool = False
    varies: bool = False
    ranges: Mapping[str, Range] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ended: tuple[str, ...] = ()

    def one_hot(self, classes: int | None) -> Columns:
        """With `one_hot`: targets of integers become values from 0 to 1; None: they stay as they are."""
        targets = {name: spec.one_hot(classes) for name, spec in self.targets.items()}
        changed = {name: (0.0, 1.0) for name, spec in targets.items() if spec != self.targets[name]}
        return replace(self, targets=targets, ranges={**self.ranges, **changed})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the data of a spec before training reads them; None where it cannot be told.

    Attributes:
        classes, vocabulary_size, alphabet_size, sample_rate: what a spec may refer to as `$data.classes` and so on.
        labels: the names of the classes, by number.
        columns: as the model gets them, with `one_hot` applied.
        examples: how many each part has.
        problems: the first of what was skipped or cut; `problem_count` is of all.
        follows: folders that they follow from, beside the files that the spec names.
    """

    classes: int | None = None
    vocabulary_size: int | None = None
    alphabet_size: int | None = None
    sample_rate: int | None = None
    task: Task | None = None
    labels: tuple[str, ...] | None = None
    columns: Columns | None = None
    examples: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[DataError, ...] = ()
    problem_count: int = 0
    follows: tuple[str, ...] = ()

    @property
    def features(self) -> int | None:
        """How many numbers a row or a step has; None where no input tells, or two tell differently."""
        return self._told(lambda shape, is_float: shape[-1] if is_float and len(shape) in (1, 2) else None)

    @property
    def channels(self) -> int | None:
        """How many channels an image, a film or a series of several has."""
        return self._told(lambda shape, is_float: shape[-1] if is_float and len(shape) >= 2 else None)

    @property
    def length(self) -> int | None:
        """How many steps a series or a sequence of tokens has, where all have as many."""
        return self._told(lambda shape, is_float: shape[0] if len(shape) == 2 or (shape and not is_float) else None)

    @property
    def targets(self) -> int | None:
        """How many numbers an example has to predict, at each step where there are steps of several."""
        specs = () if self.columns is None else self.columns.targets.values()
        numbers = [spec.shape for spec in specs if spec.dtype.startswith("float") and len(spec.shape) < 3]
        found = {shape[-1] if shape else 1 for shape in numbers}
        return found.pop() if len(found) == 1 else None

    def _told(self, told: Callable[[tuple[int | None, ...], bool], int | None]) -> int | None:
        """What all inputs that tell it agree on."""
        specs = () if self.columns is None else self.columns.features.values()
        found = {told(spec.shape, spec.dtype.startswith("float")) for spec in specs} - {None}
        return found.pop() if len(found) == 1 else None

    def classes_of(self, target: str) -> int | None:
        """How many classes a target has; None of one that has none, also where another target has some."""
        of_some = {} if self.columns is None else self.columns.labels
        return (len(of_some[target]) if target in of_some else None) if of_some else self.classes

    def labels_of(self, target: str) -> tuple[str, ...] | None:
        """The names of a target's classes, or their numbers; None where it has none, or they are not known."""
        if self.columns is None or (self.labels is not None and not self.columns.labels):
            return self.labels
        spec, span = self.columns.targets[target], self.columns.ranges.get(target)
        if not self.columns.labels and spec.dtype.startswith("int") and span is not None:
            return tuple(map(str, range(int(span[1]) + 1)))
        return self.columns.labels.get(target)


def labels_alone(name: str = "label", shape: tuple[int | None, ...] = (), classes: int | None = None) -> Facts:
    """The facts of a source whose only target is always numbers of classes: by default one for each example."""
    task: Task = "tagging" if shape else "classification"
    return Facts(classes=classes, task=task, columns=Columns({}, {name: FeatureSpec(shape, "int32")}))


class Listing(Protocol):
    """Examples as far as they are known without NumPy and TensorFlow: enough to count, split, fit and describe."""

    task: Task
    files: Sequence[Path]  # that the examples come from, for the record of the run
    problems: Sequence[DataError]  # what was skipped or cut while reading, by option of the source
    tokens: Corpus | None = None  # of each example, where it is a sequence of tokens

    def __len__(self) -> int: ...

    def split(self, fractions: Mapping[str, float], seed: int) -> dict[str, Sequence[int]]:
        """Numbers of examples for "train" and each part of `fractions`, drawn at random by default."""
        return split.shuffled(len(self), fractions, seed)

    def fit(self, train: Sequence[int], classes: Sequence[str] | None) -> Assets:
        """Learns from the training part alone; `classes` of the spec win when given."""

    def columns(self, assets: Assets) -> Columns:
        """What `table` would give. Raises DataError where that would, on a label that the assets lack for one."""

    @property
    def follows(self) -> Sequence[Path]:
        """Folders of files that the data name, beside those that the spec names."""
        return ()

    def as_numbers(self, targets: Literal["all"] | Sequence[str]) -> Listing:
        """The same examples with whole numbers in these targets as numbers to fit. Labels with names stay labels."""
        return self

    def cells(self) -> list[dict[str, Any]] | None:
        """What each column of a file of rows holds, JSON-able; None: the examples are no such rows."""
        return None

    def place(self, index: int) -> str | None:
        """File and line of an example; None where a file has no lines."""
        return None


class Examples(Listing, Protocol):
    """A loaded listing: the bulk is read by `table`."""

    def table(self, assets: Assets) -> Table:
        """All examples as columns. Raises DataError on a label that the assets lack."""

    def texts(self, indices: Sequence[int]) -> list[str]:
        """What a person would know the examples by: the sentence, the file name."""

    @property
    def rolls(self) -> bool:
        """Whether shares are cut in the order of time, and the targets are numbers that come after what is seen."""
        return False

    def scalings(self, indices: Sequence[int], assets: Assets) -> Sequence[Mapping[str, Any]] | None:
        """The `scaling` of each of these examples; None: all have that of the assets."""
        return None

    def strange_groups(self, indices: Sequence[int], assets: Assets) -> Mapping[str, int]:
        """Groups of these examples whose scale training could not fit, and how many examples each has."""
        return {}

    def unseen_categories(self, indices: Sequence[int], assets: Assets) -> Mapping[str, Mapping[str, int]]:
        """By column of the inputs the categories of these examples that training never saw, and how many have each."""
        return {}

    def origins(self, indices: Sequence[int]) -> Sequence[float] | None:
        """For each of these examples a number that grows with the time from which it looks ahead; None: it has none."""
        return None

    def report(self, indices: Sequence[int], assets: Assets) -> dict[str, Any]:
        """What is worth knowing of a part, beyond what the table tells: JSON-able."""
        return {}


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A file of word vectors: the first weights of the Embeddings that read the words.

    Attributes:
        argument: the source's argument that names it. `feature`: the name of the feature that the words are.
    """

    path: str
    argument: str
    feature: str
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Goes:
    """How a network continues a text.

    Attributes:
        length: how many tokens it sees. last: whether it says what follows the last one alone, or each.
        cut: a text to its tokens. joined: tokens to a text.
    """

    length: int
    last: bool
    cut: Callable[[str], list[str]]
    joined: Callable[[Sequence[str]], str]


class Source(Protocol):
    """A frozen dataclass. Its fields are the arguments in YAML, the first one is the shorthand; paths are text."""

    written_as: ClassVar[Literal["text", "path", "value"]] = "value"  # what a new example is on a command line
    suffixes: ClassVar[tuple[str, ...]] = ()  # how the names of its files end; "/" of what reads any folder
    takes_several: ClassVar[bool] = False  # whether its first argument may be a list of paths
    example_suffixes: ClassVar[frozenset[str]] = frozenset()  # of files that are one new example each

    def facts(self, base: Path) -> Facts | None:
        """What `$data.classes` and its like are, where that is told at once; None: it takes the listing."""
        return None

    def columns_there(self, base: Path) -> Sequence[str]:
        """The names of a table's columns, read off its first lines. None where that would take long.

        Raises:
            DataError: the file cannot be read.
        """
        return ()

    def for_part(self, value: str) -> Source:
        """The source of a part that the split gives by a text: by default in place of the first argument."""
        return replace(self, **{fields(self)[0].name: value})  # type: ignore[arg-type,type-var]

    def taught(self, assets: Assets) -> Self:
        """The source as it reads with what a training part taught, where that decides what its examples are."""
        return self

    def scalings(self, raw: Sequence[Any], assets: Assets, base: Path) -> list[tuple[str, Mapping[str, Any]]] | None:
        """Of new examples the group of each and its `scaling`; None: all have that of the assets."""
        return None

    def without_files(self) -> Facts:
        """What is known whatever the files hold: the targets of a source that always has these, and no features."""
        return Facts()

    def refuse_settings(self) -> None:
        """Raises DataError on arguments that contradict each other, whatever the files hold."""
        return

    def listing(self, base: Path) -> Listing:
        """As `load`, without NumPy and TensorFlow: of arrays the headers and the labels alone are read."""
        return self.load(base)

    def load(self, base: Path) -> Examples:
        """Reads listing and labels, and text whole. Paths are relative to `base`."""

    def encode(self, raw: Sequence[Any], assets: Assets, base: Path) -> Mapping[str, Column]:
        """Features of new examples: paths of images, lines of text, rows as mappings, arrays."""

    @property
    def skips(self) -> bool | None:
        """Whether an example that cannot be read is left out, and told, not all refused; None: without an option."""
        said = getattr(self, "on_error", None)
        return None if said is None else bool(said == "skip")

    def lines_of(self, path: Path) -> Iterable[str]:
        """The lines of a file of new examples. Raises DataError where it cannot be read."""
        from nnspec.data.text.corpus import read_lines

        return read_lines(path, "utf-8")

    def examples_in(self, lines: Iterable[str]) -> list[Any]:
        """The new examples that a text holds, from standard input for one: by default one a line."""
        return [line.strip() for line in lines if line.strip()]

    def examples_of(self, path: Path) -> list[Any]:
        """The new examples that a file holds. Raises DataError where it cannot be read."""
        return self.examples_in(self.lines_of(path))

    @property
    def takes_texts(self) -> bool:
        """Whether a new example on a command line is a text."""
        return self.written_as == "text"

    def untagged(self, lines: Iterable[str], name: str) -> Iterable[list[str]] | None:
        """The tokens of each sentence of a new file that is written as the training data are; None: of no tagger.

        Raises DataError naming the line, of the file of this name, that cannot be read.
        """
        return None

    def located(self, given: Any) -> tuple[str, list[tuple[int, int]]] | None:
        """A new example as text, and where each step starts and ends there, in characters; None where it is no text."""
        return None

    def vector_file(self) -> VectorFile | None:
        """The file of word vectors that an argument names."""
        return None

    def named_tokenizer(self, base: Path) -> Subwords | None:
        """The tokenizer of the file that an argument names. Raises DataError where it cannot be read."""
        path = getattr(self, "tokenizer", None)
        return None if path is None else read(base / path)

    def preprocessing(self, feature: str, assets: Assets) -> Mapping[str, Any] | None:
        """How an app makes a feature, as `nnspec.export.preprocessing` describes it; None: its column tells."""
        return None

    def goes_on(self) -> Goes | None:
        """How its networks continue a text; None: they do not."""
        return None

    def resizing(self) -> str:
        """How images of another size are brought to that of the network."""
        return "bilinear"


_progress: ContextVar[Progress | None] = ContextVar("progress", default=None)


@contextmanager
def reporting(progress: Progress | None) -> Iterator[None]:
    """Within it, long reading tells `progress` how far it is."""
    token = _progress.set(progress)
    try:
        yield
    finally:
        _progress.reset(token)


def tell(what: str, done: int, total: int) -> None:
    """Says how far a long reading is, to whoever listens."""
    progress = _progress.get()
    if progress is not None:
        progress(what, done, total)
