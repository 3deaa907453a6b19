"""Reads managers as the API returns them, with static SQL."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from hci_center.api.deferred import DeferredValue, ResponseContext
from hci_center.audit.once_a_day import record_once_a_day
from hci_center.callers import Caller
from hci_center.compression import NOT_COMPRESSED
from hci_center.encryption import decrypt

logger = logging.getLogger(__name__)

# Columns of `managers_manager m` that `manager_shape` expects.
MANAGER_COLUMNS = (
    "m.id, m.name, m.email, m.number, m.controller_port, m.facebook_id,"
    " m.facebook_token"
)
# GET user/: oldest first. NULL stands for all managers.
_ALL = f"SELECT {MANAGER_COLUMNS} FROM managers_manager m ORDER BY m.id"  # noqa: S608 - column names only
_SOME = f"""
SELECT {MANAGER_COLUMNS} FROM managers_manager m WHERE m.id = ANY(%s) ORDER BY m.id
"""  # noqa: S608 - column names only

_TOKEN = "SELECT facebook_token FROM managers_manager WHERE id = %s"  # noqa: S105

Shape = dict[str, Any]


class PageToken(DeferredValue, kind="page_token"):
    """A manager's page token: in full for a key with `secrets`, "" for others.

    A stored response only has the manager's id and is sent with the current token.
    """

    def __init__(self, manager: int, encrypted: str | None = None) -> None:
        self.manager = manager
        self.encrypted = encrypted

    def resolve(self, context: ResponseContext) -> str:
        if context.caller is None or not context.caller.secrets:
            return ""
        encrypted = self._read() if self.encrypted is None else self.encrypted
        if encrypted:
            context.request.META[NOT_COMPRESSED] = True
            record_once_a_day("page-token", "manager")
        try:
            return decrypt(encrypted)
        except ImproperlyConfigured:
            # One corrupt row must not fail the response for all the others.
            logger.error("manager %s: its page token cannot be decrypted", self.manager)
            return ""

    def serialize(self) -> dict[str, Any]:
        return {"manager": self.manager}

    @classmethod
    def restore_from(cls, **stored: Any) -> PageToken:
        return cls(stored["manager"])

    def _read(self) -> str:
        with connection.cursor() as cursor:
            cursor.execute(_TOKEN, [self.manager])
            row = cursor.fetchone()
        return "" if row is None else row[0]


def managers_of(caller: Caller) -> dict[int, Shape]:
    """Returns the caller's managers by id, oldest first, without contacts."""
    with connection.cursor() as cursor:
        if caller.managers is None:
            cursor.execute(_ALL)
        else:
            cursor.execute(_SOME, [list(caller.managers)])
        return {row[0]: manager_shape(row) for row in cursor.fetchall()}


def manager_shape(row: Sequence[Any]) -> Shape:
    """Returns the API's manager from a row of MANAGER_COLUMNS."""
    manager_id, name, email, number, port, page, encrypted = row
    return {
        "name": name,
        "email": email,
        "number": number,
        "controllerPort": "" if port is None else str(port),
        "facebookId": page or "",
        "facebookToken": PageToken(manager_id, encrypted) if encrypted else "",
        "contacts": [],
    }
