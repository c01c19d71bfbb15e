"""Files that a text block cannot hold, drawn by a seed: `# make: KIND PATH {arguments}` in a case."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np


def arrays(path: Path, **members: Any) -> None:
    """An .npz file; each member is a list of values, or what `array` draws."""
    np.savez(path, **{name: array(name, given) for name, given in members.items()})


def array(name: str, given: Any) -> np.ndarray:
    """`{draw, shape, dtype, of, put}`: drawn by the name's seed. `put` maps a flat position to a value.

    Args:
        given: `draw` is normal, uniform, bytes (0 to 255), integers (below `of`), cycle (0, 1, .. `of` - 1, 0, ..),
            one_hot (of such a cycle),
            rare (1 in `of` is 1), or zeros; or a list of values, with `dtype` float32, or int32 for integers.
    """
    if isinstance(given, list):
        found = np.array(given)
        return found.astype(
            "float32" if found.dtype.kind == "f" else found.dtype if found.dtype.kind in "bUS" else "int32"
        )
    shape, of = tuple(given["shape"]), given.get("of", 2)
    draw = np.random.default_rng(sum(name.encode()))
    made: dict[str, Callable[[], np.ndarray]] = {
        "normal": lambda: draw.normal(size=shape).astype("float32"),
        "uniform": lambda: draw.random(shape).astype("float32"),
        "bytes": lambda: draw.integers(0, 256, shape).astype("uint8"),
        "integers": lambda: draw.integers(given.get("low", 0), of, shape).astype("int32"),
        "cycle": lambda: (np.arange(np.prod(shape)) % of).reshape(shape).astype("int32"),
        "one_hot": lambda: np.eye(of, dtype="float32")[np.arange(np.prod(shape)) % of].reshape(*shape, of),
        "rare": lambda: (np.arange(np.prod(shape)) % of == 0).reshape(shape).astype("int32"),
        "zeros": lambda: np.zeros(shape, "float32"),
    }
    found = made[given["draw"]]()
    if "dtype" in given:
        found = found.astype(given["dtype"])
    for place, value in (given.get("put") or {}).items():
        found.flat[place] = float(value)
    return found


def images(
    path: Path,
    classes: Sequence[str] = ("cat", "dog"),
    each: int = 4,
    size: Sequence[int] = (8, 8),
    suffix: str = ".png",
    mode: str = "RGB",
) -> None:
    """A folder of images by class, brighter from class to class. With `classes: []` they lie in the folder itself."""
    drawn = iter(encoded(len(classes or [""]), each, tuple(size), suffix, mode))
    for name in classes or [""]:
        (path / name).mkdir(parents=True, exist_ok=True)
        for index in range(each):
            (path / name / f"{index}{suffix}").write_bytes(next(drawn))


@cache  # most cases ask for the same few
def encoded(classes: int, each: int, size: tuple[int, ...], suffix: str, mode: str) -> list[bytes]:
    """The files of all images, class by class."""
    from PIL import Image

    Image.init()
    draw = np.random.default_rng(each)
    found = []
    for number in range(classes):
        for _ in range(each):
            depth = {"L": (), "RGB": (3,), "RGBA": (4,), "I;16": ()}[mode]
            low, high = 60 * number, 60 * number + 50
            pixels = draw.integers(low, high, (size[0], size[1], *depth)).astype(
                "uint16" if mode == "I;16" else "uint8"
            )
            file = BytesIO()
            Image.fromarray(pixels).save(file, Image.EXTENSION[suffix.lower()])
            found.append(file.getvalue())
    return found


def masks(path: Path, count: int = 4, size: Sequence[int] = (8, 8), values: Sequence[int] = (0, 1)) -> None:
    """A folder of grey images 0.png, 1.png, ..: a rectangle of the second value on the first."""
    from PIL import Image

    path.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        pixels = np.full(tuple(size), values[0], "uint8")
        pixels[1 : size[0] // 2 + index % 2, 2 : size[1] - 1] = values[1]
        Image.fromarray(pixels).save(path / f"{index}.png")


def broken(path: Path, content: str = "nothing", cut: int | None = None) -> None:
    """A file whose content is not what its suffix says, or, if there is one already, its first `cut` bytes."""
    path.write_bytes(path.read_bytes()[:cut] if cut is not None else content.encode())


def copied(path: Path, of: str) -> None:
    """A copy of another file that was made, named from the folder of the copy."""
    path.write_bytes((path.parent / of).read_bytes())


def frames(path: Path, values: Sequence[int], size: Sequence[int] = (8, 8)) -> None:
    """An image of several frames, each grey of one value."""
    from PIL import Image

    first, *others = (Image.fromarray(np.full(tuple(size), value, "uint8")) for value in values)
    first.save(path, save_all=True, append_images=others)


def idx(path: Path, count: int = 6, size: Sequence[int] = (4, 4), labels: Sequence[int] = (0, 1, 2)) -> None:
    """PATH-images and PATH-labels in the IDX format."""
    pixels = np.random.default_rng(1).integers(0, 256, (count, *size)).astype("uint8")
    head = struct.pack(f">BBBB{1 + len(size)}I", 0, 0, 8, 1 + len(size), count, *size)
    path.with_name(f"{path.name}-images").write_bytes(head + pixels.tobytes())
    numbers = np.resize(np.array(labels, "uint8"), count)
    path.with_name(f"{path.name}-labels").write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, count) + numbers.tobytes())


def rows(path: Path, columns: Mapping[str, str], count: int = 12, separator: str = ",", header: bool = True) -> None:
    """A table of `count` rows; each column is an expression in i, such as `i % 3`, `f'item_{i % 4}'`, `i / 7`."""
    names = list(columns)
    lines = [separator.join(names)] if header else []
    for i in range(count):
        lines.append(separator.join(str(eval(columns[name], {"i": i, "np": np})) for name in names))  # our own cases
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def numbers(path: Path, count: int, width: int, labels: int, separator: str = "\t") -> None:
    """A table without a header: the label (-1 and 1 for two) and `width` drawn numbers a row."""
    draw = np.random.default_rng(count)
    names = [-1, 1] if labels == 2 else list(range(labels))
    lines = [
        separator.join([str(names[i % labels]), *(f"{value:.4f}" for value in draw.normal(size=width))])
        for i in range(count)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def sentences(path: Path, lines: Sequence[str], count: int = 1) -> None:
    """CoNLL: each line `word/TAG word/TAG` is a sentence; all of them `count` times."""
    text = "".join("\n".join(pair.replace("/", "\t") for pair in line.split()) + "\n\n" for line in lines)
    path.write_text(text * count, encoding="utf-8")


def texts(path: Path, lines: Sequence[str], count: int = 1) -> None:
    """Lines, all of them `count` times; `|` is a tab."""
    path.write_text("".join(line.replace("|", "\t") + "\n" for line in lines) * count, encoding="utf-8")


def vectors(path: Path, words: Sequence[str], width: int) -> None:
    """Word vectors as GloVe writes them."""
    draw = np.random.default_rng(width)
    lines = [" ".join([word, *(f"{value:.3f}" for value in draw.normal(size=width))]) for word in words]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def folder(path: Path) -> None:
    """An empty folder."""
    path.mkdir(parents=True)


MAKERS: Mapping[str, Callable[..., None]] = {
    maker.__name__: maker
    for maker in (arrays, images, masks, broken, copied, frames, idx, rows, numbers, sentences, texts, vectors, folder)
}
