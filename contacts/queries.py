"""The hot reads of contacts: static statements, rows to plain dicts, no ORM.

A manager, an area, an operator are named by their ids, and an area or an operator
needs no manager beside it: either has one, to which its contacts are held, and a
second condition would draw the planner to all contacts of the manager.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from hci_center.callers import Caller

Shape = dict[str, Any]

# A time as answers show it, from a `timestamptz`. In SQL, because loading the value
# into Python first costs more than the whole rest of a row.
AS_TIME = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

_COLUMNS = f"""c.channel, c.external_id, c.name, c.photo, coalesce(a.code, ''),
       coalesce(c.operator_id, 0)::text, c.protocol, c.sa, c.unread,
       {AS_TIME.format("c.last_message_at")}"""
_FROM = "FROM contacts_contact c LEFT JOIN areas_area a ON a.id = c.area_id"
_LATEST_FIRST = "c.last_message_at DESC NULLS LAST, c.id DESC"

# What exists for an operator: `ContactQuerySet.visible_to` in SQL.
_SEEN = """
   AND (c.area_id = ANY(%(seen_areas)s::bigint[]) OR c.operator_id = %(seen_by)s
        OR (c.area_id IS NULL AND c.operator_id IS NULL))"""

# Any one contact, as a call answers it that has just changed it.
_OF_ID = f"SELECT {_COLUMNS} {_FROM} WHERE c.id = %(contact)s"

# POST user/contact/get, and the contacts inside a manager's answer.
_OF_MANAGER = f"""
SELECT {_COLUMNS} {_FROM}
 WHERE c.manager_id = %(manager)s AND c.deleted_at IS NULL"""

# GET user/: those of many managers, each beside its manager.
_OF_MANAGERS = f"""
SELECT {_COLUMNS}, c.manager_id {_FROM}
 WHERE c.manager_id = ANY(%(managers)s::bigint[]) AND c.deleted_at IS NULL"""

# POST user/contact/area.
_OF_AREA = f"""
SELECT {_COLUMNS} {_FROM} WHERE c.area_id = %(area)s AND c.deleted_at IS NULL"""

# POST user/contact/operator: the two partial indexes, OR'ed.
_OF_OPERATOR_OR_AREA = f"""
SELECT {_COLUMNS} {_FROM}
 WHERE (c.operator_id = %(operator)s OR c.area_id = %(area)s)
   AND c.deleted_at IS NULL"""

# The same for operatorId 0: nobody's, or in that area.
_UNASSIGNED_OR_OF_AREA = f"""
SELECT {_COLUMNS} {_FROM}
 WHERE c.manager_id = %(manager)s AND c.deleted_at IS NULL
   AND (c.operator_id IS NULL OR c.area_id = %(area)s)"""


def contact_shape(contact_id: int) -> Shape:
    """One contact as answers show it, whether or not it is deleted."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_ID, {"contact": contact_id})
        return _shapes(cursor.fetchall())[0]


def contacts_of_manager(manager_id: int, caller: Caller) -> list[Shape]:
    """The manager's contacts that exist for the caller, latest first."""
    return _list(_OF_MANAGER, {"manager": manager_id}, caller)


def contacts_of_managers(
    manager_ids: Iterable[int], caller: Caller
) -> dict[int, list[Shape]]:
    """The contacts of each of the managers, in one query; see above."""
    found: dict[int, list[Shape]] = {manager_id: [] for manager_id in manager_ids}
    statement, values = _for_caller(_OF_MANAGERS, {"managers": list(found)}, caller)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY {_LATEST_FIRST}", values)
        rows = cursor.fetchall()
    for shape, row in zip(_shapes(rows), rows, strict=True):
        found[row[-1]].append(shape)
    return found


def contacts_of_area(area_id: int, caller: Caller) -> list[Shape]:
    """The contacts in that area, latest first."""
    return _list(_OF_AREA, {"area": area_id}, caller)


def contacts_of_operator_or_area(
    operator_id: int, area_id: int, caller: Caller
) -> list[Shape]:
    """Those of the operator or in that area of his manager, each once."""
    values = {"operator": operator_id, "area": area_id}
    return _list(_OF_OPERATOR_OR_AREA, values, caller)


def unassigned_contacts_or_of_area(
    manager_id: int, area_id: int, caller: Caller
) -> list[Shape]:
    """Those of the manager that nobody answers or that are in that area."""
    values = {"manager": manager_id, "area": area_id}
    return _list(_UNASSIGNED_OR_OF_AREA, values, caller)


def _list(statement: str, values: dict[str, Any], caller: Caller) -> list[Shape]:
    statement, values = _for_caller(statement, values, caller)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY {_LATEST_FIRST}", values)
        return _shapes(cursor.fetchall())


def _for_caller(
    statement: str, values: dict[str, Any], caller: Caller
) -> tuple[str, dict[str, Any]]:
    if caller.role != "operator":
        return statement, values
    seen = {"seen_areas": list(caller.areas), "seen_by": caller.operator}
    return statement + _SEEN, values | seen


def _shapes(rows: list[tuple[Any, ...]]) -> list[Shape]:
    """Rows that begin with _COLUMNS, in the contract's shape and spelling."""
    # One flat comprehension, and `models.public_id` written out: a function call a
    # row is a third of the time that 10,000 contacts take here.
    return [
        {
            "id": int(external_id)
            if channel == "whatsapp" and external_id.isdigit()
            else external_id,
            "name": name,
            "photo": photo,
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
            *_,
        ) in rows
    ]
