from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chats.gateways.rigs import RIGS


@pytest.fixture(params=sorted(RIGS))
def rig(request: Any) -> Iterator[Any]:
    """Every driver in turn, with its own fake."""
    made = RIGS[request.param]()
    yield made
    made.fake.stop()


@pytest.fixture
def only(request: Any) -> Iterator[Any]:
    """One driver, by its name."""
    made: list[Any] = []

    def make(name: str) -> Any:
        made.append(RIGS[name]())
        return made[-1]

    yield make
    for rig in made:
        rig.fake.stop()


@pytest.fixture
def page(only: Any) -> Any:
    """Messenger's driver with its fake."""
    return only("messenger")


@pytest.fixture
def evolution(only: Any) -> Any:
    """Evolution's driver with its fake."""
    return only("evolution")
