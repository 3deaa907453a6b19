"""POST api/user/contact/save of a contact that was deleted"""

import pytest

from contacts.models import Contact
from tests import builders
from tests.contacts.shapes import (
    contact_shape,
)

PATH = "/api/user/contact/save"
DELETE = "/api/user/contact/"


@pytest.fixture
def body(manager):
    return {"number": manager.number, "contactNumber": 551133334444, "name": "Maria"}


def test_a_deleted_contact_is_restored_as_a_new_one(api, body, contact, sales, ana):
    chat = builders.make_chat(contact)
    builders.make_message(chat)
    Contact.objects.update(
        sa=9, operator=ana, unread=1, last_message_at=chat.opened_at, photo="p"
    )
    before = Contact.objects.get().protocol
    api.delete(DELETE, body)
    shape = api.post(PATH, body | {"name": "Maria S."}).json()["data"]
    protocol = shape["protocol"]
    assert shape == contact_shape(contact) | {
        "id": 551133334444,
        "name": "Maria S.",
        "photo": "p",
        "area": "",
        "operatorId": "0",
        "sa": -100,
        "unread": 0,
        "lastMessageAt": None,
    }
    assert protocol not in (before, chat.protocol)
    assert Contact.objects.count() == 1


def test_a_deleted_contact_is_restored_with_the_given_values(
    api, body, contact, support, bruno
):
    api.delete(DELETE, body)
    fields = {"photo": "", "area": "suporte", "operatorId": bruno.pk, "protocol": "P9"}
    shape = api.post(PATH, body | fields).json()["data"]
    assert shape == contact_shape(contact)
    assert (shape["area"], shape["operatorId"], shape["protocol"]) == (
        "suporte",
        str(bruno.pk),
        "P9",
    )


def test_a_deleted_contact_is_restored_with_its_first_id(api, body):
    api.post(PATH, body | {"contactNumber": 5511987654321})
    api.delete(DELETE, body | {"contactNumber": 5511987654321})
    shape = api.post(PATH, body | {"contactNumber": 551187654321}).json()["data"]
    assert shape["id"] == 5511987654321
