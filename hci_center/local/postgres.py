"""The embedded PostgreSQL: its own cluster, accessible by peer login only."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from hci_center.local.errors import CannotStartError
from hci_center.local.parent_death import Watch
from hci_center.local.server_dirs import ServerDirs, postgres_binaries
from hci_center.local.supervisor import Process, spawn

OWNER = "hci"
DATABASE = "hci"
SUPERUSER = "postgres"
# Allows for crash recovery and for the last backends of a killed postmaster.
READY_SECONDS = 60.0

ENCODING = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
)
# Keeps data of callers out of the log: no statements, no details.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


class Postgres:
    """One cluster; it can be started after `prepare`."""

    def __init__(
        self, home: ServerDirs, settings: dict[str, str] | None = None
    ) -> None:
        self.home = home
        self.settings = {**SETTINGS, **(settings or {})}
        self.binaries = postgres_binaries(home)

    def prepare(self) -> None:
        """Creates the cluster if there is none, and stops a server left running.

        It can be killed at any time: the cluster is created under another name and
        renamed when complete. Raises CannotStartError.
        """
        _stop_orphan(self.home.cluster)
        self.home.hand_over()
        for unfinished in self.home.path.glob("postgres.new-*"):
            shutil.rmtree(unfinished)
        if not self.home.cluster.exists():
            self._make_cluster()
        self._check_version()
        self._write_access()

    def process(self) -> Process:
        command = [str(self.binaries / "postgres"), "-D", str(self.home.cluster)]
        folder = str(self.home.sockets).replace('"', '""')
        settings = {
            **self.settings,
            "unix_socket_directories": f'"{folder}"',
            "hba_file": str(self.home.path / "pg_hba.conf"),
            "ident_file": str(self.home.path / "pg_ident.conf"),
        }
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return Process(
            "PostgreSQL",
            command,
            stage=0,
            # Fast shutdown: connections are closed, committed data is written.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            stop_seconds=READY_SECONDS,
            log=self.home.log("postgres"),
            popen=self.home.popen,
        )

    def wait_until_ready(self, meanwhile: Callable[[], None]) -> None:
        """Waits until the database responds; creates our role and database if missing.

        `meanwhile` is called between the attempts. Raises CannotStartError.
        """
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                with self._connect(SUPERUSER, "postgres") as connection:
                    _make_database(connection)
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise CannotStartError(
                        f"PostgreSQL does not answer ({error}); its log: "
                        f"{self.home.log('postgres')}"
                    ) from None
            meanwhile()

    def let_owner_set(self, parameter: str) -> None:
        """Lets our role set what only superusers may."""
        with self._connect(SUPERUSER, "postgres") as connection:
            grant = sql.SQL("GRANT SET ON PARAMETER {} TO {}")
            connection.execute(
                grant.format(sql.Identifier(parameter), sql.Identifier(OWNER))
            )

    def recreate_database(self) -> None:
        """Recreates the database of a first start that was interrupted."""
        with self._connect(SUPERUSER, "postgres") as connection:
            name = sql.Identifier(DATABASE)
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
            _make_database(connection)

    def _connect(self, user: str, database: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.home.sockets),
            user=user,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def _make_cluster(self) -> None:
        unfinished = self.home.path / f"postgres.new-{os.getpid()}"
        unfinished.mkdir(mode=0o700)
        self.home.account.own(unfinished)
        process = Process(
            "initdb",
            [
                str(self.binaries / "initdb"),
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                "--auth=peer",
                *ENCODING,
                *(["--no-sync"] if self.settings.get("fsync") == "off" else []),
            ],
            log=self.home.log("initdb"),
            popen=self.home.popen,
        )
        if spawn(process, Watch(needed=False)).wait() != 0:
            raise CannotStartError(f"initdb failed; its log: {process.log}")
        unfinished.rename(self.home.cluster)
        descriptor = os.open(self.home.path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def _check_version(self) -> None:
        made_by = (self.home.cluster / "PG_VERSION").read_text().strip()
        answer = subprocess.run(
            [self.binaries / "postgres", "--version"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        ours = answer.split()[-1].partition(".")[0]
        if made_by != ours:
            raise CannotStartError(
                f"{self.home.cluster} was made by PostgreSQL {made_by}, and this is "
                f"{ours}: dump it with the old one and restore it into a new "
                "HCI_DATA_DIR."
            )

    def _write_access(self) -> None:
        """Lets the servers' user, the current user and root log in as our roles."""
        people = {self.home.account.name, pwd.getpwuid(os.geteuid()).pw_name, "root"}
        maps = [
            f'hci "{person}" {role}\n'
            for person in sorted(people)
            for role in (OWNER, SUPERUSER)
        ]
        for name, text in (
            ("pg_hba.conf", "local all all peer map=hci\n"),
            ("pg_ident.conf", "".join(maps)),
        ):
            path = self.home.path / name
            path.write_text(text)
            path.chmod(0o644)


def _make_database(connection: psycopg.Connection) -> None:
    owner, database = sql.Identifier(OWNER), sql.Identifier(DATABASE)
    if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", OWNER):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(owner))
    if not _exists(
        connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE
    ):
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner)
        )


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query, [name]).fetchone() is not None


def _stop_orphan(cluster: Path) -> None:
    """Stops a server that an earlier supervisor left running."""
    lock = cluster / "postmaster.pid"
    try:
        pid = int(lock.read_text().split(maxsplit=1)[0])
    except (FileNotFoundError, ValueError, IndexError):
        return
    if not _serves(pid, cluster):
        if _is_alive(pid):
            # Another process got its number; PostgreSQL would take it for a server of
            # this cluster.
            lock.unlink(missing_ok=True)
        return
    for number, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 10)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not _serves(pid, cluster):
                return
            time.sleep(0.05)
    raise CannotStartError(f"An earlier PostgreSQL (process {pid}) does not stop.")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(pid: int, cluster: Path) -> bool:
    """Returns whether that process is a running PostgreSQL of this cluster."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cwd").resolve(strict=True) == cluster.resolve()
        except OSError:
            return False
    shown = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)],
        check=False,
        capture_output=True,
        text=True,
    ).stdout
    return str(cluster) in shown
