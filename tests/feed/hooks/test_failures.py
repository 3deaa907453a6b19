"""Retries and disabling of a webhook whose receiver fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from chats.models import Message
from hci_center.background.models import BackgroundFault
from hci_center.errors import LackingError
from hci_center.feed.hooks import alarms, saving
from hci_center.feed.hooks.pusher import STORE_AFTER
from hci_center.feed.models import Hook
from tests import builders
from tests.feed.hooks.conftest import OTHER_SECRET, SECRET
from tests.feed.hooks.receiver import Receiver, receiving
from tests.feed.hooks.test_events import is_message, say
from tests.feed.processes import Feed, wait_until

# 1, 5 and 30 s, 2, 10 and 30 min, then every hour.
DELAYS = [1, 5, 30, 120, 600, 1800, 3600, 3600, 3600]


def await_failures(count: int) -> Hook:
    """Returns the hook once that many attempts have failed in a row."""
    wait_until(lambda: Hook.objects.filter(failures=count, lease_until=None).exists())
    return Hook.objects.get()


def try_now() -> None:
    Hook.objects.update(next_at=timezone.now())


def test_attempts_are_repeated_at_growing_intervals_with_the_same_events(
    receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    receiver.status = 503
    cursor = make_hook(manager).cursor
    say(manager, "the last")
    delays = []
    for attempt in range(1, len(DELAYS) + 1):
        hook = await_failures(attempt)
        delays.append((hook.next_at - hook.tried_at).total_seconds())
        assert (hook.state, hook.error, hook.cursor) == ("on", "http_503", cursor)
        try_now()
    assert delays == DELAYS
    receiver.status = 200
    receiver.await_event(is_message("the last"))
    wait_until(lambda: Hook.objects.get().failures == 0)
    hook = Hook.objects.get()
    assert (hook.error, hook.failing_since) == ("", None)
    first, *others = receiver.received
    for post in others:
        assert post.body["e"][: len(first.body["e"])] == first.body["e"]


def test_a_receiver_that_answers_410_is_disabled_with_an_alert(
    receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    receiver.status = 410
    hook = make_hook(manager)
    assert alarms.check() == "ok"
    say(manager, "the first")
    wait_until(lambda: Hook.objects.filter(state="off").exists())
    with pytest.raises(LackingError, match=f"{hook.key.name} http_410"):
        alarms.check()
    posts = len(receiver.received)

    receiver.status = 200
    saving.switch(hook, on=True)
    assert alarms.check() == "ok"
    events = receiver.await_event(is_message("the first"))
    assert {event["s"] for event in receiver.received[0].body["e"]} <= {
        event["s"] for event in events
    }
    assert len(receiver.received) > posts


@pytest.mark.parametrize(
    ("since", "state"),
    [(timedelta(days=3, seconds=1), "off"), (timedelta(days=2, hours=23), "on")],
)
def test_it_is_disabled_after_three_days_of_failures(
    receiver: Receiver, make_hook: Any, manager: Any, since: timedelta, state: str
) -> None:
    receiver.status = 500
    make_hook(manager)
    say(manager, "the first")
    await_failures(1)
    Hook.objects.update(failing_since=timezone.now() - since)
    try_now()
    assert await_failures(2).state == state
    if state == "off":
        with pytest.raises(LackingError):
            alarms.check()
    else:
        assert alarms.check() == "ok"


def test_a_new_address_is_tried_at_once_and_ends_the_alert(
    receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    receiver.status = 410
    hook = make_hook(manager)
    say(manager, "the first")
    wait_until(lambda: Hook.objects.filter(state="off").exists())
    with receiving() as other:
        saving.change_url(hook, other.url)
        assert alarms.check() == "ok"
        other.await_event(is_message("the first"))


def test_both_secrets_sign_until_the_old_one_ends(
    receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    hook = make_hook(manager)
    saving.renew_secret(hook, OTHER_SECRET)
    say(manager, "with both")
    receiver.await_event(is_message("with both"))
    assert receiver.received[-1].is_signed_by(SECRET)
    assert receiver.received[-1].is_signed_by(OTHER_SECRET)

    Hook.objects.update(old_secret_until=timezone.now())
    say(manager, "with the new one")
    receiver.await_event(is_message("with the new one"))
    assert receiver.received[-1].is_signed_by(OTHER_SECRET)
    assert not receiver.received[-1].is_signed_by(SECRET)


def test_a_slow_receiver_does_not_delay_other_hooks_or_sockets(
    feed: Feed, receiver: Receiver, make_hook: Any, manager: Any, api: Any
) -> None:
    receiver.may_answer.clear()
    make_hook(manager)
    say(manager, "the first")
    receiver.await_posts(1)
    socket = feed.open(api)
    with receiving() as quick:
        make_hook(manager, url=quick.url)
        say(manager, "the last")
        quick.await_event(is_message("the last"))
    socket.events_until(is_message("the last"))
    assert len(receiver.received) == 1


def test_two_relays_send_one_post_at_a_time(
    feed: Feed, receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    other = feed.start_relay()
    feed.relays.remove(other)
    try:
        hook = make_hook(manager)
        for n in range(20):
            say(manager, f"message {n}")
        say(manager, "the last")
        events = receiver.await_event(is_message("the last"))
        receiver.may_answer.clear()
        say(manager, "held")
        receiver.await_posts(len(receiver.received) + 1)
        # Both check several times meanwhile; the lease excludes the second.
        held = len(receiver.received)
        fence = Hook.objects.get().fence
        feed.await_checks()
        assert len(receiver.received) == held
        assert Hook.objects.get().fence == fence
    finally:
        receiver.may_answer.set()
        other.kill()
        other.wait()
    seqs = [event["s"] for event in events]
    assert seqs == sorted(set(seqs))
    assert receiver.most_at_once == 1
    assert hook.cursor < seqs[0]


def test_the_result_of_a_post_is_ignored_after_a_change_of_the_hook(
    receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    """The old address may have received the events; the new one gets them, too."""
    receiver.may_answer.clear()
    hook = make_hook(manager)
    say(manager, "the first")
    receiver.await_posts(1)
    with receiving() as other:
        saving.change_url(hook, other.url)
        receiver.may_answer.set()
        wait_until(lambda: receiver.at_once == 0)
        # As when the lease of that POST is over.
        Hook.objects.update(lease_until=None)
        other.await_event(is_message("the first"))


@pytest.mark.usefixtures("no_other_faults")
def test_an_undecryptable_secret_is_a_fault_and_does_not_block_other_hooks(
    receiver: Receiver, make_hook: Any, manager: Any
) -> None:
    broken = make_hook(manager)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE feed_hook SET secret = 'of another key'")
    make_hook(manager)
    say(manager, "the last")
    receiver.await_event(is_message("the last"))
    wait_until(
        lambda: BackgroundFault.objects.filter(
            process="relay", task="hooks", subject=f"hook {broken.pk}"
        ).exists()
    )
    assert Hook.objects.defer("secret").get(pk=broken.pk).cursor == broken.cursor


def test_events_of_others_only_move_the_cursor(
    feed: Feed, receiver: Receiver, make_hook: Any, manager: Any, other_manager: Any
) -> None:
    hook = make_hook(manager)
    chat = builders.make_chat(builders.make_contact(other_manager))
    for _ in range(STORE_AFTER // 100):
        Message.objects.bulk_create(
            Message(
                manager_id=chat.manager_id,
                contact_id=chat.contact_id,
                chat=chat,
                direction="in",
                type="text",
                content="of somebody else",
                status="wait",
            )
            for _ in range(100)
        )
    feed.await_numbered()
    wait_until(lambda: Hook.objects.get().cursor >= hook.cursor + STORE_AFTER)
    assert not receiver.received
    say(manager, "the last")
    receiver.await_event(is_message("the last"))
    assert not receiver.resets
