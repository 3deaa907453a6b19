"""POST api/user/save/facebook: a page for a number, or a number for a page.

Every row of the contract's table, then every row again with foreign managers.
"""

import threading

import pytest
from django.db import connection
from django.forms import model_to_dict

from managers.models import Manager
from tests.builders import make_contact, make_key, make_manager, make_supervisor
from tests.conftest import Api, signed_in
from tests.managers.shapes import EXISTS, FORBIDDEN, NOT_FOUND, contact_of, refused

NUMBER, PAGE, TOKEN, PORT = 5531999990000, "741852963", "new-token", 7070
PAGE_TAKEN = refused("page_taken", "This page belongs to another manager.")
NUMBER_TAKEN = refused("number_taken", "This number belongs to another manager.")
TOKEN_MISSING = refused(
    "invalid",
    "Some fields are missing or wrong.",
    fields={"facebookToken": ["This field is required."]},
)


def make(**over):
    """A manager of nothing but what is said."""
    nothing = {
        "number": None,
        "controller_port": None,
        "facebook_id": None,
        "facebook_token": "",
    }
    return make_manager(**{"name": "Empresa", "email": "", **nothing, **over})


def link(api, **over):
    body = {"number": NUMBER, "facebookId": PAGE, **over}
    return api.post("/api/user/save/facebook", body)


def shape(**over):
    return {
        "success": True,
        "data": {
            "name": "Empresa",
            "email": "",
            "number": NUMBER,
            "controllerPort": "",
            "facebookId": PAGE,
            "facebookToken": TOKEN,
            "contacts": [],
            **over,
        },
    }


def assert_refused(answer, status, body, *managers):
    """Refused so, and not one column of the managers has changed."""
    assert (answer.status_code, answer.json()) == (status, body)
    for manager in managers:
        before = model_to_dict(manager)
        manager.refresh_from_db()
        assert model_to_dict(manager) == before


# What is known and joins -----------------------------------------------------


def test_a_page_joins_the_numbers_manager(full_api):
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


def test_a_number_joins_the_pages_manager_under_its_misspelt_name(full_api):
    there = make(facebook_id=PAGE, facebook_token="kept")
    answer = full_api.post(
        "/api/user/save/facebook", {"facebookId": PAGE, "mumber": NUMBER}
    )
    assert answer.status_code == 200
    assert answer.json() == shape(facebookToken="kept")
    there.refresh_from_db()
    assert (there.number, there.controller_port) == (NUMBER, None)


def test_a_form_is_as_good(full_api):
    make(facebook_id=PAGE, facebook_token="kept")
    answer = full_api.post(
        "/api/user/save/facebook/",
        form={"facebookId": PAGE, "mumber": "+55 31 99999-0000"},
    )
    assert answer.json() == shape(facebookToken="kept")


def test_a_token_given_with_a_number_for_the_page_renews(full_api):
    there = make(facebook_id=PAGE, facebook_token="old")
    assert link(full_api, facebookToken=TOKEN).json() == shape()
    there.refresh_from_db()
    assert (there.number, there.facebook_token) == (NUMBER, TOKEN)


def test_where_both_are_one_managers_a_token_renews(full_api):
    make(number=NUMBER, facebook_id=PAGE, facebook_token="old", controller_port=PORT)
    answer = link(full_api, facebookToken=TOKEN)
    assert answer.json() == shape(controllerPort=str(PORT))


def test_where_both_are_one_managers_nothing_need_change(full_api):
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
def test_a_port_is_set_where_there_is_none(full_api, known):
    there = make(**known)
    answer = link(full_api, facebookToken=TOKEN, controllerPort=str(PORT))
    assert answer.json() == shape(controllerPort=str(PORT))
    there.refresh_from_db()
    assert there.controller_port == PORT


def test_the_same_call_twice_answers_the_same(full_api):
    make(number=NUMBER)
    first = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    again = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    assert again.content == first.content


# Who is refused --------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"facebookToken": TOKEN}])
def test_neither_known_is_404(full_api, other_manager, more):
    assert_refused(link(full_api, **more), 404, NOT_FOUND, other_manager)


def test_a_port_alone_makes_no_manager_known(full_api):
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


def test_two_managers_are_told_by_the_token(full_api):
    pair = make(number=NUMBER), make(facebook_id=PAGE)
    assert_refused(link(full_api, facebookToken=TOKEN), 409, PAGE_TAKEN, *pair)
    assert_refused(link(full_api), 409, NUMBER_TAKEN, *pair)


def test_two_managers_are_told_before_all_else(full_api):
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
def test_another_port_is_not_replaced_and_anothers_port_not_taken(full_api, known):
    there = make(controller_port=1, facebook_token="kept", **known)
    answer = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    assert_refused(answer, 409, EXISTS, there)
    Manager.objects.update(controller_port=None)
    there.refresh_from_db()
    bearer = make(number=1, controller_port=PORT)
    answer = link(full_api, facebookToken=TOKEN, controllerPort=PORT)
    assert_refused(answer, 409, EXISTS, there, bearer)


# What a foreign manager has to do with it ------------------------------------


@pytest.fixture
def bound(db):
    """A caller of some managers, each allowed call of the table open to him."""

    def make_api(*managers):
        return Api(make_key(*managers))

    return make_api


