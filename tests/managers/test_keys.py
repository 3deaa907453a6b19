"""API keys: authentication, rate limits and the time of last use."""

import base64
from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from hci_center.api.senders import is_known_sender
from managers import authentication, keys
from managers.models import ApiKey
from managers.webhook_secrets import get_or_create
from tests.builders import make_key, make_manager, make_supervisor
from tests.conftest import Api, signed_in

NOBODY = {
    "success": False,
    "error": {
        "code": "not_authenticated",
        "message": "A valid API key or a signed-in session is needed.",
    },
}


def use(key, **over):
    return Api().get("/api/user/", headers={"Authorization": f"Api-Key {key}"} | over)


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": "Api-Key {}"},
        {"Authorization": "api-key   {}  "},
        {"Authorization": "Bearer {}"},
        {"Authorization": "bearer  {} "},
        {"X-Api-Key": "{}"},
        {"x-api-key": " {} "},
    ],
)
def test_a_key_is_accepted_in_either_header(manager, header):
    [(name, value)] = header.items()
    answer = Api().get("/api/user/", headers={name: value.format(make_key(manager))})
    assert answer.status_code == 200
    assert len(answer.json()["data"]) == 1


@pytest.mark.parametrize(
    "key", ["", "x", "hci_00000000_" + "a" * 43, "hci_\x00", "é" * 56, "a" * 5000]
)
def test_an_unknown_key_is_401(manager, key):
    answer = use(key)
    assert (answer.status_code, answer.json()) == (401, NOBODY)
    assert answer["WWW-Authenticate"] == "Api-Key"
    assert Api().get("/api/user/", headers={"X-Api-Key": key}).json() == NOBODY


def test_a_bearer_token_of_a_proxy_is_no_key(manager):
    both = {"Authorization": "Bearer eyJhbGciOi.x.y", "X-Api-Key": make_key(manager)}
    assert Api().get("/api/user/", headers=both).status_code == 200
    refused = use(make_key(manager), Authorization="Bearer hci_00000000_" + "a" * 43)
    assert refused.status_code == 401


def test_a_key_with_one_changed_letter_is_refused(manager):
    key = make_key(manager)
    assert use(key[:-1] + ("a" if key[-1] != "a" else "b")).status_code == 401


def test_a_revoked_key_is_401(manager):
    key = make_key(manager, name="bot")
    assert use(key).status_code == 200
    assert keys.revoke_key("bot") is True
    authentication.forget_cached_keys()
    assert use(key).json() == NOBODY
    assert keys.revoke_key("bot") is False


def test_a_revocation_takes_effect_for_a_cached_key(manager, monkeypatch):
    key = make_key(manager, name="bot")
    use(key)
    keys.revoke_key("bot")
    now = authentication.time.monotonic()
    monkeypatch.setattr(authentication.time, "monotonic", lambda: now + 5)
    assert use(key).json() == NOBODY


def test_an_expired_key_is_401_at_once(manager):
    soon = timezone.now() + timedelta(days=1)
    key = make_key(manager, expires_at=soon)
    assert use(key).status_code == 200
    cached = authentication._cached_keys[key]
    object.__setattr__(cached, "expires_at", timezone.now())
    assert use(key).json() == NOBODY
    ApiKey.objects.update(expires_at=timezone.now())
    authentication.forget_cached_keys()
    assert use(key).json() == NOBODY


def test_a_bad_key_never_falls_back_to_the_cookie(manager, supervisor):
    api = signed_in(supervisor)
    assert api.get("/api/user/").status_code == 200
    for header in ("Authorization", "X-Api-Key"):
        bad = {header: "Api-Key hci_bad"}
        assert api.get("/api/user/", headers=bad).json() == NOBODY


def test_a_valid_key_takes_precedence_over_a_cookie(manager, other_manager, supervisor):
    api = signed_in(supervisor)
    headers = {"X-Api-Key": make_key(other_manager)}
    [shape] = api.get("/api/user/", headers=headers).json()["data"]
    assert shape["name"] == "Oficina Lua"


def test_the_table_does_not_hold_the_key(manager):
    key = make_key(manager)
    row = ApiKey.objects.values().get()
    assert key not in str(row)
    assert key.startswith(f"hci_{row['prefix']}_")


@pytest.mark.usefixtures("recorded_today")
def test_a_known_key_is_looked_up_once(manager, django_assert_num_queries):
    api = Api(make_key(manager))
    with django_assert_num_queries(3):
        api.get("/api/user/")
    with django_assert_num_queries(2):
        api.get("/api/user/")


# Last used -------------------------------------------------------------------


def _age_of_last_use():
    return timezone.now() - ApiKey.objects.get().last_used_at


def test_the_last_use_is_stored_at_most_once_a_minute(manager):
    key = make_key(manager)
    use(key)
    assert _age_of_last_use() < timedelta(minutes=1)
    for age, updated in ((50, False), (70, True)):
        then = timezone.now() - timedelta(seconds=age)
        ApiKey.objects.update(last_used_at=then)
        authentication.forget_cached_keys()
        use(key)
        assert (_age_of_last_use() < timedelta(seconds=40)) is updated


@pytest.mark.django_db(transaction=True)
def test_a_locked_row_delays_no_call():
    key = make_key(make_manager())
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM managers_apikey FOR UPDATE")
            assert use(key).status_code == 200
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert ApiKey.objects.get().last_used_at is None


