"""An epoch of a tagger in batches by length, against hand-written Keras with `padded_batch` of shuffled sentences.

The network of specs/bilstm_ner.yaml on both sides, the same words, tags and batch size. Epochs are taken in turn within
one process; the first of each side, which traces, does not count. The ratio is nnspec over Keras, epoch by epoch.

    python benchmarks/bucketing.py FILE.conll [FILE.conll ...] [--epochs 5] [--tokens 1000]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from timing import Pair

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
SPEC = Path(__file__).parents[1] / "specs/bilstm_ner.yaml"
BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE.conll", help="a training part: tokens with tags")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of each side that count")
    parser.add_argument("--tokens", type=int, help="a budget of tokens a batch, instead of 32 sentences")
    arguments = parser.parse_args()
    for file in arguments.files:
        if not file.is_file():
            raise SystemExit(f"there is no {file}; nothing was measured")
        with tempfile.TemporaryDirectory() as folder:
            pair = in_turn(file.absolute(), arguments.epochs, arguments.tokens, Path(folder))
            print(pair.line(f"{file.parent.name}/{file.name}"), flush=True)


def in_turn(file: Path, epochs: int, tokens: int | None, scratch: Path) -> Pair:
    """Trains by nnspec; after each of its epochs Keras trains its own model for one, while nnspec's clock stands."""
    from nnspec.console.progress import Reporter
    from nnspec.frontend.pipeline import load
    from nnspec.training.prepare import open_data
    from nnspec.training.train import train

    spec = load(
        SPEC,
        [
            f"data.source.Conll.path={file}",
            "data.split=",
            f"data.batch_size={BATCH}",
            "data.bucket_by_length=true",
            *([f"data.tokens_per_batch={tokens}"] if tokens else []),
            f"train.epochs={epochs + 1}",
            "train.callbacks=[]",
            "budget=",
        ],
    )
    dataset = open_data(spec, Reporter())
    model, batches = by_hand(dataset, dict(spec.params))
    found: list[tuple[float, float]] = []

    class Turns(Reporter):
        def epoch(self, epoch: int, logs: Any, seconds: float) -> None:
            start = time.perf_counter()
            model.fit(batches, epochs=1, verbose=0, shuffle=False)
            found.append((seconds, time.perf_counter() - start))
            print(f"epoch {epoch}: {seconds:.2f} s, {found[-1][1]:.2f} s", file=sys.stderr)

    train(spec, run=scratch / "run", reporter=Turns())
    ours, theirs = zip(*found[1:], strict=True)
    return Pair(ours, theirs)


def by_hand(dataset: Any, params: dict[str, Any]) -> tuple[Any, Any]:
    """The network and its batches as one writes them in Keras."""
    import keras
    import numpy as np
    import tensorflow as tf

    table = dataset.splits["train"].table
    words, tags = table.features["tokens"], table.targets["tags"]

    def sentences() -> Any:
        for start, end in zip(words.offsets[:-1], words.offsets[1:], strict=True):
            yield words.flat[start:end].astype(np.int32), tags.flat[start:end].astype(np.int32)

    one = tf.TensorSpec((None,), tf.int32)
    batches = (
        tf.data.Dataset.from_generator(sentences, output_signature=(one, one))
        .apply(tf.data.experimental.assert_cardinality(len(words)))
        .cache()
        .shuffle(len(words))
        .padded_batch(BATCH)
        .prefetch(tf.data.AUTOTUNE)
    )
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((None,), dtype="int32"),
            layers.Embedding(len(dataset.vocabulary), params["embedding"], mask_zero=True),
            layers.Dropout(params["dropout"]),
            layers.Bidirectional(layers.LSTM(params["units"], return_sequences=True)),
            layers.Dropout(params["dropout"]),
            layers.Dense(len(dataset.classes), activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, batches


if __name__ == "__main__":
    main()
