"""Managers as they are answered: static SQL, rows to dicts by hand."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from hci_center.api.deferred import DeferredValue, ResponseContext
from hci_center.callers import Caller
from hci_center.encryption import decrypt
from hci_center.webserver.compression import NOT_COMPRESSED

logger = logging.getLogger(__name__)

# Of a `managers_manager m`, as `manager_shape` takes them.
MANAGER_COLUMNS = (
    "m.id, m.name, m.email, m.number, m.controller_port, m.facebook_id,"
    " m.facebook_token"
)
# GET user/: oldest first. NULL stands for all managers.
_ALL = f"SELECT {MANAGER_COLUMNS} FROM managers_manager m ORDER BY m.id"  # noqa: S608 - of columns
_SOME = f"""
SELECT {MANAGER_COLUMNS} FROM managers_manager m WHERE m.id = ANY(%s) ORDER BY m.id
"""  # noqa: S608 - of columns

_TOKEN = "SELECT facebook_token FROM managers_manager WHERE id = %s"  # noqa: S105

Shape = dict[str, Any]


class PageToken(DeferredValue, kind="page_token"):
    """A manager's page token: in full for a key with `secrets`, "" for others.

    A stored answer keeps the manager alone, and gives the token of that moment.
    """

    def __init__(self, manager: int, sealed: str | None = None) -> None:
        self.manager = manager
        self.sealed = sealed

    def resolve(self, asker: ResponseContext) -> str:
        if asker.caller is None or not asker.caller.secrets:
            return ""
        sealed = self._read() if self.sealed is None else self.sealed
        if sealed:
            asker.request.META[NOT_COMPRESSED] = True
        try:
            return decrypt(sealed)
        except ImproperlyConfigured:
            # One spoilt row must not keep the answer about all the others back.
            logger.error("manager %s: its page token cannot be decrypted", self.manager)
            return ""

    def serialize(self) -> dict[str, Any]:
        return {"manager": self.manager}

    @classmethod
    def restore_from(cls, **kept: Any) -> PageToken:
        return cls(kept["manager"])

    def _read(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute(_TOKEN, [self.manager])
            row = cursor.fetchone()
        return "" if row is None else row[0]


def managers_of(caller: Caller) -> dict[int, Shape]:
    """All managers that the caller reaches, oldest first, by id, without contacts."""
    with connection.cursor() as cursor:
        if caller.managers is None:
            cursor.execute(_ALL)
        else:
            cursor.execute(_SOME, [list(caller.managers)])
        return {row[0]: manager_shape(row) for row in cursor.fetchall()}


def manager_shape(row: Sequence[Any]) -> Shape:
    """The contract's manager from a row of MANAGER_COLUMNS."""
    manager_id, name, email, number, port, page, sealed = row
    return {
        "name": name,
        "email": email,
        "number": number,
        "controllerPort": "" if port is None else str(port),
        "facebookId": page or "",
        "facebookToken": PageToken(manager_id, sealed) if sealed else "",
        "contacts": [],
    }
