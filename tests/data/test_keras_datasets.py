from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.errors import DataError
from nnspec.data.sources import keras_datasets
from nnspec.data.sources.keras_datasets import KNOWN, Keras


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Stands for the download; keeps what it was asked for."""
    asked: dict[str, Any] = {}

    def load_data(name: str, arguments: Mapping[str, Any]) -> Any:
        asked.update(name=name, arguments=arguments)
        labels = np.array([0, 1, 1, 0], np.uint8)
        if KNOWN[name].kind == "image":
            return (np.zeros((4, 6, 6), np.uint8), labels), (np.ones((4, 6, 6), np.uint8), labels[:, None])
        if KNOWN[name].kind == "text":
            texts = np.array([[1, 2], [1], [1, 2, 3], [1, 9]], object)
            return (texts, labels), (texts, labels)
        return (np.zeros((4, 8)), np.ones(4)), (np.zeros((4, 8)), np.ones(4))

    monkeypatch.setattr(keras_datasets, "load_data", load_data)
    return asked


def test_parts_of_images(loaded: dict[str, Any], tmp_path: Path) -> None:
    for part, value in (("train", 0), ("test", 1)):
        examples = Keras("mnist", part=part).load(tmp_path)  # type: ignore[arg-type]
        assert str(examples.features["image"].spec) == "float32 [6, 6, 1]"
        assert str(examples.targets["label"].spec) == "int32 []"
        assert (examples.features["image"].take(np.arange(4)) == value).all()


def test_texts_are_sequences(loaded: dict[str, Any], tmp_path: Path) -> None:
    examples = Keras("imdb", num_words=50, max_length=2).load(tmp_path)
    assert loaded["arguments"] == {"num_words": 50}
    assert examples.features["text"].take(np.arange(4)).tolist() == [[1, 2], [1, 0], [1, 2], [1, 9]]
    assert Keras("imdb", num_words=50).facts(tmp_path).vocabulary_size == 50


def test_numbers_are_a_regression(loaded: dict[str, Any], tmp_path: Path) -> None:
    examples = Keras("california_housing").load(tmp_path)
    assert examples.task == "regression"
    assert str(examples.targets["y"].spec) == "float32 []"


def test_classes_are_known_without_loading(tmp_path: Path) -> None:
    assert Keras("cifar100").facts(tmp_path).classes == 100
    with pytest.raises(DataError, match=r"no 'mnits'.*mnist"):
        Keras("mnits").facts(tmp_path)  # type: ignore[arg-type]


def test_offline_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Module:
        @staticmethod
        def load_data(**arguments: Any) -> None:
            raise Exception("URL fetch failure on https://example.org: None -- [Errno -2] Name or service not known")

    import importlib

    monkeypatch.setattr(importlib, "import_module", lambda name: Module)
    with pytest.raises(DataError, match=r"mnist cannot be loaded: URL fetch failure.*where there is a network.*IDX"):
        Keras("mnist").load(tmp_path)
