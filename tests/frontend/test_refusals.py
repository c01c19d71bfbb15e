"""All refusals before the first step of a training, collected from the code: each is `check`'s, or it is said why not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from own_code import nodes

from nnspec.cli.errors import exit_code
from nnspec.frontend.pipeline import check

ROOT = Path(__file__).parent.parent.parent / "nnspec"
INVALID = Path(__file__).parent.parent / "specs" / "invalid"
ERRORS = ("DataError", "TrainingError")
Site = tuple[str, str, str]  # module, function, code or exception

# Files that are no part of a training before its first step.
ELSEWHERE = {
    "cluster": "the environment of workers",
    "learned": "a run's file",
    "loop": "the loop: the first step is done",
    "replicas": "a run that goes on",
    "state": "a checkpoint",
    "stopped": "the loop: the first step is done",
    "supervisor": "the processes of workers",
    "tpu": "`check --target tpu`, which needs TensorFlow",
    "train": "the loop: the first step is done",
    "workers": "the processes of workers",
}
# By site the file of tests/specs/invalid, with the code and the exit code that `check` refuses it with.
CASES: dict[Site, tuple[str, str, int]] = {
    ("binding", "_pair", "E0702"): ("names_of_the_data", "E0702", 3),
    ("class_weights", "_by_label", "E0708"): ("class_weight_of_no_class", "E0708", 3),
    ("class_weights", "class_weights", "E0713"): ("class_weight_of_numbers", "E0713", 3),
    ("compile", "_chain_loss", "E0703"): ("loss_of_a_chain", "E0703", 3),
    ("compile", "by_output", "E0708"): ("loss_of_no_output", "E0708", 3),
    ("compile", "default_loss", "E0707"): ("no_loss_and_no_task", "E0707", 3),
    ("data", "against_data", "E0901"): ("broken_table", "E0901", 4),
    ("unusable", "unusable", "E0901"): ("broken_table", "E0901", 4),
    ("inputs", "input_misfits", "E0702"): ("shape_of_the_data", "E0702", 3),
    ("inputs", "_looked_up", "E0702"): ("more_words_than_rows", "E0702", 3),
    ("inputs", "lookups_of_bins", "E0702"): ("more_bins_than_rows", "E0702", 3),
    ("metrics", "metric_misfits", "E0704"): ("metric_of_numbers", "E0704", 3),
    ("settings", "_pieces", "E0703"): ("schedule_of_too_few_values", "E0703", 3),
    ("settings", "loss_arguments", "E0703"): ("loss_on_an_axis_that_is_not_there", "E0703", 3),
    ("settings", "metric_arguments", "E0703"): ("metric_on_an_axis_that_is_not_there", "E0703", 3),
    ("settings", "_clipped_twice", "E0703"): ("gradients_cut_twice", "E0703", 3),
    ("settings", "_polynomial", "E0703"): ("muon_without_a_bound", "E0703", 3),
    ("settings", "_rate", "E0705"): ("learning_rate_below_zero", "E0705", 3),
    ("settings", "_unweighted", "E0703"): ("loss_weights_leave_an_output_out", "E0703", 3),
    ("settings", "batches", "E0706"): ("batch_over_the_data", "E0706", 3),
    ("class_weights", "_without_classes", "E0713"): ("class_weight_of_numbers", "E0713", 3),
    ("class_weights", "_against", "E0708"): ("class_weight_of_no_class", "E0708", 3),
    ("class_weights", "class_weight_names", "E0205"): ("class_weight_of_no_output", "E0205", 3),
    ("class_weights", "class_weight_names", "E0708"): ("class_weight_of_no_output", "E0708", 3),
    ("settings", "one_hot_of_numbers", "E0702"): ("one_hot_of_numbers", "E0702", 3),
    ("settings", "output_names", "E0703"): ("loss_of_no_output", "E0703", 3),
    ("settings", "output_names", "E0708"): ("loss_of_no_output", "E0708", 3),
    ("targets", "_no_class", "E0702"): ("loss_of_what_is_no_class", "E0702", 3),
    ("targets", "target_misfits", "E0702"): ("fewer_units_than_classes", "E0702", 3),
    ("targets", "target_misfits", "E0703"): ("loss_of_a_chain", "E0703", 3),
    ("targets", "target_misfits", "E0707"): ("no_loss_and_no_task", "E0707", 3),
    ("teacher", "_labels", "E0745"): ("teacher_of_other_labels", "E0745", 3),
    ("teacher", "teacher_misfits", "E0745"): ("teacher_of_other_labels", "E0745", 3),
    ("teacher", "teacher_misfits", "E0703"): ("temperature_of_values", "E0703", 3),
    ("teacher_features", "feature_misfits", "E0703"): ("feature_weight_of_nothing", "E0703", 3),
    ("teacher_features", "feature_misfits", "E0708"): ("feature_of_no_layer", "E0708", 3),
    ("teacher_features", "feature_misfits", "E0745"): ("feature_that_is_folded", "E0745", 3),
    ("word_vectors", "vector_misfits", "E0712"): ("vectors_of_another_width", "E0712", 3),
    ("word_vectors", "vector_misfits", "E0901"): ("vectors_that_are_none", "E0901", 4),
}
# What cannot be known without TensorFlow, and why.
EXCEPTIONS: dict[Site, str] = {
    ("adapting", "_batches", "TrainingError"): "a file that turns out unreadable while a layer learns from it",
    ("adapting", "_result", "E0726"): "the values that reach a layer, once all of them are read",
    ("adapting", "_see", "E0726"): "the values that reach a layer, once all of them are read",
    ("augment", "augment", "E0722"): "what Keras says of a layer on this shape",
    ("augment", "make_augmenter", "E0722"): "what Keras says of a layer's arguments, and whether it draws",
    ("callbacks", "spec_callbacks", "E0709"): "what Keras says of a callback's arguments",
    ("compile", "_made", "E0709"): "what Keras says of the arguments of a loss, a metric or an optimizer",
    ("compile", "_named_loss", "E0709"): "words that the catalogue has and Keras of another version has not",
    ("compile", "compile_model", "E0709"): "what Keras says of settings that fit one by one",
    ("data", "refuse_absent", "E0712"): "weights that are not there are a warning, W0920: they may be trained later",
    ("data", "refuse_absent", "DataError"): "data that are not there are a warning, W0901: a spec is checked without",
    ("given_model", "assets_of", "E0712"): "the files of a run, which may be trained later",
    ("initial_weights", "_copy", "E0712"): "the weights of a file of Keras's",
    ("initial_weights", "initial_misfits", "E0712"): "a run beside the spec: test_initial_weights.py",
    ("given_model", "open_model", "E0712"): "a file of Keras's, which may be trained later",
    ("initial_weights", "take", "E0712"): "the weights of a file of Keras's",
    (
        "initial_weights",
        "_pretrained",
        "E0712",
    ): "whether a network or a folder has them, and what Keras says of the size",
    ("inputs", "refuse_changed", "TrainingError"): "a run that is resumed",
    (
        "teacher",
        "refuse",
        "E0745",
    ): "what only the teacher's file and the whole data tell: tests/training/test_teacher.py",
    ("pruning", "make_pruner", "E0746"): "inputs whose number only the built layers tell",
    ("sequences", "check_label_sequences", "E0723"): "the sequences of labels themselves, once all of them are read",
    ("single_examples", "padding_alone", "DataError"): "the values of all examples: `nnspec data` says it",
    ("strategy", "_several_workers", "E0710"): "the environment of workers",
    ("strategy", "_tpu", "E0710"): "the devices of this machine",
    ("token_range", "_refused", "DataError"): "numbers of arrays, which are read whole; of other sources it is E0702",
    ("token_range", "refuse_no_row", "DataError"): "new examples, which `predict` is given",
}


def sites() -> Iterator[Site]:
    """Every place that makes an error of its own, in the files that a training runs before its first step."""
    for path in sorted([*(ROOT / "training").rglob("*.py"), *(ROOT / "frontend" / "agreement").glob("*.py")]):
        if path.stem in ELSEWHERE and "training" in path.parts:
            continue
        for function in nodes(path, ast.FunctionDef):
            yield from ((path.stem, function.name, code) for code in codes_in(function))


def codes_in(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            first = node.args[0] if node.args else None
            if node.func.id in ERRORS:
                yield node.func.id
            elif node.func.id == "unusable":
                yield "E0901"
            elif node.func.id in ("Diagnostic", "refused") and isinstance(first, ast.Constant):
                yield from [str(first.value)] * str(first.value).startswith("E")


def test_every_refusal_has_its_case_or_its_reason() -> None:
    assert set(sites()) == set(CASES) | set(EXCEPTIONS)


@pytest.mark.parametrize(("name", "code", "leaves"), sorted(set(CASES.values())))
def test_check_refuses_what_training_refuses(name: str, code: str, leaves: int) -> None:
    found = check(INVALID / f"{name}.yaml").diagnostics
    assert code in {one.code for one in found if one.severity == "error"}
    assert exit_code(found) == leaves
