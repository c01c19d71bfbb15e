"""The page of all codes: every example earns its code, and the page is not stale."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from nnspec.frontend.codes import CODES, PASSES
from nnspec.frontend.edits import apply
from nnspec.frontend.pipeline import check

ROOT = Path(__file__).parent.parent.parent


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = load()


@pytest.mark.parametrize("key", [key for key in CODES if key not in generate.NEEDS_TRAINING])
def test_every_example_earns_its_code(key: str) -> None:
    said = generate.printed(CODES[key])
    assert generate.about(key, said), said


# Codes whose example nnspec can mend, by a fix that is certain or by one that it offers.
MENDED = {
    "E0105",
    "E0201",
    "E0202",
    "E0203",
    "E0205",
    "E0206",
    "E0406",
    "E0703",
    "E0724",
    "W0503",
    "W0601",
    "W0603",
    "W0605",
    "W0606",
}
MENDED |= {"W0706", "W0715", "W0722"}


@pytest.mark.parametrize("key", [key for key, code in CODES.items() if not code.is_command])
def test_fixes_of_an_example_mend_it(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, path = generate.spec_of(CODES[key]), Path("spec.yaml")
    generate.write_files(text)
    applied = 0
    for _ in range(4):
        found = check(path, unsaved={path.resolve(): text}).diagnostics
        fixes = [one.fix for one in found if one.code == key and one.fix is not None]
        if not fixes:
            break
        text, applied = apply(text, fixes[0].edits), applied + 1
    assert bool(applied) == (key in MENDED)
    assert not applied or not any(one.code in (key, "E0105") for one in found)


def test_only_what_data_or_keras_show_goes_without() -> None:
    assert all(key[1:3] in ("07", "09") or key in ("W0305", "E0602") for key in generate.NEEDS_TRAINING)


def test_every_code_belongs_to_a_pass_and_they_are_in_order() -> None:
    assert {key[1:3] for key in CODES} == set(PASSES)
    numbers = [key[1:3] for key in CODES]
    assert numbers == sorted(numbers)


def test_an_explanation_says_something_of_its_own() -> None:
    for field in ("title", "explanation"):
        texts = [getattr(code, field) for code in CODES.values()]
        assert len(set(texts)) == len(texts) and all(len(text) > 8 for text in texts)


def test_a_fix_in_yaml_is_free_of_the_fault() -> None:
    for key, code in CODES.items():
        if not code.fix_is_prose and not code.is_command:
            mended = type(code)(code.title, code.explanation, code.fix, "", code.whole)
            assert not generate.about(key, generate.printed(mended)), key


def test_the_pages_are_not_stale(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().out


def test_every_code_has_an_anchor_and_every_pass_a_link() -> None:
    page = (ROOT / "docs" / "codes.md").read_text(encoding="utf-8").splitlines()
    assert [line.removeprefix("### ") for line in page if line.startswith("### ")] == list(CODES)
    anchors = {generate._anchor(line.removeprefix("## ")) for line in page if line.startswith("## ")}
    links = {line.partition("(#")[2].rstrip(")") for line in page if line.startswith("- [")}
    assert links == anchors
