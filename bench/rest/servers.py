"""Starts the measured servers: this one as it ships, and its peers."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import measure
from measure import Server

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PORT = 18080
# Ports of the peers, far from the server's own.
PEER_PORTS = {"express-same": 18090, "express-bare": 18091, "drf-typical": 18092}
PARTS = {
    "server": "hci_center.webserver.server",
    "relay": "relay_changes",
    "feed": "serve_feed",
    "worker": "deliver_messages",
    "postgres": "bin/postgres",
}


class Product:
    """`bin/run` with its own data folder, which has only the rows of the benchmark."""

    def __init__(
        self, folder: Path, core: str, *, root: Path = ROOT, **settings: str
    ) -> None:
        self.folder, self.root = folder, root
        self.core = core
        self.environment = os.environ | {
            "HCI_DATA_DIR": str(folder / "data"),
            "HCI_PORT": str(PORT),
            "HCI_DEMO": "0",
            **settings,
        }

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # Its PostgreSQL runs as another user, who must be able to enter.
        self.folder.chmod(0o711)
        with (self.folder / "bin-run.log").open("w") as log:
            self.process = subprocess.Popen(
                ["taskset", "-c", self.core, str(self.root / "bin/run")],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        wait_for(f"http://127.0.0.1:{PORT}/readyz", self.process)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def manage(self, *arguments: str) -> str:
        python, manage = self.root / ".venv/bin/python", self.root / "manage.py"
        command = [str(python), str(manage), *arguments]
        done = subprocess.run(
            command,
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout.strip()

    def connection(self) -> dict[str, str]:
        """Host, user and dbname of the server's own role."""
        shown = self.manage(
            "shell",
            "-v0",
            "-c",
            "from django.db import connection as c; c.ensure_connection();"
            "i = c.connection.info; print(i.host, i.user, i.dbname)",
        )
        return dict(zip(("host", "user", "dbname"), shown.split(), strict=True))

    def pids(self) -> dict[str, int]:
        """The roots of the process trees, by part, recognized by their commands."""
        found: dict[str, int] = {}
        for pid in measure.tree(self.process.pid):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
            except FileNotFoundError:
                continue
            for name, mark in PARTS.items():
                if mark in command:
                    found.setdefault(name, pid)
        return found

    def pgbench(self) -> Path:
        """The pgbench of the running PostgreSQL."""
        postgres = Path(f"/proc/{self.pids()['postgres']}/exe").resolve()
        return postgres.with_name("pgbench")


class Peer:
    """A peer's process on the same database, and how it is measured."""

    def __init__(
        self, label: str, command: list[str], folder: Path, environment: dict[str, str]
    ) -> None:
        self.label = label
        self.process = subprocess.Popen(
            command, cwd=folder, env=os.environ | environment
        )
        try:
            wait_for(f"http://127.0.0.1:{PEER_PORTS[label]}/", self.process)
        except SystemExit:
            self.stop()
            raise

    def server(self, pids: dict[str, int], authorization: str = "") -> Server:
        theirs = pids | {"server": self.process.pid}
        return Server(
            self.label,
            PEER_PORTS[self.label],
            theirs,
            authorization,
            may_be_slow=self.label == "drf-typical",
        )

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def express(label: str, connection: dict[str, str], core: str) -> Peer:
    """Starts the Node server on the same tables or on the minimal copy."""
    folder = Path(os.environ.get("EXPRESS_DIR", HERE / "peers/express"))
    url = "postgresql://{user}@/{dbname}?host={host}".format(**connection)
    return Peer(
        label,
        ["taskset", "-c", core, "node", "server.mjs"],
        folder,
        {
            "DSN": url,
            "PORT": str(PEER_PORTS[label]),
            "TABLES": label.removeprefix("express-"),
            "NODE_ENV": "production",
        },
    )


def typical(connection: dict[str, str], core: str) -> tuple[Peer, str]:
    """Starts the typical Django project under gunicorn; returns its required header."""
    programs = Path(os.environ["DRF_VENV"]) / "bin"
    folder = HERE / "peers/drf"
    environment = {
        "PGHOST": connection["host"],
        "PGUSER": connection["user"],
        "PGDATABASE": connection["dbname"],
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    token = subprocess.run(
        [programs / "python", "typical.py"],
        cwd=folder,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.strip()
    address = f"127.0.0.1:{PEER_PORTS['drf-typical']}"
    serve = [str(programs / "gunicorn"), "--bind", address, "--worker-class", "sync"]
    peer = Peer(
        "drf-typical",
        [
            "taskset",
            "-c",
            core,
            *serve,
            "--log-level",
            "warning",
            "typical:application",
        ],
        folder,
        environment,
    )
    return peer, f"Token {token}"


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 180) -> None:
    """Waits until it returns anything but 503."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError as error:
            if error.code != 503:
                return
        except OSError:
            pass
        else:
            return
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")
