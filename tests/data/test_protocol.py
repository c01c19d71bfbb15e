from pathlib import Path

import pytest

from nnspec.data.errors import DataError
from nnspec.data.protocol import Assets, reporting, tell
from nnspec.data.text.vocabulary import build


def test_assets_come_back_as_they_were_saved(tmp_path: Path) -> None:
    assets = Assets(
        classes=("Äpfel", "two words", "10"),
        vocabulary=build({"word": 2, "Wörter": 1}),
        scaling={"columns": {"x": {"offset": 1.5}}},
        extra={"image_size": [4, 6]},
    )
    assets.save(tmp_path / "assets")
    assert Assets.load(tmp_path / "assets") == assets
    assert (tmp_path / "assets" / "labels.txt").read_text("utf-8") == "Äpfel\ntwo words\n10\n"


def test_empty_assets_write_nothing(tmp_path: Path) -> None:
    Assets().save(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert Assets.load(tmp_path) == Assets()


def test_missing_or_broken_assets(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder of assets"):
        Assets.load(tmp_path / "none")
    (tmp_path / "scaling.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        Assets.load(tmp_path)


def test_progress_reaches_the_listener_alone_while_it_listens() -> None:
    heard: list[tuple[str, int, int]] = []
    with reporting(lambda *step: heard.append(step)):
        tell("decoding", 1, 2)
    tell("decoding", 2, 2)
    assert heard == [("decoding", 1, 2)]


def test_a_class_is_one_line() -> None:
    """`labels.txt` would hold two lines for it, and each class behind it would be another one."""
    with pytest.raises(DataError, match=r"the class 'dog\\nbig' has a line break"):
        Assets(("cat", "dog\nbig", "mouse"))
