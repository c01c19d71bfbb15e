"""What a spec says of an input or a target of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Literal

from nnspec.data.formats.delimited_text import Encoding, Missing
from nnspec.data.formats.images import Color, Interpolation
from nnspec.data.protocol import doc
from nnspec.data.scaling import Method
from nnspec.data.text.subwords import SUBWORDS, Kind
from nnspec.quick_classes import dataclass

FieldType = Literal[
    "number",
    "boolean",
    "time",
    "category",
    "labels",
    "list",
    "text",
    "text_file",
    "image",
    "mask",
    "array",
    "audio",
    "points",
]
FILES: tuple[FieldType, ...] = ("image", "mask", "array", "audio", "text_file")
# What each setting is for; one that stands elsewhere would be passed over.
FOR: Mapping[str, Sequence[FieldType]] = {
    "encode": ("category",),
    "separator": ("labels", "list"),
    **dict.fromkeys(("folder", "extension"), FILES),
    **dict.fromkeys(("size", "interpolation"), ("image", "mask")),
    "color": ("image",),
    **dict.fromkeys(("values", "ignore"), ("mask",)),
    **dict.fromkeys(("sample_rate", "duration", "start", "end"), ("audio",)),
    "of": ("points",),
    "shape": ("list",),
    **dict.fromkeys(("length", "max_length"), ("text", "text_file")),
    "scale": ("number", "boolean", "time"),
}


@dataclass(frozen=True, slots=True)
class TableColumn:
    """An input or a target: the columns that it is made of, and how."""

    column: str | None = field(
        default=None, metadata=doc("The column; null: the one of the input's or target's name.", column=True)
    )
    columns: Sequence[str] | None = field(
        default=None,
        metadata=doc(
            "Several columns in its place: numbers side by side, 0 and 1 for each label, or points.", column=True
        ),
    )
    type: FieldType | None = field(
        default=None,
        metadata=doc(
            "What the cells are: values, labels (several in a cell, or a column of 0 and 1 for each), a list of "
            "numbers, a text, or names of files; null: told by the first rows."
        ),
    )
    missing: Missing | None = field(
        default=None,
        metadata=doc("As the source's `missing`, for this one; `skip` also leaves out rows without a file."),
    )
    scale: Method | None = field(default=None, metadata=doc("Of numbers, fitted on the training part."))
    encode: Encoding = field(
        default="one_hot", metadata=doc("A category as an input: a value for each, or an int32 number, 0 if unknown.")
    )
    separator: str | None = field(
        default=None, metadata=doc("What stands between the labels or numbers of a cell; null: told by the first rows.")
    )
    folder: str | None = field(
        default=None, metadata=doc("Where the files lie, relative to the source's `root`, or the table's folder.")
    )
    extension: str | None = field(
        default=None,
        metadata=doc(
            "What takes the place of the ending of a file's name, `.png` or `_mask.gif`; null: as it is found."
        ),
    )
    size: Sequence[int] | None = field(
        default=None, metadata=doc("Height and width to resize images and masks to; null: all are of one size already.")
    )
    color: Color = field(default="rgb", metadata=doc("Three channels of an image, or one."))
    interpolation: Interpolation = field(default="bilinear", metadata=doc("How images are resized."))
    values: Mapping[str, Any] | None = field(
        default=None,
        metadata=doc(
            'The classes of a mask by pixel: a number, [red, green, blue] or "#rrggbb"; null: pixels are numbers.'
        ),
    )
    ignore: Any = field(
        default=None,
        metadata=doc(
            "The pixels of a mask that are no class, such as 255, a list of them, or `others`, all that `values` "
            "lacks: they become 255, for `ignore_class: 255`."
        ),
    )
    sample_rate: int | None = field(
        default=None, metadata=doc("Samples a second that sounds are resampled to; null: they have one rate already.")
    )
    duration: float | None = field(
        default=None,
        metadata=doc("Seconds that every sound is padded with zeros or cut to, at its end; null: as long as it is."),
    )
    start: str | None = field(
        default=None, metadata=doc("The column of the second from which a sound is read; null: from its start.")
    )
    end: str | None = field(
        default=None, metadata=doc("The column of the second up to which a sound is read; null: to its end.")
    )
    of: str | None = field(default=None, metadata=doc("The image that points lie in: they are moved as it is resized."))
    shape: Sequence[int] | None = field(default=None, metadata=doc("The shape that a list of numbers is brought to."))
    length: int | None = field(default=None, metadata=doc("Pad every text to so many tokens; a limit, too."))
    max_length: int | None = field(default=None, metadata=doc("At most so many tokens of a text."))
    mark: Literal["start", "end", "both"] | None = field(
        default=None,
        metadata=doc(
            "A token `<start>` before a text, `<end>` behind it, or both: what a network has written so far is a text "
            "with `start`, what it has to write next the same text with `end`."
        ),
    )


def refuse_idle_settings(name: str, told: TableColumn, kind: str, shown: str) -> None:
    """Raises ValueError where an input or target has a setting that is for another type. `shown`: of its cells."""
    for setting, kinds in FOR.items():
        if kind not in kinds and getattr(told, setting) != getattr(PLAIN, setting):
            known = ", ".join(f"`type: {one}`" for one in kinds)
            raise ValueError(f"`{name}`: `{setting}` is for {known}, and this is {kind}{shown}")


PLAIN = TableColumn()


@dataclass(frozen=True, slots=True)
class TextSettings:
    """How the texts of a table are cut into tokens, and their one vocabulary: as of the source Text."""

    tokenization: Literal["whitespace", "words", "characters"] = field(
        default="words", metadata=doc("Tokens are what `pattern` matches, what white space separates, or characters.")
    )
    pattern: str | None = field(default=None, metadata=doc("The regular expression of a token; null: words and marks."))
    lower: bool = field(default=True, metadata=doc("Look tokens up in lower case."))
    digits: bool = field(default=False, metadata=doc("Look tokens up with every digit as 0."))
    min_count: int = field(default=1, metadata=doc("Tokens that stand less often in the training part are unknown."))
    max_size: int | None = field(default=None, metadata=doc("At most so many entries of the vocabulary."))
    on_long: Literal["fail", "cut"] = field(default="cut", metadata=doc("What to do with a text over its length."))
    rare_to_unknown: float = field(default=0.5, metadata=doc("How likely a rare word is unknown while training."))
    subwords: Kind | None = field(default=None, metadata=doc(SUBWORDS))
