"""Vectors of words from a file as the first weights of the Embedding that reads the words."""

from __future__ import annotations

from typing import Any

from nnspec.data.dataset import Dataset
from nnspec.data.errors import DataError
from nnspec.data.text.tokens import TokenSource
from nnspec.frontend.diagnostics import Diagnostic, SpecError
from nnspec.frontend.spec import Layer, Spec, keras_name
from nnspec.runs.binding import Binding


def take_word_vectors(spec: Spec, model: Any, dataset: Dataset, binding: Binding) -> str | None:
    """Gives each Embedding of the words the vectors that the source's `vectors` names; other words keep what was drawn.

    Returns:
        What was found, for people; None where the source names no vectors.

    Raises:
        DataError: the file cannot be read, or its width is not the Embedding's `output_dim`.
        SpecError: E0712, no Embedding reads the words.
    """
    source, vectors = dataset.loaded.source, dataset.vectors
    if vectors is None or not isinstance(source, TokenSource) or dataset.vocabulary is None:
        return None
    path = str(vectors.path)
    layers = word_embeddings(spec, binding, source.word_input)
    if not layers:
        message = f"there are `vectors`, but no Embedding reads the words, `{source.word_input}`"
        raise SpecError([Diagnostic("E0712", message, spec.place("data", "source"))])
    for layer in layers:
        embedding = model.get_layer(keras_name(layer.name))
        (table,) = embedding.get_weights()
        if table.shape[1] != vectors.width:
            raise DataError(
                f"vectors of {vectors.width} numbers, but the Embedding `{layer.name}` has {table.shape[1]}",
                file=path,
                line=vectors.line,
                hint=f"say `output_dim: {vectors.width}` there",
            )
        for place, numbers in vectors.found.items():
            table[place] = numbers
        embedding.set_weights([table])
    words = len(dataset.vocabulary) - 2
    return f"word vectors: {len(vectors.found):,} of {words:,} words, from {vectors.path.name}"


def word_embeddings(spec: Spec, binding: Binding, feature: str) -> list[Layer]:
    """The Embeddings that read the input which takes this feature."""
    inputs = {given.name for given in spec.graph.inputs if binding.inputs[keras_name(given.name)] == feature}
    return [layer for layer in spec.graph.layers if layer.kind == "Embedding" and layer.inputs[0].layer in inputs]
