"""Streams between programs, encryption and targets, with bounded memory."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Protocol

from django.conf import settings
from django.utils import translation

PIECE = 2**20


class Source(Protocol):
    def read(self, size: int = ..., /) -> Any: ...


class Sink(Protocol):
    def write(self, piece: Any, /) -> object: ...


# Writes a part to the given stream.
Produce = Callable[[Sink], object]


class Counted(io.RawIOBase):
    """A writer that counts and hashes what it passes on."""

    def __init__(self) -> None:
        self._file: Sink | None = None
        self._hash = hashlib.sha256()
        self.size = 0

    def into(self, file: Sink) -> None:
        """Sets the file to write to."""
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._hash.update(piece)
        self.size += len(piece)
        if self._file is not None:
            self._file.write(piece)
        return len(piece)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class HashedReader(io.RawIOBase):
    """A reader that counts and hashes what it returns."""

    def __init__(self, file: Source) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        self._hash.update(piece)
        self.size += len(piece)
        return len(piece)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def copy(source: Source, target: Sink) -> None:
    while piece := source.read(PIECE):
        target.write(piece)


@contextmanager
def pulled(produce: Produce) -> Iterator[IO[bytes]]:
    """Yields a stream that can be read while `produce` writes it in a thread.

    An error of `produce` is raised at the end of the block, instead of the reader's
    error about the truncated stream.
    """
    read_end, write_end = os.pipe()
    failures: list[BaseException] = []
    # A new thread uses the default language, unless another is activated.
    language = translation.get_language() or settings.LANGUAGE_CODE

    def run() -> None:
        try:
            with translation.override(language), os.fdopen(write_end, "wb") as writer:
                produce(writer)
        except BrokenPipeError:
            pass  # the reader has stopped early
        except BaseException as error:  # noqa: BLE001 - raised by the reader's thread
            failures.append(error)

    thread = threading.Thread(target=run, name="backup part", daemon=True)
    thread.start()
    try:
        with os.fdopen(read_end, "rb") as reader:
            yield reader
    except Exception as error:
        thread.join()
        if failures:
            raise failures[0] from error
        raise
    thread.join()
    if failures:
        raise failures[0]
