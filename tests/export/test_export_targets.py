"""The table of targets: read from plain arguments, documented, and light to import."""

import dataclasses
import subprocess
import sys

import pytest

from nnspec.catalog.targets import TARGETS, SavedModel, TFLite
from nnspec.export.errors import ExportError
from nnspec.export.targets import read_target


def test_arguments_become_fields() -> None:
    target = read_target("TFLite", {"quantize": "int8", "length": 64, "max_metric_drop": 0, "memory": 2})
    assert target == TFLite(quantize="int8", length=64, max_metric_drop=0, memory=2)
    assert read_target("SavedModel", {}) == SavedModel()
    assert read_target("TFLite", {"quantize": None}) == TFLite()


@pytest.mark.parametrize(
    ("kind", "args", "says"),
    [
        ("TFLight", {}, "TFLight"),
        ("TFLite", {"quantise": "int8"}, "quantise"),
        ("TFLite", {"quantize": "int7"}, "int7"),
        ("TFLite", {"runtime": None}, "None"),
        ("TFLite", {"length": 0}, "length"),
        ("TFLite", {"length": 2.5}, "length"),
        ("TFLite", {"length": True}, "length"),
        ("TFLite", {"max_metric_drop": -0.1}, "max_metric_drop"),
        ("SavedModel", {"quantize": "int8"}, "quantize"),
    ],
)
def test_bad_arguments_are_refused(kind: str, args: dict, says: str) -> None:
    with pytest.raises(ExportError, match=says) as caught:
        read_target(kind, args)
    assert caught.value.hint


@pytest.mark.parametrize("name", TARGETS)
def test_every_argument_is_documented(name: str) -> None:
    assert TARGETS[name].__doc__
    assert all(field.metadata["doc"] for field in dataclasses.fields(TARGETS[name]))


def test_the_table_imports_nothing_slow() -> None:
    slow = "{'tensorflow', 'keras', 'numpy', 'flatbuffers'}"
    script = f"import nnspec.catalog.targets, sys; print(sorted({slow} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
