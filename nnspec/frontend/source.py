"""Text to nodes: YAML read strictly, each value with its place.

The events come from libyaml; composing them here, and not in PyYAML, is what bounds depth and size, refuses
duplicate keys and resolves scalars by YAML 1.2's core rules (``1e-3`` is a number, ``no`` a string, ``012`` twelve).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

import yaml

from nnspec.frontend.diagnostics import MAX_PROBLEMS, Diagnostic, Note, Source, Span, SpecError, printable
from nnspec.quick_classes import dataclass
from nnspec.reading import open_regular

Scalar = None | bool | int | float | str

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 150_000
MAX_KEY = 200

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the YAML file: a scalar, a tuple of nodes or a mapping of nodes.

    Attributes:
        value: the scalar, ``tuple`` of nodes, or ``dict`` from key text to node.
        span: where the value stands.
        keys: where each key of a mapping stands.
        origin: where the value was given, when an expression brought it here.
    """

    value: Any
    span: Span
    keys: dict[str, Span] = field(default_factory=dict)
    origin: Span | None = None

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        return isinstance(self.value, tuple)

    @property
    def items(self) -> tuple[Node, ...]:
        """Those of a list; anything else is one alone."""
        return self.value if isinstance(self.value, tuple) else (self,)

    def get(self, *path: str | int) -> Node | None:
        """The node at ``path`` below this one, or None where there is none."""
        node: Node | None = self
        for step in path:
            if node is None:
                return None
            if node.is_mapping:
                node = node.value.get(str(step))
            elif node.is_list and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
            else:
                return None
        return node

    def plain(self) -> Any:
        """The value as plain Python data (dict, list, scalars)."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value

    def size(self, most: int) -> int:
        """How many nodes there are in here, up to one more than ``most``; shared ones count each time."""
        waiting, count = [self], 0
        while waiting and count <= most:
            value = waiting.pop().value
            count += 1
            if isinstance(value, dict | tuple):
                waiting += value.values() if isinstance(value, dict) else value
        return count

    def scalars(self) -> Iterator[Node]:
        """Every scalar node below this one, this one included."""
        if isinstance(self.value, dict):
            for node in self.value.values():
                yield from node.scalars()
        elif isinstance(self.value, tuple):
            for node in self.value:
                yield from node.scalars()
        else:
            yield self


def read(path: Path, name: str | None = None) -> Node:
    """Reads and composes a file.

    Raises:
        SpecError: as ``read_text`` and ``compose``.
    """
    return compose(read_text(path, name))


def read_text(path: Path, name: str | None = None) -> Source:
    """The text of a file: the one place where the front end touches the disk for a spec.

    Args:
        path: the file; relative paths inside it start from its folder.
        name: how diagnostics call it; the path as given by default.

    Raises:
        SpecError: the file is missing, unreadable, too large or not UTF-8.
    """
    name = name or str(path)
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = _neighbour(Path(name)) if isinstance(error, FileNotFoundError) else _within(path)
        raise SpecError([Diagnostic("E0101", f"cannot read `{printable(name)}`: {reason}", hint=hint)]) from None
    if other := next((says for end, says in _OTHER_FILES.items() if path.name.lower().endswith(end)), None):
        raise SpecError([Diagnostic("E0103", f"`{printable(name)}` is no spec", hint=other)])
    if len(data) > MAX_BYTES:
        raise SpecError([_too_large(name, size)])
    try:
        return Source(name, data.decode("utf-8-sig"), str(path.parent))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        source = Source(name, data.decode("utf-8", "replace"), str(path.parent))
        span = Span(source, line, column, line, column + 1)
        message, hint = f"byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8 in the editor"
        raise SpecError([Diagnostic("E0103", message, span, hint=hint)]) from None


# Files that are taken for specs, and what is done with them.
_OTHER_FILES = {
    ".weights.h5": "it holds weights alone: `train: {initial_weights: PATH}` in a spec begins with them",
    ".keras": "it is a Keras model: `nnspec import` writes its spec",
    ".h5": "it is a Keras model: `nnspec import` writes its spec",
    ".tflite": "it is what `nnspec export` writes: `nnspec verify` proves it; the spec is what it was made from",
    ".onnx": "it is what `nnspec export` writes; the spec is what it was made from",
    ".pb": "it is a part of a SavedModel, which `nnspec export` writes; the spec is what that was made from",
    ".pt": "it is PyTorch's; a spec describes a network of Keras's layers",
    ".pth": "it is PyTorch's; a spec describes a network of Keras's layers",
    ".ipynb": "it is a notebook; a spec is a YAML file",
    **dict.fromkeys(
        (".csv", ".tsv", ".parquet", ".npz", ".npy", ".wav", ".png", ".jpg", ".jpeg", ".zip", ".tar"),
        "it is data: `nnspec new FILE.yaml --data PATH` writes a spec for it; what `predict` takes stands behind",
    ),
    ".py": "it is Python; a spec is a YAML file, and `nnspec import` writes that of a saved Keras model",
}
MAX_NEIGHBOURS = 1_000  # files of a folder that a missing one is compared with


def _within(path: Path) -> str | None:
    """A spec, or a run, in a folder that is none itself."""
    if not os.path.isdir(path):  # `Path.is_dir` fails for a name that is too long
        return None
    inner = [one for one in _entries(path) if _is_spec(one) or os.path.exists(one / "record.json")]
    if inner:
        return f"name what is in it, such as `{printable(str(inner[-1]))}`"
    return "no spec and no run is in it; `nnspec new FILE.yaml --data FOLDER` writes a spec for data"


def _neighbour(path: Path) -> str | None:
    """A spec whose name is near that of a file that is not there: beside it, or one folder below."""
    from itertools import islice

    from nnspec.frontend.suggest import closest

    if "*" in path.name:
        return "no file matches this pattern"
    beside = _entries(path.parent if os.path.isdir(path.parent) else path.parent.parent)
    inner = (each for one in beside if not one.suffix and one.name[:1] not in "._" for each in _entries(one))
    below = list(islice(inner, MAX_NEIGHBOURS))
    for found in (beside, below):
        stems = {one.stem: str(one) for one in reversed(found) if _is_spec(one)}
        near = path.stem if path.stem in stems else closest(path.stem, stems)
        if near is not None:
            return f"did you mean `{printable(stems[near])}`?"
    return None


def _is_spec(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml")


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, in order; of a very large one some of it, of what is none nothing."""
    from itertools import islice

    try:
        return sorted(islice(folder.iterdir(), MAX_NEIGHBOURS))
    except OSError:
        return []


