"""The interface of backup targets: a folder of this machine, or a bucket.

Besides the folders of the backups there is a pool of customers' files (`files…`), which
all backups share: a file never changes, so each is stored once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, NamedTuple, Protocol

from hci_center.backups.streams import Produce

MANIFEST = "manifest.json"
_NAME = re.compile(r"\d{8}T\d{6}Z")


class Stored(NamedTuple):
    """A file of a pool, and its size as stored."""

    name: str
    size: int


class Target(Protocol):
    """A target of backups. All methods raise OSError on failure."""

    place: str

    def names(self) -> list[str]:
        """Returns the names of the backups that are complete, oldest first."""

    def write(self, backup: str, part: str, produce: Produce) -> None:
        """Writes a part of a backup that is not published yet."""

    def publish(self, backup: str, manifest: bytes) -> None:
        """Writes the manifest and makes the backup visible, all or nothing."""

    def read(self, path: str) -> IO[bytes]:
        """Opens a file of the target; raises FileNotFoundError."""

    def size(self, path: str) -> int:
        """Returns the size as stored; raises FileNotFoundError."""

    def remove(self, backup: str) -> None:
        """Removes a backup, first its manifest, so that no half of it is visible."""

    def discard_unfinished(self) -> None:
        """Removes the remains of earlier attempts and of the current one."""

    def pools(self) -> list[str]:
        """Returns the names of the folders of customers' files."""

    def pooled(self, pool: str) -> Iterator[Stored]:
        """Yields the files of a pool, sorted by name."""

    def write_pooled(self, pool: str, name: str, produce: Produce) -> None:
        """Stores a file in the pool, all or nothing."""

    def remove_pooled(self, pool: str, name: str) -> None: ...


def is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None
