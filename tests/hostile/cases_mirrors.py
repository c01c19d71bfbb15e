"""Runs in buckets of strangers: what `run.json` names, what its objects are, and how much of both there is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from cases_data import Make, file, link
from harness import Case, Command, Place

CONTENT = b"content"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def pulled(pointer: Any, *makes: Make, says: str = "refused", **bound: Any) -> Case:
    """A run whose `run.json` is a text, or what it says of files."""

    def make(place: Place) -> Sequence[Command]:
        told = pointer() if callable(pointer) else pointer
        text = told if isinstance(told, str | bytes) else json.dumps({"mirror": 1, "files": told})
        place.write("bucket/run.json", text)
        place.write(f"bucket/objects/{DIGEST}", CONTENT)
        for one in makes:
            one(place)
        return [["call", "mirrored_runs:pulled", str(place.folder / "bucket"), str(place.folder / "runs/one")]]

    return Case(make, says=says, **{"codes": (0,), **bound})


NAMES = {
    "up": "../../outside/kept.txt",
    "up, further in": "a/../../../outside/kept.txt",
    "from the root": "/etc/cron.d/x",
    "of nothing": "",
    "of a point": ".",
    "of a folder": "a/",
    "of Windows": "C:\\x",
    "of a stream": "a.txt:b",
    "with NUL": "a\0b",
    "hidden": ".git/config",
    "hidden, further in": "assets/.ssh/authorized_keys",
    "too long": "n" * 5_000,
}
TEXTS = {
    "nothing": "",
    "noise": bytes(range(256)),
    "brackets": "[" * 100_000,
    "a list": "[1]",
    "another version": '{"mirror": 2, "files": {}}',
    "files in a list": '{"mirror": 1, "files": ["a"]}',
    "numbers": '{"mirror": 1, "files": {"a": 7}}',
    "a number of 5,000 digits": f'{{"mirror": {"9" * 5_000}, "files": {{}}}}',
    "half of characters": '{"mirror": 1, "files": {"\\ud800": "\\udfff"}}',
}
CASES: dict[str, Case] = {
    "a sound run": pulled({"spec.yaml": DIGEST, "assets/labels.txt": DIGEST}, says="fetched: ['assets', 'assets/labels.txt', 'spec.yaml']"),
    **{f"a name {name}": pulled({text: DIGEST}) for name, text in NAMES.items()},
    **{f"run.json of {name}": pulled(text) for name, text in TEXTS.items()},
    "a name with escapes": pulled({"\x1b[2J\u202e": "zz"}),
    "a file and a folder of one name": pulled({"a": DIGEST, "a/b": DIGEST}),
    "an object that leads up": pulled({"a": "../../../outside/kept.txt"}),
    "an object of another place": pulled({"a": "objects/x"}, file("bucket/objects/objects/x", b"x")),
    "an object of another content": pulled({"a": "0" * 64}, file(f"bucket/objects/{'0' * 64}", b"x")),
    "an object that is not there": pulled({"a": "1" * 64}),
    "an object without an end": pulled({"a": "endless"}, says="more than 1,048,576 bytes"),
    "objects that are too much together": pulled({f"{n}": hashlib.sha256(bytes(1 << 18)).hexdigest() for n in range(6)}, file(f"bucket/objects/{hashlib.sha256(bytes(1 << 18)).hexdigest()}", bytes(1 << 18)), says="more than 1,048,576 bytes"),
    "a run.json of 100 MB": pulled(lambda: b" " * 100_000_000, ),
    "a run.json of 200,000 files": pulled(lambda: {f"{n}": DIGEST for n in range(200_000)}, full=True),
    "a run.json of 2,000 files": pulled(lambda: {f"d/{n}": DIGEST for n in range(2_000)}, says="fetched"),
    "a link in the place of the run": pulled({"a": DIGEST}, link("runs/one", "../../outside"), says=""),
}  # fmt: skip
