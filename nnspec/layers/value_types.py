"""The types of values that TensorFlow runs a kind on.

Keras looks at shapes while it builds, and tells the layer's own type for every output: a wrong type ends in an error of
TensorFlow at the first batch, and whole numbers walk through a pooling layer whose output is called float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from nnspec.layers.rule import FLOATS, MIXED, Call, Facts, ShapeError

INTEGERS: Final = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
NUMBERS: Final = FLOATS | INTEGERS | {"bool"}
TEXTS: Final = frozenset({"string"})
ANYTHING: Final = NUMBERS | TEXTS
OWN: Final = NUMBERS - {"int8"}  # Keras takes `int8` for the beginning of `int8_from_float32`
POOLED: Final = FLOATS | {"int16", "int32", "int64", "uint8", "uint16"}  # TensorFlow's largest value of a window
QUANTIZED: Final = frozenset({"int8", "int4", "float8"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTypes:
    """The types of a kind's values. Measured with TensorFlow 2.21 on a CPU, in training.

    Attributes:
        takes: of its inputs, as they reach it: Keras casts floats to the layer's own type, and nothing else.
        own: what its `dtype` can be.
        quantized: what its `dtype` can be quantized to, as in `int8_from_float32`.
        mixes: it takes texts and numbers side by side.
        keeps: what is no float comes out as it went in, whatever type Keras tells of the output.
    """

    takes: frozenset[str] = NUMBERS
    own: frozenset[str] = OWN
    quantized: frozenset[str] = frozenset()
    keeps: bool = False
    mixes: bool = False


TypesOf = Callable[[Mapping[str, Any]], ValueTypes]  # by the layer's arguments

ON_NUMBERS: Final = ValueTypes()
ON_FLOATS: Final = ValueTypes(takes=FLOATS, own=FLOATS)
WEIGHED: Final = ValueTypes(own=FLOATS)  # its weights are floats, and so is the product with them
KEEPING: Final = ValueTypes(keeps=True)
ARRANGING: Final = ValueTypes(takes=ANYTHING, keeps=True)
LARGEST: Final = ValueTypes(takes=POOLED, own=POOLED, keeps=True)
RECTIFYING: Final = ValueTypes(takes=NUMBERS - {"bool"}, own=OWN - {"bool"}, keeps=True)


def check_own_type(types: ValueTypes, call: Call) -> None:
    """Refuses a `dtype` in which the layer cannot compute."""
    name = call.get("dtype")
    if not isinstance(name, str):
        return
    quantized, _, _ = name.partition("_from_")
    if name == quantized and MIXED.get(name, name) not in types.own:
        few = ", ".join(sorted(types.own)) if types.own < FLOATS else "a type of numbers"
        wanted = "a float type" if types.own == FLOATS else few
        raise ShapeError(f"it cannot compute in {MIXED.get(name, name)}: its dtype is {wanted}", argument="dtype")
    if name != quantized and quantized not in types.quantized:
        raise ShapeError(f"{call.kind} cannot be quantized to {quantized}", argument="dtype")


def check_values(types: ValueTypes, call: Call) -> None:
    """Refuses values that TensorFlow has no operation for."""
    names = {spec.values for spec in call.inputs}
    for name in sorted(names - types.takes):
        if name == "string":
            hint = "StringLookup, TextVectorization or Hashing make numbers of texts"
            raise ShapeError("it takes numbers and gets texts", hint)
        if types.takes == TEXTS:
            raise ShapeError(f"it takes texts and gets {name}", "an input of texts says `dtype: string`")
        hint = "`Rescaling: 1.0` before it makes floats of them; or the input says `dtype: float32`"
        raise ShapeError(f"it takes floats, and gets values of type {name}", hint)
    if names > TEXTS and not types.mixes:
        raise ShapeError("it cannot join texts with numbers")


def held(types: ValueTypes, call: Call, facts: Facts) -> Facts:
    """The facts, with the type that the values of the outputs really have."""
    names = {spec.values for spec in call.inputs}
    if not types.keeps or len(names) != 1 or names & FLOATS:
        return facts
    return replace(facts, outputs=tuple(replace(spec, holds=min(names)) for spec in facts.outputs))
