"""Of several errors, the first in the order of the API contract is reported."""

import pytest

from tests.builders import make_key
from tests.conftest import Api, signed_in

LARGE = b" " * (2 * 2**20 + 1)
PLAIN = {"Content-Type": "text/plain"}
BAD_KEY = {"Authorization": "Api-Key bad"}
ONCE = {"Idempotency-Key": "kept"}


def code_of(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_an_unknown_path_and_a_wrong_method_come_first(anonymous):
    for method, path, expected in (
        ("POST", "/api/nothing", (404, "not_found")),
        ("PUT", "/api/user/save", (405, "method_not_allowed")),
    ):
        answer = anonymous.call(method, path, LARGE, headers=PLAIN | BAD_KEY)
        assert code_of(answer) == expected


def test_a_large_body_comes_before_the_caller(anonymous):
    answer = anonymous.post("/api/user/save", LARGE, headers=PLAIN | BAD_KEY)
    assert code_of(answer) == (413, "body_too_large")
    fits = anonymous.post("/api/user/save", LARGE[:-1], headers=PLAIN | BAD_KEY)
    assert code_of(fits) == (401, "not_authenticated")


def test_the_caller_comes_before_csrf_token_and_permissions(anonymous, ana):
    answer = anonymous.post("/api/user/save", b"{", headers=PLAIN)
    assert code_of(answer) == (401, "not_authenticated")
    signed_out = signed_in(ana.user)
    signed_out.client.cookies["sessionid"] = "forged"
    assert code_of(signed_out.post("/api/user/", b"{", headers=PLAIN)) == (
        401,
        "not_authenticated",
    )


def test_csrf_and_permissions_come_before_the_kind_of_body(manager, ana, supervisor):
    without_token = signed_in(supervisor)
    without_token.headers = {}
    for api, path in (
        (without_token, "/api/user/"),
        (signed_in(ana.user), "/api/user/save"),
        (Api(make_key(manager)), "/api/user/save"),
    ):
        answer = api.post(path, b"{", headers=PLAIN)
        assert code_of(answer) == (403, "forbidden")


def test_the_kind_of_body_comes_before_its_form(api):
    answer = api.post("/api/user/", b"{", headers=PLAIN | ONCE)
    assert code_of(answer) == (415, "unsupported_media_type")


@pytest.fixture
def with_stored_answer(api, manager):
    api.post("/api/user/", {"number": manager.number}, headers=ONCE)
    return api


def test_the_form_of_a_body_comes_before_idempotency(with_stored_answer):
    answer = with_stored_answer.post("/api/user/", b"{", headers=ONCE)
    assert code_of(answer) == (400, "malformed_body")


def test_idempotency_comes_before_the_fields(with_stored_answer):
    answer = with_stored_answer.post("/api/user/", {"number": "x"}, headers=ONCE)
    assert code_of(answer) == (422, "idempotency_mismatch")


def test_the_fields_come_before_lookups(api):
    answer = api.post("/api/area/operator/64999", {"idarea": []})
    assert code_of(answer) == (400, "invalid")
