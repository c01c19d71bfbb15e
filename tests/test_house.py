"""The rooms of the house: each imports from those below it, and from none above."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from own_code import PACKAGE, nodes

from nnspec.catalog.targets import TARGETS
from nnspec.data.sources import SOURCES
from nnspec.layers import KINDS

# From the bottom to the top, as CONTRIBUTING shows them. `tools` stands beside the house, and may look into every room.
ROOMS = (
    "quick_classes",
    "reading",
    "schema_validity",
    "console",
    "layers",
    "data",
    "catalog",
    "frontend",
    "backend",
    "importing",
    "codegen",
    "starting",
    "runs",
    "training",
)
ROOMS += (
    "evaluation",
    "sweeps",
    "export",
    "compression",
    "report",
    "tracking",
    "spec_file",
    "api",
    "interactive",
    "estimators",
    "lsp",
    "cli",
)
BESIDE = ("tools", "__init__", "__main__")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> Iterator[str]:
    """The rooms that a file imports from, within functions too; what only type checkers see does not count."""
    only_types = {
        id(inner)
        for node in nodes(path, ast.If)
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in nodes(path, ast.ImportFrom):
        if id(node) not in only_types and (node.module or "").startswith("nnspec"):
            parts = (node.module or "").split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]


FILES = sorted(path for path in PACKAGE.rglob("*.py") if room_of(path) not in BESIDE)


def test_every_room_is_known() -> None:
    assert {room_of(path) for path in FILES} == set(ROOMS)
    assert len(FILES) > 300


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_point_downwards(room: str) -> None:
    above = set(ROOMS[ROOMS.index(room) + 1 :])
    wrong = {
        f"{path.relative_to(PACKAGE)} imports from {target}"
        for path in FILES
        if room_of(path) == room
        for target in imported(path)
        if target in above
    }
    assert not wrong


def test_what_a_browser_loads_is_packed_with_all_that_it_imports() -> None:
    """The playground, and the extension in a browser: what stays at home is imported within functions."""
    packing = runpy.run_path(str(PACKAGE.parent / "editors" / "pyodide" / "packing.py"))
    packed = {path for room in packing["ROOMS"] for path in packing["files"](PACKAGE / room)}
    loaded = [path for path in FILES if room_of(path) in ("lsp", "frontend", "layers", "catalog")]
    texts = {str(path): path for path in FILES if path not in loaded}
    for path in loaded:  # which grows on the way
        for node in nodes(path, ast.ImportFrom):
            if node.col_offset == 0 and (node.module or "").startswith("nnspec."):
                begin = f"{PACKAGE.parent}/{(node.module or '').replace('.', '/')}"
                imports = {f"{begin}.py", *(f"{begin}/{alias.name}.py" for alias in node.names)}
                loaded += [texts.pop(one) for one in imports & texts.keys()]
    assert len(loaded) > 150 and not set(loaded) - packed


# Where names of layers are those of other versions and libraries, or of the classes that the code walks through.
FOREIGN_KINDS = (
    "backend/",
    "importing/",
    "layers/",
    "export/onnx.py",
    "frontend/vocabulary.py",
    "report/inside/gates.py",
)


def test_what_kinds_have_in_common_is_a_field_of_their_record() -> None:
    """No set, list or table of layer kinds stands elsewhere: `nnspec.layers.kind.LayerKind`."""

    def named(node: ast.Set | ast.Tuple | ast.List | ast.Dict) -> set[object]:
        items = node.keys if isinstance(node, ast.Dict) else node.elts
        return {item.value for item in items if isinstance(item, ast.Constant) and item.value in KINDS}

    wrong = {
        f"{path.relative_to(PACKAGE)}:{node.lineno} has {sorted(map(str, named(node)))}"
        for path in FILES
        if not str(path.relative_to(PACKAGE)).startswith(FOREIGN_KINDS)
        for node in nodes(path, ast.Set, ast.Tuple, ast.List, ast.Dict)
        if len(named(node)) > 1
    }
    assert not wrong
    (found,) = (node for node in ast.walk(ast.parse("('Dense', 'LSTM', 'mse')")) if isinstance(node, ast.Tuple))
    assert named(found) == {"Dense", "LSTM"}


def asked(code: Iterable[ast.Compare | ast.Call]) -> Iterator[str]:
    """The sources and targets that code compares a name with, or asks ``isinstance`` of."""
    for node in code:
        compared = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            compared = node.args[1:]
        for inner in (inner for part in compared for inner in ast.walk(part)):
            name = (
                inner.value if isinstance(inner, ast.Constant) else getattr(inner, "id", getattr(inner, "attr", None))
            )
            if isinstance(name, str) and name in {*SOURCES, *TARGETS, "TokenSource"}:
                yield name


def test_nobody_asks_which_source_or_target_it_is() -> None:
    """What they differ in is asked of them: `nnspec.data.protocol.Source`, `nnspec.catalog.targets.Target`."""
    wrong = {
        f"{path.relative_to(PACKAGE)} asks for {name}"
        for path in FILES
        for name in asked(nodes(path, ast.Compare, ast.Call))
    }
    assert not wrong
    code = ast.parse("isinstance(source, Csv) or target.kind in ('Web',)")
    assert [*asked(node for node in ast.walk(code) if isinstance(node, ast.Compare | ast.Call))] == ["Csv", "Web"]
