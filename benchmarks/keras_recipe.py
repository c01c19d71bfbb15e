"""The hand-written side of the training benchmarks: the usual Keras recipe on Fashion-MNIST, as tutorials have it.

Prints one JSON line: seconds from the start of the process to the first step's end, of each epoch, and in all.

    python benchmarks/keras_recipe.py FOLDER --epochs 3 --batch 128 --out model.keras
"""

from __future__ import annotations

import time

START = time.time()

import argparse  # noqa: E402
import gzip  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
from pathlib import Path  # noqa: E402

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402


class Clock(keras.callbacks.Callback):
    """When the first step ended, and how long each epoch's steps took."""

    def __init__(self) -> None:
        super().__init__()
        self.first_step: float | None = None
        self.epochs: list[float] = []

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        if self.first_step is None:
            self.first_step = time.time()

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.begun = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.epochs.append(time.perf_counter() - self.begun)


def images(path: Path) -> np.ndarray:
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=16).reshape(-1, 28, 28, 1).astype("float32")


def labels(path: Path) -> np.ndarray:
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=8).astype("int32")


def network() -> keras.Model:
    """The network of fashion_cnn.yaml with one convolution a stage, by hand."""
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Rescaling(1 / 255)(image)
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.4)(x)
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dropout(0.4)(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--out", default="recipe.keras")
    arguments = parser.parse_args()
    keras.utils.set_random_seed(1)
    x = images(arguments.folder / "train-images-idx3-ubyte.gz")
    y = labels(arguments.folder / "train-labels-idx1-ubyte.gz")
    data = tf.data.Dataset.from_tensor_slices((x, y))
    train = data.cache().shuffle(len(x)).batch(arguments.batch).prefetch(tf.data.AUTOTUNE)
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    clock = Clock()
    model.fit(train, epochs=arguments.epochs, verbose=2, callbacks=[clock])
    model.save(arguments.out)
    print(json.dumps({"first_step": clock.first_step - START, "epochs": clock.epochs, "total": time.time() - START}))


if __name__ == "__main__":
    main()
