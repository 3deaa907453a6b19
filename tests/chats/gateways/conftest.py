from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from tests.chats.gateways.evolution_events import JID
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


@pytest.fixture
def received(evolution: Any) -> Any:
    """Returns a function that has Evolution's driver parse a message of that kind."""

    def receive(kind: str, part: Any, **more: Any) -> Any:
        frame = evolution.fake.inbound(
            JID, message={kind: part}, messageType=kind, **more
        )
        return evolution.received(frame)

    return receive


@pytest.fixture
def cloud(only: Any) -> Any:
    """WhatsApp Cloud's driver with its fake."""
    return only("whatsapp_cloud")


@pytest.fixture
def portuguese() -> Iterator[None]:
    with translation.override("pt-br"):
        yield
