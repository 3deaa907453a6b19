"""PUT api/chat/tag: the tags of a contact."""

from __future__ import annotations

import pytest

from chats.models import ChatEvent
from contacts.models import Tag, Tagging
from tests import builders
from tests.conftest import Api, signed_in
from tests.contract.shapes import answered, refused
from tests.racing import at_once


@pytest.fixture(autouse=True)
def tags(manager, other_manager):
    for code in ("vip", "troca", "atraso"):
        Tag.objects.create(manager=manager, code=code, name=code.title())
    Tag.objects.create(manager=manager, code="velha", name="Velha", is_active=False)
    Tag.objects.create(manager=other_manager, code="alheia", name="Alheia")


def change(api, contact, operator="0", **fields):
    body = {"operatorId": str(operator), "contactId": contact.external_id}
    return api.put("/api/chat/tag", body | fields)


def test_tags_are_added_and_removed(api, ana, contact):
    answered(
        change(api, contact, ana.pk, add=["troca", "vip"]), {"tags": ["vip", "troca"]}
    )
    answered(change(api, contact, add=["vip", "vip"]), {"tags": ["vip", "troca"]})
    answered(
        change(api, contact, add=["atraso"], remove=["vip"]),
        {"tags": ["troca", "atraso"]},
    )
    answered(change(api, contact, remove=["vip"]), {"tags": ["troca", "atraso"]})
    answered(change(api, contact, add=[]), {"tags": ["troca", "atraso"]})


def test_the_ledger_of_the_open_chat_has_the_changes(api, ana, contact):
    change(api, contact, ana.pk, add=["vip"])
    assert not ChatEvent.objects.exists()
    builders.make_chat(contact)
    change(api, contact, ana.pk, add=["vip"])
    assert not ChatEvent.objects.exists()
    change(api, contact, ana.pk, add=["troca"], remove=["vip"])
    event = ChatEvent.objects.get()
    assert (event.kind, event.acting_operator_id) == ("tagged", ana.pk)
    assert event.detail == {"added": ["troca"], "removed": ["vip"]}


@pytest.mark.parametrize("code", ["nova", "velha", "alheia", "", "{nome}", "VIP"])
def test_an_unknown_code_is_refused(api, contact, code):
    response = change(api, contact, add=["vip", code])
    refused(response, 400, "invalid", fields=["add"])
    assert not Tagging.objects.exists()
    assert Tag.objects.count() == 5


def test_a_retired_tag_can_be_removed(api, manager, contact):
    old = Tag.objects.get(code="velha")
    Tagging.objects.create(manager=manager, contact=contact, tag=old)
    answered(change(api, contact, remove=["velha"]), {"tags": []})
    response = change(api, contact, remove=["alheia"])
    refused(response, 400, "invalid", fields=["remove"])


def test_a_tag_in_both_lists_is_refused(api, contact):
    response = change(api, contact, add=["vip"], remove=["vip"])
    refused(response, 400, "invalid", fields=["remove"])


def test_a_contact_has_at_most_twenty(api, manager, contact):
    codes = [f"t{n}" for n in range(21)]
    for code in codes:
        Tag.objects.create(manager=manager, code=code, name=code)
    assert change(api, contact, add=codes[:20]).status_code == 200
    response = change(api, contact, add=codes[20:])
    refused(response, 400, "invalid", fields=["add"])
    assert change(api, contact, add=codes[20:], remove=codes[:1]).status_code == 200
    assert Tagging.objects.filter(contact=contact).count() == 20


@pytest.mark.parametrize("value", ["vip", {"a": 1}, [["vip"]], [None], ["x"] * 101])
def test_a_list_of_texts_is_required(api, contact, value):
    response = change(api, contact, add=value)
    refused(response, 400, "invalid", fields=["add"])


def test_an_operator_tags_only_visible_contacts(ana, bruno, contact):
    hers, his = signed_in(ana.user), signed_in(bruno.user)
    assert change(hers, contact, ana.pk, add=["vip"]).status_code == 200
    refused(change(his, contact, bruno.pk, add=["troca"]), 404, "chat_not_found")
    refused(change(his, contact, ana.pk, add=["troca"]), 403, "forbidden")
    contact.area = None
    contact.save()
    assert change(his, contact, bruno.pk, add=["troca"]).status_code == 200


def test_another_managers_contact_is_not_found(other_api, contact):
    refused(change(other_api, contact, add=["alheia"]), 404, "chat_not_found")


@pytest.mark.django_db(transaction=True)
def test_simultaneous_calls_add_a_tag_once(manager, contact):
    chat = builders.make_chat(contact)
    key = builders.make_key(manager)
    calls = [lambda: change(Api(key), contact, add=["vip"]) for _ in range(6)]
    for response in at_once(calls):
        answered(response, {"tags": ["vip"]})
    assert Tagging.objects.count() == 1
    assert ChatEvent.objects.filter(chat=chat, kind="tagged").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_simultaneous_calls(manager, contact):
    codes = [f"t{n}" for n in range(24)]
    for code in codes:
        Tag.objects.create(manager=manager, code=code, name=code)
    key = builders.make_key(manager)
    change(Api(key), contact, add=codes[:19])
    calls = [
        lambda code=code: change(Api(key), contact, add=[code]) for code in codes[19:]
    ]
    statuses = sorted(response.status_code for response in at_once(calls))
    assert statuses == [200, 400, 400, 400, 400]
    assert Tagging.objects.count() == 20
