"""Ephemeral events: sent to the sockets that are connected, never stored."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from hci_center.feed import channel_layer
from hci_center.feed.async_database import Database
from hci_center.feed.frames import frame, now
from hci_center.feed.sockets.audiences import Audiences
from hci_center.feed.sockets.connection import Connection
from hci_center.visibility import sees

logger = logging.getLogger(__name__)

# Rate limit of `viewing` and `typing` frames: each uses up this many seconds of a
# socket's allowance, which is at most BURST_SECONDS.
SECONDS_PER_FRAME = 0.2
BURST_SECONDS = 1.0
# The most contacts that one socket may view or type to at a time.
MOST_FOLLOWED = 8
# The most frames of one socket that wait for the one before them.
MOST_WAITING = 32
# Seconds after which `on: true` is over, unless the client says it again.
OVER_AFTER = 45.0

# Ids of the manager, area and operator that an event belongs to.
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
    """Sends ephemeral events to the sockets of all processes."""

    def __init__(
        self, database: Database, audiences: Audiences, epoch: Callable[[], str]
    ) -> None:
        self._database = database
        self._audiences = audiences
        self._epoch = epoch
        self._process = uuid4().hex
        self._away_until = 0.0

    async def publish(
        self,
        location: Location,
        payload: dict[str, Any],
        exclude: Connection | None = None,
    ) -> None:
        """Sends the event to all sockets that may see the location, except one.

        Sockets of this process get it at once, those of others by the channel layer.
        The member `note` is sent only to clients that requested notes.
        """
        text = noted = now(payload)
        if "note" in payload:
            text = now({name: payload[name] for name in payload if name != "note"})
        self._write(location, text, noted, exclude)
        if time.monotonic() < self._away_until:
            return
        message = {
            "type": channel_layer.EPHEMERAL,
            "e": self._epoch(),
            "by": self._process,
            "place": list(location),
            "text": text,
            "noted": noted,
        }
        try:
            await channel_layer.publish(message)
        except channel_layer.AWAY:
            self._away_until = time.monotonic() + 1.0

    def receive(self, message: dict[str, Any]) -> None:
        """Handles a message of the layer, from another process or the relay."""
        if message["e"] == self._epoch() and message["by"] != self._process:
            manager, area, operator = message["place"]
            text = message["text"]
            self._write(
                (manager, area, operator), text, message.get("noted", text), None
            )

    def _write(
        self, location: Location, text: str, noted: str, exclude: Connection | None
    ) -> None:
        manager, area, operator = location
        frames = frame(text), frame(noted)
        for audience in self._audiences.reached_by((manager,)):
            if audience.sees(area, operator):
                data = frames["note" in audience.also]
                for connection, write in audience.writers.items():
                    if connection is not exclude:
                        write(data)

    def take(self, connection: Connection, sent: dict[str, Any]) -> bool:
        """Adds a client's `viewing` or `typing` frame to those to be handled.

        Returns whether `follow_all` must be started: it handles them one by one, since
        a frame may withdraw the one before it.
        """
        if connection.said is None:
            connection.said = deque((sent,))
            return True
        if len(connection.said) < MOST_WAITING:
            connection.said.append(sent)
        return False

    async def follow_all(self, connection: Connection) -> None:
        """Handles the frames of a client in their order."""
        said = connection.said
        try:
            while said:
                await self.follow(connection, said.popleft())
        finally:
            connection.said = None

    async def follow(self, connection: Connection, sent: dict[str, Any]) -> None:
        """Handles a client's `viewing` or `typing` frame.

        Frames that are malformed, too frequent or about a contact that the caller may
        not see are ignored.
        """
        kind, contact, m, on = (sent.get(name) for name in ("t", "id", "m", "on"))
        if not _is_id(contact) or not _is_id(m) or not isinstance(on, bool):
            return
        caller = connection.state.caller if connection.state else None
        if caller is None or (on and not _is_in_time(connection)):
            return
        payload = {
            "k": kind,
            "id": contact,
            "m": m,
            "operatorId": str(caller.operator or 0),
        }
        if kind == "typing" and sent.get("note") is True:
            payload["note"] = True
        # `on: false` has no rate limit, but needs an earlier `on: true`. The caller may
        # have lost the contact since, as after a transfer; others still show the event.
        location = (
            await self._location(payload)
            if on or _withdraw(connection, payload)
            else None
        )
        if location is None or (on and not sees(caller, *location)):
            return
        # After the end of the connection nothing would withdraw it.
        if not on or (connection.is_open and _remember(connection, payload)):
            await self.publish(location, {**payload, "on": on}, exclude=connection)

    async def forget(self, connection: Connection) -> None:
        """Sends `on: false` for everything that a closed socket viewed or typed to."""
        _drop_over(connection)
        followed, connection.followed = connection.followed, None
        for _, payload in (followed or {}).values():
            location = await self._location(payload)
            if location is not None:
                await self.publish(location, {**payload, "on": False})

    async def _location(self, payload: dict[str, Any]) -> Location | None:
        contact, m = payload["id"], payload["m"]
        values = {
            "external_id": str(contact),
            "id": str(contact) if isinstance(contact, int) else f'"{contact}"',
            "number": m if isinstance(m, int) else None,
            "page": m if isinstance(m, str) else None,
        }
        rows = await self._database.rows(_CONTACT, values, patience=0)
        return rows[0] if len(rows) == 1 else None


def _is_in_time(connection: Connection) -> bool:
    timestamp = time.monotonic()
    used_until = (
        max(connection.ephemeral_at, timestamp - BURST_SECONDS) + SECONDS_PER_FRAME
    )
    if used_until > timestamp:
        return False
    connection.ephemeral_at = used_until
    return True


def _remember(connection: Connection, payload: dict[str, Any]) -> bool:
    """Stores the frame, to be withdrawn when the socket closes."""
    _drop_over(connection)
    followed = connection.followed = connection.followed or {}
    if len(followed) >= MOST_FOLLOWED and _key(payload) not in followed:
        return False
    followed[_key(payload)] = time.monotonic(), payload
    return True


def _drop_over(connection: Connection) -> None:
    """Drops frames that the client has not repeated in time; receivers do the same."""
    since = time.monotonic() - OVER_AFTER
    followed = connection.followed or {}
    for key in [key for key, (said_at, _) in followed.items() if said_at < since]:
        del followed[key]


def _withdraw(connection: Connection, payload: dict[str, Any]) -> bool:
    return (connection.followed or {}).pop(_key(payload), None) is not None


def _key(payload: dict[str, Any]) -> tuple[Any, ...]:
    return payload["k"], payload["id"], payload["m"]


def _is_id(value: Any) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return 0 <= value < 10**15
    if not isinstance(value, str) or not 0 < len(value) <= 64 or "\x00" in value:
        return False
    # JSON can express lone surrogates, which UTF-8 cannot; no id in the database has
    # one.
    return not any("\ud800" <= character <= "\udfff" for character in value)
