"""Simultaneous calls with the same Idempotency-Key."""

import threading
import time

import pytest
from django.db import connection

from contacts.models import Contact
from tests.api.test_idempotency import INCREASE, ONCE
from tests.builders import make_contact, make_key, make_manager
from tests.conftest import Api


def _waiting_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


def _wait_until_waiting(number):
    for _ in range(1000):
        if _waiting_for_a_lock() == number:
            return
        time.sleep(0.01)
    raise AssertionError(f"{number} calls should be waiting")


@pytest.mark.django_db(transaction=True)
def test_a_repeat_waits_for_the_running_call():
    manager = make_manager(facebook_id="369258147")
    contact = make_contact(manager, channel="facebook", external_id="7418252963")
    key = make_key(manager)
    fields = {"facebookId": "369258147", "contactId": "7418252963"}
    answers = []

    def increase():
        answers.append(Api(key).put(INCREASE, fields, headers=ONCE).json())
        connection.close()

    threads = [threading.Thread(target=increase) for _ in range(4)]
    holder = connection.copy()
    with holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM contacts_contact FOR UPDATE")
        for number, thread in enumerate(threads, 1):
            thread.start()
            _wait_until_waiting(number)
        assert answers == []
        cursor.execute("ROLLBACK")
    holder.close()
    for thread in threads:
        thread.join()
    assert answers == [{"success": True, "data": 2}] * 4
    assert Contact.objects.get(pk=contact.pk).sa == 2


@pytest.mark.django_db(transaction=True)
def test_a_repeat_of_a_failed_call_runs():
    manager = make_manager(number=7)
    api = Api(make_key(manager))
    holder = connection.copy()
    answers = []

    def find():
        answers.append(api.post("/api/user/", {"number": 7}, headers=ONCE).json())
        connection.close()

    with holder.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "INSERT INTO api_storedanswer"
            " (credential, method, path, key, fingerprint, created_at)"
            " SELECT 'key:' || id, 'POST', '/api/user', 'first', 'x', now()"
            " FROM managers_apikey"
        )
        thread = threading.Thread(target=find)
        thread.start()
        _wait_until_waiting(1)
        cursor.execute("ROLLBACK")
    holder.close()
    thread.join()
    assert answers[0]["data"]["number"] == 7
