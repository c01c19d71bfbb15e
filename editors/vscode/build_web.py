"""Python and nnspec for the extension in a browser: editors/vscode/dist/web.

`make vscode` runs it after npm has built the scripts.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "pyodide"))

from packing import write_python  # noqa: E402

ASSETS = Path("nnspec/report/pages/assets")  # what the page of the diagram is made of

if __name__ == "__main__":
    assets = ((f"site/{ASSETS / path.name}", path.read_bytes()) for path in (HERE.parents[1] / ASSETS).iterdir())
    write_python(HERE / "dist" / "web", HERE / "src" / "web_server.py", assets)
