"""Auditors read everything of their managers but customers' names, and change nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from areas.sign_in.session_auth import caller_of
from chats.models import Message, Rehoming
from managers.models import Supervision
from tests.admin.conftest import sign_in_to_admin
from tests.admin.test_people import ADD, change, kept, typed
from tests.admin.test_permissions import ADDED_BY_SUPERVISORS, OPEN_TO_SUPERVISORS
from tests.builders import make_auditor

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(manager):
    return make_auditor(manager)


@pytest.fixture
def reading(auditor):
    return sign_in_to_admin(auditor)


def pages_of(page, row):
    yield f"/admin/{page}/"
    yield f"/admin/{page}/{row.pk}/change/"
    yield f"/admin/{page}/{row.pk}/history/"


@pytest.mark.parametrize("page", OPEN_TO_SUPERVISORS)
def test_an_auditor_reads_without_the_names_of_customers(reading, own, auditor, page):
    row = (own.rows() | {"auth/user": auditor})[page]
    for path in pages_of(page, row):
        answer = reading.get(path)
        assert answer.status_code == 200
        shown = answer.content.decode()
        assert own.contact.name not in shown
        assert own.contact.external_id not in shown
    if page != "auth/user":
        assert (
            own.message.content
            in reading.get(f"/admin/chats/chat/{own.chat.pk}/change/").content.decode()
        )


@pytest.mark.parametrize("page", OPEN_TO_SUPERVISORS)
def test_an_auditor_changes_nothing(reading, own, auditor, page):
    row = (own.rows() | {"auth/user": auditor})[page]
    path = f"/admin/{page}/{row.pk}/"
    assert 'name="_save"' not in reading.get(f"{path}change/").content.decode()
    assert reading.post(f"{path}change/", {"name": "forged"}).status_code == 403
    assert reading.post(f"{path}delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("page", ADDED_BY_SUPERVISORS)
def test_an_auditor_adds_nothing(reading, own, page):
    assert reading.get(f"/admin/{page}/add/").status_code == 403


def test_an_auditor_cannot_run_actions(reading, own):
    chat = f"/admin/chats/chat/{own.chat.pk}/"
    assert "/act/" not in reading.get(f"{chat}change/").content.decode()
    assert reading.post(f"{chat}act/close/", {}).status_code == 404
    assert reading.post(f"{chat}resend/{own.message.uuid}/").status_code == 404
    chosen = {"action": "close_many", "_selected_action": [own.chat.pk]}
    reading.post("/admin/chats/chat/", chosen)
    own.chat.refresh_from_db()
    assert own.chat.closed_at is None
    made = Rehoming.objects.create(
        manager=own.manager, kind="left", made_by="user:1", before={"contacts": []}
    )
    assert reading.post(f"/admin/chats/rehoming/{made.pk}/undo/").status_code == 404


def test_an_auditor_sees_no_other_managers_rows(reading, own, foreign):
    for page, row in foreign.rows().items():
        assert reading.get(f"/admin/{page}/{row.pk}/change/").status_code == 302


def test_other_pages_show_an_auditor_no_names(reading, own):
    query = {
        "app_label": "chats",
        "model_name": "chat",
        "field_name": "contact",
        "term": "",
    }
    assert reading.get("/admin/autocomplete/", query).status_code == 403
    record = f"/admin/chats/chat/{own.chat.pk}/history/"
    assert reading.get(record, {"format": "json"}).status_code == 404
    for path in ("/admin/", "/admin/live/"):
        answer = reading.get(path)
        assert answer.status_code == 200
        assert own.contact.name not in answer.content.decode()


def test_an_auditor_reads_reports_and_audit_but_no_personal_data(reading, own):
    assert reading.get("/admin/reports/", follow=True).status_code == 200
    assert reading.get("/admin/audit/").status_code == 200
    assert reading.get("/admin/privacy/").status_code == 403


def test_the_wall_of_an_auditor_does_not_connect_to_the_feed(reading, desk, own):
    assert "data-socket" in desk.get("/admin/").content.decode()
    shown = reading.get("/admin/").content.decode()
    assert 'id="wall"' in shown
    assert "data-socket" not in shown


def test_a_supervisor_is_made_an_auditor_and_back(office, manager):
    office.post(ADD, typed(manager, reads_only="on"))
    sofia = User.objects.get(username="sofia")
    caller = caller_of(sofia)
    assert (caller.role, caller.managers) == ("auditor", {manager.pk})
    form = office.get(change(sofia)).context["adminform"].form
    assert form.initial["reads_only"]
    supervision = Supervision.objects.get(user=sofia)
    office.post(change(sofia), kept(supervision))
    assert caller_of(sofia).role == "supervisor"


def test_an_auditor_does_not_make_himself_a_supervisor(reading, auditor):
    supervision = Supervision.objects.get(user=auditor)
    assert reading.post(change(auditor), kept(supervision)).status_code == 403
    assert caller_of(auditor).role == "auditor"


@pytest.mark.parametrize(
    "page", ["contacts/contact", "chats/chat", "chats/message", "chats/chatevent"]
)
def test_an_auditor_cannot_search_by_name_number_or_words(reading, desk, own, page):
    Message.objects.update(
        content=f"Bom dia, {own.contact.name}!", gateway_id="wamid.1"
    )
    name, number = own.contact.name, own.contact.external_id
    protocol = own.chat.protocol if page != "contacts/contact" else own.contact.protocol

    def found(client, term):
        return len(client.get(f"/admin/{page}/", {"q": term}).context["cl"].result_list)

    assert found(reading, protocol)
    for term in (name, name.split()[0], number, number[-5:], "wamid.1", "dia"):
        assert found(reading, term) == 0, term
    assert found(desk, name)
    assert found(reading, str(own.contact.pk)) == (page == "contacts/contact")