def _too_large(name: str, size: int) -> Diagnostic:
    return Diagnostic("E0102", f"`{printable(name)}` has {size:,} bytes; a spec has at most {MAX_BYTES:,}")


def compose(source: Source, column_offset: int = 0, text: str | None = None) -> Node:
    """Composes the one YAML document in ``source``.

    Args:
        source: what the spans point into.
        column_offset, text: for a value inside a longer line (``--set a.b=value``), the value and where it starts.

    Raises:
        SpecError: empty, not well-formed, more than one document, duplicate keys, too deep or too large.
    """
    if len(source.text) > MAX_BYTES:  # text that was never a file
        raise SpecError([_too_large(source.name, len(source.text))])
    if text is None and not source.text.strip():
        raise SpecError([Diagnostic("E0104", f"`{printable(source.name)}` is empty", Span(source, 1, 1, 1, 1))])
    composer = _Composer(source, column_offset)
    try:
        node = composer.document(yaml.parse(source.text if text is None else text, Loader=LOADER))
    except yaml.MarkedYAMLError as error:
        raise SpecError([composer.syntax_error(error, source.text if text is None else text)]) from None
    except yaml.reader.ReaderError as error:
        span = composer.offset_span(int(error.position))
        raise SpecError([Diagnostic("E0105", f"not YAML: {error.reason}", span)]) from None
    except UnicodeEncodeError as error:  # half of a surrogate pair, which no file can hold
        span = composer.offset_span(error.start)
        raise SpecError([Diagnostic("E0105", "not YAML: half of a character", span)]) from None
    except RecursionError:
        raise SpecError([Diagnostic("E0107", "nested too deeply", composer.start())]) from None
    if composer.diagnostics:
        raise SpecError(composer.diagnostics)
    return node


