"""Pictures of pages for people to look at: each at three widths, light and dark, on one sheet.

    python tests/pages/contact_sheets.py FOLDER NAME=FILE ...     writes FOLDER/NAME.png

The pictures under docs/pictures/pages were made by it. What is wider than its window is said.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from devtools import Tab, browser
from PIL import Image

SIZES = ((390, 844), (768, 1024), (1280, 1024))
SETTLE = 1.0  # seconds for what a page draws by itself
SCALE, GAP, COLOURS = 0.5, 12, 96


def sheet(tab: Tab, address: str, scratch: Path) -> Image.Image:
    """Light above, dark below."""
    width = sum(wide for wide, _ in SIZES) + GAP * (len(SIZES) + 1)
    height = max(tall for _, tall in SIZES)
    found = Image.new("RGB", (width, 2 * height + 3 * GAP), "#8a97aa")
    for row, dark in enumerate((False, True)):
        x = GAP
        for wide, tall in SIZES:
            tab.resize(wide, tall, dark=dark)
            tab.go(address)
            time.sleep(SETTLE)
            needed = tab.value("document.documentElement.scrollWidth")
            if needed > wide:
                print(f"{address} is {needed} wide in a window of {wide}")
            tab.picture(scratch / "view.png")
            with Image.open(scratch / "view.png") as view:
                found.paste(view.convert("RGB").crop((0, 0, wide, tall)), (x, GAP + row * (height + GAP)))
            x += wide + GAP
    small = found.resize((round(found.width * SCALE), round(found.height * SCALE)), Image.Resampling.LANCZOS)
    return small.quantize(COLOURS, dither=Image.Dither.NONE)


def main(folder: Path, pages: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as tab, tempfile.TemporaryDirectory() as scratch:
        for page in pages:
            name, _, place = page.partition("=")
            address = place if "://" in place else Path(place).resolve().as_uri()
            sheet(tab, address, Path(scratch)).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
