"""kill -9 of the relay while it pushes to a webhook: no event is skipped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from hci_center.feed.hooks import saving
from hci_center.feed.models import Hook
from managers.models import ApiKey
from tests import builders
from tests.counts import count
from tests.feed.hooks.conftest import SECRET
from tests.feed.hooks.receiver import Receiver, receiving
from tests.feed.processes import Feed


@pytest.fixture
def feed(running_feed: Feed, transactional_db: None) -> Iterator[Feed]:
    yield running_feed
    if not running_feed.relays:
        running_feed.start_relay()


@pytest.fixture
def receiver(feed: Feed, manager: Any) -> Iterator[Receiver]:
    """The receiver of a hook of the manager's key."""
    key = builders.make_key(manager)
    feed.await_numbered()
    with receiving() as built:
        row = ApiKey.objects.get(prefix=key[4:12])
        saving.create_hook(row, built.url, SECRET, ["message"])
        yield built


def kill_relay(feed: Feed) -> None:
    """Kills it, and starts another one when the lease of the current POST has expired."""
    feed.kill_leader()
    Hook.objects.update(lease_until=None)
    feed.start_relay()


def said(receiver: Receiver) -> list[str]:
    return [event["row"]["content"] for event in receiver.events]


def is_last(event: dict[str, Any]) -> bool:
    return bool(event["row"]["content"] == "the last")


def test_a_relay_killed_before_the_response_sends_the_same_again(
    feed: Feed, receiver: Receiver, manager: Any
) -> None:
    chat = builders.make_chat(builders.make_contact(manager))
    receiver.may_answer.clear()
    builders.make_message(chat, content="the first")
    receiver.await_posts(1)
    cursor = Hook.objects.get().cursor
    kill_relay(feed)
    assert Hook.objects.get().cursor == cursor
    receiver.may_answer.set()
    receiver.await_posts(2)
    builders.make_message(chat, content="the last")
    receiver.await_event(is_last)
    first, again, *_rest = receiver.received
    assert again.body["e"] == first.body["e"]
    assert again.headers["webhook-id"] == first.headers["webhook-id"]
    assert said(receiver) == ["the first", "the first", "the last"]


def test_a_relay_killed_at_any_time_skips_no_event(
    feed: Feed, receiver: Receiver, manager: Any
) -> None:
    chat = builders.make_chat(builders.make_contact(manager))
    written: list[str] = []
    for kill in range(count(1, 10)):
        # It starts at a random point, and is killed at another time in each round.
        ends = time.monotonic() + 1.5 + kill % 5 * 0.07
        while time.monotonic() < ends:
            written.append(f"message {len(written)}")
            builders.make_message(chat, content=written[-1])
        kill_relay(feed)
    builders.make_message(chat, content="the last")
    receiver.await_event(is_last)
    once = list(dict.fromkeys(said(receiver)))
    assert once == [*written, "the last"]
    assert receiver.most_at_once == 1
    assert not receiver.resets
