"""A revoked key is refused at once, by whatever means it was revoked."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from managers import authentication
from managers.key_invalidation import key_change_listener
from managers.keys import create_key, revoke_key

pytestmark = pytest.mark.django_db(transaction=True)
TIMEOUT = 20.0


@pytest.fixture(autouse=True)
def long_cache(monkeypatch):
    monkeypatch.setattr(authentication, "CACHED_FOR", 1000.0)


def request(client, key):
    return client.get("/api/user/", headers={"Authorization": f"Api-Key {key}"})


def answers_soon(client, key, status):
    """Returns whether the status is soon that one; the cache itself does not expire."""
    deadline = time.monotonic() + TIMEOUT
    while request(client, key).status_code != status:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def listening():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = 'LISTEN api_keys'"
        )
        return cursor.fetchone()[0]


@pytest.fixture
def listener():
    with key_change_listener():
        deadline = time.monotonic() + TIMEOUT
        while not listening() and time.monotonic() < deadline:
            time.sleep(0.02)
        yield


def test_a_revoked_key_is_refused_although_it_was_cached_as_valid(client, listener):
    key = create_key("bot")
    assert request(client, key).status_code == 200
    revoke_key("bot")
    assert answers_soon(client, key, 401)


def test_a_revocation_in_sql_is_received_as_well(client, listener):
    key = create_key("bot")
    assert request(client, key).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("UPDATE managers_apikey SET expires_at = now()")
    assert answers_soon(client, key, 401)


def test_a_key_stays_cached_without_a_notification(client):
    key = create_key("bot")
    assert request(client, key).status_code == 200
    revoke_key("bot")
    assert request(client, key).status_code == 200


def test_it_listens_again_after_its_connection_was_closed(client, listener):
    key = create_key("bot")
    assert request(client, key).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = 'LISTEN api_keys'"
        )
    revoke_key("bot")
    assert answers_soon(client, key, 401)
