"""A file to the configuration of the model in it. Nothing of the file is run, and nothing is unpacked to disk.

A ``.keras`` file is a ZIP archive with ``config.json`` (the network), ``metadata.json`` (the Keras version) and
``model.weights.h5``; the first two are all that is read here. HDF5 and SavedModels are the containers of Keras 1 and 2.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

from nnspec.importing import hdf5, saved_model
from nnspec.importing.errors import ImportFailed
from nnspec.importing.learned import Found, from_assets, with_learned
from nnspec.importing.modules import with_modules
from nnspec.importing.names import is_saved_model
from nnspec.importing.older import modernized
from nnspec.importing.other_files import refuse_other
from nnspec.importing.saved_tables import from_tables
from nnspec.importing.validity import require_model
from nnspec.reading import open_regular, parse_json

MAX_CONFIG = 16 * 2**20  # bytes; the largest of keras.applications has 1.2 MB
MAX_DEPTH = 160  # of JSON: ten levels a layer, and models within models
HDF5 = b"\x89HDF\r\n\x1a\n"
ZIP = b"PK\x03\x04"
WANTED = "a .keras or .h5 file, or what model.to_json() gives, is wanted"
WEIGHTS = ("model.weights.h5", "model.weights.npz", "model.weights.json")  # any of them, in a .keras file
OWN_NAMES = re.compile(r"(network|sequential|model|functional)(_\d+)?")
# What a damaged archive makes of the reader of archives.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OverflowError, UnicodeError)
Stored = Literal["keras", "hdf5", "saved_model", "alone"]  # alone: in a file of their own, beside a JSON file


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A model as Keras 3 serializes it, and the version that wrote it; None where the file does not say.

    Attributes:
        notes: for people, where an older Keras wrote it.
        weights: how its weights are stored, which `nnspec.importing.weights` reads; None where it has none.
    """

    config: dict[str, Any]
    keras_version: str | None
    notes: tuple[str, ...] = ()
    weights: Stored | None = None

    @property
    def is_current(self) -> bool:
        """Whether a Keras 3 wrote it; where no version is given, Keras 3 says the module of each layer."""
        if self.keras_version is not None:
            return not (self.keras_version == "1" or self.keras_version.startswith(("0.", "1.", "2.")))
        inner = self.config["config"]
        layers = inner.get("layers") if isinstance(inner, Mapping) else inner
        listed = layers if isinstance(layers, list) else ()
        return all("module" in layer for layer in listed if isinstance(layer, Mapping))


ROUNDS = "nnspec>AwareModel"  # under which a model that was trained to be rounded is saved


def read_model(path: Path) -> ModelConfig:
    """The model of a ``.keras`` or HDF5 file, a SavedModel of Keras 2, or the JSON that ``model.to_json()`` gives.

    Raises:
        ImportFailed: it is damaged, too large, or something else.
        OSError: it cannot be opened.
    """
    try:
        read, learned = _opened(path)
        inner = read.config.get("config")
        listed = read.config.get("class_name") == "Sequential" and isinstance(inner, list)  # as Keras 1 wrote it
        if not isinstance(read.config.get("class_name"), str) or not (listed or isinstance(inner, dict)):
            raise ImportFailed("there is no Keras model in it", hint=WANTED)
        read = _within_rounding(read)
        if not read.is_current:
            read = _today(read)
        require_model(read.config)
        return replace(read, config=with_learned(read.config, learned))
    except ImportFailed as error:
        raise _failed(path, error.message, error.hint) from error


def _within_rounding(read: ModelConfig) -> ModelConfig:
    """The network itself of a model that was trained to be rounded, which nnspec saves around it."""
    inner = read.config["config"]
    if read.config.get("registered_name") != ROUNDS or not isinstance(inner, Mapping):
        return read
    graph = inner.get("graph")
    if not isinstance(graph, dict):
        raise ImportFailed("there is no network in the model that rounds")
    note = (
        "it was trained to be rounded: the spec is of the network, with its weights as they are before they are rounded"
    )
    config = {**read.config, "class_name": "Functional", "registered_name": None, "config": graph}
    return replace(read, config=config, notes=(*read.notes, note))


