"""Files that hypothesis draws: any of them ends in an answer, and what a program wrote is read as it was written.

A few of each by default, thousands with NNSPEC_FULL=1.
"""

from __future__ import annotations

import csv
import io
import json
import os
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import seeds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as drawn
from readers import READERS, RUN_FILES, run

from nnspec.data import cache
from nnspec.data.sources.arrays import Arrays
from nnspec.data.sources.conll import Conll
from nnspec.data.sources.csv import Csv
from nnspec.data.sources.idx import TYPES, read_idx
from nnspec.data.sources.time_series import TimeSeries
from nnspec.importing.read import read_model
from nnspec.runs.run_folder import RunFolder

pytestmark = pytest.mark.slow

EXAMPLES = 3_000 if os.environ.get("NNSPEC_FULL") == "1" else 25
drawing = settings(
    max_examples=EXAMPLES,
    deadline=None,  # `run` has its own limit, of the processor
    database=None,
    derandomize=EXAMPLES < 100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
SPANS = {"f": (-1e4, 1e4), "i": (-(2**31), 2**31 - 1), "u": (0, 255)}
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32)
WORDS = st.text("abcxyzäß中🦀", min_size=1, max_size=6)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cache, "TICK_NS", 0)
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path


def fresh(place: Path) -> Path:
    """A folder of its own: what is known of a file by its time is of no other."""
    return Path(tempfile.mkdtemp(dir=place))


def texts(name: str) -> st.SearchStrategy[bytes]:
    """Lines of a format's words, and of others; the byte before them chooses how some readers read."""
    word = st.sampled_from(READERS[name].words) | st.text(max_size=4) | st.integers().map(str)
    line = st.lists(word, max_size=6).map("".join) | st.lists(word, max_size=6).map(" ".join)
    known = [line for seed in READERS[name].seeds for line in seed.decode("utf-8", "replace").splitlines()]
    text = st.lists(line | st.sampled_from(known), max_size=8).map("\n".join)
    head = st.binary(max_size=1) if name != "spec" else st.just(b"")
    return st.builds(lambda first, rest: first + rest.encode("utf-8", "replace"), head, text)


@pytest.mark.parametrize("name", ["spec", "csv", "conll", "ts", "text", "table"])
def test_any_text_ends_in_an_answer(name: str, place: Path) -> None:
    @drawing
    @given(texts(name))
    def check(data: bytes) -> None:
        run(READERS[name], data, place)

    check()


def replaced(tree: Any) -> st.SearchStrategy[Any]:
    """Copies of a tree of plain data in which any value may be another one."""
    if isinstance(tree, dict):
        return st.one_of(st.fixed_dictionaries({key: replaced(value) for key, value in tree.items()}), PLAIN)
    if isinstance(tree, list):
        return st.one_of(st.tuples(*map(replaced, tree)).map(list), PLAIN)
    return st.sampled_from([tree] * 30) | PLAIN


@pytest.mark.parametrize("tree", [seeds.MODEL, seeds.OLDER], ids=["functional", "older"])
def test_any_model_ends_in_an_answer(tree: Any, place: Path) -> None:
    @drawing
    @given(replaced(tree))
    def check(found: Any) -> None:
        run(READERS["json"], json.dumps(found).encode(), place)

    check()


@pytest.mark.parametrize("name", [name for name in RUN_FILES if name.endswith(".json")])
def test_any_run_ends_in_an_answer(name: str, place: Path) -> None:
    @drawing
    @given(replaced(json.loads(seeds.RUN[name])))
    def check(found: Any) -> None:
        run(READERS["run"], bytes([RUN_FILES.index(name)]) + json.dumps(found).encode(), place)

    check()


@pytest.mark.parametrize("name", ["idx", "npy", "npz"])
def test_any_bytes_end_in_an_answer(name: str, place: Path) -> None:
    """After the head of a sound file, too, or its magic would be all that is read."""
    seed = READERS[name].seeds[0]

    @drawing
    @given(st.integers(0, len(seed)), st.binary(max_size=64), st.integers(0, 64))
    def check(at: int, new: bytes, gone: int) -> None:
        run(READERS[name], seed[:at] + new + seed[at + gone :], place)

    check()


# What is written is read


def arrays(least: int = 1) -> st.SearchStrategy[Any]:
    dtypes = st.sampled_from(["<f4", ">f4", "<f8", "|u1", "|i1", "<i2", ">i4", "<i8", "|b1", "<f2"])
    shapes = drawn.array_shapes(min_dims=2, max_dims=4, min_side=least, max_side=4)
    return dtypes.flatmap(lambda dtype: drawn.arrays(dtype, shapes, fill=st.nothing()))


