"""The file of a SavedModel as it is, without running what is in it."""

from __future__ import annotations

from typing import Any


def parsed_program(content: bytes) -> Any:
    """The protocol buffer `SavedModel` of a `saved_model.pb`. Raises ValueError where it is none."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    program = SavedModel()
    try:
        program.ParseFromString(content)
    except DecodeError as error:
        raise ValueError(str(error)) from error
    return program
