"""Files on their way to a bucket: stored on this machine first, carried by a worker.

So no request and no transaction waits for the bucket, and a bucket that is away loses
nothing. A file is read here while it is here, and from the bucket after that.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import BoundedSemaphore
from time import monotonic
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from django.utils.deconstruct import deconstructible

from chats.files.s3 import Bucket
from chats.files.unfinished import UNFINISHED

# For requests: as many threads at a time as leave others free, each for so long, and
# none again at once after the bucket did not answer.
_READ_SECONDS, _WAIT_SECONDS, _REST_SECONDS = 5.0, 1.0, 5.0


@deconstructible
class Spool(Storage):
    """A folder before a bucket; what goes wrong with either is an OSError."""

    def __init__(self, **options: Any) -> None:
        self.folder = FileSystemStorage()
        self.bucket = Bucket(**options)
        self._readers = BoundedSemaphore(max(1, settings.WEB_THREADS // 2))
        self._rests_until = 0.0

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """No name is given twice: they are random. So nobody is asked."""
        return name

    def path(self, name: str) -> str:
        """Where it is on this machine, if it is."""
        return self.folder.path(name)

    def _save(self, name: str, content: File[bytes]) -> str:
        """Under its own name only when it is whole: a worker may be looking."""
        path = Path(self.folder.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=UNFINISHED, delete=False
        ) as file:
            try:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
                os.rename(file.name, path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
        return name

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        try:
            return self.folder.open(name, mode)
        except FileNotFoundError:
            opened: File[bytes] = self.bucket.open(name, mode)
            return opened

    def open_shown(self, name: str) -> IO[bytes]:
        """For a request: from the bucket within seconds, and while few others wait."""
        try:
            return self.folder.open(name)
        except FileNotFoundError:
            pass
        if monotonic() < self._rests_until:
            raise BlockingIOError(errno.EAGAIN, "the bucket did not answer just now")
        if not self._readers.acquire(timeout=_WAIT_SECONDS):
            raise BlockingIOError(errno.EAGAIN, "others wait for the bucket")
        try:
            read: IO[bytes] = self.bucket.read_within(name, _READ_SECONDS)
        except FileNotFoundError:
            raise
        except OSError:
            self._rests_until = monotonic() + _REST_SECONDS
            raise
        finally:
            self._readers.release()
        return read

    def delete(self, name: str) -> None:
        if self.folder.exists(name):
            self.folder.delete(name)
        else:
            self.bucket.delete(name)

    def exists(self, name: str) -> bool:
        return self.folder.exists(name) or bool(self.bucket.exists(name))

    def size(self, name: str) -> int:
        here = self.folder if self.folder.exists(name) else self.bucket
        return int(here.size(name))

    def get_modified_time(self, name: str) -> Any:
        here = self.folder if self.folder.exists(name) else self.bucket
        return here.get_modified_time(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        try:
            folders, files = map(set, self.folder.listdir(path))
        except FileNotFoundError:
            folders, files = set(), set()
        more_folders, more_files = self.bucket.listdir(path)
        return sorted(folders | set(more_folders)), sorted(files | set(more_files))

    def waiting(self) -> Iterator[tuple[str, os.stat_result]]:
        """The files that are here and not yet in the bucket, in no order."""
        for folder in _entries(str(self.folder.base_location)):
            if not folder.is_dir(follow_symlinks=False):
                continue
            for file in _entries(folder.path):
                try:
                    found = file.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield f"{folder.name}/{file.name}", found

    def carry(self, name: str) -> None:
        """Puts a file that is here into the bucket, then takes it away here."""
        try:
            with self.folder.open(name) as file:
                self.bucket.save(name, file)
        except FileNotFoundError:
            return  # another worker of this machine was faster
        self.folder.delete(name)


def _entries(path: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return
