"""POST, GET and DELETE api/session: signing in, the signed-in person, signing out."""

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client

from tests.builders import make_key
from tests.conftest import Api, signed_in

PASSWORD = "secret-password"
NOBODY = {
    "success": False,
    "error": {
        "code": "not_authenticated",
        "message": "A valid API key or a signed-in session is needed.",
    },
}
WRONG = {
    "success": False,
    "error": {
        "code": "not_authenticated",
        "message": "The user name or the password is wrong.",
    },
}


class Browser:
    """Keeps cookies and sends the CSRF token like a web page."""

    def __init__(self):
        self.client = Client(enforce_csrf_checks=True)
        self.api = Api(client=self.client)

    def call(self, method, body=None, path="/api/session", **headers):
        cookie = self.client.cookies.get("csrftoken")
        if cookie is not None and "X-CSRFToken" not in headers:
            headers["X-CSRFToken"] = cookie.value
        return self.api.call(method, path, body, headers=headers)

    def sign_in(self, username, password=PASSWORD):
        return self.call("POST", {"username": username, "password": password})


@pytest.fixture
def browser(db):
    """Returns a client that has requested the session and so has the CSRF cookie."""
    browser = Browser()
    browser.call("GET")
    return browser


def test_an_anonymous_client_gets_a_401_and_the_csrf_cookie(db):
    browser = Browser()
    answer = browser.call("GET")
    assert answer.status_code == 401
    assert answer.json() == NOBODY
    assert len(answer.cookies["csrftoken"].value) == 32
    assert "sessionid" not in answer.cookies


def test_asking_again_keeps_the_csrf_token_of_other_tabs(browser):
    first = browser.client.cookies["csrftoken"].value
    answer = browser.call("GET")
    assert answer.cookies["csrftoken"].value == first


def test_an_operator_signs_in(browser, ana):
    answer = browser.sign_in(ana.user.username)
    assert answer.status_code == 200
    data = answer.json()["data"]
    token = data.pop("csrfToken")
    assert data == {"operatorId": str(ana.pk), "name": "Ana", "role": "operator"}
    assert answer.cookies["sessionid"]["httponly"] is True
    assert answer.cookies["sessionid"]["samesite"] == "Lax"
    again = browser.call("GET").json()["data"]
    assert {**again, "csrfToken": ""} == {**data, "csrfToken": ""}
    assert browser.call("DELETE", **{"X-CSRFToken": token}).status_code == 200


def test_a_form_signs_in_too(browser, ana):
    answer = browser.api.post(
        "/api/session",
        form={"username": ana.user.username, "password": PASSWORD},
        headers={"X-CSRFToken": browser.client.cookies["csrftoken"].value},
    )
    assert answer.json()["data"]["operatorId"] == str(ana.pk)


def test_a_supervisor_signs_in(browser, supervisor):
    supervisor.first_name, supervisor.last_name = "Célia", "Ramos"
    supervisor.save()
    data = browser.sign_in(supervisor.username).json()["data"]
    del data["csrfToken"]
    assert data == {"operatorId": None, "name": "Célia Ramos", "role": "supervisor"}


def test_an_administrator_signs_in(browser):
    User.objects.create_superuser("root", password=PASSWORD)
    data = browser.sign_in("root").json()["data"]
    del data["csrfToken"]
    assert data == {"operatorId": None, "name": "root", "role": "administrator"}


@pytest.mark.parametrize("password", ["wrong", "secret-password "])
def test_a_wrong_password_is_refused(browser, ana, password):
    answer = browser.sign_in(ana.user.username, password)
    assert (answer.status_code, answer.json()) == (401, WRONG)
    assert "sessionid" not in answer.cookies
    assert browser.call("GET").status_code == 401


def test_an_unknown_name_is_refused_with_the_same_words(browser):
    answer = browser.sign_in("nobody")
    assert (answer.status_code, answer.json()) == (401, WRONG)


def test_a_user_without_a_role_is_refused_with_the_same_words(browser):
    User.objects.create_user("guest", password=PASSWORD)
    answer = browser.sign_in("guest")
    assert (answer.status_code, answer.json()) == (401, WRONG)


def test_an_inactive_operator_is_refused_and_his_session_ends(browser, ana):
    browser.sign_in(ana.user.username)
    ana.is_active = False
    ana.save()
    assert browser.call("GET").status_code == 401
    assert browser.sign_in(ana.user.username).status_code == 401


def test_an_inactive_user_is_refused(browser, ana):
    User.objects.filter(pk=ana.user_id).update(is_active=False)
    assert browser.sign_in(ana.user.username).status_code == 401


def test_missing_fields_are_named(browser):
    answer = browser.call("POST", {"username": ""})
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == {
        "username": ["This field is required."],
        "password": ["This field is required."],
    }


@pytest.mark.parametrize("token", ["", "b" * 32])
def test_signing_in_requires_the_csrf_token(browser, ana, token):
    answer = browser.call(
        "POST",
        {"username": ana.user.username, "password": PASSWORD},
        **{"X-CSRFToken": token},
    )
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"


def test_signing_in_without_any_cookie_is_403(ana):
    answer = Browser().sign_in(ana.user.username)
    assert answer.status_code == 403


def test_the_session_and_the_csrf_token_are_new_after_signing_in(browser, ana, bruno):
    browser.sign_in(ana.user.username)
    first = {name: morsel.value for name, morsel in browser.client.cookies.items()}
    answer = browser.sign_in(bruno.user.username)
    assert answer.json()["data"]["operatorId"] == str(bruno.pk)
    assert answer.cookies["sessionid"].value != first["sessionid"]
    assert answer.cookies["csrftoken"].value != first["csrftoken"]
    assert Session.objects.count() == 1


def test_signing_out_ends_the_session(browser, ana):
    browser.sign_in(ana.user.username)
    answer = browser.call("DELETE")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "data": None}
    assert answer.cookies["sessionid"]["max-age"] == 0
    assert Session.objects.count() == 0
    assert browser.call("GET").json() == NOBODY


def test_signing_out_requires_the_csrf_token(browser, ana):
    browser.sign_in(ana.user.username)
    assert browser.call("DELETE", **{"X-CSRFToken": ""}).status_code == 403
    assert browser.call("GET").status_code == 200


def test_an_anonymous_client_cannot_sign_out(browser):
    assert browser.call("DELETE").status_code == 401


def test_a_key_has_no_session(manager, ana):
    api = signed_in(ana.user)
    api.headers["Authorization"] = f"Api-Key {make_key(manager)}"
    credentials = {"username": ana.user.username, "password": PASSWORD}
    assert api.get("/api/session").status_code == 401
    assert api.post("/api/session", credentials).status_code == 403
    assert api.delete("/api/session").status_code == 403


def test_an_idempotency_key_is_ignored(browser, ana, bruno):
    key = {"Idempotency-Key": "once"}
    for operator in (ana, bruno):
        body = {"username": operator.user.username, "password": PASSWORD}
        answer = browser.call("POST", body, **key)
        assert answer.json()["data"]["operatorId"] == str(operator.pk)


def test_the_session_authorizes_other_calls(browser, manager, ana, sales):
    browser.sign_in(ana.user.username)
    answer = browser.call("GET", path="/api/area/8080")
    assert answer.json()["data"] == [
        {"id": "vendas", "idarea": "vendas", "name": "Vendas"}
    ]


def test_cookies_are_secure_behind_https(settings, browser, ana):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    answer = browser.sign_in(ana.user.username)
    assert answer.cookies["sessionid"]["secure"] is True
    assert answer.cookies["csrftoken"]["secure"] is True
