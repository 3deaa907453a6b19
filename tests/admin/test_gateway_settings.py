"""The settings of a manager's gateway: labelled fields, and secrets never shown again."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection

from chats.accounts.registry import COLUMNS, account_ref
from chats.accounts.settings_fields import SETTINGS_OF
from managers.models import Manager
from tests.admin.conftest import messages_of

EVOLUTION = {
    "url": "https://evolution.example.com:8080",
    "instance": "padaria",
    "apikey": "canary-key",
}


def page(manager):
    return f"/admin/managers/manager/{manager.pk}/gateway/"


def save(client, manager, kind, typed):
    return client.post(f"{page(manager)}?kind={kind}", typed, follow=True)


def stored(manager):
    manager.refresh_from_db()
    return json.loads(manager.gateway_settings or "{}")


@pytest.fixture
def evolved(office, manager):
    save(office, manager, "evolution", EVOLUTION)
    return manager


def test_a_gateway_is_saved_with_its_settings(office, manager):
    answer = save(office, manager, "evolution", EVOLUTION)
    assert messages_of(answer) == ["The gateway settings were saved."]
    assert stored(manager) == EVOLUTION
    assert manager.gateway == "evolution"
    entry = LogEntry.objects.get()
    assert "canary" not in entry.change_message + entry.object_repr


@pytest.mark.parametrize("kind", Manager.Gateway.values)
def test_each_kind_has_the_fields_that_its_driver_reads(office, manager, kind):
    """With all fields filled in, no setting of the account is missing."""
    shown = office.get(page(manager), {"kind": kind}).context["form"]
    typed = {
        setting.key: f"https://{kind}" if setting.kind == "url" else f"my-{setting.key}"
        for setting in SETTINGS_OF[kind]
    }
    assert set(shown.fields) == set(typed)
    save(office, manager, kind, typed)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM managers_manager m")  # noqa: S608
        ref = account_ref(cursor.fetchone(), "whatsapp")
    assert ref.driver == kind
    assert all((ref.account.url, ref.account.id, ref.account.token))


def test_a_stored_secret_is_kept_and_never_shown(office, evolved):
    shown = office.get(page(evolved)).content.decode()
    assert "canary" not in shown
    assert "evolution.example.com" in shown
    save(office, evolved, "evolution", EVOLUTION | {"apikey": "", "instance": "nova"})
    assert stored(evolved) == EVOLUTION | {"instance": "nova"}


def test_an_optional_secret_is_cleared_only_on_request(office, manager):
    save(office, manager, "controller", {"secret": "canary"})
    save(office, manager, "controller", {"secret": ""})
    assert stored(manager) == {"secret": "canary"}
    save(office, manager, "controller", {"clear_secret": "on"})
    assert stored(manager) == {}


def test_changing_the_kind_deletes_the_previous_settings(office, evolved):
    shown = office.get(page(evolved), {"kind": "wppconnect"}).content.decode()
    assert "are forgotten" in shown
    assert "evolution.example.com" not in shown
    typed = {"url": "http://wpp:21465", "session": "padaria", "token": "t"}
    save(office, evolved, "wppconnect", typed)
    assert stored(evolved) == typed


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"url": "evolution.example.com"}, "url"),
        ({"url": "ftp://evolution"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://[1"}, "url"),
        ({"url": ""}, "url"),
        ({"instance": ""}, "instance"),
        ({"apikey": ""}, "apikey"),
        ({"apikey": "k" * 5000}, "apikey"),
    ],
)
def test_invalid_values_are_errors_of_their_fields(office, manager, over, field):
    answer = save(office, manager, "evolution", EVOLUTION | over)
    assert list(answer.context["form"].errors) == [field]
    assert "canary" not in answer.content.decode()
    assert stored(manager) == {}


def test_settings_that_no_key_decrypts_can_be_replaced(office, evolved):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE managers_manager SET gateway_settings = 'sealed'")
    assert "give all of them again" in office.get(page(evolved)).content.decode()
    answer = save(office, evolved, "evolution", EVOLUTION | {"apikey": ""})
    assert list(answer.context["form"].errors) == ["apikey"]
    save(office, evolved, "evolution", EVOLUTION)
    assert stored(evolved) == EVOLUTION


def test_supervisors_have_no_access(desk, manager):
    assert desk.get(page(manager)).status_code == 403
    assert save(desk, manager, "evolution", EVOLUTION).status_code == 403
    assert stored(manager) == {}
    change = f"/admin/managers/manager/{manager.pk}/change/"
    assert page(manager) not in desk.get(change).content.decode()


def test_the_page_of_a_manager_links_to_it(office, manager):
    change = f"/admin/managers/manager/{manager.pk}/change/"
    assert page(manager) in office.get(change).content.decode()


@pytest.mark.parametrize("kind", ["nothing", "%00"])
def test_an_unknown_kind_is_not_found(office, manager, kind):
    assert office.get(f"{page(manager)}?kind={kind}").status_code == 404


@pytest.mark.parametrize("row", ["999", "x", "%00"])
def test_an_unknown_manager_is_not_found(office, row):
    assert office.get(f"/admin/managers/manager/{row}/gateway/").status_code == 404
