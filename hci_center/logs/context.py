"""The ids that log lines contain, in context variables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import (
    bind_contextvars,
    get_contextvars,
    reset_contextvars,
)

# The names that may be bound: ids of rows, never their contents.
NAMES = ("manager_id", "chat_id", "message_id", "contact_id", "event_id", "task_id")


@contextmanager
def bound(**ids: int | None) -> Iterator[None]:
    """Within the block, the log lines of this thread or task contain these ids.

    Ids that `bind` adds within the block are removed at its end.
    """
    names = get_contextvars() | {name: id_ for name, id_ in ids.items() if id_}
    tokens = bind_contextvars(**{name: names.get(name, ...) for name in NAMES})
    try:
        yield
    finally:
        reset_contextvars(**tokens)


def bind(**ids: int) -> None:
    """From now on, the log lines of this request or block contain these ids."""
    bind_contextvars(**ids)
