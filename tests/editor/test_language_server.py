"""The schema as editors use it: completion, hover and diagnostics by a real YAML language server.

It is looked for where NNSPEC_LANGUAGE_SERVER says, a folder that `npm install --prefix` filled, and on the PATH.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from language_server import LanguageServer

from nnspec.catalog.kinds import catalog, schema_path


def command() -> list[str] | None:
    folder = os.environ.get("NNSPEC_LANGUAGE_SERVER", "")
    local = Path(folder, "node_modules", ".bin", "yaml-language-server")
    found = str(local) if folder and local.exists() else shutil.which("yaml-language-server")
    return [found, "--stdio"] if found and shutil.which("node") else None


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    line = command()
    if line is None:
        pytest.skip("needs node and yaml-language-server: npm install --prefix FOLDER, NNSPEC_LANGUAGE_SERVER=FOLDER")
    yaml = {
        "schemas": {schema_path().as_uri(): "*.yaml"},
        "schemaStore": {"enable": False},
        "hover": True,
        "completion": True,
        "validate": True,
    }
    with LanguageServer(line, {"yaml": yaml}) as running:
        yield running


def at(server: LanguageServer, tmp_path: Path, text: str) -> tuple[str, int, int]:
    """Opens ``text`` and says where the `|` in it stood."""
    before, _, after = text.partition("|")
    uri = server.open(tmp_path / "spec.yaml", before + after)
    server.diagnostics(uri)  # then the schema is loaded
    return uri, before.count("\n"), len(before) - before.rfind("\n") - 1


HEAD = "nnspec: 1\ninputs: {image: [28, 28, 1]}\nlayers:\n"


def test_kinds_are_completed(server: LanguageServer, tmp_path: Path) -> None:
    found = server.completion(*at(server, tmp_path, HEAD + "  - Flatten\n  - |\n"))
    assert set(catalog().kinds("layer")) <= found.keys()
    assert {"repeat", "parallel", "name", "from", "call"} <= found.keys()
    assert "Slides learned kernels" in str(found["Conv2D"]["documentation"])


@pytest.mark.parametrize("text", ["  - Conv2D: {filters: 8, pad|}\n", "  - Conv2D:\n      filters: 8\n      |\n"])
def test_arguments_are_completed(server: LanguageServer, tmp_path: Path, text: str) -> None:
    found = server.completion(*at(server, tmp_path, HEAD + text))
    arguments = {argument.name for argument in catalog().arguments("layer", "Conv2D")}
    assert arguments - {"filters"} <= found.keys() and "filters" not in found
    assert "pool_size" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  - Conv2D:\n      padding: |\n", {"valid", "same"}),
        ("  - Conv1D:\n      padding: |\n", {"valid", "same", "causal"}),
        ("  - Dense:\n      activation: |\n", {"relu", "softmax", "tanh"}),
        ("  - Dense:\n      kernel_initializer: |\n", {"he_normal", "HeNormal", "zeros"}),
        ("  - Flatten\ntrain:\n  optimizer: |\n", {"Adam", "SGD"}),
        ("  - Flatten\ntrain:\n  precision: |\n", {"mixed_bfloat16", "float32"}),
        ("  - Flatten\ntrain:\n  |\n", {"epochs", "loss", "metrics"}),
        ("  - Flatten\nda|\n", {"data"}),
    ],
)
def test_values_are_completed(server: LanguageServer, tmp_path: Path, text: str, expected: set[str]) -> None:
    assert expected <= server.completion(*at(server, tmp_path, HEAD + text)).keys()


def test_hovering_tells_of_a_kind(server: LanguageServer, tmp_path: Path) -> None:
    found = server.hover(*at(server, tmp_path, HEAD + "  - Con|v2D: {filters: 8, kernel_size: 3}\n"))
    assert "Slides learned kernels" in found and "Conv2D(filters, kernel" in found.replace("\\", "")


def test_hovering_tells_of_an_argument(server: LanguageServer, tmp_path: Path) -> None:
    found = server.hover(*at(server, tmp_path, HEAD + "  - Conv2D: {filters: 8, kernel_size: 3, pad|ding: same}\n"))
    assert "zeros, so that stride 1 keeps the size" in found


def test_a_typo_is_underlined(server: LanguageServer, tmp_path: Path) -> None:
    text = HEAD + "  - Conv2D: {filtres: 8, kernel_size: 3}\n  - Conv2D: {filters: 8, kernel_size: 3, padding: sane}\n"
    found = server.diagnostics(server.open(tmp_path / "typo.yaml", text))
    places = {
        (
            item["range"]["start"]["line"],
            text.splitlines()[item["range"]["start"]["line"]][
                item["range"]["start"]["character"] : item["range"]["end"]["character"]
            ],
        )
        for item in found
    }
    assert (3, "filtres") in places and (4, "sane") in places


@pytest.mark.long
def test_what_is_right_is_left_alone(server: LanguageServer, tmp_path: Path) -> None:
    for path in sorted((Path(__file__).parent.parent.parent / "specs").glob("*.yaml")):
        uri = server.open(tmp_path / path.name, path.read_text(encoding="utf-8").replace("# yaml-language-server", "#"))
        assert server.diagnostics(uri) == [], path.name
