"""Undoes a change that reassigned contacts, within a few minutes.

`Rehoming.before` contains: "contacts", each [id, area, operator, queued_at] before the
change with [area, operator] after it; "operators" and "users" that were active;
"memberships", each [operator, area], that were removed; "added", those that were added;
"put_away", an `areas.retiring.PutAway`; "quiet", moved contacts with neither chat nor
operator; "replies" that were moved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from areas.models import Operator, OperatorArea
from areas.retiring import PutAway, bring_back, lock_areas
from chats.conversations.audit import Actor, Entry, record_in_open_chats
from chats.conversations.rehoming import Affected, lock_operators
from chats.models import ChatEvent, Rehoming, Reply
from hci_center.errors import TooLateError

# How long a change can be undone, and how long its data is kept.
UNDO_FOR = timedelta(minutes=10)
KEPT_FOR = timedelta(days=1)

# The kinds of lines about the operator and area of a chat.
_STATE_KINDS = [
    ChatEvent.Kind.OPENED,
    ChatEvent.Kind.REOPENED,
    ChatEvent.Kind.ENTERED_AREA,
    ChatEvent.Kind.CLAIMED,
    ChatEvent.Kind.ASSIGNED,
    ChatEvent.Kind.TRANSFERRED,
    ChatEvent.Kind.RELEASED,
    ChatEvent.Kind.CLOSED,
]
_NOW = """
SELECT c.id, c.area_id, c.operator_id FROM contacts_contact c
 WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id
"""
# Contacts that are unchanged and without new ledger lines since the change, and whose
# previous operator and area are still in use.
_UNTOUCHED = """
SELECT c.id FROM contacts_contact c
  JOIN jsonb_to_recordset(%(was)s::jsonb)
    AS w (id bigint, area_now bigint, operator_now bigint) ON w.id = c.id
 WHERE c.deleted_at IS NULL
   AND (c.area_id, c.operator_id) IS NOT DISTINCT FROM (w.area_now, w.operator_now)
   AND NOT EXISTS (
     SELECT FROM chats_chat h JOIN chats_chatevent e ON e.chat_id = h.id
      WHERE h.contact_id = c.id AND e.id > %(line)s AND e.kind = ANY(%(kinds)s::text[]))
 ORDER BY c.id FOR NO KEY UPDATE OF c
"""
_PUT_BACK = """
UPDATE contacts_contact c
   SET area_id = w.area, operator_id = o.id,
       queued_at = CASE WHEN o.id IS NULL THEN w.queued_at ELSE c.queued_at END
  FROM jsonb_to_recordset(%(was)s::jsonb)
    AS w (id bigint, area bigint, operator bigint, queued_at timestamptz)
  LEFT JOIN areas_operator o ON o.id = w.operator AND o.is_active
 WHERE c.id = w.id AND c.id = ANY(%(contacts)s::bigint[])
RETURNING c.id, c.operator_id
"""
# Contacts that are still in the successor and unchanged since.
_PUT_BACK_QUIET = """
UPDATE contacts_contact c SET area_id = a.id
  FROM areas_area a
 WHERE a.id = %(area)s AND c.id = ANY(%(contacts)s::bigint[])
   AND c.operator_id IS NULL AND c.area_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM chats_chat h
                    WHERE h.contact_id = c.id AND h.closed_at IS NULL)
