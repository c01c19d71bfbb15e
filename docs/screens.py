"""Pictures of the terminal, docs/pictures/terminal/*.svg: what README, tour and cookbook say, typed into a fresh clone.

    python docs/screens.py              types all of it: six minutes, since it trains
    python docs/screens.py mistakes     renews these alone, of those that need nothing of what comes before

The terminal is 80 columns wide. docs/screens.md shows the pictures in their order.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

DOCS = Path(__file__).parent
PICTURES = DOCS / "pictures" / "terminal"
COLUMNS = 80
FONT = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
# Rich's own template has a browser fetch a font.
TEMPLATE = re.sub(r"\n *@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code, monospace", FONT
)

# A file that somebody wrote.
DIGITS = """\
nnspec: 1
name: digits
inputs: {image: [28, 28, 1]}
layers:
  - Rescaling: {scale: $(1 / 255)}
  - Conv2D: {filters: 16, kernal_size: 3, activation: relu}
  - MaxPooling2D: 2
  - Flatten
  - Dense: {units: 10, activation: sofmax}
"""
FILES = {"digits.yaml": DIGITS}

SENTENCE = '"Port Belavik lies five miles north of Garolin ."'
SCREENS: dict[str, list[str]] = {
    # To learn: README, then the tour.
    "mistakes": ["nnspec check digits.yaml"],
    "show": ["nnspec show specs/lenet.yaml"],
    "train": ["nnspec train specs/lenet.yaml"],
    "evaluate": ["nnspec evaluate specs/lenet.yaml"],
    "export": [
        "nnspec export specs/lenet.yaml",
        "nnspec predict specs/lenet.yaml examples/data/digit_images/7 --top 3",
    ],
    "tour-new": ["nnspec new image-classification shapes.yaml"],
    "tour-data": ["nnspec data shapes.yaml"],
    "tour-mistake": ["nnspec check shapes.yaml --set layers.0.Rescaling.scal=2"],
    "tour-train": ["nnspec train shapes.yaml"],
    "tour-compare": [
        "nnspec train shapes.yaml --set train.optimizer.Adam.learning_rate=3e-4 --set train.epochs=50 --quiet",
        "nnspec compare runs/shapes/1 runs/shapes/2 -o shapes.html",
    ],
    "tour-ship": [
        "nnspec evaluate shapes.yaml",
        "nnspec export shapes.yaml",
        "nnspec predict shapes.yaml examples/data/shapes/star/00.png",
    ],
    "tour-words": [
        "nnspec train specs/bilstm_ner.yaml --quiet",
        "nnspec evaluate specs/bilstm_ner.yaml",
        f"nnspec predict specs/bilstm_ner.yaml {SENTENCE}",
        f"nnspec inspect specs/bilstm_ner.yaml {SENTENCE}",
    ],
    "tour-series": [
        "nnspec train specs/lstm_forecast.yaml --set params.units=32",
        "nnspec export specs/lstm_forecast.yaml --set params.units=32",
    ],
    # To a phone: three commands.
    "phone-new": ["nnspec new pets.yaml --data photos"],
    "phone-train": ["nnspec train pets.yaml"],
    "phone-export": ["nnspec export pets.yaml --target web"],
    # A model that was trained elsewhere.
    "import": [
        "nnspec import model.keras -o mine.yaml",
        "nnspec check mine.yaml",
    ],
    "import-export": [
        "nnspec evaluate model.keras --data specs/lenet.yaml",
        "nnspec export model.keras --data specs/lenet.yaml --target tflite --quantize int8",
    ],
}
# What is done before a screen: by hand in an editor, or with other programs.
BEFORE = {
    "tour-data": "sed -i 's|: data/images,|: examples/data/shapes,|; s|batch_size: 32|batch_size: 16|' shapes.yaml",
    "phone-new": "cp -r examples/data/shapes photos",
    "import": "cp runs/lenet/1/best.keras model.keras",
}


def typed(command: str, folder: Path) -> str:
    """What a terminal of 80 columns gets to see of a command that is given in `folder`."""
    kept = {key: text for key, text in os.environ.items() if key not in ("NO_COLOR", "COLUMNS", "CI")}
    beside = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", "")])  # where `nnspec` is
    words = shlex.split(command)
    terminal, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    child = subprocess.Popen(
        [shutil.which(words[0], path=beside) or words[0], *words[1:]],
        cwd=folder,
        env={**kept, "PATH": beside, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = bytearray()
    try:
        while part := os.read(terminal, 65536):
            said += part
    except OSError:  # the other side is closed
        pass
    os.close(terminal)
    child.wait()
    return said.decode()


def settled(text: str) -> list[str]:
    """The lines that stay on a terminal: what was cleared or written over since is left out."""
    lines, at, is_over = [""], 0, False
    for part in re.split(r"(\r*\n|\r|\x1b\[[0-9;?]*[A-HJKSTfhlsu])", text):
        if part.endswith("\n"):
            at, is_over = at + 1, False
            lines += [""] * (at == len(lines))
        elif part == "\r":
            is_over = True
        elif re.fullmatch(r"\x1b\[[02]?K", part):
            lines[at] = ""
        elif up := re.fullmatch(r"\x1b\[(\d*)A", part):
            at = max(at - int(up[1] or 1), 0)
        elif part and not re.fullmatch(r"\x1b\[\?25[hl]", part):  # which shows and hides the cursor
            lines[at] = part if is_over else lines[at] + part
            is_over = False
    while not lines[-1]:
        lines.pop()
    return lines


def picture(name: str, folder: Path) -> str:
    """A screen as SVG."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, color_system="truecolor", force_terminal=True)
        for command in SCREENS[name]:
            for line in wrapped(Text(f"$ {command}", "bold green")):
                console.print(line)
            for told in settled(typed(command, folder)):
                for line in wrapped(Text.from_ansi(told)):
                    console.print(line)
        console.print()  # or else what hangs below the last line is cut
        return console.export_svg(title="nnspec", code_format=TEMPLATE, unique_id=name) + "\n"


def wrapped(text: Text) -> Iterator[Text]:
    """A line as a terminal breaks it, wherever it is full."""
    text.no_wrap, text.overflow = True, "ignore"
    yield from text.divide(range(COLUMNS, len(text), COLUMNS))


def shown(name: str) -> str:
    """The text of a picture that is kept."""
    svg = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    return unescape("\n".join(re.findall(r"<text[^>]*>(.*?)</text>", svg))).replace("\xa0", " ")


def main(names: list[str]) -> None:
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as scratch:
        clone = Path(scratch) / "nnspec"
        subprocess.run(["git", "clone", "--quiet", DOCS.parent, clone], check=True)
        for file, text in FILES.items():
            (clone / file).write_text(text, encoding="utf-8")
        for name in names or SCREENS:
            subprocess.run(BEFORE.get(name, ":"), shell=True, check=True, cwd=clone)
            print(name, flush=True)
            (PICTURES / f"{name}.svg").write_text(picture(name, clone), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
