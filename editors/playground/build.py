"""`make playground`: the page, Python and nnspec as a folder that any static server serves: editors/playground/dist."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OUT = HERE / "dist"
sys.path.append(str(ROOT / "editors" / "pyodide"))

from packing import files, write_python  # noqa: E402

MOST = 8_000_000  # bytes of all that is loaded


def build() -> int:
    """Writes the folder. Returns how many bytes a visitor loads."""
    shutil.rmtree(OUT, ignore_errors=True)
    npm = shutil.which("npm")
    assert npm is not None, "the playground is built by npm"
    subprocess.run([npm, "run", "--silent", "build"], cwd=HERE, check=True)
    shutil.copy(HERE / "src/index.html", OUT)
    for name in ("dagre.min.js", "diagram.js", "diagram_view.js"):
        shutil.copy(ROOT / "nnspec/report/pages/assets" / name, OUT)
    specs = ROOT / "specs"
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(specs.glob("*.yaml"))}
    (OUT / "specs.json").write_text(json.dumps(texts), encoding="utf-8")
    zoo = ((f"specs/{path.relative_to(specs)}", path.read_bytes()) for path in files(specs))
    write_python(OUT, HERE / "src" / "playground.py", zoo)
    return sum(path.stat().st_size for path in OUT.iterdir() if path.suffix != ".txt")


if __name__ == "__main__":
    loaded = build()
    print(f"{OUT.relative_to(ROOT)}: {loaded / 1e6:.2f} MB; python -m http.server -d {OUT.relative_to(ROOT)}")
    assert loaded < MOST, f"more than {MOST / 1e6:.0f} MB"
