"""kill -9 of every process that the feed depends on, under constant writes."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.counts import count
from tests.faults.centre import Centre
from tests.faults.feeding import Verdict, drop_and_judge, kill_and_judge
from tests.faults.following_lines import kill_and_follow
from tests.faults.template_cluster import installed_centre
from tests.feed.client import Socket
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


SOFT_LIMIT = 512
IDLE_FOR = 60.0


@pytest.fixture(scope="module")
def centre(tmp_path_factory: Any, cluster: Path) -> Iterator[Centre]:
    """Started under the limit of open files that systems usually set, or less."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        with installed_centre(tmp_path_factory, cluster, "centre") as built:
            resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT_LIMIT, hard))
            built.start()
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            yield built
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Idle(NamedTuple):
    """A socket without events."""

    socket: Socket
    since: float


@pytest.fixture(scope="module", autouse=True)
def idle(centre: Centre) -> Iterator[Idle]:
    """Returns a socket of a feed process that is not killed by the other tests."""
    headers = centre.headers_of(centre.rows["idle_session"])
    opened = Socket(centre.start_aside(), additional_headers=headers).hi()
    opened.caught_up()
    yield Idle(opened, time.monotonic())
    opened.close()


@pytest.mark.timeout(240)
def test_sockets_that_drop_at_once_miss_no_event(centre: Centre) -> None:
    sockets, events = count((40, 90), full=(1000, 300))
    verdict = asyncio.run(drop_and_judge(centre, "storm", sockets, events))
    assert verdict == Verdict(written=events)


@pytest.mark.timeout(240)
def test_no_event_is_lost_doubled_or_out_of_order(centre: Centre) -> None:
    verdict = asyncio.run(kill_and_judge(centre, "kills", DEATHS, WRITES_FOR))
    assert verdict.written > 100
    assert verdict == Verdict(verdict.written)


@pytest.mark.timeout(240)
def test_lines_and_notes_are_complete_after_all_kills(centre: Centre) -> None:
    deaths = [(0.5, ["relay"]), (1.5, ["feed"]), (2.5, ["valkey"]), (3.5, ALL)]
    assert asyncio.run(kill_and_follow(centre, deaths, 6.0)) > 50


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


def test_a_socket_stays_open_through_a_minute_of_silence(
    centre: Centre, idle: Idle
) -> None:
    """Also while all processes that its feed process depends on are killed."""
    time.sleep(max(0.0, idle.since + IDLE_FOR - time.monotonic()))
    with centre.connect() as database:
        database.execute(
            "INSERT INTO areas_area (manager_id, code, name, needs_review, created_at)"
            " VALUES (%s, 'the-end', 'The end', false, now())",
            [centre.rows["quiet"]],
        )
    frames = [idle.socket.next()]
    while frames[-1]["t"] != "ev":
        frames.append(idle.socket.next())
    # One every 20 s; a busy machine may be late with the last.
    beats = [frame["t"] for frame in frames[:-1]]
    assert len(beats) >= 2
    assert set(beats) == {"hb"}
    [event] = frames[-1]["e"]
    assert event["id"] == "the-end"
