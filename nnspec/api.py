"""The Python API, and what the commands are made of: a spec in, each stage's own object out.

    spec = nnspec.load("specs/lenet.yaml", train__epochs=3)
    result = nnspec.train(spec)

Every function takes a `SpecFile`, a checked `Spec` or a path. TensorFlow is imported by the functions that need it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.frontend.pipeline import Checked
from nnspec.frontend.spec import Spec

if TYPE_CHECKING:
    import keras

    from nnspec.console.progress import Reporter
    from nnspec.data.dataset import Dataset
    from nnspec.export.artifact import Artifact
    from nnspec.export.run import Wanted
    from nnspec.frontend.diagnostics import Source
    from nnspec.training.train import RunResult


@dataclass(frozen=True)
class SpecFile:
    """A spec's file with the overrides that apply to it.

    Attributes:
        overrides: texts as of `--set`: `train.epochs=3`, the value in YAML.
        plugins: modules whose layers the spec may use; they are imported when the spec is read.
        trusted: whether code of the packages that the spec requires may run: shapes, data sources, targets, checks.
            Functions that build the network run it in any case.
        given: the spec's text, where it is no file; ``path`` is what diagnostics call it.
    """

    path: Path
    overrides: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    trusted: bool = False
    given: Source | None = None

    def __repr__(self) -> str:
        settings = "".join(f", --set {text}" for text in self.overrides)
        return f"SpecFile({str(self.path)!r}{settings})"

    def set(self, **overrides: Any) -> SpecFile:
        """The same spec with more values replaced, as by ``load``; of one that was replaced before, the last counts."""
        return replace(self, overrides=(*self.overrides, *_overrides(overrides)))

    @property
    def is_model(self) -> bool:
        """Whether the path is a Keras model's, by its name: `.keras`, `.h5`, `.hdf5`, or the folder of a SavedModel."""
        from nnspec.importing.read import is_model

        return is_model(self.path)

    @cached_property
    def text(self) -> Path | Source:
        """What is read: the file, the spec in the folder of a run, or that which a Keras model's file comes to.

        Raises:
            DataError: the file holds no model that a spec can say.
        """
        from nnspec.frontend.diagnostics import Source
        from nnspec.runs.run_folder import RunFolder

        if self.given is not None:
            return self.given
        if self.is_model:
            return Source.from_text(import_model(self.path), str(self.path))
        in_run = RunFolder(self.path).spec
        return in_run if self.path.is_dir() and in_run.is_file() else self.path

    def check(self, *, data: bool = True, unsaved: Mapping[Path, str] | None = None) -> Checked:
        """Reads and checks the file, again at every call: `ok`, `diagnostics` and, without errors, `spec`.

        Args:
            data: whether the network is held against its data, where they are there.
            unsaved: texts in place of files, by absolute path: what they would be after an edit.
        """
        from nnspec.frontend.pipeline import check

        return check(self.text, self.overrides, self.plugins, data=data, unsaved=unsaved, trusted=self.trusted)

    @cached_property
    def spec(self) -> Spec:
        """The checked spec, read once.

        Raises:
            SpecError: with everything that the check found wrong.
        """
        from nnspec.frontend.pipeline import load

        return load(self.text, self.overrides, self.plugins, trusted=self.trusted)


AnySpec = SpecFile | Spec | str | os.PathLike[str]


def load(
    spec: str | os.PathLike[str] | Mapping[str, Any],
    *,
    plugins: Sequence[str] = (),
    trusted: bool = False,
    **overrides: Any,
) -> SpecFile:
    """Opens a spec; it is read and checked when it is used.

    Args:
        spec: the YAML file, the folder of a run, or the file of a Keras model; or the spec itself, as a text of
            several lines or as plain Python data. Paths in such a spec start from the current folder.
        plugins: modules that bring layers beyond Keras's.
        trusted: whether code of the packages that the spec requires may run when it is checked.
        overrides: values to replace, by dotted path with two underscores for each dot:
            `load("vgg.yaml", train__epochs=2, params__classes=10)`. A path that holds two underscores itself is
            given as it stands: `load("vgg.yaml", **{"params.top__k": 2})`. Values are plain Python data.

    Raises:
        SpecError: E0101, there is no such file.
        TypeError: the data hold what is no number, text, list or mapping.
    """
    given = _given(spec)
    path = Path(spec) if given is None else Path(given.name)  # type: ignore[arg-type]  # a path, where no text is given
    if given is None and not path.exists():
        from nnspec.frontend.source import read_text

        read_text(path)
    return SpecFile(path, _overrides(overrides), tuple(plugins), trusted, given)


