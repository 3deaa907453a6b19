"""Runs a command with temporary embedded servers, which are removed at the end.

`python -m hci_center.local.test_servers COMMAND ...`, for the tests. Sets DATABASE_URL
and REDIS_URL unless they are set, and HCI_DATA_DIR to a temporary folder.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from hci_center.local import generated_secrets, installations, paths
from hci_center.local.errors import CannotStartError
from hci_center.local.parent_death import bind_to_parent
from hci_center.local.postgres import Postgres
from hci_center.local.server_dirs import open_server_dirs
from hci_center.local.supervisor import StoppedError, Supervisor
from hci_center.local.valkey import valkey

# Temporary data need not survive a power failure.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "256MB",
}
TIMEOUT = 10.0


def run(command: list[str]) -> int:
    """Runs the command and returns its exit status."""
    data = Path(tempfile.mkdtemp(prefix="hci-scratch-"))
    os.environ["HCI_DATA_DIR"] = str(data)
    installations.allow_installation()
    for name in generated_secrets.ALL:
        generated_secrets.generated_secret(name)
    dirs = open_server_dirs()
    try:
        with Supervisor(_say) as supervisor:
            if not os.environ.get("REDIS_URL"):
                os.environ["REDIS_URL"] = paths.redis_url()
                supervisor.start(valkey(dirs))
            if not os.environ.get("DATABASE_URL"):
                os.environ["DATABASE_URL"] = paths.database_url()
                postgres = Postgres(dirs, SETTINGS)
                postgres.prepare()
                supervisor.start(postgres.process())
                postgres.wait_until_ready(lambda: supervisor.tend(0.02))
                # So that rows can be deleted quickly, despite triggers and constraints.
                postgres.let_owner_set("session_replication_role")
            return _run_beside(supervisor, command)
    except StoppedError:
        return 130
    finally:
        for folder in {dirs.path, dirs.sockets, data}:
            shutil.rmtree(folder, ignore_errors=True)


def _run_beside(supervisor: Supervisor, command: list[str]) -> int:
    # In the terminal's foreground, for debuggers: Ctrl-C reaches it too.
    child = subprocess.Popen(command, preexec_fn=bind_to_parent(signal.SIGKILL))
    supervisor.run(until=lambda: child.poll() is not None)
    if child.poll() is None and supervisor.stopped_by != signal.SIGINT:
        child.terminate()
    try:
        return child.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def _say(text: str) -> None:
    sys.stderr.write(f"scratch: {text}\n")


if __name__ == "__main__":
    try:
        sys.exit(run(sys.argv[1:]))
    except CannotStartError as error:
        sys.exit(str(error))
