"""Every column of a captured table is listed as sent or as never sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

CAPTURED = {
    "managers_manager",
    "areas_area",
    "areas_operator",
    "areas_operatorarea",
    "contacts_contact",
    "chats_chat",
    "chats_message",
    # Sent to clients that request them, or shown by the lines that these get.
    "contacts_tag",
    "contacts_tagging",
    "chats_menustate",
    "chats_clock",
    "chats_note",
    "chats_survey",
    "chats_scheduled",
    # Their rows are not events, but determine permissions.
    "managers_supervision",
    "managers_apikey",
    "managers_apikey_managers",
    "auth_user",
}

# For each captured table: the columns that events show or depend on, with the members
# of a contact or message that they determine, and the other columns with the reason.
# `test_every_column` and `tests/contract/test_answers_agree.py` check that REST agrees.
DEPENDS: tuple[str, ...] = ()
IN_LINE = "in no row of a contact, but in its line"
RULES = "for the rules of waiting and distribution: no client reads it"
COLUMNS: dict[str, tuple[Any, dict[str, str]]] = {
    "managers_manager": (
        {"id", "name", "email", "number", "controller_port", "facebook_id"},
        {
            "facebook_token": "a secret",
            "gateway": "an administrator's setting",
            "gateway_settings": "holds secrets",
            "time_zone": "an administrator's setting",
            "is_demo": "an administrator's setting",
            "created_at": "no call answers it",
            "has_automation": RULES,
            "schedule_id": RULES,
            "uf": RULES,
        },
    ),
    "areas_area": (
        {"id", "manager_id", "code", "name", "retired_at"},
        {
            "needs_review": "for the back-office",
            "created_at": "no call answers it",
            "schedule_id": RULES,
            "successor_id": "whoever names the area acts on its successor",
        },
    ),
    "areas_operator": (
        {"id", "manager_id", "user_id", "name", "email", "is_active"},
        {"created_at": "no call answers it", "cap": RULES},
    ),
    "areas_operatorarea": (
        {"manager_id", "operator_id", "area_id"},
        {"id": "the pair says it"},
    ),
    "contacts_contact": (
        {
            "id": DEPENDS,
            "manager_id": DEPENDS,
            "channel": ("channel",),
            "external_id": ("id",),
            "name": ("name",),
            "photo": ("photo",),
            "area_id": ("area",),
            "operator_id": ("operatorId",),
            "protocol": ("protocol",),
            "sa": ("sa",),
            "unread": ("unread",),
            "last_message_at": ("lastMessageAt",),
            "deleted_at": DEPENDS,
            "phone": ("phone",),
        },
        {
            "created_at": "no call answers it",
            "waiting_since": IN_LINE,
            "queued_at": IN_LINE,
            "last_in_at": IN_LINE,
            "away_until": RULES,
        },
    ),
    "chats_chat": (
        {"id", "manager_id", "contact_id", "protocol", "closed_at"},
        {
            "opened_at": IN_LINE,
            "reason": RULES,
            "last_operator_id": RULES,
            "seen_message_id": RULES,
        },
    ),
    "chats_message": (
        {
            "id": DEPENDS,
            "uuid": ("id",),
            "manager_id": DEPENDS,
            "contact_id": DEPENDS,
            "chat_id": DEPENDS,
            "direction": ("direction",),
            "type": ("type",),
            "content": ("content",),
            "url": ("url",),
            "sender": ("from",),
            "status": ("status",),
            "error": ("error",),
            "created_at": ("createdAt",),
            "auto": ("auto",),
            "details": (
                "caption",
                "fileName",
                "replyTo",
                "reactions",
                "origin",
                "edited",
                "deleted",
            ),
        },
        {
            "gateway_id": "the gateway's, which callers already have",
            "stored_at": "for measuring; `createdAt` is the time of the message",
        },
    ),
    "contacts_tag": (
        {"id", "code"},
        {
            "manager_id": "that of its contacts",
            "name": "lines show the code",
            "colour": "lines show the code",
            "is_active": "a contact keeps a tag that is put away",
        },
    ),
    "contacts_tagging": ({"manager_id", "contact_id", "tag_id"}, {"id": "as above"}),
    "chats_menustate": (
        {"chat_id"},
        dict.fromkeys(
            (
                *("menu_id", "step", "path", "tries", "asked_message_id"),
                *("asked_at", "reminded", "sa"),
            ),
            "lines show that a chat is in the menu, not where",
        ),
    ),
    "chats_clock": (
        {"chat_id", "kind", "risk_at", "due_at", "met_at", "void_at"},
        {
            "id": "a chat has one of a kind",
            "area_id": RULES,
            "schedule_id": RULES,
            "target": RULES,
            "started_at": RULES,
            # It is captured all the same: the clock's state changes with it.
            "notified": RULES,
        },
    ),
    "chats_note": (
        {
            "id": ("id",),
            "chat_id": ("protocol", "contactId"),
            "author_id": ("operatorId", "author"),
            "actor": ("author",),
            "text": ("text",),
            "mentions": ("mentions",),
            "created_at": ("createdAt",),
        },
        {},
    ),
    "chats_survey": (
        {
            "chat_id": ("protocol", "contactId"),
            "operator_id": ("operatorId",),
            "area_id": ("area",),
            "state": ("state",),
            "asked_at": ("askedAt",),
            "rating": ("rating",),
            "comment": ("comment",),
            "answered_at": ("answeredAt",),
        },
        {
            "id": "a chat has one",
            "contact_id": "that of its chat",
            "comment_until": RULES,
        },
    ),
    "chats_scheduled": (
        {
            "id": ("id",),
            "manager_id": DEPENDS,
            "contact_id": ("contactId",),
            "operator_id": ("operatorId",),
            "text": ("text",),
            "template": ("name", "language", "parameters"),
            "send_at": ("sendAt",),
            "state": ("state",),
            "error": ("error",),
        },
        {"created_at": "no call answers it"},
    ),
}


@pytest.mark.parametrize("table", sorted(CAPTURED))
def test_every_broadcast_table_has_its_triggers(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass"
            " AND tgname LIKE 'change_heard_%%' AND tgenabled = 'O'",
            [table],
        )
        names = {name for (name,) in cursor.fetchall()}
    assert names == {f"change_heard_{event}" for event in "iudt"}


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_every_column_is_listed(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        columns = {
            c.name
            for c in connection.introspection.get_table_description(cursor, table)
        }
    shown, hidden = COLUMNS[table]
    assert columns == {*shown, *hidden}
    assert len(columns) == len(shown) + len(hidden)


def test_old_and_new_rows_are_not_joined_by_nested_loops(db: None) -> None:
    """Such a loop is quadratic in the rows of a statement.

    A database session caches the plan of its first statement, made for one row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, coalesce('enable_nestloop=off' = ANY (proconfig), false)"
            "  FROM pg_proc WHERE prosrc LIKE '%old_rows o JOIN new_rows n%'"
            "   AND prosrc NOT LIKE '%EXECUTE%'"  # which plans again
        )
        joining = dict(cursor.fetchall())
    assert "change_of_message" in joining
    assert all(joining.values()), joining