def _given(spec: Any) -> Source | None:
    """A spec that is no file as text; None for a path."""
    from nnspec.frontend.diagnostics import Source

    if isinstance(spec, Mapping):
        import json

        import yaml

        plain = json.loads(json.dumps(spec, default=os.fspath))  # tuples and paths as YAML knows them
        return Source.from_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=10_000))
    return Source.from_text(spec) if isinstance(spec, str) and "\n" in spec else None


def _overrides(values: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_override(name, value) for name, value in values.items())


def _override(name: str, value: Any) -> str:
    """The text of `--set`: JSON is YAML, so the value arrives as it is."""
    import json

    path = name if "." in name else name.replace("__", ".")
    return f"{path}={json.dumps(value, ensure_ascii=False, default=os.fspath)}"


def checked(spec: AnySpec) -> Spec:
    """The `Spec` of whatever stands for one, for what builds the network. Raises SpecError where it is invalid."""
    if isinstance(spec, Spec):
        return spec
    file = spec if isinstance(spec, SpecFile) else load(spec)
    return (file if file.trusted else replace(file, trusted=True)).spec


def _import_tensorflow() -> None:
    """TensorFlow without a word of its own, where this call is the first to need it."""
    from nnspec.console.quiet import import_tensorflow

    import_tensorflow()


def open_data(spec: AnySpec) -> Dataset:
    """Opens the data of a spec, as training would. NumPy is needed, TensorFlow only for batches.

    Raises:
        SpecError: the spec is invalid or has no `data`.
        DataError: the data cannot be used.
    """
    from nnspec.data.dataset import open_dataset
    from nnspec.frontend.requirements import require

    spec = checked(spec)
    require(spec, "data", "data")
    return open_dataset(spec.required_data, spec.path.parent, spec.training.seed)


def build(spec: AnySpec, *, seed: int | None = None) -> keras.Model:
    """Builds the network: a plain functional model with initial weights. The data are not read: what layers learn from
    them, such as the mean of a Normalization, is unknown, and stays what Keras begins with.

    Args:
        seed: given to `keras.utils.set_random_seed` first. Without one the weights are drawn from wherever Keras's
            generators stand, as in a script by hand.

    Raises:
        SpecError: the spec is invalid, Keras refuses a layer, or a size follows from what only training learns.
    """
    spec = checked(spec)
    _import_tensorflow()
    import keras

    from nnspec.backend.lower import build as lower
    from nnspec.frontend.learning import require_sizes
    from nnspec.training.stopped import telling

    require_sizes(spec.graph)
    if seed is not None:
        keras.utils.set_random_seed(seed)
    with telling(spec, "building the network"):
        return lower(spec.graph)


def save(model: keras.Model, path: str | os.PathLike[str]) -> None:
    """Saves a model as `.keras`, whole or not at all.

    Raises:
        OSError: the file cannot be written; what stood there is untouched.
    """
    from nnspec.console.atomic_files import replacing

    with replacing(Path(path)) as scratch:
        model.save(scratch)


def register_layers() -> None:
    """Makes nnspec's own layers and activations known to Keras, so that it loads a model that has any.

    ``keras.models.load_model`` needs it in a program that has imported nnspec before Keras, and has used neither of the
    functions that build or load networks. It imports Keras.
    """
    _import_tensorflow()
    from nnspec.backend.own_layers import registry as registry


def import_model(path: str | os.PathLike[str]) -> str:
    """The text of a spec that compiles to the network of a Keras model's file.

    Args:
        path: a `.keras` or HDF5 file, the folder of a SavedModel of Keras 2, or the JSON of `model.to_json()`.

    Nothing of the file is run, and Keras is not needed.

    Raises:
        DataError: the file holds no model, or a model with a part that a spec cannot say, named with its layer.
        OSError: the file cannot be opened.
    """
    from nnspec.importing.imported import import_config
    from nnspec.importing.read import name_of, read_model

    read = read_model(Path(path))
    return import_config(read.config, name=name_of(read, Path(path))).text


def to_python(spec: AnySpec) -> str:
    """The text of a Python file that builds the same network with Keras alone.

    Raises:
        SpecError: the spec is invalid, or an argument is only known once the data are available.
    """
    from nnspec.codegen.python_code import python_code

    return python_code(checked(spec))


