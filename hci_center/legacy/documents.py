"""Reads the documents in files written by mongoexport.

A file has one document per line, or one array, in any layout. It is read in chunks, so
its size does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

PIECE = 1 << 20
# MongoDB's own limit is 16 MB; extended JSON may take several times as much.
LONGEST_DOCUMENT = 128 << 20
# Up to the next brace or line break outside of strings. Possessive: linear in any input.
_NEXT = re.compile(rb'(?:[^"{}\n]++|"(?:[^"\\]++|\\.)*+")*+([{}\n])', re.DOTALL)
_BETWEEN = re.compile(rb"[\s,\[\]]*+")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Document:
    """A document with its location; without values if it is not JSON.

    The location is the line on which it starts, "chats.json:1042"; the fifth on one
    line is "chats.json:1042[4]".
    """

    place: str
    values: dict[str, Any] | None


def files_of(folder: Path, collection: str) -> list[Path]:
    """Returns the files of a collection: users.json, users-2.json, …"""
    return sorted(path for path in folder.glob(f"{collection}*.json") if path.is_file())


def is_cut_off(path: Path) -> bool:
    """Returns whether a file is an array without its end, or an end without its array.

    An export that was interrupted leaves whole documents and no closing bracket.
    """
    with path.open("rb") as file:
        first = file.read(PIECE).removeprefix(_BYTE_ORDER_MARK).lstrip()[:1]
        file.seek(max(0, path.stat().st_size - PIECE))
        last = file.read().rstrip()[-1:]
    return (first == b"[") != (last == b"]")


def documents_of(paths: list[Path]) -> Iterator[Document]:
    """Yields the documents of the files, in order."""
    for path in paths:
        before, index = 0, 0
        for line, raw in _split(path):
            index = index + 1 if line == before else 0
            before = line
            place = f"{path.name}:{line}"
            yield Document(f"{place}[{index}]" if index else place, _parsed(raw))


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        values = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return values if isinstance(values, dict) else None


def _split(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yields each document with the line on which it starts.

    Text between documents, and truncated documents, are yielded too, as invalid JSON.
    """
    with path.open("rb") as file:
        piece = file.read(PIECE).removeprefix(_BYTE_ORDER_MARK)
        data, at, line, depth, begins, first_line = piece, 0, 1, 0, 0, 1
        while piece:
            while found := _NEXT.match(data, at):
                mark, at = found[1], found.end()
                if mark == b"\n":
                    line += 1
                    if depth:
                        continue
                    yield from _junk(first_line, data[begins:at])
                    begins, first_line = at, line
                elif mark == b"{":
                    if not depth:
                        yield from _junk(first_line, data[begins : at - 1])
                        begins, first_line = at - 1, line
                    depth += 1
                else:
                    depth -= 1
                    if depth <= 0:
                        yield first_line, data[begins:at]
                        begins, first_line, depth = at, line, 0
            piece = file.read(PIECE)
            data, at, begins = data[begins:] + piece, at - begins, 0
            if len(data) > LONGEST_DOCUMENT:
                yield first_line, b""
                return
        yield from _junk(first_line, data)


def _junk(line: int, between: bytes) -> Iterator[tuple[int, bytes]]:
    if not _BETWEEN.fullmatch(between):
        yield line, b""
