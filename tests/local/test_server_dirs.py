"""Owners and modes of an installation's folders, and where its database is.

The database is outside the data folder if its user cannot enter that.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from hci_center.local import os_user as accounts
from hci_center.local import paths
from hci_center.local import server_dirs as homes
from hci_center.local.errors import CannotStartError
from hci_center.local.os_user import account_for
from hci_center.local.server_dirs import ServerDirs, open_server_dirs

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root starts the servers as another user"
)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def entry(name, uid):
    return pwd.struct_passwd((name, "x", uid, uid, "", "/nonexistent", "/bin/false"))


@pytest.fixture
def users(monkeypatch):
    """Returns the users of the machine, by name."""
    known = {"root": entry("root", 0), "nobody": entry("nobody", 65534)}

    def of_number(uid):
        return next(each for each in known.values() if each.pw_uid == uid)

    monkeypatch.setattr(pwd, "getpwnam", known.__getitem__)
    monkeypatch.setattr(pwd, "getpwuid", of_number)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return known


@pytest.fixture
def open_folder():
    """A folder that every user can enter: pytest's own ones are closed."""
    folder = Path(tempfile.mkdtemp(prefix="hci-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def system(monkeypatch, open_folder):
    """Returns the system folder for databases of data folders that are closed."""
    folder = open_folder / "lib"
    folder.mkdir(mode=0o755)
    monkeypatch.setattr(homes, "SYSTEM_STATE", folder)
    return folder


@pytest.fixture
def data(monkeypatch):
    def set_to(folder):
        monkeypatch.setenv("HCI_DATA_DIR", str(folder))
        return folder

    return set_to


# Users


def test_root_never_starts_the_database_as_nobody(users, tmp_path, monkeypatch):
    monkeypatch.setattr(accounts.shutil, "which", lambda _name: None)
    with pytest.raises(CannotStartError, match="useradd --system hci"):
        account_for(tmp_path / "postgres")


def test_a_missing_system_user_is_created(users, tmp_path, monkeypatch):
    called = []

    def run(command, **_options):
        called.append(command)
        users["hci"] = entry("hci", 997)

    monkeypatch.setattr(accounts.shutil, "which", lambda name: f"/usr/sbin/{name}")
    monkeypatch.setattr(accounts.subprocess, "run", run)
    assert account_for(tmp_path / "postgres").name == "hci"
    assert account_for(tmp_path / "postgres").uid == 997
    [command] = called
    assert command[0] == "useradd"
    assert "--system" in command


def test_the_dedicated_user_takes_precedence_over_postgresqls_own(users, tmp_path):
    users["postgres"] = entry("postgres", 101)
    assert account_for(tmp_path / "postgres").name == "postgres"
    users["hci"] = entry("hci", 997)
    assert account_for(tmp_path / "postgres").name == "hci"


@as_root
def test_a_cluster_of_user_nobody_changes_its_owner(tmp_path):
    cluster = tmp_path / "postgres"
    (cluster / "base").mkdir(parents=True)
    (cluster / "base" / "1").touch()
    shared = pwd.getpwnam("nobody")
    for path in (cluster, cluster / "base", cluster / "base" / "1"):
        os.chown(path, shared.pw_uid, shared.pw_gid)
    account = account_for(cluster)
    assert account.name in accounts.OWNERS
    ServerDirs(tmp_path, account).hand_over()
    owners = {path.stat().st_uid for path in (cluster, *cluster.rglob("*"))}
    assert owners == {account.uid}


# Locations


def test_new_and_existing_data_folders_are_closed_to_others(data, open_folder):
    folder = data(open_folder / "data")
    folder.mkdir(mode=0o755)
    assert mode(paths.make_data_dir()) == 0o700
    folder.rmdir()
    assert mode(paths.make_data_dir()) == 0o700


@as_root
def test_the_database_is_in_the_data_folder_if_its_user_can_enter(
    data, open_folder, system
):
    folder = data(open_folder / "data")
    home = open_server_dirs()
    assert home.path == folder
    assert home.account.name != "root"
    assert mode(folder) == 0o700
    assert folder.stat().st_uid == home.account.uid
    assert home.account.reaches(folder)
    assert home.notes() == []


@as_root
def test_files_of_root_are_not_changed(data, open_folder, system):
    folder = data(open_folder / "data")
    account = open_server_dirs().account
    (folder / "secrets").symlink_to(open_folder)
    os.chown(folder / "secrets", account.uid, account.gid, follow_symlinks=False)
    with pytest.raises(CannotStartError, match="secrets belongs to"):
        open_server_dirs()


@as_root
def test_a_database_outside_a_closed_folder_is_announced(data, tmp_path, system):
    tmp_path.chmod(0o700)
    folder = data(tmp_path / "data")
    home = open_server_dirs()
    assert home.path.parent == system
    assert mode(folder) == 0o700
    [note] = home.notes()
    assert str(home.path) in note
    assert str(folder) in note
    assert open_server_dirs().path == home.path


@as_root
def test_after_deleting_a_closed_data_folder_the_old_database_is_not_used(
    data, tmp_path, system
):
    tmp_path.chmod(0o700)
    folder = data(tmp_path / "data")
    old = open_server_dirs()
    old.cluster.mkdir()
    shutil.rmtree(folder)
    new = open_server_dirs()
    assert new.path != old.path
    assert not new.cluster.exists()
    assert old.cluster.exists()
    assert any(f"rm -r {old.path}" in note for note in new.notes())


@as_root
def test_a_database_of_an_earlier_version_is_reported_and_not_used(
    data, tmp_path, system
):
    tmp_path.chmod(0o700)
    folder = data(tmp_path / "data")
    old = system / f"hci-{homes._digest(folder)}"
    (old / "postgres").mkdir(parents=True)
    home = open_server_dirs()
    assert home.path != old
    assert any(str(old) in note for note in home.notes())


@as_root
def test_a_data_folder_without_its_database_is_refused(data, tmp_path, system):
    tmp_path.chmod(0o700)
    data(tmp_path / "data")
    shutil.rmtree(open_server_dirs().path)
    with pytest.raises(CannotStartError, match="put it back"):
        open_server_dirs()
