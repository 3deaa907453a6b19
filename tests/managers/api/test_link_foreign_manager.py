"""POST api/user/save/facebook with managers that the caller may not access.

They are treated as missing, except that their values are taken.
"""

import pytest

from tests.builders import make_key
from tests.conftest import Api
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
)
from tests.managers.shapes import EXISTS, NOT_FOUND


@pytest.fixture
def bound(db):
    """Makes a client restricted to the given managers."""

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
def test_if_all_given_managers_are_foreign_it_is_404(bound, foreign, more):
    api = bound(make(number=1))
    missing = link(api, **more)
    managers = [make(**columns) for columns in foreign]
    answer = link(api, controllerPort=PORT, **more)
    assert_refused(answer, 404, NOT_FOUND, *managers)
    assert answer.content == missing.content


def test_a_foreign_page_is_a_409(bound):
    own, foreign = make(number=NUMBER), make(facebook_id=PAGE, facebook_token="secret")
    answer = link(bound(own), facebookToken=TOKEN)
    assert_refused(answer, 409, PAGE_TAKEN, own, foreign)


@pytest.mark.parametrize(
    ("more", "expected"), [({}, NUMBER_TAKEN), ({"facebookToken": TOKEN}, PAGE_TAKEN)]
)
def test_a_foreign_number_is_a_409(bound, more, expected):
    own, foreign = make(facebook_id=PAGE), make(number=NUMBER)
    assert_refused(link(bound(own), **more), 409, expected, own, foreign)


@pytest.mark.parametrize("known", [{"number": NUMBER}, {"facebook_id": PAGE}])
def test_a_foreign_port_is_a_409(bound, known):
    own, foreign = make(**known), make(number=1, controller_port=PORT)
    answer = link(bound(own), facebookToken=TOKEN, controllerPort=PORT)
    assert_refused(answer, 409, EXISTS, own, foreign)


def test_a_call_that_fails_anyway_does_not_reveal_a_foreign_manager(bound):
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


def test_another_number_of_the_own_page_is_reported_before_a_foreign_one(bound):
    own, foreign = make(facebook_id=PAGE, number=2), make(number=NUMBER)
    assert_refused(link(bound(own)), 409, EXISTS, own, foreign)


def test_two_own_managers_are_reported(bound):
    pair = make(number=NUMBER), make(facebook_id=PAGE)
    api = bound(*pair)
    assert_refused(link(api, facebookToken=TOKEN), 409, PAGE_TAKEN, *pair)
    assert_refused(link(api), 409, NUMBER_TAKEN, *pair)
