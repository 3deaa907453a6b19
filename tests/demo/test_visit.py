"""The simulated visits: their operator's password, and outages."""

from __future__ import annotations

import threading
from unittest.mock import MagicMock, Mock

import pytest
from django.db import OperationalError
from websockets.exceptions import ConnectionClosedError

from hci_center.audit.actor import acting_command
from hci_center.audit.models import AuditLine
from hci_center.demo import visit


@pytest.mark.django_db(transaction=True)
def test_a_password_is_set_once(ana, live_server):
    visits = visit.Visits(None, live_server.url, threading.Event())
    with acting_command("serve_demo_gateways"):
        for _ in range(2):
            desk = visits._sign_in(ana)
            desk.http.get(f"{live_server.url}/api/session").raise_for_status()
    [line] = AuditLine.objects.filter(act="password")
    assert line.credential == "command:serve_demo_gateways"
    assert line.target == str(ana.user_id)
    assert AuditLine.objects.filter(act="sign-in").count() == 2


def test_visits_go_on_after_the_database_was_lost(monkeypatch):
    monkeypatch.setattr(visit, "FIRST_AFTER", 0)
    monkeypatch.setattr(visit, "EVERY", 0)
    stopped = threading.Event()
    visits = visit.Visits(Mock(), "", stopped)
    lost = []

    def lose_the_database():
        lost.append(True)
        if len(lost) > 1:
            stopped.set()
        raise OperationalError

    monkeypatch.setattr(visits, "_visit", lose_the_database)
    visits.start()
    visits.join(10)
    assert len(lost) == 2


def test_a_feed_that_is_killed_is_no_error():
    socket = MagicMock()
    socket.__iter__.side_effect = ConnectionClosedError(None, None)
    visit._drain(socket)