"""


def remember(
    kind: str,
    affected: Sequence[Affected],
    *,
    manager_id: int,
    actor: Actor,
    lines: Iterable[int],
    **more: Any,
) -> Rehoming:
    """Stores the previous state of contacts, in the transaction that moves them."""
    with connection.cursor() as cursor:
        cursor.execute(_NOW, [[each.contact_id for each in affected]])
        now = {contact: rest for contact, *rest in cursor.fetchall()}
    contacts = [
        {
            "id": each.contact_id,
            "area": each.area_id,
            "operator": each.operator_id,
            "queued_at": each.queued_at and each.queued_at.isoformat(),
            "area_now": now[each.contact_id][0],
            "operator_now": now[each.contact_id][1],
        }
        for each in affected
        if now[each.contact_id] != [each.area_id, each.operator_id]
    ]
    return Rehoming.objects.create(
        manager_id=manager_id,
        kind=kind,
        made_by=actor.credential,
        before={"contacts": contacts, **more},
        last_line=max(lines, default=0) or _newest_line(),
    )


def is_undoable(change: Rehoming) -> bool:
    """Returns whether it can still be undone."""
    return change.undone_at is None and change.at > timezone.now() - UNDO_FOR


def contacts_to_restore(change: Rehoming) -> list[int]:
    """Locks and returns the ids of the contacts that would be restored now."""
    values: dict[str, Any] = {
        "was": json.dumps(change.before["contacts"]),
        "line": change.last_line,
        "kinds": _STATE_KINDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNTOUCHED, values)
        return [contact_id for (contact_id,) in cursor.fetchall()]


@transaction.atomic
def undo(change: Rehoming, *, actor: Actor) -> int:
    """Restores contacts without newer ledger lines; returns their number.

    Raises TooLateError.
    """
    change = Rehoming.objects.select_for_update().get(pk=change.pk)
    if not is_undoable(change):
        raise TooLateError(_("It can no longer be undone."))
    before = change.before
    if "put_away" in before:
        lock_areas(before["put_away"]["area"])
    lock_operators(
        [
            *before.get("operators", []),
            *filter(None, (each["operator"] for each in before["contacts"])),
        ]
    )
    _restore_people(change)
    if "put_away" in before:
        _restore_area(change, actor)
    contacts = _restore_contacts(change, actor)
    change.undone_at = timezone.now()
    change.save(update_fields=["undone_at"])
    return contacts


def forget_old() -> None:
    """Deletes changes that can no longer be undone."""
    Rehoming.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()


def _restore_people(change: Rehoming) -> None:
    before = change.before
    User.objects.filter(pk__in=before.get("users", [])).update(is_active=True)
    Operator.objects.filter(pk__in=before.get("operators", []), is_active=False).update(
        is_active=True
    )
    OperatorArea.objects.bulk_create(
        [
            OperatorArea(
                manager_id=change.manager_id, operator_id=operator_id, area_id=area_id
            )
            for operator_id, area_id in before.get("memberships", [])
        ],
        ignore_conflicts=True,
    )
    for operator_id, area_id in before.get("added", []):
        OperatorArea.objects.filter(operator=operator_id, area=area_id).delete()


def _restore_area(change: Rehoming, actor: Actor) -> None:
    done = PutAway(**change.before["put_away"])
    bring_back(done, made_by=actor.credential)
    replies = Reply.objects.filter(pk__in=change.before["replies"])
    taken = Reply.objects.filter(area=done.area).values("shortcut")
    replies.exclude(shortcut__in=taken).update(area=done.area)
    with connection.cursor() as cursor:
        cursor.execute(
            _PUT_BACK_QUIET, {"area": done.area, "contacts": change.before["quiet"]}
        )


def _restore_contacts(change: Rehoming, actor: Actor) -> int:
    ids = contacts_to_restore(change)
    was = {each["id"]: each for each in change.before["contacts"]}
    values: dict[str, Any] = {
        "was": json.dumps(change.before["contacts"]),
        "contacts": ids,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PUT_BACK, values)
        holders: dict[int, int | None] = dict(cursor.fetchall())
    groups: dict[tuple[Entry, ...], list[int]] = {}
    for contact_id in ids:
        entries = _entries(was[contact_id], holders[contact_id])
        groups.setdefault(entries, []).append(contact_id)
    for entries, contact_ids in groups.items():
        record_in_open_chats(contact_ids, entries, actor=actor)
    return len(ids)


def _entries(was: dict[str, Any], holder: int | None) -> tuple[Entry, ...]:
    """Returns the ledger lines of a contact whose area and operator are restored."""
    cause = ChatEvent.Cause.REHOME
    entries = []
    if was["area"] != was["area_now"]:
        entries.append(Entry(ChatEvent.Kind.ENTERED_AREA, cause))
    if holder is not None and holder != was["operator_now"]:
        entries.append(Entry(ChatEvent.Kind.TRANSFERRED, cause))
    elif holder is None and was["operator_now"] is not None:
        entries.append(Entry(ChatEvent.Kind.RELEASED, cause))
    return tuple(entries)


def _newest_line() -> int:
    newest = ChatEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0
