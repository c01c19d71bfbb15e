"""Data at addresses that may be asked, where the server is a stranger's: where it leads to, what it says, what it sends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fetched import ANSWERS, RAW, port
from harness import HEAD, Case, Command, Place

SOUND = {
    "good.csv",
    "packed-unknown.csv",
    "named.csv",
    "named-absolute.csv",
    "tagged.csv",
    "tagged-oddly.csv",
    "cookies.csv",
}
PATHS = {
    "up": "../../../../etc/passwd.csv",
    "up in parts of a hundred": "%2e%2e/%2e%2e/%2e%2e/kept.csv",
    "NUL": "a%00b.csv",
    "a line": "a%0d%0aX-Other:%20b.csv",
    "a device": "con.csv",
    "hidden": ".csv",
    "a question": "good.csv?x=../../../a.csv",
    "a part": "good.csv#../../b",
    "a long name": f"{'n' * 3_000}.csv",
    "escapes": "%1b%5b2J%e2%80%ae.csv",
    "stars": "*.csv",
    "nothing": "",
}


def at(path: str, **bound: Any) -> Case:
    """A table at the server of this machine."""

    def make(place: Place) -> Sequence[Command]:
        source = f'{{Csv: {{path: "http://127.0.0.1:{port()}/{path}", target: y}}}}'
        text = f"{HEAD}layers: [{{Dense: 1}}]\ndata: {{source: {source}}}\ntrain: {{loss: MeanSquaredError}}\n"
        return [["call", "fetched:looked", str(place.write("spec.yaml", text))]]

    return Case(make, **{"codes": (0,), "asks": True, "hides": "hunter2", "seconds": 2.0, **bound})


CASES: dict[str, Case] = {
    **{f"a server that answers {name}": at(name, says="codes 0 0" if name in SOUND else "error") for name in ANSWERS},
    **{f"a server that says {name}": at(f"{name}.csv", says="error") for name in RAW},
    **{f"a path of {name}": at(path) for name, path in PATHS.items()},
}
