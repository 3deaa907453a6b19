"""A simulated operator gets a password once, which is audited."""

from __future__ import annotations

import threading

import pytest

from hci_center.audit.actor import acting_command
from hci_center.audit.models import AuditLine
from hci_center.demo.visit import Visits

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_password_is_set_once(ana, live_server):
    visits = Visits(None, live_server.url, threading.Event())
    with acting_command("serve_demo_gateways"):
        for _ in range(2):
            desk = visits._sign_in(ana)
            desk.http.get(f"{live_server.url}/api/session").raise_for_status()
    [line] = AuditLine.objects.filter(act="password")
    assert line.credential == "command:serve_demo_gateways"
    assert line.target == str(ana.user_id)
    assert AuditLine.objects.filter(act="sign-in").count() == 2