class _Composer:
    """Builds nodes from events and keeps the anchors; errors are collected, not thrown, where reading can go on."""

    def __init__(self, source: Source, column_offset: int) -> None:
        self.source = source
        self.offset = column_offset
        self.anchors: dict[str, Node] = {}
        self.weights: dict[int, int] = {}  # id of an anchored node -> the nodes in it, aliases expanded
        self.count = 0
        self.diagnostics: list[Diagnostic] = []

    def document(self, events: Iterator[Any]) -> Node:
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                break
            if isinstance(event, yaml.StreamEndEvent):
                raise SpecError([Diagnostic("E0104", "there is no content", self.start())])
        node = self.node(next(events), events, 0)
        next(events)  # the end of the document
        event = next(events)
        if not isinstance(event, yaml.StreamEndEvent):
            message = "a spec is one YAML document; a second one starts here"
            raise SpecError([Diagnostic("E0106", message, self.span(event), hint=_ONE)])
        return node

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise SpecError([Diagnostic("E0107", f"nested deeper than {MAX_DEPTH} levels", self.span(event))])
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event)
        before = self.count
        self.grow(1, event)
        if isinstance(event, yaml.ScalarEvent):
            node = Node(self.scalar(event), self.span(event))
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self.sequence(event, events, depth)
        else:
            node = self.mapping(event, events, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
            self.weights[id(node)] = self.count - before
        return node

    def sequence(self, start: Any, events: Iterator[Any], depth: int) -> Node:
        self.refuse_tag(start, "tag:yaml.org,2002:seq")
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self.node(event, events, depth + 1))
        return Node(tuple(items), self.span(start, event))

    def mapping(self, start: Any, events: Iterator[Any], depth: int) -> Node:
        self.refuse_tag(start, "tag:yaml.org,2002:map")
        entries: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key, span = self.key(event, events, depth)
            value = self.node(next(events), events, depth + 1)
            if key in entries:
                first = Note("it is first given here", keys[key])
                hint = "take one of the two out"
                if value.is_mapping and entries[key].is_mapping:
                    hint = f"put the entries of both under one `{printable(key)}:`"
                message = f"the key `{printable(key)}` is given twice"
                self.report(Diagnostic("E0108", message, span, hint=hint, notes=(first,)))
            entries[key], keys[key] = value, span
        return Node(entries, self.span(start, event), keys)

    def key(self, event: Any, events: Iterator[Any], depth: int) -> tuple[str, Span]:
        node = self.node(event, events, depth + 1)
        if isinstance(node.value, dict | tuple):
            hint = "in YAML braces make a mapping: write `$name`, not `${name}` or `{{name}}`"
            raise SpecError([Diagnostic("E0109", "a key must be a plain word", node.span, hint=hint)])
        text = str(event.value) if isinstance(event, yaml.ScalarEvent) else str(node.value)
        if len(text) > MAX_KEY:
            raise SpecError([Diagnostic("E0109", f"a key of {len(text):,} characters", node.span)])
        return text, node.span

    def alias(self, event: Any) -> Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            raise SpecError(
                [
                    Diagnostic(
                        "E0110",
                        f"no anchor `&{event.anchor}` stands before this alias",
                        self.span(event),
                        hint=f"a text that begins with `*` stands in quotes: `'*{printable(event.anchor)}'`",
                    )
                ]
            )
        self.grow(self.weights[id(node)], event)
        return node

    def grow(self, amount: int, event: Any) -> None:
        self.count += amount
        if self.count > MAX_NODES:
            message = f"more than {MAX_NODES:,} values, aliases expanded"
            raise SpecError([Diagnostic("E0107", message, self.span(event))])

    def scalar(self, event: Any) -> Scalar:
        text: str = event.value
        tag = event.tag
        if "\0" in text:  # `"\\0"`: the system's calls raise ValueError for a path with it
            self.report(Diagnostic("E0103", "NUL is no character of a text", self.span(event)))
            return ""
        if tag is None or tag == "!":
            return self.resolve(text, event) if event.implicit[0] else text  # implicit: plain, without quotes
        if tag == "tag:yaml.org,2002:str":
            return text
        if tag in _TYPES:
            value = self.resolve(text, event)
            if isinstance(value, _TYPES[tag]):
                return float(value) if isinstance(value, int) and tag.endswith("float") else value
        self.refuse_tag(event, "")
        return text

    def resolve(self, text: str, event: Any) -> Scalar:
        try:
            return resolve(text)
        except ValueError:
            self.report(Diagnostic("E0111", "this number is too large", self.span(event)))
            return 0

    def refuse_tag(self, event: Any, allowed: str) -> None:
        if event.tag not in (None, "!", allowed):
            message = f"the tag `{printable(event.tag)}` is not part of the language"
            self.report(Diagnostic("E0112", message, self.span(event), hint=_without_tag(event.tag)))

    def report(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)
        if len(self.diagnostics) >= MAX_PROBLEMS:
            raise SpecError(self.diagnostics)

    def span(self, event: Any, last: Any = None) -> Span:
        start, end = event.start_mark, (last or event).end_mark
        # A block collection "ends" where the next thing starts: what matters to a reader is its first line.
        return Span(self.source, start.line + 1, self.column(start), end.line + 1, self.column(end))

    def column(self, mark: Any) -> int:
        return int(mark.column) + 1 + (self.offset if mark.line == 0 else 0)

    def start(self) -> Span:
        return Span(self.source, 1, 1, 1, 1)

    def offset_span(self, position: int) -> Span:
        before = self.source.text[:position]
        line = before.count("\n") + 1
        column = position - (before.rfind("\n") + 1) + 1
        return Span(self.source, line, column, line, column + 1)

    def syntax_error(self, error: yaml.MarkedYAMLError, text: str) -> Diagnostic:
        from nnspec.frontend.edits import tabs_to_spaces  # which imports this module
        from nnspec.frontend.syntax import explain

        editable = not self.source.is_command_line
        mark = error.problem_mark or error.context_mark
        line = self.source.line(mark.line + 1) if mark else ""
        indented = "\t" in line[: len(line) - len(line.lstrip())]
        if mark and (indented or line[mark.column : mark.column + 1] == "\t"):
            where = "this line is indented with a tab" if indented else "a tab stands here"
            message = f"{where}; YAML takes spaces alone"
            span = self.place(mark.line, mark.column, mark.column + 1)
            fix = tabs_to_spaces(self.source, _meaning) if editable else None
            return Diagnostic("E0105", message, span, hint="replace it by spaces", fix=fix)
        return explain(self.source, error, text, self.place, editable)

    def place(self, line: int, column: int, end: int) -> Span:
        """Line, column and end column of libyaml's, which counts from 0."""
        offset = 1 + (self.offset if line == 0 else 0)
        return Span(self.source, line + 1, column + offset, line + 1, end + offset)


