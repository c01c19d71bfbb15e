"""The playground in headless Chromium: hints, faults and their fixes, table, diagram, a link; all from its own folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from chromium import FLAGS, executable
from served import CONSOLE, HOSTS, TEST, served

ROOT = Path(__file__).parents[2]
HERE = ROOT / "editors" / "playground"
sys.path.append(str(HERE))

pytestmark = pytest.mark.slow

PAGE = """<!doctype html><meta charset="utf-8"><iframe src="/index.html%s" style="width:1260px;height:900px"></iframe>
<script type="module">
const page = document.querySelector("iframe"), wait = (ms) => new Promise((done) => setTimeout(done, ms));
const doc = () => page.contentDocument, all = (query) => [...doc().querySelectorAll(query)];
const until = async (what) => {
  for (const end = Date.now() + 100000; Date.now() < end; await wait(50)) { try { const found = what(); if (found) return found; } catch {} }
  throw new Error(`waited for ${what}: ${doc()?.getElementById("status")?.textContent}`);
};
const put = (text) => page.contentWindow.playground.put(text), text = () => page.contentWindow.playground.view.state.doc.toString();
const status = () => doc().getElementById("status").textContent, boxes = () => all(".nn-box").length;
const send = (value) => fetch("/found", {method: "POST", body: JSON.stringify(value ?? null)});
try { send(await (async () => { %s })()); } catch (error) { send({error: String(error.stack ?? error)}); }
</script>"""
DRIVE = """
await until(() => all(".hint").length > 5);
const first = {hints: all(".hint").map((hint) => hint.textContent), status: status(), boxes: boxes(), table: doc().getElementById("table").textContent};
const right = "nnspec: 1\\nname: <b>small</b>\\ninputs: {x: [28, 28, 1]}\\nlayers:\\n  - Conv2D: {filters: 8, kernel_size: 3}\\n  - Flatten\\n  - Dense: 10\\n";
put(right.replace("Flatten", "Flaten"));
await until(() => doc().body.dataset.state === "wrong" && all(".cm-lintRange-error").length);
const wrong = {status: status(), boxes: boxes(), hints: all(".hint").length};
put(right.replace("kernel_size", "kernelsize"));
await until(() => status().includes("1 error"));
put(right);
await until(() => doc().body.dataset.state === "right" && boxes() === 5);
const link = await page.contentWindow.playground.link(text());
const hover = await page.contentWindow.playground.ask({method: "textDocument/hover", params: {position: {line: 6, character: 6}}});
const times = [];
for (let count = 0; count < 20; count++) {
  const before = performance.now();
  await page.contentWindow.playground.ask({text: right.replace("8", String(count + 8))});
  times.push(performance.now() - before);
}
return {first, wrong, right: {status: status(), hints: all(".hint").map((hint) => hint.textContent), bold: all("b").length}, link: link.split("#")[1], hover: hover.contents.value,
  keystroke: times.sort((a, b) => a - b)[10]};
"""
LINKED = """
await until(() => text().includes("small") && all(".hint").length > 2);
return text();
"""


@pytest.fixture(scope="module")
def folder() -> Path:
    if not (HERE / "node_modules").is_dir() or shutil.which("npm") is None:
        pytest.skip("the packages of the playground are not installed: make playground")
    if executable() is None:
        pytest.skip("no Chromium on this machine")
    import build

    assert build.build() < build.MOST
    return build.OUT


def drive(folder: Path, script: str, link: str = "") -> tuple[Any, list[str], list[str]]:
    """What a script beside the page returns, what the console said, and what the server was asked for."""
    with served(folder) as server, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        server.page = PAGE % (link, script)
        flags = [flag for flag in FLAGS if not flag.startswith(("--virtual-time", "--allow-file"))]
        command = [str(executable()), *flags, HOSTS, f"--user-data-dir={scratch}/profile", "--remote-debugging-port=0"]
        with tempfile.TemporaryFile() as errors:
            browser = subprocess.Popen(
                [*command, server.address + TEST], stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
            )
            try:
                fine = server.done.wait(150)
            finally:
                os.killpg(browser.pid, signal.SIGKILL)
                browser.wait()
            errors.seek(0)
            said = errors.read().decode(errors="replace")
    assert fine, said[-3000:]
    return server.found["value"], CONSOLE.findall(said), server.asked


def test_it_checks_shows_and_draws_what_is_typed(folder: Path) -> None:
    found, console, asked = drive(folder, DRIVE)
    assert "error" not in found, found
    assert console == []
    first, wrong, right = found["first"], found["wrong"], found["right"]
    assert any("112 × 112 × 64" in hint or "112x112x64" in hint for hint in first["hints"])
    assert "11,699,112 parameters" in first["status"] and first["boxes"] > 5 and "Conv2D" in first["table"]
    assert "1 error" in wrong["status"] and wrong["boxes"] == first["boxes"]  # what was right last stays
    assert right["hints"][-1] == "10, 54.1 K parameters" and right["bold"] == 0
    assert "54,170 parameters" in right["status"] and found["keystroke"] < 1500  # milliseconds; 15 on a quiet machine
    assert "Dense" in found["hover"]
    assert {path.partition("?")[0] for path in asked} - {TEST, "/favicon.ico"} == {
        "/index.html", *(f"/{path.name}" for path in folder.iterdir() if path.suffix != ".txt" and path.name != "index.html")
    }  # fmt: skip
    again, console, _ = drive(folder, LINKED, f"#{found['link']}")
    assert console == [] and again.startswith("nnspec: 1\nname: <b>small</b>\n")