def train(
    spec: AnySpec,
    *,
    run: str | os.PathLike[str] | None = None,
    resume: bool = True,
    reporter: Reporter | None = None,
) -> RunResult:
    """Trains the network as the spec says, into a run folder.

    Args:
        run: the folder; by default `runs/<name>/<number>` under the current one.
        resume: resume the spec's last run where it was interrupted.
        reporter: told of progress; `nnspec.console.progress.make_reporter()` is that of the command. None: silent.

    Raises:
        SpecError: the spec is invalid, lacks `data` or `train`, or does not fit the data.
        DataError: the data cannot be used.
        TrainingError: the run folder cannot be used.
        Interrupted: Ctrl-C; everything is saved.
    """
    _import_tensorflow()
    from nnspec.console.progress import Reporter
    from nnspec.evaluation.results import look_back
    from nnspec.report.pages.harmless import harmless
    from nnspec.report.pages.live_page import LivePage
    from nnspec.training.train import train as run_training

    spec = checked(spec)
    page = LivePage(reporter or Reporter(), spec)
    result = run_training(spec, None if run is None else Path(run), resume, page)
    if result.is_chief:
        with harmless("the results", page):
            look_back(spec, result.run, result.dataset, result.binding)
        page.write()
    return result


def evaluate(
    spec: AnySpec,
    *,
    run: str | os.PathLike[str] | None = None,
    split: str | None = None,
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Loss and metrics of a trained run.

    Args:
        run: the run folder; by default the spec's last.
        split: `train`, `validation` or `test`; by default `test`, or else `validation`.

    Returns:
        `run`, `split`, `examples` (how many), `metrics`, and for tagging `entities`; `results`, by what the output
        says, such as `labels`: classes with their scores, the confusion, ROC, calibration. The run's page is written
        again with them, unless a `split` is named.

    Raises:
        SpecError, DataError, TrainingError: the spec is invalid, the data cannot be used, there is no run.
    """
    _import_tensorflow()
    from nnspec.console.progress import Reporter
    from nnspec.evaluation.evaluate import measured
    from nnspec.evaluation.results import judge, save, told
    from nnspec.report.pages import run_page
    from nnspec.report.pages.harmless import harmless
    from nnspec.training.stopped import telling

    spec = checked(spec)
    with telling(spec, "evaluating"):
        found, trained = measured(spec, None if run is None else Path(run), split, reporter)
    with harmless("the results", reporter or Reporter()):
        results = judge(spec, trained, split)
        found["results"] = told(results)
        if split is None:
            save(trained.folder, results)
            run_page.write(trained.folder, spec)
    return found


def predict(spec: AnySpec, inputs: Any, *, run: str | os.PathLike[str] | None = None) -> list[dict[str, Any]]:
    """What a trained run makes of new examples.

    Args:
        inputs: a list of whatever the spec's data source takes: paths of images, sentences, rows as mappings, arrays,
            files; with several features a mapping by their names. A text, a path or a mapping alone is one example.
        run: the run folder; by default the spec's last.

    Returns:
        For each example `input`, and `label` with `probability`, or `tokens` with `tags`, or `values`.

    Raises:
        SpecError, DataError, TrainingError: the spec is invalid, an input cannot be read, there is no run.
        TypeError: the inputs are no list, and nothing that is one example.
    """
    _import_tensorflow()
    from nnspec.evaluation.predict import predict as run_prediction
    from nnspec.training.stopped import telling

    spec = checked(spec)
    with telling(spec, "predicting"):
        return run_prediction(spec, None if run is None else Path(run), inputs)


def export(
    spec: AnySpec,
    *,
    run: str | os.PathLike[str] | None = None,
    targets: Wanted | Sequence[Wanted] | None = None,
    out: str | os.PathLike[str] | None = None,
    bundle: bool = False,
    errors: bool = False,
    reporter: Reporter | None = None,
) -> list[Artifact]:
    """Exports a trained run, and runs what it wrote against Keras.

    Args:
        run: the run folder; by default the spec's last.
        targets: names (`TFLite`), or kinds with arguments (`{"TFLite": {"quantize": "int8"}}`); by default the spec's
            `export` section.
        out: where to write; by default `export` in the run folder.
        bundle: make of each TFLite file a folder for an app as well: model, labels, vocabulary, golden answers, code.
        errors: measure the error of each layer of a quantized file too; one that is refused always has it.

    Returns:
        An `Artifact` for each target; one that failed a gate has `ok` false and says why.

    Raises:
        SpecError, DataError, TrainingError: as `evaluate`.
        ExportError: the network cannot become a target.
    """
    _import_tensorflow()
    from nnspec.console.progress import Reporter
    from nnspec.export.run import choose_targets, ship
    from nnspec.report.pages.harmless import harmless
    from nnspec.report.pages.run_page import record_exports
    from nnspec.runs.run_folder import latest_run
    from nnspec.training.stopped import telling

    spec = checked(spec)
    chosen = choose_targets(spec, targets)
    folder = latest_run(spec.name, None if run is None else Path(run))
    place = None if out is None else Path(out)
    with telling(spec, "exporting"):
        artifacts = ship(spec, folder.path, chosen, place, reporter, bundle=bundle, report_errors=errors)
    with harmless("the run's page", reporter or Reporter()):
        record_exports(folder, [artifact.to_json() for artifact in artifacts], spec)
    return artifacts
