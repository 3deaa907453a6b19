"""Ephemeral events: presence, viewing, typing and gateway sessions."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from unittest.mock import AsyncMock, Mock, patch

from django.db import connection

from areas.models import Presence, PresenceSpan
from chats.accounts import health
from chats.gateways.base import Health
from contacts.models import Contact
from hci_center.feed.sockets import ephemeral
from hci_center.feed.sockets.connection import Connection
from tests import builders
from tests.conftest import Api, signed_in
from tests.contract.shapes import TIME
from tests.feed.client import Socket
from tests.feed.processes import Feed, wait_until


def next_now(opened: Socket, kind: str) -> dict[str, Any]:
    while (frame := opened.next())["t"] != "now" or frame["k"] != kind:
        pass
    return frame


def is_online(api: Api, area: str = "vendas") -> bool:
    answer = api.post("/api/area/operator/8080", {"idarea": area}).json()
    [operator] = answer["data"]
    return bool(operator["online"])


def test_an_operator_is_online_while_he_has_a_socket(
    feed: Feed, api: Api, ana: Any
) -> None:
    watcher = feed.open(api)
    assert not is_online(api)
    opened = feed.open(signed_in(ana.user))
    payload = {"t": "now", "k": "presence", "id": str(ana.pk)}
    assert next_now(watcher, "presence") == {**payload, "online": True}
    assert is_online(api)
    opened.close()
    assert next_now(watcher, "presence") == {**payload, "online": False}
    assert not is_online(api)


def test_reloading_a_page_does_not_set_offline(feed: Feed, api: Api, ana: Any) -> None:
    watcher = feed.open(api)
    session = signed_in(ana.user)
    first = feed.open(session)
    next_now(watcher, "presence")
    first.close()
    second = feed.open(session)
    feed.await_checks()
    second.close()
    assert next_now(watcher, "presence")["online"] is False


def set_presence(api: Api, operator: Any, presence: str) -> None:
    body = {"operatorId": str(operator.pk), "presence": presence}
    assert api.put("/api/operator/presence", body).status_code == 200


def test_a_set_presence_is_published_at_once_and_with_each_connection(
    feed: Feed, api: Api, ana: Any
) -> None:
    watcher = feed.open(api)
    plain = {"t": "now", "k": "presence", "id": str(ana.pk), "online": True}
    opened = feed.open(signed_in(ana.user))
    assert next_now(watcher, "presence") == plain
    set_presence(api, ana, "paused")
    paused = {**plain, "presence": "paused", "pauseReason": "", "since": TIME}
    assert next_now(watcher, "presence") == paused
    set_presence(api, ana, "paused")  # Nothing changes, so nothing is published.
    opened.close()
    offline = {**paused, "online": False, "presence": "offline"}
    assert next_now(watcher, "presence") == offline
    opened = feed.open(signed_in(ana.user))  # Signing in sets online.
    assert next_now(watcher, "presence") == {**paused, "presence": "online"}
    set_presence(api, ana, "offline")
    assert next_now(watcher, "presence") == offline
    opened.close()
    wait_until(lambda: not Presence.objects.exists())
    set_presence(api, ana, "online")
    builders.make_area(ana.manager, "the-end")
    while (frame := watcher.next())["t"] == "hb":
        pass
    assert frame["t"] == "ev"  # He was offline all the time.
    assert [(row.state, row.ended_at is None) for row in spans_of(ana)] == [
        ("online", False),
        ("paused", False),
        ("online", False),
    ]


def spans_of(operator: Any) -> Any:
    return PresenceSpan.objects.filter(operator=operator).order_by("started_at")


def test_a_server_that_is_stopped_ends_the_spans_of_its_operators(
    feed: Feed, api: Api, ana: Any
) -> None:
    watcher = feed.open(api)
    feed.open(signed_in(ana.user))
    next_now(watcher, "presence")
    feed.restart_server()
    [span] = spans_of(ana)
    assert span.ended_at is not None
    assert not is_online(api)


def test_the_span_of_a_killed_process_ends(feed: Feed, api: Api, ana: Any) -> None:
    watcher = feed.open(api)
    feed.open(signed_in(ana.user))
    next_now(watcher, "presence")
    feed.kill_server()
    with connection.cursor() as cursor:  # A minute passes.
        cursor.execute(
            "UPDATE areas_presence SET online_until = online_until - interval '1 min'"
        )
        cursor.execute(
            "UPDATE areas_presencespan SET seen_at = seen_at - interval '1 min',"
            " started_at = started_at - interval '1 min'"
        )
    feed.start_server()
    wait_until(lambda: spans_of(ana).get().ended_at is not None)
    span = spans_of(ana).get()
    assert span.ended_at == span.seen_at


def test_presence_of_a_crashed_process_expires(feed: Feed, api: Api, ana: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO areas_presence (operator_id, process, online_until)"
            " VALUES (%s, 'dead', now() + interval '2 seconds')",
            [ana.pk],
        )
    assert is_online(api)
    wait_until(lambda: not is_online(api))


def test_viewing_and_typing_reach_the_others_who_see_the_contact(
    feed: Feed, manager: Any, contact: Contact, ana: Any, bruno: Any, api: Api
) -> None:
    her, his = feed.open(signed_in(ana.user)), feed.open(signed_in(bruno.user))
    watcher = feed.open(api)
    payload = {"id": contact.public_id, "m": manager.number, "on": True}
    for kind in ("viewing", "typing"):
        her.send({"t": kind, **payload})
        expected = {"t": "now", "k": kind, **payload, "operatorId": str(ana.pk)}
        assert next_now(watcher, kind) == expected
    her.send({"t": "typing", **payload, "on": False})
    assert next_now(watcher, "typing")["on"] is False
    # Neither Bruno, who may not see the contact, nor Ana herself got an event.
    builders.make_area(manager, "the-end")
    for opened in (her, his):
        frames = []
        while (frame := opened.next())["t"] != "ev":
            frames.append(frame)
        assert not [f for f in frames if f["t"] == "now" and f["k"] != "presence"]


def test_typing_a_note_is_only_sent_to_sockets_that_requested_notes(
    feed: Feed, manager: Any, contact: Contact, ana: Any, api: Api
) -> None:
    her = feed.open(signed_in(ana.user))
    noted, plain = feed.open(api, also=["note"]), feed.open(api, also=["line"])
    payload = {"id": contact.public_id, "m": manager.number, "on": True}
    her.send({"t": "typing", **payload, "note": True})
    expected = {"t": "now", "k": "typing", **payload, "operatorId": str(ana.pk)}
    assert next_now(noted, "typing") == {**expected, "note": True}
    assert next_now(plain, "typing") == expected
    her.close()
    assert next_now(noted, "typing") == {**expected, "on": False, "note": True}
    assert next_now(plain, "typing") == {**expected, "on": False}


def test_frames_of_one_socket_take_effect_in_their_order(
    feed: Feed, manager: Any, contact: Contact, ana: Any, api: Api
) -> None:
    watcher, her = feed.open(api), feed.open(signed_in(ana.user))
    payload = {"id": contact.public_id, "m": manager.number}
    for on in (True, False, True, False):
        her.send({"t": "typing", **payload, "on": on})
    builders.make_area(manager, "the-end")
    heard = [next_now(watcher, "typing")["on"] for _ in range(4)]
    assert heard == [True, False, True, False]


def test_frames_of_a_closed_socket_do_not_take_effect() -> None:
    connection, database = Connection(Mock(), Mock()), AsyncMock()
    connection.state = Mock(caller=Mock(is_manager=True, operator=1))
    events = ephemeral.EphemeralEvents(database, Mock(), Mock())
    events.publish = published = AsyncMock()  # type: ignore[method-assign]

    async def closing(*_args: Any, **_more: Any) -> list[Any]:
        connection.is_open = False
        return [(1, None, None)]

    database.rows = closing
    sent = {"t": "viewing", "id": 1, "m": 2, "on": True}
    with patch.object(ephemeral, "sees", return_value=True):
        assert events.take(connection, sent)
        asyncio.run(events.follow_all(connection))
    published.assert_not_awaited()
    assert not connection.followed
    assert connection.said is None


def test_viewing_expires_unless_repeated() -> None:
    connection = Connection(Mock(), Mock())
    key = ("viewing", 1, 2)
    payload = dict(zip(("k", "id", "m"), key, strict=True))
    for n in range(ephemeral.MOST_FOLLOWED + 1):
        is_stored = ephemeral._remember(connection, {**payload, "id": n})
        assert is_stored == (n < ephemeral.MOST_FOLLOWED)
    assert connection.followed
    for each, (said_at, said) in connection.followed.items():
        connection.followed[each] = said_at - ephemeral.OVER_AFTER, said
    assert ephemeral._remember(connection, {**payload, "id": 99})
    assert list(connection.followed) == [("viewing", 99, 2)]


def test_viewing_ends_with_the_socket(
    feed: Feed, manager: Any, contact: Contact, ana: Any, api: Api
) -> None:
    watcher = feed.open(api)
    opened = feed.open(signed_in(ana.user))
    opened.send(
        {"t": "viewing", "id": contact.public_id, "m": manager.number, "on": True}
    )
    assert next_now(watcher, "viewing")["on"] is True
    opened.close()
    assert next_now(watcher, "viewing")["on"] is False


def test_viewing_and_typing_require_access_to_the_contact(
    feed: Feed, manager: Any, contact: Contact, bruno: Any, api: Api
) -> None:
    watcher, opened = feed.open(api), feed.open(signed_in(bruno.user))
    next_now(watcher, "presence")
    for payload in (
        {"id": contact.public_id, "m": manager.number, "on": True},
        {"id": contact.public_id, "m": 1, "on": True},
        {"id": True, "m": manager.number, "on": True},
        {"id": contact.public_id, "m": manager.number, "on": "yes"},
        {"id": "\x00", "m": "\x00", "on": True},
        {"id": 10**30, "m": manager.number, "on": True},
    ):
        opened.send({"t": "typing", **payload})
    feed.await_checks()
    builders.make_area(manager, "the-end")
    while (frame := watcher.next())["t"] == "hb":
        pass
    assert frame["t"] == "ev"


def test_typing_can_be_withdrawn_after_a_transfer(
    feed: Feed, manager: Any, contact: Contact, ana: Any, api: Api
) -> None:
    watcher, her = feed.open(api), feed.open(signed_in(ana.user))
    payload = {"t": "typing", "id": contact.public_id, "m": manager.number}
    for on in (True, False):
        her.send({**payload, "on": on})
        assert next_now(watcher, "typing")["on"] is on
        area = builders.make_area(manager, f"after-{on}")
        Contact.objects.update(area=area)


def test_any_process_may_publish_an_ephemeral_event(
    feed: Feed, manager: Any, ana: Any, other_api: Api
) -> None:
    opened, other = feed.open(signed_in(ana.user)), feed.open(other_api)
    with connection.cursor() as cursor:
        payload = json.dumps({"k": "session", "state": "open"})
        cursor.execute("SELECT change_now(%s, %s::jsonb)", [manager.pk, payload])
    expected = {"t": "now", "k": "session", "m": manager.number, "state": "open"}
    assert next_now(opened, "session") == expected
    area = builders.make_area(stranger_manager(), "the-end")
    assert other.next_event()["id"] == area.code


def test_a_changed_gateway_session_is_sent_to_those_who_see_its_manager(
    feed: Feed, manager: Any, ana: Any
) -> None:
    opened = feed.open(signed_in(ana.user))
    health.record(manager.pk, "whatsapp", Health("closed", "The phone is off."))
    expected = {"t": "now", "k": "session", "m": manager.number, "state": "closed"}
    assert next_now(opened, "session") == expected


def stranger_manager() -> Any:
    from managers.models import Manager

    return Manager.objects.get(name="Oficina Lua")
