"""Another user of the machine finds no secrets and cannot access our servers."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import tempfile
from pathlib import Path

import pytest

from hci_center.local.server_dirs import open_server_dirs
from tests.faults.template_cluster import copy_cluster
from tests.local.installation import Installation

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user"),
    pytest.mark.timeout(300),
]


def as_user(user, work):
    """Runs the work as that user and returns its result."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.write(writing, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answered:
        content = answered.read()
    os.waitpid(child, 0)
    return json.loads(content)


def readable(folders):
    """Returns the text of every readable file below the folder, by path."""
    found = {}
    for top in folders:
        for folder, _folders, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    with open(path, "rb") as file:
                        found[path] = file.read(100_000).decode("latin-1")
                except OSError:
                    continue
    return found


def of_processes():
    """Returns what /proc shows of all processes: command lines, and any environments."""
    return readable_of_proc("cmdline") | readable_of_proc("environ")


def readable_of_proc(name):
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found[f"{folder.name}/{name}"] = (
                (folder / name).read_bytes().decode("latin-1")
            )
        except OSError:
            continue
    return found


def connected(paths):
    """Returns the sockets that accept a connection."""
    found = []
    for path in paths:
        with socket.socket(socket.AF_UNIX) as raw:
            try:
                raw.connect(path)
            except OSError:
                continue
            found.append(path)
    return found


@pytest.fixture(scope="module")
def running(tmp_path_factory, cluster):
    # pytest's own folders are closed to other users, and prove nothing.
    folder = Path(tempfile.mkdtemp(prefix="hci-test-"))
    folder.chmod(0o755)
    installation = Installation(folder, HCI_DEMO="0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HCI_DATA_DIR", str(installation.data))
        try:
            copy_cluster(cluster, open_server_dirs())
            installation.start()
            installation.key = installation.manage(
                "create_api_key", "bot"
            ).stdout.strip()
            yield installation
        finally:
            installation.remove()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def secrets(running):
    """Returns the secrets that other users must not see."""
    found = {running.key}
    for path in (running.data / "secrets").rglob("*"):
        if path.is_file():
            found.update(word for word in path.read_text().split() if len(word) > 20)
    assert len(found) > 2
    return found


@pytest.fixture(params=["nobody", "the servers' own"])
def user(request, running):
    if request.param == "nobody":
        return pwd.getpwnam("nobody")
    # The users of PostgreSQL and Valkey can only read their own servers' files.
    return pwd.getpwuid((running.home() / "postgres").stat().st_uid)


def test_no_file_or_command_line_shows_a_secret(running, secrets, user):
    folders = [str(running.data), str(running.home())]
    files = as_user(user, lambda: readable(folders))
    processes = as_user(user, of_processes)
    assert len(processes) > 3
    shown = [
        path
        for path, content in (files | processes).items()
        for secret in secrets
        if secret in content
    ]
    assert shown == []


def test_others_cannot_read_the_data_folder_or_connect_to_its_servers(running):
    nobody = pwd.getpwnam("nobody")
    folders = [str(running.data), str(running.home())]
    assert as_user(nobody, lambda: readable(folders)) == {}
    sockets = [
        str(path)
        for top in {running.data / "run", running.home()}
        for path in top.resolve().rglob("*")
        if path.is_socket()
    ]
    assert len(sockets) >= 2
    assert as_user(nobody, lambda: connected(sockets)) == []
    # The sockets do accept connections of their own users.
    assert sorted(connected(sockets)) == sorted(sockets)


def test_the_embedded_servers_listen_on_no_port(running):
    listening = set()
    for table in ("tcp", "tcp6"):
        lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        listening |= {line.split()[9] for line in lines if line.split()[3] == "0A"}
    servers = {
        pid
        for pid, command in running.processes().items()
        if "postgres" in command.split(" ")[0] or "valkey" in command.split(" ")[0]
    }
    assert servers
    opened = set()
    for pid in servers:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            try:
                opened.add(os.readlink(link))
            except OSError:
                continue
    assert not {f"socket:[{inode}]" for inode in listening} & opened
