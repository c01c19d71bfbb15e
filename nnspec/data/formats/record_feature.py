"""What a spec says of one feature of records, and what it makes of the bytes that a record has of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from nnspec.data.errors import DataError
from nnspec.data.formats.array_headers import read_npy_header, without_channel
from nnspec.data.formats.images import Color, Decoder, Interpolation
from nnspec.data.numbers import scan
from nnspec.data.protocol import doc
from nnspec.data.table import FeatureSpec
from nnspec.reading import MAX_JSON, parse_json

if TYPE_CHECKING:
    import numpy as np

STORED = {"float32": "float32", "int32": "int64", "int64": "int64", "bool": "int64", "string": "string"}
LONGEST_NUMBER = 64  # bytes of a number that is written out
MOST_BYTES = 256 << 20  # of an image or a text
HEAD_BYTES, WIDEST = 1 << 16, 16  # of an array as a file: its head, and a number
NPY = b"\x93NUMPY"
NAMED = 20  # entries, or letters of one, that are told


@dataclass(frozen=True)
class RecordFeature:
    """What the spec says of one feature, under `features`."""

    shape: Sequence[int | None] = field(default=(), metadata=doc("Without the batch; a first size of null varies."))
    dtype: str = field(default="float32", metadata=doc("float32, int64, int32, bool or string; of raw bytes, any."))
    decode: Literal["image", "raw"] | None = field(
        default=None, metadata=doc("The feature is bytes: an image file, or the numbers of an array.")
    )
    image_size: Sequence[int] | None = field(default=None, metadata=doc("Height and width images are resized to."))
    color: Color = field(default="rgb", metadata=doc("Of a decoded image: three channels, or one."))
    interpolation: Interpolation = field(default="bilinear", metadata=doc("How images are resized."))
    key: str | None = field(
        default=None,
        metadata=doc("What the files call it; null: as here. Of WebDataset the ending, or several: `jpg;jpeg;png`."),
    )
    entry: str | None = field(
        default=None,
        metadata=doc(
            "Of a JSON file in a tar the entry that the feature is: `label`, or `box.0` for the first of a list."
        ),
    )

    def __post_init__(self) -> None:
        if self.decode is None and self.dtype not in STORED:
            raise ValueError(f"dtype {self.dtype!r}: a TFRecord has {', '.join(STORED)}; bytes are `decode: raw`")
        if self.decode == "image" and self.image_size is None:
            raise ValueError("an image needs `image_size: [height, width]`")
        if self.entry is not None and self.decode is not None:
            raise ValueError("an `entry` of a JSON file is no bytes: leave out `decode`")
        if None in self.shape[1:] or (self.decode == "raw" and None in self.shape):
            raise ValueError(f"shape {list(self.shape)}: only the first size can vary, and not of raw bytes")

    @property
    def spec(self) -> FeatureSpec:
        """As the model gets it."""
        if self.decode == "image":
            return FeatureSpec(self.decoder.shape, "float32")
        dtype = (
            "int32" if self.dtype.startswith("int") else self.dtype if self.dtype in ("string", "bool") else "float32"
        )
        return FeatureSpec(tuple(self.shape), dtype)

    def called(self, name: str) -> str:
        """What the files call the feature that is known by this name."""
        return name if self.key is None else self.key

    @property
    def varies(self) -> bool:
        """Whether records may have it in several lengths."""
        return bool(self.shape) and self.shape[0] is None

    @property
    def as_target(self) -> RecordFeature:
        """Booleans as integers, and these without an axis of one channel, which records hold as the same numbers."""
        if self.decode is not None or self.spec.dtype not in ("int32", "bool"):
            return self
        spec = without_channel(FeatureSpec(tuple(self.shape), "int32"))
        return replace(self, shape=spec.shape, dtype="int64")

    @property
    def decoder(self) -> Decoder:
        height, width = self.image_size or (0, 0)
        return Decoder((height, width), self.color, self.interpolation)

    @property
    def most_bytes(self) -> int:
        """What a file of one may have: more is not read."""
        if self.decode == "image" or self.dtype == "string" or self.entry is not None:
            return MOST_BYTES if self.entry is None else MAX_JSON
        return HEAD_BYTES + WIDEST * math.prod(size or 1 for size in self.shape)

    @property
    def stored(self) -> str:
        """The dtype that parsing gives."""
        if self.decode is None:
            return STORED[self.dtype]
        return "uint8" if self.decode == "image" else self.dtype

    @property
    def parser(self) -> Any:
        """For tf.io.parse_example."""
        import tensorflow as tf

        if self.decode is not None:
            return tf.io.FixedLenFeature((), tf.string)
        if self.varies:
            return tf.io.FixedLenSequenceFeature(self.shape[1:], self.stored, allow_missing=True)
        return tf.io.FixedLenFeature(self.shape, self.stored)


class OfFeature:
    """A column of what ``feature`` describes."""

    feature: RecordFeature

    @property
    def spec(self) -> FeatureSpec:
        return self.feature.spec

    @property
    def stored(self) -> str:
        return self.feature.stored


def from_bytes(content: bytes, name: str, feature: RecordFeature, where: str) -> np.ndarray:
    """The array that a feature's bytes are. Raises DataError where they are of another length."""
    import numpy as np

    try:
        return np.frombuffer(content, feature.dtype).reshape(tuple(feature.shape))  # type: ignore[arg-type]
    except (ValueError, TypeError) as error:
        raise DataError(f"{name} has {len(content)} bytes: {error}", file=where) from error


