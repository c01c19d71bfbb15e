"""The Python API, and what the commands are made of: a spec in, each stage's own object out.

    spec = nnspec.load("specs/lenet.yaml", train__epochs=3)
    result = nnspec.train(spec)

Every function takes a `SpecFile`, a checked `Spec` or a path. TensorFlow is imported by the functions that need it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnspec.spec_file import AnySpec, SpecFile, checked, imported_text, load

if TYPE_CHECKING:
    import keras

    from nnspec.compression.prune import Pruned
    from nnspec.console.progress import Reporter
    from nnspec.data.dataset import Dataset
    from nnspec.evaluation.predict import Predictions
    from nnspec.export.artifact import Artifacts
    from nnspec.export.run import Wanted
    from nnspec.training.train import RunResult

__all__ = ["SpecFile", "build", "checked", "evaluate", "export", "import_model", "load", "open_data", "predict"]
__all__ += ["prune", "register_layers", "save", "to_python", "train"]

# Nothing slow is imported here: `import nnspec` imports this file.


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
    from nnspec.data.facts import keep
    from nnspec.frontend.requirements import require

    spec = checked(spec)
    require(spec, "data", "data")
    dataset = open_dataset(spec.required_data, spec.path.parent, spec.training.seed)
    keep(spec.required_data, spec.path.parent, dataset.loaded)
    return dataset


def build(spec: AnySpec, *, seed: int | None = None) -> keras.Model:
    """Builds the network: a plain functional model with initial weights, called as the spec is. The data are not read:
    what layers learn from them, such as the mean of a Normalization, is unknown, and stays what Keras begins with.

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
    from nnspec.frontend.spec import keras_name
    from nnspec.training.stopped import telling

    require_sizes(spec.graph)
    if seed is not None:
        keras.utils.set_random_seed(seed)
    with telling(spec, "building the network"):
        model = lower(spec.graph)
    model.name = keras_name(spec.name)  # given once it is built, so that the layers get the same names and weights
    return model


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
    return imported_text(Path(path))


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
    progress: bool | None = None,
    reporter: Reporter | None = None,
    mirror: str | None = None,
) -> RunResult:
    """Trains the network as the spec says, into a run folder.

    Args:
        run: the folder; by default `runs/<name>/<number>` under the current one.
        resume: resume the spec's last run where it was interrupted.
        progress: by default curves that grow in a notebook, a bar on a terminal, and nothing elsewhere; True shows it
            everywhere, False nowhere.
        reporter: told of progress in place of that, an `nnspec.console.progress.Reporter`.
        mirror: the address of a folder of a bucket, `s3://bucket/runs/one`, that the run is copied to each minute and
            at the end. Where the run is there alone it is fetched first.

    Raises:
        SpecError: the spec is invalid, lacks `data` or `train`, or does not fit the data.
        DataError: the data cannot be used.
        TrainingError: the run folder or its copy cannot be used.
        Interrupted: Ctrl-C; everything is saved.
    """
    from nnspec.frontend.requirements import require
    from nnspec.report.notebook.live import session_reporter

    spec = checked(spec)
    require(spec, "train", "data", "train")  # before TensorFlow is loaded, which takes seconds
    reporter = reporter or session_reporter(progress)
    reporter.preparing()
    _import_tensorflow()
    from nnspec.evaluation.results import look_back
    from nnspec.report.pages.harmless import harmless
    from nnspec.report.pages.live_page import LivePage
    from nnspec.tracking.telling import telling_trackers
    from nnspec.training.train import train as run_training

    page = LivePage(reporter, spec)
    place = None if run is None else Path(run)
    with ExitStack() as stack:
        if mirror is not None:
            from nnspec.runs.mirror import mirrored
            from nnspec.runs.resuming import folder_of
            from nnspec.training.distributed.cluster import refuse_mirror

            refuse_mirror(spec.training.strategy, os.environ)
            place = folder_of(spec, place, resume)
            stack.enter_context(mirrored(mirror, place, reporter.say))
        watched = stack.enter_context(telling_trackers(page, spec))
        result = run_training(spec, place, resume, watched)
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
    refit: int | None = None,
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Loss and metrics of a trained run.

    Args:
        run: the run folder; by default the spec's last.
        split: `train`, `validation` or `test`; by default `test`, or else `validation`.
        refit: of a series, train so many times again, each on more of the past, and judge each on what follows.

    Returns:
        `run`, `split`, `examples` (how many), `metrics`, and for tagging `entities`; `results`, by what the output
        says, such as `labels`: classes with their scores, the confusion, ROC, calibration. The run's page is written
        again with them, unless a `split` is named. `warnings`, what of the run or its data is not as it was, see
        `nnspec.evaluation.evaluate`. `refits`, where they were asked for, see `nnspec.evaluation.refit`.

    Raises:
        SpecError, DataError, TrainingError: the spec is invalid, the data cannot be used, there is no run.
    """
    from nnspec.runs.run_folder import latest_run

    spec = checked(spec)
    latest_run(spec.name, None if run is None else Path(run))  # before TensorFlow is loaded, which takes seconds
    _import_tensorflow()
    from nnspec.console.progress import Reporter
    from nnspec.console.waiting import doing
    from nnspec.evaluation.evaluate import measured
    from nnspec.evaluation.results import judge, save, told
    from nnspec.report.pages import run_page
    from nnspec.report.pages.harmless import harmless
    from nnspec.training.stopped import telling

    with telling(spec, "evaluating"):
        found, trained = measured(spec, None if run is None else Path(run), split, reporter)
    with harmless("the results", reporter or Reporter()), doing("judging its answers"):
        results = judge(spec, trained, split)
        found["results"] = told(results)
        if split is None:
            save(trained.folder, results)
            run_page.write(trained.folder, spec)
    if refit is not None:
        from nnspec.evaluation.refit import refit as trained_anew

        found["refits"] = trained_anew(spec, trained, refit, reporter or Reporter())
    return found


def prune(
    spec: AnySpec,
    macs: float,
    *,
    run: str | os.PathLike[str] | None = None,
    by: str = "norm",
    output: str | os.PathLike[str] = "pruned.yaml",
    weights: str | os.PathLike[str] | None = None,
    teach: bool = False,
    multiple: int | None = None,
    alike: bool = False,
) -> Pruned:
    """Takes filters and units out of a trained network; nothing is written.

    Args:
        macs: the multiply-adds to be left: a share, or above 1 a number.
        run: the run folder; by default the spec's last.
        by: what a channel is worth: ``norm`` of its weights, or ``scale`` of the BatchNormalization behind it; or
            ``factors``: all channels stay, and each kernel becomes the product of two thinner ones.
        output, weights: where the new spec and its weights are going to be; paths within it are relative to the spec.
        teach: the new spec learns from the run that it comes from.
        multiple: numbers of channels that it divides stay such; None: 8, or 4 where 8 does not do.
        alike: layers that one number of the spec makes keep equally many, so that its loops and blocks stay.

    Returns:
        The text of the new spec, the spec, the model, and what was taken out.

    Raises:
        SpecError, TrainingError: there is no run, or so few multiply-adds cannot be reached.
    """
    _import_tensorflow()
    from nnspec.compression.prune import prune as pruned

    place = Path(output)
    beside = place.with_name(f"{place.stem}_weights.keras") if weights is None else Path(weights)
    given = None if run is None else Path(run)
    return pruned(checked(spec), given, macs, beside, by, place.parent, teach, multiple, alike)  # type: ignore[arg-type]


def predict(
    spec: AnySpec, inputs: Any, *, run: str | os.PathLike[str] | None = None, sampling: Mapping[str, Any] | None = None
) -> Predictions:
    """What a trained run makes of new examples.

    Args:
        inputs: a list of whatever the spec's data source takes: paths of images, sentences, rows as mappings, arrays,
            files; with several features a mapping by their names. A text, a path, a mapping, and an array of the shape
            of one example, are one example.
        run: the run folder; by default the spec's last.
        sampling: how a language model continues a text: `tokens`, how many more (100), `temperature` (1; 0 always
            takes the likeliest), `seed` (0).

    Returns:
        A list, also of one example: for each `input`, and `label` with `probability`, or `tokens` with `tags`, or
        `values`, or of a language model `text`.

    Raises:
        SpecError, DataError, TrainingError: the spec is invalid, an input cannot be read, there is no run.
        TypeError: the inputs are no list, and nothing that is one example.
    """
    from nnspec.runs.run_folder import latest_run

    spec = checked(spec)
    latest_run(spec.name, None if run is None else Path(run))  # before TensorFlow is loaded, which takes seconds
    _import_tensorflow()
    from nnspec.evaluation.predict import predict as run_prediction
    from nnspec.evaluation.sampling import Sampling
    from nnspec.training.stopped import telling

    how = None if sampling is None else Sampling(**sampling)
    with telling(spec, "predicting"):
        return run_prediction(spec, None if run is None else Path(run), inputs, how)


def export(
    spec: AnySpec,
    *,
    run: str | os.PathLike[str] | None = None,
    targets: Wanted | Sequence[Wanted] | None = None,
    out: str | os.PathLike[str] | None = None,
    bundle: bool = False,
    errors: bool = False,
    reporter: Reporter | None = None,
) -> Artifacts:
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
    from nnspec.runs.run_folder import latest_run

    spec = checked(spec)
    latest_run(spec.name, None if run is None else Path(run))  # before TensorFlow is loaded, which takes seconds
    _import_tensorflow()
    from nnspec.console.progress import Reporter
    from nnspec.export.artifact import Artifacts
    from nnspec.export.run import choose_targets, ship
    from nnspec.report.pages.harmless import harmless
    from nnspec.report.pages.run_page import record_exports, with_replaced
    from nnspec.tracking.telling import tell_of_exports
    from nnspec.training.stopped import telling

    chosen = choose_targets(spec, targets)
    folder = latest_run(spec.name, None if run is None else Path(run))
    place = None if out is None else Path(out)
    with telling(spec, "exporting"):
        artifacts = ship(spec, folder.path, chosen, place, reporter, bundle=bundle, report_errors=errors)
    with harmless("the run's page", reporter or Reporter()):
        artifacts = with_replaced(folder, artifacts)
        record_exports(folder, [artifact.to_json() for artifact in artifacts], spec)
        tell_of_exports(reporter or Reporter(), spec, folder, [one.path for one in artifacts if one.ok])
    return Artifacts(artifacts)
