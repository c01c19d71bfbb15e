"""What programs that speak the Model Context Protocol may ask: check, show, explain, kinds, data. Nothing is written.

Only files within one folder are answered about, and no code of a spec's packages runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nnspec.frontend.diagnostics import Source, SpecError
from nnspec.layers.types import texts_in
from nnspec.spec_file import SpecFile

MOST_LAYERS = 400
MOST_DIAGNOSTICS = 50
EXTRA = 'pip install "nnspec[mcp]"'


class Refused(Exception):
    """What is asked for is not given; the message says why."""


class Questions:
    """Answers as plain data, fit for JSON.

    Args:
        folder: the only one whose files are read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def check(self, spec: str, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Checks a spec: every error and warning with its line and fix, and what the network costs.

        Args:
            spec: the path of a YAML file in the folder, or the text of a spec.
            overrides: values to replace by path: `{"train.epochs": 3}`.
        """
        from nnspec.frontend.summary import spec_summary

        file = self._opened(spec, overrides)
        found = file.check(data=False)
        self._refuse_outside(found.files)
        if found.spec is not None:
            for section in ("data", "train"):  # of which `initial_weights` and the teacher's run are files
                self._refuse_outside(_paths(found.spec.resolved.get(section)))
            found = file.check()
        shown = [one.as_json() for one in found.diagnostics[:MOST_DIAGNOSTICS]]
        answer: dict[str, Any] = {"ok": found.ok, "diagnostics": shown}
        if len(found.diagnostics) > len(shown):
            answer["more_diagnostics"] = len(found.diagnostics) - len(shown)
        if found.spec is not None:
            summary = spec_summary(found.spec)
            answer |= {name: summary[name] for name in ("name", "params", "trainable_params", "macs")}
        return answer

    def show(self, spec: str, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The layers of a spec: name, kind, line, output shape without the batch, parameters, multiply-adds.

        Args:
            spec: the path of a YAML file in the folder, or the text of a spec.
            overrides: values to replace by path.
        """
        from nnspec.frontend.summary import spec_summary

        found = self._opened(spec, overrides).check(data=False)
        self._refuse_outside(found.files)
        if found.spec is None or not found.ok:
            raise Refused("\n\n".join(str(one) for one in found.diagnostics[:MOST_DIAGNOSTICS]))
        summary = spec_summary(found.spec)
        layers = summary["layers"]
        if len(layers) > MOST_LAYERS:
            summary |= {"layers": layers[:MOST_LAYERS], "more_layers": len(layers) - MOST_LAYERS}
        return summary

    def explain(self, code: str) -> dict[str, Any]:
        """What a diagnostic's code means: explanation, example, and what to do.

        Args:
            code: such as `E0601`.
        """
        import dataclasses

        from nnspec.frontend.codes import CODES
        from nnspec.frontend.suggest import did_you_mean

        known = code.strip().upper()
        if known not in CODES:
            raise Refused(f"no code is called {code}. {did_you_mean(known, CODES) or ''}".rstrip())
        return {"code": known, **dataclasses.asdict(CODES[known])}

    def kind(self, name: str) -> dict[str, Any]:
        """A layer, loss, metric, optimizer, data source or another kind: what it is, and its arguments.

        Args:
            name: such as `Conv2D`.
        """
        from nnspec.catalog.kind_pages import CATEGORIES, described
        from nnspec.catalog.kinds import catalog
        from nnspec.frontend.suggest import did_you_mean

        found = [described(category, name) for category in CATEGORIES if catalog().has(category, name)]
        if not found:
            every = [kind for category in CATEGORIES for kind in catalog().kinds(category)]
            reason = catalog().refused(name) or did_you_mean(name, every) or ""
            raise Refused(f"no kind is called {name}. {reason}".rstrip())
        return {"kinds": found}

    def data(self, spec: str) -> dict[str, Any]:
        """What there is to know of a spec's data: examples in each part, shapes, labels, what is likely to be wrong.

        Args:
            spec: the path of a YAML file in the folder.
        """
        from nnspec.data.dataset import open_dataset
        from nnspec.data.report import report_of

        if "\n" in spec:
            raise Refused("the data are those of a file: give its path")
        file = self._opened(spec, None)
        found = file.check(data=False)
        self._refuse_outside(found.files)
        if found.spec is None or found.spec.data is None:
            raise Refused("the spec is invalid, or has no data section: check it")
        self._refuse_outside(_paths(found.spec.resolved.get("data")))
        return report_of(open_dataset(found.spec.data, found.spec.path.parent, found.spec.training.seed))

    def _opened(self, spec: str, overrides: Mapping[str, Any] | None) -> SpecFile:
        if "\n" in spec:
            source = Source.from_text(spec, str(self.folder / "spec.yaml"))
            file = SpecFile(Path(source.name), given=source)
        else:
            try:
                path = (self.folder / spec).resolve()
            except ValueError as error:  # a NUL in it
                raise Refused("that is no path") from error
            self._refuse_outside([path])
            file = SpecFile(path)
        return file.set(**(overrides or {}))

    def _refuse_outside(self, files: Iterable[str | Path]) -> None:
        """Raises Refused on a file that is not within the folder."""
        for path in files:
            if not Path(path).resolve().is_relative_to(self.folder):
                raise Refused(f"{path} is outside of {self.folder}")


def _paths(section: Any) -> Iterator[str]:
    """The absolute paths in a section; all paths of a resolved spec are absolute."""
    return (text for text in texts_in(section) if Path(text).is_absolute())


def serve(folder: Path) -> None:
    """Answers over standard input and output, until the client goes.

    Raises:
        ModuleNotFoundError: the protocol's package is not installed.
    """
    from mcp.server.mcpserver import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.types import ToolAnnotations

    server = MCPServer(
        "nnspec",
        instructions="nnspec describes neural networks as YAML specs. Check a spec before it is trained; explain the "
        "code of a diagnostic; ask for a kind before its arguments are written.",
    )
    questions = Questions(folder)
    reading = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    for question in (questions.check, questions.show, questions.explain, questions.kind, questions.data):
        server.tool(annotations=reading)(_told(question, ToolError))
    server.run("stdio")


def _told(question: Any, failure: type[Exception]) -> Any:
    """A question whose errors are the client's to read."""
    from functools import wraps

    from nnspec.data.errors import DataError

    @wraps(question)
    def answer(*args: Any, **kwargs: Any) -> Any:
        try:
            return question(*args, **kwargs)
        except (Refused, SpecError, DataError) as error:
            raise failure(str(error)) from error

    return answer
