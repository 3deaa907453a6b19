"""Stores backups in a folder of this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from hci_center.backups.streams import Produce
from hci_center.backups.targets import MANIFEST, Stored, is_name

# The prefix of unfinished backups; no complete backup has such a name.
UNFINISHED = ".unfinished-"


class Folder:
    """A folder of this machine, readable only by its owner."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = str(path)

    def names(self) -> list[str]:
        if not self.path.is_dir():
            return []
        return sorted(
            entry.name
            for entry in self.path.iterdir()
            if is_name(entry.name) and (entry / MANIFEST).exists()
        )

    def write(self, backup: str, part: str, produce: Produce) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = self._unfinished(backup)
        folder.mkdir(mode=0o700, exist_ok=True)
        with _private(folder / part) as file:
            produce(file)
            _flush(file)

    def publish(self, backup: str, manifest: bytes) -> None:
        self.write(backup, MANIFEST, lambda file: file.write(manifest))
        _flush_folder(self._unfinished(backup))
        self._unfinished(backup).rename(self.path / backup)
        _flush_folder(self.path)

    def read(self, path: str) -> IO[bytes]:
        return (self.path / path).open("rb")

    def size(self, path: str) -> int:
        return (self.path / path).stat().st_size

    def remove(self, backup: str) -> None:
        (self.path / backup).rename(self._unfinished(backup))
        shutil.rmtree(self._unfinished(backup))

    def discard_unfinished(self) -> None:
        if self.path.is_dir():
            for left in self.path.glob(f"{UNFINISHED}*"):
                shutil.rmtree(left)

    def pools(self) -> list[str]:
        if not self.path.is_dir():
            return []
        return sorted(p.name for p in self.path.glob("files*") if p.is_dir())

    def pooled(self, pool: str) -> Iterator[Stored]:
        for folder in _sorted(self.path / pool):
            for entry in _sorted(Path(folder.path)):
                if not entry.name.startswith(UNFINISHED):
                    name = f"{folder.name}/{entry.name}"
                    yield Stored(name, entry.stat().st_size)

    def write_pooled(self, pool: str, name: str, produce: Produce) -> None:
        path = self.path / pool / name
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (path.parent.parent, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        unfinished = path.with_name(f"{UNFINISHED}{path.name}")
        try:
            with _private(unfinished) as file:
                produce(file)
                _flush(file)
            unfinished.rename(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise

    def remove_pooled(self, pool: str, name: str) -> None:
        path = self.path / pool / name
        path.unlink(missing_ok=True)
        # The folder too, with its last file.
        with contextlib.suppress(OSError):
            path.parent.rmdir()
            path.parent.parent.rmdir()

    def _unfinished(self, backup: str) -> Path:
        return self.path / f"{UNFINISHED}{backup}"


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        yield file


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sorted(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return []
