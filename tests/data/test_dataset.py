import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.data.config import DataConfig
from nnspec.data.dataset import load, open_dataset, open_encoder
from nnspec.data.errors import DataError
from nnspec.data.facts import facts
from nnspec.data.protocol import Assets
from nnspec.data.report import report_of
from nnspec.data.sources import SOURCES
from nnspec.layers.types import KindValue

pytestmark = pytest.mark.tf
Writer = Callable[..., Any]


def section(kind: str, arguments: dict[str, Any], **rest: Any) -> DataConfig:
    return DataConfig(KindValue(kind, arguments), **rest)


@pytest.fixture
def images(folder: Path) -> DataConfig:
    return section("ImageFolder", {"path": "images", "image_size": [6, 8]}, split={"validation": 0.2, "test": 0.2})


def test_parts_by_fraction(images: DataConfig, tmp_path: Path) -> None:
    dataset = open_dataset(images, tmp_path, 0)
    assert {name: split.size for name, split in dataset.splits.items()} == {"train": 12, "validation": 4, "test": 4}
    assert list(dataset.splits) == ["train", "validation", "test"]
    assert (dataset.classes, dataset.task) == (("ant", "bee", "cat"), "classification")
    assert str(dataset.features["image"]) == "float32 [6, 8, 3]"
    seen = {text for split in dataset.splits.values() for text in split.example_texts(range(split.size))}
    assert len(seen) == 20


def test_the_split_follows_its_own_seed(images: DataConfig, tmp_path: Path) -> None:
    def test_part(order_seed: int, **more: Any) -> list[str]:
        return open_dataset(replace(images, **more), tmp_path, order_seed).splits["test"].example_texts(range(4))

    assert test_part(0) == test_part(1) != test_part(0, seed=1)


def test_given_files_are_a_part(idx: dict[str, str], write_idx: Writer, tmp_path: Path) -> None:
    test = {
        "images": write_idx("t.idx", np.full((4, 5, 4), 200, np.uint8)),
        "labels": write_idx("l.idx", np.arange(4, dtype=np.uint8)),
    }
    dataset = open_dataset(section("IDX", idx, split={"validation": 0.25, "test": test}), tmp_path, 0)
    assert {name: split.size for name, split in dataset.splits.items()} == {"train": 15, "validation": 5, "test": 4}
    features, _ = next(iter(dataset.splits["test"].batches(4)))
    assert (features["image"].numpy() == 200).all()


