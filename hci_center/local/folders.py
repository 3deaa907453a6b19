"""Prepares this machine's folders for state, files and static files."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from hci_center.local import paths


def prepare_folders() -> None:
    """Prepares this machine's folders and static files for the web process.

    Several processes may start at once: one collects, the others wait.
    """
    folder = paths.make_data_dir()
    _close_media()
    with (folder / "static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _collect_static()


def _close_media() -> None:
    """Restricts the folder of customers' files, which earlier versions left open."""
    settings.MEDIA_ROOT.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A mounted disk may belong to another user.
    with contextlib.suppress(PermissionError):
        settings.MEDIA_ROOT.chmod(0o700)


def _collect_static() -> None:
    """Collects the static files if one has changed since the last time."""
    stamp = settings.DATA_DIR / "static.stamp"
    state = _state_of_static()
    if stamp.exists() and stamp.read_text() == state and settings.STATIC_ROOT.exists():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(state)


def _state_of_static() -> str:
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = os.stat(storage.path(path))
            digest.update(f"{path}\0{file.st_size}\0{file.st_mtime_ns}\n".encode())
    return digest.hexdigest()
