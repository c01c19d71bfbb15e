"""A SavedModel's signature for what people have: words, pixels of any size, columns in their units; labels come out.

Built of TensorFlow operations from the same description that a bundle carries (`nnspec.export.preprocessing`), so it
runs wherever TensorFlow does and nowhere else. Text is given as words, "" after the last one: no regular expression of
TensorFlow's cuts languages as the data source does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from nnspec.backend.signature import Signature
from nnspec.export.errors import ExportError
from nnspec.export.model_metadata import ModelMetadata
from nnspec.export.names import identifier

Tensors = dict[str, Any]
NAMES = {"classification": "classify", "tagging": "tag"}
METHODS = {"nearest": "nearest", "bilinear": "bilinear", "bicubic": "bicubic", "lanczos": "lanczos3"}
WORDS = "words"


def signature_name(card: ModelMetadata) -> str:
    """What the signature is called: `classify`, `tag` or `predict`."""
    return NAMES.get(card.task, "predict")


class RawInputs(tf.Module):  # type: ignore[misc]
    """The description as tensors: look-up tables are part of the module that is saved."""

    def __init__(self, card: ModelMetadata, signature: Signature) -> None:
        super().__init__()
        self.card, self.signature = card, signature
        self.described: Mapping[str, Mapping[str, Any]] = card.preprocessing.get("inputs", {})
        self.tables: dict[str, Any] = {}
        for name, given in self.described.items():
            if given["kind"] == "words":
                self.tables[name] = _table(card.vocabulary or (), given["unknown"], first=0)
            if given["kind"] == "characters":
                self.tables[name] = _table(tuple(given["alphabet"]), given["unknown"], first=2)
            if given["kind"] == "category":
                self.tables[name] = _table(tuple(map(str, given["values"])), 0, first=1)

    def specs(self) -> Tensors:
        """A TensorSpec for each thing that is given."""
        found: Tensors = {}
        for port in self.signature.inputs:
            given = self.described.get(port.name, {"kind": "array"})
            kind = given["kind"]
            if kind in ("words", "characters", "casing"):
                name = self.spoken(port.name)
                found[name] = tf.TensorSpec((None, None), tf.string, name=name)
            elif kind == "image":
                found[port.name] = tf.TensorSpec((None, None, None, port.shape[-1]), tf.uint8, name=port.name)
            elif kind == "category":
                found[port.name] = tf.TensorSpec((None,), tf.string, name=port.name)
            elif kind == "numbers" and _is_by_column(given):
                shape = (None, *([given["steps"]] if "steps" in given else []))
                for column in given["columns"]:
                    name = identifier(column["name"])
                    if name in found:
                        raise ExportError(f"two columns would be `{name}` in the signature", hint="rename one of them")
                    found[name] = tf.TensorSpec(shape, tf.string if "one_hot" in column else tf.float32, name=name)
            else:
                found[port.name] = tf.TensorSpec((None, *port.shape), port.dtype, name=port.name)
        return found

    def spoken(self, name: str) -> str:
        """What the words of an input are called: of one sentence `words`, of several texts each by its input."""
        texts = sum(given["kind"] == "words" for given in self.described.values())
        return WORDS if texts < 2 else name

    def encoded(self, given: Tensors) -> Tensors:
        """The network's inputs."""
        return {port.name: tf.cast(self._input(port.name, given), port.dtype) for port in self.signature.inputs}

    def answers(self, outputs: Tensors) -> Tensors:
        """The outputs, and what they mean: `label`, of each word where words are tagged, or numbers in their units."""
        found = dict(outputs)
        for name, described in self.card.preprocessing.get("outputs", {}).items():
            if described["kind"] in ("classes", "tags", "map", "places") and self.card.labels:
                key = "label" if "label" not in found else f"{name}_label"
                found[key] = self._label(outputs[name], described.get("activation"))
            if described["kind"] == "numbers":
                scales = described["columns"]
                factors, offsets = ([column.get(part, 0.0) for column in scales] for part in ("factor", "offset"))
                found[name] = outputs[name] * tf.constant(factors) + tf.constant(offsets)
        return found

    def _label(self, values: Any, activation: str | None) -> Any:
        labels = tf.constant(list(self.card.labels or ()))
        if values.shape[-1] == 1:
            return tf.gather(labels, tf.cast(values[..., 0] > (0.5 if activation == "sigmoid" else 0.0), tf.int32))
        return tf.gather(labels, tf.argmax(values, -1))

    def _input(self, name: str, given: Tensors) -> Any:
        described = self.described.get(name, {"kind": "array"})
        readers: dict[str, Callable[[], Any]] = {
            "words": lambda: self._words(name, described, given[self.spoken(name)]),
            "characters": lambda: self._characters(name, described, given[WORDS]),
            "casing": lambda: _casing(given[WORDS]),
            "image": lambda: _image(described, given[name]),
            "category": lambda: self.tables[name].lookup(given[name]),
            "numbers": lambda: _numbers(described, given if _is_by_column(described) else given[name]),
        }
        return readers[described["kind"]]() if described["kind"] in readers else given[name]

    def _words(self, name: str, described: Mapping[str, Any], words: Any) -> Any:
        looked = tf.strings.lower(words, encoding="utf-8") if described["lower"] else words
        if described["digits"]:
            looked = tf.strings.regex_replace(looked, r"\p{Nd}", "0")
        return tf.where(words == "", tf.cast(described["padding"], tf.int64), self.tables[name].lookup(looked))

    def _characters(self, name: str, described: Mapping[str, Any], words: Any) -> Any:
        """`[batch, words, width]`; a longer word loses its middle."""
        width = described["width"]
        size = tf.strings.length(words, unit="UTF8_CHAR")
        front = tf.strings.substr(words, tf.zeros_like(size), tf.fill(tf.shape(size), -(-width // 2)), unit="UTF8_CHAR")
        back = tf.strings.substr(
            words, tf.maximum(size - width // 2, 0), tf.fill(tf.shape(size), width // 2), unit="UTF8_CHAR"
        )
        fitted = tf.where(size > width, front + back, words)
        flat = tf.strings.unicode_split(tf.reshape(fitted, [-1]), "UTF-8")
        numbers = flat.with_values(self.tables[name].lookup(flat.values)).to_tensor(0, shape=(None, width))
        return tf.reshape(numbers, tf.concat([tf.shape(words), [width]], 0))


def _table(values: tuple[str, ...], unknown: int, first: int) -> Any:
    keys = tf.constant(list(values) or [""])
    numbers = tf.range(first, first + max(1, len(values)), dtype=tf.int64)
    return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, numbers), unknown)


def _casing(words: Any) -> Any:
    """As `nnspec.data.text.casing`: 1 lower, 2 title, 3 upper, 4 mixed, 5 number, 6 digits, 7 other; 0 for padding."""
    letters = tf.strings.regex_full_match(words, r"(?s).*\pL.*")
    digits = tf.strings.regex_full_match(words, r"(?s).*\p{Nd}.*")
    small = words == tf.strings.lower(words, encoding="utf-8")
    large = words == tf.strings.upper(words, encoding="utf-8")
    rest = tf.strings.regex_replace(words, r"^(?s:.)", "")
    titled = tf.strings.regex_full_match(words, r"(?s)\p{Lu}.*") & (rest == tf.strings.lower(rest, encoding="utf-8"))
    written = tf.where(small, 1, tf.where(titled, 2, tf.where(large, 3, 4)))
    found = tf.where(letters, tf.where(digits, 6, written), tf.where(digits, 5, 7))
    return tf.where(words == "", 0, found)


def _image(described: Mapping[str, Any], pixels: Any) -> Any:
    """Resized where it has another size, averaging where it shrinks, as Pillow does; to whole numbers like its own."""
    size = described["size"]
    found = tf.image.resize(pixels, size, method=METHODS[described["interpolation"]], antialias=True)
    return tf.clip_by_value(tf.round(found), *described["range"])


def _is_by_column(described: Mapping[str, Any]) -> bool:
    """Whether columns are given by their names: of a series of numbers alone, they are one array."""
    return "steps" not in described or any("one_hot" in column for column in described["columns"])


def _numbers(described: Mapping[str, Any], given: Any) -> Any:
    columns = described["columns"]
    if not _is_by_column(described):
        offsets, factors, fills = (
            tf.constant([column[part] for column in columns]) for part in ("offset", "factor", "fill")
        )
        return (tf.where(tf.math.is_nan(given), fills, given) - offsets) / factors
    return tf.concat([_column(column, given[identifier(column["name"])]) for column in columns], axis=-1)


def _column(column: Mapping[str, Any], values: Any) -> Any:
    if "one_hot" in column:
        return tf.cast(values[..., tf.newaxis] == tf.constant(list(map(str, column["one_hot"]))), tf.float32)
    filled = tf.where(tf.math.is_nan(values), column["fill"], values)
    return ((filled - column["offset"]) / column["factor"])[..., tf.newaxis]