# Limits ----------------------------------------------------------------------


def sent_with(path="/api/chat/message/send", **headers):
    return RequestFactory().post(path, **headers).environ


@pytest.fixture
def limited(manager):
    """Returns a client with a key of three calls per minute."""
    key = make_key(manager)
    ApiKey.objects.update(per_minute=3)
    return Api(key)


def test_a_limited_key_is_refused_with_retry_after(limited):
    statuses = [limited.get("/api/user/").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    answer = limited.get("/api/user/")
    assert answer.json() == {
        "success": False,
        "error": {
            "code": "throttled",
            "message": "Too many attempts; wait a moment.",
        },
    }
    assert 18 <= int(answer["Retry-After"]) <= 20


@pytest.mark.django_db(transaction=True)
def test_a_large_body_uses_up_one_call_as_a_small_one_does(limited):
    """Checking the sender before the body is read does not count as a call."""
    key = limited.headers["Authorization"]
    for _ in range(5):
        assert is_known_sender(sent_with(HTTP_AUTHORIZATION=key))
    assert ApiKey.objects.get().spent_until is None
    assert [limited.get("/api/user/").status_code for _ in range(3)] == [200] * 3
    assert is_known_sender(sent_with(HTTP_AUTHORIZATION=key))


@pytest.mark.django_db(transaction=True)
def test_known_senders_have_a_valid_key_session_or_webhook_address(manager):
    secret = get_or_create("evolution", manager.pk)
    session = signed_in(make_supervisor(manager)).client.cookies["sessionid"].value
    assert is_known_sender(sent_with(HTTP_X_API_KEY=make_key(manager)))
    assert is_known_sender(sent_with(HTTP_COOKIE=f"sessionid={session}"))
    assert is_known_sender(sent_with(f"/webhooks/evolution/{secret}"))
    assert is_known_sender(sent_with(f"/webhooks/evolution/{secret}/messages-upsert"))
    assert not is_known_sender(sent_with())
    assert not is_known_sender(sent_with(HTTP_X_API_KEY="hci_" + "0" * 52))
    assert not is_known_sender(sent_with(HTTP_COOKIE="sessionid=x"))
    assert not is_known_sender(sent_with(f"/webhooks/wppconnect/{secret}"))
    assert not is_known_sender(sent_with(f"/webhooks/evolution/{secret}x"))


def test_calls_are_available_again_after_a_while(limited):
    for _ in range(4):
        limited.get("/api/user/")
    row = ApiKey.objects.get()
    ApiKey.objects.update(spent_until=row.spent_until - timedelta(seconds=21))
    statuses = [limited.get("/api/user/").status_code for _ in range(2)]
    assert statuses == [200, 429]


def test_a_limit_counts_all_calls_and_stores_the_last_use(limited, contact):
    limited.get("/api/user/")
    limited.post("/api/user/", {})
    limited.post("/api/user/contact/get", b"{")
    then = timezone.now() - timedelta(seconds=30)
    ApiKey.objects.update(last_used_at=then)
    assert limited.post("/api/user/", {"number": 1}).status_code == 429
    assert ApiKey.objects.get().last_used_at == then


@pytest.mark.usefixtures("recorded_today")
def test_a_key_without_a_limit_has_none(api, django_assert_num_queries):
    api.get("/api/user/?contacts=0")
    with django_assert_num_queries(40):
        for _ in range(40):
            assert api.get("/api/user/?contacts=0").status_code == 200


@pytest.mark.usefixtures("recorded_today")
def test_a_high_limit_is_counted_in_blocks_of_calls(manager, django_assert_num_queries):
    api = Api(make_key(manager))
    ApiKey.objects.update(per_minute=6000)
    api.get("/api/user/?contacts=0")
    with django_assert_num_queries(9):
        for _ in range(9):
            assert api.get("/api/user/?contacts=0").status_code == 200
    before = ApiKey.objects.get().spent_until
    with django_assert_num_queries(2):
        api.get("/api/user/?contacts=0")
    spent = ApiKey.objects.get().spent_until - before
    assert timedelta(milliseconds=99) < spent


def test_a_changed_limit_applies_at_once(manager):
    api = Api(make_key(manager))
    ApiKey.objects.update(per_minute=6000)
    api.get("/api/user/")
    ApiKey.objects.update(per_minute=1, spent_until=None)
    authentication.forget_cached_keys()
    assert [api.get("/api/user/").status_code for _ in range(2)] == [200, 429]


# In a URL --------------------------------------------------------------------


def user_info(user, password):
    credential = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {credential}"}


def test_a_key_in_the_url_is_accepted_as_basic_authentication(manager):
    key = make_key(manager)
    prefix, secret = key[4:12], key[13:]
    for headers in (user_info(prefix, secret), user_info(prefix, key)):
        assert Api().get("/api/user/", headers=headers).status_code == 200
    assert Api().get("/api/user/", headers=user_info(prefix, "x")).json() == NOBODY
    other = user_info("0" * 8, secret)
    assert Api().get("/api/user/", headers=other).json() == NOBODY


@pytest.mark.parametrize(
    "headers",
    [user_info("proxy", "password"), {"Authorization": "Basic ?"}, user_info("", "")],
)
def test_a_proxys_own_password_is_not_a_key(supervisor, headers):
    """A proxy in front may protect the console by a password of its own."""
    assert signed_in(supervisor).get("/api/user/", headers=headers).status_code == 200
