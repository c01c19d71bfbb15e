"""Every case of the world, by `check` and by the data: no TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from world import Case, cases, read

from nnspec.api import open_data
from nnspec.data.doubts import doubts
from nnspec.frontend.agreement.single_examples import said_of_examples
from nnspec.frontend.fixes import fix
from nnspec.frontend.pipeline import check

CASES = cases()
GALLERY = 44


def parameters(chosen: list[Case], where: str) -> list[Any]:
    """A case that waits for its mend must fail, so that its mark goes when the mend comes."""

    def marks(case: Case) -> Any:
        owner = case.pending(where)
        return pytest.mark.xfail(reason=f"pending: {owner}", strict=True) if owner else ()

    return [pytest.param(case, id=case.name, marks=marks(case)) for case in chosen]


def test_there_are_cases() -> None:
    assert len(CASES) >= 200
    assert len([case for case in CASES if case.path.parent.name == "gallery"]) >= GALLERY


def test_a_case_that_expects_nothing_is_no_case(tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("# a remark\nnnspec: 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="expects nothing"):
        read(empty)


@pytest.mark.parametrize("case", parameters(CASES, "check"))
def test_case(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    path = case.build(tmp_path)
    checked = check(path, case.small)
    text = "\n\n".join(str(item) for item in checked.diagnostics)
    found = {(item.span.line if item.span else None, item.code) for item in checked.diagnostics}
    assert case.agrees(found), text or "check finds nothing"
    for hint in case.all("hint"):
        assert hint in text, text
    if case.all("fix"):
        mended = fix(lambda unsaved: [check(path, case.overrides, unsaved=unsaved, data=False)], {path.resolve()})
        after = mended.after.get(path.resolve(), case.text)
        assert all(part in after for part in case.all("fix")), after
        assert mended.checked[0].ok, "\n\n".join(map(str, mended.checked[0].diagnostics))
    if case.params is not None:
        # Small data do not fit the whole of a network that is trained at a smaller size.
        whole = check(path, case.overrides, data=False).spec if case.all("small") else checked.spec
        assert whole is not None and whole.param_count == case.params
    if case.data or case.says:
        dataset = open_data(checked.spec or path)
        said = [*doubts(dataset), *said_of_examples(checked.spec, dataset)] if checked.spec and case.says else []
        remarks = "\n".join([text, *map(str, dataset.problems), *map(str, said)])
        for wanted in case.says:
            assert wanted in remarks, remarks or "nothing is said"
        assert {key: value for key, value in described(dataset).items() if key in case.data} == case.data


def described(dataset: Any) -> dict[str, Any]:
    """What a case may say under `# data:`."""
    return {
        "parts": {name: part.size for name, part in dataset.splits.items()},
        "classes": None if dataset.classes is None else list(dataset.classes),
        "features": {name: str(spec) for name, spec in dataset.features.items()},
        "targets": {name: str(spec) for name, spec in dataset.targets.items()},
        "vocabulary_size": None if dataset.vocabulary is None else len(dataset.vocabulary),
        "task": dataset.task,
    }
