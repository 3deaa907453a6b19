"""The contract's calls that save a contact, change its `sa` and delete it."""

from __future__ import annotations

import pytest

from areas.models import Area
from chats.models import Chat
from contacts.models import Contact
from tests import builders
from tests.contract.shapes import (
    FACEBOOK_ID,
    NUMBER,
    PAGE,
    PROTOCOL,
    WHATSAPP_ID,
    answered,
    contact_shape,
    page_contact_shape,
    refused,
)

SAVE = "/api/user/contact/save"
SAVE_PAGE = "/api/user/contact/save/facebook"
SA = "/api/user/contact/sa"
DELETE = "/api/user/contact/"
MARIA = {"number": NUMBER, "contactNumber": WHATSAPP_ID, "name": "Maria Souza"}
JOAO = {"facebookId": PAGE, "contactId": FACEBOOK_ID, "name": "João Lima"}


@pytest.mark.parametrize(
    ("path", "body", "shape"),
    [(SAVE, MARIA, contact_shape), (SAVE_PAGE, JOAO, page_contact_shape)],
)
def test_saving_adds_a_contact(api, manager, path, body, shape):
    answered(api.post(path, body), shape(area=""))
    answered(
        api.post("/api/user/contact/get", {"number": NUMBER}),
        {"contacts": [shape(area="")]},
    )


@pytest.mark.parametrize(
    ("path", "body", "shape"),
    [(SAVE, MARIA, contact_shape), (SAVE_PAGE, JOAO, page_contact_shape)],
)
def test_saving_accepts_all_optional_fields(api, sales, ana, path, body, shape):
    full = body | {
        "photo": "Not Required",
        "area": "vendas",
        "protocol": "protocol Id",
        "operatorId": str(ana.pk),
    }
    saved = shape(photo="Not Required", protocol="protocol Id", operatorId=str(ana.pk))
    answered(api.post(path, full), saved)
    answered(api.post(path, full), saved)


@pytest.mark.parametrize(("path", "body"), [(SAVE, MARIA), (SAVE_PAGE, JOAO)])
def test_saving_again_changes_only_the_given_fields(
    api, sales, support, ana, bruno, path, body
):
    full = {"photo": "p", "area": "vendas", "protocol": "P1", "operatorId": ana.pk}
    first = api.post(path, body | full).json()["data"]
    Contact.objects.update(sa=7)
    renamed = first | {"name": "Outro nome", "sa": 7}
    answered(api.post(path, body | {"name": "Outro nome"}), renamed)
    moved = renamed | {"area": "suporte", "photo": "", "protocol": "P2"}
    change = body | {
        "name": "Outro nome",
        "area": "suporte",
        "photo": "",
        "protocol": "P2",
        "operatorId": bruno.pk,
    }
    answered(api.post(path, change), moved)
    assert Contact.objects.count() == 1


def test_a_missing_area_is_created_and_flagged(api, manager):
    answered(
        api.post(SAVE, MARIA | {"area": "Nova área"}), contact_shape(area="Nova área")
    )
    area = Area.objects.get()
    assert (area.code, area.manager, area.needs_review) == ("Nova área", manager, True)
    answered(
        api.post(SAVE, MARIA | {"area": "Nova área"}), contact_shape(area="Nova área")
    )
    assert Area.objects.count() == 1


def test_an_area_given_by_its_name_is_not_created(api, sales):
    answered(api.post(SAVE, MARIA | {"area": "Vendas"}), contact_shape())
    assert Area.objects.count() == 1


def test_a_protocol_given_while_a_chat_is_open_is_ignored(api, manager):
    api.post(SAVE, MARIA | {"protocol": "P1"})
    chat = api.post("/api/chat/new", {"contactNumber": WHATSAPP_ID}).json()["data"]
    assert chat["protocol"] == "P1"
    kept = contact_shape(area="", protocol="P1")
    answered(api.post(SAVE, MARIA | {"protocol": "P2"}), kept)
    api.delete("/api/chat/", {"contactId": WHATSAPP_ID})
    answered(api.post(SAVE, MARIA | {"protocol": "P2"}), kept | {"protocol": "P2"})


def test_a_new_contact_without_a_protocol_gets_one_of_its_own(api, manager):
    protocols = {
        api.post(SAVE, MARIA | {"contactNumber": number}).json()["data"]["protocol"]
        for number in range(551130000001, 551130000006)
    }
    assert len(protocols) == 5
    assert all(protocol == PROTOCOL for protocol in protocols)


def test_two_spellings_of_a_number_are_one_contact(api, manager):
    short = MARIA | {"contactNumber": 551187654321}
    long = MARIA | {"contactNumber": "+55 11 98765-4321"}
    saved = contact_shape(id=551187654321, area="")
    answered(api.post(SAVE, short), saved)
    answered(api.post(SAVE, long | {"name": "M"}), saved | {"name": "M"})
    answered(api.delete(DELETE, long), "Contact deleted")
    assert Contact.objects.count() == 1


