"""National and international spellings of a Brazilian number are one person."""

from __future__ import annotations

import pytest

from chats.conversations.audit import Actor
from chats.gateways.events import Person
from chats.inbound.contact_merge import resolve_contact
from contacts.models import Contact
from contacts.phone_numbers import as_reported, as_written, is_complete
from tests.builders import make_contact
from tests.conftest import signed_in

BRAZILIAN = 551140000000
PORTUGUESE = 351210000000


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("11 98888-7777", "5511988887777"),
        ("(11) 98888-7777", "5511988887777"),
        ("011 98888-7777", "5511988887777"),
        ("0 15 11 98888-7777", "5511988887777"),
        ("11 8888-7777", "551188887777"),
        ("11 3333-4444", "551133334444"),
        ("55 11 98888-7777", "5511988887777"),
        ("+55 11 98888-7777", "5511988887777"),
        ("45 3333-4444", "554533334444"),
        ("+45 33 33 44 44", "4533334444"),
        ("351 912 345 678", "351912345678"),
    ],
)
def test_numbers_written_by_people_are_normalized(text, digits):
    assert as_written(text, BRAZILIAN) == digits


@pytest.mark.parametrize("home", [None, PORTUGUESE, 5511])
def test_foreign_managers_keep_the_digits(home):
    assert as_written("11 98888-7777", home) == "11988887777"
    assert as_reported("11988887777", home) == "11988887777"


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("11988887777", "5511988887777"),
        ("1188887777", "551188887777"),
        ("5511988887777", "5511988887777"),
        # A Danish number, though its digits could be a landline of Paraná.
        ("4533334444", "4533334444"),
        ("BR.1502576394655843", "BR.1502576394655843"),
        ("lid:186217734951", "lid:186217734951"),
        ("123", "123"),
    ],
)
def test_numbers_reported_by_gateways_are_normalized(name, digits):
    assert as_reported(name, BRAZILIAN) == digits


@pytest.mark.parametrize(
    ("digits", "complete"),
    [
        ("5511988887777", True),
        ("551188887777", True),
        ("551133334444", True),
        ("351912345678", True),
        ("988887777", False),
        ("11", False),
        ("999999999999999", False),
    ],
)
def test_a_complete_number_has_country_and_area_code(digits, complete):
    assert is_complete(digits) is complete


@pytest.mark.django_db
def test_a_gateways_national_spelling_finds_the_contact(manager):
    manager.number = BRAZILIAN
    manager.save()
    contact = make_contact(manager, external_id="5511988887777")
    found = resolve_contact(
        manager.pk,
        "whatsapp",
        Person(("11988887777",)),
        actor=Actor("key:7"),
        manager_number=manager.number,
    )
    assert found.pk == contact.pk
    assert Contact.objects.count() == 1


@pytest.fixture
def brazilian(manager):
    manager.number = BRAZILIAN
    manager.save()
    return manager


def save(client, number):
    return client.post(
        "/api/user/contact/save",
        {"number": BRAZILIAN, "name": "Maria", "contactNumber": number},
    ).json()["data"]["id"]


def test_a_controllers_id_is_kept_and_a_typed_number_is_normalized(api, brazilian, ana):
    assert save(api, "11988886666") == 11988886666
    person = signed_in(ana.user)
    assert save(person, "11 98888-7777") == 5511988887777
    # The controller's contact is found by its own id.
    assert save(person, 11988886666) == 11988886666


@pytest.mark.django_db
def test_a_contact_is_found_by_username_and_phone(api, manager, sales):
    def hear(*ids):
        return resolve_contact(
            manager.pk, "whatsapp", Person(ids, "Zoë"), actor=Actor("key:7")
        )

    first = hear("BR.1502576394655843")
    assert "phone" not in listed(api, manager)
    both = hear("5511988887777", "BR.1502576394655843")
    assert both.pk == first.pk
    shown = listed(api, manager)
    assert (shown["id"], shown["phone"]) == ("BR.1502576394655843", 5511988887777)
    for contact in (5511988887777, 551188887777, "BR.1502576394655843"):
        fields = {"number": manager.number, "name": "Zoë", "contactId": contact}
        if isinstance(contact, int):
            fields["contactNumber"] = fields.pop("contactId")
        answer = api.post("/api/user/contact/save", fields)
        assert answer.json()["data"]["id"] == "BR.1502576394655843"
    assert Contact.objects.count() == 1


def listed(api, manager):
    answer = api.post("/api/user/contact/get", {"number": manager.number})
    [contact] = answer.json()["data"]["contacts"]
    return contact
