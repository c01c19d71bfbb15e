"""The page's modules in headless Chromium against the Python that trained the network: words, casing, entities, pixels."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import pytest
from PIL import Image
from served import run_script

import nnspec
from nnspec.data.formats.images import Decoder
from nnspec.data.formats.thumbnails import hues_of
from nnspec.data.text import tags
from nnspec.data.text.casing import CASINGS, casing
from nnspec.data.text.tokens import PATTERNS, TokenSource

pytestmark = pytest.mark.slow  # each starts a browser

ASSETS = Path(nnspec.__file__).with_name("export") / "web" / "assets"
TEXTS = [
    "Ada's mother-in-law, Émile’s 1,000 x_y²… (3rd) e-mail: a@b.org!",
    "ÉMILE ß İstanbul ΣΊΣΥΦΟΣ ǅ Ⅳ m² ② ٣٤ 𝔘𝔫𝔦 李白 हिन्दी naïve cafe\u0301",
    "tab\there\u0085next\u00a0no-break\u2009thin\ufeffmark\u200bzero\x1cgroup\u3000wide\nline",
    " \\ / [a] {b} ^$ .*+? | & # ~ - \"quoted\" 'q' 100% C++ ",
]
FINDING = [
    *PATTERNS.values(),
    next(field.default for field in TokenSource.__dataclass_fields__.values() if field.name == "pattern"),
    r"\w+|\W",
    r"\b\w+\b",
    r"\B\w",
    r"[\w\-\.]+@[\w\-]+|\d+(?:[.,]\d+)*|[^\W\d]+|\S",
    r"(?P<number>\d+)|\D",
    r"[^\s\w]|[\]\[]|\#|\~|\'\w",
    r"(\w)\1|\w",
]
# Which axis comes first is another matter before Pillow 13.
TALL = ((91, 33), (40, 10), (68, 40), (69, 40)) if int(PIL.__version__.partition(".")[0]) >= 13 else ()


def in_page(script: str, *values: Any) -> Any:
    """What an async function's body returns, given values as `given`."""
    found, console = run_script(ASSETS, f"const given = {json.dumps(values)};\n{script}")
    assert console == []
    return found


def test_words_and_casing() -> None:
    script = """const {places, casing} = await import("./encode.js"), [patterns, texts, marks] = given;
const words = (text, pattern) => places(text, {pattern}).map(place => text.slice(...place));
return {words: patterns.map(pattern => texts.map(text => words(text, pattern))), casing: marks.map(casing)};"""
    spoken = [word for text in TEXTS for word in text.split()] + ["²", "A", "aB", "Ab", "ab1", "1²", "Ⅳa", "ǅa", "—"]
    found = in_page(script, FINDING, TEXTS, spoken)
    for pattern, rows in zip(FINDING, found["words"], strict=True):
        expected = [[match[0] for match in re.finditer(pattern, text) if match[0]] for text in TEXTS]
        assert rows == expected, pattern
    assert [CASINGS[number] for number in found["casing"]] == [CASINGS[casing(word)] for word in spoken]


def test_entities_are_those_of_python() -> None:
    generator = random.Random(0)
    labels = ["O", "odd", *(f"{letter}-{kind}" for letter in "BIMES" for kind in ("a", "b-c")), "B", "I", "S"]
    rows = [generator.choices(labels, k=generator.randint(0, 9)) for _ in range(2000)]
    script = 'const {entities} = await import("./decode.js"); return given[0].map(entities);'
    found = in_page(script, rows)
    assert found == [[entity._asdict() for entity in tags.spans(row)] for row in rows]


@pytest.mark.parametrize("units", [1, 3])
def test_a_map_is_painted_in_the_colours_of_the_run_page(units: int) -> None:
    values = np.random.default_rng(units).normal(size=(4, 5, units)).astype(np.float32)
    script = """const {painted} = await import("./decode.js"), [values, units] = given;
const {counts, image} = painted(Float32Array.from(values), units, "linear");
return {counts, image: [...image]};"""
    found = in_page(script, values.ravel().tolist(), units)
    classes = values.argmax(-1) if units > 1 else (values[..., 0] > 0).astype(int)
    assert found["counts"] == np.bincount(classes.ravel(), minlength=max(2, units)).tolist()
    pixels = np.array(found["image"]).reshape(4, 5, 4)
    assert np.abs(pixels[..., :3] - 255 * hues_of(classes, max(2, units))).max() <= 1
    assert (pixels[..., 3] == 255).all()


def test_chances_are_those_of_predict() -> None:
    script = """const {chances} = await import("./decode.js");
return [chances([2, 1000, 998], "linear"), chances([0.25], "sigmoid"), chances([0], "linear"), chances([0.25, 0.75], "softmax")];"""
    powers = np.exp([-998.0, 0.0, -2.0])
    expected = [powers / powers.sum(), [0.75, 0.25], [0.5, 0.5], [0.25, 0.75]]
    for row, wanted in zip(in_page(script), expected, strict=True):
        np.testing.assert_allclose(row, wanted, atol=1e-12)


@pytest.mark.parametrize("color", ["grey", "rgb"])
def test_images_are_those_of_pillow_to_the_bit(color: Any) -> None:
    generator = np.random.default_rng(0)
    rules, images, expected = [], [], []
    for interpolation in ("nearest", "bilinear", "bicubic", "lanczos"):
        for height, width in ((5, 7), (28, 28), (20, 60), (60, 50), (1, 40), (33, 20), *TALL):
            image = generator.integers(0, 256, (height, width, 3), np.uint8)
            image[: height // 2] = generator.choice([0, 255], (height // 2, width, 1))  # hard edges overshoot
            decoder = Decoder((28, 20), color, interpolation)  # type: ignore[arg-type]
            expected.append(decoder.pixels(Image.fromarray(image)).ravel().tolist())
            rules.append({"color": color, "size": [28, 20], "interpolation": interpolation})
            images.append(
                {
                    "width": width,
                    "height": height,
                    "data": np.dstack([image, np.full((height, width), 255)]).ravel().tolist(),
                }
            )
    script = """const {pixels} = await import("./images.js"), [images, rules] = given;
return images.map((image, place) => [...pixels({...image, data: Uint8ClampedArray.from(image.data)}, rules[place])]);"""
    for found, wanted, rule in zip(in_page(script, images, rules), expected, rules, strict=True):
        assert found == wanted, rule


def test_photos_in_colour_are_chosen_and_not_drawn() -> None:
    """The page begins with an example and its answer; of grey images, which are drawn, with an empty pad."""
    script = """for (const id of ["work", "input", "answer"]) {
  document.body.append(Object.assign(document.createElement("div"), {id}));
}
const {drawing} = await import("./input.js"), found = [];
for (const [color, values] of [["rgb", Array(12).fill(200)], ["grey", Array(4).fill(0)]]) {
  const asked = [], examples = [{inputs: {image: values}}];
  document.getElementById("input").replaceChildren();
  const card = {preprocessing: {inputs: {image: {kind: "image", size: [2, 2], color}}}, examples};
  drawing({network: {card}, say: () => {}, ask: inputs => asked.push(inputs.image.length)});
  const pad = document.querySelector("canvas.pad"), [red] = pad.getContext("2d").getImageData(9, 9, 1, 1).data;
  found.push([asked, red, pad.ariaLabel ?? pad.getAttribute("aria-label"), document.querySelectorAll("button").length]);
}
return found;"""
    assert in_page(script) == [[[12], 200, "the image", 0], [[], 0, "draw here", 1]]
