"""The hot reads of contacts: static statements, rows to plain dicts, no ORM.

An area or an operator needs no manager beside it: either has one, to which its
contacts are held, and a second condition would draw the planner to all contacts of
the manager.
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
from managers.queries import MANAGER_COLUMNS, manager_shape

Shape = dict[str, Any]

# A time as answers show it, from a `timestamptz`. In SQL, because loading the value
# into Python first costs more than the whole rest of a row.
AS_TIME = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

_COLUMNS = f"""c.channel, c.external_id, c.name, c.photo, coalesce(a.code, ''),
       coalesce(c.operator_id, 0)::text, c.protocol, c.sa, c.unread,
       {AS_TIME.format("c.last_message_at")}, c.phone"""
_FROM = "FROM contacts_contact c LEFT JOIN areas_area a ON a.id = c.area_id"
_LATEST_FIRST = "c.last_message_at DESC NULLS LAST, c.id DESC"

# What exists for an operator: `ContactQuerySet.visible_to` in SQL.
_VISIBLE = """
   AND (c.area_id = ANY(%(seen_areas)s::bigint[]) OR c.operator_id = %(seen_by)s
        OR (c.area_id IS NULL AND c.operator_id IS NULL))"""

# Any one contact, as a call answers it that has just changed it.
_OF_ID = f"SELECT {_COLUMNS} {_FROM} WHERE c.id = %(contact)s"

# What a call names and the contacts that it answers: a line of JSON for the first, in the
# place of a name and without a channel, and after it the contacts. In one statement,
# because a round trip more is a fifth of the shortest of these calls.
_NAMED_AND_CONTACTS = f"""
WITH named AS MATERIALIZED ({{named}})
SELECT NULL, NULL, to_json(named)::text, {", ".join(["NULL"] * 8)} FROM named
UNION ALL
(SELECT {_COLUMNS} {_FROM}
  WHERE c.deleted_at IS NULL AND {{which}} ORDER BY {_LATEST_FIRST})
"""  # noqa: S608 - of columns
# What the caller reaches of a `managers_manager m`; NULL stands for all.
REACHED = "(%(managers)s::bigint[] IS NULL OR m.id = ANY(%(managers)s::bigint[]))"

# POST user/, user/facebook and user/contact/get.
OF_MANAGER = "c.manager_id = (SELECT id FROM named)"
_MANAGER = f"SELECT {MANAGER_COLUMNS} FROM managers_manager m WHERE {REACHED} AND "  # noqa: S608 - of columns
# POST user/contact/area.
OF_AREA = "c.area_id = (SELECT area FROM named)"
# POST user/contact/operator: the two partial indexes, OR'ed.
_OF_OPERATOR = "c.operator_id = (SELECT operator FROM named)"
OF_OPERATOR_OR_AREA = f"({_OF_OPERATOR} OR {OF_AREA})"
# The same for operatorId 0: nobody's, or in that area.
UNASSIGNED_OR_OF_AREA = f"{OF_MANAGER} AND (c.operator_id IS NULL OR {OF_AREA})"

# GET user/: those of many managers, each beside its manager.
_OF_MANAGERS = f"""
SELECT {_COLUMNS}, c.manager_id {_FROM}
 WHERE c.manager_id = ANY(%(managers)s::bigint[]) AND c.deleted_at IS NULL"""


class ContactsOf(DeferredValue, kind="contacts_of"):
    """A manager's contacts in the answer of a call that wrote the manager.

    A stored answer keeps the manager alone, and gives the contacts of that moment
    that exist for whoever asks.
    """

    def __init__(self, manager: int, shapes: list[Shape] | None = None) -> None:
        self.manager = manager
        self.shapes = shapes

    def resolve(self, asker: ResponseContext) -> list[Shape]:
        if self.shapes is not None:
            return self.shapes
        if asker.caller is None:
            return []
        return contacts_of_managers([self.manager], asker.caller)[self.manager]

    def serialize(self) -> dict[str, Any]:
        return {"manager": self.manager}

    @classmethod
    def restore_from(cls, **kept: Any) -> ContactsOf:
        return cls(kept["manager"])


def contact_shape(contact_id: int) -> Shape:
    """One contact as answers show it, whether or not it is deleted."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_ID, {"contact": contact_id})
        return _shapes(cursor.fetchall())[0]


def manager_with_contacts(caller: Caller, names: ManagerRef) -> Shape:
    """The manager that bears the names, with its contacts that exist for the caller.

    Raises ManagerNotFoundError.
    """
    return _manager_with_contacts(caller, manager_match(names), {**names})


def manager_of_id_with_contacts(caller: Caller, manager_id: int) -> Shape:
    """The same of the manager's row, for a call that has just written it."""
    return _manager_with_contacts(caller, "m.id = %(manager)s", {"manager": manager_id})


def _manager_with_contacts(
    caller: Caller, is_meant: str, values: dict[str, Any]
) -> Shape:
    named = _MANAGER + is_meant
    manager, contacts = named_and_contacts(caller, named, OF_MANAGER, values)
    return {**manager_shape(list(manager.values())), "contacts": contacts}


def contacts_of_managers(
    manager_ids: Iterable[int], caller: Caller
) -> dict[int, list[Shape]]:
    """The contacts of each of the managers, in one query; see above."""
    found: dict[int, list[Shape]] = {manager_id: [] for manager_id in manager_ids}
    statement, values = _for_caller(_OF_MANAGERS, {"managers": list(found)}, caller)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} ORDER BY {_LATEST_FIRST}", values)
        rows = cursor.fetchall()
    for shape, row in zip(_shapes([row[:-1] for row in rows]), rows, strict=True):
        found[row[-1]].append(shape)
    return found


def named_and_contacts(
    caller: Caller, named: str, which: str, values: dict[str, Any]
) -> tuple[dict[str, Any], list[Shape]]:
    """The columns of the one row that `named` selects, and which contacts go with it.

    `named` selects from a `managers_manager m` that the caller must reach (REACHED),
    its `id` first; `which` is one of the conditions above. The contacts exist for the
    caller and are in the order of answers. Raises ManagerNotFoundError.
    """
    which, values = _for_caller(which, values, caller)
    reached = None if caller.managers is None else list(caller.managers)
    with connection.cursor() as cursor:
        statement = _NAMED_AND_CONTACTS.format(named=named, which=which)
        cursor.execute(statement, values | {"managers": reached})
        rows = cursor.fetchall()
    if not rows or rows[0][0] is not None:
        raise ManagerNotFoundError
    found = orjson.loads(rows[0][2])
    record_subject(found["id"])
    return found, _shapes(rows[1:])


def _for_caller(
    statement: str, values: dict[str, Any], caller: Caller
) -> tuple[str, dict[str, Any]]:
    if caller.role != "operator":
        return statement, values
    seen = {"seen_areas": list(caller.areas), "seen_by": caller.operator}
    return statement + _VISIBLE, values | seen


def _shapes(rows: list[tuple[Any, ...]]) -> list[Shape]:
    """Rows of _COLUMNS in the contract's shape and spelling."""
    # One flat comprehension, and `models.public_id` written out: a function call a
    # row is a third of the time that 10,000 contacts take here.
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
    # Few have a phone beside their id.
    for shape, row in zip(shapes, rows, strict=True):
        if row[-1] is not None:
            shape["phone"] = row[-1]
    return shapes
