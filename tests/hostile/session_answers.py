"""What an assistant's program and a notebook get to see of strangers' files, for the cases of `cases_sessions.py`."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

LIMIT = 4_000_000  # characters of an answer
LOADS = {"script", "link", "object", "embed", "base", "meta", "form"}


def asked(folder: Path, questions: Path) -> str:
    """What `nnspec mcp` answers: a file lists the questions, each a name and its arguments."""
    from nnspec.data.errors import DataError
    from nnspec.frontend.diagnostics import SpecError
    from nnspec.interactive.assistant import Questions, Refused

    here, said = Questions(folder), []
    for name, *arguments in json.loads(questions.read_text()):
        question: Callable[..., Any] = getattr(here, name)
        try:
            answer = json.dumps(question(*arguments))
        except (Refused, SpecError, DataError) as error:
            answer = f"refused: {error}"
        assert len(answer) < LIMIT, f"{name} answers {len(answer):,} characters"
        said.append(answer)
    return ascii(said)


def card(spec: Path) -> str:
    """Whether what a notebook shows of a spec holds no markup of the spec's."""
    from nnspec.spec_file import SpecFile

    return shown(SpecFile(spec)._repr_html_())


def cards(spec: Path) -> str:
    """As `card`, of the data and of the table of layers, too."""
    import nnspec
    from nnspec.data.errors import DataError
    from nnspec.frontend.diagnostics import SpecError

    said = [card(spec)]
    for look in (nnspec.show, nnspec.data):
        try:
            said.append(shown(look(str(spec))._repr_html_()))
        except (SpecError, DataError) as error:
            said.append(f"refused: {error}")
    return ascii(said)


def shown(html: str) -> str:
    """The texts of a card. Raises AssertionError on what acts, or loads."""
    page = _Page()
    page.feed(html)
    assert len(html) < LIMIT, f"{len(html):,} characters of HTML"
    return ascii(page.texts)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in LOADS, f"<{tag}>"
        for name, value in attrs:
            assert not name.startswith("on"), f"<{tag} {name}={value!r:.100}>"
            if name in ("src", "href", "xlink:href", "action", "data"):
                assert (value or "").startswith(("data:image/", "#")), f"<{tag} {name}={value!r:.100}>"

    def handle_data(self, data: str) -> None:
        assert "\x1b" not in data and "\u202e" not in data, repr(data[:200])
        self.texts.append(data)


def cell(line: Path, text: Path) -> str:
    """What the magic of a notebook does with a line and a cell: the names that it sets, and the mistakes it tells."""
    from types import SimpleNamespace

    from IPython.core.error import UsageError

    from nnspec.frontend.diagnostics import SpecError
    from nnspec.interactive.magic import cell as magic

    session = SimpleNamespace(user_ns={})
    told = json.loads(line.read_text())
    try:
        magic(session, told, text.read_text(encoding="utf-8", errors="replace"))
        said = ""
    except (UsageError, SpecError, ValueError) as error:
        said = str(error)
    return ascii({"names": sorted(session.user_ns), "said": said})
