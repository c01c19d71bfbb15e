"""The ``train`` and ``budget`` sections as values: their settings and defaults, of which this is the one home.

That of ``data`` is `nnspec.data.config`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Literal

from nnspec.layers.types import KindValue
from nnspec.quick_classes import dataclass

Strategy = Literal["auto", "single", "mirrored", "multi_worker", "tpu"]
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
Tracking = Literal["mlflow", "wandb", "tensorboard"]
Kind = KindValue | str  # a text is an identifier that Keras knows, or a kind that is not in the catalog
RUN_SPEC, RUN_ASSETS, RUN_BEST = "spec.yaml", "assets", "best.keras"  # within a run's folder
BY_OUTPUT = ("loss", "loss_weights", "metrics", "weighted_metrics")


@dataclass(frozen=True, slots=True)
class PhaseConfig:
    """A part of a training. None: as the whole training."""

    epochs: int
    trainable: tuple[str, ...] | None = None
    optimizer: Kind | None = None


@dataclass(frozen=True, slots=True)
class QuantizeConfig:
    """A training that rounds as the file will.

    Attributes:
        weights: what the weights of convolutions and Dense are rounded to.
        activations: what values between layers are rounded to; ``int16``: to 65,536 steps about zero, for a file of
            int16x8; ``float32``: they are not.
        ranges: how the ranges of values are found: a moving average of what batches have, or learned.
        equalize: ``auto``: channels of very different ranges in `initial_weights` are made alike first.
        keep_float: names and patterns of layers that are not rounded.
        recurrent: what of recurrent layers is rounded: their ``weights``; or, ``unrolled``, every value of every step,
            as a file of ``runtime: unrolled`` computes them; ``auto``: that where such an int8 file is exported.
        float_epochs: the first epochs, which do not round; None: none where there are `initial_weights`, else half.
        frozen_epochs: the last epochs, in which ranges and statistics no longer move; None: a third of those that
            round.
    """

    weights: Literal["int8", "int4"] = "int8"
    activations: Literal["int8", "int16", "float32"] = "int8"
    ranges: Literal["moving", "learned"] = "moving"
    equalize: Literal["none", "auto"] = "none"
    keep_float: tuple[str, ...] = ()
    recurrent: Literal["auto", "weights", "unrolled"] = "auto"
    float_epochs: int | None = None
    frozen_epochs: int | None = None


@dataclass(frozen=True, slots=True)
class PruneConfig:
    """A training that makes weights zero by and by.

    Attributes:
        sparsity: the share of weights that end as zero, or ``2:4``: two of each four.
        layers: names and patterns of layers; None: all that have weights to spare.
        dense_epochs: the first epochs, which make no weight zero; None: none where there are `initial_weights`, else a
            quarter.
        final_epochs: the last epochs, which make no further one zero; None: a quarter.
    """

    sparsity: float | str
    layers: tuple[str, ...] | None = None
    dense_epochs: int | None = None
    final_epochs: int | None = None


@dataclass(frozen=True, slots=True)
class TeacherConfig:
    """A trained network whose answers are learned beside the true ones (Hinton et al. 2015).

    Attributes:
        run: a run folder or a ``.keras`` file; an absolute path.
        temperature: what logits of both are divided by before they are compared.
        weight: the teacher's share of the loss; the truth has the rest.
        features: by layer of this network the layer of the teacher whose values it learns to have.
        feature_weight: what the difference of these values counts beside the rest of the loss.
    """

    run: str
    temperature: float = 4.0
    weight: float = 0.9
    features: Mapping[str, str] = field(default_factory=dict)
    feature_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class PretrainedConfig:
    """A network of `keras.applications` whose weights a training begins from.

    Attributes:
        application: its name, such as `MobileNetV2`.
        weights: what they were learned on.
        alpha: the width of a MobileNet; None: 1.
        include_top: whether the head for the 1,000 classes of ImageNet is among them.
    """

    application: str
    weights: Literal["imagenet"] = "imagenet"
    alpha: float | None = None
    include_top: bool = False


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """
    Attributes:
        epochs: passes over the training part; with phases, those of all of them.
        loss, loss_weights, metrics, weighted_metrics: one for all outputs, or a mapping from output to its own.
        checkpoint_every: steps between checkpoints within an epoch.
        checkpoint_seconds: the time between them, where the spec gives a time.
        deterministic: None is yes on a CPU, and no on a GPU.
        class_weight: ``balanced``, or a weight by label; or a mapping from output to such a one.
        initial_weights: an absolute path, or a network of Keras's.
        trainable: names and patterns of the layers that learn; None: what each layer says.
        quantize: how it rounds; None: not at all.
        track: who is told of the run beside the run folder.
        teacher: whose answers it learns too; None: nobody's.
        prune: how many weights become zero; None: none.
    """

    epochs: int = 10
    optimizer: Kind = field(default_factory=lambda: KindValue("Adam", {}))
    loss: Any = None
    loss_weights: Any = None
    metrics: Any = None
    weighted_metrics: Any = None
    callbacks: tuple[Kind, ...] = ()
    strategy: Strategy = "auto"
    precision: Precision = "float32"
    seed: int = 0
    deterministic: bool | None = None
    debug: bool = False
    class_weight: Literal["balanced"] | Mapping[str, Any] | None = None
    checkpoint_every: int | None = None
    checkpoint_seconds: float | None = None
    initial_weights: str | PretrainedConfig | None = None
    trainable: tuple[str, ...] | None = None
    phases: tuple[PhaseConfig, ...] = ()
    quantize: QuantizeConfig | None = None
    track: tuple[Tracking, ...] = ()
    teacher: TeacherConfig | None = None
    prune: PruneConfig | None = None

    @property
    def optimizer_kind(self) -> str:
        return self.optimizer if isinstance(self.optimizer, str) else self.optimizer.kind

    def setting(self, key: str) -> Any:
        """One of the settings that may be given by output, ``BY_OUTPUT``."""
        return getattr(self, key)


@dataclass(frozen=True, slots=True)
class Budget:
    """What a network may cost at most; None where the spec sets no limit.

    Attributes:
        params: parameters.
        macs: multiply-adds of one example.
        tflite_bytes, saved_model_bytes: sizes of what is exported.
        latency_ms: median of a TFLite file on one example and one thread.
        memory_bytes: of a TFLite file, at the peak.
        arena_bytes: what TensorFlow Lite Micro takes for a file of `runtime: micro`.
    """

    params: float | None = None
    macs: float | None = None
    tflite_bytes: float | None = None
    saved_model_bytes: float | None = None
    latency_ms: float | None = None
    memory_bytes: float | None = None
    arena_bytes: float | None = None

    @property
    def is_measured(self) -> bool:
        """Whether it bounds what only running a file tells."""
        return self.latency_ms is not None or self.memory_bytes is not None
