"""Kinds of Keras's that a spec cannot hold, and why: those that carry code, bases, and what a run has anyway."""

from __future__ import annotations

_CODE = "it runs code that the spec would carry"
_NO_PAIR = "it sums up values that a program hands to it, and compares no output with a target"
_BASE = "it is a base class and does nothing by itself"

REFUSED: dict[str, str] = {
    "Lambda": f"{_CODE}; write a layer, and bring it in with `requires:` or --plugin",
    "LambdaCallback": _CODE,
    "LearningRateScheduler": f"{_CODE}; give the optimizer a schedule as its `learning_rate`",
    "MeanMetricWrapper": _CODE,
    "Mean": f"{_NO_PAIR}; MeanAbsoluteError and its like do",
    "Sum": f"{_NO_PAIR}; TruePositives and its like count",
    "Circle": "it trains embeddings, whose distances answer: what is predicted, measured and exported here are the "
    "classes and numbers that an output gives",
    "JaxLayer": _CODE,
    "FlaxLayer": _CODE,
    "TorchModuleWrapper": _CODE,
    "TFSMLayer": "it runs a saved program whose content nothing checks",
    "RemoteMonitor": "it sends data to another machine",
    "MultiOptimizer": "it needs the layers themselves as arguments",
    "OptimizerMap": "it needs the layers themselves as arguments",
    "Input": "inputs stand under `inputs:`, at the top, such as `inputs: {image: [28, 28, 1]}`",
    "InputLayer": "inputs stand under `inputs:`, at the top, such as `inputs: {image: [28, 28, 1]}`",
    "Model": "the network stands under `layers:`; a part that is used again is a block",
    "Sequential": "a list of layers is a chain already; a part that is used again is a block",
    "glu": "it halves the last axis, which no layer counts on; `{Multiply: , from: [a, b]}` gates one "
    "half by the sigmoid of the other",
    "threshold": "it needs two numbers, which a word cannot give; `ReLU: {threshold: ...}` takes its own",
    "History": "every run keeps its history",
    "CallbackList": "list the callbacks themselves under `callbacks:`",
    "ProgbarLogger": "the command shows the progress",
    "TensorBoard": "every run writes events for TensorBoard: `tensorboard --logdir runs` shows them",
    "OrbaxCheckpoint": "it needs a package of JAX's; every run keeps checkpoints of its own, and resumes exactly",
    "BackupAndRestore": "every run keeps checkpoints of its own, and resumes exactly",
    **dict.fromkeys(("Layer", "Wrapper", "Loss", "Metric", "Optimizer", "LearningRateSchedule"), _BASE),
    **dict.fromkeys(("Callback", "Initializer", "Regularizer", "Constraint"), _BASE),
}
