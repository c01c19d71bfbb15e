"""The catalogue: what there is, read from the committed schema."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nnspec.catalog.kinds import catalog, schema_path


def names(category: str, kind: str) -> list[str]:
    return [argument.name for argument in catalog().arguments(category, kind)]


def test_kinds_by_category() -> None:
    assert {"Conv2D", "MaxPool2D", "Convolution2D", "Bidirectional"} <= set(catalog().kinds("layer"))
    assert {"ImageFolder", "IDX", "Csv"} <= set(catalog().kinds("source"))
    assert {"SavedModel", "TFLite"} <= set(catalog().kinds("target"))
    assert catalog().has("optimizer", "SGD") and not catalog().has("layer", "SGD")


def test_arguments_stand_in_keras_order_so_the_first_is_the_shorthand() -> None:
    assert names("layer", "Conv2D")[:4] == ["filters", "kernel_size", "strides", "padding"]
    assert names("layer", "Dense")[0] == "units"
    assert names("schedule", "ExponentialDecay")[0] == "initial_learning_rate"
    assert names("layer", "Nothing") == []


def test_an_argument_says_what_it_is() -> None:
    conv = {argument.name: argument for argument in catalog().arguments("layer", "Conv2D")}
    assert conv["filters"].required and not conv["strides"].required
    assert conv["strides"].default == [1, 1] and conv["padding"].default == "valid"
    assert conv["kernel_initializer"].category == "initializer" and conv["filters"].category is None
    path = next(argument for argument in catalog().arguments("source", "ImageFolder") if argument.name == "path")
    assert path.is_path


def test_null_is_a_value_where_the_default_is_another() -> None:
    found = {
        (kind, argument.name)
        for kind in catalog().kinds("layer")
        for argument in catalog().arguments("layer", kind)
        if argument.null_is_a_value
    }
    assert ("Bidirectional", "merge_mode") in found and ("TextVectorization", "split") in found
    assert ("Dense", "activation") not in found


def test_defaults_are_all_of_a_kinds_arguments() -> None:
    defaults = catalog().defaults("layer", "LSTM")
    assert defaults["recurrent_activation"] == "sigmoid" and defaults["return_sequences"] is False
    assert list(defaults) == names("layer", "LSTM") and defaults["units"] is None


def test_what_base_classes_take_is_there() -> None:
    assert {"dtype", "trainable", "activity_regularizer"} <= set(names("layer", "Add"))
    assert "zero_output_for_mask" in names("layer", "GRU") and "data_format" in names("layer", "RandomBrightness")
    assert "cell" not in names("layer", "LSTM") and "pool_mode" not in names("layer", "MaxPooling2D")
    assert {"clipnorm", "use_ema", "gradient_accumulation_steps"} <= set(names("optimizer", "SGD"))


def test_words_are_what_keras_reads_by_itself() -> None:
    assert {"relu", "softmax"} <= set(catalog().words("activation"))
    assert {"accuracy", "mae", "AUC"} <= set(catalog().words("metric"))
    assert {"adam", "SGD"} <= set(catalog().words("optimizer"))
    assert "he_normal" in catalog().words("initializer") and "initializer" not in catalog().words("initializer")
    assert "LSTM" not in catalog().words("layer"), "it cannot stand without its units"


@pytest.mark.parametrize("kind", ["Lambda", "LambdaCallback", "TFSMLayer", "Layer", "Metric", "InputLayer"])
def test_refused_kinds_have_a_reason_and_are_no_kinds(kind: str) -> None:
    assert catalog().refused(kind)
    assert not any(catalog().has(category, kind) for category in ("layer", "loss", "metric", "callback"))


def test_kinds_that_are_not_refused_have_none() -> None:
    assert catalog().refused("Dense") is None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("MultiHeadAttention", ("query", "value", "key")),
        ("LSTM", ("sequences", "initial_state")),
        ("Add", ("inputs",)),
        ("RandomFlip", ("data",)),
    ],
)
def test_call_arguments(kind: str, expected: tuple[str, ...]) -> None:
    assert catalog().call_arguments(kind)[: len(expected)] == expected
    assert "training" not in catalog().call_arguments(kind)


def test_the_schema_is_small_enough_to_load_at_every_start() -> None:
    assert schema_path().stat().st_size < 700_000


def test_the_catalogue_needs_no_library() -> None:
    code = (
        "import sys; from nnspec.catalog.kinds import catalog; catalog().kinds('layer');"
        "print(sorted({'keras', 'tensorflow', 'numpy', 'jsonschema'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
