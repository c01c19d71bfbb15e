"""Random edits of documents that are open in the language server: whether its memory stays flat, and nothing fails.

    python benchmarks/random_edits.py --edits 100000

The server runs as editors run it, in a process of its own. Every edit is followed by a request for hints, now and then
by others. Each few hundred edits a document is put back as it was.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SPECS = Path(__file__).parent.parent / "specs"
NAMES = ("elman", "lenet", "jordan", "lstm", "autoencoder", "unet")
PIECES = ("$", "{", "}", "[", "]", ": ", "\n", "  ", "- ", "Dense", "units", "3", "-1", "#", "'", '"', "for", "é", "𝄞")
PIECES += (
    "- Conv2D: {filters: 4, kernel_size: 3}\n",
    "extends: lenet.yaml\n",
    "params: {a: 1}\n",
    "$(1 / 0)",
    "~",
    "\t",
)
OTHERS = ("hover", "completion", "codeAction", "documentSymbol", "semanticTokens/full", "foldingRange", "codeLens")
BACK = 300  # edits until a document is put back
TELL = 5000


class Server:
    def __init__(self, errors: Any) -> None:
        command = [sys.executable, "-P", "-m", "nnspec", "lsp"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        self.number = 0
        self.failed: list[str] = []

    def tell(self, method: str, params: Any, number: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params} | ({} if number is None else {"id": number})
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def ask(self, method: str, params: Any) -> Any:
        self.number += 1
        self.tell(method, params, self.number)
        while True:
            found = self.read()
            if found.get("id") == self.number and "method" not in found:
                if "error" in found:
                    self.failed.append(f"{method}: {found['error']['message']}")
                return found.get("result")

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        size = 0
        while (line := self.process.stdout.readline()).strip():
            size = int(line.partition(b":")[2])
        if not size:
            raise SystemExit("the server ended")
        return dict(json.loads(self.process.stdout.read(size)))

    @property
    def memory(self) -> float:
        """Resident megabytes."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def edited(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text) + 1)
    kind = draw.randrange(5)
    if kind == 0:
        return text[:at] + draw.choice(PIECES) + text[at:]
    if kind == 1:
        return text[:at] + text[at + draw.randrange(1, 12) :]
    lines = text.split("\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    if kind == 2:
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == 3 and len(text) < 20_000:
        lines.insert(one, lines[other])
    else:
        del lines[one]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    draw = random.Random(asked.seed)
    with tempfile.TemporaryFile() as errors:
        server = Server(errors)
        server.ask("initialize", {"capabilities": {}, "rootUri": SPECS.as_uri()})
        whole = {name: (SPECS / f"{name}.yaml").read_text(encoding="utf-8") for name in NAMES}
        texts = dict(whole)
        for name, text in texts.items():
            document = {"uri": (SPECS / f"{name}.yaml").as_uri(), "languageId": "yaml", "version": 0, "text": text}
            server.tell("textDocument/didOpen", {"textDocument": document})
        start = time.monotonic()
        for number in range(1, asked.edits + 1):
            name = draw.choice(NAMES)
            texts[name] = whole[name] if number % BACK < len(NAMES) else edited(texts[name], draw)
            document = {"uri": (SPECS / f"{name}.yaml").as_uri()}
            change = {"textDocument": {**document, "version": number}, "contentChanges": [{"text": texts[name]}]}
            server.tell("textDocument/didChange", change)
            lines = texts[name].count("\n")
            place = {"line": draw.randrange(lines + 1), "character": draw.randrange(30)}
            every = {"start": {"line": 0, "character": 0}, "end": {"line": lines, "character": 0}}
            server.ask("textDocument/inlayHint", {"textDocument": document, "range": every})
            if number % 10 == 0:
                more = {"position": place, "range": {"start": place, "end": place}, "context": {"diagnostics": []}}
                server.ask(f"textDocument/{draw.choice(OTHERS)}", {"textDocument": document, **more})
            if number % TELL == 0 or number == 1000:
                rate = number / (time.monotonic() - start)
                print(f"{number:>7} edits  {server.memory:6.1f} MB  {rate:5.1f} edits/s", flush=True)
        server.ask("shutdown", None)
        server.tell("exit", None)
        server.process.wait(30)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    print(
        f"{len(server.failed)} requests failed; {len(said.splitlines())} lines of errors;"
        f" exit {server.process.returncode}"
    )
    print("\n".join([*server.failed[:5], said[-2000:]]))


if __name__ == "__main__":
    main()
