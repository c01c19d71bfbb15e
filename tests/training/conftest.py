"""Small data and specs to train on, in a folder of their own that is also the current one."""

from __future__ import annotations

from pathlib import Path

import pytest
from training_specs import CNN, WriteSpec, write_images, write_spec

from nnspec.frontend.spec import Spec


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with `images.npz`."""
    monkeypatch.chdir(tmp_path)
    write_images(tmp_path)
    return tmp_path


@pytest.fixture
def spec(folder: Path) -> WriteSpec:
    """Writes a spec into the folder and loads it, with overrides as of `--set`."""

    def write(text: str = CNN, *overrides: str) -> Spec:
        return write_spec(folder, text, *overrides)

    return write
