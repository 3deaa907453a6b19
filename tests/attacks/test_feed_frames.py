"""Malformed and hostile frames of a socket do not break the feed."""

import asyncio
from types import SimpleNamespace

import pytest

from hci_center.callers import Caller
from hci_center.feed.sockets.ephemeral import EphemeralEvents

HALF = "\ud800"


class Database:
    """Records queries; psycopg could not encode a lone surrogate."""

    def __init__(self):
        self.asked = []

    async def rows(self, statement, values, *, patience):
        self.asked.append({name: str(value).encode() for name, value in values.items()})
        return []


def follow(**sent):
    database = Database()
    caller = Caller("key", "key:1", None)
    line = SimpleNamespace(
        state=SimpleNamespace(caller=caller), ephemeral_at=0.0, followed=None
    )
    moments = EphemeralEvents(database, audiences=None, epoch=str)
    asyncio.run(moments.follow(line, {"t": "viewing", **sent}))
    return database.asked


@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize(
    ("contact", "m"), [(HALF, 1), (1, HALF), (f"a{HALF}b", "page"), ("x" * 65, 1)]
)
def test_an_id_with_a_lone_surrogate_is_ignored(contact, m, on):
    assert follow(id=contact, m=m, on=on) == []


def test_an_id_of_other_characters_is_looked_up():
    (asked,) = follow(id="José", m="page.1", on=True)
    assert asked["external_id"] == "José".encode()
