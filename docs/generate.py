"""Writes the pages of docs/ that follow from the program itself.

`python docs/generate.py` writes what is stale; with `--check` it says what that is, and exits with 1. With `--site` it
also writes the pages that are large and not kept in git: the kinds, the gallery and the Python API.
"""

from __future__ import annotations

import re
import shlex
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import cache, partial
from io import StringIO
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from pages import kinds
from pages.chips import chips
from pages.commands import commands
from pages.gallery import gallery
from pages.python import python

from nnspec.catalog.kind_pages import CATEGORIES
from nnspec.cli.main import run
from nnspec.frontend.codes import CODES, PASSES, Code

DOCS = Path(__file__).parent

# What an example leaves out, and the files that examples name.
BASE = {"nnspec": "nnspec: 1", "inputs": "inputs: {image: [28, 28, 1]}", "layers": "layers: [Flatten]"}
BEEP = (
    b"RIFF\x34\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data\x10\0\0\0" + b"\0\1" * 8
)
FILES = {
    "recorded/no/1.wav": BEEP,
    "recorded/yes/1.wav": BEEP,
    "network.yaml": "\n".join(BASE.values()).encode(),
    "latin1.yaml": "description: Fa\xdfade".encode("latin-1"),
    "video.mp4": bytes(17 * 1024 * 1024),
    "table.csv": b"size,sold,price\n1,yes,40\n2,no,70\n3,yes,90\n",
    "sales.csv": b"size,sold_at\n1,1700000001\n2,1700000065\n3,1700000129\n",
    "broken.csv": b"size,price\n1,40\n2,unknown\n3,90\n4,50\n",
    "rooms.csv": b"town,heated,rooms,rent\nBonn,yes,3,700\nbonn,yes,-,650\nGent,yes,2,500\nRiga,yes,4,640\n",
    "parcels.csv": b"parcel,zone,days\n"
    + b"".join(b"P%03d-x,%03d,%d\n" % (row, row * 7 % 9 + 1, row * 5 % 7) for row in range(12)),
    "totals.csv": b"town,sold\nBonn,3\nGent,2\nBonn,4\nTotal,9\n",
    "seconds.csv": b"time,sold\n1700000001,1\n1700000065,2\n1700000129,5\n",
    "visits.csv": b"patient_id,ward,weight\n"
    + b"".join(b"%d,%d,%d.5\n" % (row // 3, row % 4, 50 + row * 7 % 31) for row in range(24)),
    "copied.csv": b"size,cost,price\n" + b"".join(b"%d,%d.5,%d.5\n" % (row % 5, row, row) for row in range(12)),
    "hours.csv": b"time,load\n"
    + b"".join(b"2024-01-01 %02d:00,%d\n" % (hour, hour * 7 % 5) for hour in range(20) if hour != 9),
    "unweighted.csv": b"size,price,counts\n1,40,0\n2,70,0\n3,90,0\n",
    "notes.csv": b"note,stars\nnot good at all,1.5\nfine,4\ngood,4.5\n",
    "titled.tsv": b"label\ttext\nno\tnot good\nyes\tfine\nyes\tgood\nno\tbad\n",
    "phrases.csv": b"en,fr\nGo,Va\nRun,Cours donc vite\nHelp,Au secours\n",
    "papers.csv": b"pages,field\n7,cs\n3,cs|math\n5,math\n8,math|stat\n9,stat\n",
    "unnamed.csv": b",size,price\n7,1,40\n3,2,70\n5,3,90\n",
    "parts.tfrecord": (DOCS.parent / "tests" / "specs" / "invalid" / "parts" / "two.tfrecord").read_bytes(),
    "narrow.yaml": b"nnspec: 1\nblocks: {unit: {layers: [{Dense: 8}]}}\n",
    "wide.yaml": b"nnspec: 1\nblocks: {unit: {layers: [{Dense: 512}]}}\n",
    "kept.yaml": b"layers: [Flatten]\ndescription: |+\n  The text of a block.\ninputs: {image: [28, 28, 1]}\n",
}

# These are found where data are read, a network is trained or a package is installed: no command that costs nothing.
NEEDS_TRAINING = (
    "W0305",
    "E0602",
    "E0709",
    "E0710",
    "E0711",
    "E0712",
    "E0726",
    "W0702",
    "W0703",
    "W0726",
    "W0727",
    "W0728",
    "W0745",
    *(f"W09{number}" for number in (15, 16, 18, 19, 24, 25, 26, 27, 29, 30, 31)),
    "W0932",  # a disk that is full
    "W0934",
)


def spec_of(code: Code) -> str:
    """The whole spec that a code's example stands for: a list is that of the layers, and missing sections are added."""
    if code.whole:
        return code.example
    if code.example.startswith("- "):
        layers = "\n".join(f"  {line}" for line in code.example.splitlines())
        return f"{BASE['nnspec']}\n{BASE['inputs']}\nlayers:\n{layers}\n"
    has = {line.partition(":")[0] for line in code.example.splitlines()}
    return "\n".join([*(line for key, line in BASE.items() if key not in has), code.example]) + "\n"


def write_files(text: str) -> None:
    """Writes into the working folder those of FILES that a text names, or whose folder it names."""
    for name, content in FILES.items():
        if name.split("/")[0] in text:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content)


@cache
def printed(code: Code) -> str:
    """The diagnostics that nnspec prints for a code's example, run in a folder of its own."""
    said, text = StringIO(), spec_of(code)
    with TemporaryDirectory() as folder, chdir(folder):
        write_files(text)
        Path("spec.yaml").write_text(text, encoding="utf-8")
        command = code.example if code.is_command else f"nnspec check spec.yaml {code.options}"
        with redirect_stdout(StringIO()), redirect_stderr(said):
            run(shlex.split(command)[1:])
    return said.getvalue()


def about(key: str, text: str) -> str:
    """Of what nnspec printed, the diagnostics with this code."""
    parts = re.split(r"^(?=error\[|warning\[)", text, flags=re.MULTILINE)
    return "\n\n".join(part.strip() for part in parts if f"[{key}]:" in part.partition("\n")[0])


def codes() -> str:
    """docs/codes.md: every diagnostic code, with an example and what nnspec says to it."""
    parts = [
        "# Diagnostic codes\n\n"
        "Every error and warning has a code that keeps its meaning; `nnspec explain CODE` prints it in the terminal.\n"
        "An example that is not a whole spec is part of one: a list is that of its layers.\n\n"
        + "\n".join(f"- [{title}](#{_anchor(title)})" for title in PASSES.values())
    ]
    for number, group in groupby(CODES, key=lambda key: key[1:3]):
        parts.append(f"## {PASSES[number]}")
        parts += ["\n\n".join(_code(key, CODES[key])) for key in group]
    return "\n\n".join(parts) + "\n"


def _code(key: str, code: Code) -> Iterator[str]:
    yield f"### {key}"
    yield f"**{code.title}.** {code.explanation}"
    yield _block(code.example)
    if code.options:
        yield f"With `nnspec check {code.options}`:"
    if key not in NEEDS_TRAINING:
        yield _block(about(key, printed(code)), "text")
    yield f"What to do: {code.fix}" if code.fix_is_prose else "Better:\n\n" + _block(code.fix)


def _block(text: str, language: str | None = None) -> str:
    language = language or ("sh" if text.startswith("nnspec ") else "yaml")
    return f"```{language}\n{text}\n```"


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-").replace(",", "")


PAGES: dict[str, Callable[[], str]] = {"codes.md": codes, "commands.md": commands, "chips.md": chips}
SITE: dict[str, Callable[[], str]] = {
    "gallery.md": lambda: gallery(DOCS / "gallery"),
    "python.md": python,
    "kinds/index.md": kinds.index,
    **{f"kinds/{kinds.file_name(category)}": partial(kinds.page, category) for category in CATEGORIES},
}


def main(arguments: list[str]) -> int:
    """Writes what is stale, or with `--check` only names it; the exit code is 1 where `--check` finds something."""
    pages = PAGES | (SITE if "--site" in arguments else {})
    made = {DOCS / name: page() for name, page in pages.items()}
    stale = [path for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            print(f"{path} is stale: run python docs/generate.py")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
            print(f"wrote {path}")
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
