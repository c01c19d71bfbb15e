"""Whether masks have the form of their images."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

from nnspec.data.decoded_files import LOOKED_AT
from nnspec.data.errors import DataError, Remark
from nnspec.data.fields.files import Image, Mask
from nnspec.data.formats import images
from nnspec.data.formats.class_folders import NAMED
from nnspec.data.threads import attempt, pool


def misfits(image: Image, mask: Mask) -> Iterator[Remark]:
    """A remark where masks have another size than their image, of the first files; both are resized.

    Raises DataError on a mask of another form: the two do not show the same.
    """
    names, count = image.found, len(image.found)
    places = range(0, count, -(-count // LOOKED_AT) or 1)
    both = [[str(files[place]) for place in places] for files in (image.files(), mask.files())]
    with pool() as threads:
        sizes = [list(threads.map(partial(attempt, images.image_size), files)) for files in both]
    other: list[int] = []
    for place, one, two in zip(places, *sizes, strict=True):
        if isinstance(one, DataError) or isinstance(two, DataError) or one == two:
            continue
        other.append(place)
        if abs(one[0] * two[1] - one[1] * two[0]) > max(*one, *two):  # more than rounding
            raise DataError(
                f"the mask has {two[0]}x{two[1]} pixels, and its image {names[place]} {one[0]}x{one[1]}",
                file=str(mask.folder / mask.found[place]),
                hint="they do not show the same: a mask has the form of its image",
            )
    if other:
        named = ", ".join(names[place] for place in islice(other, NAMED))
        message = f"masks of another size than their image: {len(other):,} ({named}); both are resized"
        yield Remark("W0924", message, file=str(mask.folder))
