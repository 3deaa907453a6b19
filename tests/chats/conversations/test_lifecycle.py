"""Chats open and close, and an operator who leaves releases all contacts."""

import pytest
from django.db import IntegrityError, transaction

from chats.conversations import assignment, lifecycle
from chats.conversations.audit import Actor, act_as, actor_of
from chats.models import Chat, ChatEvent
from contacts.models import Contact
from hci_center.callers import Caller
from hci_center.errors import (
    ChatNotFoundError,
    ContactNotFoundError,
    ForbiddenError,
)
from tests import builders
from tests.contacts.shapes import ledger

BOT = Actor("key:1")


def test_the_first_chat_has_the_contacts_protocol(contact):
    before = contact.protocol
    chat = lifecycle.open_chat(contact, actor=BOT)
    assert (chat.protocol, contact.protocol) == (before, before)
    assert Chat.objects.get() == chat


def test_a_protocol_of_an_earlier_chat_of_the_manager_is_replaced(
    manager, other_manager, contact
):
    elsewhere = builders.make_contact(other_manager)
    builders.make_chat(elsewhere, protocol=contact.protocol)
    same = lifecycle.open_chat(contact, actor=BOT).protocol
    assert same == contact.protocol
    another = builders.make_contact(manager, protocol=same)
    issued = lifecycle.open_chat(another, actor=BOT).protocol
    assert issued != same
    assert issued.startswith("BR")
    assert another.protocol == issued
    another.refresh_from_db()
    assert another.protocol == issued


def test_an_open_chat_is_returned_unchanged(contact):
    chat = lifecycle.open_chat(contact, actor=BOT)
    assert lifecycle.open_chat(contact, actor=BOT) == chat
    assert ledger(contact) == [("opened", "vendas", None)]


def test_no_chat_opens_for_a_deleted_contact(contact):
    assignment.delete_contact(contact, actor=BOT)
    with pytest.raises(ContactNotFoundError):
        lifecycle.open_chat(contact, actor=BOT)
    assert not Chat.objects.exists()


def test_closing_releases_the_contact_and_nothing_is_unread(contact, ana):
    chat = lifecycle.open_chat(contact, actor=BOT)
    Contact.objects.update(operator=ana, unread=3)
    lifecycle.close_chat(contact, actor=Actor("user:1", ana.pk))
    contact.refresh_from_db()
    chat.refresh_from_db()
    assert (contact.operator, contact.unread, contact.area.code) == (None, 0, "vendas")
    assert chat.closed_at > chat.opened_at
    line = ChatEvent.objects.last()
    assert (line.kind, line.operator, line.actor, line.acting_operator) == (
        "closed",
        None,
        "user:1",
        ana,
    )


def test_without_an_open_chat_nothing_is_closed(contact, ana):
    Contact.objects.update(operator=ana)
    with pytest.raises(ChatNotFoundError):
        lifecycle.close_chat(contact, actor=BOT)
    contact.refresh_from_db()
    assert contact.operator == ana


def test_a_contact_may_have_any_number_of_closed_chats(contact):
    for _ in range(3):
        lifecycle.open_chat(contact, actor=BOT)
        lifecycle.close_chat(contact, actor=BOT)
    protocols = set(Chat.objects.values_list("protocol", flat=True))
    assert len(protocols) == 3
    assert [kind for kind, *_ in ledger(contact)] == ["opened", "closed"] * 3


def test_a_deactivated_operator_releases_all_contacts(manager, sales, ana, bruno):
    held = [builders.make_contact(manager, area=sales, operator=ana) for _ in range(3)]
    with_chat = held[0]
    builders.make_chat(with_chat)
    others = builders.make_contact(manager, operator=bruno)
    assert assignment.release_contacts_of(ana, actor=BOT) == 3
    assert not Contact.objects.filter(operator=ana).exists()
    others.refresh_from_db()
    assert others.operator == bruno
    assert ledger(with_chat) == [("released", "vendas", None)]
    assert ChatEvent.objects.count() == 1
    assert assignment.release_contacts_of(ana, actor=BOT) == 0


@pytest.mark.parametrize(
    "change",
    [lambda lines: lines.update(actor="x"), lambda lines: lines.delete()],
    ids=["update", "delete"],
)
def test_the_ledger_is_never_changed(contact, change):
    lifecycle.open_chat(contact, actor=BOT)
    with pytest.raises(IntegrityError), transaction.atomic():
        change(ChatEvent.objects.all())
    assert ledger(contact) == [("opened", "vendas", None)]


def test_the_protocol_of_a_chat_cannot_be_changed(contact):
    lifecycle.open_chat(contact, actor=BOT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Chat.objects.update(protocol="another")


def test_the_actor_is_the_credential_and_the_given_operator():
    key = Caller("key", "key:7", None)
    assert act_as(key, 12) == Actor("key:7", 12)
    assert act_as(key, 0) == Actor("key:7", None)
    assert actor_of(key) == Actor("key:7", None)
    supervisor = Caller("supervisor", "user:3", frozenset({1}))
    assert act_as(supervisor, 12) == Actor("user:3", 12)


def test_an_operators_session_acts_only_for_him():
    session = Caller("operator", "user:5", frozenset({1}), operator=12)
    assert act_as(session, 12) == actor_of(session) == Actor("user:5", 12)
    for other in (13, 0, -1):
        with pytest.raises(ForbiddenError):
            act_as(session, other)
