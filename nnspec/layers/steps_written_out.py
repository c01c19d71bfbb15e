"""Which values of a recurrent layer have ranges where its steps are written out, one by one, in whole numbers.

The names are those of `nnspec.backend.recurrence`. A value that is not among them is not rounded: nothing stands
between it and the next one, or it is the same. Fixed ends are those that the kernel of its function asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnspec.layers.rounding import FUNCTIONS, PROBABILITY, UNIT

Ends = tuple[float, float]
Ranges = Mapping[str, Ends | None]
StepsOf = Callable[[Mapping[str, Any]], Ranges | None]
# Functions whose kernel was tried in the middle of a step.
WITHIN = ("linear", "relu", "relu6", "sigmoid", "tanh", "hard_sigmoid")


def lstm(args: Mapping[str, Any]) -> Ranges | None:
    found = _functions(args)
    if found is None:
        return None
    function, gate = found
    own: dict[str, Ends | None] = dict.fromkeys(("row", "inner", "sum", "kept", "taken", "cell", "state"))
    own["gate"] = _ends(gate)
    return own if function == "linear" else own | {"candidate": _ends(function), "shown": _ends(function)}


def gru(args: Mapping[str, Any]) -> Ranges | None:
    found = _functions(args)
    if found is None:
        return None
    function, gate = found
    own: dict[str, Ends | None] = dict.fromkeys(("row", "inner", "sum", "reset", "proposal", "kept", "taken", "state"))
    own |= {"gate": _ends(gate), "rest": PROBABILITY if gate == "sigmoid" else UNIT}
    if args.get("reset_after", True) is False:
        own["proposed"] = None
    return own if function == "linear" else own | {"candidate": _ends(function)}


def simple(args: Mapping[str, Any]) -> Ranges | None:
    found = _functions(args)
    if found is None:
        return None
    own: dict[str, Ends | None] = dict.fromkeys(("row", "inner"))
    if not FUNCTIONS[found[0]].fused:  # else it is a part of the sum
        own["sum"] = None
    return own | {"state": _ends(found[0])}


def _functions(args: Mapping[str, Any]) -> tuple[str, str] | None:
    """The functions of the state and of the gates; None where the layer as it is has no whole numbers."""
    if args.get("return_state") or args.get("activity_regularizer") or args.get("recurrent_dropout"):
        return None
    if args.get("implementation", 2) != 2 and args.get("dropout"):  # a mask for each gate
        return None
    found = args.get("activation", "tanh"), args.get("recurrent_activation", "sigmoid")
    function, gate = ("linear" if name is None else name for name in found)
    if function not in WITHIN or gate not in ("sigmoid", "hard_sigmoid"):
        return None
    return str(function), str(gate)


def _ends(function: str) -> Ends | None:
    return FUNCTIONS[function].fixed
