"""The contract's calls about the operator and area of a contact."""

from __future__ import annotations

import pytest

from chats.models import Chat
from tests import builders
from tests.conftest import signed_in
from tests.contract.shapes import (
    FACEBOOK_ID,
    NUMBER,
    PAGE,
    WHATSAPP_ID,
    answered,
    contact_shape,
    refused,
)

SENT = "Contact Send to the operator"
MY = "/api/user/contact/operator/my"
HAND = "/api/user/contact/operator"
AREA = "/api/user/contact/area"


def naming(operator, **over):
    return {
        "number": NUMBER,
        "operatorId": str(operator.pk),
        "contactId": WHATSAPP_ID,
    } | over


def open_chats(contact):
    return Chat.objects.filter(contact=contact, closed_at=None).count()


def test_put_operator_my_claims_the_contact_and_opens_a_chat(api, contact, ana):
    answered(api.put(MY, naming(ana)), SENT)
    contact.refresh_from_db()
    assert contact.operator == ana
    assert open_chats(contact) == 1
    answered(api.put(MY, naming(ana)), SENT)
    assert open_chats(contact) == 1


def test_put_operator_my_claims_through_the_page(api, page_contact, ana):
    body = {
        "facebookId": PAGE,
        "operatorId": ana.pk,
        "contactId": int(FACEBOOK_ID),
    }
    answered(api.put(MY, body), SENT)
    page_contact.refresh_from_db()
    assert page_contact.operator == ana


def test_put_operator_my_fails_if_another_operator_was_first(
    api, manager, sales, contact, ana
):
    carla = builders.make_operator(manager, sales, name="Carla")
    answered(api.put(MY, naming(ana)), SENT)
    refused(
        api.put(MY, naming(carla)),
        409,
        "already_answered",
        operatorId=str(ana.pk),
        operatorName="Ana",
    )
    contact.refresh_from_db()
    assert contact.operator == ana


def test_put_operator_my_of_an_invisible_contact_is_forbidden(api, contact, bruno):
    refused(api.put(MY, naming(bruno)), 403, "forbidden")
    contact.refresh_from_db()
    assert contact.operator is None
    assert open_chats(contact) == 0


def test_an_operators_session_claims_only_for_himself(contact, manager, sales, ana):
    carla = builders.make_operator(manager, sales, name="Carla")
    session = signed_in(carla.user)
    refused(session.put(MY, naming(ana)), 403, "forbidden")
    answered(session.put(MY, naming(carla)), SENT)


def test_contacts_that_an_operators_session_may_not_see_are_not_found(
    contact, ana, bruno
):
    session = signed_in(bruno.user)
    refused(session.put(MY, naming(bruno)), 404, "contact_not_found")


@pytest.mark.parametrize("path", [MY, HAND])
def test_claiming_and_handing_over_refuse_missing_rows(
    api, contact, page_contact, ana, other_manager, path
):
    foreign = builders.make_operator(other_manager)
    for over, code in (
        ({"number": 1}, "manager_not_found"),
        ({"contactId": 551100000000}, "contact_not_found"),
        # Beside a number it means WhatsApp, beside a page Facebook.
        ({"contactId": FACEBOOK_ID}, "contact_not_found"),
        ({"operatorId": "999999"}, "operator_not_found"),
        ({"operatorId": str(foreign.pk)}, "operator_not_found"),
    ):
        refused(api.put(path, naming(ana, **over)), 404, code)
    page = {"facebookId": PAGE, "operatorId": str(ana.pk), "contactId": WHATSAPP_ID}
    refused(api.put(path, page), 404, "contact_not_found")


@pytest.mark.parametrize("path", [MY, HAND])
def test_errors_are_in_the_order_of_the_contract(api, contact, ana, path):
    nothing = naming(ana, number=1, contactId=5, operatorId="999999")
    refused(api.put(path, nothing), 404, "manager_not_found")
    refused(api.put(path, nothing | {"number": NUMBER}), 404, "contact_not_found")


def test_claiming_for_operator_zero_is_operator_not_found(api, contact):
    body = {"number": NUMBER, "operatorId": 0, "contactId": WHATSAPP_ID}
    refused(api.put(MY, body), 404, "operator_not_found")


def test_put_operator_hands_over_from_any_operator_and_opens_no_chat(
    api, contact, ana, bruno
):
    for operator in (ana, bruno, bruno, ana):
        answered(api.put(HAND, naming(operator)), SENT)
        contact.refresh_from_db()
        assert contact.operator == operator
    assert open_chats(contact) == 0


def test_put_operator_with_operator_zero_releases(api, contact, ana):
    api.put(HAND, naming(ana))
    for nobody in (0, "0"):
        body = {"number": NUMBER, "operatorId": nobody, "contactId": WHATSAPP_ID}
        answered(api.put(HAND, body), SENT)
        contact.refresh_from_db()
        assert contact.operator is None


def test_an_operators_session_may_hand_over_to_a_colleague(contact, ana, bruno):
    answered(signed_in(ana.user).put(HAND, naming(bruno)), SENT)
    contact.refresh_from_db()
    assert contact.operator == bruno


def test_put_area_moves_the_contact(api, contact, support):
    body = {"number": NUMBER, "area": "suporte", "contactNumber": WHATSAPP_ID}
    answered(api.put(AREA, body), "Contact changed Area")
    contact.refresh_from_db()
    assert contact.area == support
    answered(api.put(AREA, body), "Contact changed Area")


def test_put_area_accepts_a_page_and_its_contact(api, page_contact, support):
    body = {"facebookId": PAGE, "area": "Suporte", "contactId": FACEBOOK_ID}
    answered(api.put(AREA, body), "Contact changed Area")
    page_contact.refresh_from_db()
    assert page_contact.area == support


def test_put_area_releases_an_operator_who_does_not_serve_the_new_area(
    api, manager, contact, sales, support, ana
):
    both = builders.make_operator(manager, sales, support, name="Carla")
    body = {"number": NUMBER, "area": "suporte", "contactNumber": WHATSAPP_ID}
    for operator, left in ((both, both), (ana, None)):
        type(contact).objects.filter(pk=contact.pk).update(
            operator=operator, area=sales
        )
        answered(api.put(AREA, body), "Contact changed Area")
        contact.refresh_from_db()
        assert (contact.area, contact.operator) == (support, left)


def test_put_area_refuses(api, contact, sales):
    body = {"number": NUMBER, "area": "vendas", "contactNumber": WHATSAPP_ID}
    for over, code in (
        ({"number": 1, "contactNumber": 5, "area": "x"}, "manager_not_found"),
        ({"contactNumber": 5, "area": "x"}, "contact_not_found"),
        ({"area": "x"}, "area_not_found"),
    ):
        refused(api.put(AREA, body | over), 404, code)
    refused(api.put(AREA, {"number": NUMBER, "contactNumber": 5}), 400, "invalid", fields=["area"])  # fmt: skip


def test_the_operator_of_an_open_chat_is_the_contacts(api, contact, ana):
    api.put(MY, naming(ana))
    shown = api.post("/api/user/contact/get", {"number": NUMBER}).json()["data"]
    assert shown["contacts"] == [contact_shape(operatorId=str(ana.pk))]
    chat = api.post("/api/chat/new", {"contactNumber": WHATSAPP_ID}).json()["data"]
    assert chat["operatorId"] == str(ana.pk)
