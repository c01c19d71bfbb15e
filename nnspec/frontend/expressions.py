"""``$name`` and ``$(...)``: finding them in strings and evaluating them, with nothing else in reach.

Evaluation is simpleeval's, cut down to the language's operators and six functions: no attribute but of ``data``,
no method, no comprehension, no string formatting, and every intermediate value bounded.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import simpleeval

from nnspec.frontend.diagnostics import MAX_PROBLEMS, Diagnostic, Note, Span
from nnspec.frontend.edits import name_within
from nnspec.frontend.effort import TooMuch, spend
from nnspec.frontend.source import Node
from nnspec.frontend.suggest import did_you_mean
from nnspec.layers.types import Symbol
from nnspec.quick_classes import dataclass

Scope = Mapping[str, Node]

MAX_LENGTH = 500  # characters of one expression
MAX_VALUES = 100_000  # of one value, references put in
MAX_VALUE = 2**63  # of any number on the way
MOST_DIGITS = 400  # before and behind the point of a number
MAX_ITEMS = 10_000  # of any list or string on the way

_TOO_LARGE = f"more than {MAX_VALUES:,} values once references are put in"
_LITERAL = re.compile(r"(?:[^$]|\$\$)++")
_REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


class NotTold(LookupError):
    """A name of the data that these data, which are there, do not tell."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class ExpressionError(Exception):
    """An expression that cannot be read or evaluated; the caller knows the place."""

    def __init__(
        self, code: str, message: str, hint: str | None = None, *, name: str = "", known: Sequence[str] = ()
    ) -> None:
        """
        Args:
            name, known: a name that nothing has, and those that there are.
        """
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.name, self.known = name, known

    def at(self, span: Span, notes: tuple[Note, ...] = ()) -> Diagnostic:
        fix = name_within(span, self.name, self.known) if self.name else None
        return Diagnostic(self.code, self.message, span, hint=self.hint, notes=notes, fix=fix)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a string: literal text, or an expression's source."""

    text: str
    is_expression: bool


def split(text: str) -> tuple[Part, ...]:
    """Cuts a string into literal text and expressions; ``$$`` becomes a dollar.

    Raises:
        ExpressionError: an unclosed ``$(``, or a dollar that begins nothing.
    """
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[Part]:
    at = 0
    while at < len(text):
        if match := _LITERAL.match(text, at):
            yield Part(match.group().replace("$$", "$"), False)
            at = match.end()
        elif text.startswith("(", at + 1):
            end = _closing(text, at + 1)
            yield Part(text[at + 2 : end], True)
            at = end + 1
        elif match := _REFERENCE.match(text, at + 1):
            yield Part(match.group(), True)
            at = match.end()
        else:
            hint = (
                "braces are YAML's own: write `$name` or `$(...)`"
                if text.startswith("{", at + 1)
                else "write `$$` for a dollar sign"
            )
            raise ExpressionError("E0401", "a `$` must begin a `$name` or a `$(...)`", hint)


def _closing(text: str, start: int) -> int:
    """The index of the bracket that closes the one at ``start``; strings inside are skipped."""
    depth, quote = 0, ""
    for index in range(start, len(text)):
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return index
    hint = 'inside {...} or [...] an expression with a comma or a bracket needs quotes: "$(max(a, b))"'
    if depth == 1 and _is_whole(text[start + 1 :]):
        hint = f"write `{text[start - 1 :]})`"
    raise ExpressionError("E0402", f"the expression `{text[start - 1 :]}` is not closed", hint)


def _is_whole(text: str) -> bool:
    """Whether nothing but the closing bracket is missing."""
    try:
        _parse(text)
    except ExpressionError:
        return False
    return True


def check_syntax(root: Node) -> list[Diagnostic]:
    """Finds broken expressions anywhere in the file, before anything else complains about their pieces."""
    problems = []
    for node in root.scalars():
        if isinstance(node.value, str) and "$" in node.value:
            try:
                for part in _parts(node.value):
                    if part.is_expression and not _REFERENCE.fullmatch(part.text):
                        _parse(part.text)
            except ExpressionError as error:
                problems.append(error.at(node.span))
                if len(problems) >= MAX_PROBLEMS:
                    break
    return problems


