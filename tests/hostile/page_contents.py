"""What of a page or a drawing would act or load, for the cases of `cases_generated.py`."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

POLICY = "default-src 'none'"
ADDRESSES = ("href", "src", "{http://www.w3.org/1999/xlink}href", "action", "data")


def checked(page: Path) -> str:
    """A page whose policy forbids all that it does not name, and which has no handler, and loads nothing."""
    text = page.read_text(encoding="utf-8")
    assert "\x1b" not in text and "\u202e" not in text
    found = _Page()
    found.feed(text)
    assert any(POLICY in policy for policy in found.policies), "a page without a policy"
    return "a page"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.policies: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if values.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(values["content"])
        assert tag not in ("object", "embed", "base", "form", "iframe", "link"), f"<{tag}>"
        for name, value in values.items():
            assert not name.startswith("on"), f"<{tag} {name}={value!r:.100}>"
            if name in ("src", "href", "action", "data"):
                assert value.startswith(("data:", "#")), f"<{tag} {name}={value!r:.100}>"


def drawing(path: Path) -> str:
    """An SVG that is XML, has no script and no handler, and loads nothing."""
    text = path.read_text(encoding="utf-8")
    assert "\x1b" not in text and "\u202e" not in text and "<!ENTITY" not in text
    for element in ElementTree.fromstring(text).iter():
        tag = str(element.tag).rpartition("}")[2]
        assert tag not in ("script", "foreignObject", "image", "iframe", "handler"), tag
        for name, value in element.attrib.items():
            assert not name.rpartition("}")[2].startswith("on"), name
            assert name not in ADDRESSES or value.startswith("#"), f"{name}={value!r:.100}"
            assert not re.search(r"url\((?!['\"]?#)|@import|javascript:", value), value[:100]
        assert tag != "style" or not re.search(r"url\(|@import", element.text or ""), "a style that loads"
    return "a drawing"
