"""`nnspec new`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from nnspec.catalog.applications import APPLICATIONS
from nnspec.cli.options import common
from nnspec.cli.output import Answer, width
from nnspec.console.prose import INDENT, filled

TRANSFER = "transfer"  # a task whose spec is made for the data
STARTERS = Path(__file__).parent / "starters"  # one file a task; dropping one in adds the task


def tasks() -> list[str]:
    return sorted(path.stem for path in STARTERS.glob("*.yaml"))


@click.command("new")
@click.argument("words", nargs=-1, metavar="[TASK] FILE")
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="PATH", help="Where the data are: a folder, or a file of them."
)
@click.option("--target", metavar="COLUMN", help="The column of a table that is to be learned, where no task is named.")
@click.option(
    "--application",
    metavar="NAME",
    default="MobileNetV2",
    show_default=True,
    help="For `transfer`: the network of keras.applications that learned from ImageNet.",
)
@common
def command(words: tuple[str, ...], data: Path | None, target: str | None, application: str) -> Answer:
    """Write a first spec: for data of your own, or a starter for a task.

    With --data and without a task, it looks at the data: which source reads them, what is to be learned, how large
    they are. The spec trains as it stands, and says what was guessed. With a task it is a starter, with remarks on
    what to change. A file that exists is left alone. `transfer` takes a network that learned from ImageNet, with a head
    for the classes of your images, and trains first the head, then the end of the network too; the weights are fetched
    when it is trained.

    Tasks: TASKS, transfer.

    \b
    Examples:
      nnspec new pets.yaml --data photos
      nnspec new prices.yaml --data houses.csv --target price
      nnspec new tagging names.yaml
      nnspec new transfer pets.yaml --data photos --application EfficientNetB0
    """
    from nnspec.console.atomic_files import write_text

    task, file = _said(words, data)
    if task == TRANSFER:
        text, told = transferred(file, data, target, application)
    elif task is None:
        assert data is not None
        text, told = guessed(file, data, target)
    elif target is not None:
        raise click.UsageError("--target is for data without a task: leave the task out")
    else:
        text, told = starter(task, file), {"task": task}
        text = text if data is None else with_data(text, file, data)
    text = f"{modeline(file)}\n{text}"
    try:
        open(file, "x").close()  # which nobody else has then
    except FileExistsError:
        raise click.BadParameter(f"`{file}` exists already; choose another name", param_hint="FILE") from None
    try:
        write_text(file, text)
    except OSError:
        file.unlink(missing_ok=True)
        raise
    return Answer({"ok": True, "path": str(file), **told}, _report(file, told))


command.help = (command.help or "").replace("TASKS", ", ".join(tasks()))


def _said(words: tuple[str, ...], data: Path | None) -> tuple[str | None, Path]:
    """The task, if one is named, and the file."""
    if len(words) == 2:
        if words[0] not in (*tasks(), TRANSFER):
            known = ", ".join([*tasks(), TRANSFER])
            raise click.BadParameter(f"there is no task `{words[0]}`: {known}", param_hint="TASK")
        return words[0], Path(words[1])
    if len(words) != 1:
        raise click.UsageError("name a task and a file, or a file and --data")
    if data is None:
        message = f"say with --data what is to be learned from, or name a task before the file: {', '.join(tasks())}"
        raise click.UsageError(message)
    return None, Path(words[0])


def guessed(file: Path, data: Path, target: str | None) -> tuple[str, dict[str, Any]]:
    """The spec of a first network for the data, and what is told of it. Raises DataError where none can be guessed."""
    from nnspec.starting.writing import first_spec

    found = first_spec(data, network_name(file), file.parent, target)
    told = {"source": found.source, "task": found.task, "examples": dict(found.facts.examples)}
    return found.text, {**told, "guessed": list(found.notes)}


def transferred(file: Path, data: Path | None, target: str | None, application: str) -> tuple[str, dict[str, Any]]:
    """The spec of a network that learned from ImageNet, with a head for the data. Raises DataError as `guessed`."""
    if data is None:
        raise click.UsageError("say with --data where the images are that it is to learn from")
    from nnspec.cli.tensorflow_startup import import_tensorflow
    from nnspec.frontend.suggest import did_you_mean

    if application not in APPLICATIONS:
        hint = did_you_mean(application, APPLICATIONS) or f"there are {', '.join(APPLICATIONS)}"
        raise click.BadParameter(f"keras.applications has no `{application}`: {hint}", param_hint="--application")
    import_tensorflow()
    from nnspec.starting.transfer import transfer_spec

    found = transfer_spec(data, application, network_name(file), file.parent, target)
    told = {"source": found.source, "task": found.task, "examples": dict(found.facts.examples)}
    return found.text, {**told, "guessed": list(found.notes)}


def _report(file: Path, told: Mapping[str, Any]) -> str:
    if "source" not in told:
        return f"wrote {file}\nnext: nnspec check {file}"
    head = f"wrote {file}: {told['source']}, a network that {told['task']}"
    notes = (filled(f"  {note}", width(), INDENT) for note in told["guessed"])
    return "\n".join([head, *notes, f"next: nnspec train {file}"])


def starter(task: str, file: Path) -> str:
    """The starter of a task, with the network called as the file."""
    text = (STARTERS / f"{task}.yaml").read_text(encoding="utf-8")
    return text.replace("name: NAME", f"name: {network_name(file)}", 1)


def network_name(file: Path) -> str:
    """The file's name as that of a network."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", file.name.split(".")[0])
    return name if name[:1].isalpha() else f"network{name}"


def with_data(text: str, file: Path, data: Path) -> str:
    """The starter reading these data: the path of its source, relative to the spec as paths in specs are."""
    import json

    from nnspec.catalog.kinds import catalog
    from nnspec.frontend.diagnostics import Edit, Source
    from nnspec.frontend.edits import apply
    from nnspec.frontend.source import compose

    if not data.exists():
        raise click.BadParameter(f"`{data}` does not exist", param_hint="--data")
    tree = compose(Source.from_text(text))
    source = tree.get("data", "source")
    assert source is not None
    kind = next(iter(source.value))
    name = next(one.name for one in catalog().arguments("source", kind) if one.is_path and source.get(kind, one.name))
    node = source.get(kind, name)
    assert node is not None
    path = Path(os.path.relpath(data, file.parent)).as_posix()
    plain = re.fullmatch(r"[\w./-]+", path)
    return apply(text, [Edit(node.span, path if plain else json.dumps(path, ensure_ascii=False))])


def modeline(file: Path) -> str:
    """Where the YAML language server finds the schema: relative within one project, else as a URI."""
    from nnspec.catalog.kinds import schema_path

    schema, here = schema_path().resolve(), file.resolve().parent
    inside = schema.is_relative_to(Path.cwd()) and here.is_relative_to(Path.cwd())
    place = Path(os.path.relpath(schema, here)).as_posix() if inside else schema.as_uri()
    return f"# yaml-language-server: $schema={place}"


def without_modeline(text: str) -> str:
    """A spec's text without the first line that says where its schema is."""
    from nnspec.frontend.format import MODELINE

    first, _, rest = text.partition("\n")
    return rest if MODELINE.match(first) else text