def test_arrays_are_read_as_numpy_wrote_them(place: Path) -> None:
    @drawing
    @given(arrays(), st.booleans(), st.booleans())
    def check(found: Any, packed: bool, turned: bool) -> None:
        folder = fresh(place)
        if found.dtype.kind != "b":  # what no float32, and no int32, holds is refused
            found = np.clip(np.nan_to_num(found, nan=0), *SPANS[found.dtype.kind]).astype(found.dtype)
        found = np.asfortranarray(found) if turned else found
        labels = np.arange(len(found)) % 2
        (np.savez_compressed if packed else np.savez)(folder / "d.npz", x=found, y=labels)
        examples = Arrays("d.npz").load(folder)
        table = examples.table(examples.fit(range(len(found)), None))
        rows = table.features["x"].take(np.arange(len(found)))
        np.testing.assert_array_equal(rows.reshape(found.shape), found)  # pictures without channels get an axis

    check()


def test_idx_is_read_as_it_is_written(place: Path) -> None:
    codes = st.sampled_from(sorted(TYPES))
    shapes = drawn.array_shapes(min_dims=1, max_dims=4, max_side=5)

    @drawing
    @given(codes.flatmap(lambda code: st.tuples(st.just(code), drawn.arrays(TYPES[code], shapes))))
    def check(found: tuple[int, Any]) -> None:
        code, array = found
        head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        (fresh(place) / "i").write_bytes(b"")
        path = fresh(place) / "i"
        path.write_bytes(head + array.tobytes())
        np.testing.assert_array_equal(read_idx(path), array)

    check()


def test_a_table_is_read_as_it_is_written(place: Path) -> None:
    rows = st.lists(st.tuples(NUMBERS, WORDS, st.integers(0, 2)), min_size=2, max_size=8)

    @drawing
    @given(rows, st.sampled_from([",", ";", "\t"]), st.sampled_from(["\n", "\r\n"]))
    def check(found: list[tuple[float, str, int]], separator: str, end: str) -> None:
        text = io.StringIO()
        csv.writer(text, delimiter=separator, lineterminator=end).writerows([("a", "b", "y"), *found])
        folder = fresh(place)
        (folder / "d.csv").write_bytes(text.getvalue().encode())
        source = Csv("d.csv", target="y", features=["a"], separator=separator, scale="none", task="regression")
        examples = source.load(folder)
        table = examples.table(examples.fit(range(len(found)), None))
        read = next(iter(table.features.values())).take(np.arange(len(found))).reshape(-1)
        np.testing.assert_array_equal(read, np.asarray([row[0] for row in found], np.float32))

    check()


def test_sentences_are_read_as_they_are_written(place: Path) -> None:
    sentence = st.lists(st.tuples(WORDS, st.sampled_from(["O", "B-PER", "I-PER", "B-LOC"])), min_size=1, max_size=5)

    @drawing
    @given(st.lists(sentence, min_size=1, max_size=5))
    def check(found: list[list[tuple[str, str]]]) -> None:
        folder = fresh(place)
        text = "\n\n".join("\n".join(" ".join(row) for row in sentence) for sentence in found)
        (folder / "d.conll").write_text(text + "\n", encoding="utf-8")
        examples = Conll("d.conll").load(folder)
        assert examples.texts(range(len(found))) == [" ".join(word for word, _ in one) for one in found]

    check()


def test_series_are_read_as_they_are_written(place: Path) -> None:
    rows = st.lists(st.tuples(st.lists(NUMBERS, min_size=3, max_size=3), st.sampled_from("ab")), min_size=1, max_size=5)

    @drawing
    @given(rows)
    def check(found: list[tuple[list[float], str]]) -> None:
        folder = fresh(place)
        lines = [f"{','.join(map(repr, values))}:{label}" for values, label in found]
        (folder / "d.ts").write_text("@univariate true\n@classLabel true a b\n@data\n" + "\n".join(lines) + "\n")
        examples = TimeSeries("d.ts", scale="none").load(folder)
        table = examples.table(examples.fit(range(len(found)), None))
        read = next(iter(table.features.values())).take(np.arange(len(found))).reshape(len(found), -1)
        np.testing.assert_array_equal(read, np.asarray([values for values, _ in found], np.float32))

    check()


def test_models_and_runs_are_read_as_they_are_written(place: Path) -> None:
    """Plain data that JSON can say come back as they were, whatever the names of the keys."""

    @drawing
    @given(st.dictionaries(st.text(max_size=8), PLAIN, max_size=4))
    def check(more: dict[str, Any]) -> None:
        folder = fresh(place)
        (folder / "m.json").write_text(
            json.dumps({**seeds.MODEL, **{f"of_ours_{key}": value for key, value in more.items()}})
        )
        assert read_model(folder / "m.json").config["config"] == seeds.MODEL["config"]
        for name, content in seeds.RUN.items():
            (folder / name).write_bytes(content)
        (folder / "record.json").write_text(json.dumps({**json.loads(seeds.RUN["record.json"]), **more}))
        assert set(RunFolder(folder).read_record()) >= {"name"} - set(more)

    check()
