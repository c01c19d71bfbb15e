"""Breaks the rules one place at a time and asks whether any test notices: `python tests/mutation/rules.py --count 200`.

A mutant is one module with one thing changed: a comparison, a number, a truth value, a word, a condition turned round.
The tests that call the changed function run in a process forked after everything else is loaded, then all of its module;
a mutant that they all pass has survived, and is printed with its line. Mutants that no input tells from the original are
named in `ALIKE`.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
LIMIT = 90  # CPU seconds of a stage of tests: a mutant that never ends is noticed, too
LINTS = tuple(f"tests/frontend/test_{name}.py" for name in ("lint_rules", "lints", "lints_machines", "fixes"))
MORE = ("tests/cases/test_cases.py", "-m", "not tf")
OF_KERAS = ("tests/layers/test_masks_of_keras.py", "tests/layers/test_receptive_field.py")

TESTS: dict[str, Sequence[Sequence[str]]] = {  # by the beginning of a module's name: the tests, quick ones first
    "nnspec.frontend.lints.": (LINTS, MORE, ("tests/training/test_augmentation.py", "tests/cli/test_cli_launch.py")),
    "nnspec.layers.masks": (("tests/frontend/test_masks.py",), MORE, OF_KERAS),
    "nnspec.layers.fields": (("tests/layers/test_receptive_field.py",), MORE),
    "nnspec.layers.receptive_field": (("tests/layers/test_receptive_field.py",), MORE),
}

# What is changed, and why no test can tell.
ALIKE: dict[tuple[str, str], str] = {}

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
}


class Mutant(NamedTuple):
    """A module's text with one thing changed."""

    module: str
    line: int
    function: int  # the line of the innermost one that it is in; 0: of none
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.before}  ->  {self.after}"


def mutants(module: str, tree: ast.Module) -> Iterator[Mutant]:
    """All mutants of a module; messages, hints and types are left alone."""
    spared = {id(one) for node in ast.walk(tree) for kind in _left_alone(node) for one in ast.walk(kind)}
    functions = {
        id(one): min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        for node in ast.walk(tree)  # the outer ones come first
        if isinstance(node, ast.FunctionDef)
        for statement in node.body
        for one in ast.walk(statement)
    }
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in spared:
            continue
        for change in _changes(node):
            other = copy.deepcopy(tree)
            found = next(item for index, item in enumerate(ast.walk(other)) if index == place)
            before = ast.unparse(found)
            change(found)
            ast.fix_missing_locations(other)
            if ast.unparse(found) != before:
                function = functions.get(id(node), 0)
                yield Mutant(module, getattr(node, "lineno", 0), function, before, ast.unparse(found), other)


def _left_alone(node: ast.AST) -> Iterator[ast.AST]:
    """Types, and what guards against what no caller does."""
    for name in ("annotation", "returns"):
        if (kind := getattr(node, name, None)) is not None:
            yield kind
    if isinstance(node, ast.keyword) and node.arg in ("strict", "frozen", "slots"):
        yield node.value
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        yield node


def _changes(node: ast.AST) -> Iterator[Any]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        yield lambda one: one.ops.__setitem__(0, COMPARED[type(one.ops[0])]())
    elif isinstance(node, ast.BoolOp):
        yield lambda one: setattr(one, "op", ast.And() if isinstance(one.op, ast.Or) else ast.Or())
        yield lambda one: one.values.pop()
    elif isinstance(node, ast.BinOp) and type(node.op) in COUNTED:
        yield lambda one: setattr(one, "op", COUNTED[type(one.op)]())
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield lambda one: setattr(one, "test", ast.UnaryOp(ast.Not(), one.test))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda one: setattr(one, "value", not one.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield lambda one: setattr(one, "value", one.value + 1)
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield lambda one: one.ifs.pop()


def modules() -> list[str]:
    files = [*(ROOT / "nnspec/frontend/lints").glob("[a-z]*.py")]
    files += [ROOT / f"nnspec/layers/{name}.py" for name in ("masks", "fields", "receptive_field")]
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files)


def path_of(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a changed tree."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        return importlib.util.spec_from_loader(name, self) if name == self.mutant.module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.tree, self.mutant.module, "exec"), module.__dict__)


class _Calls:
    """Notes which tests call the functions of the rules, as they run."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.files = {str(path_of(name)): name for name in modules()}
        self.found: dict[str, set[str]] = defaultdict(set)
        self.test = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.test = nodeid
        sys.settrace(self.trace)

    def pytest_sessionfinish(self) -> None:
        sys.settrace(None)
        self.file.write_text(json.dumps(self.found, default=sorted), encoding="utf-8")

    def trace(self, frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if code.co_filename in self.files:
            self.found[f"{self.files[code.co_filename]}:{code.co_firstlineno}"].add(self.test)


class _Only:
    """Runs some of the tests that there are."""

    def __init__(self, tests: Collection[str]) -> None:
        self.tests = tests

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [item for item in items if item.nodeid in self.tests]


Callers = dict[str, list[str]]  # the tests, by module and line of the function


def callers_in(tests: Sequence[str]) -> Callers | None:
    """Who calls what; None where a test fails without a mutant."""
    with tempfile.NamedTemporaryFile() as file:
        fails = _fails(None, tests, _Calls(Path(file.name)))
        return None if fails else json.loads(Path(file.name).read_text(encoding="utf-8"))


def killed(mutant: Mutant, callers: dict[Sequence[str], Callers]) -> bool:
    """Whether the tests of its module notice: those that call the function first, since all of them take longer."""
    stages = next(stages for start, stages in TESTS.items() if mutant.module.startswith(start))
    called = {stage: callers[stage].get(f"{mutant.module}:{mutant.function}", ()) for stage in stages}
    few = any(_fails(mutant, stage, _Only(tests)) for stage, tests in called.items() if tests)
    return few or any(_fails(mutant, stage) for stage in stages)


def _fails(mutant: Mutant | None, tests: Sequence[str], *plugins: object) -> bool:
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        import resource

        import pytest

        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
        if mutant is not None:
            sys.meta_path.insert(0, _Changed(mutant))
        os._exit(int(pytest.main(["-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests], plugins)))
    _, status = os.waitpid(child, 0)
    return status != 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="modules whose names hold this")
    given = parser.parse_args()
    os.chdir(ROOT)
    import hypothesis  # noqa: F401  # loaded once, for all that are forked
    import pytest  # noqa: F401
    import yaml  # noqa: F401

    callers: dict[Sequence[str], Callers] = {}
    for stage in dict.fromkeys(stage for stages in TESTS.values() for stage in stages):
        found = callers_in(stage)
        if found is None:
            print(f"these tests fail without a mutant: {' '.join(stage)}")
            return 2
        callers[stage] = found
    every = [
        mutant
        for name in modules()
        if given.only in name
        for mutant in mutants(name, ast.parse(path_of(name).read_text(encoding="utf-8")))
        if (mutant.before, mutant.after) not in ALIKE
    ]
    chosen = random.Random(given.seed).sample(every, min(given.count, len(every)))
    survivors = 0
    for number, mutant in enumerate(chosen, 1):
        if not killed(mutant, callers):
            survivors += 1
            print(f"survived: {mutant}", flush=True)
        print(
            f"{number} of {len(chosen)}, of {len(every)} there are; {survivors} survived", file=sys.stderr, flush=True
        )
    print(f"{len(chosen)} mutants, {survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
