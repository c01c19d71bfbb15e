"""No private name of Keras or TensorFlow outside ``backend/keras_internals``, as far as the text of a file can tell."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import simpleeval
from own_code import PACKAGE, nodes

ROOT = Path(__file__).parents[1]
HOME = PACKAGE / "backend" / "keras_internals"
FILES = sorted(path for path in PACKAGE.rglob("*.py") if HOME not in path.parents)
MODULES = re.compile(r"(?<!org\.)\b(keras[./]src|tensorflow[./](python|compiler|core|lite)|tf2xla)\b")
TOLD_BY = (ast.Attribute, ast.Import, ast.ImportFrom, ast.Constant, ast.Call, ast.ClassDef, ast.Expr)
INNER = ("src", "python", "compiler", "core", "lite", "tf2xla")  # the last name of such a module
LIBRARIES = re.compile(r"\b(keras|tf|tensorflow)\b")

# Private attributes that belong to nobody in Keras or TensorFlow.
FOREIGN = {
    "os._exit": "Python's documented way out without clean-up",
    "sentence._replace": "a method of every namedtuple, documented under this name",
    "row._replace": "a method of every namedtuple, documented under this name",
    "hashlib._Hash": "the type of a hash, for type checkers alone",
    "dim._sum": "nnspec's own symbol",
}
# What is asked of an object's dictionary.
DICTIONARIES = {
    "module": "a public module of Keras's: its public classes",
    "base": "Python's own lookup of __init__",
    "owner": "Python's own lookup of __init__",
    "cls": "Python's own lookup of __init__",
    "home": "the module of a class of nnspec's own, for what its compiled method calls",
    "loaded": "the module of a plugin",
    "self": "nnspec's own object",
    "schema.BuiltinOperator": "LiteRT's public schema of its file format",
}


def private_names(path: Path) -> Iterator[str]:
    """What a file has of private names of others, each with its line."""
    told = nodes(path, *TOLD_BY)
    inherited = {
        id(node): found for owner in told if isinstance(owner, ast.ClassDef) for node, found in _inherited(owner)
    }
    texts = {id(node.value) for node in told if isinstance(node, ast.Expr)}  # docstrings
    for node in told:
        found = inherited.get(id(node)) or _private(node, texts)
        if found:
            yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}: {found}"


def _private(node: ast.AST, docstrings: set[int]) -> str | None:
    if isinstance(node, ast.Attribute):
        hidden = _is_private(node.attr)
        if not hidden and node.attr not in INNER:
            return None
        text = ast.unparse(node)
        if MODULES.search(text):
            return text
        own = ast.unparse(node.value) in ("self", "cls", "super()")
        return text if hidden and not own and text not in FOREIGN else None
    if isinstance(node, ast.Import | ast.ImportFrom):
        text = ast.unparse(node)
        return text if MODULES.search(text) else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
        return repr(node.value) if MODULES.search(node.value) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in ("getattr", "hasattr", "setattr", "delattr") and len(node.args) > 1:
            name = node.args[1]
            hidden = isinstance(name, ast.Constant) and _is_private(str(name.value))
            return ast.unparse(node) if hidden else None
        if node.func.id == "vars" and node.args:
            return None if ast.unparse(node.args[0]) in DICTIONARIES else ast.unparse(node)
    return None


def _inherited(owner: ast.ClassDef) -> Iterator[tuple[ast.AST, str]]:
    """Private attributes of ``self`` that a class with a base of Keras's uses and does not define."""
    if not any(LIBRARIES.search(ast.unparse(base)) for base in owner.bases):
        return
    defined = {node.name for node in ast.walk(owner) if isinstance(node, ast.FunctionDef)}
    uses = [node for node in ast.walk(owner) if isinstance(node, ast.Attribute) and _is_private(node.attr)]
    defined |= {node.attr for node in uses if isinstance(node.ctx, ast.Store)}
    for node in uses:
        if node.attr not in defined and ast.unparse(node.value) in ("self", "cls", "super()"):
            yield node, f"{ast.unparse(node)} of {owner.name}"


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_private_names_are_in_one_package() -> None:
    assert len(FILES) > 300
    assert [found for path in FILES for found in private_names(path)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import keras.src.losses", True),
        ("from tensorflow.compiler.tf2xla.python import xla", True),
        ("import keras\nx = keras.src.activations", True),
        ("x = module.startswith('keras.src.ops.')", True),
        ("x = layer._flatten_layers()", True),
        ("x = getattr(loss, '_fn_kwargs', {})", True),
        ("x = vars(callback)", True),
        ("class A(keras.layers.Layer):\n    def call(self, x):\n        return self._call_has_training_arg", True),
        (
            "class A(keras.layers.Layer):\n    def call(self, x):\n        return self._own(x)\n\n    def _own(self, x): ...",
            False,
        ),
        ("class A:\n    def f(self):\n        return self._own", False),
        ("'''About keras.src.'''\nimport keras\nx = keras.layers.Dense", False),
        ("import os\nos._exit(1)", False),
    ],
)
def test_private_names_are_told_from_public_ones(
    text: str, found: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "example.py"
    path.write_text(text)
    assert bool(list(private_names(path))) is found


def test_every_hook_is_tested() -> None:
    tested = (ROOT / "tests" / "backend" / "test_keras_internals.py").read_text(encoding="utf-8")
    hooks = [
        f"{path.stem}.{node.name}"
        for path in sorted(HOME.glob("*.py"))
        for module in nodes(path, ast.Module)
        for node in module.body
        if isinstance(node, ast.FunctionDef) and not _is_private(node.name)
    ]
    assert len(hooks) > 25
    assert [hook for hook in hooks if f"{hook}(" not in tested] == []


def test_simpleeval_is_held_to_the_versions_whose_evaluator_is_overridden() -> None:
    """Else an expression could reach more than the language allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "simpleeval>=1.0,<1.1" in project["dependencies"]
    evaluator = simpleeval.SimpleEval()
    assert all(hasattr(evaluator, name) for name in ("_eval", "_eval_call", "_eval_name", "_eval_attribute"))
    assert evaluator.nodes[ast.Call] == evaluator._eval_call and evaluator.nodes[ast.Name] == evaluator._eval_name
    assert evaluator.eval("", previously_parsed=ast.parse("1 + 1", mode="eval").body) == 2
