"""Attackers cannot keep a person from signing in with the right password."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from areas import auth_backends
from areas.models import SignInFailure
from areas.sign_in.login_throttle import subjects_elsewhere
from tests.areas.api.test_session import PASSWORD
from tests.areas.sign_in.test_login_throttle import (
    HERE,
    browser_at,
    failures_of,
    hold_the_clock,
    pair_of,
    shared_of,
    statuses,
)


@pytest.fixture
def browser(db):
    return browser_at(HERE)


def test_an_attackers_failures_do_not_throttle_the_owner_at_another_address(
    browser, ana
):
    statuses(browser, ana.user.username, 60)
    hold_the_clock()
    elsewhere = browser_at("10.1.2.3")
    assert elsewhere.sign_in(ana.user.username).status_code == 200


def test_an_attackers_failures_do_not_throttle_the_owner_on_a_known_device(
    browser, ana
):
    known = browser_at(HERE)
    assert known.sign_in(ana.user.username).status_code == 200
    known.call("DELETE")
    statuses(browser, ana.user.username, 60)
    hold_the_clock()
    assert browser.sign_in(ana.user.username).status_code == 429
    assert known.sign_in(ana.user.username).status_code == 200


def test_failures_on_a_known_device_throttle_only_that_device(browser, ana):
    known = browser_at(HERE)
    known.sign_in(ana.user.username)
    assert statuses(known, ana.user.username, 6)[:5] == [401] * 5
    hold_the_clock()
    assert known.sign_in(ana.user.username).status_code == 429
    assert browser.sign_in(ana.user.username).status_code == 200


def test_a_device_is_known_only_for_those_who_signed_in_on_it(browser, ana, bruno):
    browser.sign_in(bruno.user.username)
    statuses(browser, ana.user.username, 5)
    hold_the_clock()
    assert browser.sign_in(ana.user.username).status_code == 429
    assert browser.sign_in(bruno.user.username).status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "x:y:z", "\u00e9", "W10:1tQ:abc"])
def test_a_forged_device_cookie_is_not_known(browser, ana, cookie):
    statuses(browser, ana.user.username, 5)
    hold_the_clock()
    browser.client.cookies["hci_device"] = cookie
    assert browser.sign_in(ana.user.username).status_code == 429


def test_invented_names_do_not_delay_others_at_the_address(browser, ana):
    tries = [browser.sign_in(f"name-{n}", "wrong").status_code for n in range(100)]
    assert tries == [401] * 100
    hold_the_clock()
    assert browser.sign_in(ana.user.username).status_code == 200
    assert failures_of(shared_of()) == 0


def test_an_address_that_tries_many_accounts_is_throttled(browser, ana, manager):
    victims = [User.objects.create_user(f"victim-{n}") for n in range(20)]
    tries = [browser.sign_in(user.username, "wrong").status_code for user in victims]
    assert tries == [401] * 20
    hold_the_clock()
    # Unknown names get the same response as existing ones.
    for name in (ana.user.username, "nobody"):
        assert browser.sign_in(name).status_code == 429
    assert failures_of(pair_of(ana.user.username)) == 0
    assert browser_at("10.1.2.3").sign_in(ana.user.username).status_code == 200


def test_an_account_tried_by_many_addresses_is_throttled_only_for_unknown_devices(
    browser, ana
):
    known = browser_at(HERE)
    known.sign_in(ana.user.username)
    everywhere = subjects_elsewhere(ana.user.username, HERE, exists=True)[-1]
    SignInFailure.objects.update_or_create(
        subject=everywhere.hashed,
        defaults={"failures": 1010, "last_at": timezone.now() + timedelta(minutes=1)},
    )
    assert browser.sign_in(ana.user.username).status_code == 429
    assert known.sign_in(ana.user.username).status_code == 200


def test_passwords_from_an_address_with_many_unknown_names_are_checked_one_at_a_time(
    browser, ana, monkeypatch
):
    monkeypatch.setattr(auth_backends, "FREE_MADE_UP_NAMES", 2)
    for n in range(3):
        browser.sign_in(f"name-{n}", "wrong")
    elsewhere = browser_at("10.1.2.3")
    with auth_backends._ONE_BY_ONE:
        # Another one is being checked: this one is refused and not counted as a
        # failure.
        for name in ("name-4", ana.user.username):
            answer = browser.sign_in(name)
            assert (answer.status_code, answer["Retry-After"]) == (429, "1")
            assert failures_of(pair_of(name)) == 0
        assert elsewhere.sign_in(ana.user.username).status_code == 200
    assert browser.sign_in("name-4").status_code == 401
    assert browser.sign_in(ana.user.username).status_code == 200


def test_successful_sign_ins_are_not_throttled(browser, ana):
    for _ in range(25):
        browser.client.cookies.pop("hci_device", None)
        assert browser.sign_in(ana.user.username).status_code == 200
    assert {row.failures for row in SignInFailure.objects.all()} <= {0}


def test_signing_in_to_the_admin_makes_the_device_known(browser, supervisor):
    page = Client()
    right = {"username": supervisor.username, "password": PASSWORD}
    cookie = page.post("/admin/login/", right).cookies["hci_device"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert cookie["max-age"] == 400 * 24 * 60 * 60
    statuses(browser, supervisor.username, 6)
    hold_the_clock()
    page.cookies.pop("sessionid")
    assert page.post("/admin/login/", right).status_code == 302


def test_the_cookie_is_secure_behind_https_and_new_with_each_sign_in(
    settings, browser, ana, bruno
):
    settings.SESSION_COOKIE_SECURE = True
    first = browser.sign_in(ana.user.username).cookies["hci_device"]
    second = browser.sign_in(bruno.user.username).cookies["hci_device"]
    assert first["secure"] is second["secure"] is True
    assert first.value != second.value
    assert "hci_device" not in browser.call("GET").cookies
    statuses(browser_at(HERE), ana.user.username, 6)
    hold_the_clock()
    assert browser.sign_in(ana.user.username).status_code == 200