@pytest.mark.parametrize("more", [{}, {"facebookToken": TOKEN}])
@pytest.mark.parametrize(
    "foreign",
    [
        [{"number": NUMBER}],
        [{"facebook_id": PAGE}],
        [{"number": NUMBER, "facebook_id": PAGE}],
        [{"number": NUMBER}, {"facebook_id": PAGE}],
        [{"number": NUMBER, "facebook_id": "other", "controller_port": PORT}],
    ],
)
def test_where_every_named_manager_is_foreign_it_is_404(bound, foreign, more):
    api = bound(make(number=1))
    missing = link(api, **more)
    managers = [make(**columns) for columns in foreign]
    answer = link(api, controllerPort=PORT, **more)
    assert_refused(answer, 404, NOT_FOUND, *managers)
    assert answer.content == missing.content


def test_a_foreign_page_answers_its_409(bound):
    own, foreign = make(number=NUMBER), make(facebook_id=PAGE, facebook_token="secret")
    answer = link(bound(own), facebookToken=TOKEN)
    assert_refused(answer, 409, PAGE_TAKEN, own, foreign)


@pytest.mark.parametrize(
    ("more", "expected"), [({}, NUMBER_TAKEN), ({"facebookToken": TOKEN}, PAGE_TAKEN)]
)
def test_a_foreign_number_answers_its_409(bound, more, expected):
    own, foreign = make(facebook_id=PAGE), make(number=NUMBER)
    assert_refused(link(bound(own), **more), 409, expected, own, foreign)


@pytest.mark.parametrize("known", [{"number": NUMBER}, {"facebook_id": PAGE}])
def test_a_foreign_port_answers_its_409(bound, known):
    own, foreign = make(**known), make(number=1, controller_port=PORT)
    answer = link(bound(own), facebookToken=TOKEN, controllerPort=PORT)
    assert_refused(answer, 409, EXISTS, own, foreign)


def test_a_call_that_fails_anyway_does_not_tell_of_a_foreign_manager(bound):
    own = make(number=NUMBER)
    api = bound(own)
    foreign = make(facebook_id=PAGE)
    assert_refused(link(api), 400, TOKEN_MISSING, own, foreign)

    own.facebook_id = "other"
    own.save()
    assert_refused(link(api, facebookToken=TOKEN), 409, EXISTS, own, foreign)

    own.facebook_id, own.controller_port = None, 1
    own.save()
    answer = link(api, facebookToken=TOKEN, controllerPort=PORT)
    assert_refused(answer, 409, EXISTS, own, foreign)

    own.number, own.controller_port, own.facebook_id = 2, None, "other"
    own.save()
    foreign.number = NUMBER
    foreign.save()
    assert_refused(link(api, facebookToken=TOKEN), 404, NOT_FOUND, own, foreign)


def test_another_number_of_the_own_page_is_told_before_a_foreign_one(bound):
    own, foreign = make(facebook_id=PAGE, number=2), make(number=NUMBER)
    assert_refused(link(bound(own)), 409, EXISTS, own, foreign)


def test_two_managers_of_ones_own_are_told_like_to_everybody(bound):
    pair = make(number=NUMBER), make(facebook_id=PAGE)
    api = bound(*pair)
    assert_refused(link(api, facebookToken=TOKEN), 409, PAGE_TAKEN, *pair)
    assert_refused(link(api), 409, NUMBER_TAKEN, *pair)


# Who may ---------------------------------------------------------------------


def test_a_bound_key_and_a_supervisor_may_link_their_own(bound):
    own = make(number=NUMBER)
    assert link(bound(own), facebookToken=TOKEN).json() == shape()
    api = signed_in(make_supervisor(own))
    assert link(api, facebookToken="renewed").json() == shape(facebookToken="")
    own.refresh_from_db()
    assert own.facebook_token == "renewed"


def test_an_operator_may_not(manager, ana):
    api = signed_in(ana.user)
    answer = api.post(
        "/api/user/save/facebook",
        {"number": manager.number, "facebookId": manager.facebook_id},
    )
    assert_refused(answer, 403, FORBIDDEN, manager)


# The fields ------------------------------------------------------------------


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


# Races -----------------------------------------------------------------------


def _at_once(calls):
    """What simultaneous calls answered, in the order of the calls."""
    barrier = threading.Barrier(len(calls))
    answers = [None] * len(calls)

    def run(place, call):
        barrier.wait()
        answers[place] = call()
        connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_two_numbers_that_want_one_page_one_gets_it():
    numbers = [NUMBER + n for n in range(6)]
    for number in numbers:
        make(number=number)
    key = make_key()

    def call(number):
        return lambda: link(Api(key), number=number, facebookToken=TOKEN)

    answers = _at_once([call(number) for number in numbers])
    assert sorted(a.status_code for a in answers) == [200] + [409] * 5
    assert {a.json()["error"]["code"] for a in answers if a.status_code == 409} == {
        "page_taken"
    }
    assert Manager.objects.filter(facebook_id=PAGE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_pages_that_want_one_number_one_gets_it():
    pages = [f"page-{n}" for n in range(6)]
    for page in pages:
        make(facebook_id=page)
    key = make_key()

    def call(page):
        return lambda: link(Api(key), facebookId=page)

    answers = _at_once([call(page) for page in pages])
    assert sorted(a.status_code for a in answers) == [200] + [409] * 5
    assert {a.json()["error"]["code"] for a in answers if a.status_code == 409} == {
        "number_taken"
    }
    assert Manager.objects.filter(number=NUMBER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_pages_for_one_number_the_first_stays():
    make(number=NUMBER)
    key = make_key()

    def call(page):
        return lambda: link(Api(key), facebookId=page, facebookToken=TOKEN)

    answers = _at_once([call(f"page-{n}") for n in range(6)])
    assert sorted(a.status_code for a in answers) == [200] + [409] * 5
    [winner] = [a for a in answers if a.status_code == 200]
    assert Manager.objects.get().facebook_id == winner.json()["data"]["facebookId"]
