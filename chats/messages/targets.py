"""The contact of a recorded message: as a call names it, or already resolved.

Each is a few pieces of SQL with their parameters, because the statements that count and
store a message find the contact themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from contacts.aliases import ALIAS_MATCH, alias_params
from hci_center.callers import Caller
from hci_center.errors import InvalidError, ManagerNotFoundError
from hci_center.visibility import reached_managers, reaches_sql

_REACHED = reaches_sql("m.id")
_BY_NUMBER = f"m.number = %(number)s AND {_REACHED}"
_BY_PAGE = f"m.facebook_id = %(page)s AND {_REACHED}"
_BY_BOTH = f"m.number = %(number)s AND m.facebook_id = %(page)s AND {_REACHED}"

_MANAGERS = f"""
SELECT m.id, m.number = %(number)s, m.facebook_id = %(page)s
  FROM managers_manager m
 WHERE (m.number = %(number)s OR m.facebook_id = %(page)s) AND {_REACHED}
"""  # noqa: S608 - of a condition

_CONTACTS = "(SELECT id AS contact_id, manager_id, channel FROM contacts_contact) i"


@dataclass(frozen=True, slots=True)
class NamedContact:
    """A contact by its manager's number, page or both, and any of its aliases."""

    caller: Caller
    number: int | None
    page: str | None
    channel: str
    external_id: str

    # Rows `i` with the columns contact_id, manager_id and channel, and their condition.
    source = "contacts_identity i"
    match = ALIAS_MATCH

    @property
    def manager(self) -> str:
        """The condition on `m` in managers_manager."""
        if self.page is None:
            return _BY_NUMBER
        return _BY_PAGE if self.number is None else _BY_BOTH

    @property
    def params(self) -> dict[str, Any]:
        names = alias_params(self.channel, self.external_id)
        return {**self._manager_params, **names, "channel": self.channel}

    @property
    def _manager_params(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "page": self.page,
            "managers": reached_managers(self.caller),
        }

    def find_manager(self) -> int:
        """Returns the manager's id.

        Raises ManagerNotFoundError, and InvalidError if number and page belong to two
        managers.
        """
        with connection.cursor() as cursor:
            cursor.execute(_MANAGERS, self._manager_params)
            rows = cursor.fetchall()
        named = (self.number is not None) + (self.page is not None)
        found = sum(bool(by_number) + bool(by_page) for _, by_number, by_page in rows)
        if found < named:
            raise ManagerNotFoundError
        if len(rows) > 1:
            sentence = _("The number and the page belong to different managers.")
            raise InvalidError({"managerNumber": [sentence], "facebookId": [sentence]})
        manager_id: int = rows[0][0]
        return manager_id


@dataclass(frozen=True, slots=True)
class ResolvedContact:
    """A contact that has been resolved before; it may be deleted by now."""

    manager_id: int
    contact_id: int
    channel: str
    external_id: str

    source = _CONTACTS
    match = "i.contact_id = %(contact)s"
    manager = "m.id = %(manager)s"

    @property
    def params(self) -> dict[str, Any]:
        return {
            "manager": self.manager_id,
            "contact": self.contact_id,
            "channel": self.channel,
        }

    def find_manager(self) -> int:
        return self.manager_id


Target = NamedContact | ResolvedContact
