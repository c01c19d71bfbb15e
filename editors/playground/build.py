"""`make playground`: the page, Python and nnspec as a folder that any static server serves: editors/playground/dist.

It takes the packages of npm beside this file, and of the Python that runs it those that `nnspec check` needs.
"""

from __future__ import annotations

import gzip
import importlib.metadata
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OUT = HERE / "dist"
PYODIDE = HERE / "node_modules" / "pyodide"
# What checks, shows and draws; the rooms that train and export stay at home.
ROOMS = ("catalog", "console", "data", "frontend", "importing", "layers", "lsp", "report", "runs", "schema_validity.py")
ROOMS += ("reading.py",)
PACKAGES = (
    "PyYAML",
    "jsonschema",
    "jsonschema-specifications",
    "referencing",
    "attrs",
    "simpleeval",
    "click",
    "typing_extensions",
)
LEFT_OUT = ("/tests/", "/__pycache__/", "/benchmarks/", "/report/notebook/", "/report/inside/", "/pages/assets/")
# Of Python's own library, what nothing here imports: consoles, debuggers, servers, mail.
UNUSED = ("_pyrepl", "unittest", "xmlrpc", "wsgiref", "multiprocessing", "ensurepip", "idlelib", "venv", "sqlite3")
UNUSED += tuple(
    f"{name}.py" for name in ("imaplib", "mailbox", "pdb", "doctest", "pydoc", "poplib", "smtplib", "ftplib")
)
PACKED = ("pyodide.asm.wasm", "pyodide.asm.mjs")
MOST = 8_000_000  # bytes of all that is loaded


def build() -> int:
    """Writes the folder. Returns how many bytes a visitor loads."""
    shutil.rmtree(OUT, ignore_errors=True)
    npx = shutil.which("npm")
    assert npx is not None, "the playground is built by npm"
    subprocess.run([npx, "run", "--silent", "build"], cwd=HERE, check=True)
    shutil.copy(HERE / "src/index.html", OUT)
    for name in ("dagre.min.js", "diagram.js", "diagram_view.js"):
        shutil.copy(ROOT / "nnspec/report/pages/assets" / name, OUT)
    shutil.copy(PYODIDE / "pyodide.mjs", OUT)
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))
    (OUT / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": {}}), encoding="utf-8")  # none is loaded
    with zipfile.ZipFile(PYODIDE / "python_stdlib.zip") as library:
        kept = (one for one in library.namelist() if one.partition("/")[0] not in UNUSED and not one.endswith("/"))
        write_zip(OUT / "python_stdlib.zip", ((name, library.read(name)) for name in kept))
    for name in PACKED:
        (OUT / f"{name}.gz").write_bytes(gzip.compress((PYODIDE / name).read_bytes(), 9, mtime=0))
    specs = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "specs").glob("*.yaml"))}
    (OUT / "specs.json").write_text(json.dumps(specs), encoding="utf-8")
    write_zip(OUT / "bundle.zip", bundle())
    return sum(path.stat().st_size for path in OUT.iterdir() if path.suffix != ".txt")


def write_zip(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sorted(members):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, 9)


def bundle() -> Iterator[tuple[str, bytes]]:
    """What Python imports, under ``site``, and the zoo under ``specs``, which a spec may build on."""
    for name in ("playground.py", "rpds.py"):
        yield f"site/{name}", (HERE / "src" / name).read_bytes()
    yield "site/nnspec/__init__.py", b""
    for room in ROOMS:
        for path in files(ROOT / "nnspec" / room):
            yield f"site/{path.relative_to(ROOT)}", path.read_bytes()
    yield "site/nnspec/schemas/nnspec.schema.json", (ROOT / "schemas/nnspec.schema.json").read_bytes()
    version = importlib.metadata.version("nnspec")
    yield (
        f"site/nnspec-{version}.dist-info/METADATA",
        f"Metadata-Version: 2.1\nName: nnspec\nVersion: {version}\n".encode(),
    )
    for package in PACKAGES:
        for one in importlib.metadata.files(package) or ():
            if (
                not any(part in f"/{one}" for part in (*LEFT_OUT, ".."))
                and one.suffix in (".py", ".json", "")
                and one.name != "RECORD"
            ):
                path = Path(str(one.locate()))
                if path.is_file():
                    yield f"site/{one}", path.read_bytes()
    for path in files(ROOT / "specs"):
        yield f"specs/{path.relative_to(ROOT / 'specs')}", path.read_bytes()


def files(path: Path) -> Iterator[Path]:
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return (one for one in found if one.is_file() and not any(part in f"/{one}" for part in LEFT_OUT))


if __name__ == "__main__":
    loaded = build()
    print(f"{OUT.relative_to(ROOT)}: {loaded / 1e6:.2f} MB; python -m http.server -d {OUT.relative_to(ROOT)}")
    assert loaded < MOST, f"more than {MOST / 1e6:.0f} MB"
