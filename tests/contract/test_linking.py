"""The contract's call `user/save/facebook`, which links a page and a number."""

from __future__ import annotations

from managers.models import Manager
from tests import builders
from tests.contract.shapes import (
    NUMBER,
    PAGE,
    answered,
    manager_shape,
    refused,
)

OTHER = 5521400022222


def linked(api, **body):
    return api.post("/api/user/save/facebook", body)


def test_post_user_save_facebook_links_a_page_to_a_known_number(full_api):
    builders.make_manager(
        number=5, controller_port=55, facebook_id=None, facebook_token="", name="N", email=""
    )  # fmt: skip
    refused(
        linked(full_api, number=5, facebookId="50"),
        400,
        "invalid",
        fields=["facebookToken"],
    )
    answered(
        linked(full_api, number=5, facebookId="50", facebookToken="t"),
        manager_shape(
            name="N",
            email="",
            number=5,
            controllerPort="55",
            facebookId="50",
            facebookToken="t",
        ),
    )
    # Both belong to the same manager now, so a given token is renewed.
    again = linked(full_api, number=5, facebookId="50", facebookToken="new")
    assert again.json()["data"]["facebookToken"] == "new"
    kept = linked(full_api, number=5, facebookId="50")
    assert kept.json()["data"]["facebookToken"] == "new"


def test_post_user_save_facebook_links_a_number_to_a_known_page(full_api):
    builders.make_manager(
        number=None, controller_port=None, facebook_id="50", facebook_token="t", name="P", email=""
    )  # fmt: skip
    joined = manager_shape(
        name="P",
        email="",
        number=5,
        controllerPort="",
        facebookId="50",
        facebookToken="t",
    )
    answered(linked(full_api, mumber=5, facebookId="50"), joined)
    answered(linked(full_api, number=5, facebookId="50"), joined)
    ported = joined | {"controllerPort": "77"}
    answered(linked(full_api, number=5, facebookId="50", controllerPort=77), ported)
    other_port = linked(full_api, number=5, facebookId="50", controllerPort=78)
    refused(other_port, 409, "manager_exists")
    answered(linked(full_api, number=5, facebookId="50"), ported)


def test_post_user_save_facebook_renews_the_token_when_linking_a_number(full_api):
    builders.make_manager(number=None, controller_port=None, facebook_id="50")
    data = linked(full_api, mumber=5, facebookId="50", facebookToken="n").json()["data"]
    assert (data["number"], data["facebookToken"]) == (5, "n")


def test_post_user_save_facebook_refuses_to_replace_values(full_api, manager):
    before = list(Manager.objects.values())
    refused(linked(full_api, number=1, facebookId="1"), 404, "manager_not_found")
    refused(
        linked(full_api, number=1, facebookId="1", facebookToken="t"),
        404,
        "manager_not_found",
    )
    # The manager already has another page, another number.
    other_page = linked(full_api, number=NUMBER, facebookId="1", facebookToken="t")
    refused(other_page, 409, "manager_exists")
    other_number = linked(full_api, number=1, facebookId=PAGE)
    refused(other_number, 409, "manager_exists")
    assert list(Manager.objects.values()) == before


def test_post_user_save_facebook_refuses_two_managers(full_api, manager, other_manager):
    both = {"number": OTHER, "facebookId": PAGE}
    refused(linked(full_api, **both, facebookToken="t"), 409, "page_taken")
    refused(linked(full_api, **both), 409, "number_taken")


def test_post_user_save_facebook_refuses_the_port_of_another(
    full_api, manager, other_manager
):
    builders.make_manager(number=None, controller_port=None, facebook_id="50")
    response = linked(full_api, mumber=6, facebookId="50", controllerPort=8080)
    refused(response, 409, "manager_exists")
    assert Manager.objects.get(facebook_id="50").number is None


def test_a_number_of_a_foreign_manager_is_a_409(api, manager, other_manager):
    """The one exception to treating foreign rows like missing ones."""
    Manager.objects.filter(pk=manager.pk).update(number=None, controller_port=None)
    refused(linked(api, number=OTHER, facebookId=PAGE), 409, "number_taken")
    foreign = {"number": OTHER, "facebookId": other_manager.facebook_id}
    refused(linked(api, **foreign), 404, "manager_not_found")
