"""The tombstones of erased persons, in the database and in `erasures.jsonl`.

The file is written and flushed before the first row of a person is changed: a database
backup from before the erasure does not contain it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from hci_center.privacy.models import Tombstone

NAME = "erasures.jsonl"


class UnreadableTombstonesError(Exception):
    """A line of a tombstone file is invalid."""


def path() -> Path:
    return Path(settings.DATA_DIR) / NAME


def write(tombstones: Iterable[Tombstone]) -> None:
    """Appends the tombstones to the file and flushes it to the disk."""
    lines = encode(tombstones)
    with _opened() as file:
        # Drops a line that was cut off by a power failure: no erasure followed it.
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read(source: Path | None = None) -> dict[UUID, Tombstone]:
    """Returns the tombstones of a file, by default our own; empty if it does not exist.

    The last line may be truncated: then it lacks its end. Raises
    UnreadableTombstonesError for any other invalid line.
    """
    source = source or path()
    try:
        content = source.read_bytes()
    except FileNotFoundError:
        return {}
    found = {}
    *lines, last = content.split(b"\n")
    for number, line in enumerate([*lines, last], 1):
        if not line.strip():
            continue
        try:
            tombstone = _tombstone(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            if number > len(lines):
                continue
            raise UnreadableTombstonesError(f"{source}:{number}") from error
        found[tombstone.id] = tombstone
    return found


def encode(tombstones: Iterable[Tombstone]) -> bytes:
    """Returns the tombstones as lines of the file."""
    return "".join(json.dumps(_shape(each)) + "\n" for each in tombstones).encode()


def _shape(tombstone: Tombstone) -> dict[str, Any]:
    return {
        "id": str(tombstone.id),
        "at": tombstone.at.isoformat(),
        "certificate": tombstone.certificate,
        "manager": tombstone.manager_id,
        "marks": tombstone.marks,
    }


def _tombstone(line: dict[str, Any]) -> Tombstone:
    at = datetime.fromisoformat(line["at"])
    if at.tzinfo is None:
        raise ValueError(line["at"])
    return Tombstone(
        id=UUID(line["id"]),
        at=at,
        certificate=str(line["certificate"]),
        manager_id=int(line["manager"]),
        marks=[str(mark) for mark in line["marks"]],
    )


@contextmanager
def _opened() -> Iterator[Any]:
    descriptor = os.open(path(), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
