"""Passes the actor to the triggers of audited tables, for the current transaction."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from hci_center.audit.actor import current_actor

_NAME_ACTOR = """
SELECT set_config('hci.actor', %s, true), set_config('hci.request', %s, true),
       set_config('hci.address', %s, true)
"""
_WRITE = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM) \"?([a-z_]+)")
_WATCHED = """
SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE t.tgname = 'audit_change' AND NOT t.tgisinternal
"""


def name_actor() -> None:
    """Sets the actor for the triggers until the end of the transaction.

    To be called by code that writes an audited row outside the back-office.
    """
    actor = current_actor()
    if actor is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                _NAME_ACTOR, [actor.credential, actor.request_id, actor.address]
            )


def name_actor_where_needed(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
) -> Any:
    """An execute wrapper that calls `name_actor` before each write to an audited table.

    Django's admin writes in many ways, of which some use no transaction.
    """
    written = _WRITE.match(sql) if isinstance(sql, str) else None
    if written is None or written[1] not in _watched():
        return execute(sql, params, many, context)
    if connections[DEFAULT_DB_ALIAS].in_atomic_block:
        name_actor()
        return execute(sql, params, many, context)
    with transaction.atomic():
        name_actor()
        return execute(sql, params, many, context)


_tables: frozenset[str] = frozenset()


def _watched() -> frozenset[str]:
    """Returns the tables with the trigger, as found when first asked."""
    global _tables
    if not _tables:
        with connection.cursor() as cursor:
            cursor.execute(_WATCHED)
            _tables = frozenset(name for (name,) in cursor.fetchall())
    return _tables
