"""GET api/user/: all managers that the caller may access."""

import pytest
from django.db import connection
from django.utils import timezone

from tests.builders import make_contact, make_key, make_manager
from tests.conftest import Api, signed_in
from tests.managers.shapes import MANAGER, contact_of


@pytest.fixture
def page_only(manager):
    """Returns a manager, newer than the others, with only a name and a page."""
    return make_manager(
        name="Banca",
        email="",
        number=None,
        controller_port=None,
        facebook_id="page.1-x",
        facebook_token="",
    )


def test_it_lists_all_managers_with_their_contacts_oldest_first(
    full_api, manager, page_only, contact, page_contact, sales
):
    answer = full_api.get("/api/user/")
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "data": [
            MANAGER | {"contacts": [contact_of(page_contact), contact_of(contact)]},
            {
                "name": "Banca",
                "email": "",
                "number": None,
                "controllerPort": "",
                "facebookId": "page.1-x",
                "facebookToken": "",
                "contacts": [],
            },
        ],
    }
    assert full_api.get("/api/user").json() == answer.json()


@pytest.mark.usefixtures("recorded_today")
def test_it_needs_three_queries_for_any_number(full_api, django_assert_num_queries):
    for _ in range(3):
        make_contact(make_manager())
        make_contact(make_manager())
    with django_assert_num_queries(3):
        data = full_api.get("/api/user/").json()["data"]
    assert [len(manager["contacts"]) for manager in data] == [1] * 6


@pytest.mark.usefixtures("recorded_today")
def test_contacts_may_be_left_out(api, contact, django_assert_num_queries):
    with django_assert_num_queries(2):
        answer = api.get("/api/user/?contacts=0")
    assert answer.json() == {"success": True, "data": [MANAGER]}
    with_them = {
        "success": True,
        "data": [MANAGER | {"contacts": [contact_of(contact)]}],
    }
    assert api.get("/api/user/?contacts=1").json() == with_them
    assert api.get("/api/user/?contacts=").json() == with_them


def test_an_unreadable_contacts_is_invalid(api):
    answer = api.get("/api/user/?contacts=perhaps")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == ["contacts"]


def test_a_key_sees_only_its_managers(manager, other_manager, page_only):
    api = Api(make_key(manager, page_only))
    names = [shape["name"] for shape in api.get("/api/user/").json()["data"]]
    assert names == ["Padaria Estrela", "Banca"]


def test_only_a_key_with_secrets_reads_page_tokens(manager, supervisor):
    plain = [MANAGER | {"facebookToken": ""}]
    assert (
        Api(make_key(manager, secrets=False)).get("/api/user/").json()["data"] == plain
    )
    assert signed_in(supervisor).get("/api/user/").json()["data"] == plain


def test_a_supervisor_without_managers_sees_none(full_api, other_manager, supervisor):
    supervisor.supervisions.all().delete()
    answer = signed_in(supervisor).get("/api/user/")
    assert answer.json() == {"success": True, "data": []}


def test_an_operator_sees_his_manager_with_visible_contacts(
    manager, other_manager, ana, bruno, sales, support
):
    waiting = make_contact(manager, area=sales)
    own = make_contact(manager, area=support, operator=ana)
    unsorted = make_contact(manager)
    make_contact(manager, area=support)
    make_contact(manager, operator=bruno)
    make_contact(other_manager)
    answer = signed_in(ana.user).get("/api/user/")
    contacts = [contact_of(row) for row in (unsorted, own, waiting)]
    assert answer.json()["data"] == [
        MANAGER | {"facebookToken": "", "contacts": contacts}
    ]


def test_deleted_contacts_are_left_out(api, contact):
    contact.deleted_at = timezone.now()
    contact.save()
    assert api.get("/api/user/").json() == {"success": True, "data": [MANAGER]}


def test_an_undecryptable_token_does_not_hide_other_managers(
    manager, other_manager, full_api, caplog
):
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE managers_manager SET facebook_token = 'spoilt' WHERE id = %s",
            [manager.pk],
        )
    answer = full_api.get("/api/user/?contacts=0")
    assert answer.status_code == 200
    tokens = [shape["facebookToken"] for shape in answer.json()["data"]]
    assert tokens == ["", other_manager.facebook_token]
    assert f"manager {manager.pk}: its page token cannot be decrypted" in caplog.text
