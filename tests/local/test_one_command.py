"""The one-command server as real processes: started, killed, stopped, restarted."""

from __future__ import annotations

import os
import pwd
import re
import signal
import socket
import stat
from pathlib import Path

import pytest
import redis

from hci_center.local.server_dirs import open_server_dirs
from tests.faults.template_cluster import copy_cluster
from tests.local.installation import Installation, wait_for

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/self"), reason="it finds processes in /proc"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory, cluster):
    """An installation whose first start was killed while it created the demo.

    That start finds the schema; the next one creates it, in a new database.
    """
    folder = tmp_path_factory.mktemp("one")
    installation = Installation(folder)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HCI_DATA_DIR", str(installation.data))
            copy_cluster(cluster, open_server_dirs())
        installation.begin()
        installation.wait_to_say("Filling in a demonstration")
        installation.stop(signal.SIGKILL)
        # No process survives a supervisor killed with kill -9.
        wait_for(lambda: installation.processes() == {}, 15)
        installation.start()
        installation.first_words = installation.said()
        yield installation
    finally:
        installation.remove()


@pytest.fixture
def running(made):
    if made.process.poll() is not None:
        made.start()
    return made


def kept(installation):
    return installation.query("SELECT count(*) FROM managers_apikey") > 0


def test_the_first_start_prints_the_accounts(running):
    found = re.search(r"API key +(\S+)\n", running.first_words)
    status, answer = running.get("/api/user/", Authorization=f"Api-Key {found[1]}")
    assert status == 200
    assert answer["data"]
    assert "password" in running.first_words


def test_everything_is_ready(running):
    parts = (
        "database",
        "redis",
        "disk",
        "gateways",
        "background",
        "rules",
        "hooks",
    )

    def is_ready():
        status, answer = running.get("/readyz")
        assert status == 200, answer
        assert answer["checks"].pop("feed")
        return answer["checks"] == dict.fromkeys(parts, "ok")

    # The demonstration leaves tasks to the worker, which has just started.
    wait_for(is_ready)
    assert running.get("/healthz") == (200, {"status": "ok"})


def test_its_servers_only_listen_on_sockets(running):
    assert running.query("SHOW listen_addresses") == ""
    assert running.shell("SELECT current_user") == "hci"
    with redis.Redis.from_url(f"unix://{running.data}/run/valkey.sock") as valkey:
        assert valkey.config_get("port") == {"port": "0"}


def test_postgresql_is_restarted_after_a_kill(running):
    os.kill(running.pid_of("bin/postgres -D"), signal.SIGKILL)
    wait_for(lambda: "PostgreSQL ended (signal 9)" in running.said())
    wait_for(lambda: running.state() == "ok")
    assert kept(running)


def test_valkey_is_restarted_after_a_kill(running):
    os.kill(running.pid_of("valkey-server"), signal.SIGKILL)
    wait_for(lambda: "Valkey ended (signal 9)" in running.said())
    wait_for(lambda: running.state() == "ok")


def test_the_web_process_is_restarted_after_a_kill(running):
    os.kill(running.pid_of("hci_center.webserver.server"), signal.SIGKILL)
    wait_for(lambda: "web ended (signal 9)" in running.said())
    # Its listening socket is kept, so connections wait for the next process.
    assert running.get("/healthz")[0] == 200
    wait_for(lambda: running.state() == "ok")


def test_a_second_server_on_the_same_data_is_refused(running):
    second = running.manage("serve", HCI_PORT="1", HCI_FEED_PORT="2")
    assert second.returncode == 1
    assert "Already running" in second.stderr


def test_a_taken_port_is_refused(running, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        other = running.manage("serve", HCI_DATA_DIR=str(tmp_path), HCI_PORT=port)
    assert other.returncode == 1
    assert f"127.0.0.1:{port} cannot be had" in other.stderr


def test_it_can_be_started_right_after_a_kill(running):
    running.stop(signal.SIGKILL)
    running.start()
    assert "password" not in running.said()
    assert kept(running)


def test_a_stop_leaves_no_process_and_stale_files_do_not_matter(running):
    assert running.stop(signal.SIGINT) == 0
    assert running.processes() == {}
    home = running.home()
    (home / "postgres.new-1").mkdir()
    # The number of the last postmaster now belongs to another living process.
    (home / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    running.start()
    assert not (home / "postgres.new-1").exists()
    assert kept(running)


def test_its_folders_are_closed_to_other_users(running):
    modes = {
        path: stat.S_IMODE((running.data / path).stat().st_mode)
        for path in (".", "media", "secrets", "log", "serve.lock")
    }
    closed = dict.fromkeys((".", "media", "secrets", "log"), 0o700)
    assert modes == closed | {"serve.lock": 0o600}


def test_no_process_runs_as_nobody(running):
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in running.processes()}
    assert pwd.getpwnam("nobody").pw_uid not in owners
