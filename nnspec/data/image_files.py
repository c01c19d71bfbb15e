"""Many image files that are read alike: as files that are decoded, and their size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar

from nnspec.data.decoded_files import DecodedFiles
from nnspec.data.errors import DataError
from nnspec.data.formats import images
from nnspec.data.threads import attempt, pool


class ImageFiles(DecodedFiles):
    """Images, decoded to uint8."""

    noun: ClassVar = "image"
    stored: ClassVar = "uint8"
    version: ClassVar = images.VERSION
    says: ClassVar = images.TRAITS

    def size(self, told: Sequence[int] | None, argument: str) -> tuple[int, int]:
        """Height and width. Raises DataError where the spec doesn't say and two images differ.

        Args:
            told: what the spec says, under the name of `argument`.
        """
        if told is not None:
            sizes = list(told)
            if len(sizes) != 2 or min(sizes) < 1:
                raise DataError(f"`{argument}` is [height, width], not {sizes}")
            return sizes[0], sizes[1]
        first: tuple[str, tuple[int, int]] | None = None
        with pool() as threads:
            found = threads.map(partial(attempt, images.image_size), self.paths)
            for name, size in zip(self.names, found, strict=True):
                if isinstance(size, DataError):
                    self.tolerate(size)
                    continue
                first = first or (name, size)
                if size != first[1]:
                    raise DataError(
                        f"{size[0]}x{size[1]} pixels, but {first[0]} has {first[1][0]}x{first[1][1]}",
                        file=str(self.root / name),
                        hint=f"say `{argument}: [height, width]`, to which all are resized",
                    )
        if first is None:
            raise DataError("no image can be read", file=str(self.root))
        return first[1]

    def look_at_some(
        self, whole: Callable[[str], object] = images.look_at_all, head: Callable[[str], object] = images.look_at_head
    ) -> None:
        super().look_at_some(whole, head)

    def trait_hint(self, trait: str, is_all: bool) -> str | None:
        return "say `color: grey`" if trait == "grey" and is_all else None
