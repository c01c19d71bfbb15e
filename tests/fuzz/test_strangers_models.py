"""Configurations of models with one value that nobody expects: read, or refused in words, whatever the value."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from strangers import mutants

from nnspec.importing.errors import ImportFailed
from nnspec.importing.imported import import_config
from nnspec.importing.read import read_model

EVERY = 1 if os.environ.get("NNSPEC_FULL") == "1" else 41


def tensor(name: str) -> dict[str, Any]:
    config = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


def layer(kind: str, name: str, *sources: str, **config: Any) -> dict[str, Any]:
    given = [tensor(source) for source in sources]
    nodes = [{"args": given if len(given) < 2 else [given], "kwargs": {}}] if given else []
    config = {"name": name, **config}
    return {"module": "keras.layers", "class_name": kind, "config": config, "name": name, "inbound_nodes": nodes}


RELU = {
    "module": "keras.initializers",
    "class_name": "GlorotUniform",
    "config": {"seed": None},
    "registered_name": None,
}
INNER = {
    "name": "inner",
    "layers": [layer("InputLayer", "given", batch_shape=[None, 4], dtype="float32"), layer("Dense", "inside", units=4)],
}
FUNCTIONAL = {
    "module": "keras",
    "class_name": "Functional",
    "config": {
        "name": "small",
        "layers": [
            layer("InputLayer", "x", batch_shape=[None, 4], dtype="float32"),
            layer("Dense", "a", "x", units=4, activation="relu", kernel_initializer=RELU),
            {**layer("Sequential", "inner", "a"), "config": INNER},
            layer("Add", "sum", "a", "inner"),
            layer("Dense", "y", "sum", units=2),
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["y", 0, 0]],
    },
}
OLDER = {
    "keras_version": "2.4.0",
    "class_name": "Sequential",
    "config": [
        {"class_name": "LSTM", "config": {"name": "l", "batch_input_shape": [None, 3, 4], "units": 4, "init": "zero"}},
        {"class_name": "Dense", "config": {"name": "d", "output_dim": 2, "activation": "hard_sigmoid"}},
    ],
}


def cases() -> Iterator[tuple[str, Any]]:
    for name, base in (("functional", FUNCTIONAL), ("older", OLDER)):
        for what, mutant in mutants(base):
            yield f"{name}: {what}", mutant


@pytest.mark.parametrize("base", [FUNCTIONAL, OLDER], ids=["functional", "older"])
def test_the_models_themselves_are_read(base: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(base))
    assert import_config(read_model(path).config).spec.graph.layers


@pytest.mark.slow
def test_a_wrong_value_is_refused_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    refused = 0
    for what, mutant in islice(cases(), 0, None, EVERY):
        path.write_text(json.dumps(mutant))
        try:
            import_config(read_model(path).config)
        except ImportFailed as error:
            assert str(error), what
            refused += 1
        except Exception as error:
            raise AssertionError(what) from error
    assert refused > 20
