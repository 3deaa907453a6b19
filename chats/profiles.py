"""A Messenger customer comes as a number; the page is asked what he is called."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from time import monotonic

from django.db import connection

from chats.accounts import COLUMNS, Drivers, line_of
from chats.gateways.events import Event, Inbound
from chats.gateways.messenger import Messenger
from contacts.models import Channel

# Who could not be named is asked for again after so long, in seconds.
ASK_AGAIN = 3600.0

_NAMELESS = f"""
SELECT c.id, {COLUMNS}
  FROM contacts_contact c JOIN managers_manager m ON m.id = c.manager_id
 WHERE c.manager_id = %s AND c.channel = 'facebook' AND c.external_id = %s
   AND c.name = c.external_id AND c.deleted_at IS NULL
"""  # noqa: S608 - of columns
_NAME = """
UPDATE contacts_contact SET name = %s WHERE id = %s AND name = external_id
"""


def fill_in(drivers: Drivers, manager_id: int, events: Iterable[Event]) -> None:
    """Names those who wrote and have no name yet, as far as the platform tells."""
    for event in events:
        if isinstance(event, Inbound):
            _fill_in(drivers, manager_id, event.person.ids[0])


def _fill_in(drivers: Drivers, manager_id: int, person: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NAMELESS, [manager_id, person])
        row = cursor.fetchone()
    if row is None:
        return
    contact_id, *manager = row
    messenger = drivers["messenger"]
    line = line_of(manager, Channel.FACEBOOK)
    if not isinstance(messenger, Messenger) or not _is_to_be_asked(contact_id):
        return
    name = messenger.name_of(line.account, person)
    if name:
        with connection.cursor() as cursor:
            cursor.execute(_NAME, [name, contact_id])


def _is_to_be_asked(contact_id: int) -> bool:
    asked = _asked_at(contact_id, int(monotonic() // ASK_AGAIN))
    first, asked[0] = asked[0], False
    return first


@lru_cache(maxsize=10_000)
def _asked_at(_contact_id: int, _hour: int) -> list[bool]:
    """True, until it is looked at."""
    return [True]
