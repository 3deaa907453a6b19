"""Storage that keeps files on this machine until a worker uploads them to a bucket.

So no request and no transaction waits for the bucket, and an unavailable bucket loses
nothing. A file is read from this machine until it is uploaded, and from the bucket
after that.
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

# Limits of requests that read from the bucket: the seconds a read may take, the seconds
# to wait for a free thread, and the pause after the bucket did not answer.
_READ_SECONDS, _WAIT_SECONDS, _REST_SECONDS = 5.0, 1.0, 5.0


@deconstructible
class Spool(Storage):
    """A local folder in front of a bucket; failures of either raise OSError."""

    def __init__(self, **options: Any) -> None:
        self.folder = FileSystemStorage()
        self.bucket = Bucket(**options)
        self._readers = BoundedSemaphore(max(1, settings.WEB_THREADS // 2))
        self._rests_until = 0.0

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Returns the name: names are random, so the storage is not searched for it."""
        return name

    def path(self, name: str) -> str:
        """Returns the path on this machine, where the file may be."""
        return self.folder.path(name)

    def _save(self, name: str, content: File[bytes]) -> str:
        """Writes under a temporary name first: a worker may list the folder."""
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
        """Opens a file for a request.

        It is read from the bucket only within seconds, and by few threads at once.
        """
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

    def purge(self, name: str) -> None:
        """Deletes the file here and in the bucket, there with all of its versions."""
        self.folder.delete(name)
        self.bucket.purge(name)

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
        """Yields the files that are not uploaded yet, in no order."""
        for folder in _entries(str(self.folder.base_location)):
            if not folder.is_dir(follow_symlinks=False):
                continue
            for file in _entries(folder.path):
                try:
                    found = file.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield f"{folder.name}/{file.name}", found

    def upload_local(self, name: str) -> None:
        """Uploads a local file to the bucket, then deletes it here."""
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
