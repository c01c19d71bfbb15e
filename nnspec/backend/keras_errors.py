"""Errors of Keras and TensorFlow as diagnostics."""

from __future__ import annotations

from nnspec.backend.keras_internals.messages import keras_message
from nnspec.frontend.diagnostics import Diagnostic, Note, Span, SpecError


def refused(
    code: str, message: str, span: Span | None, error: BaseException, notes: tuple[Note, ...] = ()
) -> SpecError:
    """A ``SpecError`` for what Keras refuses, with its words."""
    return SpecError([Diagnostic(code, f"{message}: {keras_message(error)}", span, notes=notes)])
