"""Reads contacts with static SQL, without the ORM.

A condition on an area or an operator needs none on the manager: both belong to one
manager, as do their contacts, and a second condition would lead the planner to read all
contacts of the manager.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection

from contacts import photos
from contacts.manager_ref import ManagerRef, manager_match
from hci_center.api.deferred import DeferredValue, ResponseContext
from hci_center.api.subject import record_subject
from hci_center.callers import Caller
from hci_center.errors import ManagerNotFoundError
from hci_center.visibility import (
    operator_parameters,
    operator_sees_sql,
    reached_managers,
    reaches_sql,
)
from managers.queries import MANAGER_COLUMNS, manager_shape

Shape = dict[str, Any]

# Formats a `timestamptz` for responses. In SQL, because loading the value into Python
# first costs more than the rest of a row.
AS_TIME = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

CONTACT_COLUMNS = f"""c.channel, c.external_id, c.name, c.photo, coalesce(a.code, ''),
       coalesce(c.operator_id, 0)::text, c.protocol, c.sa, c.unread,
       {AS_TIME.format("c.last_message_at")}, c.phone"""
_FROM = "FROM contacts_contact c LEFT JOIN areas_area a ON a.id = c.area_id"
_LATEST_FIRST = "c.last_message_at DESC NULLS LAST, c.id DESC"

# Appended for operators only: other callers see every contact, which plans better.
_VISIBLE = f"\n   AND {operator_sees_sql()}"

# One contact, for the response of a call that changed it.
_OF_ID = f"SELECT {CONTACT_COLUMNS} {_FROM} WHERE c.id = %(contact)s"

# The resolved scope and the contacts: the first row has the scope as JSON in the
# column of the name and no channel; the contacts follow. In one statement, because
# another round trip takes a fifth of the shortest of these calls.
_NAMED_AND_CONTACTS = f"""
WITH named AS MATERIALIZED ({{named}})
SELECT NULL, NULL, to_json(named)::text, {", ".join(["NULL"] * 8)} FROM named
UNION ALL
(SELECT {CONTACT_COLUMNS} {_FROM}
  WHERE c.deleted_at IS NULL AND {{which}} ORDER BY {_LATEST_FIRST})
"""  # noqa: S608 - column names only
# Restricts `managers_manager m` to the caller's managers; NULL means all.
REACHED = reaches_sql("m.id")

# POST user/, user/facebook and user/contact/get.
OF_MANAGER = "c.manager_id = (SELECT id FROM named)"
_MANAGER = f"SELECT {MANAGER_COLUMNS} FROM managers_manager m WHERE {REACHED} AND "  # noqa: S608 - column names only
# POST user/contact/area.
OF_AREA = "c.area_id = (SELECT area FROM named)"
# POST user/contact/operator: the two partial indexes, OR'ed.
_OF_OPERATOR = "c.operator_id = (SELECT operator FROM named)"
OF_OPERATOR_OR_AREA = f"({_OF_OPERATOR} OR {OF_AREA})"
# The same for operatorId 0: unassigned contacts, or those in that area.
UNASSIGNED_OR_OF_AREA = f"{OF_MANAGER} AND (c.operator_id IS NULL OR {OF_AREA})"

# GET user/: the contacts of many managers, each with its manager's id.
_OF_MANAGERS = f"""
SELECT {CONTACT_COLUMNS}, c.manager_id {_FROM}
 WHERE c.manager_id = ANY(%(managers)s::bigint[]) AND c.deleted_at IS NULL"""


class ContactsOf(DeferredValue, kind="contacts_of"):
    """A manager's contacts in the response of a call that saved the manager.

    A stored response has only the manager's id; a repeat returns the present contacts
    that the caller may access.
    """

    def __init__(self, manager: int, shapes: list[Shape] | None = None) -> None:
        self.manager = manager
        self.shapes = shapes

    def resolve(self, context: ResponseContext) -> list[Shape]:
        if self.shapes is not None:
            return self.shapes
        if context.caller is None:
            return []
        return contacts_of_managers([self.manager], context.caller)[self.manager]

    def serialize(self) -> dict[str, Any]:
        return {"manager": self.manager}

    @classmethod
    def restore_from(cls, **stored: Any) -> ContactsOf:
        return cls(stored["manager"])


def contact_shape(contact_id: int) -> Shape:
    """Returns one contact as the API shows it, even if it is deleted."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_ID, {"contact": contact_id})
        return contact_shapes(cursor.fetchall())[0]


