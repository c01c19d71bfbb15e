"""`nnspec doctor`."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer, width
from nnspec.console.prose import filled

# What each package is for, and the extra that brings it; None where `pip install nnspec` does.
PACKAGES = {
    "nnspec": ("this program", None),
    "click": ("commands", None),
    "PyYAML": ("reading specs", None),
    "jsonschema": ("checking specs", None),
    "simpleeval": ("expressions", None),
    "numpy": ("data", "tf"),
    "pillow": ("images", "tf"),
    "tensorflow": ("training", "tf"),
    "keras": ("networks", "tf"),
    "ai-edge-litert": ("running TFLite files", "tf"),
    "flatbuffers": ("writing TFLite files", "tf"),
}


# What each extra is for; those to build nnspec itself are not among them.
EXTRAS = {
    "tf": "training, evaluation, export",
    "verify": "proving a bundle, without TensorFlow",
    "plots": "pictures of sweeps and of a network's inside",
    "draw": "diagrams as SVG and PNG",
    "subwords": "texts as pieces of words",
    "optuna": "searches by Optuna in sweeps",
    "int4": "weights in four bits",
    "micro": "proving files in the interpreter of microcontrollers",
    "onnx": "ONNX files",
    "remote": "data at `https://` addresses",
    "mcp": "`nnspec mcp`, for programs that speak the Model Context Protocol",
    "mlflow": "`train: {track: mlflow}`",
    "wandb": "`train: {track: wandb}`, Weights & Biases",
    "tensorboard": "`train: {track: tensorboard}`",
    "sklearn": "Classifier and Regressor",
}


@click.command("doctor")
@common
def command() -> Answer:
    """Report versions, devices and what is missing.

    \b
    Examples:
      nnspec doctor
      nnspec doctor --json
    """
    versions = {name: installed(name) for name in PACKAGES}
    missing = [name for name, version in versions.items() if version is None]
    devices = find_devices() if versions["tensorflow"] else {"found": [], "problem": "TensorFlow is not installed"}
    advice = install_advice(missing)
    extras = [look_at(name, needs) for name, needs in needed_by_extras().items()]
    data = {
        "ok": not missing and devices["problem"] is None,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "libyaml": has_libyaml(),
        "packages": versions,
        "missing": missing,
        "advice": advice,
        "extras": extras,
        "devices": devices["found"],
        "device_problem": devices["problem"],
    }
    return Answer(data, _text(data))


def installed(package: str) -> str | None:
    """The version of an installed package, without importing it."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def needed_by_extras() -> dict[str, list[str]]:
    """The packages that each extra brings, by nnspec's own metadata; nothing where it runs without being installed."""
    import re
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires("nnspec") or []
    except PackageNotFoundError:
        return {}
    found: dict[str, list[str]] = {}
    for line in lines:
        needed = re.match(r"([\w.-]+).*;.*extra == ['\"]([\w-]+)['\"]", line)
        if needed and needed[2] not in ("dev", "docs"):
            found.setdefault(needed[2], []).append(needed[1])
    return found


def look_at(name: str, needs: list[str]) -> dict[str, Any]:
    """An extra: what it is for, which of its packages are missing, and the command that brings them."""
    missing = [package for package in needs if installed(package) is None]
    command = f'pip install "nnspec[{name}]"' if missing else None
    return {"name": name, "for": EXTRAS.get(name, ""), "missing": missing, "install": command}


def has_libyaml() -> bool:
    """Whether PyYAML reads by the C library; its own reader is some ten times slower."""
    import yaml

    return bool(getattr(yaml, "__with_libyaml__", False))


def install_advice(missing: list[str]) -> str | None:
    extras = sorted({extra for name in missing if (extra := PACKAGES[name][1]) is not None})
    if not missing:
        return None
    if extras:
        return f'pip install "nnspec[{",".join(extras)}]"'
    return "pip install --force-reinstall nnspec"


def find_devices() -> dict[str, Any]:
    """What TensorFlow can compute on; why not, where it cannot even be imported."""
    from nnspec.cli.tensorflow_startup import import_tensorflow

    try:
        import_tensorflow()
        import tensorflow as tf

        return {"found": [device.name for device in tf.config.list_logical_devices()], "problem": None}
    except Exception as error:  # a broken installation fails in many ways, and saying how is this command's purpose
        return {"found": [], "problem": f"TensorFlow cannot be used: {type(error).__name__}: {error}"}


def _text(data: dict[str, Any]) -> str:
    reader = "libyaml" if data["libyaml"] else "PyYAML without libyaml: checks are slower"
    lines = [
        f"Python {data['python']} ({sys.executable})",
        f"{data['platform']}, {data['processors']} processors, {reader}",
        "",
    ]
    for name, version in data["packages"].items():
        lines.append(f"  {name:<16}{version or 'missing':<12}{PACKAGES[name][0]}")
    if data["extras"]:
        lines += ["", "extras:"]
    for extra in data["extras"]:
        said = f"  {extra['name']:<16}{'missing' if extra['missing'] else 'there':<12}{extra['for']}"
        lines.append(filled(said, width(), " " * 30))
        if extra["install"]:
            lines.append(f"  {'':<16}{extra['install']}")
    lines += ["", f"devices: {', '.join(data['devices']) or data['device_problem']}"]
    if data["advice"]:
        lines += ["", f"some packages are missing: {data['advice']}"]
    return "\n".join(lines)