def name_of(read: ModelConfig, path: Path) -> str:
    """What a model is called: the name that somebody gave it, or that of its file where it has one of Keras's own."""
    name = str(read.config["config"].get("name") or "network")
    return path.stem if OWN_NAMES.fullmatch(name) else name


def _opened(path: Path) -> tuple[ModelConfig, Found]:
    """The model as the file has it, and what its layers have learned."""
    if path.is_dir():
        if not is_saved_model(path):
            raise ImportFailed("this is a folder", hint="name the file of the model")
        return _stored(path, saved_model.read_model(path), "saved_model"), from_tables(path)
    with open_regular(path) as file:
        start = file.read(len(HDF5))
        if start == HDF5:
            hdf5.require_readable(path)
            found = _stored(path, hdf5.read_model(path), "hdf5")
            return (replace(found, config=with_modules(found.config)) if found.is_current else found), from_assets({})
        refuse_other(path, start)
        if not start.startswith(ZIP):
            config = _json(path, start + file.read(MAX_CONFIG + 1), "the file")
            return ModelConfig(config, _text_or_none(config.get("keras_version"))), from_assets({})
    config, metadata, assets, weights = _archive(path)
    version = metadata.get("keras_version") or config.get("keras_version")
    return ModelConfig(config, _text_or_none(version), weights=weights), from_assets(assets)


def _stored(path: Path, found: hdf5.StoredModel, weights: Stored) -> ModelConfig:
    """A model whose configuration is a text, and what it was compiled with another."""
    config = _json(path, found.config.encode(), "the configuration of the model")
    if found.training is not None and "compile_config" not in config:
        training = _json(path, found.training.encode(), "the configuration of the training")
        config["compile_config"] = {**training, "optimizer": training.get("optimizer_config")}
    return ModelConfig(config, found.version or "1", weights=weights)


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _today(read: ModelConfig) -> ModelConfig:
    try:
        config, notes = modernized(read.config, read.keras_version)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ImportFailed(f"the model in it is damaged: {type(error).__name__} {error}") from error
    return replace(read, config=config, notes=tuple(notes))


Contents = tuple[dict[str, Any], dict[str, Any], dict[str, str], Stored | None]


def _archive(path: Path) -> Contents:
    """Configuration, metadata, the vocabularies by their paths, and how the weights are stored."""
    with open_regular(path) as file:
        try:
            return _members(path, file)
        except (*BROKEN, OSError) as error:  # an offset that is none makes a system error of seeking
            raise _failed(path, f"the archive is damaged: {error}", "copy or save it again") from error


def _members(path: Path, file: IO[bytes]) -> Contents:
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        if "config.json" not in names:
            raise _failed(path, "config.json is missing, so this is no .keras file")
        metadata = _member(path, archive, "metadata.json") if "metadata.json" in names else {}
        texts = (name for name in names if name.startswith("assets/") and name.endswith("/vocabulary.txt"))
        weights: Stored | None = "keras" if names & set(WEIGHTS) else None
        found = {name: _text(path, archive, name) for name in texts}
        return _member(path, archive, "config.json"), metadata, found, weights


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
        found = parse_json(content.decode("utf-8-sig"))
        if isinstance(found, str):  # json.dump(model.to_json(), file) quotes the text once more
            found = parse_json(found)
    except ValueError as error:
        deep = str(error) if "nested" in str(error) else "not JSON"
        raise _failed(path, f"{what} is {deep}", WANTED) from error
    if not isinstance(found, dict):
        raise _failed(path, f"{what} holds no model")
    return found


def _failed(path: Path, message: str, hint: str | None = None) -> ImportFailed:
    return ImportFailed(message, file=str(path), hint=hint)
