"""The ids that the log lines of a piece of work name, kept in context variables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import (
    bind_contextvars,
    get_contextvars,
    reset_contextvars,
)

# The names that are bound: ids of rows, never what a row says.
NAMES = ("manager_id", "chat_id", "message_id", "contact_id", "event_id", "task_id")


@contextmanager
def bound(**ids: int | None) -> Iterator[None]:
    """Within the block, the log lines of this thread or task name these ids.

    What `bind` adds within the block ends with it.
    """
    names = get_contextvars() | {name: id_ for name, id_ in ids.items() if id_}
    tokens = bind_contextvars(**{name: names.get(name, ...) for name in NAMES})
    try:
        yield
    finally:
        reset_contextvars(**tokens)


def bind(**ids: int) -> None:
    """From now on, the log lines of this request or block name these ids."""
    bind_contextvars(**ids)