def manager_with_contacts(caller: Caller, names: ManagerRef) -> Shape:
    """Returns the manager with its contacts that the caller may access.

    Raises ManagerNotFoundError.
    """
    return _manager_with_contacts(caller, manager_match(names), {**names})


def manager_of_id_with_contacts(caller: Caller, manager_id: int) -> Shape:
    """Returns the same by the manager's id, for a call that has just saved it."""
    return _manager_with_contacts(caller, "m.id = %(manager)s", {"manager": manager_id})


def _manager_with_contacts(
    caller: Caller, condition: str, values: dict[str, Any]
) -> Shape:
    named = _MANAGER + condition
    manager, contacts = named_and_contacts(caller, named, OF_MANAGER, values)
    return {**manager_shape(list(manager.values())), "contacts": contacts}


def contacts_of_managers(
    manager_ids: Iterable[int], caller: Caller
) -> dict[int, list[Shape]]:
    """Returns the contacts by manager that the caller may access, in one query."""
    shapes: dict[int, list[Shape]] = {manager_id: [] for manager_id in manager_ids}
    statement, values = _for_caller(_OF_MANAGERS, {"managers": list(shapes)}, caller)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY {_LATEST_FIRST}", values)
        rows = cursor.fetchall()
    for shape, row in zip(
        contact_shapes([row[:-1] for row in rows]), rows, strict=True
    ):
        shapes[row[-1]].append(shape)
    return shapes


def named_and_contacts(
    caller: Caller, named: str, which: str, values: dict[str, Any]
) -> tuple[dict[str, Any], list[Shape]]:
    """Returns the one row that `named` selects, as a dict, and the contacts.

    `named` selects from `managers_manager m`, restricted by REACHED, with `id` as first
    column; `which` is one of the conditions above. The contacts are those that the
    caller may access, in the order of responses. Raises ManagerNotFoundError.
    """
    which, values = _for_caller(which, values, caller)
    with connection.cursor() as cursor:
        statement = _NAMED_AND_CONTACTS.format(named=named, which=which)
        cursor.execute(statement, values | {"managers": reached_managers(caller)})
        rows = cursor.fetchall()
    if not rows or rows[0][0] is not None:
        raise ManagerNotFoundError
    found = orjson.loads(rows[0][2])
    record_subject(found["id"])
    return found, contact_shapes(rows[1:])


def _for_caller(
    statement: str, values: dict[str, Any], caller: Caller
) -> tuple[str, dict[str, Any]]:
    if caller.role != "operator":
        return statement, values
    scope = operator_parameters(caller.operator or 0, caller.areas)
    return statement + _VISIBLE, values | scope


def contact_shapes(rows: list[tuple[Any, ...]]) -> list[Shape]:
    """Returns rows of CONTACT_COLUMNS as the API shows them."""
    # One flat comprehension with `models.public_id` inlined: a function call per row
    # takes a third of the time for 10,000 contacts.
    shapes = [
        {
            "id": int(external_id)
            if channel == "whatsapp" and external_id.isdigit()
            else external_id,
            "name": name,
            "photo": photos.shown(photo) if photos.PATH in photo else photo,
            "area": area,
            "operatorId": operator,
            "protocol": protocol,
            "sa": sa,
            "channel": channel,
            "unread": unread,
            "lastMessageAt": at,
        }
        for (
            channel,
            external_id,
            name,
            photo,
            area,
            operator,
            protocol,
            sa,
            unread,
            at,
            _,
        ) in rows
    ]
    # Few have a phone besides their id.
    for shape, row in zip(shapes, rows, strict=True):
        if row[-1] is not None:
            shape["phone"] = row[-1]
    return shapes
