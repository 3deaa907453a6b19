"""Sockets are closed within seconds after their credential has ended."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection

from managers.keys import revoke_key
from tests import builders
from tests.conftest import Api, signed_in
from tests.feed.client import Socket
from tests.feed.processes import Feed

CUT_WITHIN = 5.0


def cut_in_time(opened: Socket) -> bool:
    """Whether the socket is closed with 4003 within CUT_WITHIN."""
    began = time.monotonic()
    return opened.closed() == 4003 and time.monotonic() - began <= CUT_WITHIN


def is_end(event: dict[str, Any]) -> bool:
    return event["k"] == "area" and event["id"] == "the-end"


def test_a_revoked_key_is_cut(feed: Feed, manager: Any) -> None:
    opened = feed.open(Api(builders.make_key(manager, name="leaked")))
    revoke_key("leaked")
    assert cut_in_time(opened)


def test_an_expired_key_is_cut(feed: Feed, manager: Any) -> None:
    opened = feed.open(Api(builders.make_key(manager, name="short")))
    with connection.cursor() as cursor:
        # Not captured, because no change is when a key expires.
        cursor.execute("SET hci.capture = 'off'")
        cursor.execute("UPDATE managers_apikey SET expires_at = now()")
        cursor.execute("RESET hci.capture")
    assert cut_in_time(opened)


def test_a_deactivated_operator_is_cut(
    feed: Feed, people: dict[str, Api], ana: Any
) -> None:
    opened = feed.open(people["ana"])
    ana.is_active = False
    ana.save()
    assert cut_in_time(opened)


def test_a_deactivated_user_is_cut(
    feed: Feed, people: dict[str, Api], ana: Any
) -> None:
    opened = feed.open(people["ana"])
    ana.user.is_active = False
    ana.user.save()
    assert cut_in_time(opened)


def test_who_signs_out_is_cut_and_his_other_session_is_not(
    feed: Feed, manager: Any, ana: Any
) -> None:
    here, there = signed_in(ana.user), signed_in(ana.user)
    first, second = feed.open(here), feed.open(there)
    here.client.logout()
    assert cut_in_time(first)
    builders.make_area(manager, "the-end")
    assert second.events_until(is_end) == []


def test_a_new_password_cuts_the_sockets_of_the_old_one(
    feed: Feed, people: dict[str, Api], ana: Any
) -> None:
    opened = feed.open(people["ana"])
    feed.await_checks()
    ana.user.set_password("another-password")
    ana.user.save()
    assert cut_in_time(opened)
