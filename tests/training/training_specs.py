"""Small networks: CNN has everything that makes resuming hard: augmentation, Dropout, batch statistics, a schedule.

PLAIN is for what does not depend on the network: it has Dropout alone, and trains in half the time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import numpy as np

from nnspec.frontend.pipeline import load
from nnspec.frontend.spec import Spec

WriteSpec = Callable[..., Spec]


def write_images(folder: Path) -> None:
    """`images.npz`: 80 examples of 3 classes that differ in brightness."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 3, 80)
    images = draw.normal(size=(80, 8, 8, 1)) + 2 * labels[:, None, None, None]
    np.savez(folder / "images.npz", x=images.astype("float32"), y=labels.astype("int32"))


def write_spec(folder: Path, text: str, *overrides: str) -> Spec:
    path = folder / "net.yaml"
    path.write_text("nnspec: 1\n" + dedent(text), encoding="utf-8")
    return load(path, overrides)


# Sentences of two to nine words, and a tagger that chooses all tags of one together.
SENTENCES = "".join(
    "".join(f"{word}\t{'B-PER' if word in 'Ada Bo' else 'B-LOC' if word == 'Paris' else 'O'}\n" for word in words)
    + "\n"
    for length in range(2, 10)
    for words in (
        (["Ada", "saw", "Paris", "in", "the", "spring", "with", "old", "Bo"] * 2)[start : start + length]
        for start in range(6)
    )
)
CHAIN = """
name: chain
inputs: {tokens: {shape: [null], dtype: int32}}
layers:
  - Embedding: {input_dim: $data.vocabulary_size, output_dim: 8, mask_zero: true}
  - Bidirectional: {layer: {LSTM: {units: 6, return_sequences: true}}}
  - CRF: $data.classes
data: {source: {Conll: {path: sentences.conll}}, split: {validation: 0.25}, batch_size: 6}
train: {epochs: 2, optimizer: {SGD: 0.05}}
"""
SOFTMAX = CHAIN.replace("CRF: $data.classes", "Dense: {units: $data.classes, activation: softmax}").replace(
    "train: {", "train: {loss: SparseCategoricalCrossentropy, "
)
CNN = """
name: cnn
inputs: {image: [8, 8, 1]}
layers:
  - Conv2D: {filters: 4, kernel_size: 3, use_bias: false}
  - BatchNormalization
  - ReLU
  - Dropout: 0.4
  - Flatten
  - Dense: {units: 3, activation: softmax}
data:
  source: {Arrays: {path: images.npz}}
  split: {validation: 0.2, test: 0.2}
  batch_size: 8
  augment: [{RandomFlip: horizontal}, {RandomTranslation: {height_factor: 0.2, width_factor: 0.2}}]
train:
  epochs: 3
  seed: 4
  optimizer: {AdamW: {learning_rate: {CosineDecay: {initial_learning_rate: 0.02, decay_steps: 30}}, clipnorm: 1.0}}
  checkpoint_every: 2
"""
PLAIN = """
name: plain
inputs: {image: [8, 8, 1]}
layers:
  - Flatten
  - Dropout: 0.4
  - Dense: {units: 3, activation: softmax}
data: {source: {Arrays: {path: images.npz}}, split: {validation: 0.2, test: 0.2}, batch_size: 8}
train:
  epochs: 3
  seed: 4
  optimizer: {AdamW: {learning_rate: 0.02}}
  checkpoint_every: 2
"""
