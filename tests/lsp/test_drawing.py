"""The diagram beside the text: the boxes of each line, and nothing while there is a fault."""

from __future__ import annotations

from pathlib import Path

from session import Session

from nnspec.report.pages.diagram import page

TEXT = "nnspec: 1\nname: net\ninputs: {x: [8, 8, 1]}\nlayers:\n  - repeat: 2\n    layers:\n      - Conv2D: {filters: 4, kernel_size: 3}\n  - Flatten\n"


def drawn(session: Session, uri: str, whole: bool) -> dict[str, object] | None:
    session.number += 1
    session.server.handle(
        {"id": session.number, "method": "nnspec/diagram", "params": {"textDocument": {"uri": uri}, "page": whole}}
    )
    answer = next(one for one in session._received() if one.get("id") == session.number)
    return answer["result"]  # type: ignore[no-any-return]


def test_each_box_has_its_line(tmp_path: Path) -> None:
    session = Session(tmp_path)
    uri = session.open("net.yaml", TEXT)
    found = drawn(session, uri, False)
    assert found is not None and found["name"] == "net" and "page" not in found
    lines = {one["id"]: one["line"] for one in found["places"]}  # type: ignore[attr-defined]
    assert set(lines.values()) == {2, 6, 7}
    whole = drawn(session, uri, True)
    assert whole is not None and "Content-Security-Policy" in str(whole["page"]) and "contents" not in whole


def test_a_layer_of_another_file_is_where_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "blocks.yaml").write_text("nnspec: 1\nblocks:\n  pair:\n    layers: [Flatten, Dense: 3]\n", "utf-8")
    session = Session(tmp_path)
    text = "nnspec: 1\nuse: blocks.yaml\ninputs: {x: [8]}\nlayers:\n  - pair\n  - repeat: 2\n    layers: [pair]\n"
    found = drawn(session, session.open("net.yaml", text), False)
    assert found is not None
    assert [one["line"] for one in found["places"] if "layer:" in one["id"]] == [4, 4, 6, 6, 6, 6]  # type: ignore[attr-defined]


def test_a_fault_leaves_what_was_drawn(tmp_path: Path) -> None:
    session = Session(tmp_path)
    uri = session.open("net.yaml", TEXT)
    session.change(uri, TEXT.replace("Flatten", "Flaten"))
    assert drawn(session, uri, False) is None


def test_only_an_editors_page_listens(tmp_path: Path) -> None:
    from nnspec.frontend.diagnostics import Source
    from nnspec.frontend.pipeline import load

    spec = load(Source.from_text(TEXT))
    assert 'addEventListener("message"' in page(spec, follows=True)
    assert 'addEventListener("message"' not in page(spec)
