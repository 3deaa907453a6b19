"""The contract's calls about managers: finding, saving, linking."""

from __future__ import annotations

from managers.models import Manager
from tests import builders
from tests.conftest import Api
from tests.contract.shapes import (
    NUMBER,
    PAGE,
    TOKEN,
    answered,
    contact_shape,
    manager_shape,
    refused,
)

OTHER = 5521400022222


def test_get_user_returns_all_managers_with_their_contacts_oldest_first(
    full_api, manager, other_manager, contact
):
    other = manager_shape(
        name="Oficina Lua",
        email=other_manager.email,
        number=OTHER,
        controllerPort=str(other_manager.controller_port),
        facebookId=other_manager.facebook_id,
        facebookToken=other_manager.facebook_token,
    )
    mine = manager_shape(contacts=[contact_shape(contact)])
    answered(full_api.get("/api/user/"), [mine, other])
    bare = [mine | {"contacts": []}, other]
    answered(full_api.get("/api/user/?contacts=0"), bare)
    answered(full_api.get("/api/user?contacts=1"), [mine, other])


def test_get_user_returns_only_visible_managers(api, other_manager, contact):
    answered(api.get("/api/user/"), [manager_shape(contacts=[contact_shape(contact)])])


def test_get_user_returns_an_empty_list_without_managers(full_api):
    answered(full_api.get("/api/user/"), [])


def test_contacts_with_the_latest_message_are_first_and_without_messages_last(
    api, manager
):
    from datetime import UTC, datetime

    rows = [
        builders.make_contact(manager, last_message_at=at)
        for at in (None, datetime(2026, 1, 1, tzinfo=UTC), None, datetime(2026, 1, 2, tzinfo=UTC))
    ]  # fmt: skip
    expected = [contact_shape(rows[place]) for place in (3, 1, 2, 0)]
    answered(
        api.post("/api/user/", {"number": NUMBER}), manager_shape(contacts=expected)
    )
    answered(
        api.post("/api/user/contact/get", {"number": NUMBER}), {"contacts": expected}
    )
    first = api.post("/api/user/", {"number": NUMBER}).json()["data"]["contacts"][0]
    assert first["lastMessageAt"] == "2026-01-02T00:00:00.000Z"


def test_post_user_returns_the_manager_of_the_number(api, contact):
    answered(
        api.post("/api/user/", {"number": NUMBER}),
        manager_shape(contacts=[contact_shape(contact)]),
    )
    refused(api.post("/api/user/", {"number": 1}), 404, "manager_not_found")


def test_post_user_facebook_returns_the_manager_of_the_page(api, page_contact):
    answered(
        api.post("/api/user/facebook", {"facebookId": PAGE}),
        manager_shape(contacts=[contact_shape(page_contact)]),
    )
    refused(
        api.post("/api/user/facebook", {"facebookId": "1"}), 404, "manager_not_found"
    )


def test_a_manager_without_a_channel_has_null_and_empty_texts(full_api):
    page_only = builders.make_manager(
        name="Só página", email="", number=None, controller_port=None, facebook_id="77"
    )
    answered(
        full_api.post("/api/user/facebook", {"facebookId": 77}),
        manager_shape(
            name="Só página",
            email="",
            number=None,
            controllerPort="",
            facebookId="77",
            facebookToken=page_only.facebook_token,
        ),
    )
    builders.make_manager(
        name="Só número", email="", number=88, facebook_id=None, facebook_token=""
    )
    data = full_api.post("/api/user/", {"number": 88}).json()["data"]
    assert (data["facebookId"], data["facebookToken"]) == ("", "")


def test_a_page_token_is_returned_only_to_a_key_with_secrets(manager):
    api = Api(builders.make_key(manager, secrets=False))
    answered(
        api.post("/api/user/", {"number": NUMBER}), manager_shape(facebookToken="")
    )
    answered(api.get("/api/user/"), [manager_shape(facebookToken="")])


def test_post_user_save_creates_a_manager_or_returns_the_same(full_api):
    body = {
        "name": "name Example",
        "controllerPort": "8888",
        "number": 123456789,
        "facebookId": "369258147",
        "facebookToken": "sajboubcoiaucusnoa",
    }
    made = manager_shape(
        name="name Example",
        email="",
        number=123456789,
        controllerPort="8888",
        facebookToken="sajboubcoiaucusnoa",
    )
    answered(full_api.post("/api/user/save", body), made)
    answered(full_api.post("/api/user/save", body), made)
    fewer = {"name": "name Example", "number": "123456789", "controllerPort": 8888}
    answered(full_api.post("/api/user/save", fewer), made)
    assert Manager.objects.count() == 1


def test_post_user_save_accepts_only_a_number_or_only_a_page(full_api):
    number = {"name": "N", "number": "+55 11 4000-9999", "controllerPort": 9999}
    answered(
        full_api.post("/api/user/save", number),
        manager_shape(
            name="N",
            email="",
            number=551140009999,
            controllerPort="9999",
            facebookId="",
            facebookToken="",
        ),
    )
    page = {"name": "P", "facebookId": 5, "facebookToken": "t", "email": "p@x.example"}
    answered(
        full_api.post("/api/user/save", page),
        manager_shape(
            name="P",
            email="p@x.example",
            number=None,
            controllerPort="",
            facebookId="5",
            facebookToken="t",
        ),
    )


def test_post_user_save_requires_all_fields_of_a_channel(full_api):
    refused(
        full_api.post("/api/user/save", {"name": "N", "number": 5}),
        400,
        "invalid",
        fields=["controllerPort"],
    )
    refused(
        full_api.post("/api/user/save", {"name": "N", "facebookId": "5"}),
        400,
        "invalid",
        fields=["facebookToken"],
    )
    nothing = full_api.post("/api/user/save", {"name": "N"})
    assert nothing.json()["error"]["code"] == "invalid"
    assert {"number", "facebookId"} <= set(nothing.json()["error"]["fields"])
    nameless = {"number": 5, "controllerPort": 5}
    refused(full_api.post("/api/user/save", nameless), 400, "invalid", fields=["name"])
    assert not Manager.objects.exists()


def test_post_user_save_overwrites_nothing(full_api, manager):
    before = list(Manager.objects.values())
    same = {
        "name": "Padaria Estrela",
        "number": NUMBER,
        "controllerPort": "8080",
        "facebookId": PAGE,
        "facebookToken": TOKEN,
        "email": "contato@padaria.example",
    }
    answered(full_api.post("/api/user/save", same), manager_shape())
    for other in (
        {"name": "Outra"},
        {"controllerPort": "8081"},
        {"number": 551140005555},
        {"facebookId": "999"},
        {"facebookToken": "stolen"},
        {"email": "outra@padaria.example"},
    ):
        response = full_api.post("/api/user/save", same | other)
        refused(response, 409, "manager_exists")
    taken_port = {"name": "Nova", "number": 551140005555, "controllerPort": 8080}
    refused(full_api.post("/api/user/save", taken_port), 409, "manager_exists")
    assert list(Manager.objects.values()) == before


def test_post_user_save_is_forbidden_to_keys_bound_to_some_managers(
    api, manager, supervisor, ana
):
    from tests.conftest import signed_in

    body = {"name": "N", "number": 5, "controllerPort": 5}
    for caller in (api, signed_in(supervisor), signed_in(ana.user)):
        refused(caller.post("/api/user/save", body), 403, "forbidden")
    assert Manager.objects.count() == 1
