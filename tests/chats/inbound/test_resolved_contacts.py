"""A webhook's manager and contact are looked up once and the message stored with them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chats.conversations.audit import Actor
from chats.gateways.events import Person
from chats.inbound import processing, queue
from chats.inbound.contact_merge import resolve_contact
from chats.inbound.record import IncomingMessage, record_message
from chats.messages.targets import ResolvedContact
from chats.models import InboundEvent, Message
from contacts.models import Contact
from tests.chats.conftest import PHONE, PSID, post
from tests.counting import at_most

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = Actor("gateway:whatsapp")


def process_one(most: int = 20) -> None:
    [[claimed]] = queue.claim(5)
    with at_most(most):
        processing.process(claimed)


def arrival(contact: Contact, **over: Any) -> IncomingMessage:
    values = {
        "target": ResolvedContact(
            contact.manager_id, contact.pk, contact.channel, contact.external_id
        ),
        "sender": contact.external_id,
        "senders": [contact.external_id],
        "type": "text",
        "content": "Oi",
        "url": "",
        "file": None,
        "gateway_id": None,
        "created_at": datetime.now(UTC),
    }
    return IncomingMessage(**values | over)


def test_a_page_s_next_message_needs_five_queries(manager, page):
    """The manager, the contact, the message, the missing profile, the event."""
    post(page, "/webhooks/facebook", page.inbound(PSID, "1"))
    process_one()
    post(page, "/webhooks/facebook", page.inbound(PSID, "2"))
    process_one(5)
    Contact.objects.update(name="Maria", photo="https://example.org/m.jpg")
    post(page, "/webhooks/facebook", page.inbound(PSID, "3"))
    process_one(4)
    assert list(Message.objects.order_by("id").values_list("content", flat=True)) == [
        "1",
        "2",
        "3",
    ]


def test_a_number_s_next_message_needs_four_queries(manager, cloud):
    """The manager, the contact, the message, the event; one more for a quotation."""
    post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, "1"))
    process_one()
    post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, "2"))
    process_one(4)
    first = Message.objects.get(content="1")
    quoting = cloud.inbound(PHONE, "3", context={"id": first.gateway_id})
    post(cloud, "/webhooks/whatsapp", quoting)
    process_one(5)
    quoted = Message.objects.get(content="3")
    assert (quoted.details or {})["replyTo"] == str(first.uuid)
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"done"}


def test_a_contact_that_is_deleted_meanwhile_is_restored(manager):
    contact = resolve_contact(manager.pk, "whatsapp", Person((PHONE,)), actor=ACTOR)
    Contact.objects.update(deleted_at=datetime.now(UTC))
    record_message(arrival(contact), actor=ACTOR)
    kept = Contact.objects.get()
    assert (kept.pk, kept.deleted_at, kept.unread) == (contact.pk, None, 1)


def test_the_message_of_a_contact_merged_meanwhile_goes_to_the_other(manager):
    user = "BR.1502576394655843"
    by_user = resolve_contact(manager.pk, "whatsapp", Person((user,)), actor=ACTOR)
    resolve_contact(manager.pk, "whatsapp", Person((PHONE,)), actor=ACTOR)
    both = Person((PHONE, user))
    merged = resolve_contact(manager.pk, "whatsapp", both, actor=ACTOR)
    assert merged.pk != by_user.pk
    record_message(arrival(by_user), actor=ACTOR)
    assert Message.objects.get().contact_id == merged.pk


def test_a_repeated_message_is_stored_once(manager):
    contact = resolve_contact(manager.pk, "whatsapp", Person((PHONE,)), actor=ACTOR)
    told = arrival(contact, gateway_id="wamid.1")
    first = record_message(told, actor=ACTOR)
    assert record_message(told, actor=ACTOR)["id"] == first["id"]
    assert Contact.objects.get().unread == 1


@pytest.mark.parametrize(
    ("ids", "name", "phone"),
    [
        (("BR.1502576394655843", PHONE), "Maria", int(PHONE)),
        (("BR.1502576394655843",), "Maria", None),
        ((PHONE,), "Maria", None),
    ],
)
def test_new_ids_are_added_to_a_known_contact(manager, ids, name, phone):
    first = resolve_contact(manager.pk, "whatsapp", Person(ids[:1]), actor=ACTOR)
    for _ in range(2):
        resolve_contact(manager.pk, "whatsapp", Person(ids, name), actor=ACTOR)
    contact = Contact.objects.get()
    assert (contact.pk, contact.name, contact.phone) == (first.pk, name, phone)
    aliases = contact.identities.values_list("alias", flat=True)
    assert set(ids) <= set(aliases)


def test_too_many_digits_are_not_a_valid_id(api, manager):
    with pytest.raises(ValueError, match="usable"):
        resolve_contact(manager.pk, "whatsapp", Person(("9" * 20,)), actor=ACTOR)
    known = Person(("9" * 20, "lid:12345"))
    contact = resolve_contact(manager.pk, "whatsapp", known, actor=ACTOR)
    assert contact.external_id == "lid:12345"
    page = Person(("9" * 20,))
    resolve_contact(manager.pk, "facebook", page, actor=ACTOR)
    [listed] = api.get("/api/user/").json()["data"]
    assert sorted(one["id"] for one in listed["contacts"]) == ["9" * 20, "lid:12345"]
