"""Sign-in is throttled after failures, and nobody can lock out another person."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone

from areas.models import SignInFailure
from areas.sign_in.login_throttle import (
    Subject,
    register_attempt,
    subjects_elsewhere,
    subjects_on_device,
)
from hci_center.errors import ThrottledError
from tests.areas.api.test_session import PASSWORD, Browser

HERE = "127.0.0.1"
THROTTLED = {
    "success": False,
    "error": {"code": "throttled", "message": "Too many attempts; wait a moment."},
}


@pytest.fixture
def browser(db):
    return browser_at(HERE)


def browser_at(address):
    browser = Browser()
    browser.client = Client(enforce_csrf_checks=True, REMOTE_ADDR=address)
    browser.api.client = browser.client
    browser.call("GET")
    return browser


def statuses(browser, username, tries, word="wrong"):
    return [browser.sign_in(username, word).status_code for _ in range(tries)]


def let_time_pass(**time):
    SignInFailure.objects.update(last_at=F("last_at") - timedelta(**time))


def hold_the_clock():
    """Moves the failures 30 s ahead, so that the test's speed does not matter."""
    let_time_pass(seconds=-30)


def failures_of(subject):
    row = SignInFailure.objects.filter(subject=subject.hashed).first()
    return row.failures if row else 0


def pair_of(username, address=HERE):
    return subjects_elsewhere(username, address, exists=True)[0]


def shared_of(address=HERE):
    return subjects_elsewhere("x", address, exists=True)[1]


@pytest.mark.parametrize("known", [True, False])
def test_sign_in_is_throttled_after_five_failures(browser, ana, known):
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
    assert failures_of(pair_of(name)) == 0
    assert statuses(browser, name, 5) == [401] * 5


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(browser):
    statuses(browser, "nobody", 1)
    pair = SignInFailure.objects.filter(subject=pair_of("nobody").hashed)
    waits = []
    for failures in range(5, 20):
        pair.update(failures=failures, last_at=timezone.now() + timedelta(days=1))
        waits.append(int(browser.sign_in("nobody")["Retry-After"]) - 24 * 60 * 60)
    doubled = [2**n for n in range(10)] + [900] * 5
    assert all(abs(was - due) <= 5 for was, due in zip(waits, doubled, strict=True))


def test_the_wait_is_never_longer_than_a_quarter_of_an_hour(browser):
    statuses(browser, "nobody", 1)
    SignInFailure.objects.update(failures=1_000_000)
    assert browser.sign_in("nobody").status_code == 429
    let_time_pass(minutes=15)
    assert browser.sign_in("nobody").status_code == 401


def test_refused_attempts_do_not_lengthen_the_wait(browser, ana):
    name = ana.user.username
    statuses(browser, name, 5)
    hold_the_clock()
    assert statuses(browser, name, 20) == [429] * 20
    assert failures_of(pair_of(name)) == 5
    assert failures_of(shared_of()) == 5


def test_spellings_of_a_name_are_counted_together(browser, ana):
    statuses(browser, ana.user.username, 5)
    hold_the_clock()
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in ana.user.username)
    assert browser.sign_in(wide).status_code == 429
    let_time_pass(seconds=31)
    assert browser.sign_in(wide).status_code == 200


# Expiry -------------------------------------------------------------------------


def test_failures_expire(browser):
    statuses(browser, "nobody", 5)
    hold_the_clock()
    let_time_pass(minutes=15, seconds=30)
    assert statuses(browser, "nobody", 1) == [401]
    assert failures_of(pair_of("nobody")) == 5
    let_time_pass(hours=1)
    assert statuses(browser, "nobody", 4) == [401] * 4


def test_the_table_contains_no_names_or_addresses(browser, ana):
    statuses(browser, "nobody", 1)
    statuses(browser, ana.user.username, 1)
    subjects = list(SignInFailure.objects.values_list("subject", flat=True))
    assert len(subjects) == 5
    assert all(len(subject) == 64 for subject in subjects)


def test_expired_rows_are_deleted(browser, ana):
    statuses(browser, "nobody", 1)
    statuses(browser, ana.user.username, 5)
    let_time_pass(minutes=74)
    SignInFailure.objects.filter(subject=pair_of("nobody").hashed).update(failures=6)
    assert SignInFailure.objects.count() == 5
    let_time_pass(minutes=2)
    browser_at("10.1.2.3").sign_in("x", "wrong")
    assert failures_of(pair_of("nobody")) == 6
    assert failures_of(pair_of(ana.user.username)) == 0
    let_time_pass(days=1)
    browser_at("10.1.2.3").sign_in("x", "wrong")
    assert failures_of(pair_of("nobody")) == 0


# The admin ----------------------------------------------------------------------


def test_the_admins_form_shares_the_throttle(browser, supervisor):
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


def test_a_user_without_a_role_is_throttled_only_by_wrong_passwords(browser):
    User.objects.create_user("guest", password=PASSWORD)
    assert statuses(browser, "guest", 10, PASSWORD) == [401] * 10


# Races -----------------------------------------------------------------------


def race(subjects, tries):
    """Returns how many of the simultaneous attempts are admitted."""
    barrier = threading.Barrier(tries)
    admitted = []

    def attempt():
        barrier.wait()
        try:
            register_attempt(subjects)
            admitted.append(True)
        except ThrottledError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(tries)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(admitted)


@pytest.mark.django_db(transaction=True)
def test_one_of_simultaneous_attempts_after_a_wait_is_admitted():
    subjects = subjects_elsewhere("ana", HERE, exists=True)
    an_hour_ago = timezone.now() - timedelta(hours=1)
    SignInFailure.objects.create(
        subject=subjects[0].hashed, failures=14, last_at=an_hour_ago
    )
    assert race(subjects, 12) == 1
    # Four of the fourteen expired in that hour. Refused attempts do not count.
    assert failures_of(subjects[0]) == 11
    assert [failures_of(shared) for shared in subjects[1:]] == [1, 0, 1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "subjects",
    [
        subjects_elsewhere("ana", HERE, exists=True),
        subjects_elsewhere("nobody", HERE, exists=False),
        subjects_on_device(7, "device"),
    ],
    ids=["account", "made-up", "device"],
)
def test_five_of_simultaneous_first_attempts_are_admitted(subjects):
    assert race(subjects, 12) == 5
    assert failures_of(subjects[0]) == 5


def test_a_subject_that_is_not_counted_is_still_checked(db):
    full = Subject("full", free=0, leak=60)
    register_attempt((full,))
    hold_the_clock()
    with pytest.raises(ThrottledError):
        register_attempt((Subject("other", free=5, leak=60), full))
    assert failures_of(Subject("other", free=5, leak=60)) == 0
    let_time_pass(seconds=100)
    unchanged = Subject("full", free=0, leak=60, counts=False)
    assert register_attempt((unchanged,)) == {unchanged: 0}
    assert failures_of(full) == 1