def _meaning(text: str) -> str | None:
    """What a text means, as text; None where it is not YAML."""
    try:
        return repr(compose(Source("", text)).plain())
    except SpecError:
        return None


_ONE = "take the line `---` out, or make two files: one `extends:` the other"
# What tags of other programs are done by, by their beginning.
_TAGS = {
    "!include": "`extends: FILE` builds on another file, `use: FILE` takes its blocks",
    "!secret": "a value from outside comes by `--set PATH=VALUE`",
    "!env": "a value from outside comes by `--set PATH=VALUE`",
    "!join": "expressions join nothing: write the text itself",
    "tag:yaml.org,2002:python/tuple": "a tuple is a list here: `[16, 16, 3]`",
}


def _without_tag(tag: str) -> str:
    found = next((says for begin, says in _TAGS.items() if tag.lower().startswith(begin)), None)
    if found is None and tag.startswith("!") and not tag.startswith("!!"):
        return f"a spec holds plain YAML data; a text that begins with `!` stands in quotes: `'{printable(tag)}'`"
    return found or "a spec holds plain YAML data"


_TYPES: dict[str, tuple[type, ...]] = {
    "tag:yaml.org,2002:null": (type(None),),
    "tag:yaml.org,2002:bool": (bool,),
    "tag:yaml.org,2002:int": (int,),
    "tag:yaml.org,2002:float": (int, float),
}
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL, _HEX = re.compile(r"0o[0-7]+\Z"), re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SPECIAL = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **{sign + word: float(sign + "inf") for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")},
}


def resolve(text: str) -> Scalar:
    """A plain scalar by YAML 1.2's core schema (section 10.3.2); the other way round is ``yaml_scalar``.

    Raises:
        ValueError: an integer of more than 18 digits or so, which no argument can mean.
    """
    if text in _SPECIAL:
        return _SPECIAL[text]
    if text[0] not in "0123456789+-.":
        return text
    if _INT.match(text):
        return _bounded(text, 10)
    if _OCTAL.match(text):
        return _bounded(text[2:], 8)
    if _HEX.match(text):
        return _bounded(text[2:], 16)
    return float(text) if _FLOAT.match(text) else text


def _bounded(digits: str, base: int) -> int:
    if len(digits) > 64:
        raise ValueError("too many digits")
    value = int(digits, base)
    if abs(value) >= 2**63:
        raise ValueError("does not fit 64 bits")
    return value
