"""All sources: the name in a spec, and the class whose fields are its arguments. Adding one is one line here.

One of another package is registered when a spec that requires the package is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from nnspec.data.protocol import Source


class Sources(Mapping[str, type[Source]]):
    """Classes by name, each imported when it is first asked for: `check` reads the labels of one source."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self.modules = modules
        self.registered: dict[str, type[Source]] = {}

    def register(self, name: str, source: type[Source]) -> None:
        """Makes a source of another package known in this process. Raises ValueError where the name is taken."""
        if name in self.modules or self.registered.get(name, source) is not source:
            raise ValueError(f"there is a data source `{name}` already")
        self.registered[name] = source

    def __getitem__(self, name: str) -> type[Source]:
        if name in self.registered:
            return self.registered[name]
        found: type[Source] = getattr(import_module(f"nnspec.data.sources.{self.modules[name]}"), name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter((*self.modules, *self.registered))

    def __len__(self) -> int:
        return len(self.modules) + len(self.registered)


SOURCES = Sources(
    {
        "ImageFolder": "image_folder",
        "MaskFolder": "mask_folder",
        "AudioFolder": "audio_folder",
        "IDX": "idx",
        "Arrays": "arrays",
        "Csv": "csv",
        "Table": "table",
        "Conll": "conll",
        "Text": "text",
        "TextFolder": "text_folder",
        "RunningText": "running_text",
        "TimeSeries": "time_series",
        "TFRecord": "tfrecord",
        "WebDataset": "web_dataset",
        "Parquet": "parquet",
        "Keras": "keras_datasets",
    }
)
