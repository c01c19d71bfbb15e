"""A file to the configuration of the model in it. Nothing of the file is run, and nothing is unpacked to disk.

A ``.keras`` file is a ZIP archive with ``config.json`` (the network), ``metadata.json`` (the Keras version) and
``model.weights.h5``; the first two are all that is read here.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nnspec.importing.errors import ImportFailed
from nnspec.importing.learned import from_assets, with_learned
from nnspec.importing.older import modernized
from nnspec.importing.validity import require_model
from nnspec.reading import open_regular, parse_json

MAX_CONFIG = 16 * 2**20  # bytes; the largest of keras.applications has 1.2 MB
MAX_ASSETS = 64 * 2**20  # bytes of all vocabularies together
MAX_DEPTH = 160  # of JSON: ten levels a layer, and models within models
HDF5 = b"\x89HDF\r\n\x1a\n"
ZIP = b"PK\x03\x04"
RESAVE = "load it with keras.models.load_model and save it as .keras"


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A model as Keras 3 serializes it, and the version that wrote it; None where the file does not say.

    Attributes:
        notes: for people, where an older Keras wrote it.
    """

    config: dict[str, Any]
    keras_version: str | None
    notes: tuple[str, ...] = ()

    @property
    def is_current(self) -> bool:
        """Whether a Keras 3 wrote it; where no version is given, Keras 3 says the module of each layer."""
        if self.keras_version is not None:
            return not self.keras_version.startswith(("0.", "1.", "2."))
        inner = self.config["config"]
        layers = inner.get("layers") if isinstance(inner, Mapping) else inner
        listed = layers if isinstance(layers, list) else ()
        return all("module" in layer for layer in listed if isinstance(layer, Mapping))


def read_model(path: Path) -> ModelConfig:
    """The model of a ``.keras`` file, or of the JSON text that ``model.to_json()`` gives.

    Raises:
        ImportFailed: it is damaged, too large, or something else.
        OSError: it cannot be opened.
    """
    if path.is_dir():
        raise _failed(path, *_folder(path))
    with open_regular(path) as file:
        start = file.read(len(HDF5))
        if start.startswith(ZIP):
            config, metadata, assets = _archive(path)
        elif start == HDF5:
            kind = "holds weights alone" if path.name.endswith(".weights.h5") else "is in the old HDF5 format"
            raise _failed(path, f"the file {kind}", RESAVE)
        else:
            config, metadata = _json(path, start + file.read(MAX_CONFIG + 1), "the file"), {}
            assets = {}
    inner = config.get("config")
    listed = config.get("class_name") == "Sequential" and isinstance(inner, list)  # as Keras 1 wrote it
    if not isinstance(config.get("class_name"), str) or not (listed or isinstance(inner, dict)):
        raise _failed(path, "there is no Keras model in it", "a .keras file, or what model.to_json() gives, is wanted")
    version = metadata.get("keras_version") or config.get("keras_version")
    read = ModelConfig(config, version if isinstance(version, str) else None)
    if not read.is_current:
        read = ModelConfig(*_today(path, read))
    try:
        require_model(read.config)
        return replace(read, config=with_learned(read.config, from_assets(assets)))
    except ImportFailed as error:
        raise _failed(path, error.message, error.hint) from error


def _today(path: Path, read: ModelConfig) -> tuple[dict[str, Any], str | None, tuple[str, ...]]:
    try:
        config, notes = modernized(read.config, read.keras_version)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _failed(path, f"the model in it is damaged: {type(error).__name__} {error}") from error
    return config, read.keras_version, tuple(notes)


def _folder(path: Path) -> tuple[str, str]:
    if (path / "saved_model.pb").is_file():
        return "a SavedModel is a compiled program: the layers that made it are not in it", "import the .keras file"
    return "this is a folder", "name the .keras file"


def _archive(path: Path) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """Configuration, metadata, and the vocabularies by their paths."""
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if "config.json" not in names:
                raise _failed(path, "config.json is missing, so this is no .keras file")
            metadata = _member(path, archive, "metadata.json") if "metadata.json" in names else {}
            texts = (name for name in names if name.startswith("assets/") and name.endswith("/vocabulary.txt"))
            return _member(path, archive, "config.json"), metadata, {name: _text(path, archive, name) for name in texts}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OverflowError) as error:
        raise _failed(path, f"the archive is damaged: {error}", "copy or save it again") from error


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> dict[str, Any]:
    with archive.open(name) as member:  # the size that the archive states may be a lie: read no more than the limit
        return _json(path, member.read(MAX_CONFIG + 1), name)


def _text(path: Path, archive: zipfile.ZipFile, name: str) -> str:
    with archive.open(name) as member:
        content = member.read(MAX_CONFIG + 1)
    if len(content) > MAX_CONFIG:
        raise _failed(path, f"{name} has more than {MAX_CONFIG // 2**20} MB")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _failed(path, f"{name} is not UTF-8") from error


def _json(path: Path, content: bytes, what: str) -> dict[str, Any]:
    if len(content) > MAX_CONFIG:
        raise _failed(path, f"{what} has more than {MAX_CONFIG // 2**20} MB")
    try:
        found = parse_json(content.decode("utf-8-sig"), MAX_DEPTH)
        if isinstance(found, str):  # json.dump(model.to_json(), file) quotes the text once more
            found = parse_json(found, MAX_DEPTH)
    except ValueError as error:
        deep = str(error) if "nested" in str(error) else "not JSON"
        hint = "a .keras file, or what model.to_json() gives, is wanted"
        raise _failed(path, f"{what} is {deep}", hint) from error
    if not isinstance(found, dict):
        raise _failed(path, f"{what} holds no model")
    return found


def _failed(path: Path, message: str, hint: str | None = None) -> ImportFailed:
    return ImportFailed(message, file=str(path), hint=hint)
