"""What users of other tools write in a spec: each is told with what to write here."""

from __future__ import annotations

import pytest

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.pipeline import check

SPEC = """\
nnspec: 1
inputs: {image: [64, 64, 3]}
layers:
  - LAYER
  - Flatten
  - {name: out, Dense: {units: 2, activation: softmax}}
data:
  source: {ImageFolder: {path: pets, image_size: [64, 64]}}
  split: {validation: 0.2}
train:
  epochs: 2
  optimizer: {Adam: 1e-3}
  loss: SparseCategoricalCrossentropy
  metrics: [accuracy]
export: TFLite
""".replace("LAYER", "Conv2D: {filters: 8, kernel_size: 3}")


@pytest.mark.parametrize(
    ("right", "wrong", "hint"),
    [
        # A value that means another thing here.
        ("Conv2D: {filters: 8, kernel_size: 3}", "Dropout: {keep_prob: 0.8}", "write `rate: 0.2`"),
        (
            "Conv2D: {filters: 8, kernel_size: 3}",
            "MultiHeadAttention: {embed_dim: 64, num_heads: 4}",
            "write `key_dim: 16`",
        ),
        (
            "Conv2D: {filters: 8, kernel_size: 3}",
            "Embedding: {input_dim: 9, output_dim: 4, padding_idx: 0}",
            "`mask_zero: true`",
        ),
        ("Conv2D: {filters: 8, kernel_size: 3}", "RandomRotation: {degrees: 90}", "write `factor: 0.25`"),
        ("{Adam: 1e-3}", "{SGD: {learning_rate: {StepLR: {step_size: 30}}}}", "which counts steps, not epochs"),
        ("{Adam: 1e-3}", "{Adam: {lr: 0.1, T_max: 100}}", "`learning_rate`, counted in steps: write"),
        # Layers.
        ("Conv2D: {filters: 8, kernel_size: 3}", "[Flatten, {Dense: 2}]", "each with one dash"),
        ("Conv2D: {filters: 8, kernel_size: 3}", "[-1, 1, Conv, [64, 3, 2]]", "a layer is a kind and its arguments"),
        ("Conv2D: {filters: 8, kernel_size: 3}", "BatchNormalization: 64", "write `BatchNormalization`"),
        ("Conv2D: {filters: 8, kernel_size: 3}", "GlobalAveragePooling2D: 1", "write `GlobalAveragePooling2D`"),
        ("Conv2D: {filters: 8, kernel_size: 3}", "Conv2D: 8 3 relu", "{filters: 8, kernel_size: 3, activation: relu}"),
        ("Conv2D: {filters: 8, kernel_size: 3}", "ResNet50: {weights: imagenet}", "--application ResNet50"),
        ("Conv2D: {filters: 8, kernel_size: 3}", "MyLayer: 3", "`nnspec schema --list` names all"),
        ("kernel_size: 3", "kernel_size: 3, padding: [1, 1]", "`same` keeps the size"),
        ("kernel_size: 3", "kernel_size: 3, activation: {LeakyReLU: 0.1}", "`- LeakyReLU: 0.1`"),
        (
            "Conv2D: {filters: 8, kernel_size: 3}",
            "{class_name: Conv2D, config: {filters: 8, kernel_size: 3, name: c1}}",
            "write `{name: c1, Conv2D: {filters: 8, kernel_size: 3}}`",
        ),
        # Values.
        ("epochs: 2", "epochs: 1-10", "`nnspec sweep SPEC --over"),
        ("epochs: 2", "epochs: {values: [1, 2]}", "`nnspec sweep SPEC --over"),
        ("filters: 8", "filters: params.width", "`$width`"),
        ("[64, 64, 3]", '["?", 64, 64, 3]', "the batch is not written"),
        ("inputs: {image: [64, 64, 3]}", "inputs: 784", "`{x: [784]}`"),
        ("image_size: [64, 64]", 'image_size: "64,64"', "write a list: `[64, 64]`"),
        ("image_size: [64, 64]", "image_size: {width: 32, height: 64}", "write a list: `[64, 32]`"),
        # Sections.
        ("split: {validation: 0.2}", "split: {validation: 200}", "a share of the examples"),
        ("split: {validation: 0.2}", "classes: 2", "labels have names"),
        ("split: {validation: 0.2}", "classes: {0: cat, 1: dog}", "write a list: `[cat, dog]`"),
        ("export: TFLite", "names: [cat, dog]\nexport: TFLite", "here it is `classes`, and stands under `data:`"),
        ("{path: pets, image_size: [64, 64]}", "{train: pets/train, val: pets/val}", "`split: {validation: PATH"),
        ("{ImageFolder: {path: pets, image_size: [64, 64]}}", 'load_dataset("beans")', "fetch the data first"),
        (
            "{ImageFolder: {path: pets, image_size: [64, 64]}}",
            "{Csv: {path: a.csv, target: y, lookback: 24}}",
            "write `window: {length: 24}`",
        ),
        ("{Adam: 1e-3}", "{Adam: {momentum: 0.9}}", "it is of SGD"),
        ("loss: SparseCategoricalCrossentropy", "loss: mse + mae", "one stands here: `mse` or `mae`"),
        ("[accuracy]", "[{TopK: 5}]", "did you mean `SparseTopKCategoricalAccuracy`?"),
    ],
)
def test_what_others_write_is_told_with_what_to_write(right: str, wrong: str, hint: str) -> None:
    assert right in SPEC
    found = check(Source.from_text(SPEC.replace(right, wrong, 1)), data=False).diagnostics
    assert hint in "\n".join(map(str, found))


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("path: coco8\ntrain: images/train\nnames: {0: person}\n", "YOLO"),
        ("model_type: bert\nhidden_size: 768\n", "Hugging Face"),
        ("trainer: {max_epochs: 10}\nmodel: {class_path: Net}\n", "Lightning"),
        ("method: bayes\nparameters: {lr: {min: 0.1, max: 1}}\n", "W&B"),
    ],
)
def test_a_file_of_another_tool_is_told_once(text: str, tool: str) -> None:
    (told,) = check(Source.from_text(text), data=False).diagnostics
    assert told.code == "E0210" and told.hint is not None and tool in told.hint


def test_a_file_of_sections_is_told_as_yaml_has_them() -> None:
    (told,) = check(Source.from_text("[train]\nepochs = 3\n[data]\nbatch = 2\n"), data=False).diagnostics
    assert told.code == "E0105" and "below it `  epochs: 3`" in str(told)


def test_what_is_kept_is_never_put_in_the_place_of_what_is_dropped() -> None:
    text = SPEC.replace("Conv2D: {filters: 8, kernel_size: 3}", "Dropout: {keep_prob: 0.8}")
    (told,) = check(Source.from_text(text), data=False).diagnostics
    assert told.fix is None
