"""`nnspec predict`."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.options import RUN, one_spec
from nnspec.cli.output import Answer

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.frontend.spec import Spec

TEXT_SOURCES = ("Conll", "Text")


@click.command("predict")
@one_spec
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@RUN
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the predictions to a file instead, as one JSON object a line.",
)
def command(spec: SpecFile, inputs: tuple[str, ...], run: Path | None, output: Path | None) -> Answer:
    """Apply a trained network to files, rows or text.

    What an input is depends on the spec's data source: the path of an image, of a CSV file or an array, or a text,
    quoted. In place of a text, the path of a file stands for its lines. `-` reads standard input: paths or texts by
    line, or rows of CSV with their header.

    \b
    Examples:
      nnspec predict specs/lenet.yaml photo1.png photo2.png
      nnspec predict specs/bilstm_ner.yaml "Ada Lovelace lived in London ."
      cat rows.csv | nnspec predict specs/table.yaml - --json
    """
    from nnspec.api import predict
    from nnspec.cli.start import start_trained

    start_trained(spec.spec, "predict", "data", run=run)
    predictions = predict(spec, read_inputs(spec.spec, inputs), run=run)
    data = {"ok": True, "predictions": predictions}
    if output is None:
        return Answer(data, "\n".join(_line(prediction) for prediction in predictions))
    from nnspec.training.run_folder import write_text

    write_text(output, "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in predictions))
    return Answer(data, f"wrote {output}: {len(predictions):,} predictions")


def read_inputs(spec: Spec, inputs: Sequence[str]) -> list[Any]:
    """The examples that the arguments name, as the spec's data source takes them."""
    assert spec.data is not None
    source = spec.data["source"]
    found: list[Any] = []
    for text in inputs:
        if text == "-" and source.kind == "Csv":
            rows = list(csv.DictReader(sys.stdin, delimiter=source.args.get("separator", ",")))
            found += [rows] if source.args.get("window") else rows
        elif text == "-":
            found += _lines(sys.stdin)
        elif source.kind in TEXT_SOURCES and _is_file(text):
            found += _lines(Path(text).read_text(encoding=source.args.get("encoding", "utf-8")).splitlines())
        else:
            found.append(text)
    return found


def _lines(lines: Iterable[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a text can be too long for a path
        return False


def _line(prediction: Mapping[str, Any]) -> str:
    """One prediction in one line; with several outputs, each by its name."""
    given = prediction["input"]
    shown = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    outputs = {name: value for name, value in prediction.items() if isinstance(value, dict) and name != "probabilities"}
    outputs.pop("input", None)
    if outputs:
        answer = ", ".join(f"{name}: {_answer(value)}" for name, value in outputs.items())
    else:
        answer = _answer(prediction)
    return answer if "tags" in prediction else f"{shown}\t{answer}"


def _answer(prediction: Mapping[str, Any]) -> str:
    if "label" in prediction:
        return f"{prediction['label']} ({prediction['probability']:.3f})"
    if "tags" in prediction:
        return " ".join(f"{token}/{tag}" for token, tag in zip(prediction["tokens"], prediction["tags"], strict=False))
    return json.dumps(prediction["values"])
