"""Calls from web pages: login cookies with CSRF token, and pages of other sites."""

import pytest

from tests.conftest import Api, signed_in
from tests.shipped import ShippedClient

ORIGIN = "https://console.example"
FORBIDDEN = {
    "success": False,
    "error": {
        "code": "forbidden",
        "message": "The X-CSRFToken header is missing or wrong.",
    },
}


def call(api, method="POST", **headers):
    path, fields = "/api/user/", {"number": 5511400011111}
    return api.call(method, path, fields, headers=headers)


# CSRF ------------------------------------------------------------------------


def test_a_session_with_its_csrf_token_may_write(manager, supervisor):
    assert call(signed_in(supervisor)).status_code == 200


@pytest.mark.parametrize(
    "token", [None, "", "b" * 32, "c" * 32 + "b" * 32, "é", "a" * 31]
)
def test_a_session_without_its_token_is_403(manager, supervisor, token):
    api = signed_in(supervisor)
    api.headers = {} if token is None else {"X-CSRFToken": token}
    answer = call(api)
    assert (answer.status_code, answer.json()) == (403, FORBIDDEN)


def test_a_token_in_the_form_is_not_accepted(manager, supervisor):
    api = signed_in(supervisor)
    token = api.headers.pop("X-CSRFToken")
    form = {"number": manager.number, "csrfmiddlewaretoken": token}
    assert api.post("/api/user/", form=form).json() == FORBIDDEN


def test_a_session_without_the_cookie_is_403(manager, supervisor):
    api = signed_in(supervisor)
    del api.client.cookies["csrftoken"]
    assert call(api).json() == FORBIDDEN


def test_reading_needs_no_token(manager, supervisor):
    api = signed_in(supervisor)
    api.headers = {}
    assert api.get("/api/user/").status_code == 200


def test_another_sites_origin_is_403_even_with_the_token(manager, supervisor):
    answer = call(signed_in(supervisor), Origin="https://evil.example")
    assert answer.json() == FORBIDDEN
    assert call(signed_in(supervisor), Origin="http://testserver").status_code == 200


def test_a_trusted_origin_may_write(manager, supervisor, settings):
    settings.CSRF_TRUSTED_ORIGINS = [ORIGIN]
    assert call(signed_in(supervisor), Origin=ORIGIN).status_code == 200


def test_a_key_needs_no_token(api, manager):
    strict = Api(client=ShippedClient(enforce_csrf_checks=True))
    strict.headers = api.headers
    assert call(strict, Origin="https://evil.example").status_code == 200


# CORS ------------------------------------------------------------------------


def preflight(origin, path="/api/user/save"):
    return Api().call(
        "OPTIONS",
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "x-api-key, idempotency-key",
        },
    )


def test_a_listed_origin_may_ask_and_read(settings, api):
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    answer = preflight(ORIGIN)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    assert answer["Access-Control-Allow-Credentials"] == "true"
    assert {"x-api-key", "idempotency-key", "authorization", "x-csrftoken"} <= set(
        answer["Access-Control-Allow-Headers"].split(", ")
    )
    assert {"GET", "POST", "PUT", "DELETE"} <= set(
        answer["Access-Control-Allow-Methods"].split(", ")
    )
    for method in ("GET", "PUT"):
        answer = call(api, method, Origin=ORIGIN)
        assert answer["Access-Control-Allow-Origin"] == ORIGIN
        assert "origin" in answer["Vary"].lower()


def test_a_refusal_may_be_read_too(settings, anonymous):
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    answer = call(anonymous, Origin=ORIGIN)
    assert answer.status_code == 401
    assert answer["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ORIGIN + ".evil"])
def test_another_origin_gets_no_cors_headers(settings, api, origin):
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    for answer in (preflight(origin), call(api, Origin=origin)):
        assert "Access-Control-Allow-Origin" not in answer


def test_no_origin_is_listed_by_default(api):
    assert "Access-Control-Allow-Origin" not in call(api, Origin=ORIGIN)
