"""Records actions in the audit, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.http import HttpRequest

from hci_center.audit.actor import Actor, actor_in, current_actor

_INSERT = """
INSERT INTO audit_line (credential, manager_id, act, kind, target, before, after,
                        request_id, address)
VALUES (coalesce(%(credential)s, 'database:' || current_user), %(manager_id)s, %(act)s,
        %(kind)s, %(target)s, %(before)s::jsonb, %(after)s::jsonb, %(request_id)s, %(address)s)
"""


def record(
    act: str,
    kind: str,
    target: object = "",
    *,
    manager_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    request: HttpRequest | None = None,
    credential: str | None = None,
) -> None:
    """Writes a line of the audit in the caller's transaction: no line, no action.

    `act` is a verb of docs/audit.md, such as "export"; `kind` and `target` are a kind
    of row ("chat") and its id, or only a kind. `manager_id` None is for actions on no
    manager or on several; only administrators see such lines. `before` and `after` are
    JSON values: for a change the changed fields, for other actions the details in
    `after`, such as filters and the number of rows. They must not contain names,
    numbers or texts of customers, nor secrets: an erasure does not change audit lines.

    The actor is the sender of the current request, or the running command; pass
    `request`, or `credential` ("user:12"), if the thread does not know it, as in a job
    of the worker. Record a read before its first byte is sent, outside a transaction
    that could be rolled back.
    """
    actor = _actor(request, credential)
    values = {
        "credential": actor.credential if actor else None,
        "manager_id": manager_id,
        "act": act,
        "kind": kind,
        "target": str(target),
        "before": _json(before),
        "after": _json(after),
        "request_id": actor.request_id if actor else "",
        "address": actor.address if actor else "",
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)


def _actor(request: HttpRequest | None, credential: str | None) -> Actor | None:
    sender = actor_in(request) if request is not None else current_actor()
    if credential is None:
        return sender
    if sender is None or request is None:
        return Actor(credential)
    return Actor(credential, sender.request_id, sender.address)


def _json(values: Mapping[str, Any] | None) -> str | None:
    return None if values is None else _ENCODER.encode(values)


_ENCODER = DjangoJSONEncoder(ensure_ascii=False)


def make_partitions() -> None:
    """Creates the partitions of this year and the next, if they are missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_ahead()")
