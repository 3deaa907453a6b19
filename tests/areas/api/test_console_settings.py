"""api/session/settings and api/session/password: a person's own settings and password."""

from __future__ import annotations

import pytest

from tests.builders import make_key
from tests.conftest import Api, signed_in
from tests.contract.shapes import answered, refused

SETTINGS = "/api/session/settings"
PASSWORD = "/api/session/password"
OLD, NEW = "secret-password", "uma senha bem melhor"


def test_settings_are_kept_per_person(ana, bruno, supervisor):
    mine = {"theme": "dark", "filters": [{"state": "mine"}], "sounds": None, "n": 1.5}
    answered(signed_in(ana.user).get(SETTINGS), {})
    answered(signed_in(ana.user).put(SETTINGS, mine), mine)
    answered(
        signed_in(supervisor).put(SETTINGS, {"theme": "light"}), {"theme": "light"}
    )
    answered(signed_in(ana.user).get(SETTINGS), mine)
    answered(signed_in(bruno.user).get(SETTINGS), {})
    answered(signed_in(ana.user).put(SETTINGS, {}), {})
    answered(signed_in(ana.user).get(SETTINGS), {})


@pytest.mark.parametrize(
    "sent",
    [{"a": "x" * 16400}, {"a": "nul\x00"}, {"a": 2**70}, {"a": "\ud800"}],
    ids=["large", "NUL", "long number", "half a character"],
)
def test_invalid_settings_are_refused_and_change_nothing(ana, sent):
    person = signed_in(ana.user)
    person.put(SETTINGS, {"theme": "dark"})
    refused(person.put(SETTINGS, sent), 400, "invalid")
    answered(person.get(SETTINGS), {"theme": "dark"})


def test_a_very_large_body_is_not_read(ana):
    body = {"a": "x" * 100_000}
    refused(signed_in(ana.user).put(SETTINGS, body), 413, "body_too_large")


def test_keys_have_no_settings_and_no_password(manager, anonymous):
    key = Api(make_key(manager))
    for method, path in (("GET", SETTINGS), ("PUT", SETTINGS), ("PUT", PASSWORD)):
        refused(key.call(method, path, {}), 403, "forbidden")
        refused(anonymous.call(method, path, {}), 401, "not_authenticated")


def signed_in_with(user, password):
    """Signs in with a new client; returns it and the status."""
    from tests.areas.api.test_session import Browser

    browser = Browser()
    browser.call("GET")
    return browser, browser.sign_in(user.username, password).status_code


def test_a_new_password_ends_the_other_sessions(ana):
    here, _ = signed_in_with(ana.user, OLD)
    other, _ = signed_in_with(ana.user, OLD)
    change = {"password": OLD, "newPassword": NEW}
    answered(here.call("PUT", change, path=PASSWORD), None)
    assert here.call("GET").status_code == 200
    assert other.call("GET").status_code == 401
    assert signed_in_with(ana.user, OLD)[1] == 401
    assert signed_in_with(ana.user, NEW)[1] == 200


def test_a_wrong_or_weak_password_changes_nothing(ana):
    person = signed_in(ana.user)
    wrong = {"password": "guessed", "newPassword": NEW}
    refused(person.put(PASSWORD, wrong), 400, "invalid", fields=["password"])
    for weak in ("short", "password123"):
        asked = {"password": OLD, "newPassword": weak}
        answer = person.put(PASSWORD, asked).json()
        assert list(answer["error"]["fields"]) == ["newPassword"], weak
    ana.user.refresh_from_db()
    assert ana.user.check_password(OLD)


def test_guessing_the_password_is_throttled(ana):
    person = signed_in(ana.user)
    asked = {"password": "guessed", "newPassword": NEW}
    codes = [person.put(PASSWORD, asked).status_code for _ in range(12)]
    assert set(codes) == {400, 429}
    right = {"password": OLD, "newPassword": NEW}
    assert person.put(PASSWORD, right).status_code == 429
