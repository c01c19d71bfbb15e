"""Did you mean, by meaning: the words of others, and where a key belongs."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.catalog.kinds import catalog
from nnspec.frontend import vocabulary
from nnspec.frontend.diagnostics import Source
from nnspec.frontend.expand import SIBLINGS
from nnspec.frontend.foreign_syntax import call, entry, value
from nnspec.frontend.meaning.of_keys import sections
from nnspec.frontend.pipeline import check

HEAD = "nnspec: 1\ninputs: {x: [8, 8, 3]}\nlayers: [Flatten, {Dense: 2}]\n"


def hints(text: str, *overrides: str) -> str:
    return "\n".join(map(str, check(Source.from_text(text), overrides, data=False).diagnostics))


@pytest.mark.parametrize("category", vocabulary._KINDS)
def test_every_kind_of_the_vocabulary_is_one_and_no_word_of_others_is(category: str) -> None:
    known = {*catalog().kinds(category), *catalog().words(category)}
    table = vocabulary._KINDS[category]
    assert set(table) <= known
    assert not {word for others in table.values() for word in others.split()} & known


def test_every_argument_and_key_of_the_vocabulary_is_one() -> None:
    kinds = [name.split(".", 1) for name in catalog().definitions if "." in name and not name.startswith("type.")]
    arguments = {one.name for category, kind in kinds for one in catalog().arguments(category, kind)}
    assert set(vocabulary._ARGUMENTS) <= arguments
    schema = catalog().schema
    phases = schema["properties"]["train"]["properties"]["phases"]["items"]["properties"]
    window = catalog().definitions["source.Csv"]["properties"]["window"]["properties"]
    keys = {
        *schema["properties"],
        *phases,
        *window,
        *SIBLINGS,
        *(key for _, section in sections(schema, ()) for key in section),
    }
    assert {*vocabulary._KEYS, *(beside for beside, _ in vocabulary._KEY_REMARKS)} <= keys
    assert not {key for _, key in vocabulary._KEY_REMARKS} & keys - {"learning_rate", "from"}


@pytest.mark.parametrize(
    ("text", "yaml"),
    [
        ("None", "null"),
        ("1/255", "$(1 / 255)"),
        ("(64, 64, 3)", "[64, 64, 3]"),
        ("(64,)", "[64]"),
        ("64x64", "[64, 64]"),
        ("10^-3", "1e-3"),
        ("2**5", "32"),
        ("25%", "0.25"),
        ("1_000", "1000"),
        ("3 # three", "3"),
        ("yes", "true"),
        ("1e-3", "1e-3"),
        ("pets", None),
        ("3/", None),
        ("(a, b)", "[a, b]"),
        ("http://a.b/c", None),
    ],
)
def test_values_of_others(text: str, yaml: str | None) -> None:
    assert value(text) == yaml


@pytest.mark.parametrize(
    ("text", "yaml"),
    [
        ("Flatten()", "Flatten"),
        ("Dense(3)", "Dense: {units: 3}"),
        ("keras.layers.Dense(3, 'relu')", "Dense: {units: 3, activation: relu}"),
        ("nn.Linear(in_features=4, out_features=3)", "Dense: {units: 3}"),
        ("nn.Dropout(p=0.5)", "Dropout: {rate: 0.5}"),
        ("LSTM(8, return_sequences=True)", "LSTM: {units: 8, return_sequences: true}"),
        (
            "Dense(3, kernel_regularizer=regularizers.L2(1e-4))",
            "Dense: {units: 3, kernel_regularizer: {L2: {l2: 1e-4}}}",
        ),
        ("Bidirectional(LSTM(8))", "Bidirectional: {layer: {LSTM: {units: 8}}}"),
        ("Dense(units)(x)", None),
        ("Dense(*a)", None),
        ("__import__('os').system('x')", None),
    ],
)
def test_calls_of_python(text: str, yaml: str | None) -> None:
    assert call("layer", text) == yaml


def test_entries_that_took_their_value_in() -> None:
    known = ["units", "activation"]
    assert entry("units=3", known) == "units: 3" == entry("units:3", known)
    assert entry("activation='relu'", known) == "activation: relu"
    assert entry("out_features=3", known) == "units: 3"
    assert entry("colour=3", known) is None


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("epochs=3", "did you mean `--set train.epochs=...`?"),
        ("batch_size=3", "did you mean `--set data.batch_size=...`?"),
        ("learning_rate=1e-3", "did you mean `--set train.optimizer.Adam.learning_rate=...`?"),
        ("lr=1e-3", "did you mean `--set train.optimizer.Adam.learning_rate=...`?"),
        ("train.lr=1e-3", "did you mean `--set train.optimizer.Adam.learning_rate=...`?"),
        ("train.optimiser=SGD", "did you mean `--set train.optimizer=...`?"),  # which the file has
    ],
)
def test_overrides_that_leave_the_section_out(override: str, says: str) -> None:
    assert says in hints(f"{HEAD}train: {{optimizer: Adam}}\n", override)


def test_a_file_that_is_not_there_and_files_of_other_kinds(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "lenet.yaml").write_text("nnspec: 1\nextends: ../bose.yaml\n", encoding="utf-8")
    for name, meant in {
        "base.ymal": "base.yaml",
        "lenet": "specs/lenet.yaml",
        "spec/lenet.yaml": "specs/lenet.yaml",
        "specs/lennet.yaml": "specs/lenet.yaml",
    }.items():
        assert f"did you mean `{tmp_path / meant}`?" in "".join(map(str, check(tmp_path / name).diagnostics))
    (based,) = check(tmp_path / "specs" / "lenet.yaml").diagnostics
    assert based.hint == "did you mean `../base.yaml`?" and based.fix is not None
    assert "did you mean" not in "".join(map(str, check(tmp_path / "other.yaml").diagnostics))
    for name, says in (
        ("a.weights.h5", "initial_weights"),
        ("a.tflite", "nnspec verify"),
        ("a.keras", "nnspec import"),
    ):
        (tmp_path / name).write_bytes(b"\x89HDF")
        (diagnostic,) = check(tmp_path / name).diagnostics
        assert diagnostic.code == "E0103" and says in (diagnostic.hint or "")


def test_a_value_that_goes_on_over_the_next_line_says_so() -> None:
    said = hints(HEAD.replace("[Flatten, {Dense: 2}]", "\n  - Flatten\n  - Dense: 2\n      -Softmax\n"))
    assert "E0205" in said and "goes on in line 6" in said


def test_an_argument_beside_its_layer() -> None:
    said = hints(HEAD.replace("{Dense: 2}", "{Dense: 2, activation: softmax}"))
    assert "`activation` is an argument of Dense" in said


ALL = (
    HEAD
    + "data: {source: {IDX: {images: a.gz, labels: b.gz}}}\ntrain: {loss: SparseCategoricalCrossentropy, optimizer: Adam}\n"
)


@pytest.mark.parametrize(
    ("right", "wrong", "hint"),
    [
        ("{Dense: 2}", "Dense 2", "write `Dense: 2`"),
        ("{Dense: 2}", "Dense = 2", "write `Dense: 2`"),
        ("{Dense: 2}", "Dense; 2", "write `Dense: 2`"),
        ("[Flatten, {Dense: 2}]", "Flatten and Softmax", "write a list: `[Flatten, Softmax]`"),
        ("[Flatten, {Dense: 2}]", "\n  - repeat 3:\n      - Flatten", "write `repeat: 3`, and `layers:` below it"),
        ("[Flatten, {Dense: 2}]", "\n  - Dense:\n    units: 8", "indented further than `Dense:` itself: `units`"),
        ("{Dense: 2}", "{Dense: {units: 2, kernel_regularizer: 0.01}}", "`{L2: 0.01}`"),
        ("{Dense: 2}", "{Softmax: {dim: 1}}", "did you mean `axis`?"),
        ("{Dense: 2}", "{Dense: $classes}", "did you mean `$data.classes`?"),
        ("optimizer: Adam", "optimizer: {adam: {learning_rate: 1e-3}}", "did you mean `Adam`?"),
        ("optimizer: Adam", "optimizer: {Adan: {learning_rate: 1e-3}}", "did you mean `Adam`?"),
        (
            "optimizer: Adam",
            "optimizer: SGD with momentum",
            "what belongs to it are arguments: `SGD: {learning_rate: ...}`",
        ),
        ("optimizer: Adam", "optimizer: Adam, metrics: [{acc: {}}]", "`acc` alone is right; with arguments there are"),
        (
            "optimizer: Adam",
            "optimizer: Adam, validation_split: 0.1",
            "here it is `validation`, and stands under `data.split:`",
        ),
        ("labels: b.gz}}", "labels: b.gz}}, split: 80/20", "the rest is trained on: `{validation: 0.2}`"),
        ("labels: b.gz}}", "labels: b.gz}}, split: 70:15:15", "`{validation: 0.15, test: 0.15}`"),
        ("{IDX: {images: a.gz, labels: b.gz}}", "{Csv: {path: a.csv, label: y}}", "did you mean `target`?"),
        (
            "{IDX: {images: a.gz, labels: b.gz}}",
            "{ImageFolder: pets, image_size: [8, 8]}",
            "write it within, `ImageFolder: {..., image_size: ...}`",
        ),
        ("train:", "budget: 50K\ntrain:", "a budget is of something: `{params: 50K}`"),
        ("optimizer: Adam", "prune: {to: 0.5}", "did you mean `sparsity`?"),
        ("optimizer: Adam", "prune: {sparsity: 0.5, structured: true}", "`nnspec prune RUN`"),
        ("optimizer: Adam", "quantize: {skip: [dense]}", "did you mean `keep_float`?"),
        ("optimizer: Adam", "teacher: {model: big.keras}", "did you mean `run`?"),
        ("optimizer: Adam", "phases: [{epochs: 2, lr: 1e-5}]", "`optimizer: {Adam: 1e-5}`"),
    ],
)
def test_what_a_writer_may_have_meant(right: str, wrong: str, hint: str) -> None:
    assert right in ALL
    assert hint in hints(ALL.replace(right, wrong, 1)), hints(ALL.replace(right, wrong, 1))


@pytest.mark.parametrize(
    ("layers", "overrides", "told"),
    [
        ("- {when: $deep, layers: [{Dense: 3}]}", (), "not the text `no`\n"),
        ("- {when: $deep, layers: [{Dense: 3}]}", (), "in YAML 1.2 `no` is a text: write false"),
        ("- {when: $many, layers: [{Dense: 3}]}", (), "compare it: `when: $(many > 0)`"),
        ("- {repeat: $(many / 2), layers: [{Dense: 3}]}", (), "`//` divides whole numbers"),
        ("- {repeat: $deep, layers: [{Dense: 3}]}", (), "0 or more, not the text `no`"),
        ("- LSTM: {units: 3, return_sequences: 'True'}", (), "write true, without quotes"),
        ("- LSTM: {units: 3, return_sequences: 1}", (), "hint: write true"),
        ("- Dense: 3", ("layers[1].Dense=4",), "write `layers.1.Dense`"),
    ],
)
def test_values_that_a_program_would_take_are_told_as_yaml_has_them(
    layers: str, overrides: tuple[str, ...], told: str
) -> None:
    text = f"nnspec: 1\nparams: {{deep: no, many: 4}}\ninputs: {{x: [8, 3]}}\nlayers:\n  {layers}\n"
    assert told in hints(text, *overrides)


def test_an_input_with_its_batch_is_told() -> None:
    text = "nnspec: 1\ninputs: {x: [null, 28, 28, 1]}\nlayers: [{Conv2D: {filters: 3, kernel_size: 3}}]\n"
    assert "an input is written without the batch: [28, 28, 1]" in hints(text)


def test_the_name_of_a_value_is_told_with_its_dollar() -> None:
    text = "nnspec: 1\nparams: {width: 16}\ninputs: {x: [8, 8, 3]}\nlayers:\n"
    text += (
        "  - {Conv2D: {filters: width, kernel_size: 3}}\n  - {for: {n: [3]}, layers: [{Dense: n}]}\n  - Dense: height\n"
    )
    told = hints(text)
    assert "the value of `width` is `$width`" in told and "the value of `n` is `$n`" in told
    assert told.count("the value of") == 2
