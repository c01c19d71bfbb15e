"""Values as Python, other formats and plain speech write them, in the YAML of this language.

A spec reads YAML alone, so ``None``, ``1/255``, ``(64, 64, 3)`` and ``Dense(3, activation="relu")`` are texts there.
Here is what they would be; None where that cannot be told.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from nnspec.catalog.kinds import catalog
from nnspec.console.formatting import yaml_scalar
from nnspec.frontend.lookalikes import LOOKALIKES, looks_like
from nnspec.frontend.source import resolve
from nnspec.frontend.vocabulary import Word, argument, bare, kind, positions

MAX_TEXT = 300  # characters of a text that is looked at
MAX_DEPTH = 6

_WORDS = {
    **dict.fromkeys(("None", "none", "nil", "undefined", "NULL_"), "null"),
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON", "y", "Y", "T", "true", "True", "TRUE"), "true"),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF", "n", "N", "F", "false", "False", "FALSE"), "false"),
    **dict.fromkeys(("inf", "np.inf", "float('inf')", "infinity"), ".inf"),
    **dict.fromkeys(("nan", "np.nan", "NaN"), ".nan"),
}
_NAMED_KINDS = ("activation", "initializer", "regularizer", "constraint")
_SHARE = re.compile(r"(\d+(?:\.\d+)?) ?%")
_ARITHMETIC = re.compile(r"[\d.][\d.eE+ ]*(?: ?[-*/] ?[\d.]+)+")
_NAMED = re.compile(r"[A-Za-z_]\w*(?: ?(?://|[-*/+]) ?(?:\d+|[A-Za-z_]\w*))+")
_TEMPLATE = re.compile(r"\{\{ ?([A-Za-z_]\w*) ?\}\}|\$\{\{? ?([A-Za-z_]\w*) ?\}?\}|%\(([A-Za-z_]\w*)\)[sd]")
_POWER = re.compile(r"(\d+) ?(?:\^|\*\*) ?(-?\d+)")
_BY = re.compile(r"\d+(?: ?[xX×] ?\d+)+")
_GROUPED = re.compile(r"\d{1,3}([_,' ]\d{3})+")
_REMARK = re.compile(r"(.*?)\s*(?:#|//|--|/\*|;).*")
_LEFT_OVER = re.compile(r"(.*?)\s*[,;]")
_TIMES = re.compile(r"(\d+) ?(?:x|X|×|times)")
_ENTRY = re.compile(r"([A-Za-z_]\w*)(?: ?(?::?=|:) ?| )(\S.*)")
_ASSIGNED = re.compile(r"^[A-Za-z_]\w*(?:\.\w+)? ?= ?(?=[A-Za-z_][\w.]*\()")
_CALL = re.compile(r"([A-Za-z_][\w.]*)\((.*)\)", re.DOTALL)
_JOINED = re.compile(r"([A-Za-z_]\w*):(\S.*)")
_APART = re.compile(r"([A-Za-z_]\w*) *[ =;] *([\d.(\[][^:]*)")


def value(text: str) -> str | None:
    """A plain value as YAML: ``null`` for ``None``, ``$(1 / 255)`` for ``1/255``, ``[64, 64]`` for ``64x64``."""
    text = text.strip()
    if not text or len(text) > MAX_TEXT:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if any(char in LOOKALIKES for char in text):
        plain = looks_like(text).strip("'\"")
        return value(plain) or plain
    if (found := _SHARE.fullmatch(text)) is not None:
        return f"{float(found[1]) / 100:.10g}"
    if (found := _LEFT_OVER.fullmatch(text)) is not None:
        return found[1] if is_number(found[1]) else value(found[1])
    if (found := _TIMES.fullmatch(text)) is not None:
        return found[1]
    if (found := _REMARK.fullmatch(text)) is not None and "://" not in text:
        return found[1] if is_number(found[1]) else None
    if is_number(text):
        return text
    if (found := _TEMPLATE.fullmatch(text)) is not None:
        return f"${found[found.lastindex or 0]}"
    if (found := _POWER.fullmatch(text)) is not None:
        return _power(int(found[1]), int(found[2]))
    if _ARITHMETIC.fullmatch(text):
        spaced = re.sub(r" ?([-*/]) ?", r" \1 ", text)
        return f"$({spaced})" if _parses(text) else None
    if _NAMED.fullmatch(text):
        spaced = re.sub(r" ?(//|[-*/+]) ?", r" \1 ", text)
        return f"$({spaced})"
    if _BY.fullmatch(text):
        sizes = ", ".join(re.findall(r"\d+", text))
        return f"[{sizes}]"
    if _GROUPED.fullmatch(text):
        return re.sub(r"\D", "", text)
    if text[:1] == "(" and text[-1:] == ")":
        return _tuple(text)
    return None


def entry(text: str, known: Iterable[str]) -> str | None:
    """``units=3`` and ``units:3``, a key that took its value in, as ``units: 3``; None where the key is not known.

    Args:
        known: the keys that may stand there.
    """
    found = _ENTRY.fullmatch(text) if len(text) <= MAX_TEXT else None
    if found is None:
        return None
    names = list(known)
    name = found[1]
    if name not in names:
        word = argument(name, names)
        if word is None or word.name is None:
            return None
        name = word.name
    return f"{name}: {_inside(found[2])}"


def call(category: str, text: str) -> str | None:
    """``Dense(3, activation="relu")`` as ``Dense: {units: 3, activation: relu}``, a bare name without arguments.

    So ``model.add(Dense(3))``, ``x = Dense(3)(x)`` and ``nn.Linear(8, 3),``, as they stand in a program.
    """
    text = _ASSIGNED.sub("", text.strip().rstrip(",; "), count=1)
    if len(text) > MAX_TEXT or not _CALL.fullmatch(text):
        return None
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute) and tree.func.attr in ("add", "append"):
        tree = tree.args[0] if tree.args else tree
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Call):
        tree = tree.func
    return _called(category, tree, 0, text) if isinstance(tree, ast.Call) else None


def joined(category: str, text: str) -> str | None:
    """``Dense:3``, whose colon has no space behind it, as ``Dense: 3``; ``Dense 3`` and ``Dense = 3``, too."""
    if len(text) > MAX_TEXT:
        return None
    if found := _JOINED.fullmatch(text):
        return f"{found[1]}: {found[2]}" if catalog().has(category, found[1]) else None
    found = _APART.fullmatch(text)
    if found is None or not catalog().has(category, found[1]):
        return None
    written = found[2] if is_number(found[2]) else value(found[2])
    return f"{found[1]}: {written}" if written else None


def _inside(text: str) -> str:
    """A value that stood behind an equals sign, as YAML."""
    if text[:1] in ("'", '"') and text[-1:] == text[:1] and re.fullmatch(r"[\w.-]+", text[1:-1]):
        return text[1:-1]
    return text if is_number(text) else value(text) or text


def is_number(text: str) -> bool:
    """Whether a text is a number in YAML."""
    try:
        return bool(text) and isinstance(resolve(text), int | float) and not isinstance(resolve(text), bool)
    except ValueError:
        return False


def _power(base: int, exponent: int) -> str | None:
    if base == 10 and abs(exponent) <= 30:
        return f"1e{exponent}"
    return str(base**exponent) if base <= 64 and 0 <= exponent <= 12 else None


def _parses(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _tuple(text: str) -> str | None:
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _literal(tree, 0, text) if isinstance(tree, ast.Tuple | ast.Constant) else None


def _called(category: str, tree: ast.Call, depth: int, source: str) -> str | None:
    name = ast.unparse(tree.func)
    kind_name = _kind_of(category, bare(name))
    if kind_name is None or depth > MAX_DEPTH:
        return None
    names = [one.name for one in catalog().arguments(category, kind_name)]
    foreign = catalog().canonical(category, bare(name)) != kind_name
    order: list[str | None] = [*positions(bare(name))] if foreign else [*names]
    if len(tree.args) > len(order):
        return None  # others have another order
    given = [(one, inner) for one, inner in zip(order, tree.args, strict=False) if one is not None]
    for keyword in tree.keywords:
        if keyword.arg is None:
            return None
        word = argument(keyword.arg, names) or Word()
        ours = keyword.arg if keyword.arg in names else word.name
        if word.goes and ours is None:
            continue
        if ours is None:
            return None
        given.append((ours, keyword.value))
    categories = {one.name: one.category for one in catalog().arguments(category, kind_name)}
    texts = []
    for one, inner in given:
        if isinstance(inner, ast.Name) and not any(inner.id in catalog().words(word) for word in _NAMED_KINDS):
            return None  # a variable
        text = _called(categories[one] or "layer", inner, depth + 1, source) if isinstance(inner, ast.Call) else None
        text = f"{{{text}}}" if text and ":" in text else text or _literal(inner, depth + 1, source)
        if text is None:
            return None
        texts.append(f"{one}: {text}")
    return f"{kind_name}: {{{', '.join(texts)}}}" if texts else kind_name


def _kind_of(category: str, name: str) -> str | None:
    if catalog().has(category, name):
        return name
    canonical = catalog().canonical(category, name)
    if catalog().has(category, canonical):
        return canonical
    word = kind(category, name)
    return word.name if word is not None and word.says is None else None


def _literal(tree: ast.expr, depth: int, source: str) -> str | None:
    """A literal of Python as YAML; None for anything that is more."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(tree, ast.Constant):
        if tree.value is None or isinstance(tree.value, bool):
            return yaml_scalar(tree.value)
        if isinstance(tree.value, int | float):
            written = ast.get_source_segment(source, tree)
            return written if written and is_number(written) else ast.unparse(tree)
        plain = isinstance(tree.value, str) and re.fullmatch(r"[A-Za-z_][\w./-]*", tree.value)
        return str(tree.value) if plain else None
    if isinstance(tree, ast.Tuple | ast.List):
        items = [_literal(item, depth + 1, source) for item in tree.elts]
        return None if None in items else f"[{', '.join(str(item) for item in items)}]"
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        inner = _literal(tree.operand, depth + 1, source)
        return None if inner is None else f"-{inner}"
    if isinstance(tree, ast.Attribute | ast.Name):
        return bare(ast.unparse(tree))
    if isinstance(tree, ast.BinOp) and _ARITHMETIC.fullmatch(ast.unparse(tree)):
        return f"$({ast.unparse(tree)})"
    return None
