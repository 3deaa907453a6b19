"""The admin's log of changes contains only the ids of customers' rows, not their names."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from areas.models import Area
from chats.models import Chat, Message
from contacts.models import Contact
from tests.admin.conftest import agree
from tests.admin.contact_pages import LIST, NO_CONSENTS, page
from tests.builders import make_chat, make_contact, make_message, make_operator

migration = import_module("chats.migrations.0019_no_names_in_the_log_of_changes")
NAME = "Maria Segredo"


@pytest.fixture
def maria(manager):
    contact = make_contact(manager, name=NAME)
    make_message(make_chat(contact, protocol=NAME), content=NAME)
    return contact


def log():
    """Returns all rows of the table as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT l::text FROM django_admin_log l ORDER BY id")
        return [row for (row,) in cursor.fetchall()]


def shown():
    return list(LogEntry.objects.order_by("pk").values_list("object_repr", flat=True))


def test_adding_and_changing_a_contact(desk, manager):
    given = {"channel": "facebook", "external_id": "123", "name": NAME}
    desk.post(f"{LIST}add/", given | {"manager": manager.pk})
    contact = Contact.objects.get(name=NAME)
    desk.post(page(contact), {"name": f"{NAME} Silva", "photo": ""} | NO_CONSENTS)
    assert Contact.objects.get().name == f"{NAME} Silva"
    assert shown() == [f"#{contact.pk}"] * 2
    assert "Segredo" not in "".join(log())


@pytest.mark.parametrize("button", ["close", "delete_contact"])
def test_a_button_of_a_contacts_page(desk, maria, button):
    desk.post(page(maria, button), {"_form_submitted": "on"})
    assert shown() == [f"#{maria.pk}"]
    assert "Segredo" not in "".join(log())


@pytest.mark.parametrize("action", ["close_many", "delete_many"])
def test_an_action_on_many_contacts(desk, maria, action):
    chosen = {"action": action, "_selected_action": [maria.pk]}
    agree(desk, LIST, chosen)
    assert shown() == [f"#{maria.pk}"]
    assert "Segredo" not in "".join(log())


def test_closing_chats_from_their_list(desk, maria):
    chat = Chat.objects.get()
    chosen = {"action": "close_many", "_selected_action": [chat.pk]}
    agree(desk, "/admin/chats/chat/", chosen)
    assert shown() == [f"#{chat.pk}"]
    assert "Segredo" not in "".join(log())


def test_deleting_a_row(office, rf, administrator, maria):
    """No page does so today, but Django's own deletion page would."""
    request = rf.post("/")
    request.user = administrator
    rows = [maria, Chat.objects.get(), Message.objects.get()]
    for row in rows:
        admin.site._registry[type(row)].log_deletions(request, [row])
    assert shown() == [f"#{row.pk}" for row in rows]
    assert "Segredo" not in "".join(log())
    assert set(LogEntry.objects.values_list("action_flag", flat=True)) == {DELETION}


def test_rows_named_by_the_business_are_logged_by_name(desk, manager, sales):
    desk.post(f"/admin/areas/area/{sales.pk}/change/", {"name": "Vendas Sul"})
    agree(desk, f"/admin/areas/area/{sales.pk}/delete/", {"post": "yes"})
    assert not Area.objects.exists()
    assert shown() == ["Vendas Sul", "Vendas Sul"]


def test_the_first_page_shows_current_names(desk, maria):
    desk.post(page(maria), {"name": "Maria Aberta", "photo": ""} | NO_CONSENTS)
    Contact.objects.update(name="Maria Atual")
    first = desk.get("/admin/").content.decode()
    assert f'<a href="{page(maria)}">Maria Atual</a>' in first
    history = desk.get(page(maria, "history")).content.decode()
    assert "Changed Name." in history


def test_the_first_page_shows_the_id_of_a_row_that_is_not_visible(
    desk, supervisor, maria, other_manager
):
    theirs = make_contact(other_manager, name="Alheia")
    entry = {"user": supervisor, "action_flag": CHANGE, "object_repr": "#1"}
    kind = ContentType.objects.get_for_model(Contact)
    for object_id in (str(theirs.pk), "999999999", "x", None):
        LogEntry.objects.create(content_type=kind, object_id=object_id, **entry)
    LogEntry.objects.create(content_type=None, object_id="1", **entry)
    answer = desk.get("/admin/")
    assert [entry.shown for entry in answer.context["recent"]] == ["#1"] * 5
    assert "Alheia" not in answer.content.decode()


def test_the_first_page_shows_a_person_s_own_actions(desk, office, maria):
    office.post(page(maria), {"name": "Maria Aberta", "photo": ""} | NO_CONSENTS)
    assert desk.get("/admin/").context["recent"] == []


def test_customers_names_are_removed_from_older_entries(supervisor, maria, sales):
    ana = make_operator(sales.manager, sales)
    rows = [maria, Chat.objects.get(), Message.objects.get(), sales, ana]
    for row in rows:
        LogEntry.objects.create(
            user=supervisor,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=NAME if row in rows[:3] else str(row),
            action_flag=CHANGE,
            change_message='[{"changed": {"fields": ["Name"]}}]',
        )
    for _again in range(2):
        with connection.schema_editor(atomic=False) as editor:
            for operation in migration.Migration.operations:
                operation.database_forwards("chats", editor, apps, apps)
        assert shown() == [f"#{row.pk}" for row in rows[:3]] + [sales.name, ana.name]
    assert "Segredo" not in "".join(log())
    entry = LogEntry.objects.order_by("pk")[0]
    assert entry.get_change_message() == "Changed Name."
