"""Re-encrypts every encrypted value with the newest of HCI_TOKEN_KEYS.

It works in short transactions while the processes run: a value is replaced only if it
is unchanged since it was read, and locked rows are retried later. Values already
encrypted with the newest key are skipped, so an interrupted run can simply be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from hci_center.encryption import (
    EncryptedColumn,
    can_decrypt,
    decrypt,
    encrypt,
    encrypted_columns,
    is_newest,
)

BATCH = 500
# A row locked in this many passes indicates a problem.
MOST_PASSES = 20
PAUSE = 0.25

_BATCH = """
SELECT {key}, {name} FROM {table} WHERE {key} > %s AND {name} <> ''
 ORDER BY {key} LIMIT %s
"""
# Locked in the order of the ids, as elsewhere, without waiting for locks.
_FREE = """
SELECT {key} FROM {table} WHERE {key} = ANY(%(keys)s) ORDER BY {key}
   FOR UPDATE SKIP LOCKED
"""
_REPLACE = f"""
UPDATE {{table}} t SET {{name}} = v.new
  FROM unnest(%(keys)s::bigint[], %(old)s::text[], %(new)s::text[]) v (key, old, new)
 WHERE t.{{key}} = v.key AND t.{{name}} = v.old AND t.{{key}} IN ({_FREE})
"""  # noqa: S608 - column names only
# For values that no key decrypts, if unchanged.
_CLEAR = "UPDATE {table} SET {name} = '' WHERE {key} = %s AND {name} = %s"
_DELETE = "DELETE FROM {table} WHERE {key} = %s AND {name} = %s"

Row = tuple[int, str]
Values = dict[str, Any] | list[Any]
Report = Callable[[str], None]


@dataclass
class Outcome:
    """The result of a run: numbers of values, by what was done with them."""

    replaced: int = 0
    cleared: int = 0
    # Values that no key decrypts, as "table.column key"; and the number of values
    # locked in every pass.
    unreadable: list[str] = field(default_factory=list)
    held: int = 0

    @property
    def is_complete(self) -> bool:
        return not self.unreadable and not self.held


def reencrypt(say: Report, *, clear_unreadable: bool = False) -> Outcome:
    """Re-encrypts all encrypted columns.

    `clear_unreadable` clears values that no key decrypts, or deletes the row if the
    value is mandatory.
    """
    outcome = Outcome()
    for column in encrypted_columns():
        before = outcome.replaced
        _reencrypt_column(column, outcome, clear_unreadable)
        say(f"{column.table}.{column.name}: {outcome.replaced - before} re-encrypted")
    return outcome


def _reencrypt_column(
    column: EncryptedColumn, outcome: Outcome, clear_unreadable: bool
) -> None:
    for _ in range(MOST_PASSES):
        unreadable: list[Row] = []
        replaced = locked = 0
        for rows in _batches(column):
            outdated = [row for row in rows if not is_newest(row[1])]
            readable = [row for row in outdated if can_decrypt(row[1])]
            unreadable += [row for row in outdated if row not in readable]
            done = _replace(column, readable)
            replaced += done
            locked += len(readable) - done
        outcome.replaced += replaced
        # A process with the earlier keys may have written meanwhile.
        if not replaced and not locked:
            break
        if locked:
            time.sleep(PAUSE)
    outcome.held += locked
    for key, value in unreadable:
        if clear_unreadable:
            outcome.cleared += _clear(column, key, value)
        else:
            outcome.unreadable.append(f"{column.table}.{column.name} {key}")


def _batches(column: EncryptedColumn) -> Iterator[list[Row]]:
    last = -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_BATCH.format(**column._asdict()), [last, BATCH])
            rows: list[Row] = cursor.fetchall()
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def _replace(column: EncryptedColumn, rows: list[Row]) -> int:
    if not rows:
        return 0
    values: Values = {
        "keys": [key for key, _ in rows],
        "old": [old for _, old in rows],
        "new": [encrypt(decrypt(old)) for _, old in rows],
    }
    return _run(_REPLACE, column, values)


def _clear(column: EncryptedColumn, key: int, value: str) -> int:
    statement = _CLEAR if column.is_optional else _DELETE
    return _run(statement, column, [key, value])


def _run(
    statement: str,
    column: EncryptedColumn,
    values: Values,
) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**column._asdict()), values)
        count: int = cursor.rowcount
    return count
