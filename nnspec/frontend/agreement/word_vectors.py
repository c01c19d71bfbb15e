"""The file of word vectors that a source names, against the Embeddings that read its words: by its first vector."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.frontend.agreement.binding import Names
from nnspec.frontend.agreement.unusable import unusable
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.spec import Layer, Spec


def vector_misfits(spec: Spec, taken: Names) -> Iterator[Diagnostic]:
    """E0712 for vectors that no Embedding takes and for those of another width, E0901 for a file that is none.

    Args:
        taken: by input its feature.
    """
    if spec.data is None:
        return
    from nnspec.data.dataset import make_source
    from nnspec.data.errors import DataError

    file = make_source(spec.data.source).vector_file()
    if file is None:
        return
    from nnspec.data.text.vectors import first_vector

    place = spec.place("data", "source", spec.data.source.kind, file.argument)
    layers = word_embeddings(spec, taken, file.feature)
    if not layers:
        message = f"there are `{file.argument}`, but no Embedding reads the words, `{file.feature}`"
        yield Diagnostic("E0712", message, place)
        return
    path = spec.path.parent / file.path
    try:
        width, line = first_vector(path, file.encoding)
    except DataError as error:
        yield unusable(error, place)
        return
    for layer in layers:
        wanted = layer.args.get("output_dim")
        if isinstance(wanted, int) and wanted != width:
            message = f"vectors of {width} numbers, but the {layer.written} `{layer.name}` has {wanted}"
            notes = (Note(f"the first vector is in {path}, line {line}"), *layer.trail)
            span = layer.arg_spans.get("output_dim", layer.span)
            yield Diagnostic("E0712", message, span, hint=f"say `output_dim: {width}` there", notes=notes)


def word_embeddings(spec: Spec, taken: Names, feature: str) -> list[Layer]:
    """The layers with a vector for each word that read the input which takes this feature."""
    inputs = {name for name, theirs in taken.items() if theirs == feature}
    return [layer for layer in spec.graph.layers if layer.record.rows and layer.inputs[0].layer in inputs]
