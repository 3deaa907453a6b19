"""The contract's permissions of people: sessions, their tokens, their roles."""

from __future__ import annotations

import pytest

from tests import builders
from tests.conftest import Api, signed_in
from tests.contract.shapes import (
    NUMBER,
    WHATSAPP_ID,
    answered,
    contact_shape,
    manager_shape,
    refused,
)
from tests.shipped import ShippedClient

SESSION = "/api/session"


def browser() -> Api:
    """Returns a client that has just opened the sign-in page."""
    api = Api(client=ShippedClient(enforce_csrf_checks=True))
    refused(api.get(SESSION), 401, "not_authenticated")
    api.headers = {"X-CSRFToken": api.client.cookies["csrftoken"].value}
    return api


def signing_in(user, password=None):
    return {"username": user.username, "password": password or "secret-password"}


@pytest.fixture
def administrator(db):
    user = builders.make_supervisor()
    user.is_superuser = True
    user.save()
    return user


@pytest.mark.parametrize("who", ["ana", "supervisor", "administrator"])
def test_post_session_signs_in_and_get_returns_the_same(request, who):
    somebody = request.getfixturevalue(who)
    user = getattr(somebody, "user", somebody)
    api = browser()
    response = api.post(SESSION, signing_in(user))
    person = response.json()["data"]
    assert person == {
        "operatorId": str(somebody.pk) if who == "ana" else None,
        "name": "Ana" if who == "ana" else user.username,
        "role": "operator" if who == "ana" else who,
        "csrfToken": person["csrfToken"],
    }
    assert len(person["csrfToken"]) >= 32
    assert "sessionid" in response.cookies
    assert response.cookies["sessionid"]["httponly"]
    told = api.get(SESSION).json()["data"]
    assert told | {"csrfToken": ""} == person | {"csrfToken": ""}
    api.headers = {"X-CSRFToken": person["csrfToken"]}
    assert api.post("/api/user/", {"number": 1}).status_code == 404


def test_delete_session_signs_out(ana):
    api = browser()
    person = api.post(SESSION, signing_in(ana.user)).json()["data"]
    api.headers = {"X-CSRFToken": person["csrfToken"]}
    answered(api.delete(SESSION), None)
    refused(api.get(SESSION), 401, "not_authenticated")


def test_all_wrong_credentials_get_the_same_error(ana, manager):
    inactive = builders.make_operator(manager, name="Davi", is_active=False)
    nobody = builders.make_supervisor()
    nobody.is_staff = False
    nobody.save()
    api = browser()
    answers = {
        api.post(SESSION, body).content
        for body in (
            signing_in(ana.user, "wrong"),
            {"username": "no-such-user", "password": "wrong"},
            signing_in(inactive.user),
            signing_in(nobody),
        )
    }
    assert len(answers) == 1
    refused(api.post(SESSION, signing_in(inactive.user)), 401, "not_authenticated")


def test_signing_in_requires_the_csrf_token_and_both_fields(ana):
    api = browser()
    token, api.headers = api.headers, {}
    refused(api.post(SESSION, signing_in(ana.user)), 403, "forbidden")
    api.headers = {"X-CSRFToken": "b" * 64}
    refused(api.post(SESSION, signing_in(ana.user)), 403, "forbidden")
    api.headers = token
    refused(api.post(SESSION, {}), 400, "invalid", fields=["username", "password"])


def test_signing_in_is_throttled_after_failures(ana):
    api = browser()
    for _ in range(30):
        response = api.post(SESSION, signing_in(ana.user, "wrong"))
        if response.status_code == 429:
            break
    refused(response, 429, "throttled")
    assert int(response["Retry-After"]) > 0
    refused(api.post(SESSION, signing_in(ana.user)), 429, "throttled")


def test_a_session_needs_its_csrf_token_only_to_write(manager, ana):
    session = signed_in(ana.user)
    session.headers = {}
    assert session.get("/api/user/").status_code == 200
    refused(session.post("/api/user/", {"number": NUMBER}), 403, "forbidden")
    session.headers = {"X-CSRFToken": "c" * 32}
    refused(session.post("/api/user/", {"number": NUMBER}), 403, "forbidden")


def test_a_request_with_a_key_is_authorized_only_by_the_key(
    manager, other_manager, supervisor
):
    session = signed_in(supervisor)
    session.headers = {"X-Api-Key": builders.make_key(other_manager)}
    refused(session.post("/api/user/", {"number": NUMBER}), 404, "manager_not_found")
    session.headers = {"X-Api-Key": "hci_wrong"}
    refused(session.get("/api/user/"), 401, "not_authenticated")


def test_a_supervisor_is_confined_to_his_managers(
    manager, other_manager, supervisor, contact
):
    session = signed_in(supervisor)
    answered(
        session.get("/api/user/"),
        [manager_shape(facebookToken="", contacts=[contact_shape(contact)])],
    )
    other = {"number": other_manager.number}
    refused(session.post("/api/user/", other), 404, "manager_not_found")


def test_an_administrator_sees_everything(manager, other_manager, administrator):
    data = signed_in(administrator).get("/api/user/").json()["data"]
    assert [one["number"] for one in data] == [NUMBER, other_manager.number]


def test_an_operator_is_confined_to_visible_rows(manager, other_manager, ana, bruno):
    hidden = builders.make_contact(manager, operator=bruno)
    session = signed_in(ana.user)
    data = session.get("/api/user/").json()["data"]
    assert [one["number"] for one in data] == [NUMBER]
    assert data[0]["contacts"] == []
    body = {"contactNumber": hidden.external_id}
    refused(session.post("/api/chat/new", body), 404, "contact_not_found")


def test_a_deactivated_person_loses_access_at_once(ana, supervisor):
    operator, staff = signed_in(ana.user), signed_in(supervisor)
    ana.is_active = False
    ana.save()
    supervisor.is_active = False
    supervisor.save()
    for session in (operator, staff):
        refused(session.get("/api/user/"), 401, "not_authenticated")
        refused(
            session.post("/api/user/", {"number": NUMBER}), 401, "not_authenticated"
        )


def test_a_supervisor_acts_for_an_operator(contact, ana, supervisor):
    body = {
        "number": NUMBER,
        "operatorId": str(ana.pk),
        "contactId": WHATSAPP_ID,
    }
    response = signed_in(supervisor).put("/api/user/contact/operator/my", body)
    answered(response, "Contact Send to the operator")


def test_a_foreign_origin_gets_no_cors_headers(settings, manager, api):
    response = api.get("/api/user/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in response
    settings.CORS_ALLOWED_ORIGINS = ["https://client.example"]
    friend = {"Origin": "https://client.example"}
    response = api.get("/api/user/", headers=friend)
    assert response["Access-Control-Allow-Origin"] == "https://client.example"
    asked = friend | {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "x-api-key,idempotency-key",
    }
    for path in ("/api/user/contact/area", "/api/chat/"):
        preflight = Api().call("OPTIONS", path, headers=asked)
        assert preflight.status_code == 200
        assert "PUT" in preflight["Access-Control-Allow-Methods"]
        assert "idempotency-key" in preflight["Access-Control-Allow-Headers"]
