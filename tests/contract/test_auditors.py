"""Auditors may only call `session` and `report`; every other call is 403."""

from __future__ import annotations

import pytest

from chats.conversations.audit import Actor
from chats.conversations.lifecycle import open_chat
from chats.models import Attachment
from tests import builders
from tests.conftest import signed_in
from tests.contract.call import PNG
from tests.contract.calls import CALLS
from tests.contract.shapes import NUMBER, WHATSAPP_ID, answered, refused
from tests.contract.test_people import SESSION, browser, signing_in

CLOSED = [call for call in CALLS if call.path not in ("api/session", "api/report")]


@pytest.fixture
def auditor(manager):
    return builders.make_auditor(manager)


def test_an_auditor_signs_in_and_out(auditor):
    api = browser()
    person = api.post(SESSION, signing_in(auditor)).json()["data"]
    assert (person["role"], person["operatorId"]) == ("auditor", None)
    assert api.get(SESSION).json()["data"]["role"] == "auditor"
    api.headers = {"X-CSRFToken": person["csrfToken"]}
    answered(api.delete(SESSION), None)
    refused(api.get(SESSION), 401, "not_authenticated")


def test_every_other_call_is_forbidden(centre, auditor):
    api = signed_in(auditor)
    for call in CLOSED:
        answer = api.call(call.method, call.url, call.body(centre) or None)
        refused(answer, 403, "forbidden")


def test_a_report_has_no_numbers_of_customers(
    manager, other_manager, sales, auditor, supervisor
):
    contact = builders.make_contact(manager, area=sales)
    open_chat(contact, actor=Actor("key:1"))
    reader, other = signed_in(auditor), signed_in(supervisor)

    def longest(api):
        body = {"metric": "now", "number": NUMBER}
        return api.post("/api/report", body).json()["data"]["longest"]

    def rows(api):
        body = {"metric": "opened", "number": NUMBER, "rows": True}
        return api.post("/api/report", body).json()["data"]["rows"]

    for read in (longest, rows):
        full = read(other)
        assert full[0]["contactId"] == contact.public_id
        assert read(reader) == [row | {"contactId": None} for row in full]
    foreign = {"metric": "now", "number": other_manager.number}
    refused(reader.post("/api/report", foreign), 404, "manager_not_found")


def test_a_file_is_forbidden(api, manager, auditor, supervisor):
    body = {"from": WHATSAPP_ID, "contactNumber": WHATSAPP_ID, "managerNumber": NUMBER}
    sent = api.post("/api/chat/message/send", body | {"base64": PNG, "type": "image"})
    assert sent.status_code == 200
    path = f"/api/chat/file/{Attachment.objects.get().uuid}"
    assert signed_in(supervisor).get(path).getvalue()
    refused(signed_in(auditor).get(path), 403, "forbidden")
