"""The worker's threads: which jobs share a thread, and which keep a connection."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection

from chats.worker.job_threads import SELDOM, JobThreads


@pytest.fixture
def threads():
    made = JobThreads({"inbound": 1, "rules": 1}, lambda _completion: None)
    yield made
    made.close()


def wait_until_idle(threads):
    deadline = time.monotonic() + 10
    while threads.housekeeping and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not threads.housekeeping


def test_a_kind_of_job_has_its_own_thread(threads):
    found: dict[str, set[int]] = {"inbound": set(), "rules": set()}
    ended = threading.Semaphore(0)

    def job(kind):
        found[kind].add(threading.get_ident())
        ended.release()

    for kind in ("inbound", "rules", "inbound", "rules"):
        threads.submit(kind, job, kind)
        assert ended.acquire(timeout=10)
    assert [len(each) for each in found.values()] == [1, 1]
    assert found["inbound"] != found["rules"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("every", "is_kept"), [(SELDOM - 1, True), (SELDOM, False), (3600.0, False)]
)
def test_infrequent_jobs_close_their_connection(threads, every, is_kept):
    sessions = []

    def job():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            sessions.append(cursor.fetchone()[0])

    for _ in range(2):
        threads.run_housekeeping("some", job, every)
        wait_until_idle(threads)
    assert (sessions[0] == sessions[1]) == is_kept


def test_a_running_job_is_not_started_again(threads):
    begun, may_end = threading.Event(), threading.Event()
    times = []

    def job():
        times.append(1)
        begun.set()
        assert may_end.wait(10)

    threads.run_housekeeping("some", job, 1.0)
    assert begun.wait(10)
    threads.run_housekeeping("some", job, 1.0)
    may_end.set()
    wait_until_idle(threads)
    assert times == [1]
