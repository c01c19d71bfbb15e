"""The types of values that TensorFlow runs a kind on.

Keras looks at shapes while it builds, and tells the layer's own type for every output: a wrong type ends in an error of
TensorFlow at the first batch, and whole numbers walk through a pooling layer whose output is called float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from nnspec.layers.rule import FLOATS, MIXED, Call, Facts, ShapeError
from nnspec.quick_classes import dataclass

INTEGERS: Final = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"})
NUMBERS: Final = FLOATS | INTEGERS | {"bool"}
TEXTS: Final = frozenset({"string"})
ANYTHING: Final = NUMBERS | TEXTS
OWN: Final = NUMBERS - {"int8", "bool"}  # Keras takes `int8` for the beginning of `int8_from_float32`
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
        alike: its floats are of its own type: TensorFlow computes with no two at once.
        unmixed: under a mixed policy it computes in the type of weights, float32.
    """

    takes: frozenset[str] = NUMBERS
    own: frozenset[str] = OWN
    quantized: frozenset[str] = frozenset()
    keeps: bool = False
    mixes: bool = False
    unmixed: bool = False
    alike: bool = False

    def computes_in(self, dtype: str) -> str:
        """The type behind a policy."""
        return "float32" if self.unmixed and dtype in MIXED else MIXED.get(dtype, dtype)


TypesOf = Callable[[Mapping[str, Any]], ValueTypes]  # by the layer's arguments

ON_NUMBERS: Final = ValueTypes()
ON_FLOATS: Final = ValueTypes(takes=FLOATS, own=FLOATS)
ON_OWN_FLOATS: Final = replace(ON_FLOATS, alike=True)
WEIGHED: Final = ValueTypes(own=FLOATS)  # its weights are floats, and so is the product with them
KEEPING: Final = ValueTypes(keeps=True)
ARRANGING: Final = ValueTypes(takes=ANYTHING, own=OWN | {"bool"}, keeps=True)
LARGEST: Final = ValueTypes(takes=POOLED, own=POOLED, keeps=True)
RECTIFYING: Final = ValueTypes(takes=NUMBERS - {"bool"}, keeps=True)


def check_own_type(types: ValueTypes, call: Call) -> None:
    """Refuses a `dtype` in which the layer cannot compute."""
    name = call.get("dtype")
    if not isinstance(name, str):
        return
    quantized, _, source = name.partition("_from_")
    if name == quantized and types.computes_in(name) not in types.own:
        few = ", ".join(sorted(types.own)) if len(types.own) < 5 else "a type of numbers"
        wanted = "a float type" if types.own == FLOATS else few
        raise ShapeError(f"it cannot compute in {types.computes_in(name)}: its dtype is {wanted}", argument="dtype")
    if name != quantized and quantized not in types.quantized:
        raise ShapeError(f"{call.kind} cannot be quantized to {quantized}", argument="dtype")
    if quantized == "int8" and MIXED.get(source, source) == "float16":
        raise ShapeError("Keras's int8 does not go with float16: its scales are too small", "bfloat16", "dtype")


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
        wanted = " or ".join(("floats", *sorted(types.takes & INTEGERS)))
        raise ShapeError(f"it takes {wanted}, and gets values of type {name}", hint)
    floats = {spec.dtype for spec in call.inputs} & FLOATS - {call.dtype}
    if types.alike and call.get("autocast") is False and floats:
        message = f"without `autocast` its input stays {min(floats)}, and it computes in {call.dtype}"
        raise ShapeError(message, "leave `autocast` out", "autocast")
    if names > TEXTS and not types.mixes:
        raise ShapeError("it cannot join texts with numbers")


def held(types: ValueTypes, call: Call, facts: Facts) -> Facts:
    """The facts, with the type that the values of the outputs really have."""
    names = {spec.values for spec in call.inputs}
    if not types.keeps or len(names) != 1 or names & FLOATS:
        return facts
    return replace(facts, outputs=tuple(replace(spec, holds=min(names)) for spec in facts.outputs))
