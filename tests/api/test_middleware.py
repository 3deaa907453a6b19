"""Every response under /api/ is in the envelope."""

import pytest
from django.db import OperationalError

from hci_center.errors import RefusedError
from managers.api import viewsets
from tests.managers.shapes import found


def error_of(answer):
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert list(body) == ["success", "error"]
    assert body["success"] is False
    assert body["error"]["message"]
    return answer.status_code, body["error"]["code"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/nothing/here",
        "/api/",
        "/api",
        "/api//user/",
        "/api/user//",
        "/api/user/%00",
        "/api/user/save/%2e%2e/",
        "/api/%ff",
        "/api/User/",
        "/api/area/8080/more",
        "/api/" + "x" * 5000,
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_path_is_an_enveloped_404(anonymous, method, path):
    assert error_of(anonymous.call(method, path)) == (404, "not_found")


def test_a_foreign_host_is_refused_in_the_envelope(api):
    answer = api.get("/api/user/", headers={"Host": "evil.example"})
    assert error_of(answer) == (400, "invalid")
    assert "fields" not in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/user/", "GET, POST, HEAD"),
        ("/api/user/save/", "POST"),
        ("/api/area/8080", "GET, HEAD"),
        ("/api/session", "POST, GET, DELETE, HEAD"),
        ("/healthz", "GET, HEAD"),
        ("/readyz/", "GET, HEAD"),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "TRACE", "OPTIONS", "PUT", "BREW"])
def test_a_wrong_method_is_an_enveloped_405(anonymous, method, path, allowed):
    answer = anonymous.call(method, path)
    assert error_of(answer) == (405, "method_not_allowed")
    assert sorted(answer["Allow"].split(", ")) == sorted(allowed.split(", "))


def test_head_answers_like_get_without_a_body(api):
    get, head = api.get("/api/user/"), api.call("HEAD", "/api/user/")
    assert head.status_code == 200
    assert head.content == b""
    assert head["Content-Type"] == get["Content-Type"]
    assert api.call("HEAD", "/api/user/save").status_code == 405


@pytest.mark.parametrize("path", ["/api/user", "/api/user/"])
def test_both_spellings_of_a_path_answer_without_a_redirect(api, manager, path):
    answer = api.post(path, {"number": manager.number})
    assert (answer.status_code, answer.json()) == (200, found())


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_a_probe_answers_in_both_spellings(anonymous, path):
    answer = anonymous.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


# Errors raised by rules -------------------------------------------------------


@pytest.fixture
def failing(monkeypatch):
    """Makes the call `user/` fail with the given error."""

    def fail_with(error):
        def fail(*_):
            raise error

        monkeypatch.setattr(viewsets.queries, "managers_of", fail)

    return fail_with


def test_an_unforeseen_error_is_an_enveloped_500(api, failing, caplog):
    failing(ZeroDivisionError("canary"))
    answer = api.get("/api/user/")
    assert error_of(answer) == (500, "internal")
    assert "canary" not in answer.content.decode()
    assert "canary" in caplog.text


def test_an_unavailable_database_is_a_503_with_retry_after(api, failing, caplog):
    failing(OperationalError("connection refused"))
    answer = api.get("/api/user/")
    assert error_of(answer) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    # An outage is one error, not one for each request.
    assert [each.levelname for each in caplog.records] == ["WARNING"]


def test_an_error_has_its_details(api, failing):
    class TestRefusedError(RefusedError):
        status, code, sentence = 409, "test", "No."

    failing(TestRefusedError(operatorId="7"))
    answer = api.get("/api/user/")
    assert answer.status_code == 409
    assert answer.json() == {
        "success": False,
        "error": {"code": "test", "message": "No.", "operatorId": "7"},
    }


# Languages -------------------------------------------------------------------


def test_messages_are_in_the_callers_language(api, settings):
    settings.LANGUAGE_CODE = "pt-br"
    english = {"Accept-Language": "en"}
    answer = api.post("/api/user/", headers=english).json()["error"]
    assert answer["message"] == "Some fields are missing or wrong."
    assert answer["fields"] == {"number": ["This field is required."]}


def test_the_language_is_reset_after_each_call(api):
    default = api.post("/api/user/").json()
    api.post("/api/user/", headers={"Accept-Language": "pt-BR"})
    assert api.post("/api/user/").json() == default
