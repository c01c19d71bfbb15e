"""Options and settings of the whole suite."""

from __future__ import annotations

import gc
import os
import re
import signal
import sys
import zlib
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# TensorFlow's C++ start-up remarks drown what a failing test has to say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Without oneDNN, as on processors without AVX-512, Keras cannot run what has its channels first.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

# What readline leaves in the environment of a worker process; a table's width would depend on it.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

# A shell that starts the suite in the background has it ignore Ctrl-C, and so would the trainings that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


NUMBERS = count()  # of the tests' folders
TURNS = 7  # of `make test` until each long test has run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite the golden graphs under tests/specs/valid")


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was loaded up to now stays: TensorFlow's objects alone make each full collection of garbage last 0.2 s."""
    if "not tf" in session.config.option.markexpr and "tensorflow" in sys.modules:
        raise pytest.UsageError("TensorFlow was imported for tests that do without it: mark the file that does as `tf`")
    gc.collect()
    gc.freeze()
    # A cycle may hold a network's weights, so with TensorFlow garbage is looked for more often.
    gc.set_threshold(20_000 if "tensorflow" in sys.modules else 200_000, 20, 20)
    # What each test would have looked up anew, some fifteen times: which folders' conftest.py its hooks pass.
    session.gethookproxy = cache(session.gethookproxy)  # type: ignore[method-assign]


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the test's own, as pytest's, which resolves and links it: that takes longer than most tests."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    path = tmp_path_factory.getbasetemp() / f"{name}-{next(NUMBERS)}"
    path.mkdir(mode=0o700)
    return path


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """At its end Python looks for garbage among all that is left, more than once: three seconds for nothing."""
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is marked as a proof, or is long and not in turn, waits for `make proofs`."""
    if os.environ.get("NNSPEC_FULL") == "1":
        return
    waiting = [item for item in items if _waits(item)]
    if waiting:
        config.hook.pytest_deselected(items=waiting)
        items[:] = [item for item in items if not _waits(item)]


def _waits(item: pytest.Item) -> bool:
    """Long tests take turns where NNSPEC_TURN is a number, as in `make test`; without it all of them run."""
    if item.get_closest_marker("proof"):
        return True
    turn = os.environ.get("NNSPEC_TURN")
    if not turn or not item.get_closest_marker("long"):
        return False
    return (zlib.crc32(item.nodeid.encode()) - int(turn)) % TURNS != 0


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files of which no test runs, those with TensorFlow or slow ones, are not even imported: that alone takes seconds."""
    left_out = "|".join(re.findall(r"\bnot (tf|slow)\b", config.option.markexpr))
    if not left_out or collection_path.suffix != ".py":
        return None
    marked = re.search(rf"^pytestmark = .*\bmark\.({left_out})\b", collection_path.read_text(encoding="utf-8"), re.M)
    return True if marked else None
