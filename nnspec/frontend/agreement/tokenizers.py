"""The tokenizer that a source reads from a file, against the pages among the export targets, which do less."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.catalog.targets import known_targets
from nnspec.frontend.diagnostics import Diagnostic, Note
from nnspec.frontend.spec import Spec


def tokenizers_of_pages(spec: Spec) -> Iterator[Diagnostic]:
    """W0708 for each page that cannot cut texts as the tokenizer does; the export refuses it."""
    pages = [(index, target.kind) for index, target, wanted in known_targets(spec.export) if wanted.is_page]
    if spec.data is None or not pages:
        return
    from nnspec.data.dataset import make_source
    from nnspec.data.errors import DataError
    from nnspec.data.remote import localized
    from nnspec.data.text.subwords import refusal_of_page

    base = spec.path.parent
    try:
        tokenizer = make_source(localized(spec.data, base, fetch=False).source).named_tokenizer(base)
    except DataError:  # the reading of the data says so
        return
    refusal = None if tokenizer is None else refusal_of_page(tokenizer)
    if refusal is None:
        return
    note = Note("the tokenizer is named here", spec.place("data", "source", spec.data.source.kind, "tokenizer"))
    for index, kind in pages:
        place = spec.place("export", index, kind) or spec.place("export")
        yield Diagnostic("W0708", f"{kind} cannot be made: {refusal[0]}", place, "warning", refusal[1], (note,))
