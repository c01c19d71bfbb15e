"""Weights by name: the networks of `keras.applications` with what they learned on ImageNet.

Keras knows the address and, but for MobileNet and MobileNetV2, the hash of each file. A folder, or the address of a
mirror, takes the place of that address: the variable NNSPEC_WEIGHTS. A file is kept where Keras keeps its own.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import keras

from nnspec.backend.hdf5_trial import LibraryEnds, survive
from nnspec.backend.keras_internals.downloads import files_from, kept_in, names_from_the_start
from nnspec.backend.keras_internals.messages import keras_message

VARIABLE = "NNSPEC_WEIGHTS"
HASHES = {32: "md5", 64: "sha256"}  # by the length of their text
CHUNK = 1 << 20


class NoWeights(Exception):
    """The weights of a network cannot be had; ``hint`` says what to do.

    Attributes:
        hint: where the file is to be put.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def application(name: str, shape: tuple[int | None, ...], weights: str | None, **arguments: Any) -> Any:
    """A network of `keras.applications`; its layers have the same names however often it is made.

    Args:
        name: of the function, such as `MobileNetV2`.
        shape: of its input: height, width, 3 colours.
        weights: `imagenet`; None: drawn.
        arguments: of the function, such as `alpha`, and `include_top`, which is false by default.

    Raises:
        NoWeights: Keras refuses the shape or an argument, or the file of weights cannot be had.
    """
    build = getattr(keras.applications, name)
    taken: list[tuple[str, str]] = []

    def take(fname: str, origin: str, **more: Any) -> str:
        taken.append((fetched(fname, origin, **more), origin))
        return taken[-1][0]

    try:
        with names_from_the_start(), files_from(take):
            return build(weights=weights, **{"include_top": False, "input_shape": shape, **arguments})
    except (ValueError, TypeError, OSError) as error:
        if taken:
            path, origin = taken[-1]
            message = f"{path} has not the weights of this {name}: {keras_message(error)}"
            raise NoWeights(message, f"the right file is at {origin}") from error
        raise NoWeights(f"Keras refuses {name}: {keras_message(error)}") from error


def fetched(fname: str, origin: str, file_hash: str | None = None, **more: Any) -> str:
    """The path of a file of weights: in the folder of NNSPEC_WEIGHTS, else as ``keras.utils.get_file`` finds it.

    Raises:
        NoWeights: it is nowhere, is another file than Keras means, or is damaged.
    """
    path = _found(fname, origin, file_hash, **more)
    try:
        survive(Path(path))
    except LibraryEnds as error:
        raise NoWeights(f"{path} is damaged: {error}", f"remove it, and it is fetched again from {origin}") from error
    return path


def _found(fname: str, origin: str, file_hash: str | None, **more: Any) -> str:
    place = os.environ.get(VARIABLE, "")
    if place.startswith(("http://", "https://")):
        origin = f"{place.rstrip('/')}/{fname}"
    elif place:
        return _in_folder(Path(place).expanduser(), fname, origin, file_hash)
    hint = f"put {fname} into {kept_in()}, or into a folder that {VARIABLE} names"
    try:
        with redirect_stdout(sys.stderr):  # where Keras shows how far it is
            return str(keras.utils.get_file(fname, origin, file_hash=file_hash, **more))
    except ValueError as error:
        message = f"{origin} gives another file than the one whose hash Keras knows"
        raise NoWeights(message, hint) from error
    except Exception as error:  # Keras raises nothing more special
        raise NoWeights(f"{fname} cannot be fetched: {str(error).strip()}", hint) from error


def _in_folder(folder: Path, fname: str, origin: str, file_hash: str | None) -> str:
    path = folder / fname
    if not path.is_file():
        raise NoWeights(f"there is no {fname} in {folder}, which {VARIABLE} names", f"it is at {origin}")
    if file_hash is not None:
        digest = hashlib.new(HASHES[len(file_hash)], usedforsecurity=False)
        with path.open("rb") as content:
            while chunk := content.read(CHUNK):
                digest.update(chunk)
        if digest.hexdigest() != file_hash:
            raise NoWeights(f"{path} is another file than the one whose hash Keras knows", f"it is at {origin}")
    return str(path)
