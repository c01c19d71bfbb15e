"""docs/gallery.md: every spec in specs/ with its diagram, its layers, its numbers and its source.

The diagrams are files beside the page, in docs/gallery/, light and dark by the reader's system.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nnspec.console.formatting import count, scaled
from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec
from nnspec.report.pages.diagram import svg
from nnspec.report.text.layers import layer_table

SPECS = Path(__file__).parents[2] / "specs"
RECURRENT = {"SimpleRNN", "LSTM", "GRU", "Bidirectional", "ConvLSTM2D", "JordanRNN", "RNN"}


def gallery(folder: Path) -> str:
    """The page; the diagrams are written into `folder`."""
    folder.mkdir(exist_ok=True)
    specs = {path: load(path) for path in sorted(SPECS.glob("*.yaml"))}
    groups = (
        ("Convolutional networks", [path for path in specs if not is_recurrent(specs[path])]),
        ("Recurrent networks", [path for path in specs if is_recurrent(specs[path])]),
    )
    parts = [
        "# Gallery\n\nThe networks in `specs/`. Each is one file that checks, builds and trains as it stands; "
        "`nnspec draw SPEC` makes these diagrams, `nnspec show SPEC` these tables."
    ]
    for title, paths in groups:
        parts.append(f"## {title}")
        parts += [part for path in paths for part in _entry(path, specs[path], folder)]
    return "\n\n".join(parts) + "\n"


def _entry(path: Path, spec: Spec, folder: Path) -> Iterator[str]:
    picture = folder / f"{path.stem}.svg"
    picture.write_text(svg(spec), encoding="utf-8")
    yield f"### {path.stem}"
    yield spec.description
    size = f"{count(spec.param_count)} parameters · {scaled(spec.macs)} multiply-adds"
    yield f"[specs/{path.name}](../specs/{path.name}), {lines_of_yaml(path)} lines · {size}"
    yield f"![The layers of {path.stem}]({folder.name}/{picture.name})"
    yield f"<details><summary>Layers</summary>\n\n```text\n{layer_table(spec, 110)}\n```\n\n</details>"


def is_recurrent(spec: Spec) -> bool:
    return any(layer.kind in RECURRENT for layer in spec.graph.layers)


def lines_of_yaml(path: Path) -> int:
    """Lines that say something: comments and blank ones do not count, nor do files that it builds on."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return sum(1 for line in lines if line and not line.startswith("#"))
