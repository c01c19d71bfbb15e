"""What may stand at a place, in texts that are sound and in texts that are not yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from session import Session, applied

from nnspec.catalog.kinds import catalog

HEAD = "nnspec: 1\nparams: {classes: 3, width: 8}\ninputs: {image: [28, 28, 1]}\nlayers:\n"


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


@pytest.mark.parametrize("text", ["  - |", "  - Flatten\n  - |\n", "  - Den|\n  - Flatten\n", "  - [\n  - |"])
def test_kinds(session: Session, text: str) -> None:
    found = session.labels(HEAD + text)
    assert {*catalog().kinds("layer"), "repeat", "parallel", "reuse"} <= {*found}
    assert len(found) == len({*found})


@pytest.mark.parametrize(
    "text",
    [
        "  - Conv2D: {filters: 8, pad|}\n",
        "  - Conv2D: {filters: 8, |",
        "  - Conv2D:\n      filters: 8\n      |",
        "  - Conv2D:\n      filters: 8\n      |\n      padding: same\n",
        "  - {Conv2D: {filters: 8, |}, name: a}\n",
        "  - Bidirectional: {layer: [\n  - Conv2D:\n      filters: 3\n      |",
    ],
)
def test_arguments(session: Session, text: str) -> None:
    found = session.labels(HEAD + text)
    arguments = {argument.name for argument in catalog().arguments("layer", "Conv2D")}
    assert arguments - {"filters"} <= {*found} and "pool_size" not in found


def test_what_is_given_is_not_offered_again(session: Session) -> None:
    assert "filters" not in session.labels(HEAD + "  - Conv2D: {filters: 8, |}\n")
    assert "Conv2D" not in session.labels(HEAD + "  - {Dense: 3, |}\n")
    assert "name" in session.labels(HEAD + "  - {Dense: 3, |}\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  - Conv2D: {padding: |", {"valid", "same"}),
        ("  - Conv1D:\n      padding: |\n", {"valid", "same", "causal"}),
        ("  - Dense: {activation: |", {"relu", "softmax", "tanh"}),
        ("  - Dense: {use_bias: |", {"true", "false"}),
        ("  - Dense:\n      kernel_initializer: |\n", {"he_normal", "HeNormal", "zeros"}),
        ("  - Bidirectional:\n      layer: |\n", {"LSTM", "GRU"}),
        ("  - Bidirectional: {layer: {|", {"LSTM", "GRU"}),
        ("  - Flatten\ntrain:\n  optimizer: |\n", {"Adam", "SGD"}),
        ("  - Flatten\ntrain: {optimizer: {Adam: {|", {"learning_rate", "beta_1"}),
        ("  - Flatten\ntrain:\n  callbacks:\n    - |\n", {"EarlyStopping", "ModelCheckpoint"}),
        ("  - Flatten\ntrain:\n  precision: |\n", {"mixed_bfloat16", "float32"}),
        ("  - Flatten\ntrain:\n  |\n", {"epochs", "loss", "metrics"}),
        ("  - Flatten\ndata:\n  source: |\n", {"ImageFolder", "Csv"}),
        ("  - Flatten\nexport:\n  - |\n", {"TFLite", "SavedModel"}),
        ("  - Flatten\nexport: [{TFLite: {quantize: |", {"int8", "dynamic"}),
        ("  - Flatten\nda|\n", {"data", "budget"}),
        ("  - Dense: $|\n", {"classes", "width", "data.classes"}),
        ("  - Dense: $(cla|\n", {"classes", "width", "round", "min"}),
        ('  - Dense: "$(max(|\n', {"classes", "width"}),
        ("  - for: {size: [1, 2]}\n    layers:\n      - Dense: $|\n", {"size", "classes"}),
        ("  - {Dense: 3, name: first}\n  - {Add: , from: [|]}\n", {"image", "first"}),
        ("  - {Dense: 3, name: first}\noutputs: [|]\n", {"image", "first"}),
    ],
)
def test_values(session: Session, text: str, expected: set[str]) -> None:
    assert expected <= {*session.labels(HEAD + text)}


def test_a_layer_below_is_no_source(session: Session) -> None:
    text = "  - {Dense: 3, name: first}\n  - {Dense: 3, from: |}\n  - {Dense: 3, name: last}\n"
    assert session.labels(HEAD + text) == ["image", "first"]


@pytest.mark.parametrize(
    ("text", "is_there", "is_not"),
    [
        ("  - {Dense: 3, name: one}\n  - {reuse: |}\n", {"one"}, {"image"}),
        ("  - parallel: [[Flatten], []]\n    merge: |\n", {"Add", "Concatenate", "Dot"}, {"Dense", "Flatten"}),
        ("  - Flatten\ndata:\n  augment:\n    - |\n", {"RandomFlip", "Dropout", "Pipeline"}, {"Dense", "Conv2D"}),
        ("  - {Dense: 3, |}\n", {"name", "from", "when"}, {"layers", "repeat", "parallel", "merge", "Flatten"}),
        ("  - Flatten\ndata: {silence: [|]}\n", {"W0917"}, {"E0202", "W0601"}),
        (
            "  - Dense: 3\ntrain: {loss: MeanSquaredError, metrics: [MeanAbsoluteError], callbacks: [{EarlyStopping: {monitor: |}}]}\n",
            {"val_mean_absolute_error", "loss"},
            {"accuracy", "val_learning_rate"},
        ),
    ],
)
def test_only_what_is_of_use_there(session: Session, text: str, is_there: set[str], is_not: set[str]) -> None:
    found = {*session.labels(HEAD + text)}
    assert is_there <= found
    assert not is_not & found


def test_blocks_and_their_parameters(session: Session, tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("blocks: {far: {params: {depth: 2}, layers: [Flatten]}}\n", encoding="utf-8")
    blocks = "use: more.yaml\nblocks:\n  near:\n    params: {size: , rate: 0.5}\n    layers: [{Dense: $size}]\n"
    text = blocks + HEAD + "  - Flatten\n"
    assert {"near", "far"} <= {*session.labels(text + "  - |\n")}
    assert session.labels(text + "  - near: {size: 3, |}\n") == ["rate"]
    assert session.labels(text + "  - near: {|\n") == ["size", "rate"]
    assert {"size", "rate"} <= {*session.labels(text.replace("$size", "$|"))}
    assert "classes" not in session.labels(text.replace("$size", "$|"))


def test_files(session: Session, tmp_path: Path) -> None:
    (tmp_path / "data" / "faces").mkdir(parents=True)
    (tmp_path / "base.yaml").write_text(HEAD + "  - Flatten\n", encoding="utf-8")
    assert session.labels("extends: |\n") == ["base.yaml", "data"]
    text = HEAD + "  - Flatten\ndata: {source: {ImageFolder: {path: data/|"
    assert session.labels(text) == ["data/faces"]


def test_of_a_large_folder_what_is_left_out_is_said(session: Session, tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"part{number}.csv").touch()
    uri, line, character = session.marked("extends: part|\n")
    found = session.at("completion", uri, line, character)
    assert found["isIncomplete"] and len(found["items"]) == 500
    uri, line, character = session.marked("extends: part59|\n")
    found = session.at("completion", uri, line, character)
    assert not found["isIncomplete"] and len(found["items"]) == 11


@pytest.mark.parametrize(
    ("text", "label", "expected"),
    [
        ("  - Conv|\n", "Conv2D", "  - Conv2D: {filters: ${1}, kernel_size: ${2}$0}\n"),
        ("  - Flat|\n", "Flatten", "  - Flatten\n"),
        ("  - Dense: {uni|}\n", "units", "  - Dense: {units: }\n"),
        ("  - Dense: {uni|ts: 3}\n", "units", "  - Dense: {units: 3}\n"),
        ("  - Dense: {activation: re|}\n", "relu", "  - Dense: {activation: relu}\n"),
        ("  - Dense: $cl|\n", "classes", "  - Dense: $classes\n"),
        ("  - Dense: $(cl| * 2)\n", "classes", "  - Dense: $(classes * 2)\n"),
        ("  - Dense: $data.cl|\n", "data.classes", "  - Dense: $data.classes\n"),
    ],
)
def test_what_is_put_in(session: Session, text: str, label: str, expected: str) -> None:
    items = [one for one in session.completions(HEAD + text) if one["label"] == label]
    shortest = min(items, key=lambda item: len(item["textEdit"]["newText"]))
    chosen = items[0] if label == "Conv2D" else shortest
    assert applied(HEAD + text.replace("|", ""), [chosen["textEdit"]]) == HEAD + expected


def test_nothing_in_a_comment(session: Session) -> None:
    assert session.labels(HEAD + "  - Flatten  # as in |\n") == []


@pytest.mark.parametrize(
    "text", ["  - Conv2D: {filters: 3, kernel|_size: 3}\n", "  - Conv2D: {filters: 3, kernel_size: |"]
)
def test_the_signature_with_the_argument(session: Session, text: str) -> None:
    found = session.at("signatureHelp", *session.marked(HEAD + text))
    signature = found["signatures"][0]
    assert signature["label"].startswith("Conv2D(filters, kernel_size, strides=")
    start, end = signature["parameters"][found["activeParameter"]]["label"]
    assert signature["label"][start:end] == "kernel_size"


def test_the_signature_of_a_block(session: Session) -> None:
    text = (
        "blocks: {near: {params: {size: , rate: 0.5}, layers: [{Dense: $size}]}}\n"
        + HEAD
        + "  - near: {size: 3, rate: |"
    )
    found = session.at("signatureHelp", *session.marked(text))
    assert found["signatures"][0]["label"] == "near(size, rate=0.5)" and found["activeParameter"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "Csv: {path: houses.csv, target: |}",
        "Csv: {path: houses.csv, features: [size, |]}",
        "Csv: {path: houses.csv, columns: {|}}",
        "Csv: {path: houses.csv, time: |",
        "Table: {path: houses.csv, weight: |}",
        "Table:\n      path: houses.csv\n      inputs:\n        x: {column: |}",
        "Table:\n      path: houses.csv\n      inputs:\n        x:\n          columns: [|",
        "Table: {path: houses.csv, inputs: {|}}",
        "Text: {path: houses.csv, separator: ',', header: true, label_column: |}",
    ],
)
def test_columns_of_the_data(session: Session, text: str) -> None:
    (session.folder / "houses.csv").write_text("size,price,Öl,2nd\n1,2,3,4\n2,3,4,5\n", encoding="utf-8")
    head = "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 1}]\ndata:\n  source:\n    "
    found = session.completions(head + text)
    columns = {
        item["label"]: item["textEdit"]["newText"] for item in found if item.get("detail") == "column of the data"
    }
    assert columns == {"size": "size", "price": "price", "Öl": '"Öl"', "2nd": '"2nd"'}


@pytest.mark.parametrize(
    "text", ["Csv: {path: |}", "Csv: {path: none.csv, target: |}", "Csv: {path: houses.csv, task: |}"]
)
def test_no_columns_where_none_are_named(session: Session, text: str) -> None:
    (session.folder / "houses.csv").write_text("size,price\n1,2\n", encoding="utf-8")
    head = "nnspec: 1\ninputs: {x: [4]}\nlayers: [{Dense: 1}]\ndata:\n  source:\n    "
    assert not any(item.get("detail") == "column of the data" for item in session.completions(head + text))
