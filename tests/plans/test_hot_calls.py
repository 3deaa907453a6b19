"""Hot calls read little more than the rows that they return, by the right index."""

from __future__ import annotations

from typing import Any

import pytest

from contacts.models import Contact
from tests.plans.crowd import CONTACTS, MANY
from tests.plans.reading import work_of

# Areas are not included: all fit in a page or two, which a join may read completely.
CROWDED = {
    *("managers_manager", "areas_operator", "areas_operatorarea", "contacts_contact"),
    *("contacts_identity", "chats_chat", "chats_message"),
}
# Both indexes find the contact of an alias, and its open chat.
BY_ALIAS = {"alias_is_unique", "identity_alias"}
CHATS_OF_CONTACT = {"one_open_chat_a_contact", "chats_chat_contact_id_2488f818"}
AREAS_OF_OPERATOR = 5


def data(answer) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def work_for(call, answered, **besides):
    """Returns the call's response, and the indexes by which each table was read.

    Asserts that no large table was scanned, and that of none more was read than twice
    the returned rows, or the number given in `besides`.
    """
    work, answer = work_of(call)
    assert not work.whole & CROWDED, work.statements
    much = {
        table: rows
        for table, rows in work.rows.items()
        if table in CROWDED and rows > besides.get(table, 2 * answered)
    }
    assert not much, (much, work.statements)
    return data(answer), work.indexes


def test_a_manager_is_found_by_the_number(crowd, key):
    crowd.pk = None
    crowd.number, crowd.facebook_id, crowd.controller_port = 551199998888, "lone", 9
    crowd.save()
    body = {"number": crowd.number}
    found, used = work_for(lambda: key.post("/api/user/", body), answered=1)
    assert found["contacts"] == []
    assert used["managers_manager"] == {"managers_manager_number_key"}
    assert used["contacts_contact"] == {"contacts_of_manager"}


def test_the_contacts_of_a_manager_are_read_once(crowd, key):
    body = {"number": crowd.number}
    found, used = work_for(
        lambda: key.post("/api/user/contact/get", body), answered=CONTACTS
    )
    assert len(found["contacts"]) == CONTACTS
    assert used["contacts_contact"] == {"contacts_of_manager"}


def test_only_the_contacts_of_an_operator_or_an_area_are_read(
    crowd, key, area, operator
):
    body = {"number": crowd.number, "operatorId": str(operator.pk), "area": area.code}
    in_area = Contact.objects.filter(area=area)
    answered = (in_area | Contact.objects.filter(operator=operator)).count()
    found, used = work_for(
        lambda: key.post("/api/user/contact/operator", body), answered
    )
    assert len(found["contacts"]) == answered
    assert used["contacts_contact"] == {"contacts_of_operator", "contacts_of_area"}


def test_only_the_contacts_of_an_area_are_read(crowd, key, area):
    body = {"number": crowd.number, "area": area.code}
    answered = Contact.objects.filter(area=area).count()
    found, used = work_for(lambda: key.post("/api/user/contact/area", body), answered)
    assert len(found) == answered
    assert used["contacts_contact"] == {"contacts_of_area"}


@pytest.fixture
def chatty(crowd):
    """Returns the unassigned contact with many messages."""
    Contact.objects.filter(manager=crowd, protocol="C1-1").update(operator=None)
    return Contact.objects.get(manager=crowd, protocol="C1-1")


@pytest.fixture
def conversation(chatty, operator):
    return {"operatorId": str(operator.pk), "contactId": int(chatty.external_id)}


@pytest.mark.parametrize(("window", "answered"), [({}, MANY), ({"limit": 50}, 50)])
def test_only_the_requested_messages_are_read(key, conversation, window, answered):
    found, used = work_for(
        lambda: key.post("/api/chat/message", conversation | window), answered
    )
    assert len(found) == answered
    assert used["chats_message"] == {"messages_of_chat"}
    assert used["contacts_identity"] <= BY_ALIAS
    assert used["chats_chat"] <= CHATS_OF_CONTACT


def test_a_window_of_old_messages_starts_at_its_boundary(key, conversation):
    newest = data(key.post("/api/chat/message", conversation | {"limit": 50}))
    window = {"limit": 50, "before": newest[0]["id"]}
    found, used = work_for(
        lambda: key.post("/api/chat/message", conversation | window), answered=50
    )
    assert len(found) == 50
    assert used["chats_message"] == {"messages_of_chat", "chats_message_uuid_key"}


def test_an_inbound_message_only_reads_its_contact(crowd, key, chatty):
    body = {
        "contactNumber": int(chatty.external_id),
        "managerNumber": crowd.number,
        "from": int(chatty.external_id),
        "type": "text",
        "content": "Bom dia",
    }
    _, used = work_for(lambda: key.post("/api/chat/message/send", body), answered=1)
    assert used["contacts_identity"] <= BY_ALIAS
    assert used["contacts_contact"] == {"contacts_contact_pkey"}
    assert used["chats_chat"] <= CHATS_OF_CONTACT


def test_a_step_of_sa_only_reads_its_contact(crowd, key, chatty):
    body = {"number": crowd.number, "contactId": int(chatty.external_id)}
    _, used = work_for(
        lambda: key.put("/api/user/contact/sa/increase", body), answered=1
    )
    assert used["contacts_identity"] <= BY_ALIAS
    assert used["contacts_contact"] == {"contacts_contact_pkey"}


def test_a_claim_only_reads_its_contact(crowd, key, conversation):
    body = conversation | {"number": crowd.number}
    _, used = work_for(
        lambda: key.put("/api/user/contact/operator/my", body),
        answered=1,
        areas_operatorarea=AREAS_OF_OPERATOR,
    )
    assert used["contacts_identity"] <= BY_ALIAS
    assert used["contacts_contact"] == {"contacts_contact_pkey"}
