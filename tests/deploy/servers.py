"""Debian's PostgreSQL, Redis, PgBouncer and a proxy, over TCP with TLS and passwords."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import redis

from tests.deploy.certificates import HOST, make_certificates
from tests.feed.processes import wait_until
from tests.ports import free_port

# The oldest supported version.
POSTGRESQL = Path("/usr/lib/postgresql/15/bin/postgres")
PROGRAMS = ("nginx", "redis-server", "pgbouncer")
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"
# The user of PostgreSQL and PgBouncer if the tests run as root, which they refuse.
OWNER = "postgres"
PASSWORD = "senha-do-teste-0123456789"


def is_installed(name: str) -> bool:
    return shutil.which(name, path=PATH) is not None


def missing_programs() -> list[str]:
    """Returns the names of the programs that this machine lacks."""
    missing = [name for name in PROGRAMS if not is_installed(name)]
    return missing if POSTGRESQL.exists() else [*missing, "postgresql-15"]


class Servers:
    """The four servers in a folder, each a child process with a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.user: str | None = OWNER if os.geteuid() == 0 else None
        self.postgres_port, self.pooler_port = free_port(), free_port()
        self.redis_port, self.https_port = free_port(), free_port()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, tuple[tuple[str, ...], str | None]] = {}

    @property
    def ca(self) -> str:
        return str(self.folder / "ca.crt")

    @property
    def database_url(self) -> str:
        return self._url(self.postgres_port)

    @property
    def pooler_url(self) -> str:
        return self._url(self.pooler_port)

    @property
    def redis_url(self) -> str:
        return f"rediss://:{PASSWORD}@{HOST}:{self.redis_port}/0?ssl_ca_certs={self.ca}"

    def _url(self, port: int) -> str:
        return (
            f"postgres://hci:{PASSWORD}@{HOST}:{port}/hci"
            f"?sslmode=verify-full&sslrootcert={self.ca}"
        )

    def start(self) -> None:
        self.folder.chmod(0o755)
        make_certificates(self.folder)
        self._own(self.folder / "server.key")
        self._start_postgres()
        self._start_redis()
        self._start_pooler()

    def stop(self) -> None:
        for name in ("pooler", "redis"):
            if name in self.processes:
                self.processes[name].terminate()
                self.processes[name].wait(20)
        if "postgres" in self.processes:
            self.processes["postgres"].send_signal(signal.SIGQUIT)
            self.processes["postgres"].wait(20)

    def connect(self, **more: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database_url, **more)

    # PostgreSQL ----------------------------------------------------------------

    def _start_postgres(self) -> None:
        data = self._owned_folder("postgres")
        secret = self.folder / "superuser"
        secret.write_text(PASSWORD)
        self._own(secret)
        self._run(
            str(POSTGRESQL.with_name("initdb")),
            *("-D", str(data), "-U", "postgres", "-A", "scram-sha-256"),
            *("--pwfile", str(secret), "--locale=C.UTF-8", "-E", "UTF8"),
        )
        (data / "pg_hba.conf").write_text(
            "hostssl all all 127.0.0.1/32 scram-sha-256\n"
        )
        options = {
            "listen_addresses": HOST,
            "port": self.postgres_port,
            "unix_socket_directories": "",
            "ssl": "on",
            "ssl_cert_file": self.folder / "server.crt",
            "ssl_key_file": self.folder / "server.key",
            "max_connections": 100,
            # Data loss of crashes is tested elsewhere; here the system stays up.
            "fsync": "off",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        self._start("postgres", str(POSTGRESQL), "-D", str(data), *arguments)
        wait_until(self._admin_answers)
        self._prepare_database()

    def _admin_answers(self) -> bool:
        try:
            self._admin("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _admin(self, database: str) -> psycopg.Connection[Any]:
        url = self.database_url.replace("//hci:", "//postgres:")
        return psycopg.connect(url, dbname=database, autocommit=True)

    def _prepare_database(self) -> None:
        """The statements of docs/deploy.md."""
        with self._admin("postgres") as database:
            database.execute(f"CREATE ROLE hci LOGIN PASSWORD '{PASSWORD}'")
            database.execute("CREATE DATABASE hci OWNER hci")
            for name, value in (
                ("statement_timeout", "5s"),
                ("lock_timeout", "2s"),
                ("idle_in_transaction_session_timeout", "10s"),
                ("jit", "off"),
            ):
                database.execute(
                    f"ALTER ROLE hci IN DATABASE hci SET {name} = '{value}'"
                )

    # PgBouncer -----------------------------------------------------------------

    def _start_pooler(self) -> None:
        users = self.folder / "userlist.txt"
        users.write_text(f'"hci" "{PASSWORD}"\n')
        self._own(users)
        certificates = f"{self.folder}/server"
        configuration = self.folder / "pgbouncer.ini"
        configuration.write_text(
            f"""
[databases]
hci = host={HOST} port={self.postgres_port} dbname=hci
[pgbouncer]
listen_addr = {HOST}
listen_port = {self.pooler_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = 6
server_login_retry = 1
max_client_conn = 200
client_tls_sslmode = require
client_tls_cert_file = {certificates}.crt
client_tls_key_file = {certificates}.key
server_tls_sslmode = verify-full
server_tls_ca_file = {self.ca}
"""
        )
        self._start("pooler", "pgbouncer", str(configuration))
        wait_until(lambda: self._answers(self.pooler_url))

    def _answers(self, url: str) -> bool:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            return False
        return True

    # Redis ---------------------------------------------------------------------

    def _start_redis(self) -> None:
        files = [f"{self.folder}/server.{end}" for end in ("crt", "key")]
        self._own(self.folder / "server.crt")
        self._start(
            "redis",
            *("redis-server", "--port", "0", "--tls-port", str(self.redis_port)),
            *("--bind", HOST, "--requirepass", PASSWORD, "--save", ""),
            *("--tls-cert-file", files[0], "--tls-key-file", files[1]),
            *("--tls-ca-cert-file", self.ca, "--tls-auth-clients", "no"),
        )
        wait_until(self._redis_answers)

    def _redis_answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.redis_url) as client:
                return bool(client.ping())
        except redis.exceptions.ConnectionError:
            return False

    # nginx or Caddy ------------------------------------------------------------

    def start_proxy(self, name: str, *command: str) -> None:
        self._start(name, *command, user=None)
        wait_until(lambda: _listens(self.https_port))

    def stop_proxy(self, name: str) -> None:
        if process := self.processes.pop(name, None):
            # nginx would leave its workers behind if it were killed.
            process.terminate()
            process.wait(20)

    # Processes -----------------------------------------------------------------

    def kill(self, name: str) -> None:
        """Sends SIGKILL."""
        self.processes[name].kill()
        self.processes[name].wait()

    def revive(self, name: str) -> None:
        """Starts it again and returns when it answers."""
        command, user = self._commands[name]
        answers = {
            "postgres": lambda: self._answers(self.database_url),
            "redis": self._redis_answers,
            "pooler": lambda: self._answers(self.pooler_url),
        }[name]
        self._start(name, *command, user=user)

        def has_come_back() -> bool:
            # The last backends of a killed PostgreSQL must end first.
            if self.processes[name].poll() is not None:
                self._start(name, *command, user=user)
            return bool(answers())

        try:
            wait_until(has_come_back)
        except AssertionError:
            log = (self.folder / f"{name}.log").read_text()
            raise AssertionError(f"{name} stays away: {log[-2000:]}") from None

    def _start(self, name: str, *command: str, user: str | None = OWNER) -> None:
        self._commands[name] = command, user
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd="/",
                # Caddy keeps files at home.
                env={**os.environ, "PATH": PATH, "HOME": str(self.folder)},
                user=self.user if user else None,
            )

    def _run(self, *command: str) -> None:
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd="/", user=self.user
        )

    def _owned_folder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(mode=0o700)
        self._own(path)
        return path

    def _own(self, path: Path) -> None:
        if path.is_file():
            path.chmod(0o600)
        if self.user:
            owner = pwd.getpwnam(self.user)
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
