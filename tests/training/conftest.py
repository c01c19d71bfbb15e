"""Small data and specs to train on, in a folder of their own that is also the current one."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from training_specs import CNN, WriteSpec

from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with `images.npz`: 80 examples of 3 classes that differ in brightness."""
    monkeypatch.chdir(tmp_path)
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, 80)
    images = draw.normal(size=(80, 8, 8, 1)) + 2 * labels[:, None, None, None]
    np.savez(tmp_path / "images.npz", x=images.astype("float32"), y=labels.astype("int32"))
    return tmp_path


@pytest.fixture
def spec(folder: Path) -> WriteSpec:
    """Writes a spec into the folder and loads it, with overrides as of `--set`."""

    def write(text: str = CNN, *overrides: str) -> Spec:
        path = folder / "net.yaml"
        path.write_text("nnspec: 1\n" + dedent(text), encoding="utf-8")
        return load(path, overrides)

    return write
