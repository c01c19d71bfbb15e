"""The one exception of a model that cannot become a spec."""

from __future__ import annotations

from nnspec.data.errors import DataError


class ImportFailed(DataError):
    """A file that holds no readable model, or a model with a part that a spec cannot say. Exit code 4."""

    code = None
