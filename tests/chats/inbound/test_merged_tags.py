"""Merged contacts have the tags of both."""

from __future__ import annotations

from chats.conversations.audit import Actor
from chats.gateways.events import Person
from chats.inbound.contact_merge import resolve_contact
from contacts.models import Tag, Tagging
from tests import builders

ACTOR = Actor("gateway:whatsapp")


def tagged(manager, contact, *numbers):
    for number in numbers:
        tag, _ = Tag.objects.get_or_create(
            manager=manager, code=f"t{number}", name=f"T{number}"
        )
        Tagging.objects.create(manager=manager, contact=contact, tag=tag)


def merged(manager, first, second):
    ids = (first.external_id, second.external_id)
    return resolve_contact(manager.pk, "whatsapp", Person(ids=ids), actor=ACTOR)


def codes(contact):
    return set(
        Tag.objects.filter(taggings__contact=contact).values_list("code", flat=True)
    )


def test_the_tags_of_both_are_united(manager):
    first, second = (builders.make_contact(manager) for _ in range(2))
    tagged(manager, first, 1, 2)
    tagged(manager, second, 2, 3)
    contact = merged(manager, first, second)
    assert codes(contact) == {"t1", "t2", "t3"}
    assert Tagging.objects.count() == 3


def test_no_contact_gets_more_than_twenty(manager):
    first, second = (builders.make_contact(manager) for _ in range(2))
    tagged(manager, first, *range(15))
    tagged(manager, second, *range(10, 30))
    contact = merged(manager, first, second)
    assert {f"t{n}" for n in range(15)} < codes(contact)
    assert Tagging.objects.count() == 20
