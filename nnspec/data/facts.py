"""What a spec's data are, known without NumPy and TensorFlow, and kept between runs.

Facts are kept in the cache folder under a hash of all that they follow from: the section's arguments, the identity of
each file (path, size, inode, times of change), and the code that reads them. So the second look at a large table is as
quick as at a small one. A damaged entry is made again; a cache folder that cannot be written only costs time.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, fields, replace
from functools import cache as once
from pathlib import Path
from typing import Any

from nnspec.data import cache, glance, split
from nnspec.data.cache import CacheError
from nnspec.data.config import DataConfig
from nnspec.data.copies import parts_of_training
from nnspec.data.dataset import (
    Dealt,
    describe,
    given,
    listed,
    make_source,
    one_hot_of,
    refuse_one_length,
    rest_to_training,
)
from nnspec.data.errors import DataError, Remark
from nnspec.data.files import identity, matching
from nnspec.data.glance import Samples
from nnspec.data.protocol import Columns, Facts, Source
from nnspec.data.remote import is_remote, localized
from nnspec.data.split import TRAIN
from nnspec.data.table import FeatureSpec

FOLLOWED = (
    *("source", "split", "seed", "classes", "one_hot", "targets", "numbers"),
    *("bucket_by_length", "tokens_per_batch"),
)
MOST_PROBLEMS = 20  # of those that were skipped or cut, so many are told


def facts(data: DataConfig, base: Path) -> Facts:
    """What `$data.classes` and its like are, without NumPy and TensorFlow. Raises DataError where files are absent."""
    data = localized(data, base)
    source = make_source(data.source)
    train = data.split.get(TRAIN)
    if train is not None and not isinstance(train, int | float):
        source = given(source, train)
    found = _told(source, base) or known(data, base)
    classes = data.classes
    return found if classes is None else replace(found, classes=len(classes))


def shapes(data: DataConfig, base: Path) -> Facts:
    """What `$data.features` and its like are, which takes the columns. Raises DataError as `known`."""
    data = localized(data, base)
    source = make_source(data.source)
    quick = _told(source, base)
    return quick if quick is not None and quick.columns is not None and data.targets is None else known(data, base)


def known(data: DataConfig, base: Path) -> Facts:
    """All facts of a data section, from the cache where nothing has changed.

    Raises:
        DataError: what training would refuse; that is kept, too.
    """
    data = localized(data, base)
    name = _name(data, base)
    found = None if name is None else _kept(name) or _by_samples(data, base, name)
    if found is None:
        found = _surveyed(data, base)
        if name is not None:
            _keep(name, found)
    if isinstance(found, DataError):
        raise found
    return found


def keep(data: DataConfig, base: Path, dealt: Dealt[Any]) -> None:
    """Keeps the facts of large tables that were read to be used, so that no check reads them again."""
    data = localized(data, base)
    name = _name(data, base) if glance.worthwhile(paths_of(data, base)) else None
    if name is not None and _kept(name) is None:
        _keep(name, _facts_of(dealt, data, base))


def remembered(data: DataConfig, base: Path) -> Facts | None:
    """The facts where they are in the cache: nothing is read. Raises DataError as `known`."""
    data = localized(data, base, fetch=False)
    name = _name(data, base)
    found = None if name is None else _kept(name)
    if isinstance(found, DataError):
        raise found
    return found


def survey(data: DataConfig, base: Path) -> Facts:
    """All facts of a data section, as the data say now. Raises DataError."""
    data = localized(data, base)
    return _facts_of(listed(data, base), data, base)


def _facts_of(dealt: Dealt[Any], data: DataConfig, base: Path) -> Facts:
    assets, classes = dealt.assets, dealt.assets.classes
    one_hot = one_hot_of(data, assets)
    columns = {name: part.examples.columns(assets).one_hot(one_hot) for name, part in dealt.parts.items()}
    for name, found in columns.items():
        if (found.features, found.targets) != (columns[TRAIN].features, columns[TRAIN].targets):
            raise DataError(f"the parts differ: {describe(columns[TRAIN])} in train, {describe(found)} in {name}")
        if not found.varies:
            refuse_one_length(data, dealt.source)
    listings = {id(part.examples): part.examples for part in dealt.parts.values()}
    problems = [problem for listing in listings.values() for problem in listing.problems]
    problems += parts_of_training(data, base)
    quick = dealt.source.facts(base) or Facts()
    if data.numbers == "all":
        quick = replace(quick, classes=None)
    return Facts(
        classes=quick.classes if classes is None else len(classes),
        vocabulary_size=quick.vocabulary_size if assets.vocabulary is None else len(assets.vocabulary),
        alphabet_size=len(assets.extra["characters"]) + 2 if "characters" in assets.extra else None,
        sample_rate=assets.sample_rate,
        task=dealt.parts[TRAIN].examples.task,
        labels=classes or (None if quick.classes is None else tuple(map(str, range(quick.classes)))),
        columns=columns[TRAIN],
        examples={
            name: glance.whole_count(len(part.indices), part.examples.files) for name, part in dealt.parts.items()
        },
        problems=tuple(problems[:MOST_PROBLEMS]),
        problem_count=len(problems),
        follows=tuple(dict.fromkeys(str(path) for listing in listings.values() for path in listing.follows)),
    )


def _told(source: Source, base: Path) -> Facts | None:
    """What a source tells of itself, by samples where a check is content with that and these have no fault."""
    if glance.allowed() is not None:
        with suppress(DataError), glance.sampling():
            return source.facts(base)
    return source.facts(base)


def absent(data: DataConfig, base: Path) -> str | None:
    """The first file or folder of a data section that is not there; None where all are. What lies elsewhere may be."""
    data = localized(data, base, fetch=False)
    return next((str(path) for path in paths_of(data, base) if not os.path.exists(path)), None)


def refuse_settings(data: DataConfig) -> None:
    """Raises DataError on what no file can mend: arguments of the source, and shares that leave nothing."""
    make_source(data.source).refuse_settings()
    shares = {name: value for name, value in data.split.items() if isinstance(value, int | float)}
    split.check(rest_to_training(shares))


def paths_of(data: DataConfig, base: Path) -> Iterator[Path]:
    """The files and folders that a data section names; a pattern stands for what it matches, or for itself."""
    source = make_source(data.source)
    train = data.split.get(TRAIN)
    own = source if train is None or isinstance(train, int | float) else given(source, train)
    parts = [value for name, value in data.split.items() if name != TRAIN]
    others = [given(source, value) for value in parts if value is not None and not isinstance(value, int | float)]
    for one in (own, *others):
        for entry in fields(one):  # type: ignore[arg-type]
            value = getattr(one, entry.name)
            if not entry.metadata.get("path") or value is None:
                continue
            for text in [value] if isinstance(value, str) else value:
                if is_remote(text):
                    continue
                yield from matching(base, text) or [base / text]


def _name(data: DataConfig, base: Path) -> str | None:
    """Where the facts are kept, by all that they follow from; None where a file is absent."""
    section = json.dumps({key: getattr(data, key) for key in FOLLOWED}, sort_keys=True, default=_plain)
    try:
        read_by = code(type(make_source(data.source)))
        return f"facts/{cache.fingerprint(_all_below(paths_of(data, base)), read_by, section)}.json"
    except OSError:
        return None


def _all_below(paths: Iterable[Path]) -> Iterator[str]:
    """Files, and folders with all that is below them: as texts, since there may be millions."""
    for path in map(str, paths):
        yield path
        for folder, folders, names in os.walk(path):
            yield from (f"{folder}/{name}" for name in sorted((*folders, *names)))


@once
def code(source: type) -> bytes:
    """What identifies the code that reads the data of a source, which facts follow from as well."""
    folder = Path(__file__).parent
    paths = _modules(folder)
    module = sys.modules.get(source.__module__)
    if module is not None and module.__file__ and not Path(module.__file__).is_relative_to(folder):
        own = Path(module.__file__)  # of another package
        paths += _modules(own.parent) if module.__package__ else [str(own)]
    files = ((path, os.stat(path)) for path in paths)
    return repr([(os.path.basename(path), found.st_size, found.st_mtime_ns) for path, found in files]).encode()


def _modules(folder: Path) -> list[str]:
    """As texts, which are found in a fourth of the time of paths: each check waits for it."""
    return sorted(f"{below}/{name}" for below, _, names in os.walk(folder) for name in names if name.endswith(".py"))


def _surveyed(data: DataConfig, base: Path) -> Facts | DataError:
    try:
        return survey(data, base)
    except CacheError:
        raise
    except DataError as error:
        return error


def _by_samples(data: DataConfig, base: Path, name: str) -> Facts | DataError | None:
    """The facts that samples of large tables tell, with a remark that says so, where a check is content with that.

    None where all has to be read: nothing is large, or the samples have something in them that is to be told.
    """
    glances = glance.allowed()
    if glances is None or not glance.worthwhile(paths_of(data, base)):
        return None
    beside = name.replace(".json", "-sampled.json")
    found = _kept(beside)
    if found is None:
        with glance.sampling() as samples:
            found = _surveyed(data, base)
        if not samples.read:  # all was read: no sample can be taken of such a table
            _keep(name, found)
            return found
        if isinstance(found, Facts):
            found = replace(found, problems=(*found.problems, _not_read(samples)))
        _keep(beside, found)
    if isinstance(found, DataError) or len(found.problems) > 1:
        return None
    glances.taken = True
    return found


def _not_read(samples: Samples) -> Remark:
    read, size = samples.sizes(samples.read)
    message = f"{read / 1e6:,.0f} of {size / 1e6:,.0f} MB were read: a fault, a class, a category or a word that is "
    message += "elsewhere alone is not known yet"
    hint = "`nnspec data` reads all, as `train` does; from then on `check` knows all of it"
    return Remark("W0934", message, file=next(iter(samples.read)), hint=hint)


def _keep(name: str, found: Facts | DataError) -> None:
    with suppress(CacheError):
        cache.stored(name, lambda file: file.write(json.dumps(_values(found)).encode()))


def _plain(value: Any) -> Any:
    """Kinds and other values of a section as JSON."""
    return [value.kind, dict(value.args)] if hasattr(value, "kind") else repr(value)


def _kept(name: str) -> Facts | DataError | None:
    """An entry of the cache; None where there is none, or it is damaged."""
    path = cache.kept(name)
    if path is None:
        return None
    values = json.loads(path.read_text(encoding="utf-8"))
    if "error" in values:
        return DataError(**values["error"])
    identities = values.pop("identities")
    return _facts(values) if identities == _identities(values["follows"]) else None


def _values(found: Facts | DataError) -> dict[str, Any]:
    if isinstance(found, DataError):
        return {"error": _error(found)}
    problems = [_error(problem) for problem in found.problems]
    return {**asdict(replace(found, problems=())), "problems": problems, "identities": _identities(found.follows)}


def _identities(paths: Iterable[str]) -> list[list[int] | None]:
    """What the folders are, by which it shows that a file came or went; None for one that is gone."""
    found: list[list[int] | None] = []
    for path in paths:
        try:
            found.append(identity(Path(path)))
        except OSError:
            found.append(None)
    return found


def _error(error: DataError) -> dict[str, Any]:
    """Its values; a warning has a code besides."""
    return {**error.plain(), "code": error.code} if isinstance(error, Remark) else error.plain()


def _facts(values: dict[str, Any]) -> Facts:
    columns = values["columns"]
    specs = {
        part: {name: FeatureSpec(tuple(spec["shape"]), spec["dtype"]) for name, spec in columns[part].items()}
        for part in ("features", "targets")
    }
    ranges = {name: (low, high) for name, (low, high) in columns["ranges"].items()}
    labels = values["labels"]
    by_target = {name: tuple(found) for name, found in columns["labels"].items()}
    return Facts(
        **{
            **values,
            "labels": None if labels is None else tuple(labels),
            "follows": tuple(values["follows"]),
            "columns": Columns(
                **{**columns, **specs, "ranges": ranges, "labels": by_target, "ended": tuple(columns["ended"])}
            ),
            "problems": tuple(
                Remark(**problem) if "code" in problem else DataError(**problem) for problem in values["problems"]
            ),
        }
    )
