"""What is no row: told to whoever listens at that moment, and never again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from hci_center.feed import channel_layer
from hci_center.feed.async_database import Database
from hci_center.feed.frames import frame, now
from hci_center.feed.sockets.audiences import Audiences
from hci_center.feed.sockets.connection import Connection
from hci_center.feed.visibility import can_see

logger = logging.getLogger(__name__)

# So often may a socket say that its person views or types: each word uses up this
# many seconds, and it has a second in hand.
SECONDS_PER_FRAME = 0.2
BURST_SECONDS = 1.0
# Contacts that one socket views or types to at a time.
MOST_FOLLOWED = 8

# Whose it is: manager, area and operator.
Location = tuple[int, int | None, int | None]

_CONTACT = """
SELECT c.manager_id, c.area_id, c.operator_id
  FROM contacts_contact c JOIN managers_manager m ON m.id = c.manager_id
 WHERE c.deleted_at IS NULL AND c.external_id = %(external_id)s
   AND change_public_id(c.channel, c.external_id) = %(id)s
   AND CASE WHEN m.number IS NULL THEN m.facebook_id = %(page)s
            ELSE m.number = %(number)s END
"""


class EphemeralEvents:
    """Tells frames of the moment to the sockets of all processes."""

    def __init__(
        self, database: Database, audiences: Audiences, epoch: Callable[[], str]
    ) -> None:
        self._database = database
        self._audiences = audiences
        self._epoch = epoch
        self._process = uuid4().hex
        self._away_until = 0.0

    async def publish(
        self, place: Location, said: dict[str, Any], besides: Connection | None = None
    ) -> None:
        """To all who see the place but the socket that said it: here at once, in the
        other processes by the layer."""
        text = now(said)
        self._write(place, text, besides)
        if time.monotonic() < self._away_until:
            return
        message = {
            "type": channel_layer.EPHEMERAL,
            "e": self._epoch(),
            "by": self._process,
            "place": list(place),
            "text": text,
        }
        try:
            await channel_layer.publish(message)
        except channel_layer.AWAY:
            self._away_until = time.monotonic() + 1.0

    def receive(self, message: dict[str, Any]) -> None:
        """By the layer, from another process or from the relay."""
        if message["e"] == self._epoch() and message["by"] != self._process:
            manager, area, operator = message["place"]
            self._write((manager, area, operator), message["text"], None)

    def _write(self, place: Location, text: str, besides: Connection | None) -> None:
        manager, area, operator = place
        data = frame(text)
        for audience in self._audiences.reached_by((manager,)):
            if can_see(audience.caller, area, operator):
                for line, write in audience.writers.items():
                    if line is not besides:
                        write(data)

    async def follow(self, line: Connection, sent: dict[str, Any]) -> None:
        """A client's word that its person views a contact or types to it, or does so
        no longer. What is malformed, too fast or not its to see is passed over."""
        kind, contact, m, on = (sent.get(name) for name in ("t", "id", "m", "on"))
        if not _is_id(contact) or not _is_id(m) or not isinstance(on, bool):
            return
        caller = line.state.caller if line.state else None
        if caller is None or (on and not _is_in_time(line)):
            return
        said = {
            "k": kind,
            "id": contact,
            "m": m,
            "operatorId": str(caller.operator or 0),
        }
        # Taken back without a question, once: what was never said is not.
        place = await self._location(said) if on or _withdraw(line, said) else None
        if place is None or not caller.reaches(place[0]):
            return
        if can_see(caller, place[1], place[2]) and (not on or _remember(line, said)):
            await self.publish(place, {**said, "on": on}, besides=line)

    async def forget(self, line: Connection) -> None:
        """A socket that has gone views nothing and types no more."""
        followed, line.followed = line.followed, None
        for said in (followed or {}).values():
            place = await self._location(said)
            if place is not None:
                await self.publish(place, {**said, "on": False})

    async def _location(self, said: dict[str, Any]) -> Location | None:
        contact, m = said["id"], said["m"]
        values = {
            "external_id": str(contact),
            "id": str(contact) if isinstance(contact, int) else f'"{contact}"',
            "number": m if isinstance(m, int) else None,
            "page": m if isinstance(m, str) else None,
        }
        rows = await self._database.rows(_CONTACT, values, patience=0)
        return rows[0] if len(rows) == 1 else None


def _is_in_time(line: Connection) -> bool:
    moment = time.monotonic()
    used_until = max(line.ephemeral_at, moment - BURST_SECONDS) + SECONDS_PER_FRAME
    if used_until > moment:
        return False
    line.ephemeral_at = used_until
    return True


def _remember(line: Connection, said: dict[str, Any]) -> bool:
    """Keeps what the socket said, to be taken back for it when it goes."""
    followed = line.followed = line.followed or {}
    if len(followed) >= MOST_FOLLOWED and _key(said) not in followed:
        return False
    followed[_key(said)] = said
    return True


def _withdraw(line: Connection, said: dict[str, Any]) -> bool:
    return (line.followed or {}).pop(_key(said), None) is not None


def _key(said: dict[str, Any]) -> tuple[Any, ...]:
    return said["k"], said["id"], said["m"]


def _is_id(value: Any) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return 0 <= value < 10**15
    if not isinstance(value, str) or not 0 < len(value) <= 64 or "\x00" in value:
        return False
    # JSON can write half a character, which UTF-8 cannot: no id in the database has one.
    return not any("\ud800" <= character <= "\udfff" for character in value)
