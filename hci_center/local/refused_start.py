"""Explains in one sentence why a process cannot start, with the remedy."""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured

from hci_center.local.paths import data_dir
from hci_center.logs.starting import say

EXIT_STATUS = 2
_FULL = (errno.ENOSPC, errno.EDQUOT)
# Optional packages with separate requirements files.
_OPTIONAL = {
    "boto3": "HCI_S3_BUCKET needs: pip install -r requirements-s3.txt",
    "botocore": "HCI_S3_BUCKET needs: pip install -r requirements-s3.txt",
    "storages": "HCI_S3_BUCKET needs: pip install -r requirements-s3.txt",
}


def sentence_of(error: BaseException) -> str | None:
    """Returns the sentence for an error of the configuration; None for another."""
    if isinstance(error, ImproperlyConfigured):
        return str(error)
    if isinstance(error, ModuleNotFoundError):
        return _OPTIONAL.get((error.name or "").partition(".")[0])
    if isinstance(error, OSError) and error.errno in _FULL:
        # An error while writing, unlike one while opening, has no file name.
        where = f" ({error.filename})" if error.filename else ""
        return (
            f"A disk is full: {error.strerror}{where}. Make room where HCI_DATA_DIR is, "
            f"{data_dir()}, or where else this process writes."
        )
    if isinstance(error, OSError) and _is_in_data_dir(error.filename):
        return (
            f"HCI_DATA_DIR is {data_dir()}, which cannot be used: {error.strerror} "
            f"({error.filename}). Name a folder that this user may write to."
        )
    return None


def _is_in_data_dir(name: object) -> bool:
    if not isinstance(name, str | os.PathLike):
        return False
    path, folder = os.fspath(name), os.fspath(data_dir())
    # A parent folder may be the one that cannot be created.
    return (
        path == folder or path.startswith(f"{folder}/") or folder.startswith(f"{path}/")
    )


@contextmanager
def exit_on_configuration_error(*, raises: bool = False) -> Iterator[None]:
    """Within the block, a configuration error exits the process.

    Writes the sentence and exits with 2. Other errors are raised; with `raises`, all
    are.
    """
    try:
        yield
    except Exception as error:
        sentence = None if raises else sentence_of(error)
        if sentence is None:
            raise
        say(sentence, logging.ERROR)
        sys.exit(EXIT_STATUS)
