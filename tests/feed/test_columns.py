"""Every column of a captured table is listed as sent or as never sent."""

from __future__ import annotations

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
    # Their rows are no events, but decide who may see what.
    "managers_supervision",
    "managers_apikey",
    "managers_apikey_managers",
    "auth_user",
}

# Of each captured table: the columns that events show or depend on, and the others.
COLUMNS = {
    "managers_manager": (
        {"id", "name", "email", "number", "controller_port", "facebook_id"},
        {
            "facebook_token",
            "gateway",
            "gateway_settings",
            "time_zone",
            "is_demo",
            "created_at",
            "has_automation",
            "schedule_id",
            "uf",
        },
    ),
    "areas_area": (
        {"id", "manager_id", "code", "name"},
        {"needs_review", "created_at", "schedule_id"},
    ),
    "areas_operator": (
        {"id", "manager_id", "user_id", "name", "email", "is_active"},
        {"created_at", "cap"},
    ),
    "areas_operatorarea": ({"manager_id", "operator_id", "area_id"}, {"id"}),
    "contacts_contact": (
        {
            "id",
            "manager_id",
            "channel",
            "external_id",
            "name",
            "photo",
            "area_id",
            "operator_id",
            "protocol",
            "sa",
            "unread",
            "last_message_at",
            "deleted_at",
            "phone",
        },
        {"created_at", "waiting_since", "queued_at", "last_in_at", "away_until"},
    ),
    "chats_chat": (
        {"id", "manager_id", "contact_id", "protocol", "closed_at"},
        {"opened_at", "reason", "last_operator_id"},
    ),
    "chats_message": (
        {
            "id",
            "uuid",
            "manager_id",
            "contact_id",
            "chat_id",
            "direction",
            "type",
            "content",
            "url",
            "sender",
            "status",
            "error",
            "created_at",
            "details",
        },
        {"gateway_id", "stored_at", "auto"},
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
def test_somebody_decided_about_every_column(db: None, table: str) -> None:
    with connection.cursor() as cursor:
        columns = {
            c.name
            for c in connection.introspection.get_table_description(cursor, table)
        }
    shown, hidden = COLUMNS[table]
    assert columns == shown | hidden


def test_old_and_new_are_not_joined_by_a_loop_in_a_loop(db: None) -> None:
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
