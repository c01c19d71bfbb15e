"""The few layers of nnspec's own, kinds like Keras's: name -> class.

To add one: its class in a file of its own beside this one, registered by ``register_keras_serializable("nnspec")`` and
with a ``get_config``; a line here; a record in its family's table under ``nnspec/layers`` and cases in
``tests/layers/layer_cases.py``; in ``arguments.py`` under ``OWN`` what an argument means that Keras has not, or has
under another meaning. Then ``nnspec schema --write``.
"""

from __future__ import annotations

from nnspec.backend.aware import model as aware_model  # noqa: F401 - registered together with the layers
from nnspec.backend.own_layers import activations as activations
from nnspec.backend.own_layers.along_axis import ArgMax, CumulativeSum, TopK
from nnspec.backend.own_layers.clip import Clip
from nnspec.backend.own_layers.crf import CRF
from nnspec.backend.own_layers.depth_space import DepthToSpace, SpaceToDepth
from nnspec.backend.own_layers.jordan import JordanCell, JordanRNN
from nnspec.backend.own_layers.lrn import LocalResponseNormalization
from nnspec.backend.own_layers.matmul import MatMul
from nnspec.backend.own_layers.mel import MFCC, LogMelSpectrogram
from nnspec.backend.own_layers.positions import PositionEmbedding
from nnspec.backend.own_layers.reduce import Reduce
from nnspec.backend.own_layers.slices import Slice
from nnspec.backend.own_layers.sound_augmentation import (
    RandomEqualizer,
    RandomGain,
    RandomLowPass,
    RandomNoise,
    RandomSpeed,
    RandomTimeShift,
    SpecAugment,
)

EXTRA_LAYERS: dict[str, type] = {
    "ArgMax": ArgMax,
    "CRF": CRF,
    "Clip": Clip,
    "CumulativeSum": CumulativeSum,
    "DepthToSpace": DepthToSpace,
    "JordanCell": JordanCell,
    "JordanRNN": JordanRNN,
    "LocalResponseNormalization": LocalResponseNormalization,
    "MatMul": MatMul,
    "PositionEmbedding": PositionEmbedding,
    "Reduce": Reduce,
    "Slice": Slice,
    "SpaceToDepth": SpaceToDepth,
    "TopK": TopK,
    "LogMelSpectrogram": LogMelSpectrogram,
    "MFCC": MFCC,
    "RandomEqualizer": RandomEqualizer,
    "RandomGain": RandomGain,
    "RandomLowPass": RandomLowPass,
    "RandomNoise": RandomNoise,
    "RandomSpeed": RandomSpeed,
    "RandomTimeShift": RandomTimeShift,
    "SpecAugment": SpecAugment,
}
