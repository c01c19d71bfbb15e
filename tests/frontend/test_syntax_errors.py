"""YAML that cannot be read: what the writer did, at which place, and what would be right."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nnspec.frontend.diagnostics import Diagnostic, Source, SpecError
from nnspec.frontend.edits import apply
from nnspec.frontend.pipeline import check
from nnspec.frontend.source import compose
from nnspec.frontend.syntax import reads_to

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


def found(text: str) -> Diagnostic:
    with pytest.raises(SpecError) as caught:
        compose(Source.from_text(text))
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb:2\nc: 3\n", 2, "no space after the colon of `b`"),
        ("a: 1\nb\nc: 3\n", 2, "no colon after `b`"),
        ("a: 1\nb = 2\n", 2, "joined by `=`"),
        ("a: b: 2\n", 1, "two keys on one line: `a` and `b`"),
        ("a: what: is it not\n", 1, "has a colon in it and no quotes"),
        ("a:\n  - b\n  -c\n  - d: 1\n", 3, "no space after the dash"),
        ("a:\n  b: 1\n   c: 2\n  d: 3\n", 3, "indented by 3 spaces"),
        ("a:\n   b: 1\n  c: 2\n  d: 3\n", 2, "indented by 3 spaces"),
        ("a: {b: 1\nc: 2\n", 1, "`{` is never closed"),
        ("a:\n  - b\n  - c: {d: ", 3, "`{` is never closed"),
        ("a:\n  - b\n  - c: {d: 3,\n  ", 3, "`{` is never closed"),
        ("a:\n  - b\n  - c: {", 3, "`{` is never closed"),
        ("a: {b: ${width}, c: 2}\n", 1, "another language's way to write a name"),
        ("a: [1, 2}\nc: 2\n", 1, "`}` closes what `[` opened"),
        ("a: 1]\nc: {}}\n", 2, "`}` closes nothing"),
        ("a: {b: 1 c: 2}\n", 1, "no comma before `c`"),
        ("a: 'b\nc: 2\n", 1, "never closed"),
        ('a: "C:\\data"\n', 1, "begins an escape"),
        ("a: @b\n", 1, "needs quotes"),
        ("a:\n  b: 1\n  - c\n", 3, "an item of a list"),
        ("<<<<<<< HEAD\na: 1\n=======\n", 1, "a merge conflict"),
        ("// what it is\na: 1\n", 1, "begins with `#`"),
        ("a：1\nb: 2\n", 1, "a wide colon"),
    ],
)
def test_what_the_writer_did(text: str, line: int, says: str) -> None:
    diagnostic = found(text)
    assert diagnostic.code == "E0105" and diagnostic.span is not None
    assert (diagnostic.span.line, says in diagnostic.message) == (line, True), str(diagnostic)


@pytest.mark.parametrize("text", ["a: [", "{", "- }", "a: &", "a: %\n%b", "'", '"\\x"', "a: |3\n  b\n c: :\n- "])
def test_what_nobody_can_tell_has_a_place_and_words(text: str) -> None:
    diagnostic = found(text)
    assert diagnostic.span is not None and diagnostic.span.line >= 1
    assert "context" not in diagnostic.message and "token" not in diagnostic.message


@pytest.mark.slow
def test_a_certain_fix_makes_the_text_yaml_and_the_place_is_where_it_was_broken() -> None:
    """One character of a sound spec lost or put in: the line is named, and what is certain reads."""
    draw, told, near, count = random.Random(5), 0, 0, 0
    for _ in range(250):
        lines = draw.choice(SPECS).read_text(encoding="utf-8").splitlines(keepends=True)
        at = draw.randrange(len(lines))
        line = lines[at]
        places = [place for place, char in enumerate(line.rstrip()) if not char.isalnum()]
        if line.lstrip().startswith("#") or not places:
            continue
        cut = draw.choice(places)
        put_in = draw.random() < 0.5
        lines[at] = line[:cut] + (draw.choice(":-{}[]\"',") + line[cut:] if put_in else line[cut + 1 :])
        text = "".join(lines)
        errors = [one for one in check(Source.from_text(text), data=False).diagnostics if one.code == "E0105"]
        if not errors:
            continue
        (error,) = errors
        count += 1
        told += not error.message.startswith("not YAML")
        near += error.span is not None and error.span.line == at + 1
        if error.fix is not None and error.fix.safe:
            assert reads_to(apply(text, error.fix.edits)) > at, str(error)
    assert count > 60 and told >= 0.95 * count and near >= 0.9 * count, (count, told, near)


@pytest.mark.slow
def test_a_large_text_is_not_read_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnspec.frontend import syntax

    read: list[int] = []
    monkeypatch.setattr(syntax, "reads_to", lambda text: read.append(len(text)) or 0)
    found("- 1\n" * 100_000 + "b: {\n")
    assert sum(read) <= syntax.MAX_TRIED


def test_several_mistakes_are_mended_one_after_the_other(tmp_path: Path) -> None:
    from nnspec.frontend.fixes import fix

    path = tmp_path / "spec.yaml"
    path.write_text(
        "nnspec: 1\ninputs: {x:[4]}\nlayers:\n  -Flatten\n  - Dense:{units: 3}\nname= a\n", encoding="utf-8"
    )
    mended = fix(lambda unsaved: [check(path, unsaved=unsaved)], {path})
    text = "nnspec: 1\ninputs: {x: [4]}\nlayers:\n  - Flatten\n  - Dense: {units: 3}\nname: a\n"
    assert mended.after == {path: text} and mended.checked[0].ok
