"""Copies customers' files into the pool that all backups of a target share.

A stored file never changes, so a file that an earlier backup has copied is only listed.
Sorted names are merged, so that no list is held in memory.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from hci_center.backups import file_lists, stored_files
from hci_center.backups.encryption import Key
from hci_center.backups.errors import BackupError
from hci_center.backups.file_lists import Ascending, Listed
from hci_center.backups.manifests import (
    Files,
    Manifest,
    check_part,
    opened,
    read_manifest,
)
from hci_center.backups.streams import Counted, HashedReader, Sink, copy
from hci_center.backups.targets import Stored, Target

logger = logging.getLogger(__name__)


def copy_files(
    target: Target, key: Key | None, listed: IO[bytes], copy_bucket: bool
) -> Files:
    """Copies new files and writes the list of all; returns their number and size.

    Files in the bucket are only listed, unless `copy_bucket`. Raises OSError.
    """
    pool = f"files-{key.fingerprint}" if key else "files"
    count = size = copied = new = 0
    with _known(target, key, pool) as known:
        pooled: Ascending[Stored] = Ascending(target.pooled(pool))
        for found in stored_files.walk():
            line: Listed | None
            if not copy_bucket and not stored_files.is_here(found):
                line = Listed(found.name, found.size, etag=found.etag)
            else:
                line = _still(
                    known.find(found.name), pooled.find(found.name), found.size
                )
                if line is None:
                    line = _copy(target, key, pool, found.name)
                    new += line is not None
                copied += line is not None
            if line is not None:
                listed.write(line.line())
                count, size = count + 1, size + line.size
    return Files(pool, count, size, copied, new, stored_files.bucket_name())


def _still(known: Listed | None, pooled: Stored | None, size: int) -> Listed | None:
    """Returns the earlier line if the pool still has that file unchanged."""
    if known is None or pooled is None or not known.is_copied:
        return None
    is_same = known.size == size and known.stored == pooled.size
    return known if is_same else None


def _copy(target: Target, key: Key | None, pool: str, name: str) -> Listed | None:
    """Copies a file; returns None if it was deleted meanwhile."""
    try:
        source = stored_files.open_file(name)
    except FileNotFoundError:
        return None
    with source:
        plain, counted = HashedReader(source), Counted()

        def whole(sink: Sink) -> None:
            copy(plain, sink)

        def produce(sink: Sink) -> None:
            counted.into(sink)
            (key.encrypting(whole) if key else whole)(counted)

        target.write_pooled(pool, name, produce)
    return Listed(name, plain.size, plain.sha256, counted.size)


@contextmanager
def _known(target: Target, key: Key | None, pool: str) -> Iterator[Ascending[Listed]]:
    """Yields the list of the latest backup with that pool; empty without one."""
    manifest = _newest_with(target, key, pool)
    if manifest is None:
        yield Ascending(())
        return
    with opened(target, manifest, file_lists.NAME, key) as source:
        yield Ascending(file_lists.read(source))


def _newest_with(target: Target, key: Key | None, pool: str) -> Manifest | None:
    for name in reversed(target.names()):
        try:
            manifest = read_manifest(target, name, key)
            if manifest.files.pool != pool:
                continue
            check_part(target, manifest, file_lists.NAME, key)
        except BackupError as error:
            # The earlier list is unusable then, which must not prevent a backup.
            logger.warning("An earlier backup cannot be used: %s", error)
            continue
        return manifest
    return None
