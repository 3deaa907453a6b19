"""Signing in is slowed down after failures, per account and per address."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory
from django.utils import timezone

from areas.models import SignInFailure
from areas.pacing import Subject, account_of, address_of, take_a_try
from hci_center.errors import ThrottledError
from tests.areas.test_session import PASSWORD, Browser

THE_ADDRESS = Subject("address:127.0.0.1", free=20, leak=60)
THROTTLED = {
    "success": False,
    "error": {"code": "throttled", "message": "Too many attempts; wait a moment."},
}


@pytest.fixture
def browser(db):
    browser = Browser()
    browser.call("GET")
    return browser


def statuses(browser, username, tries, word="wrong"):
    return [browser.sign_in(username, word).status_code for _ in range(tries)]


def let_time_pass(**time):
    SignInFailure.objects.update(last_at=F("last_at") - timedelta(**time))


def hold_the_clock():
    """Moves the failures 30 s ahead, so that no test depends on its own speed."""
    let_time_pass(seconds=-30)


def failures_of(subject):
    row = SignInFailure.objects.filter(subject=subject.hashed).first()
    return row.failures if row else 0


@pytest.mark.parametrize("known", [True, False])
def test_after_five_failures_one_has_to_wait(browser, ana, known):
    name = ana.user.username if known else "nobody"
    assert statuses(browser, name, 5) == [401] * 5
    hold_the_clock()
    answer = browser.sign_in(name)
    assert (answer.status_code, answer.json()) == (429, THROTTLED)
    assert 1 <= int(answer["Retry-After"]) <= 31


def test_the_right_password_works_after_the_wait_and_clears_the_count(browser, ana):
    name = ana.user.username
    statuses(browser, name, 5)
    hold_the_clock()
    assert browser.sign_in(name).status_code == 429
    let_time_pass(seconds=31)
    assert browser.sign_in(name).status_code == 200
    assert failures_of(account_of(name)) == 0
    assert statuses(browser, name, 5) == [401] * 5


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(browser):
    statuses(browser, "nobody", 1)
    waits = []
    for failures in range(5, 20):
        account = SignInFailure.objects.filter(subject=account_of("nobody").hashed)
        account.update(failures=failures, last_at=timezone.now() + timedelta(days=1))
        waits.append(int(browser.sign_in("nobody")["Retry-After"]) - 24 * 60 * 60)
    doubled = [2**n for n in range(10)] + [900] * 5
    assert all(abs(was - due) <= 5 for was, due in zip(waits, doubled, strict=True))


def test_nothing_is_locked_for_longer_than_that(browser):
    statuses(browser, "nobody", 1)
    SignInFailure.objects.update(failures=1_000_000)
    assert browser.sign_in("nobody").status_code == 429
    let_time_pass(minutes=15)
    assert browser.sign_in("nobody").status_code == 401


def test_refused_tries_do_not_lengthen_the_wait(browser):
    statuses(browser, "nobody", 5)
    hold_the_clock()
    assert statuses(browser, "nobody", 20) == [429] * 20
    assert failures_of(account_of("nobody")) == 5
    assert failures_of(THE_ADDRESS) == 5


def test_other_accounts_of_the_address_are_not_held_up_by_one(browser, ana):
    statuses(browser, "nobody", 60)
    assert browser.sign_in(ana.user.username).status_code == 200


def test_an_address_that_tries_many_accounts_has_to_wait(browser, ana):
    tries = [browser.sign_in(f"name-{n}", "wrong").status_code for n in range(20)]
    assert tries == [401] * 20
    hold_the_clock()
    assert browser.sign_in(ana.user.username).status_code == 429
    assert failures_of(account_of(ana.user.username)) == 0
    elsewhere = Browser()
    elsewhere.client = Client(enforce_csrf_checks=True, REMOTE_ADDR="10.1.2.3")
    elsewhere.api.client = elsewhere.client
    elsewhere.call("GET")
    assert elsewhere.sign_in(ana.user.username).status_code == 200


def test_good_sign_ins_use_up_nothing_of_the_address(browser, ana):
    assert statuses(browser, ana.user.username, 25, PASSWORD) == [200] * 25


def test_failures_are_forgotten_as_time_goes_by(browser):
    statuses(browser, "nobody", 5)
    hold_the_clock()
    let_time_pass(minutes=15, seconds=30)
    assert statuses(browser, "nobody", 1) == [401]
    assert failures_of(account_of("nobody")) == 5
    let_time_pass(hours=2)
    assert statuses(browser, "nobody", 5) == [401] * 5


def test_neither_names_nor_addresses_are_in_the_table(browser):
    statuses(browser, "nobody", 1)
    subjects = list(SignInFailure.objects.values_list("subject", flat=True))
    assert len(subjects) == 2
    assert all(len(subject) == 64 for subject in subjects)


def test_old_rows_are_forgotten(browser, ana):
    statuses(browser, "nobody", 1)
    let_time_pass(days=2)
    browser.sign_in(ana.user.username)
    assert failures_of(account_of("nobody")) == 0
    assert SignInFailure.objects.count() <= 1


def test_the_admins_form_is_paced_with_the_same_count(browser, supervisor):
    page = Client()
    wrong = {"username": supervisor.username, "password": "wrong"}
    for _ in range(3):
        assert page.post("/admin/login/", wrong).status_code == 200
    assert statuses(browser, supervisor.username, 2) == [401, 401]
    hold_the_clock()
    answer = page.post("/admin/login/", wrong | {"password": PASSWORD})
    assert answer.status_code == 200
    assert "sessionid" not in answer.cookies
    errors = answer.context["form"].non_field_errors().as_data()
    assert [error.code for error in errors] == ["throttled"]
    let_time_pass(seconds=31)
    answer = page.post("/admin/login/?next=/admin/", wrong | {"password": PASSWORD})
    assert answer.status_code == 302


def test_a_user_who_is_nobody_here_is_paced_by_wrong_passwords_alone(browser):
    User.objects.create_user("guest", password=PASSWORD)
    assert statuses(browser, "guest", 10, PASSWORD) == [401] * 10


# Where a request comes from --------------------------------------------------


def address(peer, forwarded=None):
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=peer, **more)
    return address_of(request).name


def test_what_is_said_of_a_forwarded_address_is_not_believed():
    assert address("10.0.0.1", "1.2.3.4") == address("10.0.0.1") == "address:10.0.0.1"


def test_a_known_proxy_is_believed_as_far_as_known_proxies_go(settings):
    settings.TRUSTED_PROXIES = ["10.0.0.1", "10.0.0.2"]
    assert address("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2") == "address:1.2.3.4"
    assert address("10.0.0.1") == "address:10.0.0.1"
    assert address("10.0.0.1", " , ") == address("10.0.0.1", "") == "address:10.0.0.1"
    assert address("9.9.9.9", "1.2.3.4") == "address:9.9.9.9"


def test_an_ipv6_caller_is_known_by_its_network():
    assert address("2001:db8:1:2:3::4") == address("2001:db8:1:2:ffff::1")
    assert address("2001:db8:1:2::1") != address("2001:db8:1:3::1")
    assert address("::ffff:10.0.0.1") == "address:10.0.0.1"
    assert address("") == address_of(None).name == "address:"


# Races -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_tries_after_a_wait_one_is_let_in():
    an_hour_ago = timezone.now() - timedelta(hours=1)
    SignInFailure.objects.create(
        subject=account_of("ana").hashed, failures=14, last_at=an_hour_ago
    )
    barrier = threading.Barrier(12)
    let_in = []

    def attempt():
        barrier.wait()
        try:
            take_a_try(account_of("ana"), address_of(None))
            let_in.append(True)
        except ThrottledError:
            let_in.append(False)
        connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_in) == [False] * 11 + [True]
    # Four of the fourteen were forgotten in that hour.
    assert failures_of(account_of("ana")) == 11
    assert failures_of(address_of(None)) == 1
