"""kill -9 of everything that the feed stands on, under steady writes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.centre import Centre
from tests.faults.feeding import kill_and_judge
from tests.feed.processes import wait_until

ALL = ["relay", "valkey", "web", "feed", "postgres"]
DEATHS = [
    (1.0, ["relay"]),
    (2.0, ["valkey"]),
    (3.0, ["web"]),
    (4.0, ["feed"]),
    (5.5, ["postgres"]),
    (8.0, ALL),
]
WRITES_FOR = 10.0


@pytest.fixture(scope="module")
def centre(tmp_path_factory: Any) -> Iterator[Centre]:
    data = tmp_path_factory.mktemp("centre") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCI_DATA_DIR", str(data))
        built = Centre(data)
        try:
            built.start()
            yield built
        finally:
            built.stop()


@pytest.mark.timeout(240)
def test_nothing_is_lost_doubled_or_out_of_order(centre: Centre) -> None:
    verdict = asyncio.run(kill_and_judge(centre, "kills", DEATHS, WRITES_FOR))
    assert verdict.written > 100
    assert verdict.lost == verdict.doubled == verdict.disordered == 0
    assert verdict.resets == 0


def test_the_mark_follows_the_log(centre: Centre) -> None:
    """On a server of its own: another database's transactions would hold it back."""

    def mark() -> int:
        with centre.connect() as database:
            row = database.execute("SELECT mark FROM change_head").fetchone()
            return int(row[0]) if row else 0

    before = mark()

    def has_followed() -> bool:
        centre.write("more")
        return mark() > before

    wait_until(has_followed)
