"""The credentials of the open sockets, with their current rights.

A change of rights arrives as a reset row in the sequence of changes, so the rights
stored here need no expiry: they are valid until such a row names the credential. Only
what ends without a row (an expired key, a login session, a changed password) is checked
every two seconds.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence

from channels.db import database_sync_to_async
from django.db import Error

from hci_center.callers import Caller
from hci_center.feed.async_database import PATIENCE, PAUSE, Database
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.frames import Change
from hci_center.feed.identity import SocketIdentity, find_caller
from hci_center.feed.reporting import report
from hci_center.feed.sockets.connection import Close, Connection, CredentialState

logger = logging.getLogger(__name__)

# A credential without sockets is kept this long, in seconds: clients reconnect.
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
    """All credentials of a process.

    `resume` is called with each paused connection when its rights are known again.
    """

    def __init__(
        self, database: Database, resume: Callable[[Connection], None]
    ) -> None:
        self._database = database
        self._resume = resume
        self._all: dict[str, CredentialState] = {}

    async def join(
        self, connection: Connection, identity: SocketIdentity
    ) -> Caller | None:
        """Registers the connection and returns its caller, or None if it has ended.

        From this call on, resets reach the connection.
        """
        credential = identity.credential
        state = self._all.setdefault(credential, CredentialState(credential))
        if not state.connections:
            state.password_fingerprint = None
        state.connections.add(connection)
        connection.identity, connection.state = identity, state
        await self.wait_loaded(state)
        return state.caller

    async def wait_loaded(self, state: CredentialState) -> None:
        """Returns when the rights are known. Raises DatabaseAwayError."""
        while not state.is_fresh:
            await asyncio.shield(self._load(state))

    def leave(self, connection: Connection) -> None:
        state, connection.state = connection.state, None
        if state is not None:
            state.connections.discard(connection)
            state.left_at = time.monotonic()

    def people(self) -> dict[str, int]:
        """Returns the number of open sockets of each person, by credential."""
        return {
            state.credential: len(state.connections)
            for state in self._all.values()
            if state.is_person and state.connections
        }

    def __iter__(self) -> Iterator[CredentialState]:
        return iter(tuple(self._all.values()))

    def targets_of(self, change: Change) -> list[CredentialState]:
        """Returns the credentials that a reset row is for."""
        if change.who is None:
            return [state for state in self._all.values() if state.is_target_of(change)]
        state = self._all.get(change.who)
        return [] if state is None else [state]

    def invalidate(self, state: CredentialState, *, is_void: bool) -> None:
        """Reads the rights again; the sockets get no events until then.

        `is_void`: the data of the clients is void even if the rights stay the same.
        """
        state.is_fresh = False
        state.resets += 1
        state.is_void = state.is_void or is_void
        for connection in state.connections:
            connection.pause()
        if state.connections:
            self._load(state)

    def _load(self, state: CredentialState) -> asyncio.Task[None]:
        if state.loading is None or state.loading.done():
            state.loading = asyncio.create_task(self._read_rights(state))
        return state.loading

    async def _read_rights(self, state: CredentialState) -> None:
        try:
            await self._read_rights_until_known(state)
        except DatabaseAwayError:
            raise
        except Exception as error:
            # Otherwise its sockets would stay open without any events.
            await report(self._database, "rights", error, state.credential)
            for connection in tuple(state.connections):
                connection.transport.close_connection(Close.FAULT)
            raise

    async def _read_rights_until_known(self, state: CredentialState) -> None:
        find = database_sync_to_async(find_caller, thread_sensitive=False)
        deadline = time.monotonic() + PATIENCE
        previous = state.caller
        while not state.is_fresh:
            resets = state.resets
            try:
                state.caller = await find(state.credential)
            except Error as error:
                if time.monotonic() > deadline and not state.connections:
                    raise DatabaseAwayError from error
                await asyncio.sleep(PAUSE)
                continue
            state.is_fresh = state.resets == resets
        is_void = state.is_void or state.caller != previous
        state.is_void = False
        for connection in tuple(state.connections):
            connection.reset_due |= is_void and (
                connection.is_paused or connection.is_in_doubt
            )
            connection.is_in_doubt = False
            if state.caller is None:
                connection.transport.close_connection(Close.RIGHTS_GONE)
            elif connection.is_paused:
                self._resume(connection)

    async def check(self) -> None:
        """Closes the sockets whose key, user or login session has ended."""
        self._forget()
        watched = [state for state in self._all.values() if state.connections]
        if not watched:
            return
        alive = await self._alive(watched)
        for state in watched:
            fingerprint = alive.get(state.credential)
            if fingerprint is None or (
                state.password_fingerprint is not None
                and state.password_fingerprint != fingerprint
            ):
                logger.info("%s has ended", state.credential)
                state.is_fresh = False
                state.resets += 1
                _close(tuple(state.connections))
            else:
                _close(
                    [
                        connection
                        for connection in state.connections
                        if _has_ended(connection, alive)
                    ]
                )
            state.password_fingerprint = fingerprint

    async def _alive(self, watched: list[CredentialState]) -> dict[str, str]:
        ids: dict[str, list[int]] = {"key": [], "user": []}
        sessions: set[str] = set()
        for state in watched:
            kind, _, pk = state.credential.partition(":")
            ids[kind].append(int(pk))
            sessions |= {
                connection.identity.session
                for connection in state.connections
                if connection.identity
            }
        values = {
            "keys": ids["key"],
            "users": ids["user"],
            "sessions": list(sessions - {""}),
        }
        return {row[0]: row[1] for row in await self._database.rows(_ALIVE, values, 0)}

    def _forget(self) -> None:
        oldest = time.monotonic() - RETENTION
        for credential, state in list(self._all.items()):
            if not state.connections and state.left_at < oldest:
                del self._all[credential]


def _has_ended(connection: Connection, alive: dict[str, str]) -> bool:
    """Whether the login session behind the socket has ended."""
    session = connection.identity.session if connection.identity else ""
    return session != "" and f"session:{session}" not in alive


def _close(connections: Sequence[Connection]) -> None:
    for connection in connections:
        connection.transport.close_connection(Close.RIGHTS_GONE)
