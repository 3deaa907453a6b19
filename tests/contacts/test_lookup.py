"""Finding the contact of a call that does not give the manager."""

import pytest

from contacts.lookup import find_one
from hci_center.api.parsers import parse_contact_key
from hci_center.callers import Caller
from hci_center.errors import AmbiguousContactError, ContactNotFoundError
from tests import builders

KEY = Caller("key", "key:1", None)


def find(text, caller=KEY, **narrowed):
    return find_one(caller, parse_contact_key(text), **narrowed)


@pytest.fixture
def mobile(manager, sales):
    return builders.make_contact(manager, external_id="5511987654321", area=sales)


def test_any_spelling_finds_it(mobile):
    for text in (5511987654321, "551187654321", "+55 (11) 8765-4321"):
        assert find(text) == mobile


def test_it_is_a_number_or_a_facebook_id(contact, page_contact):
    assert find(551133334444) == contact
    assert find("7418252963") == page_contact


def test_unknown_and_deleted_contacts_are_not_found(contact):
    with pytest.raises(ContactNotFoundError):
        find(1)
    contact.deleted_at = contact.created_at
    contact.save()
    with pytest.raises(ContactNotFoundError):
        find(551133334444)


def test_a_number_of_two_contacts_is_ambiguous(manager, other_manager, mobile):
    twin = builders.make_contact(other_manager, external_id="551187654321")
    with pytest.raises(AmbiguousContactError):
        find(5511987654321)
    assert find(5511987654321, manager_id=manager.pk) == mobile
    assert find(5511987654321, manager_id=other_manager.pk) == twin
    bound = Caller("key", "key:1", frozenset({other_manager.pk}))
    assert find(5511987654321, bound) == twin


def test_an_id_of_both_channels_is_ambiguous(manager):
    whatsapp = builders.make_contact(manager, external_id="7418252963")
    facebook = builders.make_contact(
        manager, channel="facebook", external_id="7418252963"
    )
    with pytest.raises(AmbiguousContactError):
        find("7418252963")
    assert find("7418252963", channel="whatsapp") == whatsapp
    assert find("7418252963", channel="facebook") == facebook


def test_an_operator_determines_the_manager(manager, other_manager, mobile, ana):
    builders.make_contact(other_manager, external_id="5511987654321")
    assert find(5511987654321, operator=ana.pk) == mobile
    elsewhere = builders.make_operator(other_manager)
    with pytest.raises(ContactNotFoundError):
        find(5511987654321, manager_id=manager.pk, operator=elsewhere.pk)


@pytest.mark.parametrize("nobodys", [0, -1, 10**9])
def test_an_unknown_operator_is_ignored(mobile, nobodys):
    assert find(5511987654321, operator=nobodys) == mobile


def test_an_operator_of_a_foreign_manager_is_ignored(manager, other_manager, mobile):
    elsewhere = builders.make_operator(other_manager)
    bound = Caller("key", "key:1", frozenset({manager.pk}))
    assert find(5511987654321, bound, operator=elsewhere.pk) == mobile


def test_invisible_contacts_are_not_found_and_not_ambiguous(
    manager, mobile, sales, support, ana, bruno
):
    def session(operator, area):
        areas = frozenset({area.pk})
        return Caller("operator", "user:1", frozenset({manager.pk}), operator.pk, areas)

    assert find(5511987654321, session(ana, sales)) == mobile
    with pytest.raises(ContactNotFoundError):
        find(5511987654321, session(bruno, support))
    his = builders.make_contact(
        manager, channel="facebook", external_id="5511987654321", area=support
    )
    assert find(5511987654321, session(bruno, support)) == his
