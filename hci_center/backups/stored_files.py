"""Reads customers' files, from the folder of this machine and from the bucket."""

from __future__ import annotations

import heapq
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from django.conf import settings
from django.core.files.storage import default_storage

# The names of our files: anything else in the folder is ignored.
_OURS = re.compile(r"([0-9a-f]{2})/\1[0-9a-f]{30}")


class Found(NamedTuple):
    """A stored file; `etag` is "" unless it is in the bucket."""

    name: str
    size: int
    etag: str = ""


def bucket_name() -> str:
    """Returns the bucket and folder of the files, "" if there is none."""
    bucket = _bucket()
    return "" if bucket is None else f"{bucket.bucket_name}/{bucket.location}"


def walk() -> Iterator[Found]:
    """Yields the files, sorted by name, each once.

    Raises OSError if the bucket fails.
    """
    if _bucket() is None:
        yield from _here()
        return
    # Files that wait here for the upload are few, and listed first: those uploaded
    # meanwhile are found in the bucket.
    waiting = list(_here())
    last = ""
    for found in heapq.merge(waiting, in_bucket()):
        if found.name != last:
            yield found
        last = found.name


def in_bucket() -> Iterator[Found]:
    """Yields the files in the bucket, sorted by name. Raises OSError."""
    bucket = _bucket()
    if bucket is None:
        return
    from chats.files.s3 import as_of_a_folder

    prefix = f"{bucket.location}/" if bucket.location else ""
    with as_of_a_folder():
        for each in bucket.bucket.objects.filter(Prefix=prefix):
            name = each.key[len(prefix) :]
            if _OURS.fullmatch(name):
                yield Found(name, each.size, (each.e_tag or "").strip('"') or "-")


def open_file(name: str) -> IO[bytes]:
    """Opens a stored file, here or in the bucket; raises OSError."""
    opened: Any = default_storage.open(name)
    return cast(IO[bytes], opened)


def is_here(found: Found) -> bool:
    return not found.etag


def path_of(name: str) -> Path:
    """Returns the path of a restored file; a worker uploads it if needed."""
    return Path(settings.MEDIA_ROOT) / name


def _here() -> Iterator[Found]:
    for folder in _entries(str(settings.MEDIA_ROOT)):
        if not folder.is_dir(follow_symlinks=False):
            continue
        for entry in _entries(folder.path):
            name = f"{folder.name}/{entry.name}"
            if _OURS.fullmatch(name):
                try:
                    yield Found(name, entry.stat(follow_symlinks=False).st_size)
                except FileNotFoundError:
                    continue


def _entries(path: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _bucket() -> Any:
    """Returns the bucket behind the storage; None if files are only here."""
    return getattr(default_storage, "bucket", None)
