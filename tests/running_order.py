"""Orders the test files so that workers seldom all wait at the same time."""

from __future__ import annotations

import gc
from itertools import islice

import pytest

# These start servers and mostly wait for them, some for minutes.
WAITING = (
    "faults",
    "attacks",
    "local",
    "webserver",
    "feed",
    "console/browser",
    "chats/accounts",
    "chats/delivery",
    "chats/inbound",
    "chats/worker",
    "demo",
)
# They need no database: what the other workers do while the first one makes it.
WITHOUT_DATABASE = ("attacks/test_bodies.py", "webserver/test_body_reader.py")


def file_of(item: pytest.Item) -> str:
    """Returns the file's path below `tests`; much faster than `item.path`."""
    return item.nodeid.partition("::")[0].removeprefix("tests/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Alternates one file that waits with two that keep a core busy.

    Thus workers seldom all wait, and at the end none waits for another.
    """
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(file_of(item), []).append(item)
    waiting = [
        path for folder in WAITING for path in files if path.startswith(f"{folder}/")
    ]
    busy = iter([path for path in files if path not in waiting])
    order = [each for path in waiting for each in (path, *islice(busy, 2))]
    every = [*order, *busy]
    first, others = every[:1], every[1:]
    at_once = [path for path in WITHOUT_DATABASE if path in others]
    others = [path for path in others if path not in at_once]
    items[:] = [item for path in (*first, *at_once, *others) for item in files[path]]
    # Loaded objects stay until the end, so they need not be searched for garbage again
    # and again, which takes a tenth of the time.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
