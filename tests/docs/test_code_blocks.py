"""Every code block of the manual and the README is run: commands, specs, Python.

Each document is worked through from top to bottom in a folder of its own that has the project's specs and examples.
Trainings are cut to one epoch. The longer pages run with NNSPEC_FULL=1 (`make cookbook`). A line that cannot be run here is of a kind listed with its reason.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nnspec.catalog.kinds import catalog
from nnspec.cli.main import COMMANDS, run
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.source import compose

ROOT = Path(__file__).parents[2]
# Pages made by docs/generate.py: the codes' examples have a test of their own, the commands' are tried for their options.
MADE = ("docs/codes.md", "docs/commands.md", "docs/gallery.md", "docs/python.md")
# Its package would have to be installed first; tests/examples/test_python.py uses the layer.
ELSEWHERE = {"examples/custom_layer/README.md"}
DOCUMENTS = [
    path
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
    if str(path.relative_to(ROOT)) not in {*MADE, *ELSEWHERE} and not {"kinds", "_build"} & set(path.parts)
]
# Half a minute each, on demand: `make cookbook`.
LONG = {
    "docs/tour.md",
    "docs/shipping.md",
    "docs/cookbook/conll-to-phone.md",
    "docs/cookbook/machines.md",
    "docs/cookbook/series.md",
    "docs/cookbook/transfer.md",
}
NOT_RUN = {
    "make": "makes the very environment that the tests run in",
    "pip": "installs from a registry",
    "pre-commit": "installs into a repository of the reader's",
    "python": "benchmarks, and scripts with tests of their own",
    "git": "changes a repository of the reader's",
    ".": "a shell's own command",
}
WITHOUT_TENSORFLOW = {"check", "show", "schema", "explain", "new", "draw", "fmt", "diff", "data"}


class Block(NamedTuple):
    language: str
    text: str

    @property
    def commands(self) -> list[list[str]]:
        if self.language != "sh":
            return []
        lines = self.text.replace("\\\n", " ").splitlines()
        return [shlex.split(line, comments=True) for line in lines if line.split("#")[0].strip()]


def blocks(document: Path) -> list[Block]:
    found = re.findall(r"^```([\w-]*)\n(.*?)^```", document.read_text(encoding="utf-8"), re.M | re.S)
    return [Block(language, text) for language, text in found]


def heavy(document: Path) -> bool:
    """Whether a document's blocks need TensorFlow."""
    return any(
        block.language == "python"
        or any(words[0] == "nnspec" and words[1] not in WITHOUT_TENSORFLOW for words in block.commands)
        for block in blocks(document)
    )


def documents() -> Iterator[Any]:
    for path in DOCUMENTS:
        name = str(path.relative_to(ROOT))
        marks = [pytest.mark.tf] if heavy(path) else []
        yield pytest.param(path, id=name, marks=[*marks, pytest.mark.proof] if name in LONG else marks)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a checkout to the commands of a document, and is the current one."""
    for name in ("specs", "examples", "schemas", "benchmarks"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/images").symlink_to(ROOT / "examples/data/shapes")  # what readers put in the starter's place
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.long
@pytest.mark.parametrize("document", documents())
def test_the_blocks_of_a_document_run(document: Path, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "document"}
    for block in blocks(document):
        for words in block.commands:
            if words[0] == "nnspec":
                code = run(short(expanded(words[1:])))
                assert code == 0, f"{shlex.join(words)}\n{capsys.readouterr().err[-2000:]}"
            else:
                assert words[0] in NOT_RUN or words[0].endswith("/python"), f"{words[0]} is neither run nor excused"
        if block.language == "yaml":
            read_yaml(block.text, workspace)
        elif block.language == "python":
            exec(compile(block.text, str(document), "exec"), names)


def expanded(words: list[str]) -> list[str]:
    """What a shell would make of the patterns."""
    found: list[str] = []
    for word in words:
        found += sorted(map(str, Path().glob(word))) if "*" in word and "=" not in word else [word]
    return found


def short(words: list[str]) -> list[str]:
    """The command, with one epoch if it trains."""
    return [*words, "--set", "train.epochs=1", "--quiet"] if words[0] == "train" else words


def read_yaml(text: str, workspace: Path) -> None:
    """A whole spec is valid; a part of one is strict YAML, and its sections are known."""
    if re.search(r"^nnspec: 1", text, re.M) and re.search(r"^(layers|extends):", text, re.M):
        folder = workspace / "specs" if "extends: ../" in text else workspace
        path = (folder.resolve() if folder.name == "specs" else folder) / "_block_of_a_document.yaml"
        if folder.name == "specs":
            text = text.replace("../specs/", f"{workspace}/specs/")
            path = workspace / "_block_of_a_document.yaml"
        path.write_text(text, encoding="utf-8")
        assert run(["check", str(path)]) == 0, text
        return
    if not re.sub(r"#.*", "", text).strip():
        return  # a comment alone, such as the line for editors
    tree = compose(Source("a block of a document", text, "."))
    if tree.is_mapping and not text.startswith(" "):
        sections = set(catalog().schema["properties"])
        unknown = set(tree.value) - sections
        assert not unknown or all(key[0].isupper() for key in unknown), f"{sorted(unknown)} in\n{text}"


def test_documents_have_blocks_to_run() -> None:
    counted = [block.language for document in DOCUMENTS for block in blocks(document)]
    assert counted.count("sh") > 10 and counted.count("yaml") > 10 and counted.count("python") >= 1


@pytest.mark.parametrize("name", [name for name in MADE if (ROOT / name).is_file()])
def test_examples_of_made_pages_name_commands_that_exist(name: str) -> None:
    for block in blocks(ROOT / name):
        for words in block.commands:
            assert words[:1] != ["nnspec"] or words[1] in COMMANDS
