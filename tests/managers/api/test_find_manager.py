"""POST api/user/ and POST api/user/facebook: find a manager by number or page."""

import pytest

from tests.builders import make_contact, make_key, make_manager
from tests.conftest import Api, signed_in
from tests.managers.shapes import NOT_FOUND, contact_of, found, refused

BY = [
    ("/api/user/", {"number": 5511400011111}),
    ("/api/user/facebook", {"facebookId": "369258147"}),
]


@pytest.mark.parametrize(("path", "body"), BY)
@pytest.mark.usefixtures("recorded_today")
def test_it_returns_the_manager_with_its_contacts(
    api, contact, other_manager, path, body, django_assert_num_queries
):
    make_contact(other_manager)
    with django_assert_num_queries(2):
        answer = api.post(path, body)
    assert answer.status_code == 200
    assert answer.json() == found(contacts=[contact_of(contact)])


@pytest.mark.parametrize(
    "number", ["+55 (11) 4000-11111", "05511400011111", 5511400011111]
)
def test_a_number_may_be_written_in_any_way(api, manager, number):
    assert api.post("/api/user", {"number": number}).json() == found()
    assert api.post("/api/user/", form={"number": number}).json() == found()


def test_a_page_may_be_written_as_a_number(api, manager):
    assert api.post("/api/user/facebook", {"facebookId": 369258147}).json() == found()


@pytest.mark.parametrize(("path", "body"), BY)
def test_only_a_key_with_secrets_reads_the_page_token(manager, supervisor, path, body):
    plain = found(facebookToken="")
    assert Api(make_key(manager, secrets=False)).post(path, body).json() == plain
    assert signed_in(supervisor).post(path, body).json() == plain


def test_what_is_unset_is_empty(full_api):
    make_manager(
        name="Banca",
        email="",
        number=None,
        controller_port=None,
        facebook_id="page.1-x",
        facebook_token="",
    )
    answer = full_api.post("/api/user/facebook", {"facebookId": "page.1-x"})
    assert answer.json() == found(
        name="Banca",
        email="",
        number=None,
        controllerPort="",
        facebookId="page.1-x",
        facebookToken="",
    )


def test_an_operator_gets_the_contacts_that_he_may_see(manager, ana, sales, support):
    seen = make_contact(manager, area=sales)
    make_contact(manager, area=support)
    answer = signed_in(ana.user).post("/api/user/", {"number": manager.number})
    assert answer.json() == found(facebookToken="", contacts=[contact_of(seen)])


@pytest.mark.parametrize(
    ("path", "foreign", "missing"),
    [
        ("/api/user/", {"number": 5521400022222}, {"number": 1}),
        ("/api/user/facebook", {"facebookId": "foreign"}, {"facebookId": "missing"}),
    ],
)
def test_a_foreign_manager_is_not_found(api, path, foreign, missing):
    make_manager(number=5521400022222, facebook_id="foreign")
    foreign, missing = api.post(path, foreign), api.post(path, missing)
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert foreign.json() == NOT_FOUND


def test_a_page_id_as_number_finds_no_manager(api, manager):
    assert api.post("/api/user/", {"number": 369258147}).json() == NOT_FOUND


@pytest.mark.parametrize("body", [{}, {"number": None}, {"number": ""}])
def test_a_number_is_required(api, body):
    assert api.post("/api/user/", body).json() == refused(
        "invalid",
        "Some fields are missing or wrong.",
        fields={"number": ["This field is required."]},
    )


@pytest.mark.parametrize("page", ["", "a b", "x" * 65, [], {"$gt": ""}, True, "é"])
def test_a_wrong_page_is_invalid(api, page):
    answer = api.post("/api/user/facebook", {"facebookId": page})
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["facebookId"]
