"""HCI_SECRET_KEY is replaced: what was made under the one before goes on."""

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


def test_a_key_goes_on_and_moves_to_the_new_secret(manager, rotate):
    key = make_key(manager)
    rotate(NEW, OLD)
    assert status(key) == 200
    assert ApiKey.objects.get().digest == digest_of(key)
    rotate(NEW)
    assert status(key) == 200


def test_a_key_that_nobody_used_meanwhile_ends_with_its_secret(manager, rotate):
    key = make_key(manager)
    rotate(NEW)
    assert status(key) == 401


def test_a_key_of_any_earlier_secret_is_good(manager, rotate):
    key = make_key(manager)
    rotate("x" * 32, NEW, OLD)
    assert status(key) == 200


def test_a_revoked_key_is_not_brought_back(manager, rotate):
    key = make_key(manager, name="bot")
    ApiKey.objects.update(revoked_at="2026-01-01T00:00:00Z")
    rotate(NEW, OLD)
    assert status(key) == 401


def test_a_look_at_a_key_is_one_query_whatever_the_secrets(
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
def test_a_signed_link_is_good_until_it_runs_out(rotate, nonce):
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
    # The answer sets no cookie: another session key would have signed him out.
    assert Session.objects.get().session_key == cookie
    rotate(NEW)
    assert browser.get("/api/user/?contacts=0").status_code == 200


def test_a_socket_of_his_opens(browser, rotate, ana):
    rotate(NEW, OLD)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    headers = {"cookie": cookie, "origin": "", "host": ""}
    identity = session_auth.identify(headers)
    assert identity is not None
    assert identity.credential == f"user:{ana.user.pk}"
    assert session_auth.identify(headers) == identity


def test_a_session_whose_secret_is_gone_ends(browser, rotate):
    rotate(NEW)
    assert browser.get("/api/user/?contacts=0").status_code == 401


def test_a_session_of_a_changed_password_is_not_brought_back(browser, rotate, ana):
    ana.user.set_password("another-password")
    ana.user.save()
    rotate(NEW, OLD)
    assert browser.get("/api/user/?contacts=0").status_code == 401
