"""Entity F1 of the tagging specs on real data, and the exported tagger held against the Keras model.

FOLDER holds `ncbi-disease` (train.tsv, devel.tsv, test.tsv) and `wnut17` (wnut17train.conll, emerging.dev.conll,
emerging.test.annotated). Each network is trained once a seed; the epoch with the best F1 on the validation part is
scored on the test part. With --export the first seed's network becomes a TFLite file for any length and one for the
longest sentence, and both must give every test sentence the tags that Keras gives it.

    python benchmarks/tagging.py FOLDER [--data wnut17] [--spec bilstm_char_ner] [--seeds 1 2 3] [--export] [--runs DIR]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
SPECS = Path(__file__).parents[1] / "specs"
DATA = {
    "ncbi-disease": ("train.tsv", "devel.tsv", "test.tsv"),
    "wnut17": ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"),
}
NETWORKS = ("bilstm_ner", "bilstm_crf_ner", "bilstm_char_ner")
SETTINGS = [
    "params.embedding=100",
    "params.units=100",
    "params.dropout=0.5",
    "train.epochs=20",
    "train.callbacks=[{EarlyStopping: {monitor: val_entity_f1, mode: max, patience: 6, restore_best_weights: true}}]",
    "budget=",
]

# Tweets spell the same word in many ways; in abstracts an upper-case word is another one.
OWN = {"ncbi-disease": ["data.source.Conll.lower=false"], "wnut17": ["data.source.Conll.lower=true", "train.epochs=25"]}
# Names of diseases are told by their spelling: a wider reading of it scores better on the validation part.
SPELLED = {("ncbi-disease", "bilstm_char_ner"): ["params.spelling=50", "params.letter=30"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the data sets are")
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--spec", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--export", action="store_true", help="export the first seed's network and compare all tags")
    parser.add_argument("--set", nargs="+", default=[], metavar="PATH=VALUE", help="further settings of the specs")
    parser.add_argument("--runs", type=Path, help="keep the runs in this folder")
    arguments = parser.parse_args()
    for name in arguments.data:
        missing = [part for part in DATA[name] if not (arguments.folder / name / part).is_file()]
        if missing:
            raise SystemExit(f"there is no {arguments.folder / name / missing[0]}; nothing was measured")
    with tempfile.TemporaryDirectory() as scratch:
        for name in arguments.data:
            for network in arguments.spec:
                row(network, name, arguments, (arguments.runs or Path(scratch)) / name / network)


def row(network: str, name: str, arguments: argparse.Namespace, runs: Path) -> None:
    """Trains and scores one network on one data set, a line a seed and one of the mean."""
    found = []
    for seed in arguments.seeds:
        more = [*OWN[name], *SPELLED.get((name, network), ()), *arguments.set]
        spec = opened(network, arguments.folder.absolute() / name, DATA[name], seed, more)
        found.append(scored(spec, runs / str(seed), f"{name:<13} {network:<16} seed {seed}"))
        if arguments.export and seed == arguments.seeds[0]:
            compare(spec, runs / str(seed))
    print(f"{name:<13} {network:<16} mean of {len(found)}: F1 {100 * statistics.mean(found):.1f}", flush=True)


def opened(network: str, folder: Path, parts: tuple[str, str, str], seed: int, more: list[str]) -> Any:
    from nnspec.frontend.pipeline import load

    train, validation, test = (folder / part for part in parts)
    files = [f"data.source.Conll.path={train}", f"data.split.validation={validation}", f"data.split.test={test}"]
    return load(SPECS / f"{network}.yaml", [*files, *SETTINGS, f"train.seed={seed}", *more])


def scored(spec: Any, run: Path, name: str) -> float:
    """Entity F1 on the test part."""
    from nnspec.evaluation.evaluate import evaluate
    from nnspec.training.train import train

    start = time.perf_counter()
    result = train(spec, run=run)
    seconds = time.perf_counter() - start
    test = evaluate(spec, run)["metrics"]
    print(
        f"{name}: F1 {100 * test['f1']:.1f} (precision {100 * test['precision']:.1f}, recall "
        f"{100 * test['recall']:.1f}), validation {100 * result.best['value']:.1f}, {seconds:.0f} s",
        flush=True,
    )
    return float(test["f1"])


def compare(spec: Any, run: Path) -> None:
    """Says for each exported file and runtime on how many test sentences its tags are those of Keras."""
    import nnspec
    from nnspec.backend.signature import keras_run
    from nnspec.evaluation.open_run import open_trained
    from nnspec.export.examples import Shapes
    from nnspec.export.gate.runtimes import COMPILED_MODEL, INTERPRETER, Program, run_by_rows
    from nnspec.layers.types import KindValue
    from nnspec.training.scoring import outcomes

    trained = open_trained(spec, run)
    test = trained.dataset.splits["test"]
    by_keras = list(outcomes(trained.binding, test, 1, keras_run(trained.deciding)))
    lengths = [len(example.target[0]) for example in by_keras]
    for length in (None, max(lengths)):
        arguments = {"quantize": "none"} | ({} if length is None else {"length": length})
        target = KindValue("TFLite", arguments)
        (artifact,) = nnspec.export(spec, run=run, targets=[target], out=run / f"export-{length or 'any'}")
        for runtime in (INTERPRETER, *([COMPILED_MODEL] if length else [])):
            with Program(artifact.path, runtime) as program:
                shapes = Shapes.of(trained.deciding, length)
                by_file = outcomes(trained.binding, test, 1, run_by_rows(program.run, shapes))
                same = sum(
                    bool((one.output.argmax(-1) == other.output.argmax(-1)).all())
                    for one, other in zip(by_keras, by_file, strict=True)
                )
            size = f"length {length}" if length else f"lengths {min(lengths)} to {max(lengths)}"
            print(f"  {runtime}, {size}: the tags of {same:,} of {len(lengths):,} sentences are Keras's", flush=True)


if __name__ == "__main__":
    main()
