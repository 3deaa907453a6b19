"""Changes of settings are audited, whoever makes them and in whatever way."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from areas.models import Area, Operator
from hci_center.audit.models import AuditLine
from managers.models import ApiKey, Manager
from tests.admin.conftest import sign_in_to_admin
from tests.builders import make_area, make_key
from tests.conftest import signed_in

pytestmark = pytest.mark.django_db

# Columns of audited tables that no person sets: counters, times of use, copies.
NOT_AUDITED = {
    "managers_manager": {"has_automation", "schedule_id", "created_at"},
    "managers_webhooksecret": {"created_at"},
    "managers_apikey": {"digest", "spent_until", "created_at", "last_used_at"},
    "auth_user": {"last_login", "date_joined"},
    "areas_area": {"schedule_id", "created_at"},
    "areas_operator": {"created_at"},
    "areas_operatorarea": {"manager_id"},  # its operator's
    "areas_schedule": {"holidays"},  # rows of areas_holiday
    "areas_plannedpolicy": {"made_at"},
    "areas_menu": {
        "body",
        "published_at",
    },  # kept there, because a version never changes
    "chats_reply": {"changed_at"},
    "feed_hook": {
        "cursor",
        "epoch",
        "failures",
        "failing_since",
        "error",
        "tried_at",
        "sent_at",
        "next_at",
        "alarmed_at",
        "lease_until",
        "fence",
        "created_at",
    },
}


def latest(**of: Any) -> AuditLine:
    return AuditLine.objects.filter(**of).order_by("-pk")[0]


def triggers() -> dict[str, str]:
    """Returns the definition of the trigger of each audited table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger"
            " WHERE tgname = 'audit_change'"
        )
        return dict(cursor.fetchall())


def test_changes_by_psql_are_audited(sales):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE areas_area SET name = 'Balcão', code = code WHERE id = %s",
            [sales.pk],
        )
        cursor.execute("SELECT current_user")
        [role] = cursor.fetchone()

    line = latest(kind="area")
    assert (line.act, line.target, line.manager_id) == (
        "change",
        str(sales.pk),
        sales.manager_id,
    )
    assert line.credential == f"database:{role}"
    assert (line.before, line.after) == ({"name": "Vendas"}, {"name": "Balcão"})


def test_changes_in_the_back_office_name_the_user(supervisor, sales):
    response = sign_in_to_admin(supervisor).post(
        f"/admin/areas/area/{sales.pk}/change/", {"name": "Balcão"}
    )

    assert response.status_code == 302
    line = latest(kind="area")
    assert line.credential == f"user:{supervisor.pk}"
    assert line.after == {"name": "Balcão"}
    assert line.request_id
    assert line.address == "127.0.0.1"


@pytest.mark.django_db(transaction=True)
def test_an_action_without_a_transaction_names_the_user(supervisor, ana):
    Operator.objects.filter(pk=ana.pk).update(is_active=False)

    sign_in_to_admin(supervisor).post(
        "/admin/areas/operator/", {"action": "activate", "_selected_action": [ana.pk]}
    )

    line = latest(kind="operator", act="change")
    assert line.credential == f"user:{supervisor.pk}"
    assert line.after == {"is_active": True}
    # The next transaction of the connection has another actor again.
    Area.objects.filter(code="vendas").update(name="Balcão")
    assert latest(kind="area").credential.startswith("database:")


def test_a_call_of_the_api_names_its_key(full_api):
    saved = full_api.post(
        "/api/user/save",
        {"name": "Mercado", "number": 5511400099999, "controllerPort": 8099},
    )

    assert saved.status_code == 200, saved.content
    line = latest(kind="manager")
    assert line.credential == f"key:{ApiKey.objects.get().pk}"
    assert (line.act, line.before) == ("add", None)
    assert line.after["name"] == "Mercado"
    assert line.manager_id == Manager.objects.get().pk


def test_an_area_created_by_a_call_names_its_key(api, manager):
    response = api.post(
        "/api/user/contact/save",
        {
            "number": manager.number,
            "contactNumber": "551133334444",
            "name": "M",
            "area": "brand-new",
        },
    )

    assert Area.objects.filter(code="brand-new").exists(), response.content
    assert latest(kind="area").credential == f"key:{ApiKey.objects.get().pk}"


def test_a_changed_secret_is_recorded_only_as_changed(manager):
    manager.facebook_token = "canary-token"
    manager.save(update_fields=["facebook_token"])
    first = latest(kind="manager")
    manager.facebook_token = ""
    manager.save(update_fields=["facebook_token"])
    second = latest(kind="manager")

    mark = first.after["facebook_token"]["mark"]
    assert len(mark) == 8
    assert int(mark, 16) >= 0
    assert first.before["facebook_token"]["mark"] != mark
    assert second.before == {"facebook_token": {"set": True, "mark": mark}}
    assert second.after == {"facebook_token": {"set": False}}
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(l::text, '') FROM audit_line l")
        [text] = cursor.fetchone()
    assert "canary" not in text
    assert "gAAAA" not in text  # how an encrypted value begins


def test_changing_a_password_is_recorded_as_its_own_action(ana):
    api = signed_in(ana.user)
    response = api.put(
        "/api/session/password",
        {"password": "secret-password", "newPassword": "another-secret-1"},
    )

    assert response.status_code == 200, response.content
    line = latest(kind="user")
    assert (line.act, line.target) == ("password", str(ana.user_id))
    assert line.credential == f"user:{ana.user_id}"
    assert line.manager_id == ana.manager_id
    assert set(line.after["password"]) == {"set", "mark"}


def test_columns_that_no_person_sets_are_not_audited(manager, ana):
    make_key(manager)
    before = AuditLine.objects.count()

    ApiKey.objects.update(last_used_at="2026-01-01T00:00Z")
    User.objects.update(last_login="2026-01-01T00:00Z")
    Manager.objects.update(has_automation=True)
    Area.objects.update(name="Vendas")  # as it is

    assert AuditLine.objects.count() == before


def test_a_deletion_records_the_deleted_values(manager):
    area = make_area(manager, "tarde", name="Tarde")
    area.delete()

    line = latest(kind="area")
    assert (line.act, line.after) == ("delete", None)
    assert line.before["code"] == "tarde"


def test_each_column_of_an_audited_table_is_audited_or_listed_here():
    columns = {
        model._meta.db_table: {
            str(field.column) for field in model._meta.local_fields if field.column
        }
        for model in apps.get_models(include_auto_created=True)
    }
    for table, definition in triggers().items():
        watched = definition.split("UPDATE OF ")[1].split(" ON ")[0].split(", ")
        missed = columns[table] - set(watched) - {"id"} - NOT_AUDITED.get(table, set())
        assert not missed, f"{table}: audit_watch() or NOT_AUDITED? {missed}"


def test_tables_of_conversations_are_not_audited():
    assert not triggers().keys() & {
        "contacts_contact",
        "chats_chat",
        "chats_message",
        "chats_delivery",
        "chats_chatevent",
    }
