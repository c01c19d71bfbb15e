"""Runs of strangers that others learn from, that were pruned or rounded, or that go to a microcontroller."""

from __future__ import annotations

from dataclasses import replace

from cases_models import archive, as_lambda, model
from cases_trained import AGAIN, EXPORT, TEXT, Change, instead, put, run
from cases_weights import ENDING, holding
from harness import Case, Command

PRUNE: Command = ("prune", "spec.yaml", "--run", "run", "--macs", "0.5", "-o", "pruned.yaml")
SMALLER: Command = ("compress", "spec.yaml", "--run", "run", "--target", "1KB", "--trials", "1", "--folder", "smaller")
BESIDE: Command = ("prune", "spec.yaml", "--run", "run", "--macs", "0.5", "-o", "../outside/kept.txt")
LEARN: Command = ("train", "spec.yaml", "--run", "other")
TAUGHT = TEXT.replace("train: {", "train: {teacher: {run: run}, ")
BEGUN = TEXT.replace("train: {", "train: {initial_weights: run, ")
PRUNED = TEXT.replace("train: {", "train: {prune: {sparsity: 0.5}, ")
ROUNDED = TEXT.replace("train: {", "train: {quantize: {}, ")
LAYERS = TEXT.replace("[{Dense: 1}]", "[{Dense: 32}, {Dense: 1}]")
MICRO = TEXT.replace("export: [TFLite]", "export: [{TFLite: {runtime: micro, quantize: int8}}]")
PLACES = ("best.keras", "record.json", "assets", "spec.yaml", "inputs.json", "learned.json")
KINDS = ("a pipe", "a device", "a link to itself", "10 GB")
NOISE = bytes(range(256)) * 40
CHANGES: dict[str, Change] = {
    "a model with a Lambda": put("best.keras", lambda place: archive(model(as_lambda(place)))),
    "weights that end the library": holding(ENDING),
    "labels of noise": put("assets/labels.txt", NOISE),
    "assets of noise": put("assets/extra.json", NOISE),
    "what is learned of noise": put("learned.json", NOISE),
    "inputs of noise": put("inputs.json", NOISE),
    "a record of noise": put("record.json", NOISE),
    "a checkpoint of noise": put("checkpoints/step-999999999999", NOISE),
    "an export of noise": put("exported.json", NOISE),
}
CUT_WITH = ("a model with a Lambda", "weights that end the library", "labels of noise", "a record of noise")
AGAIN_WITH = ("weights that end the library", "what is learned of noise", "a checkpoint of noise")
EXPORTED_WITH = ("weights that end the library", "a record of noise", "an export of noise")
CASES: dict[str, Case] = {
    **{f"taught: {name} is {kind}": run(instead(name, kind), LEARN, then=TAUGHT) for name in PLACES for kind in KINDS},
    **{f"taught: {name}": run(change, LEARN, then=TAUGHT) for name, change in CHANGES.items()},
    **{f"begun with: {name}": run(CHANGES[name], LEARN, then=BEGUN) for name in AGAIN_WITH[:2]},
    **{f"pruned: {name}": run(CHANGES[name], AGAIN, text=PRUNED) for name in AGAIN_WITH},
    **{f"rounded: {name}": run(CHANGES[name], AGAIN, text=ROUNDED) for name in AGAIN_WITH},
    **{f"cut: {name}": run(CHANGES[name], PRUNE, text=LAYERS) for name in CUT_WITH},
    **{f"cut: best.keras is {kind}": run(instead("best.keras", kind), PRUNE, text=LAYERS) for kind in KINDS},
    "cut over a file that is there": run(lambda place, folder: None, BESIDE, text=LAYERS, codes=(2,)),
    **{f"made smaller: {name}": run(CHANGES[name], SMALLER, text=LAYERS) for name in CUT_WITH[:2]},
    **{f"to a microcontroller: {name}": run(CHANGES[name], EXPORT, text=MICRO, seconds=4.0)  # rounded, and run in a process of its own
    for name in EXPORTED_WITH},
}  # fmt: skip
CASES = {name: replace(case, full=True, megabytes=700) for name, case in CASES.items()}
