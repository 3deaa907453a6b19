"""The scope of a list of chats: its managers, and the operator who limits it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from areas.naming import spellings_of
from areas.operators import OperatorScope
from chats.conversations.audit import act_as
from contacts.manager_ref import ManagerRef
from hci_center.callers import Caller
from hci_center.errors import AreaNotFoundError, OperatorNotFoundError
from hci_center.visibility import (
    operator_parameters,
    operator_sees_sql,
    reached_managers,
    reaches_sql,
)
from managers.lookup import find_manager

_MANAGERS = f"SELECT m.id FROM managers_manager m WHERE {reaches_sql('m.id')}"  # noqa: S608 - a constant
_OPERATOR = """
SELECT o.id, o.name, o.manager_id,
       ARRAY(SELECT s.area_id FROM areas_operatorarea s WHERE s.operator_id = o.id)
  FROM areas_operator o
 WHERE o.id = %(operator)s AND o.is_active AND o.manager_id = ANY(%(managers)s)
"""
# The contact of a chat `h`, looked up for one chat after another: the planner would rather
# read all contacts. Its columns are those of the lists' conditions.
CONTACT_OF_CHAT = """CROSS JOIN LATERAL (
    SELECT k.id, k.manager_id, k.channel, k.area_id, k.operator_id, k.waiting_since,
           k.queued_at, k.last_message_at, k.deleted_at, k.xmin
      FROM contacts_contact k WHERE k.id = h.contact_id OFFSET 0) c"""
# A code takes precedence over a name, within each manager.
_AREAS = """
SELECT DISTINCT ON (a.manager_id) coalesce(a.successor_id, a.id) FROM areas_area a
 WHERE a.manager_id = ANY(%(managers)s) AND (a.code = %(area)s OR a.name = %(area)s)
 ORDER BY a.manager_id, a.code = %(area)s DESC
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Managers, and an operator (None: the service itself, which can see all chats)."""

    managers: list[int]
    operator: OperatorScope | None

    @property
    def condition(self) -> str:
        """The condition on `contacts_contact c`, besides the manager."""
        present = "c.deleted_at IS NULL"
        if self.operator is None:
            return present
        return f"{present} AND {operator_sees_sql()}"

    def parameters(self) -> dict[str, Any]:
        values: dict[str, Any] = {"managers": self.managers}
        if self.operator is not None:
            operator = self.operator
            values |= operator_parameters(operator.operator_id, operator.areas)
        return values


def find_scope(caller: Caller, names: ManagerRef, operator_id: int | None) -> Scope:
    """Returns what the caller can see, limited to an operator's view if one is given.

    A signed-in operator always has his own view. Raises ManagerNotFoundError,
    OperatorNotFoundError, and ForbiddenError if he names another operator.
    """
    with connection.cursor() as cursor:
        if names:
            managers = [find_manager(caller, **names)]
        else:
            cursor.execute(_MANAGERS, {"managers": reached_managers(caller)})
            managers = [row[0] for row in cursor.fetchall()]
        if operator_id is None and caller.role == "operator":
            operator_id = caller.operator
        if not operator_id:
            act_as(caller, 0)
            return Scope(managers, None)
        cursor.execute(_OPERATOR, {"operator": operator_id, "managers": managers})
        row = cursor.fetchone()
    if row is None:
        raise OperatorNotFoundError
    act_as(caller, operator_id)
    found_id, name, manager_id, areas = row
    return Scope([manager_id], OperatorScope(found_id, name, frozenset(areas)))


def find_areas(scope: Scope, given: str) -> list[int]:
    """Returns the areas of that code or name, at most one per manager.

    Raises AreaNotFoundError if no manager has one.
    """
    with connection.cursor() as cursor:
        for text in spellings_of(given):
            cursor.execute(_AREAS, {"managers": scope.managers, "area": text})
            found = [row[0] for row in cursor.fetchall()]
            if found:
                return found
    raise AreaNotFoundError