def test_parts_by_lists_of_files(images: DataConfig, tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_text("ant/0.png\nbee/0.png\nbee/1.png\ncat/0.png\n")
    (tmp_path / "test.txt").write_text("cat/5.png\n")
    split = {"train": "train.txt", "validation": 0.25, "test": "test.txt"}
    dataset = open_dataset(replace(images, split=split), tmp_path, 0)
    assert {name: split.size for name, split in dataset.splits.items()} == {"train": 3, "validation": 1, "test": 1}
    assert dataset.splits["test"].example_texts([0]) == ["cat/5.png"]


def test_training_may_be_said_where_it_adds_up(images: DataConfig, tmp_path: Path) -> None:
    loaded = load(replace(images, split={"train": 0.8, "test": 0.2}), tmp_path)
    assert {name: len(part.indices) for name, part in loaded.parts.items()} == {"train": 16, "test": 4}
    with pytest.raises(DataError, match=r"add up to 0\.9"):
        load(replace(images, split={"train": 0.7, "test": 0.2}), tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": KindValue("Folder", {})}, "no data source 'Folder'.*ImageFolder"),
        ({"source": KindValue("ImageFolder", {"path": "images", "size": 3})}, "ImageFolder: .*'size'"),
        ({"source": KindValue("ImageFolder", {})}, "ImageFolder: missing .*'path'"),
        ({"split": {"val": 0.1}}, "no part 'val'.*validation"),
        ({"split": {"test": {"pth": "x"}}}, "no argument 'pth'.*path"),
        ({"split": {"test": "elsewhere"}}, "elsewhere: no such folder"),
        ({"classes": ["ant", "bee"]}, r"no class 'cat'"),
    ],
)
def test_unusable_sections(images: DataConfig, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_dataset(replace(images, **change), tmp_path, 0)


def test_a_part_set_to_nothing_is_no_part(images: DataConfig, tmp_path: Path) -> None:
    assert list(load(replace(images, split={"test": None, "validation": 0.2}), tmp_path).parts) == [
        "train",
        "validation",
    ]


def test_parts_must_agree_in_shape(idx: dict[str, str], write_idx: Writer, tmp_path: Path) -> None:
    test = {
        "images": write_idx("t.idx", np.zeros((4, 7, 7), np.uint8)),
        "labels": write_idx("l.idx", np.arange(4, dtype=np.uint8)),
    }
    with pytest.raises(DataError, match=r"float32 \[5, 4, 1\].* in train, image float32 \[7, 7, 1\].* in test"):
        open_dataset(section("IDX", idx, split={"test": test}), tmp_path, 0)


def test_skipped_images_are_in_no_part(images: DataConfig, folder: Path, tmp_path: Path) -> None:
    (folder / "cat" / "3.png").write_bytes(b"broken")
    source = KindValue("ImageFolder", {"path": "images", "image_size": [6, 8], "on_error": "skip"})
    dataset = open_dataset(replace(images, source=source), tmp_path, 0)
    assert sum(split.size for split in dataset.splits.values()) == 19
    report = report_of(dataset)
    assert report["problem_count"] == 1
    assert report["problems"][0]["file"] == str(folder / "cat" / "3.png")


def test_facts_are_those_of_the_opened_data(images: DataConfig, idx: dict[str, str], tmp_path: Path) -> None:
    assert facts(images, tmp_path).classes == 3
    assert facts(section("IDX", idx), tmp_path).classes == 4
    (tmp_path / "a.conll").write_text("Ann B-PER\nsleeps O\n\nBob B-PER\nruns O\n")
    tagging = section("Conll", {"path": "a.conll"})
    opened = open_dataset(tagging, tmp_path, 0)
    found = facts(tagging, tmp_path)
    assert opened.classes is not None and opened.vocabulary is not None
    assert (found.classes, found.vocabulary_size) == (len(opened.classes), len(opened.vocabulary))
    assert facts(replace(images, classes=["a", "b"]), tmp_path).classes == 2
    with pytest.raises(DataError, match="no such folder"):
        facts(section("ImageFolder", {"path": "nowhere"}), tmp_path)


def test_predicting_needs_the_assets_alone(images: DataConfig, folder: Path, tmp_path: Path) -> None:
    dataset = open_dataset(images, tmp_path, 0)
    dataset.save_assets(tmp_path / "assets")
    path = folder / "cat" / "5.png"
    elsewhere = replace(images, source=KindValue("ImageFolder", {"path": "gone", "image_size": [6, 8]}))
    encoder = open_encoder(elsewhere, tmp_path, tmp_path / "assets")
    assert encoder.assets.classes == dataset.classes
    encoded = encoder.batch([path])["image"]
    assert (encoded.dtype, encoded.shape) == (np.float32, (1, 6, 8, 3))
    assert (encoded == dataset.encode([path])["image"]).all()
    assert (encoded == 50).all()


def test_a_runs_assets_are_used_instead_of_fitting(images: DataConfig, tmp_path: Path) -> None:
    assets = Assets(classes=("cat", "bee", "ant"), extra={"image_size": [6, 8]})
    assert open_dataset(images, tmp_path, 0, assets=assets).classes == ("cat", "bee", "ant")


def test_the_fingerprint_follows_the_contents(images: DataConfig, folder: Path, tmp_path: Path) -> None:
    first = open_dataset(images, tmp_path, 0).fingerprint()
    assert first["files"] == 20 and first["content"]
    assert first == open_dataset(images, tmp_path, 0).fingerprint()
    content = (folder / "ant" / "0.png").read_bytes()
    (folder / "ant" / "0.png").write_bytes((folder / "ant" / "1.png").read_bytes())
    assert len(content) == first["bytes"] - sum(file.stat().st_size for file in folder.rglob("*.png")) + len(
        (folder / "ant" / "1.png").read_bytes()
    )
    assert open_dataset(images, tmp_path, 0).fingerprint()["sha256"] != first["sha256"]


def test_one_hot_and_unshuffled(idx: dict[str, str], tmp_path: Path) -> None:
    dataset = open_dataset(section("IDX", idx, one_hot=True, shuffle=False), tmp_path, 0)
    assert str(dataset.targets["label"]) == "float32 [4]"
    features, targets = next(iter(dataset.splits["train"].batches(20, epoch=3)))
    assert features["image"].numpy()[:, 0, 0, 0].tolist() == list(range(20))
    assert targets["label"].numpy().argmax(1).tolist() == [index % 4 for index in range(20)]


def test_the_report(images: DataConfig, tmp_path: Path) -> None:
    report = report_of(open_dataset(images, tmp_path, 0))
    assert json.loads(json.dumps(report)) == report
    assert report["splits"]["train"]["examples"] == 12
    assert sum(sum(part["labels"]["label"].values()) for part in report["splits"].values()) == 20
    assert any("fewer than 10 examples of label ant" in warning["message"] for warning in report["warnings"])


def test_the_report_of_sequences_and_leaks(tmp_path: Path) -> None:
    (tmp_path / "a.conll").write_text("Ann B-PER\nsleeps O\n\nBob B-PER\n")
    dataset = open_dataset(section("Conll", {"path": "a.conll"}, split={"test": "a.conll"}), tmp_path, 0)
    report = report_of(dataset)
    assert report["splits"]["train"]["lengths"]["tokens"] == {"min": 1, "median": 1, "p95": 1, "max": 2}
    assert report["splits"]["train"]["labels"] == {"tags": {"O": 1, "B-PER": 2}}
    assert any("train and test have 1 files in common" in warning["message"] for warning in report["warnings"])
    assert any("no validation part" in warning["message"] for warning in report["warnings"])


def test_every_source_documents_its_arguments() -> None:
    from dataclasses import fields

    for name, source in SOURCES.items():
        assert source.__doc__, name
        for field in fields(source):  # type: ignore[arg-type]
            assert field.metadata.get("doc", "").endswith("."), f"{name}.{field.name}"
