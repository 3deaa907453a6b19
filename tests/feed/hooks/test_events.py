"""A hook gets the feed's events for its key, each once and in order."""

from __future__ import annotations

from typing import Any

from django.db import connection

from hci_center.feed.hooks.batches import MOST_EVENTS
from hci_center.feed.models import Hook
from managers import keys
from managers.models import ApiKey
from tests import builders
from tests.conftest import Api
from tests.feed.hooks.conftest import OTHER_SECRET, SECRET
from tests.feed.hooks.receiver import Receiver
from tests.feed.processes import Feed, wait_until


def is_message(content: str) -> Any:
    return lambda event: (event.get("row") or {}).get("content") == content


def seqs(events: list[dict[str, Any]]) -> list[int]:
    return [event["s"] for event in events]


def say(manager: Any, content: str) -> None:
    chat = builders.make_chat(builders.make_contact(manager))
    builders.make_message(chat, content=content)


def live(manager: Any, other: Any) -> None:
    """Makes changes of every kind, with some of another manager in between."""
    area = builders.make_area(manager)
    contact = builders.make_contact(manager, area=area)
    chat = builders.make_chat(contact)
    say(other, "of somebody else")
    for n in range(3):
        message = builders.make_message(chat, content=f"message {n}")
        message.status = "read"
        message.save()
    contact.operator = builders.make_operator(manager, area)
    contact.save()
    say(other, "of somebody else again")
    manager.name = "Another name"
    manager.save()


def test_it_gets_exactly_the_feed_of_its_key(
    feed: Feed, receiver: Receiver, make_hook: Any, manager: Any, other_manager: Any
) -> None:
    confined, full = builders.make_key(manager), builders.make_key()
    followed = {key: feed.open(Api(key)) for key in (confined, full)}
    hook = make_hook(manager)
    cursor = hook.cursor
    live(manager, other_manager)
    say(manager, "the last")

    got = receiver.await_event(is_message("the last"))
    wanted = followed[confined].events_until(is_message("the last"))
    wanted = [event for event in wanted if event["s"] > cursor]
    assert got[:-1] == wanted
    assert not receiver.resets
    assert {"manager", "area", "operator", "contact", "chat", "message"} == {
        event["k"] for event in got
    }
    # The feed of all managers has more: the rows of the other one.
    everything = followed[full].events_until(is_message("the last"))
    others = [e for e in everything if e["s"] > cursor and e not in wanted]
    assert others
    assert {e["m"] for e in others} == {other_manager.number}


def test_a_key_of_all_managers_gets_the_rows_of_all(
    receiver: Receiver, make_hook: Any, manager: Any, other_manager: Any
) -> None:
    make_hook()
    say(other_manager, "of the other")
    say(manager, "the last")
    events = receiver.await_event(is_message("the last"))
    assert {event["m"] for event in events} == {manager.number, other_manager.number}


def test_bodies_headers_and_cursor(
    receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    hook = make_hook(manager)
    say(manager, "the last")
    receiver.await_event(is_message("the last"))
    post = receiver.received[-1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch FROM change_head")
        [epoch] = cursor.fetchone()
    assert post.body.keys() == {"e", "s", "epoch"}
    assert post.body["epoch"] == epoch
    assert post.body["s"] >= post.body["e"][-1]["s"]
    assert post.headers["webhook-id"] == f"{hook.pk}:{post.body['s']}"
    assert post.headers["content-type"] == "application/json"
    assert post.is_signed_by(SECRET)
    assert not post.is_signed_by(OTHER_SECRET)
    wait_until(lambda: Hook.objects.get().cursor == post.body["s"])
    hook.refresh_from_db()
    assert (hook.failures, hook.error, hook.lease_until) == (0, "", None)
    assert hook.sent_at is not None


def test_at_most_100_events_a_post_in_order(
    receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    make_hook(manager)
    receiver.may_answer.clear()
    chat = builders.make_chat(builders.make_contact(manager))
    receiver.await_posts(1)
    for n in range(2 * MOST_EVENTS + 1):
        builders.make_message(chat, content=f"{n}")
    builders.make_message(chat, content="the last")
    receiver.may_answer.set()
    events = receiver.await_event(is_message("the last"))
    sizes = [len(post.body["e"]) for post in receiver.received]
    assert max(sizes) == MOST_EVENTS
    assert seqs(events) == sorted(set(seqs(events)))
    said = [e["row"]["content"] for e in events if e["k"] == "message"]
    assert said == [*map(str, range(2 * MOST_EVENTS + 1)), "the last"]
    assert receiver.most_at_once == 1


def test_chosen_kinds_only(receiver: Receiver, make_hook: Any, manager: Any) -> None:
    make_hook(manager, kinds=("message", "line"))
    say(manager, "the first")
    say(manager, "the last")
    events = receiver.await_event(is_message("the last"))
    assert {event["k"] for event in events} <= {"message", "line"}
    wait_until(lambda: any(event["k"] == "line" for event in receiver.events))


def test_an_ended_key_gets_no_more_events(
    feed: Feed, receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    hook = make_hook(manager)
    make_hook(manager)
    keys.revoke_key(hook.key.name)
    feed.await_numbered()
    say(manager, "the last")
    receiver.await_event(is_message("the last"))
    assert {post.headers["webhook-id"].split(":")[0] for post in receiver.received} == {
        str(Hook.objects.exclude(pk=hook.pk).get().pk)
    }
    assert Hook.objects.get(pk=hook.pk).cursor == hook.cursor


def test_changed_permissions_cause_a_reset(
    feed: Feed, receiver: Receiver, make_hook: Any, manager: Any, other_manager: Any
) -> None:
    hook = make_hook(manager)
    ApiKey.objects.get(pk=hook.key_id).managers.add(other_manager)
    wait_until(lambda: receiver.resets)
    assert receiver.resets[0].raw == b'{"reset":true}'
    assert receiver.resets[0].is_signed_by(SECRET)
    say(other_manager, "the last")
    receiver.await_event(is_message("the last"))
    assert len(receiver.resets) == 1


def test_a_cursor_that_is_too_old_gets_one_reset_and_continues_from_now(
    feed: Feed, receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    receiver.status = 500
    make_hook(manager)
    say(manager, "never seen")
    receiver.await_posts(1)
    say(manager, "never seen either")
    feed.await_numbered()
    # As after 48 hours.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM change_feed")
    wait_until(lambda: Hook.objects.filter(failures__gte=1, lease_until=None).exists())
    receiver.status = 200
    Hook.objects.update(next_at="2020-01-01T00:00:00Z")
    wait_until(lambda: receiver.resets)
    say(manager, "the last")
    events = receiver.await_event(is_message("the last"))
    assert len(receiver.resets) == 1
    assert not any(is_message("never seen either")(event) for event in events)


def test_a_new_epoch_gets_a_reset(
    feed: Feed, receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    make_hook(manager)
    with connection.cursor() as cursor:
        cursor.execute("SELECT change_new_epoch()")
    wait_until(lambda: receiver.resets)
    say(manager, "the last")
    receiver.await_event(is_message("the last"))
    assert len(receiver.resets) == 1
