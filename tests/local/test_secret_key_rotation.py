"""Replacing HCI_SECRET_KEY: keys, links and sessions of the old one stay valid."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from hci_center.api.links import is_signed, signed
from hci_center.feed.server import session_auth
from managers import authentication
from managers.keys import digest_of
from managers.models import ApiKey
from tests.builders import make_key
from tests.conftest import Api

OLD, NEW = "the-secret-key-of-before-" * 2, "the-secret-key-of-today-" * 2
PASSWORD = "secret-password"


@pytest.fixture(autouse=True)
def before(settings):
    settings.SECRET_KEY = OLD


@pytest.fixture
def rotate(settings):
    def to(new=NEW, *fallbacks):
        settings.SECRET_KEY = new
        settings.SECRET_KEY_FALLBACKS = list(fallbacks)
        authentication.forget_cached_keys()

    return to


def status(key):
    return Api(key).get("/api/user/?contacts=0").status_code


# API keys ----------------------------------------------------------------------


def test_a_key_stays_valid_and_moves_to_the_new_secret(manager, rotate):
    key = make_key(manager)
    rotate(NEW, OLD)
    assert status(key) == 200
    assert ApiKey.objects.get().digest == digest_of(key)
    rotate(NEW)
    assert status(key) == 200


def test_a_key_not_used_meanwhile_ends_with_its_secret(manager, rotate):
    key = make_key(manager)
    rotate(NEW)
    assert status(key) == 401


def test_a_key_of_any_fallback_secret_is_accepted(manager, rotate):
    key = make_key(manager)
    rotate("x" * 32, NEW, OLD)
    assert status(key) == 200


def test_a_revoked_key_stays_revoked(manager, rotate):
    key = make_key(manager, name="bot")
    ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z")
    rotate(NEW, OLD)
    assert status(key) == 401


def test_looking_up_a_key_needs_one_query_for_any_number_of_secrets(
    manager, rotate, django_assert_num_queries
):
    key = make_key(manager)
    rotate(NEW, OLD)
    authentication.authenticate(key)
    authentication.forget_cached_keys()
    with django_assert_num_queries(1):
        authentication.authenticate(key)


# Links -------------------------------------------------------------------------


@pytest.mark.parametrize("nonce", ["n", ""])
def test_a_signed_link_is_valid_until_it_expires(rotate, nonce):
    query = dict(parse_qsl(signed("file", "name", nonce=nonce)))
    rotate(NEW, OLD)
    assert is_signed("file", "name", query)
    assert dict(parse_qsl(signed("file", "name", nonce=nonce))) != query
    rotate(NEW)
    assert not is_signed("file", "name", query)


# Sessions ----------------------------------------------------------------------


@pytest.fixture
def browser(ana):
    client = Client()
    assert client.login(username=ana.user.username, password=PASSWORD)
    return client


def test_a_person_stays_signed_in(browser, rotate):
    cookie = browser.cookies["sessionid"].value
    rotate(NEW, OLD)
    assert browser.get("/api/user/?contacts=0").status_code == 200
    # The response sets no cookie: another session key would have signed him out.
    assert Session.objects.get().session_key == cookie
    rotate(NEW)
    assert browser.get("/api/user/?contacts=0").status_code == 200


def test_his_session_opens_sockets(browser, rotate, ana):
    rotate(NEW, OLD)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    headers = {"cookie": cookie, "origin": "", "host": ""}
    identity = session_auth.identify(headers)
    assert identity is not None
    assert identity.credential == f"user:{ana.user.pk}"
    assert session_auth.identify(headers) == identity


def test_a_session_of_a_removed_secret_ends(browser, rotate):
    rotate(NEW)
    assert browser.get("/api/user/?contacts=0").status_code == 401


def test_a_session_of_a_changed_password_stays_ended(browser, rotate, ana):
    ana.user.set_password("another-password")
    ana.user.save()
    rotate(NEW, OLD)
    assert browser.get("/api/user/?contacts=0").status_code == 401
