"""kill -9 during closings: each chat is closed once, with its messages."""

from __future__ import annotations

import subprocess
from collections import Counter

import pytest

from tests.counts import count
from tests.faults import closing
from tests.faults.delivering import MANAGE, ROOT, Post, wait_until

KILLS = count(1, full=20)
# Enough that some are left at each kill.
CONTACTS = 20 + 12 * KILLS
NUMBER = 5511400011111
QUESTION = "De 1 a 5, que nota você dá a este atendimento?"


@pytest.fixture
def post(post: Post) -> Post:
    with post.connect() as database:
        values = {"contacts": CONTACTS, "number": NUMBER, "port": 8080}
        database.execute(closing.FILL, values)
        database.execute(closing.SLOW)
    return post


def apply_policy(post: Post, idle: int | None) -> None:
    with post.connect() as database:
        database.execute(closing.POLICY, {"idle": idle})


def closed(post: Post) -> int:
    return int(post.asked(closing.CLOSED))


def finish(post: Post) -> None:
    with post.connect() as database:
        database.execute(closing.NO_LONGER_SLOW)


def test_a_worker_is_killed_while_it_closes_idle_chats(post, controller):
    apply_policy(post, idle=60)  # its trigger schedules the task of each chat
    options = ("--lease", "2", "--hurry", "20")
    post.start_worker(*options)
    for _ in range(KILLS):
        before = closed(post)
        # Others are in progress then: each takes a while.
        wait_until(lambda before=before: closed(post) > before, 30)
        post.kill_worker()
        with post.connect() as database:
            # So that the leases of interrupted tasks need not expire.
            database.execute("UPDATE chats_task SET lease_until = NULL")
        post.start_worker(*options)
    finish(post)
    wait_until(lambda: closed(post) == CONTACTS, 60)
    wait_until(lambda: post.asked(closing.UNSENT) == 0, 60)
    assert post.asked(closing.TOLD) == ["Encerramos. 1 closed"]
    assert post.asked("SELECT count(*) FROM chats_task") == 0
    assert set(Counter(one.uuid for one in controller.delivered).values()) == {1}
    assert len(controller.delivered) == CONTACTS
    assert post.asked("SELECT count(*) FROM chats_survey") == 0


def test_a_process_is_killed_while_it_closes(post, controller):
    apply_policy(post, idle=None)
    for _ in range(KILLS):
        before = closed(post)
        process = close_all(post)
        wait_until(lambda before=before: closed(post) > before, 30)
        process.kill()
        process.wait()
        told = set(post.asked(closing.TOLD))
        assert told <= {f"Até logo! {QUESTION} 1 closed", " 0 open"}
    finish(post)
    close_all(post).wait(60)
    post.start_worker("--lease", "2", "--hurry", "20")
    wait_until(lambda: post.asked(closing.UNSENT) == 0, 60)
    assert post.asked(closing.TOLD) == [f"Até logo! {QUESTION} 1 closed"]
    assert len({one.uuid for one in controller.delivered}) == 2 * CONTACTS
    assert len(controller.delivered) == 2 * CONTACTS
    said = Counter(one.to for one in controller.delivered)
    assert set(said.values()) == {2}
    surveys = "SELECT array_agg(DISTINCT state) FROM chats_survey"
    assert post.asked(surveys) == ["asked"]


def close_all(post: Post) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*MANAGE, "shell", "-v0", "-c", closing.CLOSER], env=post.environment, cwd=ROOT
    )
