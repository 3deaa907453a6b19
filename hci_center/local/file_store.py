"""Checks at startup that the process has access to the files of its database.

A second machine with its own folder would return 404 for files on the first one, and a
folder whose disk is not mounted would be written to by mistake. So the database
identifies its store: a folder by a marker file, a bucket by its name.
"""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from hci_center.local import paths

NAME = "file_store"
MARK = ".store"

_FIND = "SELECT proof FROM local_secretproof WHERE name = %s"
_INSERT = """
INSERT INTO local_secretproof (name, proof) VALUES (%s, %s) ON CONFLICT DO NOTHING
"""
_SET = """
INSERT INTO local_secretproof (name, proof) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET proof = excluded.proof
"""


def check_file_store() -> None:
    """Checks that the file store of this process is the one of the database.

    The first process decides. Raises ImproperlyConfigured with the remedy. The embedded
    database and its folder are on one machine, so they are not checked.
    """
    if paths.database_url() == settings.DATABASE_URL:
        return
    known = _known()
    if known is None:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [NAME, _present() or _mark()])
        known = _known()
    if _present() != known:
        raise ImproperlyConfigured(_refusal())


def take_file_store() -> None:
    """Sets the configured store as the one that this database is used with."""
    with connection.cursor() as cursor:
        cursor.execute(_SET, [NAME, _present() or _mark()])


def _known() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [NAME])
        row = cursor.fetchone()
    return row[0] if row else None


def _present() -> str | None:
    """Returns the identity of this process's store; None if it is new."""
    if settings.S3_BUCKET:
        place = (settings.S3_ENDPOINT, settings.S3_BUCKET, settings.S3_FOLDER)
        return hashlib.sha256(repr(place).encode()).hexdigest()
    try:
        return (settings.MEDIA_ROOT / MARK).read_text().strip() or None
    except FileNotFoundError:
        return None


def _mark() -> str:
    """Creates the folder's marker and returns its content; only one of two wins."""
    settings.MEDIA_ROOT.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        _write_marker(settings.MEDIA_ROOT / MARK)
    return _present() or ""


def _write_marker(path: Path) -> None:
    with path.open("x") as file:
        try:
            file.write(str(uuid.uuid4()))
            file.flush()
        except OSError:
            # On a full disk, an empty marker would identify a different store.
            path.unlink()
            raise


def _refusal() -> str:
    after = "If its files were moved or restored here, run manage.py take_file_store."
    if settings.S3_BUCKET:
        return (
            "HCI_S3_BUCKET (with HCI_S3_ENDPOINT and HCI_S3_FOLDER) is not where the "
            f"files of this database are: set it as on the other machines. {after}"
        )
    return (
        f"The files of this database are not in {settings.MEDIA_ROOT}: every machine "
        "needs the same store. Mount the folder that the others use there, or set "
        f"HCI_S3_BUCKET on all of them. {after}"
    )
