"""A controller is away for ten minutes while a thousand messages wait for it."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Any

import pytest

from hci_center.demo.gateways.controller import FakeController
from tests.counts import count
from tests.faults.delivering import Post, wait_until
from tests.ports import free_port

CONTACTS, EACH = count(20, full=100), 10
WORKERS, AT_ONCE = 2, 4
WAYS = count(["refused"], full=["refused", "not connected"])
# Whether the same is measured without the fault, too.
COMPARED = count(False, full=True)
# Pauses of 2, 4, 8, 16, 32 s and nine minutes, divided by this factor.
PAUSES, HURRY = 14, count(400, full=60)
OPTIONS = ("--hurry", str(HURRY), "--each", str(AT_ONCE))
LEFT = "SELECT count(*) FROM chats_delivery WHERE done_at IS NULL"
PAUSED = "SELECT max(pauses) FROM chats_gatewayaccount"
WAITING = "SELECT count(*) FROM chats_message WHERE status = 'wait' AND error <> ''"
pytestmark = pytest.mark.timeout(count(240, full=600))


class Busy(FakeController):
    """Counts how many sends it has at a time."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.under_way = self.most = 0
        self.counting = threading.Lock()

    def answer(self, request: Any) -> Any:
        with self.counting:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        # Like a phone, it takes a while.
        time.sleep(0.005)
        answered = super().answer(request)
        with self.counting:
            self.under_way -= 1
        return answered


def fill_and_start(post: Post, url: str) -> None:
    post.environment["HCI_CONTROLLER_URL"] = url
    post.fill(contacts=CONTACTS, each=EACH, number=5511400011111, port=8080)
    for _ in range(WORKERS):
        post.start_worker(*OPTIONS)


def drained(post: Post, fake: Busy) -> float:
    """Returns the seconds from the first arrival until the queue is empty."""
    wait_until(lambda: bool(fake.delivered), 60)
    began = time.monotonic()
    wait_until(lambda: post.asked(LEFT) == 0, 120)
    return time.monotonic() - began


def check(fake: Busy) -> None:
    """Asserts that all arrived once, in order per contact, with the usual concurrency."""
    said = defaultdict(list)
    for one in fake.delivered:
        said[one.to].append(int(one.text))
    in_order = list(range(1, EACH + 1))
    assert {to: texts for to, texts in said.items() if texts != in_order} == {}
    assert len(said) == CONTACTS
    assert fake.most <= WORKERS * AT_ONCE


def undisturbed(post: Post) -> float:
    with Busy() as fake:
        fill_and_start(post, fake.url)
        took = drained(post, fake)
    post.clear()
    return took


@pytest.mark.parametrize("way", WAYS)
def test_all_messages_arrive_once_and_in_order_when_it_is_back(post, way):
    usual = undisturbed(post) if COMPARED else 0.0
    fake = Busy(free_port())
    if way == "not connected":
        fake.state = "closed"
        fake.start()
    fill_and_start(post, fake.url)
    began = time.monotonic()
    wait_until(lambda: (post.asked(PAUSED) or 0) >= PAUSES, 60)
    away = time.monotonic() - began
    assert post.asked(WAITING) == CONTACTS * EACH
    assert fake.delivered == []
    if way == "refused":
        fake.start()
    fake.state = "open"
    try:
        took = drained(post, fake)
    finally:
        fake.stop()
    check(fake)
    print(  # noqa: T201 - read by people, with pytest's -rP
        f"{way} for {away:.0f} s, {PAUSES} pauses: {CONTACTS * EACH} messages arrived "
        f"once and in order within {took:.1f} s, without the fault {usual:.1f} s; at "
        f"most {fake.most} at a time"
    )
