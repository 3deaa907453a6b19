"""Actions that change no audited row are recorded where they happen."""

from __future__ import annotations

import pytest

from chats.models import Direction, InboundEvent, Status
from hci_center.audit import once_a_day
from hci_center.audit.models import AuditLine
from tests.admin.conftest import sign_in_to_admin
from tests.builders import make_chat, make_key, make_message
from tests.conftest import Api
from tests.counting import at_most

pytestmark = pytest.mark.django_db
SIGN_IN = "/api/session"


@pytest.fixture(autouse=True)
def nothing_known():
    once_a_day._recorded.clear()


def lines(act):
    return list(AuditLine.objects.filter(act=act).order_by("pk"))


def test_signing_in_and_out(client, ana):
    name = {"username": ana.user.username, "password": "secret-password"}
    client.post("/admin/login/", name | {"password": "wrong-secret"})
    client.post("/admin/login/", {"username": "my-Secret1", "password": "x"})

    known, unknown = lines("sign-in-refused")
    assert (known.credential, known.target) == ("anonymous", str(ana.user_id))
    assert known.manager_id == ana.manager_id
    assert (unknown.target, unknown.manager_id) == ("", None)
    assert len(unknown.after["name"]) == 16
    assert "my-Secret1" not in str(AuditLine.objects.values())

    client.force_login(ana.user)
    client.logout()
    [signed_in], [signed_out] = lines("sign-in"), lines("sign-out")
    assert signed_in.credential == signed_out.credential == f"user:{ana.user_id}"
    assert signed_in.manager_id == ana.manager_id


def test_opening_a_chat_and_a_message_is_recorded(supervisor, contact):
    message = make_message(make_chat(contact))
    desk = sign_in_to_admin(supervisor)
    desk.get(f"/admin/chats/chat/{message.chat_id}/change/")
    desk.get(f"/admin/chats/message/{message.pk}/change/")
    desk.get("/admin/chats/chat/999999/change/")

    chat, opened = lines("open")
    assert (chat.kind, chat.target) == ("chat", str(message.chat_id))
    assert (opened.kind, opened.target) == ("message", str(message.pk))
    assert chat.credential == f"user:{supervisor.pk}"
    assert chat.manager_id == contact.manager_id


def test_opening_a_raw_event_is_recorded(admin_client):
    event = InboundEvent.objects.create(source="evolution", payload=b"{}")
    admin_client.get(f"/admin/chats/inboundevent/{event.pk}/change/")

    [line] = lines("open")
    assert (line.kind, line.target) == ("inboundevent", str(event.pk))


def test_a_bulk_action_is_recorded_with_its_ids(supervisor, ana):
    ana.is_active = False
    ana.save()
    sign_in_to_admin(supervisor).post(
        "/admin/areas/operator/", {"action": "activate", "_selected_action": [ana.pk]}
    )

    [line] = lines("action")
    assert line.kind == "operator"
    assert line.after == {"action": "activate", "ids": [ana.pk]}
    assert line.manager_id == ana.manager_id


def test_an_action_is_recorded_once_it_is_confirmed(supervisor, contact):
    chat = make_chat(contact)
    chosen = {"action": "close_many", "_selected_action": [chat.pk]}
    sign_in_to_admin(supervisor).post("/admin/chats/chat/", chosen)

    assert lines("action") == []


def test_reading_page_tokens_is_recorded_once_a_day_for_each_key(manager):
    first, second = Api(make_key(manager)), Api(make_key(manager))
    for api in (first, first, second):
        assert api.get("/api/user").json()["data"][0]["facebookToken"]
    Api(make_key(manager, secrets=False)).get("/api/user")

    assert len(lines("page-token")) == 2


def test_sending_again_is_recorded(api, contact, ana):
    message = make_message(
        make_chat(contact), direction=Direction.OUT, status=Status.FAILED
    )
    contact.operator = ana
    contact.save()
    answer = api.put(
        "/api/chat/message/again",
        {
            "number": contact.manager.number,
            "contactId": contact.external_id,
            "operatorId": ana.pk,
            "id": str(message.uuid),
        },
    )
    assert answer.status_code == 200, answer.content

    [line] = lines("send-again")
    assert (line.kind, line.target) == ("message", str(message.pk))


def test_claiming_and_sending_need_no_statement_for_the_audit(api, contact, ana):
    """As many as without the audit: the key, the claim with its area; see at_most."""
    body = {
        "number": contact.manager.number,
        "contactNumber": int(contact.external_id),
        "operatorId": ana.pk,
    }
    make_chat(contact)
    before = AuditLine.objects.count()
    with at_most(5):
        assert api.put("/api/user/contact/operator/my", body).status_code == 200
    assert AuditLine.objects.count() == before
