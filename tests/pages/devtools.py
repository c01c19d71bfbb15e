"""Headless Chromium as a person uses it: pages opened, keys pressed, pictures taken; over the protocol of its developer tools.

Messages go through two pipes, each one JSON with a zero byte behind it (`--remote-debugging-pipe`); no port is open.
"""

from __future__ import annotations

import base64
import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chromium import FLAGS, executable

LOCAL = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE *.localhost , EXCLUDE 127.0.0.1"
UNWANTED = ("--virtual-time", "--enable-logging", "--log-level", "--allow-file")
KEYS: Mapping[str, tuple[str, int]] = {
    "Enter": ("Enter", 13), "Escape": ("Escape", 27), "Tab": ("Tab", 9), "End": ("End", 35), "Home": ("Home", 36),
    "F1": ("F1", 112), "F2": ("F2", 113), "ArrowDown": ("ArrowDown", 40), ".": ("Period", 190), "p": ("KeyP", 80),
    "g": ("KeyG", 71), "a": ("KeyA", 65), "s": ("KeyS", 83), "Backspace": ("Backspace", 8),
    "\\": ("Backslash", 220), "w": ("KeyW", 87),
}  # fmt: skip
CTRL, SHIFT = 2, 8


class Failed(Exception):
    """The browser says that something went wrong."""


class Tab:
    """One page, and what its console says.

    Attributes:
        console: errors of scripts, and what is written as an error.
    """

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back, self._rest, self._last = to, back, b"", 0
        self._session: str | None = None
        self.console: list[str] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime"):
            self._ask(f"{domain}.enable")

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Sets the viewport, in CSS pixels, and whether the reader prefers dark colours."""
        self._ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])

    def go(self, address: str) -> None:
        self._ask("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        """What an expression of JavaScript comes to, through JSON; a promise is waited for."""
        found = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise Failed(found["exceptionDetails"].get("exception", {}).get("description", str(found)))
        return found["result"].get("value")

    def until(self, expression: str, seconds: float = 60) -> Any:
        """Waits until an expression is true, and returns what it is then."""
        end, said = time.monotonic() + seconds, ""
        while time.monotonic() < end:
            try:
                if found := self.value(
                    f"(async () => {{ const it = await ({expression}); return Boolean(it?.nodeType) || it; }})()"
                ):
                    return found
            except Failed as error:
                said = str(error)
            time.sleep(0.1)
        raise Failed(f"waited {seconds:.0f} s for {expression}\n{said}\n{self.console[-10:]}")

    def press(self, key: str, modifiers: int = 0) -> None:
        code, number = KEYS[key]
        event = {"key": key, "code": code, "windowsVirtualKeyCode": number, "modifiers": modifiers}
        text = {"text": "\r"} if key == "Enter" else {}
        self._ask("Input.dispatchKeyEvent", type="keyDown", **event, **text)
        self._ask("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text: str) -> None:
        """Types a text as an input method does, at once."""
        self._ask("Input.insertText", text=text)

    def click(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Writes a PNG of the viewport, or of the whole page."""
        found = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            found = self._receive()
            if found.get("id") == self._last:
                if "error" in found:
                    raise Failed(f"{method}: {found['error']['message']}")
                result: dict[str, Any] = found["result"]
                return result
            self._hear(found)

    def _receive(self, seconds: float = 120) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while b"\0" not in self._rest:
            if not select.select([self._back], [], [], max(end - time.monotonic(), 0))[0]:
                raise Failed(f"no answer within {seconds:.0f} s")
            more = os.read(self._back, 1 << 20)
            if not more:
                raise Failed("the browser has ended")
            self._rest += more
        text, _, self._rest = self._rest.partition(b"\0")
        found: dict[str, Any] = json.loads(text)
        return found

    def _hear(self, message: dict[str, Any]) -> None:
        params = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.console.append(details.get("exception", {}).get("description", details["text"]))
        elif message.get("method") == "Runtime.consoleAPICalled" and params["type"] == "error":
            self.console.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))


@contextmanager
def browser(hosts: str = LOCAL) -> Iterator[Tab]:
    """A page in a browser of its own, which ends with the context; skips the test where there is no Chromium.

    Args:
        hosts: Chromium's rule for names of hosts; by default there is this machine alone.
    """
    chromium = executable()
    if chromium is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    (theirs, to), (back, ours) = os.pipe(), os.pipe()
    flags = [flag for flag in FLAGS if not flag.startswith(UNWANTED)]
    # Chromium reads from 3 and writes to 4: a shell puts the pipes there, whatever their numbers here are.
    line = f'exec 3<&{theirs} 4>&{ours}; exec "$0" "$@"'
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [chromium, *flags, hosts, f"--user-data-dir={profile}", "--remote-debugging-pipe", "about:blank"]
        process = subprocess.Popen(
            ["bash", "-c", line, *command],
            pass_fds=(theirs, ours),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs)
        os.close(ours)
        try:
            yield Tab(to, back)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # with the processes that it started
            process.wait()
            os.close(to)
            os.close(back)
