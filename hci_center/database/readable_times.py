"""Migration operations that keep times within the years that Python can read.

`infinity`, which only psql can write, and years after 9999 cannot be read: one such row
made every list that contained it fail.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.migrations import RunSQL

_NAME = "{table}_times_are_readable"
_IS_READABLE = (
    "({column} >= '0001-01-02 00:00+00' AND {column} < '9999-12-31 00:00+00')"
)
# Each statement may be repeated: a migration is retried if it waited too long for a lock.
_ADD = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint
                  WHERE conrelid = '{table}'::regclass AND conname = '{name}') THEN
    ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID;
  END IF;
END $$;
"""
_MEND = "UPDATE {table} SET {changes} WHERE NOT ({condition});"
_MENDED = "{column} = CASE WHEN NOT {readable} THEN {value} ELSE {column} END"
# Rows that cannot be corrected are kept, with a warning.
_VALIDATE = """
DO $$ BEGIN
  ALTER TABLE {table} VALIDATE CONSTRAINT {name};
EXCEPTION WHEN check_violation THEN
  RAISE WARNING '{table} has times that cannot be read: %', SQLERRM;
END $$;
"""
_DROP = "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name};"


def require_readable_times(
    table: str,
    columns: Sequence[str],
    nullable: Sequence[str] = (),
    *,
    is_append_only: bool = False,
) -> list[RunSQL]:
    """Returns the operations for a migration that is not atomic.

    Existing times that cannot be read become NULL, or the current time in `columns`,
    which are not nullable. Writers are blocked for a moment only: rows are checked
    without a lock against them.
    """
    name = _NAME.format(table=table)
    every = (*columns, *nullable)
    condition = " AND ".join(_IS_READABLE.format(column=column) for column in every)
    operations = [
        RunSQL(
            _ADD.format(table=table, name=name, condition=condition),
            _DROP.format(table=table, name=name),
        )
    ]
    if not is_append_only:
        values = dict.fromkeys(nullable, "NULL")
        values |= dict.fromkeys(columns, "clock_timestamp()")
        changes = ", ".join(
            _MENDED.format(
                column=column, value=value, readable=_IS_READABLE.format(column=column)
            )
            for column, value in values.items()
        )
        mend = _MEND.format(table=table, changes=changes, condition=condition)
        operations.append(RunSQL(mend, RunSQL.noop))
    validate = _VALIDATE.format(table=table, name=name)
    return [*operations, RunSQL(validate, RunSQL.noop)]
