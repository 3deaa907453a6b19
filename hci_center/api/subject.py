"""Records the manager and contact of the running call for its stored response."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Subject:
    """The ids that a call found; None for those it did not find."""

    manager_id: int | None = None
    contact_id: int | None = None


# Set only during a call with an Idempotency-Key; other calls record nothing.
_subject: ContextVar[Subject | None] = ContextVar("subject", default=None)


@contextmanager
def collect_subject() -> Iterator[Subject]:
    """Collects what is recorded within the block."""
    subject = Subject()
    token = _subject.set(subject)
    try:
        yield subject
    finally:
        _subject.reset(token)


def is_subject_wanted() -> bool:
    """Returns whether the subject is collected, so that a query is worthwhile."""
    return _subject.get() is not None


def record_subject(manager_id: int, contact_id: int | None = None) -> None:
    """Records the manager and, if given, the contact of the running call."""
    subject = _subject.get()
    if subject is not None:
        subject.manager_id = manager_id
        subject.contact_id = contact_id or subject.contact_id
