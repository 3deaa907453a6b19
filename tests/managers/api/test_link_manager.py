"""POST api/user/save/facebook: a page for a number, or a number for a page.

Covers every row of the contract's table, with managers that the caller may access.
"""

import pytest

from managers.models import Manager
from tests.builders import make_contact, make_key, make_supervisor
from tests.conftest import Api, signed_in
from tests.managers.api.linking import (
    NUMBER,
    NUMBER_TAKEN,
    PAGE,
    PAGE_TAKEN,
    PORT,
    TOKEN,
    TOKEN_MISSING,
    assert_refused,
    link,
    make,
    shape,
)
from tests.managers.shapes import EXISTS, FORBIDDEN, NOT_FOUND, contact_of

# Known managers that are linked ----------------------------------------------


def test_a_page_is_linked_to_the_numbers_manager(full_api):
    there = make(number=NUMBER, controller_port=PORT)
    contact = make_contact(there)
    answer = link(full_api, facebookToken=TOKEN)
    assert answer.status_code == 200
    assert answer.json() == shape(
        controllerPort=str(PORT), contacts=[contact_of(contact)]
    )
    there.refresh_from_db()
    assert (there.facebook_id, there.facebook_token) == (PAGE, TOKEN)
    assert Manager.objects.count() == 1


def test_a_number_given_as_mumber_is_linked_to_the_pages_manager(full_api):
    there = make(facebook_id=PAGE, facebook_token="kept")
    answer = full_api.post(
        "/api/user/save/facebook", {"facebookId": PAGE, "mumber": NUMBER}
    )
    assert answer.status_code == 200
    assert answer.json() == shape(facebookToken="kept")
    there.refresh_from_db()
    assert (there.number, there.controller_port) == (NUMBER, None)


def test_a_form_is_accepted(full_api):
    make(facebook_id=PAGE, facebook_token="kept")
    answer = full_api.post(
        "/api/user/save/facebook/",
        form={"facebookId": PAGE, "mumber": "+55 31 99999-0000"},
    )
    assert answer.json() == shape(facebookToken="kept")


def test_a_token_given_when_linking_a_number_is_renewed(full_api):
    there = make(facebook_id=PAGE, facebook_token="old")
    assert link(full_api, facebookToken=TOKEN).json() == shape()
    there.refresh_from_db()
    assert (there.number, there.facebook_token) == (NUMBER, TOKEN)


def test_a_token_is_renewed_if_both_belong_to_one_manager(full_api):
    make(number=NUMBER, facebook_id=PAGE, facebook_token="old", controller_port=PORT)
    answer = link(full_api, facebookToken=TOKEN)
    assert answer.json() == shape(controllerPort=str(PORT))


def test_linking_both_ids_of_one_manager_changes_nothing(full_api):
    make(number=NUMBER, facebook_id=PAGE, facebook_token="kept", controller_port=PORT)
    expected = shape(facebookToken="kept", controllerPort=str(PORT))
    assert link(full_api).json() == expected
    assert link(full_api, controllerPort=PORT).json() == expected


@pytest.mark.parametrize(
    "known",
    [
        {"number": NUMBER},
        {"facebook_id": PAGE},
        {"number": NUMBER, "facebook_id": PAGE},
    ],
)
def test_a_missing_port_is_set(full_api, known):
    there = make(**known)
    answer = link(full_api, facebookToken=TOKEN, controllerPort=str(PORT))
    assert answer.json() == shape(controllerPort=str(PORT))
    there.refresh_from_db()
    assert there.controller_port == PORT


def test_a_repeated_call_returns_the_same(full_api):
    make(number=NUMBER)
    first = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    again = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    assert again.content == first.content


# Refusals --------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"facebookToken": TOKEN}])
def test_two_unknown_ids_are_404(full_api, other_manager, more):
    assert_refused(link(full_api, **more), 404, NOT_FOUND, other_manager)


def test_a_port_does_not_identify_a_manager(full_api):
    there = make(number=1, controller_port=PORT)
    answer = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    assert_refused(answer, 404, NOT_FOUND, there)


def test_a_page_needs_its_token(full_api):
    there = make(number=NUMBER)
    assert_refused(link(full_api), 400, TOKEN_MISSING, there)
    assert_refused(link(full_api, facebookToken=""), 400, TOKEN_MISSING, there)
    there.facebook_id = "other"
    there.save()
    assert_refused(link(full_api), 400, TOKEN_MISSING, there)


def test_two_managers_are_reported_by_the_token(full_api):
    pair = make(number=NUMBER), make(facebook_id=PAGE)
    assert_refused(link(full_api, facebookToken=TOKEN), 409, PAGE_TAKEN, *pair)
    assert_refused(link(full_api), 409, NUMBER_TAKEN, *pair)


def test_two_managers_are_reported_before_other_errors(full_api):
    pair = (
        make(number=NUMBER, facebook_id="other", controller_port=1),
        make(facebook_id=PAGE, number=2, controller_port=PORT),
    )
    answer = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    assert_refused(answer, 409, PAGE_TAKEN, *pair)


def test_another_page_is_not_replaced(full_api):
    there = make(number=NUMBER, facebook_id="other", facebook_token="kept")
    assert_refused(link(full_api, facebookToken=TOKEN), 409, EXISTS, there)


@pytest.mark.parametrize("more", [{}, {"facebookToken": TOKEN}])
def test_another_number_is_not_replaced(full_api, more):
    there = make(facebook_id=PAGE, number=2, facebook_token="kept")
    assert_refused(link(full_api, **more), 409, EXISTS, there)


@pytest.mark.parametrize(
    "known",
    [
        {"number": NUMBER},
        {"facebook_id": PAGE},
        {"number": NUMBER, "facebook_id": PAGE},
    ],
)
def test_a_different_port_or_one_of_another_manager_is_refused(full_api, known):
    there = make(controller_port=1, facebook_token="kept", **known)
    answer = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    assert_refused(answer, 409, EXISTS, there)
    Manager.objects.update(controller_port=None)
    there.refresh_from_db()
    bearer = make(number=1, controller_port=PORT)
    answer = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    assert_refused(answer, 409, EXISTS, there, bearer)


# Permissions -----------------------------------------------------------------


def test_a_restricted_key_and_a_supervisor_may_link_their_managers(db):
    own = make(number=NUMBER)
    assert link(Api(make_key(own)), facebookToken=TOKEN).json() == shape()
    api = signed_in(make_supervisor(own))
    assert link(api, facebookToken="renewed").json() == shape(facebookToken="")
    own.refresh_from_db()
    assert own.facebook_token == "renewed"


def test_an_operator_may_not_link(manager, ana):
    api = signed_in(ana.user)
    answer = api.post(
        "/api/user/save/facebook",
        {"number": manager.number, "facebookId": manager.facebook_id},
    )
    assert_refused(answer, 403, FORBIDDEN, manager)


# Fields ----------------------------------------------------------------------


def test_both_ids_are_required(full_api):
    answer = full_api.post("/api/user/save/facebook", {"facebookToken": TOKEN})
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == {
        "facebookId": ["This field is required."],
        "number": ["This field is required."],
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "x"),
        ("mumber", -1),
        ("facebookId", "a b"),
        ("facebookToken", "x" * 4097),
        ("controllerPort", "65536"),
    ],
)
def test_a_wrong_value_is_invalid_before_anything_is_looked_up(full_api, field, value):
    answer = full_api.post(
        "/api/user/save/facebook",
        {"facebookId": PAGE, "mumber": NUMBER, field: value},
    )
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