def of_content(content: bytes, name: str, feature: RecordFeature, where: str) -> Any:
    """What a file of a tar has of a feature: an image, an array, or a number or text that is written out.

    Returns an array of the shape of the feature, in its stored dtype; a text as it is. Raises DataError.
    """
    import numpy as np

    if feature.decode == "image":
        return feature.decoder.content(content, where)
    if feature.decode == "raw":
        found = from_bytes(content, name, feature, where)
        scan(found[None], name, where)
        return found
    try:
        if feature.entry is not None:
            found = entry_of(parse_json(content.decode()), feature.entry)
            if (feature.dtype == "string") != isinstance(found, str):
                raise ValueError(f"`{feature.entry}` is {str(found)[:NAMED]!r}, which is no {feature.dtype}")
            if isinstance(found, str):
                return found
            values = np.asarray(found)
        elif content.startswith(NPY):
            head = read_npy_header(BytesIO(content))
            if head.shape != tuple(feature.shape):  # before there is memory for what it claims
                raise ValueError(f"it has the shape {list(head.shape)}, not {list(feature.shape)}")
            if head.kind not in "iufb":
                raise ValueError(f"it is {head.dtype}, not {feature.dtype}")
            values = np.load(BytesIO(content), allow_pickle=False)
        elif feature.dtype == "string":
            return content.decode().rstrip("\r\n")
        else:
            values = written_number(content, feature)
        return checked(values, name, feature, where)
    except ValueError as error:
        raise DataError(f"{name} cannot be read: {error}", file=where) from None


def entry_of(value: Any, entry: str) -> Any:
    """What stands in a JSON value under names and places of lists, with points between. Raises ValueError."""
    for place in entry.split("."):
        if isinstance(value, Mapping) and place in value:
            value = value[place]
        elif isinstance(value, list) and place.isdecimal() and int(place) < len(value):
            value = value[int(place)]
        else:
            there = list(value)[:NAMED] if isinstance(value, Mapping) else []
            raise ValueError(f"no entry {place!r}" + (f": there are {', '.join(map(str, there))}" if there else ""))
    if value is None or isinstance(value, Mapping):
        raise ValueError(f"`{entry}` is {'nothing' if value is None else 'an object of several entries'}")
    return value


def written_number(content: bytes, feature: RecordFeature) -> np.ndarray:
    """A number that is written out. Raises ValueError."""
    import numpy as np

    whole, text = feature.stored == "int64", content.strip()
    try:
        if len(text) > LONGEST_NUMBER:
            raise ValueError
        return np.array((int if whole else float)(text), feature.stored)
    except (ValueError, OverflowError):
        raise ValueError(f"{content[:20]!r} is no {'whole ' if whole else ''}number") from None


def checked(values: np.ndarray, name: str, feature: RecordFeature, where: str) -> np.ndarray:
    """Numbers in the dtype that a feature is stored in. Raises DataError on others than it says."""
    if tuple(values.shape) != tuple(feature.shape):
        raise DataError(f"{name} has the shape {list(values.shape)}, not {list(feature.shape)}", file=where)
    whole = feature.stored == "int64"
    if values.dtype.kind not in ("iub" if whole else "iuf"):
        raise DataError(f"{name} is {values.dtype}, not {feature.dtype}", file=where)
    scan(values[None], name, where)
    return values.astype(feature.stored)
