"""Values that a program hands to nnspec from strangers' JSON and arrays, by name, for the cases of `cases_called.py`."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SAID = 300  # characters of an answer


class Acts:
    """An object that would act if it were asked for anything of its own."""

    def _act(self, *_: object) -> Any:
        Path("../outside/acted").touch()

    __str__ = __repr__ = __iter__ = __len__ = __bool__ = __float__ = __int__ = __index__ = _act


def sound(**more: Any) -> dict[str, Any]:
    return {"nnspec": 1, "inputs": {"x": [4]}, "layers": [{"Dense": 1}], **more}


def in_a_circle(kind: str) -> dict[str, Any]:
    value: Any = {} if kind == "a mapping" else []
    if isinstance(value, dict):
        value["a"] = value
    else:
        value.append(value)
    return sound(params={"p": value})


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def shared(count: int) -> Any:
    value: Any = [1]
    for _ in range(count):
        value = [value, value]
    return value


SPECS: dict[str, Callable[[], Any]] = {
    "a mapping in a circle": lambda: in_a_circle("a mapping"),
    "a list in a circle": lambda: in_a_circle("a list"),
    "10,000 lists within each other": lambda: sound(params={"p": nested(10_000)}),
    "a list that is shared 60 times": lambda: sound(params={"p": shared(60)}),
    "keys that are no texts": lambda: sound(params={1: 2, None: 3, (1, 2): 4, b"a": 5, 1.5: 6}),
    "an array": lambda: sound(params={"p": np.zeros(10_000_000)}),
    "an array of objects": lambda: sound(params={"p": np.array([{}, None], object)}),
    "a number of NumPy's": lambda: sound(train={"epochs": np.int64(3), "loss": "MeanSquaredError"}),
    "numbers that are none": lambda: sound(params={"p": [float("nan"), float("inf"), 1j, 10**5_000]}),
    "bytes": lambda: sound(name=b"\xff\x1b[2J"),
    "halves of characters": lambda: sound(name="\ud800\x1b[2J\u202e"),
    "a set": lambda: sound(params={"p": {1, 2}}),
    "a function": lambda: sound(layers=[print]),
    "a class": lambda: sound(layers=[{"Dense": int}]),
    "an object that acts": lambda: sound(layers=[Acts()], name=Acts()),
    "a mapping of another class": lambda: UserDict(sound(params=UserDict(a=1))),
    "a generator": lambda: sound(layers=(one for one in [{"Dense": 1}])),
    "a path": lambda: sound(extends=Path("/etc/passwd")),
    "a text of 20 MB": lambda: sound(name="a" * 20_000_000),
    "100,000 keys": lambda: {f"k{number}": number for number in range(100_000)},
    "nothing": dict,
}


def checked(name: Path) -> str:
    """What `nnspec.check` says of a spec that is plain data, or nearly."""
    import nnspec

    try:
        found = nnspec.check(SPECS[str(name)]())
    except (nnspec.SpecError, TypeError, ValueError) as error:
        return ascii(f"refused: {type(error).__name__}: {error}"[:SAID])
    return ascii([f"{one.code} {one.message}"[:SAID] for one in found.diagnostics])


NUMBERS = np.arange(48, dtype="float32").reshape(12, 4)
CLASSES = np.arange(12) % 2
ARRAYS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "nothing": lambda: (None, None),
    "no rows": lambda: (np.zeros((0, 4)), np.zeros(0)),
    "no columns": lambda: (np.zeros((12, 0)), CLASSES),
    "texts": lambda: (np.full((12, 4), "\x1b[2J"), CLASSES),
    "numbers as texts": lambda: (NUMBERS.astype(str), CLASSES),
    "records": lambda: (np.zeros(12, [("a", "f4"), ("b", "O")]), CLASSES),
    "numbers that are none": lambda: (NUMBERS * np.nan, CLASSES),
    "numbers too large": lambda: (NUMBERS.astype("float64") * 1e300, CLASSES),
    "complex numbers": lambda: (NUMBERS * 1j, CLASSES),
    "times": lambda: (NUMBERS.astype("int64").astype("datetime64[s]"), CLASSES),
    "lists of other lengths": lambda: ([[1, 2, 3, 4], [1]] * 6, CLASSES),
    "a list in a circle": lambda: (in_a_circle("a list")["params"]["p"], CLASSES),
    "classes of markup": lambda: (NUMBERS, np.array(["<script>", "\x1b[2J\u202e"] * 6)),
    "classes of objects": lambda: (NUMBERS, np.array([Acts(), None] * 6, object)),
    "a class a row": lambda: (NUMBERS, np.arange(12)),
    "other many classes": lambda: (NUMBERS, CLASSES[:7]),
    "a dozen dimensions": lambda: (np.zeros((12,) + (1,) * 40), CLASSES),
    "a masked array": lambda: (np.ma.masked_array(NUMBERS, NUMBERS > 3), CLASSES),
}


def fitted(name: Path) -> str:
    """What a classifier says of arrays that it cannot learn from, before it learns."""
    import nnspec
    from nnspec.estimators import Classifier

    given, classes = ARRAYS[str(name)]()
    spec = sound(layers=[{"Dense": {"units": 5, "activation": "softmax"}}], train={"epochs": 1, "loss": "nothing"})
    try:
        Classifier(spec).fit(given, classes)
    except (nnspec.SpecError, nnspec.DataError, TypeError, ValueError) as error:
        return ascii(f"refused: {type(error).__name__}: {error}"[:SAID])
    return "fitted"
