"""Finding the contact of a call that gives no manager."""

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


def test_nobody_and_a_deleted_one_are_not_found(contact):
    with pytest.raises(ContactNotFoundError):
        find(1)
    contact.deleted_at = contact.created_at
    contact.save()
    with pytest.raises(ContactNotFoundError):
        find(551133334444)


def test_two_of_a_name_are_never_guessed(manager, other_manager, mobile):
    twin = builders.make_contact(other_manager, external_id="551187654321")
    with pytest.raises(AmbiguousContactError):
        find(5511987654321)
    assert find(5511987654321, manager_id=manager.pk) == mobile
    assert find(5511987654321, manager_id=other_manager.pk) == twin
    bound = Caller("key", "key:1", frozenset({other_manager.pk}))
    assert find(5511987654321, bound) == twin


def test_both_channels_of_a_manager_are_two(manager):
    whatsapp = builders.make_contact(manager, external_id="7418252963")
    facebook = builders.make_contact(
        manager, channel="facebook", external_id="7418252963"
    )
    with pytest.raises(AmbiguousContactError):
        find("7418252963")
    assert find("7418252963", channel="whatsapp") == whatsapp
    assert find("7418252963", channel="facebook") == facebook


def test_an_operator_narrows_it_to_his_manager(manager, other_manager, mobile, ana):
    builders.make_contact(other_manager, external_id="5511987654321")
    assert find(5511987654321, operator=ana.pk) == mobile
    elsewhere = builders.make_operator(other_manager)
    with pytest.raises(ContactNotFoundError):
        find(5511987654321, manager_id=manager.pk, operator=elsewhere.pk)


@pytest.mark.parametrize("nobodys", [0, -1, 10**9])
def test_an_operator_who_is_not_there_narrows_nothing(mobile, nobodys):
    assert find(5511987654321, operator=nobodys) == mobile


def test_an_operator_out_of_the_callers_reach_narrows_nothing(
    manager, other_manager, mobile
):
    elsewhere = builders.make_operator(other_manager)
    bound = Caller("key", "key:1", frozenset({manager.pk}))
    assert find(5511987654321, bound, operator=elsewhere.pk) == mobile


def test_what_the_caller_may_not_see_is_neither_found_nor_in_the_way(
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
