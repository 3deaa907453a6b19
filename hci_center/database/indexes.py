"""Builds indexes concurrently, in migrations that can be retried."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

_STATE = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
_WAIT = "SELECT current_setting('lock_timeout'), set_config('lock_timeout', '0', false)"
_BACK = "SELECT set_config('lock_timeout', %s, false)"


class BuildIndexConcurrently(AddIndexConcurrently):
    """AddIndexConcurrently for migrations that may be interrupted and retried.

    An interrupted build leaves an invalid index, which is dropped; a valid index is
    kept. It waits for other transactions, which it does not block, without a timeout.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        given: Any = (app_label, schema_editor, from_state, to_state)
        if schema_editor.collect_sql:
            super().database_forwards(*given)
            return
        name = schema_editor.quote_name(self.index.name)
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(_STATE, [name])
            found = cursor.fetchone()
            if found == (True,):
                return
            cursor.execute(_WAIT)
            before = cursor.fetchone()[0]
            try:
                if found is not None:
                    cursor.execute(f"DROP INDEX CONCURRENTLY {name}")
                super().database_forwards(*given)
            finally:
                cursor.execute(_BACK, [before])
