"""Vectors of words from a file as the first weights of the Embedding that reads the words."""

from __future__ import annotations

from typing import Any

from nnspec.data.dataset import Dataset
from nnspec.frontend.agreement.word_vectors import word_embeddings
from nnspec.frontend.spec import Spec, keras_name
from nnspec.runs.binding import Binding


def take_word_vectors(spec: Spec, model: Any, dataset: Dataset, binding: Binding) -> str | None:
    """Gives each Embedding of the words the vectors that the source's `vectors` names; other words keep what was drawn.

    Returns:
        What was found, for people; None where the source names no vectors.

    Raises:
        DataError: the file cannot be read. Whether the vectors fit the Embedding is the contract's to say.
    """
    file, vectors = dataset.loaded.source.vector_file(), dataset.vectors
    if file is None or vectors is None or dataset.vocabulary is None:
        return None
    taken = {given.name: binding.inputs[keras_name(given.name)] for given in spec.graph.inputs}
    for layer in word_embeddings(spec, taken, file.feature):
        embedding = model.get_layer(keras_name(layer.name))
        (table,) = embedding.get_weights()
        for place, numbers in vectors.found.items():
            table[place] = numbers
        embedding.set_weights([table])
    words = len(dataset.vocabulary) - 2
    return f"word vectors: {len(vectors.found):,} of {words:,} words, from {vectors.path.name}"
