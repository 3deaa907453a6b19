"""As whom the embedded servers run. PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hci_center.local.errors import CannotStartError

UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user of this machine, and how a process is started as him."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        return self.uid == os.geteuid()

    @property
    def popen(self) -> dict[str, Any]:
        """What `subprocess` needs to start a process as him."""
        if self.is_self:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, *command: str) -> bool:
        """Whether a command succeeds as him, from the root folder."""
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, cwd="/", **self.popen
            )
        except OSError:
            return False
        return done.returncode == 0

    def reaches(self, folder: Path) -> bool:
        return self.can("/bin/sh", "-c", 'cd "$1"', "sh", str(folder))

    def own(self, path: Path) -> None:
        """Makes the path his, and closes it to all others but root."""
        if not self.is_self:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)


def account_for(cluster: Path) -> Account:
    """The owner of the cluster that is there; else ourselves, or someone for root.

    Raises CannotStartError for another's cluster, or where there is nobody.
    """
    me = os.geteuid()
    if cluster.exists():
        owner = cluster.stat().st_uid
        if owner not in (me, 0) and me != 0:
            raise CannotStartError(
                f"{cluster} belongs to {_named(owner)}: start as root, or with "
                "another HCI_DATA_DIR."
            )
        if owner != 0:
            return _account(pwd.getpwuid(owner))
    if me != 0:
        return _account(_entry_of(me))
    for name in UNPRIVILEGED:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise CannotStartError("Started as root, PostgreSQL needs a user such as nobody.")


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _entry_of(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise CannotStartError(
            f"User {uid} has no name on this machine, which PostgreSQL needs: add it, "
            "or set DATABASE_URL."
        ) from None


def _named(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
