"""What notebooks show of values: everything is escaped, nothing is loaded, and it is short."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.console.progress import Plan
from nnspec.report.notebook.curves import panels
from nnspec.report.notebook.live import NotebookReporter, session_reporter
from nnspec.report.notebook.markup import card, element, grid, picture

HOSTILE = "<img src=x onerror=alert(1)>\"'&</style><script>alert(2)</script>\u202e\x1b[31m"
ALLOWED = {"a", "b", "code", "details", "div", "figcaption", "figure", "h4", "h5", "iframe", "img", "p", "pre", "span"}
ALLOWED |= {
    "style",
    "sub",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "svg",
    "text",
    "line",
    "polyline",
    "circle",
}


class Elements(HTMLParser):
    """Every element and attribute of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def assert_harmless(html: str | None) -> None:
    assert html is not None and "\u202e" not in html and "\x1b" not in html
    for tag, attributes in Elements(html).found:
        assert tag in ALLOWED, tag
        for name, value in attributes.items():
            assert not name.startswith("on") and name not in ("href", "action"), name
            assert name != "src" or (value or "").startswith("data:image/")


def spec_of(name: str) -> dict[str, object]:
    layers = [{"Dense": 8, "name": "hidden"}, {"Dense": 3}]
    return {"nnspec": 1, "name": name, "description": name, "inputs": {"x": [4]}, "layers": layers}


def test_texts_are_never_markup() -> None:
    assert_harmless(
        card(element("p", HOSTILE, title=HOSTILE), grid((HOSTILE,), [(HOSTILE,)]), picture(HOSTILE, HOSTILE))
    )
    assert_harmless(card(panels([1, 2], {HOSTILE: [1.0, 2.0]})))


@pytest.mark.parametrize("name", [HOSTILE, "ok"])
@pytest.mark.slow
def test_a_spec_and_its_check_are_cards(name: str) -> None:
    spec = nnspec.load(spec_of(name))
    for value in (spec, spec.check(), nnspec.show(spec), nnspec.draw(spec)):
        assert_harmless(value._repr_html_())
    broken = spec.set(train__optimizer=name, layers=[{name: 3}])
    assert "nns-error" in broken._repr_html_()
    assert_harmless(broken._repr_html_())


def test_a_checked_spec_is_a_card_with_its_layers() -> None:
    found = nnspec.load(spec_of("small")).spec._repr_html_()
    assert found is not None and "67" in found and "diagram of 2 layers" in found


def test_a_drawing_is_a_page_in_a_sandbox_where_it_cannot_be_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnspec.report.pages import diagram

    def missing(script: str) -> str:
        raise diagram.DrawingError("mini-racer")

    monkeypatch.setattr(diagram, "_evaluated", missing)
    html = nnspec.load(spec_of(HOSTILE))._repr_html_()
    frames = [attributes for tag, attributes in Elements(html).found if tag == "iframe"]
    assert [frame["sandbox"] for frame in frames] == ["allow-scripts"]
    assert_harmless(html)


def test_data_show_their_examples(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (20, 8, 8, 1), dtype=np.uint8)
    np.savez(tmp_path / "data.npz", x=images, y=np.arange(20, dtype=np.int32) % 2)
    spec = nnspec.load(
        {
            **spec_of("images"),
            "inputs": {"x": [8, 8, 1]},
            "data": {"source": {"Arrays": {"path": str(tmp_path / "data.npz")}}},
        }
    )
    shown = nnspec.data(spec)
    html = shown._repr_html_()
    assert html.count("data:image/png") == 8 and "20" in repr(shown)
    assert repr(shown.found) == "Dataset(classification, train=20)"
    assert_harmless(html)


def test_a_training_is_one_display_that_is_drawn_in_place() -> None:
    shown: list[str] = []

    class Handle:
        def update(self, value: object) -> None:
            shown.append(value._repr_html_())  # type: ignore[attr-defined]

    def display(value: object) -> Handle:
        Handle().update(value)
        return Handle()

    reporter = NotebookReporter(display)
    reporter.say(HOSTILE)
    reporter.begin(Plan("runs/tiny/1", 3, 10))
    for epoch in range(3):
        reporter._drawn = 0.0
        reporter.step(5, {"loss": np.float32(0.5)})
        reporter.epoch(epoch, {"loss": 0.5 / (epoch + 1), "val_loss": 0.6, "per_class": [1.0]}, 1.5)
    reporter.end()
    assert "epoch 3 of 3: 5 of 10" in shown[-3] and "loss 0.5000" in shown[-3]
    assert "3 of 3 epochs, 4.5 s" in shown[-1] and shown[-1].count("<polyline") == 2
    for html in shown:
        assert_harmless(html)


def test_a_display_that_is_gone_ends_no_training() -> None:
    def gone(value: object) -> None:
        raise RuntimeError("no front end")

    NotebookReporter(gone).say("a remark")


def test_a_script_whose_output_nobody_watches_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(session_reporter()).__name__ == "Reporter"
    assert type(session_reporter(True)).__name__ == "LineReporter"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert type(session_reporter()).__name__ == "BarReporter"
    assert type(session_reporter(False)).__name__ == "Reporter"
