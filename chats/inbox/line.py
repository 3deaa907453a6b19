"""A line of the list of chats: its columns, and their form in responses."""

from __future__ import annotations

from typing import Any

from chats.conversations.message_rows import MESSAGE_COLUMNS, Shape, message_shape
from contacts.models import public_id
from contacts.queries import AS_TIME, CONTACT_COLUMNS, contact_shapes

_CONTACT_WIDTH = 11
_MESSAGE_WIDTH = 10

# A chat has exactly one state. The menu's row may remain for a moment after a claim: a
# contact with an operator is not in the menu any more.
STATE = """CASE WHEN h.closed_at IS NOT NULL THEN 'closed'
            WHEN c.operator_id IS NULL THEN
              CASE WHEN EXISTS (SELECT FROM chats_menustate s WHERE s.chat_id = h.id)
                   THEN 'menu' ELSE 'waiting' END
            WHEN c.waiting_since IS NOT NULL THEN 'serving'
            ELSE 'answered' END"""
# A chat that never moved has been in its queue since it was opened.
QUEUED_AT = "coalesce(c.queued_at, h.opened_at)"
# After this only templates, or on Messenger answers tagged as a person's, can be sent.
WINDOW = "interval '24 hours'"

# `page` selects the chats: id, and `place` to order them. Everything is read in one
# statement, so that no line shows what the caller can no longer see. The state of a
# clock is computed here, because no row changes at its due time.
LINES = f"""
SELECT page.place, h.id, page.extra, g.number, g.facebook_id, h.protocol,
       h.closed_at IS NULL, {AS_TIME.format("h.opened_at")},
       {AS_TIME.format("h.closed_at")}, {STATE},
       CASE WHEN h.closed_at IS NULL THEN {AS_TIME.format(QUEUED_AT)} END,
       CASE WHEN h.closed_at IS NULL THEN {AS_TIME.format("c.waiting_since")} END,
       CASE WHEN c.channel = 'facebook' OR g.gateway = 'whatsapp_cloud'
            THEN {AS_TIME.format(f"(c.last_in_at + {WINDOW})")} END,
       ARRAY(SELECT t.code FROM contacts_tagging x
               JOIN contacts_tag t ON t.id = x.tag_id
              WHERE x.contact_id = c.id ORDER BY t.id),
       k.kind,
       CASE WHEN k.due_at IS NULL THEN 'paused'
            WHEN statement_timestamp() >= k.due_at THEN 'breached'
            WHEN statement_timestamp() >= k.risk_at THEN 'risk' ELSE 'ok' END,
       {AS_TIME.format("k.risk_at")}, {AS_TIME.format("k.due_at")},
       {CONTACT_COLUMNS}, last.*
  FROM ({{page}}) page
  JOIN chats_chat h ON h.id = page.id
  JOIN contacts_contact c ON c.id = h.contact_id
  JOIN managers_manager g ON g.id = h.manager_id
  LEFT JOIN areas_area a ON a.id = c.area_id
  LEFT JOIN LATERAL (
    SELECT r.kind, r.risk_at, r.due_at FROM chats_clock r
     WHERE r.chat_id = h.id AND r.met_at IS NULL AND r.void_at IS NULL
       AND h.closed_at IS NULL
     ORDER BY r.due_at NULLS LAST, r.id LIMIT 1) k ON true
  LEFT JOIN LATERAL (
    SELECT {MESSAGE_COLUMNS} FROM chats_message m
     WHERE m.chat_id = h.id ORDER BY m.chat_id DESC, m.id DESC LIMIT 1) last ON true
 ORDER BY page.place
"""  # noqa: S608 - of columns


def line_shapes(rows: list[Any]) -> list[Shape]:
    """Returns rows of LINES in the API's format, in order."""
    width = _CONTACT_WIDTH + _MESSAGE_WIDTH
    contacts = contact_shapes([row[-width:-_MESSAGE_WIDTH] for row in rows])
    return [
        _line(row[:-width], contact, row[-_MESSAGE_WIDTH:], row[-width : -width + 2])
        for row, contact in zip(rows, contacts, strict=True)
    ]


def _line(row: Any, contact: Shape, message: Any, names: Any) -> Shape:
    (_, _, _, number, page, protocol, is_open, opened_at, closed_at, state) = row[:10]
    queued_at, waiting_since, window_ends_at, tags, *clock = row[10:]
    kind, clock_state, risk_at, due_at = clock
    return {
        "m": page if number is None else number,
        "contact": contact,
        "protocol": protocol,
        "open": is_open,
        "openedAt": opened_at,
        "closedAt": closed_at,
        "state": state,
        "queuedAt": queued_at,
        "waitingSince": waiting_since,
        "windowEndsAt": window_ends_at,
        "last": None
        if message[0] is None
        else message_shape(message, public_id(*names)),
        "tags": tags,
        "clock": None
        if kind is None
        else {
            "kind": kind,
            "state": clock_state,
            "riskAt": risk_at,
            "dueAt": due_at,
        },
    }
