"""Managers as they are answered: static SQL, rows to dicts by hand."""

from __future__ import annotations

from typing import Any

from django.db import connection

from hci_center.api.late import Asker, Late
from hci_center.callers import Caller
from hci_center.encryption import decrypt
from hci_center.errors import ManagerNotFoundError

_COLUMNS = """
SELECT id, name, email, number, controller_port, facebook_id, facebook_token
  FROM managers_manager
"""
# Every look-up is by a unique index; what the caller may see is judged in Python.
_BY_ID = _COLUMNS + " WHERE id = %s"
_BY_NUMBER = _COLUMNS + " WHERE number = %s"
_BY_PAGE = _COLUMNS + " WHERE facebook_id = %s"
# GET user/: oldest first. NULL stands for all managers.
_ALL = _COLUMNS + " ORDER BY id"
_SOME = _COLUMNS + " WHERE id = ANY(%s) ORDER BY id"

_TOKEN = "SELECT facebook_token FROM managers_manager WHERE id = %s"  # noqa: S105

Row = tuple[Any, ...]
Shape = dict[str, Any]


class PageToken(Late, kind="page_token"):
    """A manager's page token: in full for a key with `secrets`, "" for others.

    A stored answer keeps the manager alone, and gives the token of that moment.
    """

    def __init__(self, manager: int, sealed: str | None = None) -> None:
        self.manager = manager
        self.sealed = sealed

    def now(self, asker: Asker) -> str:
        if asker.caller is None or not asker.caller.secrets:
            return ""
        return decrypt(self._read() if self.sealed is None else self.sealed)

    def kept(self) -> dict[str, Any]:
        return {"manager": self.manager}

    @classmethod
    def of_kept(cls, **kept: Any) -> PageToken:
        return cls(kept["manager"])

    def _read(self) -> str:
        row = _row(_TOKEN, self.manager)
        return "" if row is None else row[0]


def manager_by_id(caller: Caller, manager_id: int) -> tuple[int, Shape]:
    """Its id and its shape, without contacts. Raises ManagerNotFoundError."""
    return _reached(caller, _row(_BY_ID, manager_id))


def manager_by_number(caller: Caller, number: int) -> tuple[int, Shape]:
    """Its id and its shape, without contacts. Raises ManagerNotFoundError."""
    return _reached(caller, _row(_BY_NUMBER, number))


def manager_by_page(caller: Caller, facebook_id: str) -> tuple[int, Shape]:
    """Its id and its shape, without contacts. Raises ManagerNotFoundError."""
    return _reached(caller, _row(_BY_PAGE, facebook_id))


def managers_of(caller: Caller) -> dict[int, Shape]:
    """All managers that the caller reaches, oldest first, by id, without contacts."""
    with connection.cursor() as cursor:
        if caller.managers is None:
            cursor.execute(_ALL)
        else:
            cursor.execute(_SOME, [list(caller.managers)])
        return {row[0]: manager_shape(row) for row in cursor.fetchall()}


def manager_shape(row: Row) -> Shape:
    """The contract's manager from a row of the columns above."""
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


def _row(statement: str, value: int | str) -> Row | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
        row: Row | None = cursor.fetchone()
    return row


def _reached(caller: Caller, row: Row | None) -> tuple[int, Shape]:
    if row is None or not caller.reaches(row[0]):
        raise ManagerNotFoundError
    return row[0], manager_shape(row)
