"""The tutorial notebook runs from its first cell to its last, and shows what it says."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.tf, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The code cells with their outputs. The runs are made in a folder of the test's."""
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("sklearn")
    root = tmp_path_factory.mktemp("tutorial")
    (root / "examples").mkdir()
    shutil.copy(ROOT / "examples/tutorial.ipynb", root / "examples")
    (root / "specs").symlink_to(ROOT / "specs")
    (root / "examples/data").symlink_to(ROOT / "examples/data")
    notebook = nbformat.read(root / "examples/tutorial.ipynb", 4)
    nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(root / "examples")}}
    ).execute()
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cells: list[Any], begin: str, kind: str = "text/html") -> str:
    """What the cell that begins so shows, all outputs together."""
    same = [cell for cell in cells if cell.source == begin]
    cell = next(cell for cell in (*same, *cells) if cell.source.startswith(begin))
    return "\n".join(output.get("data", {}).get(kind, "") for output in cell.outputs)


@pytest.mark.long
def test_nothing_is_logged(cells: list[Any]) -> None:
    assert [output.text for cell in cells for output in cell.outputs if output.output_type == "stream"] == []


def test_each_value_is_a_card(cells: list[Any]) -> None:
    assert "61,706" in shown(cells, "spec =") and "diagram of 9 layers" in shown(cells, "spec =")
    assert shown(cells, "nnspec.data").count("data:image/png") == 8
    assert "did you mean `units`?" in shown(cells, "%%nnspec wrong")
    assert "Dropout" in shown(cells, "careful")
    assert "2 of 2 epochs" in shown(cells, "result = ") and "<polyline" in shown(cells, "result = ")
    assert "accuracy on test" in shown(cells, "result")
    assert shown(cells, "from pathlib").count("data:image/png") >= 5
    assert "Grad-CAM" in shown(cells, "nnspec.inspect")
    assert "lenet.tflite" in shown(cells, "nnspec.export")
    assert float(shown(cells, "from sklearn", "text/plain").strip("np.float64()")) > 0.8
