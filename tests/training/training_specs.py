"""A small network with everything that makes resuming hard: augmentation, Dropout, batch statistics, a schedule."""

from __future__ import annotations

from collections.abc import Callable

from nnspec.frontend.spec import Spec

WriteSpec = Callable[..., Spec]

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
