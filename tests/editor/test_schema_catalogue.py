"""The entry for the public catalogue of schemas: what the catalogue asks of one, and that the schema is where it says."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_entry() -> None:
    entry = json.loads((ROOT / "editors/schemastore/catalog-entry.json").read_text(encoding="utf-8"))
    assert set(entry) == {"name", "description", "fileMatch", "url"}
    assert "schema" not in entry["description"].lower()  # the catalogue's rule
    place = entry["url"].split("/nnspec/main/")[1]
    schema = json.loads((ROOT / place).read_text(encoding="utf-8"))
    assert schema["$schema"].startswith("https://json-schema.org/")
    matches = [pattern for pattern in entry["fileMatch"] if fnmatch("digits.nnspec.yaml", pattern)]
    assert len(matches) == 1 and not any(fnmatch("docker-compose.yaml", one) for one in entry["fileMatch"])
