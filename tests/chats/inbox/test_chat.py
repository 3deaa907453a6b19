"""POST api/chat/get: one line of the list, with its contact's aliases."""

from __future__ import annotations

from contacts.models import Identity
from tests import builders
from tests.chats.inbox.rows import at, listed
from tests.contract.shapes import refused


def got(api, contact, **fields):
    body = {"operatorId": "0", "contactId": contact.external_id} | fields
    return api.post("/api/chat/get", body)


def test_it_is_the_line_of_the_list_with_aliases(api, manager, contact):
    Identity.objects.create(
        manager=manager, channel="whatsapp", alias="5511933334444", contact=contact
    )
    chat = builders.make_chat(contact)
    builders.make_message(chat, content="oi")
    line = got(api, contact).json()["data"]
    assert line.pop("aliases") == ["551133334444", "5511933334444"]
    assert line == listed(api)["chats"][0]


def test_the_open_chat_or_the_latest_or_the_given_one(api, contact):
    first = builders.make_chat(contact, closed_at=at(1))
    second = builders.make_chat(contact, closed_at=at(2))

    def protocol(**fields):
        return got(api, contact, **fields).json()["data"]["protocol"]

    assert protocol() == second.protocol
    assert protocol(protocol=first.protocol) == first.protocol
    third = builders.make_chat(contact)
    assert protocol() == third.protocol
    assert protocol(protocol=second.protocol) == second.protocol


def test_a_chat_of_another_contact_is_not_found(api, manager, contact, bruno):
    foreign = builders.make_chat(builders.make_contact(manager))
    builders.make_chat(contact)
    refused(got(api, contact, protocol=foreign.protocol), 404, "chat_not_found")
    refused(got(api, contact, operatorId=str(bruno.pk)), 404, "chat_not_found")


def test_a_contact_without_a_chat_has_no_line(api, contact):
    refused(got(api, contact), 404, "chat_not_found")
