"""Permissions follow from the role; Django's own permissions are not assigned."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.admin.conftest import sign_in_to_admin
from tests.builders import make_supervisor

OPEN_TO_SUPERVISORS = [
    "managers/manager",
    "areas/area",
    "areas/operator",
    "areas/policy",
    "areas/holiday",
    "chats/reply",
    "contacts/tag",
    "areas/closingreason",
    "areas/transferreason",
    "contacts/contact",
    "chats/chat",
    "chats/message",
    "chats/chatevent",
    "auth/user",
]
ADMINISTRATORS_ONLY = ["managers/apikey", "feed/hook"]
ADDED_BY_SUPERVISORS = [
    "areas/area",
    "areas/operator",
    "areas/policy",
    "areas/holiday",
    "chats/reply",
    "contacts/tag",
    "areas/closingreason",
    "areas/transferreason",
    "contacts/contact",
    "auth/user",
]
ADDED_BY_ADMINISTRATORS = [
    *ADDED_BY_SUPERVISORS,
    "managers/manager",
    *ADMINISTRATORS_ONLY,
]
EVERYTHING = [*OPEN_TO_SUPERVISORS, *ADMINISTRATORS_ONLY]


@pytest.mark.parametrize("page", EVERYTHING)
def test_an_anonymous_visitor_is_redirected_to_the_login_page(db, page):
    answer = Client().get(f"/admin/{page}/")
    assert answer.status_code == 302
    assert answer["Location"] == f"/admin/login/?next=/admin/{page}/"


def test_an_operator_has_no_access_to_the_back_office(ana):
    answer = sign_in_to_admin(ana.user).get("/admin/", follow=True)
    assert answer.redirect_chain == [("/admin/login/?next=/admin/", 302)]
    assert b'id="login-form"' in answer.content


def test_the_login_page_lets_a_supervisor_in(supervisor):
    client = Client()
    answer = client.post(
        "/admin/login/?next=/admin/",
        {"username": supervisor.username, "password": "secret-password"},
        follow=True,
    )
    assert answer.redirect_chain == [("/admin/", 302)]
    assert answer.context["title"] == "Overview"
    assert "HCI Whats Center" in answer.content.decode()


def test_the_address_without_a_slash_redirects(desk):
    assert desk.get("/admin")["Location"] == "/admin/"


@pytest.mark.parametrize("page", OPEN_TO_SUPERVISORS)
def test_a_supervisor_opens_the_list(desk, own, page):
    assert desk.get(f"/admin/{page}/").status_code == 200


@pytest.mark.parametrize("page", ADMINISTRATORS_ONLY)
def test_a_supervisor_has_no_access_to_pages_of_administrators(desk, page):
    assert desk.get(f"/admin/{page}/").status_code == 403
    assert desk.get(f"/admin/{page}/add/").status_code == 403


@pytest.mark.parametrize("page", EVERYTHING)
def test_who_may_add_which_rows(desk, office, own, page):
    by_supervisors = 200 if page in ADDED_BY_SUPERVISORS else 403
    by_administrators = 200 if page in ADDED_BY_ADMINISTRATORS else 403
    assert desk.get(f"/admin/{page}/add/").status_code == by_supervisors
    assert office.get(f"/admin/{page}/add/").status_code == by_administrators


@pytest.mark.parametrize("page", OPEN_TO_SUPERVISORS)
def test_every_row_opens_with_its_history(desk, office, own, supervisor, page):
    row = (own.rows() | {"auth/user": supervisor})[page]
    for client in (desk, office):
        assert client.get(f"/admin/{page}/{row.pk}/change/").status_code == 200
        assert client.get(f"/admin/{page}/{row.pk}/history/").status_code == 200


@pytest.mark.parametrize("page", ["chats/chat", "chats/message", "chats/chatevent"])
def test_messages_and_the_ledger_are_read_only(office, own, page):
    row = own.rows()[page]
    change = f"/admin/{page}/{row.pk}/change/"
    assert b'name="_save"' not in office.get(change).content
    assert office.post(change, {"content": "forged"}).status_code == 403
    assert office.post(f"/admin/{page}/{row.pk}/delete/").status_code == 403


def test_staff_who_supervises_nobody_sees_nothing(own):
    nobody = sign_in_to_admin(make_supervisor())
    assert nobody.get("/admin/").status_code == 200
    for page in EVERYTHING:
        assert nobody.get(f"/admin/{page}/").status_code == 403


def test_groups_and_permissions_are_not_shown(office):
    assert office.get("/admin/auth/group/").status_code == 404


def test_an_administrator_sees_every_manager(office, own, foreign):
    page = office.get("/admin/contacts/contact/").content.decode()
    assert own.contact.name in page
    assert foreign.contact.name in page


def test_a_deactivated_supervisor_loses_access_at_once(desk, supervisor):
    User.objects.filter(pk=supervisor.pk).update(is_active=False)
    assert desk.get("/admin/").status_code == 302


def test_signing_in_leads_to_the_overview_by_default(supervisor):
    supervisor.set_password("long-enough-secret")
    supervisor.save()
    given = {"username": supervisor.username, "password": "long-enough-secret"}
    answer = Client().post("/admin/login/", given)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")
