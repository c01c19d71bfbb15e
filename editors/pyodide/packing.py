"""Python and nnspec as files that a browser loads: what the playground and the extension for editors in browsers share.

It takes Pyodide, which npm brings beside the playground, and of the Python that runs it the packages that
`nnspec check` needs.
"""

from __future__ import annotations

import gzip
import importlib.metadata
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYODIDE = ROOT / "editors" / "playground" / "node_modules" / "pyodide"
# What checks, shows and draws; the rooms that train and export stay at home.
ROOMS = ("catalog", "console", "data", "frontend", "importing", "layers", "lsp", "report", "runs")
ROOMS += ("quick_classes.py", "reading.py", "schema_validity.py")
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


def write_python(out: Path, module: Path, more: Iterable[tuple[str, bytes]] = ()) -> None:
    """Writes Python, its library, and nnspec with what it needs into a folder.

    Args:
        module: the file with the function `call` that `start.js` is told of.
        more: further members of the bundle, which is unpacked at `/`: a path and a content each.
    """
    shutil.copy(PYODIDE / "pyodide.mjs", out)
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text(encoding="utf-8"))
    (out / "pyodide-lock.json").write_text(json.dumps({**lock, "packages": {}}), encoding="utf-8")  # none is loaded
    with zipfile.ZipFile(PYODIDE / "python_stdlib.zip") as library:
        kept = (one for one in library.namelist() if one.partition("/")[0] not in UNUSED and not one.endswith("/"))
        write_zip(out / "python_stdlib.zip", ((name, library.read(name)) for name in kept))
    for name in PACKED:
        (out / f"{name}.gz").write_bytes(gzip.compress((PYODIDE / name).read_bytes(), 9, mtime=0))
    write_zip(out / "bundle.zip", [(f"site/{module.name}", module.read_bytes()), *more, *site()])


def write_zip(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sorted(members):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED, 9)


def site() -> Iterator[tuple[str, bytes]]:
    """What Python imports, under ``site``."""
    yield "site/rpds.py", (HERE / "rpds.py").read_bytes()
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


def files(path: Path) -> Iterator[Path]:
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return (one for one in found if one.is_file() and not any(part in f"/{one}" for part in LEFT_OUT))
