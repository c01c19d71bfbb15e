"""Small data of every kind, and a cache folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import small_data


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(name="image")
def image_writer() -> Callable[..., Path]:
    return small_data.write_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return small_data.write_folder(tmp_path / "images")


@pytest.fixture
def write_idx(tmp_path: Path) -> Callable[..., str]:
    def write(name: str, array: np.ndarray, code: int = 0x08) -> str:
        return small_data.write_idx(tmp_path / name, array, code)

    return write


@pytest.fixture
def idx(tmp_path: Path) -> dict[str, str]:
    return small_data.write_idx_pair(tmp_path)
