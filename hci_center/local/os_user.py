"""The system user that runs the embedded servers.

PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hci_center.local.errors import CannotStartError

# System users that may own servers started by root: ours, or PostgreSQL's. Never
# `nobody`: anything else running as that user could read the database.
DEDICATED = "hci"
OWNERS = (DEDICATED, "postgres")
SHARED = "nobody"

# Commands that create such a user: on Debian and Red Hat, and with BusyBox.
_MAKE_USER = (
    (
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
        DEDICATED,
    ),
    (
        "adduser",
        "-S",
        "-D",
        "-H",
        "-h",
        "/nonexistent",
        "-s",
        "/sbin/nologin",
        DEDICATED,
    ),
)


@dataclass(frozen=True)
class Account:
    """A user of this machine, and how to start processes as that user."""

    name: str
    uid: int
    gid: int

    @property
    def is_self(self) -> bool:
        return self.uid == os.geteuid()

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments of `subprocess` to start a process as this user."""
        if self.is_self:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, *command: str) -> bool:
        """Returns whether a command succeeds as this user, from the root folder."""
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
        """Makes this user the owner; only the owner and root keep access."""
        if not self.is_self:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)

    def own_tree(self, path: Path) -> None:
        """Makes this user the owner of the folder and its contents; modes stay."""
        for folder, _, files in os.walk(path):
            for each in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(each, self.uid, self.gid, follow_symlinks=False)


def account_for(cluster: Path) -> Account:
    """Returns the user that runs the cluster.

    This is the owner of an existing cluster; otherwise the current user, or a system
    user for root. A cluster that an earlier version gave to `nobody` gets the system
    user. Raises CannotStartError for another user's cluster, or if there is no such
    user.
    """
    me = os.geteuid()
    if cluster.exists():
        owner = cluster.stat().st_uid
        if owner not in (me, 0) and me != 0:
            raise CannotStartError(
                f"{cluster} belongs to {_name_of(owner)}: start as root, or with "
                "another HCI_DATA_DIR."
            )
        if owner != 0 and not (me == 0 and _name_of(owner) == SHARED):
            return _account(_entry_of(owner))
    if me != 0:
        return _account(_entry_of(me))
    return _account(_system_user())


def _system_user() -> pwd.struct_passwd:
    for name in OWNERS:
        if (entry := _find(name)) is not None:
            return entry
    for command in _MAKE_USER:
        if shutil.which(command[0]) is None:
            continue
        subprocess.run(command, capture_output=True, check=False)
        # Another process may have created it at the same time.
        if (entry := _find(DEDICATED)) is not None:
            return entry
    raise CannotStartError(
        f"Started as root, the database needs a system user of its own: make one "
        f"named {DEDICATED} (useradd --system {DEDICATED}), start as an ordinary user, "
        "or set DATABASE_URL and REDIS_URL."
    )


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


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


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
