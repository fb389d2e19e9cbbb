"""A house with a frozen frame to draw from."""

from __future__ import annotations

import pytest

from tests.factories.house import housing
from tests.quality.world import freeze


@pytest.fixture
def house(database):
    freeze(database)
    with housing(database) as opened:
        yield opened
