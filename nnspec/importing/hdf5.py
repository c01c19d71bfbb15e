"""A model in an HDF5 file, as Keras 1, 2 and 3 write `.h5`: a configuration in attributes, weights in groups by layer.

Every step is to a group or an array that lies in the file itself, and sizes are looked at before anything is read: what
a link leads to, and values that other files hold, are refused. HDF5 is read by h5py, which comes with Keras.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nnspec.backend.hdf5_heaps import refuse_endless
from nnspec.backend.hdf5_trial import MOST_UNPACKED, LibraryEnds, most, survive
from nnspec.importing.errors import ImportFailed
from nnspec.importing.validity import MAX_LAYERS
from nnspec.reading import open_regular

MAX_CONFIG = 16 * 2**20  # bytes
MAX_ARRAYS = 100_000
MAX_PARTS = 64  # names of groups on the way to an array
MAX_AXES = 8
AGAIN = "copy or save it again"
# What the HDF5 library makes of a damaged file.
DAMAGED = (OSError, KeyError, ValueError, TypeError, RuntimeError, IndexError, OverflowError)


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What an HDF5 file says of its model: texts in JSON as they are, and the version that wrote it."""

    config: str
    training: str | None
    version: str | None


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """The weights of a file by layer, in the file's order.

    Attributes:
        layers: the place of a layer, or of a model within the model, by names from the outside in -> pairs of a
            weight's name and its values.
        version: of the Keras that wrote them; `1` where the file does not say, as Keras 1.0 did not.
        backend: what ran under it: `theano` turned the kernels of convolutions round.
    """

    layers: Mapping[tuple[str, ...], tuple[tuple[str, Any], ...]]
    version: str
    backend: str = "tensorflow"


def require_readable(path: Path) -> None:
    """Raises ImportFailed where the HDF5 library would end this process on the file; OSError."""
    try:
        survive(path)
    except LibraryEnds as error:
        raise ImportFailed(f"the HDF5 file is damaged: {error}", hint=AGAIN) from error


def read_model(path: Path) -> StoredModel:
    """The configuration in an HDF5 file.

    Raises:
        ImportFailed: the file is damaged, or holds weights alone.
        OSError: it cannot be opened.
    """
    with opened(path) as file:
        config = _text(file, "model_config")
        if config is None:
            message = "the file holds weights alone: the layers that they belong to are not in it"
            raise ImportFailed(message, hint="save the whole model, or import its JSON with --weights-from this file")
        version = _text(file, "keras_version")
        if version is None and holds(file, "model_weights"):
            version = _text(child(file, "model_weights"), "keras_version")
        return StoredModel(config, _text(file, "training_config"), version)


def read_weights(path: Path) -> StoredWeights:
    """The weights in an HDF5 file. Raises as `read_model`, and where they are more than the file can hold."""
    with opened(path) as file:
        groups = child(file, "model_weights") if holds(file, "model_weights") else file
        reader = Reader(most(path.stat().st_size))
        names = list(_names(groups, "layer_names"))
        if len(names) > MAX_LAYERS:
            raise ImportFailed(f"the file has weights of more than {MAX_LAYERS:,} layers")
        layers: dict[tuple[str, ...], tuple[tuple[str, Any], ...]] = {}
        for name in names:
            layers[name,] = tuple(reader.arrays(child(groups, name)))
        version = _text(groups, "keras_version") or _text(file, "keras_version") or "1"
        return StoredWeights(layers, version, _text(groups, "backend") or _text(file, "backend") or "tensorflow")


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The root of the file; whatever the HDF5 library says of a damaged one is said as an import that failed."""
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise ImportFailed("HDF5 files are read by h5py", hint='pip install "nnspec[tf]"') from error
    with open_regular(path) as raw:
        try:
            refuse_endless(raw)
            with h5py.File(raw, "r") as file:
                yield file
        except DAMAGED as error:
            raise ImportFailed(f"the HDF5 file is damaged: {error}", hint=AGAIN) from error


@dataclass(slots=True)
class Reader:
    """Reads arrays up to a number of bytes of all together."""

    limit: int
    read: int = 0
    count: int = field(default=0)

    def arrays(self, group: Any) -> Iterator[tuple[str, Any]]:
        """The weights of a layer's group, by the names that the group lists."""
        for name in _names(group, "weight_names"):
            yield name, self.array(child(group, name), name)

    def array(self, found: Any, name: str) -> Any:
        import h5py

        if not isinstance(found, h5py.Dataset) or found.shape is None:
            raise ImportFailed(f"the weight `{name}` is no array")
        if found.is_virtual or found.external:
            raise ImportFailed(f"the values of the weight `{name}` lie in another file, which is not read")
        if len(found.shape) > MAX_AXES or found.dtype.kind not in "fiub":
            raise ImportFailed(f"the weight `{name}` has the type {found.dtype} and {len(found.shape)} axes")
        self.read += math.prod(found.shape) * found.dtype.itemsize
        self.count += 1
        if self.read > self.limit or self.count > MAX_ARRAYS:
            raise ImportFailed(f"the weights are more than {MOST_UNPACKED} times as large as the file")
        return found[()]


def child(group: Any, name: str) -> Any:
    """What a group holds itself under a name, or by a way of names: no link on it leads elsewhere."""
    import h5py

    found = group
    parts = [part for part in name.split("/") if part]
    if len(parts) > MAX_PARTS:
        raise ImportFailed(f"`{name[:80]}` lies in more than {MAX_PARTS} groups")
    for part in parts:
        if not isinstance(found, h5py.Group) or not holds(found, part):
            raise ImportFailed(f"the file has no `{name}`, which it lists")
        if found.id.links.get_info(part.encode()).type != h5py.h5l.TYPE_HARD:
            raise ImportFailed(f"`{name}` is a link to another place or file, which is not followed")
        found = found[part]
    return found


def holds(group: Any, name: str) -> bool:
    """Whether a group has something of this name; unlike ``in``, no link is followed to find that out."""
    return bool(group.id.links.exists(name.encode()))


def _attribute(group: Any, name: str) -> Any:
    """The value of an attribute, whose size is looked at before there is memory for it."""
    told = group.attrs.get_id(name)
    if math.prod(told.shape) * told.dtype.itemsize > MAX_CONFIG:
        raise ImportFailed(f"`{name}` claims to have more than {MAX_CONFIG // 2**20} MB")
    return group.attrs[name]


def _text(group: Any, name: str) -> str | None:
    if name not in group.attrs:
        return None
    text = _decoded(_attribute(group, name))
    if len(text) > MAX_CONFIG:
        raise ImportFailed(f"`{name}` has more than {MAX_CONFIG // 2**20} MB")
    return text


def _names(group: Any, name: str) -> Iterator[str]:
    """A list of names; Keras spreads one that is too long over `layer_names0`, `layer_names1` and so on."""
    if name in group.attrs:
        yield from _texts(_attribute(group, name))
        return
    for number in range(MAX_LAYERS):
        if f"{name}{number}" not in group.attrs:
            return
        yield from _texts(_attribute(group, f"{name}{number}"))


def _texts(values: Any) -> Iterator[str]:
    for value in values:
        yield _decoded(value)


def _decoded(value: Any) -> str:
    """A text of a file; what is no UTF-8 in it becomes a question mark."""
    content = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
    return content.decode("utf-8", "replace")
