"""Daily counts of a key's calls: kept in memory, written periodically, and shown."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from managers.key_calls import KeyCalls, calls_today
from managers.models import ApiKey, KeyDay
from tests.builders import make_key


@pytest.fixture
def key(manager):
    make_key(manager)
    return ApiKey.objects.get()


def test_calls_are_added_up(key):
    for process in (KeyCalls(), KeyCalls()):
        for caller in (f"key:{key.pk}", f"key:{key.pk}", "user:1", "key:999999"):
            process.count(caller)
        process.write()
        process.write()
    assert calls_today(key.pk) == 4
    assert KeyDay.objects.count() == 1
    yesterday = timezone.localdate() - timedelta(days=1)
    KeyDay.objects.update(day=yesterday)
    assert calls_today(key.pk) == 0


def test_counts_that_could_not_be_written_are_kept(key, monkeypatch):
    calls = KeyCalls()
    calls.count(f"key:{key.pk}")
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", _away)
        calls.write()
    calls.count(f"key:{key.pk}")
    calls.write()
    assert calls_today(key.pk) == 2


def _away():
    raise DatabaseError


def test_old_counts_are_deleted(key):
    long_ago = timezone.localdate() - timedelta(days=500)
    KeyDay.objects.create(key=key, day=long_ago, calls=1)
    calls = KeyCalls()
    calls.count(f"key:{key.pk}")
    calls.write()
    assert KeyDay.objects.get().calls == 1
    assert calls_today(key.pk) == 1
