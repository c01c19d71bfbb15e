"""LiteRT.js for pages: found in a folder, in the cache, or fetched by npm once. A page never asks for it elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from nnspec.data.cache import root
from nnspec.export.errors import ExportError

VERSION = "2.5.3"
PACKAGE = "@litertjs/core"
# By place in the page's folder: from which package. One of the two WASM builds is loaded: browsers without relaxed SIMD
# take the compatible one.
FILES = {
    "core/index.js": "core/dist/index.js",
    "wasm-utils/index.js": "wasm-utils/dist/index.js",
    "wasm/litert_wasm_internal.js": "core/wasm/litert_wasm_internal.js",
    "wasm/litert_wasm_internal.wasm": "core/wasm/litert_wasm_internal.wasm",
    "wasm/litert_wasm_compat_internal.js": "core/wasm/litert_wasm_compat_internal.js",
    "wasm/litert_wasm_compat_internal.wasm": "core/wasm/litert_wasm_compat_internal.wasm",
}
HINT = (
    f"where npm and a network are: npm install --prefix FOLDER {PACKAGE}@{VERSION}; then set NNSPEC_LITERT to that "
    "folder, here or on the machine it is carried to"
)
TIMEOUT = 300  # seconds for npm


def copy_litert(place: Path) -> None:
    """Puts the runtime's files under a page's folder, 19 MB of which a browser loads half.

    Raises:
        ExportError: they are nowhere, and npm is not there or cannot fetch them.
    """
    source = find()
    for to, path in FILES.items():
        (place / to).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, place / to)


def find() -> Path:
    """The folder `@litertjs` of an installed package."""
    given = os.environ.get("NNSPEC_LITERT")
    if given is not None:
        found = _packages(Path(given).expanduser())
        if found is None:
            raise ExportError(f"NNSPEC_LITERT is {given}, and {PACKAGE} {VERSION} is not in it", hint=HINT)
        return found
    cached = root() / f"litert-js-{VERSION}"
    return _packages(cached) or _installed(cached)


def _packages(folder: Path) -> Path | None:
    for place in (folder / "node_modules" / "@litertjs", folder / "@litertjs", folder):
        if all((place / path).is_file() for path in FILES.values()):
            return place
    return None


def _installed(folder: Path) -> Path:
    """Fetches the package beside its place in the cache, and moves it there once it is whole."""
    npm = shutil.which("npm")
    if npm is None:
        raise ExportError("a page needs LiteRT.js, and npm is not here to fetch it", hint=HINT)
    scratch = folder.with_name(f".{folder.name}-{os.getpid()}")
    command = [npm, "install", "--silent", "--no-save", "--no-audit", "--no-fund", "--prefix", str(scratch)]
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [*command, f"{PACKAGE}@{VERSION}"], capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        if done.returncode or _packages(scratch) is None:
            raise ExportError(f"npm could not fetch {PACKAGE} {VERSION}", hint=HINT)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(scratch, folder)
    except subprocess.TimeoutExpired as error:
        raise ExportError(f"npm could not fetch {PACKAGE} within {TIMEOUT} s", hint=HINT) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    found = _packages(folder)
    assert found is not None
    return found
