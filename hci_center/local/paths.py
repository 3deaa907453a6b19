"""The paths of the one-machine installation's state.

They are computed in the same way by `bin/run`, by `manage.py` and by the tests, without
Django.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# The kernel takes 107 bytes for a Unix socket's path, and PostgreSQL appends
# "/.s.PGSQL.5432" (or the lock file's longer name) to the directory.
LONGEST_SOCKET_PATH = 100


def data_dir() -> Path:
    """Returns the folder of all state, `HCI_DATA_DIR` (`.data` beside `manage.py`)."""
    return Path(os.environ.get("HCI_DATA_DIR") or BASE_DIR / ".data").absolute()


def make_data_dir() -> Path:
    """Creates the data folder if needed, accessible only to its owner (and root)."""
    path = data_dir()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Earlier versions left it open; only its owner can change the mode.
    with contextlib.suppress(PermissionError):
        path.chmod(0o700)
    return path


def socket_dir() -> Path:
    """Returns the folder (mode 0700) of both servers' Unix sockets.

    It is below the data folder or, if that path is too long for a socket, in the
    temporary directory, with a name derived from the data folder.
    """
    inside = data_dir() / "run"
    if len(os.fsencode(inside / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(data_dir())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"hci-{digest}"


def database_url() -> str:
    """Returns the URL of the embedded PostgreSQL: peer login over its Unix socket."""
    return f"postgres://hci@/hci?host={socket_dir()}"


def redis_url() -> str:
    """Returns the URL of the embedded Valkey's Unix socket."""
    return f"unix://{socket_dir()}/valkey.sock"
