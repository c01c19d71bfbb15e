"""What a run's record holds: enough to say what was run, on what, and to notice that a spec has changed."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sys
from collections.abc import Mapping
from typing import Any

import yaml

from nnspec.frontend.spec import Spec
from nnspec.runs.machine import instructions, threads
from nnspec.runs.run_folder import RunFolder

# Sections that say nothing of how training goes.
NOT_TRAINING = {"name", "description", "export", "budget"}


def spec_sha256(spec: Spec) -> str:
    """The hash of all that decides a training; two specs with the same one train alike."""
    return hashlib.sha256(json.dumps(decisive(spec), sort_keys=True, default=str).encode()).hexdigest()


def decisive(spec: Spec) -> dict[str, Any]:
    """What of a spec decides a training, as plain data."""
    return _decisive(spec.resolved)


def stored(folder: RunFolder) -> dict[str, Any]:
    """The same of the spec that a run was begun with; empty where it cannot be read."""
    return _decisive(resolved(folder))


def resolved(folder: RunFolder) -> dict[str, Any]:
    """The spec that a run was begun with, as plain data; empty where it cannot be read."""
    from nnspec.frontend.diagnostics import SpecError
    from nnspec.frontend.source import read

    try:
        found = read(folder.spec, str(folder.spec)).plain()
    except SpecError:
        return {}
    return found if isinstance(found, dict) else {}


def _decisive(resolved: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in resolved.items() if name not in NOT_TRAINING}
    return found | ({"export": "runtime: unrolled"} if _writes_steps_out(resolved) else {})


def _writes_steps_out(resolved: Mapping[str, Any]) -> bool:
    """Whether a training rounds every step of recurrent layers because of what is exported."""
    train, targets = resolved.get("train"), resolved.get("export")
    if not isinstance(train, Mapping) or train.get("quantize") is None:
        return False
    entries = targets if isinstance(targets, list) else [targets]  # one alone may stand as a mapping
    given = [value for target in entries if isinstance(target, Mapping) for value in target.values()]
    return any(isinstance(one, Mapping) and one.get("runtime") == "unrolled" for one in given)


def environment() -> dict[str, Any]:
    """Versions, devices, and what else of the machine decides the last bits."""
    from importlib.metadata import PackageNotFoundError, version

    import tensorflow as tf

    versions = {"python": platform.python_version()}
    for package in ("nnspec", "tensorflow", "keras", "numpy"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # a checkout on the path
            versions[package] = "unknown"
    devices = [device.name for device in tf.config.list_logical_devices()]
    machine = {
        "platform": platform.platform(),
        "devices": devices,
        "threads": threads(),
        "instructions": instructions(),
    }
    return {"versions": versions, **machine, "command": sys.argv}


def spec_text(spec: Spec) -> str:
    """The resolved spec as YAML that the front end reads back as it was, with the name that its file gave it."""
    head = {key: spec.resolved[key] for key in ("nnspec",) if key in spec.resolved}
    return yaml.dump(
        {**head, "name": spec.name, **spec.resolved}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120
    )


def resolved_text(resolved: Mapping[str, Any]) -> str:
    """Plain data of a resolved spec likewise, what holds nothing deeper in one line: for people."""
    return yaml.dump(
        dict(resolved), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None
    )


class _Dumper(yaml.SafeDumper):
    """PyYAML writes YAML 1.1, where ``1e-3`` is a text; quoting every text but plain words makes the two agree."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    plain = re.fullmatch(r"[A-Za-z_][\w ./+-]*", value) is not None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _text)
