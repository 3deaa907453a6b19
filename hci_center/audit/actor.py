"""The actor in this thread: the person or key of a request, or a command.

Only the request is stored here; its credential, id and address are determined when a
line is written, so that calls that are not audited have no overhead.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest

from hci_center.addresses import address_of
from hci_center.request_ids import KEY

ANONYMOUS = "anonymous"
# The length of the column.
LONGEST_ID = 32


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor, by permanent name, and the request."""

    credential: str
    request_id: str = ""
    address: str = ""


_request: ContextVar[HttpRequest | None] = ContextVar("audited_request", default=None)
_actor: ContextVar[Actor | None] = ContextVar("audited_actor", default=None)
# For the whole process, in all threads.
_command: Actor | None = None


@contextmanager
def acting_command(name: str) -> Iterator[None]:
    """Within the block, the command is the actor, unless there is a request."""
    global _command
    before, _command = _command, Actor(f"command:{name}"[:100])
    try:
        yield
    finally:
        _command = before


@contextmanager
def acting_in(request: HttpRequest) -> Iterator[None]:
    """Within the block, the sender of the request is the actor."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


@contextmanager
def acting_as(credential: str) -> Iterator[None]:
    """Within the block, the credential is the actor, such as "user:12" for its job."""
    token = _actor.set(Actor(credential))
    try:
        yield
    finally:
        _actor.reset(token)


def current_request() -> HttpRequest | None:
    """Returns the request that this thread is processing, or None."""
    return _request.get()


def current_actor() -> Actor | None:
    """Returns the actor; None if unknown: then it is the database role."""
    actor = _actor.get()
    if actor is not None:
        return actor
    request = _request.get()
    return _command if request is None else actor_in(request)


def actor_in(request: HttpRequest) -> Actor:
    """Returns the sender of a request, with an id that all its lines share.

    It is the request's X-Request-Id, truncated to the column; a request without one
    gets one.
    """
    request_id: str = request.META.get(KEY, "") or getattr(request, "audit_id", "")
    if not request_id:
        request_id = secrets.token_hex(8)
        request.audit_id = request_id  # type: ignore[attr-defined]
    return Actor(
        _credential_of(request), request_id[:LONGEST_ID], address_of(request)[:64]
    )


def _credential_of(request: HttpRequest) -> str:
    """The API's viewsets leave the caller on the request, Django's middleware the user."""
    caller = getattr(request, "caller", None)
    if caller is not None:
        return str(caller.credential)
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    return ANONYMOUS