def test_a_contact_without_a_phone_is_identified_by_its_id(api, sales, ana):
    who = {"number": NUMBER, "contactId": "BR.1502576394655843"}
    saved = contact_shape(id="BR.1502576394655843", name="M", area="")
    answered(api.post(SAVE, who | {"name": "M"}), saved)
    answered(api.put(f"{SA}/increase", who), -99)
    answered(
        api.put("/api/user/contact/area", who | {"area": "vendas"}),
        "Contact changed Area",
    )
    answered(
        api.put("/api/user/contact/operator/my", who | {"operatorId": ana.pk}),
        "Contact Send to the operator",
    )
    shown = saved | {"area": "vendas", "operatorId": str(ana.pk), "sa": -99}
    answered(
        api.post("/api/user/contact/get", {"number": NUMBER}), {"contacts": [shown]}
    )
    answered(api.delete(DELETE, who), "Contact deleted")


def test_a_contact_id_that_is_a_valid_phone_number_is_a_phone(api, manager):
    body = {"number": NUMBER, "contactId": "+55 11 3333-4444", "name": "Maria Souza"}
    answered(api.post(SAVE, body), contact_shape(area=""))


@pytest.mark.parametrize(
    ("path", "body"), [(SAVE, MARIA), (SAVE_PAGE, JOAO), (SA, JOAO)]
)
def test_saving_refuses(api, manager, other_manager, path, body):
    foreign = builders.make_operator(other_manager)
    gone = dict.fromkeys({"number", "facebookId"} & set(body), "44")
    refused(api.post(path, body | gone), 404, "manager_not_found")
    for operator in ("999999", str(foreign.pk)):
        refused(
            api.post(path, body | {"operatorId": operator}), 404, "operator_not_found"
        )
    assert not Contact.objects.exists()


def test_the_same_person_may_be_a_contact_of_two_managers_and_channels(
    full_api, manager, other_manager
):
    for body in (
        MARIA,
        MARIA | {"number": other_manager.number},
        JOAO | {"contactId": WHATSAPP_ID},
    ):
        path = SAVE_PAGE if "facebookId" in body else SAVE
        assert full_api.post(path, body).status_code == 200
    assert Contact.objects.count() == 3


def test_post_sa_adds_a_contact_and_returns_its_sa(api, manager):
    answered(api.post(SA, JOAO), 1)
    Contact.objects.update(sa=5)
    answered(api.post(SA, JOAO | {"name": "X", "photo": "p", "area": "x"}), 5)
    contact = Contact.objects.get()
    assert (contact.name, contact.photo, contact.area) == ("João Lima", "", None)
    Contact.objects.update(sa=0)
    answered(api.post(SA, JOAO), 0)


@pytest.mark.parametrize(("path", "step"), [("increase", 1), ("decrease", -1)])
def test_put_sa_changes_it_by_one(api, page_contact, contact, path, step):
    body = {"facebookId": PAGE, "contactId": FACEBOOK_ID}
    for times in (1, 2, 3):
        answered(api.put(f"{SA}/{path}", body), 1 + step * times)
    whatsapp = {"number": NUMBER, "contactNumber": WHATSAPP_ID}
    answered(api.put(f"{SA}/{path}", whatsapp), -100 + step)
    refused(
        api.put(f"{SA}/{path}", body | {"facebookId": "1"}), 404, "manager_not_found"
    )
    refused(
        api.put(f"{SA}/{path}", body | {"contactId": "1"}), 404, "contact_not_found"
    )


@pytest.mark.parametrize(
    ("body", "save", "again"),
    [
        ({"number": NUMBER, "contactNumber": WHATSAPP_ID}, SAVE, MARIA),
        ({"facebookId": PAGE, "contactId": FACEBOOK_ID}, SAVE_PAGE, JOAO),
    ],
)
def test_delete_contact_closes_its_chat_and_saving_restores_it_as_new(
    api, sales, ana, body, save, again
):
    first = api.post(
        save, again | {"area": "vendas", "operatorId": ana.pk, "photo": "p"}
    )
    Contact.objects.update(sa=9)
    contact = Contact.objects.get()
    builders.make_message(builders.make_chat(contact), content="oi")
    answered(api.delete(DELETE, body), "Contact deleted")
    assert not Chat.objects.filter(closed_at=None).exists()
    answered(api.post("/api/user/contact/get", {"number": NUMBER}), {"contacts": []})
    refused(api.delete(DELETE, body), 404, "contact_not_found")
    revived = api.post(save, again)
    fresh = {
        "area": "",
        "operatorId": "0",
        "sa": 1 if "facebookId" in body else -100,
        "unread": 0,
        "protocol": PROTOCOL,
        "lastMessageAt": None,
        "photo": revived.json()["data"]["photo"],
    }
    answered(revived, first.json()["data"] | fresh)
    assert Contact.objects.count() == 1


def test_delete_contact_refuses(api, contact):
    body = {"number": NUMBER, "contactNumber": WHATSAPP_ID}
    refused(api.delete(DELETE, body | {"number": 1}), 404, "manager_not_found")
    refused(api.delete(DELETE, body | {"contactNumber": 1}), 404, "contact_not_found")
    refused(
        api.delete(DELETE, {"facebookId": PAGE, "contactId": str(WHATSAPP_ID)}),
        404,
        "contact_not_found",
    )


def test_texts_have_the_lengths_of_the_contract(api, manager):
    longest = {"name": 200, "photo": 2048, "area": 64, "protocol": 64}
    for name, length in longest.items():
        for text in ("é" * length, "\U0001f600" * length):
            assert api.post(SAVE, MARIA | {name: text}).status_code == 200, name
        refused(
            api.post(SAVE, MARIA | {name: "x" * (length + 1)}),
            400,
            "invalid",
            fields=[name],
        )
