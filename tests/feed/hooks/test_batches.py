"""Batching of events into the bodies of POSTs, and errors of single events."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from hci_center.callers import Caller
from hci_center.feed.async_database import Database
from hci_center.feed.errors import DatabaseAwayError
from hci_center.feed.frames import MOST_CHARACTERS, EventText
from hci_center.feed.hooks import batches
from hci_center.feed.hooks.batches import MOST_COVERED, RESET, Batch, Batches
from hci_center.feed.hooks.queue import Hook

HOOK = Hook(7, 3, "https://example.com/", "", "", [], 10, "e1", 0, 0, 20, "e1", True)


class Store:
    """Returns what the feed's table would; `page` may be an error."""

    def __init__(self, page: Any, has_reset: bool = False) -> None:
        self._page, self._has_reset = page, has_reset
        self.ranges: list[tuple[int, int]] = []

    async def page(self, _audience: Any, after: int, upto: int, _most: int) -> Any:
        self.ranges.append((after, upto))
        if isinstance(self._page, Exception):
            raise self._page
        return self._page

    async def has_reset(self, *_: Any) -> bool:
        return self._has_reset


@pytest.fixture
def reported(monkeypatch: Any) -> list[str]:
    """Returns the subjects of the recorded faults."""
    subjects: list[str] = []

    async def find(credential: str) -> Caller:
        return Caller("key", credential, frozenset({1}))

    async def report(_database: Any, _error: Any, subject: str) -> None:
        subjects.append(subject)

    monkeypatch.setattr(batches, "_find_caller", find)
    monkeypatch.setattr(batches, "report", report)
    return subjects


def next_batch(store: Store, hook: Hook = HOOK, after: int = 10) -> Batch | None:
    reading = Batches(Database())
    reading._store = store  # type: ignore[assignment]
    return asyncio.run(reading.next(hook, after))


def events(*sizes: int) -> list[EventText]:
    return [(n, json.dumps({"s": n, "x": "y" * size})) for n, size in enumerate(sizes)]


def body_of(batch: Batch | None) -> Any:
    assert batch is not None
    return json.loads(batch.body)


@pytest.mark.usefixtures("reported")
def test_the_cursor_is_after_the_read_events() -> None:
    batch = next_batch(Store(([(12, '{"s":12}')], 20)))
    assert body_of(batch) == {"e": [{"s": 12}], "s": 20, "epoch": "e1"}
    assert batch == Batch(20, "e1", batch.body)
    assert next_batch(Store(([], 20))) == Batch(20, "e1")


@pytest.mark.usefixtures("reported")
def test_a_large_body_is_split_between_events() -> None:
    half = MOST_CHARACTERS // 2
    batch = next_batch(Store((events(10, half, half, 10), 20)))
    assert [event["s"] for event in body_of(batch)["e"]] == [0, 1]
    assert batch is not None
    assert batch.cursor == body_of(batch)["s"] == 1
    # One alone may be larger.
    batch = next_batch(Store((events(2 * MOST_CHARACTERS, 1), 20)))
    assert [event["s"] for event in body_of(batch)["e"]] == [0]


@pytest.mark.usefixtures("reported")
def test_one_read_covers_a_limited_range_of_numbers() -> None:
    store = Store(([], MOST_COVERED + 10))
    far = replace(HOOK, last=10 * MOST_COVERED)
    next_batch(store, far)
    assert store.ranges == [(10, MOST_COVERED + 10)]


@pytest.mark.parametrize(
    ("store", "hook", "after"),
    [
        (Store(None), HOOK, 10),
        (Store(([(12, "{}")], 20), has_reset=True), HOOK, 10),
        (Store(([(12, "{}")], 20)), replace(HOOK, epoch="e0"), 10),
        (Store(([(12, "{}")], 20)), HOOK, 21),
    ],
    ids=["too old", "rights", "epoch", "ahead"],
)
@pytest.mark.usefixtures("reported")
def test_a_cursor_that_cannot_be_resumed_gets_a_reset(
    store: Store, hook: Hook, after: int
) -> None:
    assert next_batch(store, hook, after) == Batch(20, "e1", RESET)


def test_an_event_that_raises_an_error_is_a_fault_and_a_reset(
    reported: list[str],
) -> None:
    assert next_batch(Store(KeyError("mentions"))) == Batch(20, "e1", RESET)
    assert reported == ["hook 7"]


def test_an_outage_of_the_database_is_not_a_fault(reported: list[str]) -> None:
    with pytest.raises(DatabaseAwayError):
        next_batch(Store(DatabaseAwayError()))
    assert not reported
