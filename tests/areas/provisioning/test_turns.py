"""Simultaneous runs of manage.py provision wait for each other."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from areas.provisioning.applying import _ONE_AT_A_TIME, provision
from managers.models import Manager
from tests.racing import in_a_thread, until_one_waits


def run():
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1ms'")
    return provision([{"name": "Loja", "number": 551140005000}])


@pytest.mark.django_db(transaction=True)
def test_a_run_waits_for_another_however_long_it_takes():
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_ONE_AT_A_TIME)
        waiting = in_a_thread(run)
        until_one_waits()
        assert not waiting.done()
    assert waiting.result(30)["managers"][0]["id"] == Manager.objects.get().pk
