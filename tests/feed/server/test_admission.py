"""Admission: tickets, session cookies and the limit of sockets."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from tests import builders
from tests.conftest import Api, signed_in
from tests.feed.processes import Feed, ticket_of, wait_until


def session_headers(api: Api, feed: Feed, origin: str | None = None) -> dict[str, str]:
    cookie = api.client.cookies["sessionid"].value
    origin = origin or f"http://127.0.0.1:{feed.web_port}"
    return {"Cookie": f"sessionid={cookie}", "Origin": origin}


def test_behind_a_proxy_the_address_of_the_socket_is_public(
    feed: Feed, api: Api, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://chat.example.com"
    data = api.post("/api/socket").json()["data"]
    assert data["url"] == "wss://chat.example.com/api/socket"


def test_an_anonymous_caller_gets_no_ticket(feed: Feed, anonymous: Api) -> None:
    assert anonymous.post("/api/socket").status_code == 401


def test_a_person_needs_the_csrf_token(feed: Feed, ana: Any) -> None:
    api = signed_in(ana.user)
    api.headers = {}
    assert api.post("/api/socket").status_code == 403


def test_an_auditor_has_no_feed(feed: Feed, manager: Any) -> None:
    api = signed_in(builders.make_auditor(manager))
    assert api.post("/api/socket").status_code == 403
    headers = session_headers(api, feed)
    assert feed.connect(additional_headers=headers).hi().closed() == 4003


def test_a_ticket_opens_one_socket(feed: Feed, api: Api) -> None:
    feed.await_quiet()
    ticket = ticket_of(api)
    assert feed.connect().hi(ticket).next()["t"] == "hb"
    assert feed.connect().hi(ticket).closed() == 4001


def test_one_of_simultaneous_uses_of_a_ticket_succeeds(feed: Feed, api: Api) -> None:
    feed.await_quiet()
    ticket = ticket_of(api)
    sockets = [feed.connect() for _ in range(20)]
    for opened in sockets:
        opened.hi(ticket)
    codes = [opened.first_or_closed() for opened in sockets]
    assert sorted(codes, key=str) == [4001] * 19 + ["hb"]


def test_a_ticket_expires_after_30_seconds(feed: Feed, api: Api) -> None:
    ticket = ticket_of(api)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE feed_ticket SET expires_at = clock_timestamp()")
    assert feed.connect().hi(ticket).closed() == 4001


def test_a_ticket_ends_with_its_login_session(feed: Feed, ana: Any) -> None:
    person = signed_in(ana.user)
    ticket = ticket_of(person)
    person.client.logout()
    # Refused at once, not only by the next check of the login sessions.
    assert feed.connect().hi(ticket).first_or_closed() == 4001


def test_a_ticket_ends_with_the_password(feed: Feed, ana: Any, bruno: Any) -> None:
    tickets = [ticket_of(signed_in(person.user)) for person in (ana, bruno)]
    ana.user.set_password("another-password-9")
    ana.user.save()
    assert feed.connect().hi(tickets[0]).closed() == 4001
    assert feed.connect().hi(tickets[1]).next()["t"] == "hb"


@pytest.mark.parametrize("ticket", ["", "x", "é" * 50, "\ud800"])
def test_an_invalid_ticket_is_refused(door: Feed, ticket: str) -> None:
    assert door.connect().hi(ticket).closed() == 4001


def test_only_the_hash_of_a_ticket_is_stored(feed: Feed, api: Api) -> None:
    ticket = ticket_of(api)
    with connection.cursor() as cursor:
        cursor.execute("SELECT feed_ticket::text FROM feed_ticket")
        assert ticket not in str(cursor.fetchall())


def test_a_session_and_our_own_page_need_no_ticket(feed: Feed, ana: Any) -> None:
    headers = session_headers(signed_in(ana.user), feed)
    feed.await_quiet()
    opened = feed.connect(additional_headers=headers).hi()
    assert opened.next()["t"] == "hb"


def test_a_foreign_page_may_not_use_the_session(feed: Feed, ana: Any) -> None:
    headers = session_headers(signed_in(ana.user), feed)
    for origin in (
        "http://evil.example",
        "http://127.0.0.1.evil.example:8000",
        f"ftp://127.0.0.1:{feed.web_port}",
        "http://127.0.0.1:1",
        "null",
        "",
        "http://[",
        "http://127.0.0.1:99999",
    ):
        opened = feed.connect(additional_headers=headers | {"Origin": origin})
        assert opened.hi().closed() == 4001, origin
    del headers["Origin"]
    assert feed.connect(additional_headers=headers).hi().closed() == 4001


def test_a_session_or_ticket_is_required(door: Feed) -> None:
    origin = {"Origin": f"http://127.0.0.1:{door.web_port}"}
    assert door.connect(additional_headers=origin).hi().closed() == 4001


def test_a_person_has_five_sockets_and_a_key_more(
    feed: Feed, ana: Any, api: Api
) -> None:
    person = signed_in(ana.user)
    for _ in range(5):
        feed.open(person)
    assert feed.connect().hi(ticket_of(person)).closed() == 4009
    for _ in range(8):
        feed.open(api)


def elsewhere(user: Any, sockets: int, lasts: float = 60.0) -> None:
    """Stores a person's sockets as another feed process does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT feed_count_sockets(%s, 'another', %s, %s)",
            [f"user:{user.pk}", sockets, lasts],
        )


def test_the_sockets_of_other_processes_count(feed: Feed, ana: Any) -> None:
    person = signed_in(ana.user)
    elsewhere(ana.user, 4)
    feed.open(person)
    assert feed.connect().hi(ticket_of(person)).closed() == 4009
    elsewhere(ana.user, 3)
    feed.open(person)
    elsewhere(ana.user, 5, lasts=0.0)  # that process has crashed
    for _ in range(3):
        feed.open(person)
    assert feed.connect().hi(ticket_of(person)).closed() == 4009


def test_a_closed_socket_no_longer_counts(feed: Feed, ana: Any) -> None:
    person = signed_in(ana.user)
    elsewhere(ana.user, 4)
    feed.open(person)
    feed.hang_up()

    def is_gone() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(sockets) FROM feed_open_sockets WHERE credential = %s",
                [f"user:{ana.user.pk}"],
            )
            return bool(cursor.fetchone() == (4,))

    wait_until(is_gone)
    feed.open(person)
