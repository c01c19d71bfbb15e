"""What was meant by a value that does not fit: another word, or what another language or people write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nnspec.console.formatting import yaml_scalar
from nnspec.frontend import foreign_syntax, vocabulary
from nnspec.frontend.meaning.meant import MAX_LISTED, Meant, by_position, did_you_mean
from nnspec.frontend.meaning.of_lists import PADDED, listed, mapped
from nnspec.frontend.meaning.of_sections import section
from nnspec.frontend.meaning.slot import Slot, types_of
from nnspec.frontend.suggest import certain, closest

_DTYPES = ("string", "float32", "float16", "int32", "int64", "uint8", "bool")
_ABOUT = re.compile(r"[~<>≈=±]* ?(-?\d+(?:\.\d+)?)(?: [a-z]{2,})?")
_OF_PARAMS = re.compile(r"(?:params|hparams|hyperparameters|config|cfg|args|self)\.([A-Za-z_]\w*)")
_ANY_SIZE = ("?", "*", "N", "B", "batch", "batch_size", "any", "None", "-")
_BATCH = "the batch is not written, as in [28, 28, 1]; null stands where another size varies"
_BETWEEN = re.compile(r"\d+ ?(?:-|\.\.\.?|to) ?\d+")
_COMMA = re.compile(r"-?\d+,\d+")
_LARGE = re.compile(r"(\d+(?:\.\d+)?) ?(k|m|g|thousand|million|billion|kb|mb|gb)", re.IGNORECASE)
# Kinds that a number alone may have been meant for.
_OF_NUMBERS = {"regularizer": ("L2", "L1"), "an initializer": ("Constant",), "an optimizer": ("Adam", "SGD")}
_NUMBERS = {"integer", "number"}
_UNITS = {"t": ("K", 10**3), "k": ("K", 10**3), "m": ("M", 10**6), "b": ("G", 10**9), "g": ("G", 10**9)}


def value(given: Any, slot: Slot) -> Meant:
    """What was meant by a value that does not fit its slot."""
    if isinstance(given, list):
        return listed(given, slot)
    if isinstance(given, dict):
        return mapped(given, slot)
    if given is None:
        return Meant(None)
    if not isinstance(given, bool | float) and (meant := _choice(str(given), slot)) is not None:
        return meant
    meant = _text(given, slot) if isinstance(given, str) else _number(given, slot)
    if meant is not None:
        return meant
    return _as_list(given, slot) if "array" in slot.types else section(given, slot)


def _choice(text: str, slot: Slot) -> Meant | None:
    """Another of the words that may stand there."""
    word = vocabulary.value(text, slot.choices)
    spelt = word or closest(text, slot.choices)
    if spelt is None:
        return None
    meant = did_you_mean(spelt, sure=word is not None or certain(text, slot.choices))
    return replace(meant, written=foreign_syntax.is_number(spelt))


def _text(given: str, slot: Slot) -> Meant | None:
    if _BETWEEN.fullmatch(given) and slot.types & {"integer", "number"}:
        return Meant("one number stands here; `nnspec sweep SPEC --over 'PATH=[VALUE, VALUE]'` tries several")
    if (meant := _sizes(given, slot) or plain(given, slot.schema) or _loosely(given, slot)) is not None:
        return meant
    if found := _OF_PARAMS.fullmatch(given):
        return Meant(f"a parameter is its name with a dollar: `${found[1]}`")
    if "size varies" in slot.says and given in _ANY_SIZE:
        return Meant(_BATCH, None, "null")
    if "labels" in slot.says and "," in given:
        return Meant(f"write a list: `[{given}]`", None, f"[{given}]", written=True)
    numbers = re.split(r"[\s\u3001\uff0c]+", given)
    if len(numbers) > 1 and all(foreign_syntax.is_number(one) for one in numbers):
        items = ", ".join(numbers)
        return Meant(f"items of a list are separated by commas: `{items}`", None, items, True, written=True)
    if "list of layers" in slot.says:
        return Meant("such as `[{RandomFlip: horizontal}, {RandomRotation: 0.05}]`")
    if "from name to list" in slot.says and (meant := _loop(given)) is not None:
        return meant
    if slot.is_first and "," in given and (named := by_position(slot.category, slot.kind, given)):
        return Meant(f"arguments have names: `{slot.kind}: {{{named}}}`")
    if slot.is_shape and given in _DTYPES:
        return Meant(f"a shape comes first: `{{shape: [], dtype: {given}}}`, for one value an example")
    return None


def _sizes(given: str, slot: Slot) -> Meant | None:
    """``64x64x3`` where height and width stand alone."""
    found = foreign_syntax.value(given) or ""
    sizes = [int(one) for one in re.findall(r"\d+", found)] if found.startswith("[") else []
    return listed(sizes, slot) if len(sizes) > slot.schema.get("maxItems", len(sizes)) else None


def _number(given: float | bool, slot: Slot) -> Meant | None:
    """A number, or a truth value."""
    if isinstance(given, bool):
        return _truth(given, slot)
    if kinds := next((kinds for noun, kinds in _OF_NUMBERS.items() if noun in slot.says), None):
        return Meant(f"it is of a kind: {' or '.join(f'`{{{kind}: {yaml_scalar(given)}}}`' for kind in kinds)}")
    if "list of layers" in slot.says:
        return Meant("such as `[{RandomFlip: horizontal}, {RandomRotation: 0.05}]`")
    if isinstance(given, int) and given not in (0, 1) and "boolean" in slot.types and not slot.types & _NUMBERS:
        return Meant(f"write true or false, not {given}")
    if _is_for_text(slot):
        return _quoted(given)
    if isinstance(given, float) and given.is_integer() and "integer" in slot.types:
        return Meant(f"write {int(given)}, without a decimal point", None, str(int(given)), True)
    if (
        isinstance(given, int)
        and given in (0, 1)
        and "boolean" in slot.types
        and not slot.types & {"integer", "number"}
    ):
        return Meant(f"write {yaml_scalar(bool(given))}", None, yaml_scalar(bool(given)), True)
    if given > 1 and slot.says.startswith("a share from 0 to 1, a path"):
        return Meant("a part is a share of the examples, such as 0.1, and not their number")
    if 2 <= given <= 100 and slot.schema.get("maximum") == 1:
        return Meant(f"a share of 1: for {given:g} % write {given / 100:g}")
    if isinstance(given, int) and slot.says.startswith("a name, a list of names"):
        return Meant("layers have names, with `name:`; without `from` a layer takes the one before it")
    if "from output" in slot.says:
        return Meant(f"each output has its own by its name: `{{NAME: {yaml_scalar(given)}}}`")
    if given == -1 and "size varies" in slot.says and "array" not in slot.types:
        return Meant("null stands where the size varies", None, "null", True)
    if slot.kind and isinstance(given, int) and "same" in slot.choices and "array" not in slot.types:
        return Meant(PADDED) if slot.argument == "padding" else None
    needs = [one.name for one in slot.arguments if one.required]
    if slot.is_first and slot.category == "layer" and not needs and not slot.types & {"integer", "number", "array"}:
        return Meant(f"it takes no number: write `{slot.kind}`")
    return None


def _truth(given: bool, slot: Slot) -> Meant | None:
    if "a pattern" in slot.says:
        return Meant("all layers learn where nothing is said; a layer that rests says `trainable: false` itself")
    if "list of layers" in slot.says:
        return Meant("such as `[{RandomFlip: horizontal}, {RandomRotation: 0.05}]`")
    if "from output" in slot.says:
        return Meant(f"each output has its own by its name: `{{NAME: {yaml_scalar(given)}}}`")
    if _is_for_text(slot):
        return _quoted(given)
    return did_you_mean("int8", sure=False) if given and "int8" in slot.choices else None


def _is_for_text(slot: Slot) -> bool:
    choices = [slot.schema, *slot.schema.get("anyOf", ())]
    return slot.types <= {"string", "null"} and not any("enum" in one for one in choices)


def _quoted(given: float | bool) -> Meant:
    quoted = f"'{yaml_scalar(given)}'"
    return Meant(f"in quotes it is a text: `{quoted}`", None, quoted, written=True)


def _loosely(text: str, slot: Slot) -> Meant | None:
    """A number as people write it, and a list or a mapping in quotes."""
    if text[:1] + text[-1:] in ("[]", "{}") and slot.types & {"array", "object"}:
        return Meant(f"in quotes it is a text: write `{text}` without them", None, text, written=True)
    if not slot.types & {"integer", "number"}:
        return None
    if found := _LARGE.fullmatch(text):
        letter, factor = _UNITS[found[2][0].lower()]
        short = "such as 140M" in slot.says
        written = f"{found[1]}{letter}" if short else f"{float(found[1]) * factor:.0f}"
        return Meant(f"write `{written}`", None, written, written=True)
    if _COMMA.fullmatch(text) and "number" in slot.types:
        written = text.replace(",", ".")
        return Meant(f"a number has a decimal point: write `{written}`", None, written, written=True)
    if found := _ABOUT.fullmatch(text):
        return Meant(f"a number stands alone: write `{found[1]}`", None, found[1], written=True)
    return None


def _loop(given: str) -> Meant | None:
    """What ``for`` goes through, as Python writes it."""
    found = re.fullmatch(r"(\w+) in range\((\d+)\)", given)
    if found is None or int(found[2]) > MAX_LISTED:
        return None
    written = f"{{{found[1]}: [{', '.join(map(str, range(int(found[2]))))}]}}"
    return Meant(f"write `{written}`", None, written, True, written=True)


def _as_list(given: Any, slot: Slot) -> Meant:
    """One value where a list of several belongs."""
    if isinstance(given, int) and "list of labels" in slot.says:
        return Meant("labels have names: `[cat, dog]`; how many there are is counted in the data")
    length = slot.schema.get("minItems", 1)
    parts = [one for one in re.split(r"[,;\s]+", given) if one] if isinstance(given, str) else []
    if len(parts) > 1 and all(foreign_syntax.is_number(one) for one in parts):
        written = f"[{', '.join(parts)}]"
        return Meant(f"write a list: `{written}`", None, written, len(parts) == length, written=True)
    text = yaml_scalar(given)
    items = types_of(slot.schema.get("items", {}))
    if isinstance(given, str) and given.startswith("("):
        rest = "" if "," in given else ", ..." * (length - 1)
        return Meant(f"a list stands in square brackets, not in parentheses: `[{given.strip('() ')}{rest}]`")
    if isinstance(given, str) and not (items & {"string", "object"} or slot.schema.get("items", {}).get("$ref")):
        return Meant(None)
    if not isinstance(given, str) and items and not items & {"integer", "number"}:
        return Meant(None)
    written = f"[{', '.join([text] * length)}]"
    return Meant(f"write a list: `{written}`", None, written, True, written=True)


def plain(text: str, schema: Mapping[str, Any]) -> Meant | None:
    """A number, a truth value, null or a list that was written as another language does, or in quotes."""
    found = foreign_syntax.value(text)
    if found is None or not _fits(found, schema):
        return None
    if found == "null" and "size varies" in schema.get("x-says", ""):
        return Meant(_BATCH, None, "null")
    names = found.startswith("$") and any(char.isalpha() for char in found)  # which there may not be
    return Meant(_reason(text, found), None, found, not names, written=True)


def _reason(given: str, text: str) -> str:
    if text in (given, given.lower()):
        return f"write {text}, without quotes"
    if text in ("true", "false", "null", ".inf", ".nan"):
        more = ", or leave it out" if text == "null" else ""
        return f"in YAML 1.2 `{given}` is a text: write {text}{more}"
    if text.startswith("$("):
        return f"calculations stand in $( ): write `{text}`"
    if any(sign in given for sign in ("#", "//", "--", "/*", "; ")):
        return f"a remark begins with a space and `#`: write `{text}  # ...`"
    return f"write `{text}`"


def _fits(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a value of this text may stand there."""
    allowed = types_of(schema)
    if text == "null":
        return "null" in allowed
    if text in ("true", "false"):
        return "boolean" in allowed
    if text.startswith("["):
        return "array" in allowed
    return bool(allowed & ({"number"} if text in (".inf", "-.inf", ".nan") else {"integer", "number"}))
