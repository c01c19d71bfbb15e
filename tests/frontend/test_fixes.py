"""Fixes: edits that follow from a fault, and their applying."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

from nnspec.frontend.concrete_syntax import comments
from nnspec.frontend.diagnostics import Diagnostic, Source
from nnspec.frontend.edits import apply, tabs_to_spaces
from nnspec.frontend.fixes import Fixed, fix
from nnspec.frontend.pipeline import Checked, check
from nnspec.frontend.suggest import certain
from nnspec.frontend.syntax import END, reads_to

HEAD = "nnspec: 1\ninputs: {image: [28, 28, 1]}\n"
SPECS = Path(__file__).parent.parent / "specs"


def fixed(text: str, path: Path = Path("/nowhere/spec.yaml")) -> Fixed:
    def checked(unsaved: Mapping[Path, str]) -> list[Checked]:
        return [check(Source.from_text(unsaved.get(path, text), str(path)), data=False)]

    return fix(checked, {path})


def after(text: str) -> str:
    return next(iter(fixed(text).after.values()), text)


def said(text: str) -> list[Diagnostic]:
    return list(check(Source.from_text(text), data=False).diagnostics)


@pytest.mark.parametrize(
    ("before", "becomes"),
    [
        # keys, kinds, arguments, words
        ("layers: [Flatten, {Dense: {unit: 10}}]", "layers: [Flatten, {Dense: {units: 10}}]"),
        ("layers:\n  - Flatten\n  - dense: 10  # ten", "layers:\n  - Flatten\n  - Dense: 10  # ten"),
        ('layers: [Flatten, "Desne": {"untis": 3}]', 'layers: [Flatten, "Dense": {"units": 3}]'),
        ("layers: [Flatten, {Dense: 3, nmae: a}]", "layers: [Flatten, {Dense: 3, name: a}]"),
        (
            "layers:\n  - Conv2D: {filters: 4, kernel_size: 3, padding: 'Same'}",
            "layers:\n  - Conv2D: {filters: 4, kernel_size: 3, padding: 'same'}",
        ),
        ("layers: [Flatten, {Dense: {units: 3, activation: rleu}}]", "layers: [Flatten, {Dense: {units: 3, activation: relu}}]"),
        ("layers: [Flatten]\ntrain: {loss: mse, epoch: 3}", "layers: [Flatten]\ntrain: {loss: mse, epochs: 3}"),
        (
            "layers: [Flatten]\ntrain: {loss: mse, optimizer: {Adam: {lr: 0.1}}}",
            "layers: [Flatten]\ntrain: {loss: mse, optimizer: {Adam: {learning_rate: 0.1}}}",
        ),
        # values
        ("layers: [Flatten, {Dense: 10.0}]", "layers: [Flatten, {Dense: 10}]"),
        ("layers: [Flatten, {Dense: '10'}]", "layers: [Flatten, {Dense: 10}]"),
        ("layers: [Flatten, {Dense: {units: 3, use_bias: No}}]", "layers: [Flatten, {Dense: {units: 3, use_bias: false}}]"),
        # names
        ("params: {width: 3}\nlayers: [Flatten, {Dense: $widht}]", "params: {width: 3}\nlayers: [Flatten, {Dense: $width}]"),
        (
            "params: {width: 3}\nlayers: [Flatten, {Dense: $(2 * wdith)}]",
            "params: {width: 3}\nlayers: [Flatten, {Dense: $(2 * width)}]",
        ),
        ("layers: [Flatten, {Dense: 3, from: imgae}]", "layers: [Flatten, {Dense: 3, from: image}]"),
        (
            "params: {deep: true}\nlayers: [Flatten, {Dense: 3, when: deep}]",
            "params: {deep: true}\nlayers: [Flatten, {Dense: 3, when: $(deep)}]",
        ),
        # what does nothing
        ("layers:\n  - Flatten\n  -\n  - Dense: 3", "layers:\n  - Flatten\n  - Dense: 3"),
        ("layers:\n  - Flatten\n  - # a Dropout\n  - Dense: 3", "layers:\n  - Flatten\n  # a Dropout\n  - Dense: 3"),
        ("layers: [Flatten, null, {Dense: 3}, ~]", "layers: [Flatten, {Dense: 3}]"),
        ("params: {a: 1}\nlayers: [Flatten]", "layers: [Flatten]"),
        ("params:\n  a: 1  # one\n  b: 2\nlayers: [Flatten, {Dense: $b}]", "params:\n  # one\n  b: 2\nlayers: [Flatten, {Dense: $b}]"),
        ("params:\n  # of old\n  a:\n    - 1\n    - 2\nlayers: [Flatten]", "# of old\nlayers: [Flatten]"),
        ("blocks: {a: {layers: [Flatten]}, b: {layers: [Flatten]}}\nlayers: [a]", "blocks: {a: {layers: [Flatten]}}\nlayers: [a]"),
        ("layers: [{repeat: 2, as: i, layers: [Flatten]}]", "layers: [{repeat: 2, layers: [Flatten]}]"),
        (
            "layers:\n  - for: {a: [1, 2], b: [3, 4]}\n    layers: [Flatten, {Dense: $b}]",
            "layers:\n  - for: {b: [3, 4]}\n    layers: [Flatten, {Dense: $b}]",
        ),
        (
            "blocks: {d: {params: {n: 3, m: 2}, layers: [{Dense: $n}]}}\nlayers: [Flatten, {d: 4}]",
            "blocks: {d: {params: {n: 3}, layers: [{Dense: $n}]}}\nlayers: [Flatten, {d: 4}]",
        ),
        # biases
        (
            "layers: [{Conv2D: {filters: 4, kernel_size: 3}}, BatchNormalization]",
            "layers: [{Conv2D: {filters: 4, kernel_size: 3, use_bias: false}}, BatchNormalization]",
        ),
        (
            "layers:\n  - Conv2D:  # a\n      filters: 4\n      kernel_size: 3  # b\n  # c\n  - BatchNormalization",
            "layers:\n  - Conv2D:  # a\n      filters: 4\n      kernel_size: 3  # b\n      use_bias: false\n  # c\n"
            "  - BatchNormalization",
        ),
        ("layers:\n  - Dense: 3\n  - BatchNormalization", "layers:\n  - Dense: {units: 3, use_bias: false}\n  - BatchNormalization"),
        (
            "params: {n: 2}\nlayers:\n  - Dense: $(max(n, 3))\n  - BatchNormalization",
            'params: {n: 2}\nlayers:\n  - Dense: {units: "$(max(n, 3))", use_bias: false}\n  - BatchNormalization',
        ),
        (
            "layers: [{Dense: {units: 3, use_bias: true}}, BatchNormalization]",
            "layers: [{Dense: {units: 3, use_bias: false}}, BatchNormalization]",
        ),
        # losses
        (
            "layers: [Flatten, {Dense: 3}]\ntrain: {loss: SparseCategoricalCrossentropy}",
            "layers: [Flatten, {Dense: 3}]\ntrain: {loss: {SparseCategoricalCrossentropy: {from_logits: true}}}",
        ),
        (
            "layers: [Flatten, {Dense: {units: 3, activation: softmax}}]\n"
            "train:\n  loss: {SparseCategoricalCrossentropy: {from_logits: true}}",
            "layers: [Flatten, {Dense: {units: 3, activation: softmax}}]\n"
            "train:\n  loss: {SparseCategoricalCrossentropy: {}}",
        ),
        # tabs
        ("layers:\n\t- Flatten\n\t- Dense:\n\t\t\tunits: 3", "layers:\n  - Flatten\n  - Dense:\n      units: 3"),
    ],
)  # fmt: skip
def test_what_is_certain_is_applied(before: str, becomes: str) -> None:
    assert after(HEAD + before) == HEAD + becomes
    assert after(HEAD + before + "\n") == HEAD + becomes + "\n"
    windows = (HEAD + before).replace("\n", "\r\n")
    assert after(windows) == (HEAD + becomes).replace("\n", "\r\n")
    assert after(HEAD + becomes) == HEAD + becomes


@pytest.mark.parametrize(
    "text",
    [
        "layers: [{Conv4D: {filters: 4, kernel_size: 3}}]",  # of which rank?
        "layers: [Flatten, {Dense: {units: 3, unit: 3}}]",  # one of the two is another argument
        "layers: [{Dense: 3, name: branch_a}, {Dense: 3, from: branch_b}]",
        "layers: [{Dense: 3, name: conv1}, {Dense: 3, from: conv2}]",
        "params: {p: sane}\nlayers: [{Conv2D: {filters: 4, kernel_size: 3, padding: $p}}]",  # others may use it
        "layers: [{for: {a: [1, 2]}, layers: [Flatten]}]",  # the list is the number of rounds
        "blocks: {d: {params: {n: 3, m: 2}, layers: [{Dense: $m}]}}\nlayers: [Flatten, {d: 4}]",  # 4 would be m's
        "blocks: {d: {params: {n: 3, m: 2}, layers: [{Dense: $n}]}}\nlayers: [Flatten, {d: {m: 4}}]",
        # one place, two layers: the second has no normalization behind it
        "blocks: {c: {params: {bn: true}, layers: [{Dense: 3}, {BatchNormalization: , when: $bn}]}}\n"
        "layers: [c, {c: {bn: false}}]",
        "layers: [{Dense: 3, name: d}, BatchNormalization, {reuse: d, from: image}]",
        "layers: [{Conv2D: {filters: 4, kernel_size: 3}}, {BatchNormalization: {axis: 1}}]",
        "layers: [Flatten, {Dense: 1}]\ntrain: {loss: BinaryCrossentropy, metrics: [BinaryAccuracy]}",
        "layers:\n  - Flatten\n  - Dense:\n\tunits: 3\n        use_bias: false",  # how wide is the tab?
    ],
)
def test_what_is_a_guess_is_not_applied(text: str) -> None:
    assert after(HEAD + text) == HEAD + text


def test_a_fix_that_brings_new_errors_is_refused() -> None:
    text = HEAD + "params: &p {a: 1}\nlayers: [Flatten, {Dense: {units: 3, kernel_initializer: *p}}]\n"
    assert after(text) == text
    # Two safe fixes of one text, the first of which breaks a spec that every pass has seen.
    path = Path("/nowhere/a.yaml")
    base = HEAD + "params: {a: 3}\nlayers: [Flatten, null]\n"

    def checked(unsaved: Mapping[Path, str]) -> list[Checked]:
        text = unsaved.get(path, base)
        uses = Source.from_text("nnspec: 1\nextends: a.yaml\nlayers: [{Dense: $a}]\n", "/nowhere/b.yaml")
        return [check(Source.from_text(text, str(path)), data=False), check(uses, unsaved={path: text}, data=False)]

    found = fix(checked, {path})
    assert [one.code for one in found.refused] == ["W0605"] and [one.code for one in found.done] == ["W0503"]
    assert found.after == {path: HEAD + "params: {a: 3}\nlayers: [Flatten]\n"}


def test_files_that_are_not_named_stay() -> None:
    base, own = Path("/nowhere/base.yaml"), Path("/nowhere/own.yaml")
    text = HEAD + "layers: [Flatten, {Dense: {unit: 3}}]\n"

    def checked(unsaved: Mapping[Path, str]) -> list[Checked]:
        texts = {base: text, **unsaved}
        return [check(Source.from_text("nnspec: 1\nextends: base.yaml\n", str(own)), unsaved=texts, data=False)]

    found = fix(checked, {own})
    assert not found.after and [one.code for one in found.elsewhere] == ["E0203"]
    assert fix(checked, {own, base}).after == {base: text.replace("unit", "units")}


@pytest.mark.parametrize("path", sorted((SPECS / "invalid").glob("*.yaml")), ids=lambda path: path.stem)
def test_broken_specs_lose_what_was_fixed(path: Path) -> None:
    found = fix(lambda unsaved: [check(path, unsaved=unsaved, data=False)], {path.resolve()})
    for text, new in zip(found.before.values(), found.after.values(), strict=True):
        if not any(one.code == "E0105" for one in found.done):
            assert sorted(one.text for *_, one in comments(text)) == sorted(one.text for *_, one in comments(new))
    assert bool(found.after) == bool(found.done)
    again = fix(lambda unsaved: [check(path, unsaved={**found.after, **unsaved}, data=False)], {path.resolve()})
    assert not again.done


@pytest.mark.slow
def test_random_mistakes() -> None:
    """Specs with mistakes put in: what was sound stays so, comments survive, a second call finds nothing to do."""
    draw = random.Random(16)
    sound = (SPECS.parent.parent / "specs" / "lenet.yaml").read_text(encoding="utf-8")
    for _ in range(60):
        lines = sound.splitlines(keepends=True)
        for _ in range(draw.randint(0, 3)):
            at = draw.randrange(len(lines))
            line = lines[at]
            if draw.random() < 0.5 and len(line) > 8 and not line.lstrip().startswith("#"):
                cut = draw.randrange(len(line) - len(line.lstrip()), len(line) - 1)
                lines[at] = line[:cut] + line[cut + 1 :]
            elif line.lstrip().startswith("- "):
                lines.insert(at, f"{line[: len(line) - len(line.lstrip())]}-  # left over\n")
        text = "".join(lines)
        was_ok = all(one.severity != "error" for one in said(text))
        found = fixed(text)
        new = next(iter(found.after.values()), text)
        assert not was_ok or found.checked[0].ok
        assert after(new) == new
        if new != text and reads_to(text) == END:  # of what is no YAML nobody can tell the remarks
            assert sorted(one.text for *_, one in comments(text)) == sorted(one.text for *_, one in comments(new))


def test_unsafe_fixes_are_offered() -> None:
    (found,) = (one for one in said(HEAD + "layers: [{Conv4D: {filters: 4, kernel_size: 3}}]") if one.fix)
    assert found.fix is not None and not found.fix.safe
    assert found.as_json()["fix"] == {
        "title": found.fix.title,
        "safe": False,
        "edits": [{"file": "spec.yaml", "line": 3, "column": 11, "end_line": 3, "end_column": 17, "text": found.fix.edits[0].text}],
    }  # fmt: skip


def test_edits_count_code_points_and_all_line_ends() -> None:
    text = "a: '\N{GRINNING FACE}'\r\nb: [1.0]\n\tc"
    source = Source("x", text)
    found = tabs_to_spaces(source, lambda text: text if "\t" not in text else None)
    assert found is not None and not found.safe and apply(text, found.edits) == text.replace("\t", "  ")


def test_words_that_are_certain() -> None:
    assert certain("filtres", ["filters", "strides"]) and certain("RELU", ["relu", "relu6"])
    assert not certain("Conv4D", ["Conv1D", "Conv2D"]) and not certain("relu7", ["relu", "relu6"])
    assert not certain("abs", ["bias", "axis"]) and not certain("stage4", ["stage3"])
