"""The credentials behind the open sockets, each with its rights as of now.

A change of rights comes as a reset in the sequence of events, so what is kept here
needs no expiry: it holds until such a row names it. Only what ends without a row (a
key's last day, a session, a new password) is looked for every two seconds.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error

from hci_center.callers import Caller
from hci_center.feed.async_database import PATIENCE, PAUSE, Database
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.frames import Change
from hci_center.feed.identity import SocketIdentity
from hci_center.feed.reporting import report
from hci_center.feed.sockets.connection import Close, Connection, CredentialState
from hci_center.feed.visibility import find_caller

logger = logging.getLogger(__name__)

# One without sockets is remembered this long, in seconds: its sockets come back.
RETENTION = 60.0

_ALIVE = """
SELECT 'key:' || id, '' FROM managers_apikey
 WHERE id = ANY (%(keys)s) AND revoked_at IS NULL
   AND (expires_at IS NULL OR expires_at > now())
UNION ALL
SELECT 'user:' || u.id, md5(u.password)
  FROM auth_user u LEFT JOIN areas_operator o ON o.user_id = u.id
 WHERE u.id = ANY (%(users)s) AND u.is_active
   AND (u.is_superuser OR u.is_staff OR o.is_active)
UNION ALL
SELECT 'session:' || session_key, '' FROM django_session
 WHERE session_key = ANY (%(sessions)s) AND expire_date > now()
"""


class CredentialRegistry:
    """All of a process. `release` is told of each held line that may go on, its
    member's rights being known again."""

    def __init__(
        self, database: Database, release: Callable[[Connection], None]
    ) -> None:
        self._database = database
        self._release = release
        self._all: dict[str, CredentialState] = {}

    async def join(self, line: Connection, identity: SocketIdentity) -> Caller | None:
        """What the credential may see by now, None when it has ended. The socket is
        known from here on, so no reset passes it by."""
        credential = identity.credential
        member = self._all.setdefault(credential, CredentialState(credential))
        if not member.connections:
            member.password_fingerprint = None
        member.connections.add(line)
        line.identity, line.state = identity, member
        await self.wait_loaded(member)
        return member.caller

    async def wait_loaded(self, member: CredentialState) -> None:
        """Returns when its rights are known. May raise DatabaseAwayError."""
        while not member.is_fresh:
            await asyncio.shield(self._load(member))

    def leave(self, line: Connection) -> None:
        member, line.state = line.state, None
        if member is not None:
            member.connections.discard(line)
            member.left_at = time.monotonic()

    def has_room(self, line: Connection) -> bool:
        """Whether the person has not more sockets than allowed; a key always."""
        member = line.state
        if member is None or member.caller is None or member.caller.is_key:
            return True
        return len(member.connections) <= settings.FEED_SOCKETS_EACH

    def __iter__(self) -> Iterator[CredentialState]:
        return iter(tuple(self._all.values()))

    def targets_of(self, change: Change) -> list[CredentialState]:
        """The members that a reset row is for."""
        if change.who is None:
            return [
                member for member in self._all.values() if member.is_target_of(change)
            ]
        member = self._all.get(change.who)
        return [] if member is None else [member]

    def invalidate(self, member: CredentialState, *, is_void: bool) -> None:
        """Its rights are to be read again; its sockets hear nothing until then.

        `is_void`: what they hold is, though the rights may turn out to be the same.
        """
        member.is_fresh = False
        member.resets += 1
        member.is_void = member.is_void or is_void
        for line in member.connections:
            line.hold()
        if member.connections:
            self._load(member)

    def _load(self, member: CredentialState) -> asyncio.Task[None]:
        if member.loading is None or member.loading.done():
            member.loading = asyncio.create_task(self._read_rights(member))
        return member.loading

    async def _read_rights(self, member: CredentialState) -> None:
        try:
            await self._read_rights_until_known(member)
        except DatabaseAwayError:
            raise
        except Exception as error:
            # Its sockets would stay open and hear nothing.
            await report(self._database, "rights", error, member.credential)
            for line in tuple(member.connections):
                line.transport.close_connection(Close.FAULT)
            raise

    async def _read_rights_until_known(self, member: CredentialState) -> None:
        find = database_sync_to_async(find_caller, thread_sensitive=False)
        until = time.monotonic() + PATIENCE
        before = member.caller
        while not member.is_fresh:
            resets = member.resets
            try:
                member.caller = await find(member.credential)
            except Error as error:
                if time.monotonic() > until and not member.connections:
                    raise DatabaseAwayError from error
                await asyncio.sleep(PAUSE)
                continue
            member.is_fresh = member.resets == resets
        is_void = member.is_void or member.caller != before
        member.is_void = False
        for line in tuple(member.connections):
            line.reset_due |= is_void and (line.is_held or line.is_in_doubt)
            line.is_in_doubt = False
            if member.caller is None:
                line.transport.close_connection(Close.RIGHTS_GONE)
            elif line.is_held:
                self._release(line)

    async def check(self) -> None:
        """Cuts the sockets whose key, user or session has ended."""
        self._forget()
        watched = [member for member in self._all.values() if member.connections]
        if not watched:
            return
        alive = await self._alive(watched)
        for member in watched:
            seal = alive.get(member.credential)
            if seal is None or (
                member.password_fingerprint is not None
                and member.password_fingerprint != seal
            ):
                logger.info("%s has ended", member.credential)
                member.is_fresh = False
                member.resets += 1
                _close(tuple(member.connections))
            else:
                _close([line for line in member.connections if _has_ended(line, alive)])
            member.password_fingerprint = seal

    async def _alive(self, watched: list[CredentialState]) -> dict[str, str]:
        ids: dict[str, list[int]] = {"key": [], "user": []}
        sessions: set[str] = set()
        for member in watched:
            kind, _, pk = member.credential.partition(":")
            ids[kind].append(int(pk))
            sessions |= {
                line.identity.session for line in member.connections if line.identity
            }
        values = {
            "keys": ids["key"],
            "users": ids["user"],
            "sessions": list(sessions - {""}),
        }
        return {row[0]: row[1] for row in await self._database.rows(_ALIVE, values, 0)}

    def _forget(self) -> None:
        latest = time.monotonic() - RETENTION
        for credential, member in list(self._all.items()):
            if not member.connections and member.left_at < latest:
                del self._all[credential]


def _has_ended(line: Connection, alive: dict[str, str]) -> bool:
    """Whether the person signed out of the session behind the socket."""
    session = line.identity.session if line.identity else ""
    return session != "" and f"session:{session}" not in alive


def _close(lines: Sequence[Connection]) -> None:
    for line in lines:
        line.transport.close_connection(Close.RIGHTS_GONE)
