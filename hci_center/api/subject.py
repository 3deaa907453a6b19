"""Which manager and contact the running call is about, noted for its stored answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Subject:
    """The ids of what a call found; None for what it did not."""

    manager_id: int | None = None
    contact_id: int | None = None


# Set only while a call with an Idempotency-Key runs: all others note nothing.
_subject: ContextVar[Subject | None] = ContextVar("subject", default=None)


@contextmanager
def collect_subject() -> Iterator[Subject]:
    """Collects what is noted within."""
    subject = Subject()
    token = _subject.set(subject)
    try:
        yield subject
    finally:
        _subject.reset(token)


def is_subject_wanted() -> bool:
    """Whether anybody collects it, so that it is worth a query."""
    return _subject.get() is not None


def record_subject(manager_id: int, contact_id: int | None = None) -> None:
    """The running call is about that manager and, when it is said, that contact."""
    subject = _subject.get()
    if subject is not None:
        subject.manager_id = manager_id
        subject.contact_id = contact_id or subject.contact_id
