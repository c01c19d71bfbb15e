"""`nnspec mcp` by the protocol's own client: what it answers, and what it does not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from nnspec.interactive.assistant import Questions, Refused

SPEC = "nnspec: 1\nname: small\ninputs: {x: [2]}\nlayers:\n  - Dense: $data.classes\ndata:\n  source: {Csv: {path: rows.csv, target: y}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inner = tmp_path / "project"
    inner.mkdir()
    (inner / "rows.csv").write_text("a,b,y\n1,2,yes\n2,3,no\n3,4,yes\n", encoding="utf-8")
    (inner / "small.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "secret.csv").write_text("a,b,y\n1,2,hidden\n", encoding="utf-8")
    (tmp_path / "secret.yaml").write_text("nnspec: 1\npassword: hidden\n", encoding="utf-8")
    return inner


def test_answers(folder: Path) -> None:
    asked = Questions(folder)
    assert asked.check("small.yaml")["params"] == 6
    assert asked.check("small.yaml", {"layers": [{"Dense": {"unitz": 3}}]})["diagnostics"][0]["code"] == "E0203"
    assert [layer["kind"] for layer in asked.show(SPEC.replace("$data.classes", "3"))["layers"]] == ["Dense"]
    assert asked.explain("e0203")["code"] == "E0203"
    assert asked.kind("Conv2D")["kinds"][0]["arguments"][0]["name"] == "filters"
    assert asked.data("small.yaml")["classes"] == ["no", "yes"]
    with pytest.raises(Refused, match="did you mean"):
        asked.kind("Conv2d")


@pytest.mark.parametrize(
    "text", ["../secret.yaml", "extends: ../secret.yaml\nname: a\n", SPEC.replace("rows.csv", "../secret.csv")]
)
def test_no_file_outside_is_answered_about(folder: Path, text: str) -> None:
    (folder / "outside.yaml").write_text(text, encoding="utf-8")
    for given in (text, "outside.yaml") if "\n" in text else (text,):
        with pytest.raises(Refused, match="is outside of") as caught:
            Questions(folder).check(given)
        assert "hidden" not in str(caught.value)
    if "Csv" in text:
        with pytest.raises(Refused, match="is outside of"):
            Questions(folder).data("outside.yaml")


@pytest.mark.long
@pytest.mark.slow
def test_by_the_protocols_own_client(folder: Path) -> None:
    mcp = pytest.importorskip("mcp")
    import anyio

    async def session() -> tuple[Any, ...]:
        command = mcp.StdioServerParameters(
            command=sys.executable, args=["-m", "nnspec", "mcp", "--folder", str(folder)], env=_environment()
        )
        async with mcp.Client(command) as client:
            tools = (await client.list_tools()).tools
            checked = await client.call_tool("check", {"spec": "small.yaml"})
            refused = await client.call_tool("check", {"spec": "../secret.yaml"})
            return tools, checked, refused

    tools, checked, refused = anyio.run(session)
    assert [tool.name for tool in tools] == ["check", "show", "explain", "kind", "data"]
    assert all(tool.annotations.read_only_hint and tool.description for tool in tools)
    assert json.loads(checked.content[0].text)["ok"] is True
    assert refused.is_error and "is outside of" in refused.content[0].text


def _environment() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "HOME")}
