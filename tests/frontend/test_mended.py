"""Mistakes that are told with what to write: once the fix is applied, as it is offered to an editor, no error is left."""

from __future__ import annotations

import pytest

from nnspec.frontend.diagnostics import Source
from nnspec.frontend.edits import apply
from nnspec.frontend.pipeline import check
from nnspec.frontend.trainer_words import VALUE, setting

SPEC = """\
nnspec: 1
name: pets
inputs: {photo: [8, 8, 3]}
layers:
  - Rescaling: $(1 / 255)
  - Flatten
  - Dense: {units: 2, activation: softmax}
data:
  source: {ImageFolder: {path: pets, image_size: [8, 8]}}
  batch_size: 4
train:
  epochs: 1
  optimizer: {Adam: {learning_rate: 1e-3}}
  loss: SparseCategoricalCrossentropy
"""
EPOCHS, BATCH, NAME, FLAT = "  epochs: 1\n", "  batch_size: 4\n", "name: pets\n", "  - Flatten\n"
DENSE = "{units: 2, activation: softmax}"


@pytest.mark.parametrize(
    ("right", "wrong", "hint", "mended"),
    [
        # Settings of other trainers, which have another place here, or none.
        (EPOCHS, f"{EPOCHS}  num_workers: 4\n", "examples are read beside the training", None),
        (EPOCHS, f"{EPOCHS}  precision: 16\n", "did you mean `mixed_float16`?", "precision: mixed_float16"),
        (EPOCHS, f"{EPOCHS}  validation_split: 0.2\n", "here it is `validation`", "split: {validation: 0.2}"),
        (EPOCHS, f"{EPOCHS}  n_epochs: 3\n", "`epochs` stands here already: leave `n_epochs` out", None),
        (EPOCHS, f"{EPOCHS}  lr: 0.01\n", "Adam has `learning_rate: 0.001` already: leave `lr` out", None),
        (EPOCHS, f"{EPOCHS}  clip_grad: 1.0\n", "it is `clipnorm` of Adam", "{learning_rate: 1e-3, clipnorm: 1.0}"),
        (EPOCHS, f"{EPOCHS}  device: cuda\n", "a GPU that TensorFlow finds is used by itself", None),
        (EPOCHS, f"{EPOCHS}  verbose: 1\n", "progress is shown", None),
        (EPOCHS, f"{EPOCHS}  save_dir: out\n", "each run has a folder of its own", None),
        (EPOCHS, f"{EPOCHS}  batch: 16\n", "`batch_size` stands under `data:` already, `4`", None),
        (EPOCHS, "  max_epochs: 3\n", "did you mean `epochs`?", "  epochs: 3"),
        (BATCH, "", None, None),
        (BATCH, f"{BATCH}  shuffle_buffer: 1000\n", "the whole training part is shuffled", None),
        (BATCH, f"{BATCH}  test_split: 0.1\n", "stands under `data.split:`", "split: {test: 0.1}"),
        (NAME, f"{NAME}learning_rate: 0.1\n", "stands under `train.optimizer.Adam:` already, `1e-3`", None),
        (
            NAME,
            f"{NAME}callbacks: [EarlyStopping: {{monitor: loss}}]\n",
            "stands under `train:`",
            "  callbacks: [Early",
        ),
        # YAML as other programs, word processors and keyboards write it.
        (DENSE, "{units 2, activation: softmax}", "write `units: 2`", DENSE),
        (DENSE, "{units: 2; activation: softmax}", "separated by commas", DENSE),
        (DENSE, "[units: 2, activation: softmax]", "a mapping, without dashes", DENSE),
        (DENSE, "[2, softmax]", "`Dense: {units: 2, activation: softmax}`", DENSE),
        (DENSE, "{units: $(3 / 2), activation: softmax}", "`/` gives a fraction", "units: $(3 // 2)"),
        (DENSE, "{units: ${1 + 1}, activation: softmax}", "write `$(1 + 1)`", "units: $(1 + 1)"),
        (DENSE, "{units: 2, use_bias: 'FALSE', activation: softmax}", "write false", "use_bias: false"),
        ("[8, 8, 3]", "[8\u30018\u30013]", "`8, 8, 3`", "[8, 8, 3]"),
        (EPOCHS, "  epochs: \uff11\n", "write `1`", EPOCHS),
        (EPOCHS, "  epochs: 1,\n", "write `1`", EPOCHS),
        (EPOCHS, "  epochs: 1 -- few\n", "a remark begins", "  epochs: 1\n"),
        (FLAT, "  Flatten\n", "write `- Flatten`", FLAT),
        (FLAT, "  * Flatten\n", "write `- Flatten`", FLAT),
        (FLAT, "  \u2022 Flatten\n", None, FLAT),
        (FLAT, f"{FLAT}  ...\n", "take the line out", FLAT),
        (FLAT, "  - layers.Flatten()(x)\n", "write `Flatten`", FLAT),
        (
            "- Dense: {units",
            "- x = layers.Dense(2)(x)\n  - Dense: {units",
            "write `Dense: {units: 2}`",
            "- Dense: {units: 2}",
        ),
        (
            "- Dense: {units",
            "- model.add(Dense(2)),\n  - Dense: {units",
            "write `Dense: {units: 2}`",
            "- Dense: {units: 2}",
        ),
        (
            "- Dense: {units",
            "- nn.Linear(192, 2)\n  - Dense: {units",
            "write `Dense: {units: 2}`",
            "- Dense: {units: 2}",
        ),
        (f"Dense: {DENSE}", "Dense:\n  units: 2\n  activation: softmax", "indent them by 6 spaces", "      units: 2\n"),
        ("train:\n", "; how\ntrain:\n", None, "# how"),
        ("train:\n", "<!-- how -->\ntrain:\n", None, "# how -->"),
        ("train:\n", "[train]\n", "write `train:`", "\ntrain:\n"),
        ("nnspec: 1", "%YAML 1.2\nnnspec: 1", "take the line out", None),
        ("layers:\n", "layers: |\n", "`|` makes one text of all lines below it", "layers:\n"),
        ("loss: Sp", "loss: >\n    Sp", "`>` makes one text", "loss:\n    Sp"),
        ("[8, 8]}", "'[8, 8]'}", "in quotes it is a text", "[8, 8]}"),
        ("- Flatten", "- Flatten\n  - Dropout: 0,3", "a number has a decimal point: write `0.3`", "Dropout: 0.3"),
        (EPOCHS, "  epochs: 10 epochs\n", "a number stands alone: write `10`", "epochs: 10\n"),
        (EPOCHS, f"{EPOCHS}  callbacks: {{EarlyStopping: {{monitor: loss}}}}\n", "a list: write `[{Early", "[{Early"),
        (BATCH, "  batch_size: 2k\n", "write `2000`", "batch_size: 2000"),
        (BATCH, f"{BATCH}  classes: cat, dog\n", "write a list: `[cat, dog]`", "[cat, dog]"),
        (NAME, f"{NAME}budget: {{params: 1 million}}\n", "write `1M`", "params: 1M"),
        (NAME, "name: 3\n", "in quotes it is a text: `'3'`", "name: '3'"),
        ("nnspec: 1", "nnspec: '1'", "did you mean `1`?", "nnspec: 1"),
        # Kinds of other libraries.
        (
            "{Adam: {learning_rate: 1e-3}}",
            "{type: Adam, lr: 0.01, fused: true}",
            "write `Adam: {l",
            "{Adam: {learning_rate: 0.01}}",
        ),
        ("{Adam: {learning_rate: 1e-3}}", "[Adam, 0.01]", "are a mapping", "{Adam: {learning_rate: 0.01}}"),
        ("{Adam: {learning_rate: 1e-3}}", "[Adam]", "without a list: `Adam`", "optimizer: Adam"),
        ("- Dense: {units", "- tf.layers.dense: 8\n  - Dense: {units", "did you mean `Dense`?", "- Dense: 8"),
        (DENSE, "{out: 2, input_dim: 192}", None, "{units: 2}"),
        (NAME, f"{NAME}epochs: 3\n", "`epochs` stands under `train:` already, `1`: leave this one out", None),
    ],
)
def test_mended(right: str, wrong: str, hint: str | None, mended: str | None) -> None:
    assert right in SPEC
    text = SPEC.replace(right, wrong, 1)
    for _ in range(3):  # a fix may bring the next fault to light
        checked = check(Source.from_text(text), data=False)
        errors = [one for one in checked.diagnostics if one.severity == "error"]
        if not errors:
            break
        if hint is not None:
            assert hint in str(errors[0])
            hint = None
        assert errors[0].fix is not None, str(errors[0])
        text = apply(text, errors[0].fix.edits)
    assert not errors and hint is None, text
    assert (mended or "") in text


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("patience", "10", "`callbacks: [{EarlyStopping: {patience: 10}}]`"),
        (
            "early_stopping",
            "{patience: 3, metric: loss}",
            "`callbacks: [{EarlyStopping: {patience: 3, monitor: loss}}]`",
        ),
        ("imgsz", "640", "image_size: [640, 640]"),
        ("warmup_steps", "100", "warmup_target"),
        ("momentum", "0.9", "`optimizer: {SGD: {learning_rate: 0.01, momentum: 0.9}}`"),
        ("milestones", "[30, 60]", "{PiecewiseConstantDecay: {boundaries"),
        ("amp", "true", "write `precision: mixed_float16`"),
        ("dropout", "0.1", "`- Dropout: 0.1`"),
        ("compile", "{optimizer: adam}", "here stand epochs"),
        ("max_length", "8", "is an argument of a source"),
    ],
)
def test_settings_of_other_trainers_are_told_where_they_stand_here(key: str, value: str, hint: str) -> None:
    checked = check(Source.from_text(SPEC.replace(EPOCHS, f"{EPOCHS}  {key}: {value}\n")), data=False)
    (error,) = (one for one in checked.diagnostics if one.severity == "error")
    assert hint in str(error) and VALUE not in str(error)
    assert key == "compile" or error.fix is None


