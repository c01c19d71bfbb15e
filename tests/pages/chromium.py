"""Headless Chromium for tests of pages: what it draws, what it complains of, and what a script finds in it.

The page is opened from its file with every host name refused, so a page that needs the network fails.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--enable-logging=stderr",
    "--log-level=0",
    "--virtual-time-budget=3000",
    "--allow-file-access-from-files",
)
OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND"
CONSOLE = re.compile(r'CONSOLE:\d+\] "(.*)", source:')
FOUND = re.compile(r'<pre id="found-by-test"[^>]*>(.*?)</pre>', re.DOTALL)

# The frame has the width that is asked for; the window itself is never narrower than Chromium allows.
FRAME = """<!doctype html><meta charset="utf-8"><style>html,body{{margin:0;overflow:hidden}}iframe{{border:0;display:block;
width:{width}px;height:{height}px}}</style><iframe id="page" src="{page}"></iframe><script>
addEventListener("load", () => {{
  const frame = document.getElementById("page"), found = document.createElement("pre");
  found.id = "found-by-test";
  let value;  // the page's own policy lets nobody make code in it: the script is made here, and sees the page's names
  try {{ value = new Function("page", "with (page) {{ return (" + {script} + ")() }}")(frame.contentWindow); }}
  catch (error) {{ value = {{error: String(error)}}; console.error(error); }}
  found.textContent = JSON.stringify(value === undefined ? null : value);
  found.hidden = true;
  document.body.append(found);
}});
</script>"""

# What is cut or must be scrolled sideways, as a script for `look`: the page's own width against the window's.
WIDTHS = "() => ({page: document.documentElement.scrollWidth, window: innerWidth})"


@dataclass(frozen=True)
class Look:
    """What came of opening a page: `console` holds its messages, `found` what the script returned."""

    found: Any
    console: list[str] = field(default_factory=list)
    screenshot: Path | None = None


def executable() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def look(
    page: Path,
    *,
    width: int = 1280,
    height: int = 900,
    script: str = "() => null",
    screenshot: Path | None = None,
    dark: bool = False,
    hosts: str = OFFLINE,
) -> Look:
    """Opens a page, and skips the test where there is no Chromium.

    Args:
        page: an HTML or SVG file.
        width, height: of the page's viewport in CSS pixels; 390 by 844 is a telephone.
        script: a JavaScript function without arguments, called in the page once it has loaded; what it returns comes
            back through JSON as `found`.
        screenshot: where to write a PNG of the viewport, taken after the script.
        hosts: Chromium's rule for names of hosts; by default there are none.
        dark: whether the page is told that its reader prefers dark colours.
    """
    chromium = executable()
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    with tempfile.TemporaryDirectory() as folder:
        frame = Path(folder, "frame.html")
        address = html.escape(page.resolve().as_uri())
        frame.write_text(
            FRAME.format(width=width, height=height, page=address, script=json.dumps(script)), encoding="utf-8"
        )
        flags = [*FLAGS, hosts, f"--window-size={max(width, 500)},{height}"]
        if dark:
            flags.append("--blink-settings=preferredColorScheme=0")
        outcome = _run([chromium, *flags, "--dump-dom", frame.as_uri()])
        if screenshot is not None:
            _run([chromium, *flags, f"--screenshot={screenshot}", frame.as_uri()])
            if width < 500:
                _crop(screenshot, width, height)
    found = FOUND.search(outcome.stdout)
    assert found, f"the page did not load:\n{outcome.stderr[-2000:]}"
    return Look(json.loads(html.unescape(found[1])), CONSOLE.findall(outcome.stderr), screenshot)


def _run(command: list[str], tries: int = 3) -> subprocess.CompletedProcess[str]:
    """Runs Chromium with a profile of its own; once more where it hangs, as it does at times before it has a page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        try:
            own = [*command, f"--user-data-dir={profile}"]
            return subprocess.run(own, capture_output=True, text=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            if tries == 1:
                raise
    return _run(command, tries - 1)


def _crop(picture: Path, width: int, height: int) -> None:
    from PIL import Image

    with Image.open(picture) as image:
        image.crop((0, 0, width, height)).save(picture)
