"""Every export test starts from the same random state."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def seed(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("tf"):
        import keras

        keras.utils.set_random_seed(3)
