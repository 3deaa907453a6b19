"""Removes old backups, and files that no remaining backup lists."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterable
from contextlib import ExitStack

from hci_center.backups import file_lists
from hci_center.backups.encryption import Key
from hci_center.backups.errors import BackupError
from hci_center.backups.file_lists import Ascending, Listed
from hci_center.backups.manifests import (
    Manifest,
    check_part,
    opened,
    read_manifest,
)
from hci_center.backups.targets import Target

logger = logging.getLogger(__name__)


def expire(target: Target, key: Key | None, keep: int) -> list[str]:
    """Removes all but the latest `keep` backups; returns the names of removed ones.

    Files of a pool are removed only if every backup can be read, because the files of
    an unreadable one are unknown. Raises OSError, and then removes less.
    """
    removed = target.names()[:-keep]
    for name in removed:
        target.remove(name)
    if removed:
        _prune(target, key)
    return removed


def _prune(target: Target, key: Key | None) -> None:
    try:
        manifests = [_checked(target, name, key) for name in target.names()]
    except BackupError as error:
        logger.warning("Files of removed backups are kept: %s", error)
        return
    for pool in target.pools():
        with ExitStack() as stack:
            lists: list[Iterable[Listed]] = [
                file_lists.read(
                    stack.enter_context(opened(target, one, file_lists.NAME, key))
                )
                for one in manifests
                if one.files.pool == pool
            ]
            wanted = Ascending(heapq.merge(*lists, key=lambda line: line.name))
            for stored in target.pooled(pool):
                if wanted.find(stored.name) is None:
                    target.remove_pooled(pool, stored.name)


def _checked(target: Target, name: str, key: Key | None) -> Manifest:
    """Returns the manifest of a backup whose list of files is complete."""
    manifest = read_manifest(target, name, key)
    check_part(target, manifest, file_lists.NAME, key)
    return manifest
