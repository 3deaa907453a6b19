"""PostgreSQL freezes: probes respond, calls are refused, and everything recovers."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from hci_center.local.server_dirs import open_server_dirs
from tests.faults.template_cluster import copy_cluster
from tests.local.installation import Installation, wait_for

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="it finds processes in /proc"
)
# More than the threads of the web process.
CALLERS = 8
PROBE_SECONDS = 2.0
CALL_SECONDS = 10.0
# Within the ten seconds after which the supervisor kills.
RELAY_SECONDS = 9


@pytest.fixture
def running(tmp_path, cluster, monkeypatch):
    installation = Installation(tmp_path, HCI_DEMO="0")
    monkeypatch.setenv("HCI_DATA_DIR", str(installation.data))
    try:
        copy_cluster(cluster, open_server_dirs())
        installation.start()
        yield installation
    finally:
        for pid in servers(installation):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        installation.remove()


def servers(installation):
    return [
        pid
        for pid, command in installation.processes().items()
        if command.startswith("postgres:") or "/bin/postgres " in command
    ]


def ask(installation, path, seconds, **headers):
    client = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=seconds)
    try:
        client.request("GET", path, headers=headers)
        answer = client.getresponse()
        answer.read()
        return answer.status
    finally:
        client.close()


def test_probes_answer_calls_are_refused_and_the_relay_stops(running):
    key = running.manage("create_api_key", "bot").stdout.strip()
    credential = {"Authorization": f"Api-Key {key}"}
    assert ask(running, "/api/user/", CALL_SECONDS, **credential) == 200
    frozen = servers(running)
    assert frozen
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(CALLERS) as pool:
        calls = [
            pool.submit(ask, running, "/api/user/", CALL_SECONDS, **credential)
            for _ in range(CALLERS)
        ]
        # While every thread of Django waits for the database.
        for _ in range(3):
            assert ask(running, "/healthz", PROBE_SECONDS) == 200
            assert ask(running, "/readyz", PROBE_SECONDS) == 503
        assert {call.result() for call in calls} == {503}
    relay = running.pid_of("relay_changes")
    os.kill(relay, signal.SIGTERM)
    wait_for(lambda: relay not in running.processes(), RELAY_SECONDS)
    for pid in frozen:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: ask(running, "/api/user/", CALL_SECONDS, **credential) == 200)
    wait_for(lambda: running.state() == "ok")
