"""`nnspec predict`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnspec.cli.options import trained_spec
from nnspec.cli.output import Answer, is_terminal, say, width
from nnspec.console.formatting import plural, visible
from nnspec.data.files import is_file
from nnspec.frontend.foreign_syntax import is_number
from nnspec.report.text import tagged

if TYPE_CHECKING:
    from nnspec.api import SpecFile
    from nnspec.data.protocol import Source
    from nnspec.frontend.spec import Spec

BY_CLASS = ("probabilities", "shares")  # the mappings of an answer that are no answer of an output
REMARKS = 5  # that are told
MOST_NAMED = 3  # of files that are left out
FILES = (".npy", ".npz", ".png", ".jpg", ".jpeg", ".csv")


@click.command("predict")
@trained_spec
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--conll", is_flag=True, help="Inputs are files of tokens in columns, as a tagger's data; tags may lack.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "table", "csv", "conll", "jsonl"]),
    help="How predictions are written: a line of text each (coloured in a terminal), a table, CSV, a tagger's as CoNLL "
    "columns, or a JSON object a line. By default text; in a file what its ending says, csv or jsonl.",
)
@click.option("--top", type=click.IntRange(1), default=1, metavar="K", help="Give the K likeliest labels.")
@click.option(
    "--draw",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write each picture with its labels below it into a folder.",
)
@click.option("--tokens", type=click.IntRange(1), metavar="N", help="Of a language model: how many tokens more (100).")
@click.option(
    "--temperature",
    type=click.FloatRange(0, 100),
    metavar="T",
    help="Of a language model: 1 draws as it says, less keeps to the likely, 0 takes the likeliest.",
)
@click.option("--seed", type=click.IntRange(0), metavar="SEED", help="Of a language model: the draws (0).")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Write the predictions to a file instead."
)
def command(
    spec: SpecFile,
    inputs: tuple[str, ...],
    run: Path | None,
    conll: bool,
    form: str | None,
    top: int,
    draw: Path | None,
    tokens: int | None,
    temperature: float | None,
    seed: int | None,
    output: Path | None,
) -> Answer:
    """Apply a trained network to files, rows or text.

    What an input is depends on the spec's data source: the path of an image, a folder or a pattern of them, of a
    CSV file or an array, or a text, quoted. Several features are given by name: a JSON object, a CSV file, or an
    .npz file of arrays. In place of a text, the path of a file stands for its lines, or for the texts of its rows if
    it is written as the data of the training. `-` reads standard input:
    paths or texts by line, or rows of CSV with their header. How a text is cut into words is said in the spec:
    `tokenization` of Conll and Text. With --json a tagger's answer has offsets in characters, and entities. In
    place of a spec stands the folder of a run, or the file of a Keras model; without a data section inputs are
    arrays in .npy and .npz files, as the network takes them. Where the source says `on_error: skip`, a file that cannot
    be read is told of, and the others are answered (exit code 4).

    \b
    Examples:
      nnspec predict specs/lenet.yaml photo1.png photo2.png
      nnspec predict specs/lenet.yaml photos --top 3 --format csv -o found.csv
      nnspec predict specs/lenet.yaml "photos/*.png" --draw labelled
      nnspec predict specs/bilstm_ner.yaml "Ada Lovelace lived in London ."
      nnspec predict specs/bilstm_ner.yaml --conll new.conll --format conll
      nnspec predict story.yaml "It was a dark" --tokens 200 --temperature 0.7
      nnspec predict model.h5 examples.npy
      cat rows.csv | nnspec predict prices.yaml - --json
    """
    from nnspec.api import predict
    from nnspec.cli.tensorflow_startup import start_trained

    given = read_sentences(spec.spec, inputs) if conll else read_inputs(spec.spec, inputs)
    start_trained(spec.spec, "predict", run=run)
    told = {"tokens": tokens, "temperature": temperature, "seed": seed}
    sampling = {name: value for name, value in told.items() if value is not None} or None
    predictions = predict(spec, given, run=run, sampling=sampling)
    data: dict[str, Any] = {"ok": not predictions.refused, "predictions": predictions}
    code = 4 if predictions.refused else 0
    if predictions.refused:
        data["refused"] = [{"input": str(given), "message": str(error)} for given, error in predictions.refused]
        for _, error in predictions.refused:
            click.echo(f"error: {visible(str(error))}", err=True)
    if predictions.remarks:
        data["remarks"] = list(predictions.remarks)
        say_remarks(predictions.remarks)
    if draw is not None:
        data["drawn"] = drawn(predictions, top, draw)
    drew = f"\n\ndrew {len(data['drawn']):,} pictures into {draw}" if draw is not None else ""
    by_ending = "csv" if output is not None and output.suffix == ".csv" else "jsonl"
    text = written(
        predictions, form or ("text" if output is None else by_ending), top, shown=output is None and is_terminal()
    )
    if output is None:
        return Answer(data, text.rstrip("\n") + drew, code)
    from nnspec.console.atomic_files import write_text

    write_text(output, click.unstyle(text))
    return Answer(data, f"wrote {output}: {len(predictions):,} predictions{drew}", code)


def say_remarks(remarks: Sequence[str]) -> None:
    """What of the inputs was not looked at, on standard error: the answers alone stand in what is piped."""
    for text in remarks[:REMARKS]:
        click.echo(f"note: {visible(text)}", err=True)
    if len(remarks) > REMARKS:
        click.echo(f"note: and so for {len(remarks) - REMARKS:,} more", err=True)


def read_sentences(spec: Spec, inputs: Sequence[str]) -> list[list[str]]:
    """The tokens of each sentence of files in columns."""
    from nnspec.data.dataset import make_source

    source = make_source(spec.required_data.source)
    found: list[list[str]] = []
    for name in inputs:
        lines = sys.stdin if name == "-" else source.lines_of(Path(name))
        sentences = source.untagged(lines, "standard input" if name == "-" else name)
        if sentences is None:
            kind = type(source).__name__
            raise click.UsageError(f"--conll is for taggers, whose data source is Conll, not {kind}")
        found += sentences
    return found


def read_inputs(spec: Spec, inputs: Sequence[str]) -> list[Any]:
    """The examples that the arguments name, as the spec's data source takes them.

    Raises:
        DataError: there is no such file.
    """
    from nnspec.data.dataset import make_source
    from nnspec.data.errors import DataError

    if spec.data is None:  # arrays, as the network takes them
        absent = next((text for text in inputs if not is_file(text)), None)
        if absent is not None:
            what = "it is a folder" if Path(absent).is_dir() else "no such file"
            message = f"{what}, and without a data section inputs are arrays in files"
            hint = "give .npy or .npz; or, by --data, a spec whose data section says how inputs are read"
            raise DataError(message, file=absent, hint=hint)
        return list(inputs)
    source = make_source(spec.required_data.source)
    found: list[Any] = []
    for text in (one for given in inputs for one in expanded(source, given)):
        if text == "-":
            found += source.examples_in(sys.stdin)
        elif source.written_as != "text" and text.lstrip().startswith("{"):
            found.append(by_name(text))
        elif source.takes_texts:
            found += source.examples_of(Path(text)) if is_file(text) else [text]
        elif (source.written_as == "path" or text.lower().endswith(FILES)) and not _exists(spec, text):
            raise DataError("no such file or folder", file=text, hint=_as_row(text))
        else:
            found.append(text)
    return found


def expanded(source: Source, text: str) -> list[str]:
    """The files that a folder or a pattern stands for, in the order of their names; anything else is itself.

    Raises:
        DataError: there is none.
    """
    from glob import has_magic

    from nnspec.data.errors import DataError

    endings = source.example_suffixes
    if not endings or text == "-" or text.lstrip().startswith("{"):  # an example as JSON, whose brackets match nothing
        return [text]
    try:
        path = Path(text)
        if path.is_dir():
            below = sorted(str(one) for one in path.rglob("*") if not one.name.startswith(".") and one.is_file())
            if found := [one for one in below if one.lower().endswith(tuple(endings))]:
                if others := [one for one in below if one not in set(found)]:
                    shown = ", ".join(others[:MOST_NAMED]) + ", ..." * (len(others) > MOST_NAMED)
                    ends = ", ".join(sorted(endings))
                    say(f"left out: {plural(len(others), 'file')} with another ending than {ends}: {shown}", err=True)
                return found
            raise DataError(f"no file in it ends in {', '.join(sorted(endings))}", file=text)
        if has_magic(text) and not path.exists():
            # Not by the module `glob`, whose `**` follows links: two that lead back are folders without end.
            matched = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
            if found := sorted(str(one) for one in matched if not one.name.startswith(".") and one.is_file()):
                return found
            raise DataError("no file matches this pattern", file=text)
    except (OSError, ValueError):
        return [text]  # which is refused by who reads it
    return [text]


def drawn(predictions: Sequence[Mapping[str, Any]], top: int, folder: Path) -> list[str]:
    """Writes the pictures with their labels. Returns their paths."""
    from nnspec.report.labelled_pictures import draw
    from nnspec.report.text.prediction_rows import top_labels

    if not all("label" in one for one in predictions):
        raise click.UsageError("--draw is for images that get one label each")
    lines = [[f"{label}  {chance:.1%}" for label, chance in top_labels(one, top)] for one in predictions]
    return [str(path) for path in draw(list(zip(predictions, lines, strict=True)), folder)]


def by_name(text: str) -> Mapping[str, Any]:
    """An example with several features, as a JSON object."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"an input that begins with {{ is a JSON object, and this is none: {error}") from error
    assert isinstance(found, dict)
    return found


def _exists(spec: Spec, text: str) -> bool:
    """Whether there is such a file: from the current folder or, as tables are taken, from that of the spec."""
    try:
        return Path(text).exists() or (spec.path.parent / text).exists()
    except (OSError, ValueError):
        return False


def written(predictions: Sequence[Mapping[str, Any]], form: str, top: int = 1, *, shown: bool = False) -> str:
    """The predictions as text, in one of the forms that the command offers; of labels the `top` likeliest.

    Args:
        shown: whether it is for a person in a terminal, not for a file or a program.
    """
    if form in ("table", "csv"):
        from nnspec.report.text.prediction_rows import as_csv, as_table, rows_of

        rows = rows_of(predictions, top)
        return as_csv(rows) if form == "csv" else as_table(rows, width()) + "\n"
    if form == "jsonl":
        return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in predictions)
    types = tagged.types_of(predictions)
    if form == "text":
        lines = [_line(prediction, types, top) for prediction in predictions]
        return "".join(f"{line}\n" for line in (aligned(lines) if shown else map("\t".join, lines)))
    if not all("tags" in prediction for prediction in predictions):
        raise click.UsageError("--format conll is for taggers with one output")
    return tagged.conll(predictions)


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """What programs get apart by tabs as a person reads it: answers in one column, two spaces behind what was given."""
    from nnspec.console.tables import display_width

    sizes = [display_width(line[0]) for line in lines if len(line) > 1]
    size = max(sizes, default=0) if max(sizes, default=0) <= width() // 2 else 0
    return ["  ".join([line[0] + " " * (size - display_width(line[0])), *line[1:]]).rstrip() for line in lines]


def _line(prediction: Mapping[str, Any], types: Sequence[str], top: int) -> list[str]:
    """One prediction: what was given, its group, the answer; with several outputs, each by its name."""
    given = prediction["input"]
    shown = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    group = [str(prediction["group"])] if "group" in prediction else []
    outputs = {name: value for name, value in prediction.items() if isinstance(value, dict) and name not in BY_CLASS}
    outputs.pop("input", None)
    if outputs:
        answer = ", ".join(f"{name}: {_answer(value, types, top)}" for name, value in outputs.items())
    else:
        answer = _answer(prediction, types, top)
    return [answer] if "tags" in prediction else [shown, *group, answer]


def _answer(prediction: Mapping[str, Any], types: Sequence[str], top: int) -> str:
    if "label" in prediction:
        from nnspec.report.text.prediction_rows import top_labels

        return ", ".join(f"{label} ({chance:.3f})" for label, chance in top_labels(prediction, top))
    if "tags" in prediction:
        cut = f" (cut: {prediction['cut']:,} more words)" if "cut" in prediction else ""
        return tagged.sentence(prediction, types) + cut
    if "shares" in prediction:  # the map is for programs
        shares = sorted(prediction["shares"].items(), key=lambda item: -item[1])
        return ", ".join(f"{name} {share:.1%}" for name, share in shares if share)
    if "text" in prediction:
        return str(prediction["text"])
    if "labels" in prediction and "probabilities" in prediction:
        chances = prediction["probabilities"]
        return ", ".join(f"{label} ({chances[label]:.3f})" for label in prediction["labels"]) or "no label"
    return json.dumps(prediction["labels"] if "labels" in prediction else prediction["values"])


def _as_row(text: str) -> str | None:
    """``a=1,b=2``, an example by the names of its features, as it is written."""
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name.strip().isidentifier() and equals and value for name, equals, value in pairs):
        return None
    row = {name.strip(): value.strip() for name, _, value in pairs}
    entries = (f'"{name}": {value if is_number(value) else json.dumps(value)}' for name, value in row.items())
    return f"an example by its features is JSON: '{{{', '.join(entries)}}}'"