def substitute(node: Node, scope: Scope) -> Node:
    """The tree with every expression replaced by its value; untouched parts are shared.

    A value that came by a reference keeps, as ``origin``, the place where it was given.

    Raises:
        Failed: with the place of the first expression that fails, or of a value that references make too large.
    """
    try:
        found = _substitute(node, scope)
        if found is node:
            return node
        size = found.size(MAX_VALUES)
        spend(size)
    except TooMuch as error:
        raise Failed(Diagnostic("E0405", str(error), node.span)) from None
    if size > MAX_VALUES:
        raise Failed(Diagnostic("E0405", _TOO_LARGE, node.span))
    return found


def _substitute(node: Node, scope: Scope) -> Node:
    if isinstance(node.value, str):
        return evaluate(node, scope) if "$" in node.value else node
    if isinstance(node.value, dict):
        changed = {key: _substitute(value, scope) for key, value in node.value.items()}
        same = all(changed[key] is value for key, value in node.value.items())
        return node if same else replace(node, value=changed)
    if isinstance(node.value, tuple):
        items = tuple(_substitute(value, scope) for value in node.value)
        return node if all(a is b for a, b in zip(items, node.value, strict=True)) else replace(node, value=items)
    return node


class Failed(Exception):
    """An expression that failed, with its diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def evaluate(node: Node, scope: Scope) -> Node:
    """The value of a string node: typed if it is one expression, else text with the values formatted in."""
    try:
        parts = split(node.value)
        if len(parts) == 1 and parts[0].is_expression:
            name = parts[0].text.strip()
            if name in scope:  # a reference brings the node itself, structure and places included
                found = scope[name]
                return replace(found, span=node.span, origin=found.origin or found.span)
            return _as_node(_sized(compute(name, scope)), node.span)
        return Node(_joined(parts, scope), node.span)
    except ExpressionError as error:
        raise Failed(error.at(node.span)) from None


def compute(text: str, scope: Scope) -> Any:
    """The plain value of an expression.

    Raises:
        ExpressionError: unknown names, types that do not go together, values out of bounds.
    """
    names = _Names(scope, text)
    try:
        spend(len(text) // 8 + 2)
        return _Evaluator(names).eval(text, previously_parsed=_parse(text))
    except ExpressionError:
        raise
    except simpleeval.FunctionNotDefined as error:
        raise _unknown_function(error.func_name) from None
    except simpleeval.InvalidExpression as error:
        hint = "a power is `**`" if "^" in text else _ALLOWED
        message = f"`{text}` is not an expression of the language: {_reason(error)}"
        raise ExpressionError("E0403", message, hint) from None
    except ZeroDivisionError:
        raise ExpressionError("E0405", f"`{text}` divides by zero") from None
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise ExpressionError("E0405", f"`{text}` cannot be computed: {error}") from None
    except (RecursionError, MemoryError):
        raise ExpressionError("E0403", "the expression is nested too deeply") from None


ROUNDS = "a loop of so many rounds is `repeat: 4`, with `as: i` for the number of the round"
_ALLOWED = "arithmetic, comparison, and/or/not, lists, and min, max, round, ceil, floor, len"


@lru_cache(maxsize=4096)  # what a loop evaluates again is read once
def _parse(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise ExpressionError("E0403", f"an expression of {len(text):,} characters; at most {MAX_LENGTH} are read")
    if not text.strip():
        raise ExpressionError("E0403", "the expression is empty")
    if "$" in text:
        raise ExpressionError("E0403", f"`{text}`: inside `$(...)` names are written without the dollar")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ExpressionError("E0403", f"`{text.strip()}` is not an expression: {reason}", _ALLOWED) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("E0403", "the expression is nested too deeply") from None


def _joined(parts: Sequence[Part], scope: Scope) -> str:
    """A text with the values of its expressions in it, which may be as long together as one value of them."""
    texts, length = [], 0
    for part in parts:
        text = _text(part, scope) if part.is_expression else part.text
        length += len(text) if part.is_expression else 0
        if length > MAX_ITEMS:
            raise ExpressionError("E0405", f"more than {MAX_ITEMS:,} characters put into one text")
        texts.append(text)
    spend(len(parts), length)
    return "".join(texts)


def _text(part: Part, scope: Scope) -> str:
    value = scope[part.text].value if part.text in scope else compute(part.text, scope)
    if isinstance(value, list | tuple | Mapping) or value is None:
        raise ExpressionError("E0405", f"`{part.text}` is {_describe(value)} and cannot stand inside a text")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sized(value: Any) -> Any:
    """The value, where it is not too large; a list that an expression holds several times counts each time."""
    waiting, count = [value], 0
    while waiting:
        one = waiting.pop()
        count += 1
        if count > MAX_VALUES:
            raise ExpressionError("E0405", _TOO_LARGE)
        if isinstance(one, list):
            waiting += one
    return value


def _as_node(value: Any, span: Span) -> Node:
    return Node(tuple(_as_node(item, span) for item in value) if isinstance(value, list) else value, span)


def _of_data(name: str, known: Sequence[str]) -> str | None:
    """A fact of the data under its bare name."""
    facts = ("classes", "features", "vocabulary", "channels", "length")
    return f"did you mean `$data.{name}`?" if "data" in known and name in facts else None


def _uncalled(name: str) -> str | None:
    """A function outside of parentheses, and the one that makes loops elsewhere."""
    if name == "range":
        return ROUNDS
    return f"calculations stand in parentheses: `$({name}(...))`" if name in _FUNCTIONS else None


class _Names(Mapping[str, Any]):
    """The names of a scope as plain values, each looked at only when an expression asks for it."""

    def __init__(self, scope: Scope, text: str) -> None:
        self.scope, self.text = scope, text
        self.found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name in self.scope:
            if name not in self.found:
                self.found[name] = self.plain(self.scope[name])
            return self.found[name]
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        known = sorted(self.scope)
        hint = (
            ("a parameter is named alone, without `params.` before it" if name == "params" else None)
            or did_you_mean(name, known)
            or _of_data(name, known)
            or _uncalled(name)
            or (_ENVIRONMENT if name.isupper() and len(name) > 1 else None)
            or f"`params: {{{name}: VALUE}}` defines it{'; in scope here: ' if known else ''}{', '.join(known)}"
        )
        raise ExpressionError("E0404", f"there is no parameter `{name}` here", hint, name=name, known=known)

    @staticmethod
    def plain(node: Node) -> Any:
        if isinstance(node.value, Mapping):
            return node.value
        spend(node.size(MAX_VALUES))
        return node.plain()

    def __iter__(self) -> Iterator[str]:
        return iter(self.scope)

    def __len__(self) -> int:
        return len(self.scope)


_CONSTANTS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}


class _Evaluator(simpleeval.SimpleEval):  # type: ignore[misc]
    """simpleeval with the language's operators, and lists; nothing that reaches into an object."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(operators=_OPERATORS, functions=_FUNCTIONS, names=names)
        inherited: dict[Any, Callable[..., Any]] = vars(self)["nodes"]
        self.nodes: dict[Any, Callable[..., Any]] = {kind: inherited[kind] for kind in _KEPT}
        self.nodes[ast.Attribute] = self._eval_attribute
        self.nodes[ast.List] = self.nodes[ast.Tuple] = lambda node: [self._eval(item) for item in node.elts]

    def _eval(self, node: ast.AST) -> Any:
        spend(1)
        return _bounded(super()._eval(node))

    def _eval_call(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise ExpressionError("E0403", "only functions can be called, and without named arguments", _ALLOWED)
        if node.func.id not in _FUNCTIONS:
            raise _unknown_function(node.func.id)
        return _FUNCTIONS[node.func.id](*[self._eval(argument) for argument in node.args])

    def _eval_name(self, node: ast.Name) -> Any:
        return self.names[node.id]

    def _eval_attribute(self, node: ast.Attribute) -> Any:
        if not isinstance(node.value, ast.Name):
            raise ExpressionError("E0403", "only names have parts, as in `data.classes`")
        value = self.names[node.value.id]
        if not isinstance(value, Mapping):
            raise ExpressionError("E0404", f"`{node.value.id}` is {_describe(value)} and has no part `{node.attr}`")
        try:
            found = value[node.attr]
        except NotTold as lack:
            raise ExpressionError("E0404", str(lack), lack.hint) from None
        except KeyError:
            hint = did_you_mean(node.attr, list(value)) or (f"there are {', '.join(value)}" if value else None)
            raise ExpressionError("E0404", f"`{node.value.id}` has no `{node.attr}`", hint) from None
        return found.plain() if isinstance(found, Node) else found


def _numbers_only(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def checked(left: Any, right: Any) -> Any:
        for side in (left, right):
            if isinstance(side, bool) or not isinstance(side, int | float | Symbol):
                raise TypeError(f"{_describe(side)} is not a number")
        return function(left, right)

    return checked


def _power(base: float, exponent: float) -> Any:
    if isinstance(base, Symbol) or isinstance(exponent, Symbol) or abs(exponent) > 64:
        raise ValueError("the exponent is too large")
    return base**exponent


def _add(left: Any, right: Any) -> Any:
    if type(left) is type(right) and isinstance(left, str | list):
        return left + right
    return _numbers_only(operator.add)(left, right)


_KEPT = (ast.Name, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Subscript, ast.Constant)
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: _numbers_only(operator.sub),
    ast.Mult: _numbers_only(operator.mul),
    ast.Div: _numbers_only(operator.truediv),
    ast.FloorDiv: _numbers_only(operator.floordiv),
    ast.Mod: _numbers_only(operator.mod),
    ast.Pow: _numbers_only(_power),
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}


def _round(value: float, digits: int | None = None) -> Any:
    """``round``; Python works out ten to the power of the digits, of which no number here has more than these."""
    return round(value) if digits is None else round(value, max(-MOST_DIGITS, min(digits, MOST_DIGITS)))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "round": _round,
    "ceil": lambda value: -int(-value // 1),
    "floor": lambda value: int(value // 1),
    "len": len,
}


def _bounded(value: Any) -> Any:
    if isinstance(value, complex):
        raise ExpressionError("E0405", "the result is not a real number")
    if isinstance(value, int | float) and not abs(value) < MAX_VALUE:
        raise ExpressionError("E0405", "a number in this expression is too large")
    if isinstance(value, str | list) and len(value) > MAX_ITEMS:
        raise ExpressionError("E0405", "a text or list in this expression is too long")
    return value


_ENVIRONMENT = "a spec reads no environment: name it under `params:`; `--set params.name=VALUE` gives it another value"
# What functions of Python are done by.
_INSTEAD = {
    "sqrt": "write `x ** 0.5`",
    "pow": "write `x ** y`",
    "abs": "write `max(x, -x)`",
    "int": "`floor(x)` cuts, `round(x)` rounds, and `a // b` divides whole numbers",
    "float": "a number divided by `/` has a fraction: `x / 1`",
    "sum": "write the sum: `a + b`",
    "str": "text and numbers are not joined in an expression",
    **dict.fromkeys(("log", "log2", "exp"), "write the number itself; there is `**` for powers"),
}


def _unknown_function(name: str) -> ExpressionError:
    hint = ROUNDS if name == "range" else _INSTEAD.get(name)
    known = [] if hint else list(_FUNCTIONS)  # what a hint is told for has no misspelling to mend
    hint = hint or did_you_mean(name, known) or f"there are {', '.join(known)}"
    return ExpressionError("E0403", f"there is no function `{name}`", hint, name=name, known=known)


def _reason(error: Exception) -> str:
    kind = re.search(r"Sorry, (\w+) is not available", str(error))
    return f"{kind.group(1)} is not allowed" if kind else "it holds something that is not allowed"


def _describe(value: Any) -> str:
    names = {
        bool: "a truth value",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        tuple: "a list",
        dict: "a mapping",
    }
    return "nothing (null)" if value is None else names.get(type(value), "a value of another kind")
