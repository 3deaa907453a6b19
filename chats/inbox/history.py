"""The history of a contact: its chats and their ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.db import connection

from chats.conversations.message_rows import Shape
from chats.conversations.reading import ReadRequest, find_conversation
from chats.inbox.event_text import EventFacts, event_text
from chats.inbox.names import names_of_credentials, reason_names
from contacts.queries import AS_TIME
from hci_center.callers import Caller
from hci_center.errors import ChatNotFoundError
from hci_center.times import as_time
from managers.models import Manager

# A closed chat's area and operator are those of its last closing.
_SESSIONS = f"""
SELECT h.protocol, {AS_TIME.format("h.opened_at")}, {AS_TIME.format("h.closed_at")},
       coalesce(a.code, ''),
       coalesce(CASE WHEN h.closed_at IS NULL THEN c.operator_id
                     ELSE h.last_operator_id END, 0)::text,
       coalesce(e.cause, ''), h.reason, s.rating
  FROM chats_chat h
  JOIN contacts_contact c ON c.id = h.contact_id
  LEFT JOIN LATERAL (
    SELECT x.area_id, x.cause FROM chats_chatevent x
     WHERE x.chat_id = h.id AND x.kind = 'closed' AND h.closed_at IS NOT NULL
     ORDER BY x.id DESC LIMIT 1) e ON true
  LEFT JOIN areas_area a
    ON a.id = CASE WHEN h.closed_at IS NULL THEN c.area_id ELSE e.area_id END
  LEFT JOIN chats_survey s ON s.chat_id = h.id
 WHERE h.contact_id = %(contact)s
   AND (%(protocol)s::text IS NULL OR h.protocol = %(protocol)s)
 ORDER BY h.id
"""  # noqa: S608 - of columns
_EVENTS = """
SELECT e.id, e.at, e.kind, h.protocol, coalesce(a.code, ''), coalesce(a.name, ''),
       coalesce(e.operator_id, 0)::text, coalesce(o.name, ''), e.actor,
       coalesce(by.name, ''), e.cause, e.detail::text, h.reason
  FROM chats_chatevent e
  JOIN chats_chat h ON h.id = e.chat_id
  LEFT JOIN areas_area a ON a.id = e.area_id
  LEFT JOIN areas_operator o ON o.id = e.operator_id
  LEFT JOIN areas_operator by ON by.id = e.acting_operator_id
 WHERE e.chat_id = ANY(ARRAY(
         SELECT x.id FROM chats_chat x WHERE x.contact_id = %(contact)s
            AND (%(protocol)s::text IS NULL OR x.protocol = %(protocol)s)))
   AND e.id < %(before)s
 ORDER BY e.id DESC LIMIT %(limit)s
"""
_LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class HistoryWindow:
    """The chat of a protocol, or all chats, and the newest events before an event."""

    protocol: str | None = None
    before: int | None = None
    limit: int = 100


def list_history(caller: Caller, request: ReadRequest, window: HistoryWindow) -> Shape:
    """Returns the contact's chats and ledger, both oldest first.

    Raises the errors of `find_conversation`, and ChatNotFoundError for a protocol that
    is not the contact's.
    """
    contact = find_conversation(caller, request, closed_too=True).contact
    values: dict[str, Any] = {
        "contact": contact.pk,
        "protocol": window.protocol,
        "before": _LAST if window.before is None else window.before,
        "limit": window.limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SESSIONS, values)
        sessions = [_session(row) for row in cursor.fetchall()]
        if window.protocol is not None and not sessions:
            raise ChatNotFoundError
    return {"sessions": sessions, "events": _events(contact.manager_id, values)}


def events_of_chat(manager_id: int, contact_id: int, protocol: str) -> list[Shape]:
    """Returns the whole ledger of a chat, oldest first, as `list_history` does."""
    values = {
        "contact": contact_id,
        "protocol": protocol,
        "before": _LAST,
        "limit": None,
    }
    return _events(manager_id, values)


def _events(manager_id: int, values: dict[str, Any]) -> list[Shape]:
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, values)
        rows = [_event(row) for row in reversed(cursor.fetchall())]
    return _event_shapes(manager_id, rows)


def _session(row: Any) -> Shape:
    keys = (
        "protocol",
        "openedAt",
        "closedAt",
        "area",
        "operatorId",
        "cause",
        "reason",
        "rating",
    )
    return dict(zip(keys, row, strict=True))


@dataclass(frozen=True, slots=True)
class _Event:
    id: int
    at: datetime
    kind: str
    protocol: str
    area: str
    area_name: str
    operator_id: str
    operator: str
    actor: str
    acting: str
    cause: str
    detail: Any
    closing_reason: str

    @property
    def reason(self) -> str:
        """The code that was given for this event."""
        said = self.detail.get("reason") if isinstance(self.detail, dict) else None
        if said is None and self.kind == "closed":
            return self.closing_reason
        return str(said or "")


def _event(row: Any) -> _Event:
    event = _Event(*row)
    if event.detail is None:
        return event
    return replace(event, detail=orjson.loads(event.detail))


def _event_shapes(manager_id: int, events: Iterable[_Event]) -> list[Shape]:
    events = list(events)
    zone = ZoneInfo(Manager.objects.values_list("time_zone").get(pk=manager_id)[0])
    credentials = {event.actor for event in events if event.actor and not event.acting}
    people = names_of_credentials(credentials)
    reasons = reason_names(manager_id) if any(e.reason for e in events) else {}
    shapes = []
    for event in events:
        who = event.acting or people.get(event.actor, "")
        facts = EventFacts(
            kind=event.kind,
            cause=event.cause,
            who=who,
            operator=event.operator,
            area=event.area_name,
            reason=reasons.get(event.reason, event.reason),
            time=f"{event.at.astimezone(zone):%H:%M}",
            detail=event.detail if isinstance(event.detail, dict) else {},
        )
        shapes.append(
            {
                "id": event.id,
                "at": as_time(event.at),
                "kind": event.kind,
                "protocol": event.protocol,
                "area": event.area,
                "operatorId": event.operator_id,
                "by": who,
                "cause": event.cause,
                "text": event_text(facts),
                "detail": event.detail,
            }
        )
    return shapes