@pytest.mark.parametrize(
    ("right", "wrong", "hint"),
    [
        (f"- Dense: {DENSE}", "- BatchNorm2d: 64", "the sizes are the input's: write `BatchNormalization`"),
        (f"- Dense: {DENSE}", "- nn.Conv2d: [3, 8, 3]", "write `Conv2D: {filters: 8, kernel_size: 3}`"),
        (f"- Dense: {DENSE}", "- out: {Dense: {units: 2}}", "`{name: out, Dense: {units: 2}}`"),
        (f"- Dense: {DENSE}", "- Concatenate: [a, b]", "`{Concatenate: {}, from: [a, b]}`"),
        (f"- Dense: {DENSE}", "- tf.nn.tanh", "write `Activation: tanh`"),
        (f"- Dense: {DENSE}", "- Squeeze", "`Reshape` does it"),
        (DENSE, "{units: $(sqrt(4))}", "write `x ** 0.5`"),
        (DENSE, "{units: 2, dropout: 0.5}", "`- Dropout: 0.5`"),
        (DENSE, "2, softmax", "`Dense: {units: 2, activation: softmax}`"),
        ("loss: Sparse", "loss: rmse  # Sparse", "write `mse`, and `metrics: [RootMeanSquaredError]`"),
        ("1e-3", "[0.1, 0.01]", "`{PiecewiseConstantDecay: {boundaries: [5000], values: [0.1, 0.01]}}`"),
        ("1e-3", "$RATE", "a spec reads no environment"),
        (EPOCHS, f"{EPOCHS}  metrics: accuracy, auc\n", "write a list: `[accuracy, auc]`"),
        (EPOCHS, f"{EPOCHS}  trainable: true\n", "all layers learn where nothing is said"),
        (BATCH, f"{BATCH}  augment: true\n", "such as `[{RandomFlip: horizontal}"),
        (BATCH, f"{BATCH}  split: random\n", "parts have names"),
        (EPOCHS, f"{EPOCHS}  metrics: [val_accuracy]\n", "without `val_`"),
        (EPOCHS, f"{EPOCHS}  epochs: 2\n", "take one of the two out"),
        (BATCH, f"{BATCH}  layers: [Flatten]\n", "`layers:` is a section of its own"),
        ("path: pets", "path: !pets", "`'!pets'`"),
        ("path: pets", "path: *pets", "`'*pets'`"),
        ("{ImageFolder: {path: pets, image_size: [8, 8]}}", "!include a.yaml", "`extends: FILE`"),
        ("photo: [8, 8, 3]", "photo: string", "`{shape: [], dtype: string}`"),
        ("{photo: [8, 8, 3]}", "[{name: photo, shape: [8, 8, 3]}]", "`{photo: [8, 8, 3]}`"),
        ("data:\n", "---\ndata:\n", "take the line `---` out"),
    ],
)
def test_told_what_to_write(right: str, wrong: str, hint: str) -> None:
    assert right in SPEC
    checked = check(Source.from_text(SPEC.replace(right, wrong, 1)), data=False)
    assert hint in str(checked.diagnostics[0]), str(checked.diagnostics[0])


def test_a_section_is_never_taken_for_a_setting() -> None:
    assert (one := setting("compile")) is not None and one.goes
    checked = check(Source.from_text(SPEC.replace("train:", "compile:")), data=False)
    assert "did you mean `train`?" in str(checked.diagnostics[0])
