"""All sources: the name in a spec, and the class whose fields are its arguments. Adding one is one line here."""

from __future__ import annotations

from nnspec.data.arrays import Arrays
from nnspec.data.conll import Conll
from nnspec.data.csv import Csv
from nnspec.data.idx import IDX
from nnspec.data.imagefolder import ImageFolder
from nnspec.data.keras_datasets import Keras
from nnspec.data.protocol import Source
from nnspec.data.text import Text
from nnspec.data.tfrecord import TFRecord

SOURCES: dict[str, type[Source]] = {
    "ImageFolder": ImageFolder,
    "IDX": IDX,
    "Arrays": Arrays,
    "Csv": Csv,
    "Conll": Conll,
    "Text": Text,
    "TFRecord": TFRecord,
    "Keras": Keras,
}
