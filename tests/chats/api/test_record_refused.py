"""POST api/chat/message/send: errors."""

from __future__ import annotations

import pytest

from chats.models import Message
from contacts.models import Contact
from tests.chats.api.recording import (
    FACEBOOK_FILE,
    FACEBOOK_TEXT,
    PATH,
    WHATSAPP_FILE,
    WHATSAPP_TEXT,
    send,
    stored,
    wrong_fields,
)
from tests.conftest import signed_in


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("kind", ["Image", "a" * 33, "com espaço", "ação", {"a": 1}])
def test_a_type_is_a_short_word(api, contact, kind):
    assert "type" in wrong_fields(send(api, WHATSAPP_FILE, type=kind))


def test_every_missing_field_is_named_at_once(api):
    assert wrong_fields(api.post(PATH, {})) == {
        "managerNumber",
        "facebookId",
        "contactNumber",
        "from",
        "content",
    }


@pytest.mark.parametrize(
    ("body", "over", "fields"),
    [
        (WHATSAPP_TEXT, {"from": ""}, {"from"}),
        (WHATSAPP_TEXT, {"from": "x" * 65}, {"from"}),
        (WHATSAPP_TEXT, {"content": ""}, {"content"}),
        (WHATSAPP_TEXT, {"type": "base64", "content": None}, {"content"}),
        (WHATSAPP_TEXT, {"content": "nul\x00"}, {"content"}),
        (WHATSAPP_TEXT, {"content": "\ud800"}, {"content"}),
        (WHATSAPP_TEXT, {"managerNumber": "-5"}, {"managerNumber"}),
        (WHATSAPP_TEXT, {"number": 5511400011112}, {"number"}),
        (WHATSAPP_TEXT, {"contactNumber": "Maria"}, {"contactNumber"}),
        (WHATSAPP_TEXT, {"contactNumber": ..., "contactId": "1" * 16}, {"contactId"}),
        (WHATSAPP_TEXT, {"contactNumber": ..., "contactId": -5511}, {"contactId"}),
        (WHATSAPP_TEXT, {"messageId": "x" * 256}, {"messageId"}),
        (WHATSAPP_TEXT, {"timestamp": "yesterday"}, {"timestamp"}),
        (WHATSAPP_FILE, {"url": ...}, {"url", "base64"}),
        (WHATSAPP_FILE, {"url": "x" * 2049}, {"url"}),
        (FACEBOOK_TEXT, {"contactId": ...}, {"contactId"}),
        (FACEBOOK_TEXT, {"contactId": "+55 11"}, {"contactId"}),
        (FACEBOOK_FILE, {"url": ""}, {"url", "base64"}),
    ],
)
def test_invalid_values_are_refused(api, contact, page_contact, body, over, fields):
    assert wrong_fields(send(api, body, **over)) == fields


def test_the_ids_of_two_managers_are_invalid(full_api, manager, other_manager):
    body = {"managerNumber": other_manager.number, "facebookId": "369258147"}
    answer = send(full_api, **body)
    assert wrong_fields(answer) == {"managerNumber", "facebookId"}
    assert not Contact.objects.exists()


def test_both_ids_of_one_manager_are_accepted(api, contact):
    message = stored(send(api, facebookId="369258147"))
    assert message.contact == contact


def test_unknown_and_foreign_managers_get_the_same_error(
    api, other_api, manager, other_manager
):
    unknown = send(other_api, managerNumber=5500000000)
    foreign = send(other_api)
    assert refusal(unknown) == (404, "manager_not_found")
    assert unknown.content == foreign.content
    one_of_two = send(api, managerNumber=5511400011111, facebookId="unknown")
    foreign_one = send(
        other_api, managerNumber=other_manager.number, facebookId="369258147"
    )
    assert one_of_two.content == foreign_one.content == unknown.content
    assert not Contact.objects.exists()


def test_operators_cannot_record_messages(contact, ana, supervisor):
    assert refusal(send(signed_in(ana.user))) == (403, "forbidden")
    assert send(signed_in(supervisor)).status_code == 200
    assert Message.objects.count() == 1
