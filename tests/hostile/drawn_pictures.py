"""Labels drawn below pictures, as `predict --draw` does, for the cases of `cases_places.py`."""

from __future__ import annotations

import json
from pathlib import Path


def drawn(told: Path, folder: Path) -> str:
    """Draws what a file tells: pairs of a picture's path and the lines below it."""
    from nnspec.data.errors import DataError
    from nnspec.report.labelled_pictures import draw

    answers = [({"input": name}, lines) for name, lines in json.loads(told.read_text())]
    try:
        return ascii(draw(answers, folder))
    except (DataError, OSError) as error:
        return f"refused: {error!a}"
