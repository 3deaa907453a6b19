"""Sockets are closed within seconds after their credential has ended."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection

from managers.keys import revoke_key
from managers.models import Supervision
from tests import builders
from tests.conftest import Api, signed_in
from tests.feed.client import Socket
from tests.feed.processes import Feed

CUT_WITHIN = 5.0


def is_closed_in_time(opened: Socket) -> bool:
    """Returns whether the socket is closed with 4003 within CUT_WITHIN."""
    began = time.monotonic()
    return opened.closed() == 4003 and time.monotonic() - began <= CUT_WITHIN


def is_end(event: dict[str, Any]) -> bool:
    return event["k"] == "area" and event["id"] == "the-end"


def test_sockets_of_a_revoked_key_are_closed(feed: Feed, manager: Any) -> None:
    opened = feed.open(Api(builders.make_key(manager, name="leaked")))
    revoke_key("leaked")
    assert is_closed_in_time(opened)


def test_sockets_of_an_expired_key_are_closed(feed: Feed, manager: Any) -> None:
    opened = feed.open(Api(builders.make_key(manager, name="short")))
    with connection.cursor() as cursor:
        # Not captured, because expiring is not a change.
        cursor.execute("SET hci.capture = 'off'")
        cursor.execute("UPDATE managers_apikey SET expires_at = now()")
        cursor.execute("RESET hci.capture")
    assert is_closed_in_time(opened)


def test_sockets_of_a_deactivated_operator_are_closed(
    feed: Feed, people: dict[str, Api], ana: Any
) -> None:
    opened = feed.open(people["ana"])
    ana.is_active = False
    ana.save()
    assert is_closed_in_time(opened)


def test_sockets_of_a_deactivated_user_are_closed(
    feed: Feed, people: dict[str, Api], ana: Any
) -> None:
    opened = feed.open(people["ana"])
    ana.user.is_active = False
    ana.user.save()
    assert is_closed_in_time(opened)


def test_sockets_of_a_supervisor_who_becomes_an_auditor_are_closed(
    feed: Feed, people: dict[str, Api]
) -> None:
    opened = feed.open(people["supervisor"])
    Supervision.objects.update(reads_only=True)
    assert is_closed_in_time(opened)


def test_signing_out_closes_only_the_sockets_of_that_session(
    feed: Feed, manager: Any, ana: Any
) -> None:
    here, there = signed_in(ana.user), signed_in(ana.user)
    first, second = feed.open(here), feed.open(there)
    here.client.logout()
    assert is_closed_in_time(first)
    builders.make_area(manager, "the-end")
    assert second.events_until(is_end) == []


def test_a_new_password_closes_the_sockets_of_older_sessions(
    feed: Feed, people: dict[str, Api], ana: Any
) -> None:
    opened = feed.open(people["ana"])
    feed.await_checks()
    ana.user.set_password("another-password")
    ana.user.save()
    assert is_closed_in_time(opened)
