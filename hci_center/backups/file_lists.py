"""The list of customers' files of a backup: a line per file, sorted by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import IO, Protocol, TypeVar

NAME = "files.jsonl"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of a backup.

    A copied file has the SHA-256 of its content and its size in the pool; one that
    remains in the bucket has its ETag.
    """

    name: str
    size: int
    sha256: str = ""
    stored: int = 0
    etag: str = ""

    @property
    def is_copied(self) -> bool:
        return bool(self.sha256)

    def line(self) -> bytes:
        kept = {name: value for name, value in asdict(self).items() if value != ""}
        return json.dumps(kept).encode() + b"\n"


def read(source: IO[bytes]) -> Iterator[Listed]:
    for line in source:
        yield Listed(**json.loads(line))


class Named(Protocol):
    @property
    def name(self) -> str: ...


Row = TypeVar("Row", bound=Named)


class Ascending(Iterable[Row]):
    """Looks up names in rows that are sorted by name, without storing them.

    Names must be looked up in the same order.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def __iter__(self) -> Iterator[Row]:
        while self._next is not None:
            row, self._next = self._next, next(self._rows, None)
            yield row

    def find(self, name: str) -> Row | None:
        while self._next is not None and self._next.name < name:
            self._next = next(self._rows, None)
        found = self._next
        return found if found is not None and found.name == name else None
