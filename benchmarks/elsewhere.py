"""Files of TFLite in runtimes that are not this machine's: an emulated ARM64 processor, a browser.

Each takes a folder as `run_files.py` does, `NAME.tflite` with its inputs in `NAME.npz`, and leaves `NAME.RUNTIME.npz`
or `NAME.RUNTIME.txt` there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from run_files import batches, save

import nnspec
from nnspec.export.errors import ExportError
from nnspec.export.gate.runtimes import INTERPRETER, WITHOUT_XNNPACK
from nnspec.export.web.litert_js import copy_litert, find

ROOT = Path(__file__).parents[1]
LITERT_JS = "litert_js"
ARM, ARM_PLAIN = "arm64", "arm64_without_xnnpack"
SCRIPT = """
const {loadLiteRt, loadAndCompile, Tensor} = await import("@litertjs/core");
await loadLiteRt("./litert/wasm/");
const types = {float32: Float32Array, int32: Int32Array, uint8: Uint8Array}, found = {};
for (const file of await (await fetch("files.json")).json()) {
  try {
    const model = await loadAndCompile(file.name + ".tflite", {accelerator: "wasm"}), rows = [];
    for (const inputs of file.inputs) {
      const given = Object.fromEntries(Object.entries(inputs).map(
        ([name, one]) => [name, new Tensor(types[one.dtype].from(one.values), one.shape)]));
      const outputs = await model.run(given);
      rows.push(Object.fromEntries(Object.entries(outputs).map(
        ([name, tensor]) => [name, [...tensor.toTypedArray()]])));
      for (const tensor of [...Object.values(given), ...Object.values(outputs)]) tensor.delete();
    }
    model.delete();
    found[file.name] = rows;
  } catch (error) { found[file.name] = String(error.message ?? error); }
}
return found;
"""


def arm_machine() -> Path | None:
    """The Python of an emulated ARM64 machine, which `.ci/arm` makes and NNSPEC_ARM names; None without one."""
    folder = os.environ.get("NNSPEC_ARM")
    python = Path(folder).absolute() / "python" if folder else None
    return python if python is not None and python.exists() else None


def here(folder: Path, runtimes: Sequence[str]) -> None:
    """All files of a folder on this machine, in a process that may die of them."""
    _run([sys.executable], folder, runtimes)


def on_arm(folder: Path, runtimes: Sequence[str]) -> None:
    """All files of a folder on ARM64, with XNNPACK and without."""
    python = arm_machine()
    assert python is not None and list(runtimes) == [ARM, ARM_PLAIN]
    with tempfile.TemporaryDirectory() as scratch:  # the names of the runtimes are the same there
        for path in [*folder.glob("*.tflite"), *(one.with_suffix(".npz") for one in folder.glob("*.tflite"))]:
            shutil.copy(path, scratch)
        _run([str(python), "-P"], Path(scratch), (INTERPRETER, WITHOUT_XNNPACK))
        for runtime, name in ((INTERPRETER, ARM), (WITHOUT_XNNPACK, ARM_PLAIN)):
            for path in Path(scratch).glob(f"*.{runtime}.*"):
                shutil.copy(path, folder / path.name.replace(f".{runtime}.", f".{name}."))


def _run(python: list[str], folder: Path, runtimes: Sequence[str]) -> None:
    script = ROOT / "benchmarks" / "run_files.py"
    done = subprocess.run([*python, str(script), str(folder), *runtimes], check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])


def has_browser() -> bool:
    """Whether LiteRT.js lies here, and Chromium to run it."""
    try:
        find()
    except ExportError:
        return False
    return shutil.which("chromium") is not None


def in_browser(folder: Path, runtimes: Sequence[str]) -> None:
    """All files of a folder by LiteRT.js in Chromium, its WASM build."""
    assert list(runtimes) == [LITERT_JS]
    sys.path.append(str(ROOT / "tests" / "pages"))
    from served import run_script

    copy_litert(folder / "litert")
    pages = Path(nnspec.__file__).with_name("export") / "web" / "assets"
    shutil.copy(pages / "index.html", folder / "index.html")
    files = []
    for path in sorted(folder.glob("*.tflite")):
        rows = [
            {
                name: {"dtype": str(value.dtype), "shape": value.shape, "values": value.ravel().tolist()}
                for name, value in row.items()
            }
            for row in batches(path.with_suffix(".npz"))
        ]
        files.append({"name": path.stem, "inputs": rows})
    (folder / "files.json").write_text(json.dumps(files))
    found, _ = run_script(folder, SCRIPT, timeout=900)
    for name, rows in found.items():
        to = folder / f"{name}.{LITERT_JS}"
        if isinstance(rows, str):
            to.with_suffix(f".{LITERT_JS}.txt").write_text(" ".join(rows.split())[:300], encoding="utf-8")
        else:
            save(
                to.with_suffix(f".{LITERT_JS}.npz"),
                [{key: np.array(value, np.float32) for key, value in row.items()} for row in rows],
            )
