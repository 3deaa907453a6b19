"""Retires an area: its successor gets its contacts and quick replies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from areas.models import Area, ClosingReason, Holiday, Operator, OperatorArea, Policy
from areas.retiring import lock_areas, put_away, refuse_in_menu, serve_successor
from chats.conversations.audit import Actor
from chats.conversations.rehoming import (
    Affected,
    Home,
    lock_of_area,
    lock_operators,
    rehome,
)
from chats.conversations.undoing import remember
from chats.models import ChatEvent, Rehoming, Reply

# Contacts without an open chat or operator: not recorded in the ledger. Includes
# deleted ones, which are restored when they write.
_MOVE_QUIET = """
UPDATE contacts_contact c SET area_id = %(successor)s
 WHERE c.area_id = %(area)s
RETURNING c.id
"""


@dataclass(frozen=True, slots=True)
class Retiring:
    """An area with everything affected by retiring it."""

    area: Area
    # Contacts with an open chat or an operator.
    active: list[Affected]
    contacts: int
    operators: list[int]
    # Operators who serve no other area.
    only_here: list[str]
    has_rules: bool
    holidays: int
    closing_reasons: int
    replies: int


def look(area_id: int, successor_id: int | None = None) -> Retiring:
    """Locks and returns everything affected by retiring the area.

    Raises InvalidError if the menu in force refers to it.
    """
    lock_areas(area_id, *([] if successor_id is None else [successor_id]))
    area = Area.objects.get(pk=area_id)
    refuse_in_menu(area)
    serving = Operator.objects.active().filter(areas=area)
    operators = sorted(serving.values_list("pk", flat=True))
    lock_operators(operators)
    elsewhere = OperatorArea.objects.filter(operator=OuterRef("pk")).exclude(area=area)
    only_here = serving.filter(~Exists(elsewhere)).order_by("name")
    return Retiring(
        area,
        lock_of_area(area_id),
        area.contacts.present().count(),
        operators,
        list(only_here.values_list("name", flat=True)),
        Policy.objects.filter(area=area).exists(),
        Holiday.objects.filter(area=area).count(),
        ClosingReason.objects.filter(area=area).count(),
        Reply.objects.filter(area=area).count(),
    )


def retire(
    found: Retiring, successor: Area, *, serve_too: bool, actor: Actor
) -> Rehoming:
    """Retires the area: its successor gets its contacts, replies and codes.

    With `serve_too` its operators also serve the successor and keep their contacts.
    Raises InvalidError like `areas.retiring.put_away`.
    """
    area = found.area
    added = serve_successor(area, successor) if serve_too else []
    lines = rehome(
        found.active,
        Home(area_id=successor.pk),
        actor=actor,
        left=ChatEvent.Cause.AREA,
    )
    quiet = _move_quiet(area.pk, successor.pk)
    done = put_away(area, successor, made_by=actor.credential)
    done.added = added
    return remember(
        Rehoming.Kind.AREA_RETIRED,
        found.active,
        manager_id=area.manager_id,
        actor=actor,
        lines=lines,
        memberships=done.memberships,
        added=added,
        put_away=done.as_dict(),
        quiet=quiet,
        replies=_move_replies(area, successor),
    )


def _move_quiet(area_id: int, successor_id: int) -> list[int]:
    values: dict[str, Any] = {"area": area_id, "successor": successor_id}
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_QUIET, values)
        return [contact_id for (contact_id,) in cursor.fetchall()]


def _move_replies(area: Area, successor: Area) -> list[int]:
    """Moves quick replies unless the successor has their shortcut; returns the ids."""
    taken = Reply.objects.filter(area=successor, operator=None).values("shortcut")
    moving = Reply.objects.filter(area=area).exclude(shortcut__in=taken)
    ids = list(moving.values_list("pk", flat=True))
    Reply.objects.filter(pk__in=ids).update(area=successor)
    return ids
