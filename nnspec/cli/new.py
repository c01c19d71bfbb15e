"""`nnspec new`."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from nnspec.cli.options import common
from nnspec.cli.output import Answer

STARTERS = Path(__file__).parent / "starters"  # one file a task; dropping one in adds the task


def tasks() -> list[str]:
    return sorted(path.stem for path in STARTERS.glob("*.yaml"))


@click.command("new")
@click.argument("task", type=click.Choice(tasks()))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--data", type=click.Path(path_type=Path), metavar="PATH", help="Where the data are: a folder, or a file of them."
)
@common
def command(task: str, file: Path, data: Path | None) -> Answer:
    """Write a starter spec for a task.

    The spec has every section, with remarks on what to change, and a first line by which editors complete and
    check it. A file that exists is left alone.

    \b
    Examples:
      nnspec new image-classification pets.yaml --data photos
      nnspec new tagging specs/names.yaml
    """
    from nnspec.console.atomic_files import write_text

    text = f"{modeline(file)}\n{starter(task, file)}"
    if data is not None:
        text = with_data(text, file, data)
    try:
        open(file, "x").close()  # which nobody else has then
    except FileExistsError:
        raise click.BadParameter(f"`{file}` exists already; choose another name", param_hint="FILE") from None
    try:
        write_text(file, text)
    except OSError:
        file.unlink(missing_ok=True)
        raise
    return Answer({"ok": True, "path": str(file), "task": task}, f"wrote {file}\nnext: nnspec check {file}")


def starter(task: str, file: Path) -> str:
    """The starter of a task, with the network called as the file."""
    name = re.sub(r"[^A-Za-z0-9_-]", "_", file.name.split(".")[0])
    if not name[:1].isalpha():
        name = f"network{name}"
    return (STARTERS / f"{task}.yaml").read_text(encoding="utf-8").replace("name: NAME", f"name: {name}", 1)


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
