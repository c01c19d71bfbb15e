"""The open documents, and what is known of each: checked when it changes, and again when what it builds on does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from nnspec.frontend.diagnostics import Diagnostic, Source, SpecError
from nnspec.frontend.format import SECTIONS
from nnspec.frontend.partial import Known, known
from nnspec.frontend.pipeline import check
from nnspec.frontend.source import Node, compose
from nnspec.frontend.spec import Spec
from nnspec.lsp.documents import Document
from nnspec.reading import read_text

MAX_FILES = 2000  # of the workspace that are looked through for specs that build on others
MAX_ENTRIES = 50_000  # files and folders of the workspace that are walked past for them
MAX_BYTES = 1024 * 1024  # of one of them
SUFFIXES = (".yaml", ".yml")

_BEGIN = r"(?:^|(?<=[\r\ufeff]))"  # of a line, with the line ends that YAML knows, and behind a mark of the byte order
_NAMED = rf"{_BEGIN}(?:\{{ *)?[\"']?nnspec[\"']?\s*:"  # also in braces, as JSON is
_IS_SPEC = re.compile(rf"{_NAMED}|{_BEGIN}#\s*yaml-language-server:\s*\$schema=\S*nnspec", re.MULTILINE)
_KEY = re.compile(rf"{_BEGIN}([A-Za-z_]\w*)\s*:", re.MULTILINE)
_BUILDS_ON = re.compile(rf"{_BEGIN}(extends|use)\s*:", re.MULTILINE)


@dataclass(frozen=True)
class Analysis:
    """What is known of one state of a document.

    Attributes:
        known: what the front end found; None of a part that only others use, such as a file of blocks.
        whole: the last state that had no fault, with its text: what stays known of lines that have not changed.
    """

    document: Document
    known: Known | None
    whole: tuple[str, Spec] | None = None

    @cached_property
    def tree(self) -> Node | None:
        """The document alone as nodes; where it is no sound YAML, what is left without the fault, or what it was."""
        texts = [self.document.text]
        texts += [] if self.known is None else [self.known.text]
        texts += [] if self.whole is None else [self.whole[0]]
        trees = (_composed(text, self.document.path) for text in dict.fromkeys(texts))
        return next((tree for tree in trees if tree is not None), None)

    @property
    def spec(self) -> Spec | None:
        return None if self.known is None else self.known.spec

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.document.path,) if self.known is None else self.known.checked.files

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return () if self.known is None else self.known.checked.diagnostics


@dataclass
class Workspace:
    """Documents by address, and their analyses.

    Attributes:
        folders: the folders that the editor has open.
        familiar: data sections that were looked at: asking for ``$data.classes`` takes no time any more.
    """

    documents: dict[str, Document] = field(default_factory=dict)
    analyses: dict[str, Analysis] = field(default_factory=dict)
    folders: list[Path] = field(default_factory=list)
    familiar: set[str] = field(default_factory=set)

    @property
    def unsaved(self) -> Mapping[Path, str]:
        return {document.path: document.text for document in self.documents.values()}

    def take(self, document: Document) -> list[Analysis]:
        """Takes a document, new or changed, and returns what is new: of it, and of the open ones that build on it."""
        self.documents[document.uri] = document
        return self.refreshed({document.path}, document.uri)

    def close(self, uri: str) -> list[Analysis]:
        document = self.documents.pop(uri, None)
        self.analyses.pop(uri, None)
        return [] if document is None else self.refreshed({document.path})

    def refreshed(self, changed: set[Path], first: str | None = None) -> list[Analysis]:
        """Analyses made again of the documents that are made of files that changed; ``first`` is one in any case."""
        uris = [uri for uri, one in self.analyses.items() if uri != first and changed & set(one.files)]
        return [self.analyse(uri) for uri in [*([first] if first else []), *uris]]

    def analyse(self, uri: str) -> Analysis:
        document = self.documents[uri]
        before = self.analyses.get(uri)
        found = None
        if is_spec(document):
            found = known(
                Source.from_text(document.text, str(document.path)),
                unsaved=self.unsaved,
                data=self.looks(document.text),
            )
        whole = before.whole if before is not None else None
        if found is not None and found.checked.spec is not None:
            whole = (document.text, found.checked.spec)
        self.analyses[uri] = Analysis(document, found, whole=whole)
        return self.analyses[uri]

    def looks(self, text: str) -> bool | None:
        """Whether a check of a text may ask its data, as ``check`` takes it: where that takes no time any more."""
        return None if _data_text(text) in self.familiar else False

    def with_data(self, uri: str, found: Known) -> Analysis | None:
        """Takes what came of a look at the data; None where the document has changed meanwhile."""
        now = self.analyses.get(uri)
        if now is None or now.known is None or found.text != now.document.text:
            return None
        self.familiar.add(_data_text(found.text))
        self.analyses[uri] = replace(now, known=replace(found, spec=found.spec or now.spec))
        return self.analyses[uri]

    def related(self, path: Path) -> list[Path]:
        """The files that a name of this one may stand in: those that it builds on, and those that build on it."""
        links: dict[Path, set[Path]] = {}
        for file, bases in self._bases():
            for base in bases:
                links.setdefault(file, set()).add(base)
                links.setdefault(base, set()).add(file)
        found, waiting = {path: None}, [path]
        while waiting:
            for other in sorted(links.get(waiting.pop(), ())):
                if other not in found:
                    found[other] = None
                    waiting.append(other)
        return list(found)

    def unread(self, path: Path) -> Path | None:
        """A file in which uses of this one's names may be missed: it builds on this one, and has a fault.

        The folder itself where it has more files, or more of anything, than are looked through.
        """
        for analysis in self.analyses.values():
            is_whole = analysis.known is None or analysis.known.checked.spec is not None
            if not is_whole and analysis.document.path != path and path in self.related(analysis.document.path):
                return analysis.document.path
        files, is_all = self._files()
        if not is_all:
            return self.folders[0]
        for file in files:
            text = self.text(file) or ""
            if path.name in text and _BUILDS_ON.search(text) and self.tree(file) is None:
                return file
        return None

    def text(self, path: Path) -> str | None:
        """The text of a file, as it is open or else on the disk; None where it cannot be read."""
        if path in self.unsaved:
            return self.unsaved[path]
        try:
            return read_text(path, MAX_BYTES).removeprefix("\N{BYTE ORDER MARK}")
        except (OSError, ValueError):
            return None

    def tree(self, path: Path) -> Node | None:
        """A file alone as nodes; of an open one, what can be read of it."""
        for analysis in self.analyses.values():
            if analysis.document.path == path:
                return analysis.tree
        text = self.text(path)
        return None if text is None else _composed(text, path)

    def _bases(self) -> Iterator[tuple[Path, list[Path]]]:
        paths = dict.fromkeys([document.path for document in self.documents.values()])
        for path in [*paths, *(file for file in self._files()[0] if file not in paths)]:
            text = self.text(path)
            if text is None or not _BUILDS_ON.search(text):
                continue
            tree = self.tree(path)
            named = [] if tree is None else [*_texts(tree.get("extends")), *_texts(tree.get("use"))]
            yield path, [Path(os.path.abspath(path.parent / name)) for name in named]

    def _files(self) -> tuple[list[Path], bool]:
        """The YAML files of the workspace, but for hidden folders and runs; and whether these are all, or the first."""
        found: list[Path] = []
        entries = 0
        for folder in self.folders:
            for root, folders, files in os.walk(folder):
                folders[:] = sorted(name for name in folders if name[0] != "." and name not in ("node_modules", "runs"))
                entries += len(folders) + len(files)
                found += [Path(root, name) for name in sorted(files) if name.endswith(SUFFIXES)]
                if len(found) >= MAX_FILES or entries > MAX_ENTRIES:
                    return found[:MAX_FILES], False
        return found, True


def is_spec(document: Document) -> bool:
    """Whether a document is a spec, and not some other YAML, or a file of blocks that specs use."""
    keys = {*_KEY.findall(document.text)}
    if document.language != "nnspec" and not _IS_SPEC.search(document.text) and not _builds_on_specs(keys):
        return False
    return not keys or bool(keys - {"nnspec", "name", "description", "blocks", "params", "use", "requires"})


def _builds_on_specs(keys: set[str]) -> bool:
    return "extends" in keys and keys <= {*SECTIONS}


def looked_at(source: Source, unsaved: Mapping[Path, str]) -> Known:
    """A check with the data, which may take its time."""
    checked = check(source, unsaved=unsaved)
    return Known(checked, source.text, checked.spec)


def _composed(text: str, path: Path) -> Node | None:
    try:
        tree = compose(Source.from_text(text, str(path)))
    except SpecError:
        return None
    return tree if tree.is_mapping else None


def _texts(node: Node | None) -> list[str]:
    if node is None:
        return []
    nodes = node.items
    return [one.value for one in nodes if isinstance(one.value, str)]


def _data_text(text: str) -> str:
    """The section ``data`` and what it may refer to, as they are written: while they stay, so do the facts."""
    return "\n".join(re.findall(r"^(?:data|params|extends|use)\s*:.*(?:\n(?:[ \t#-].*|))*", text, re.MULTILINE))
