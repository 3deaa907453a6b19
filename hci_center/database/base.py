"""The database backend of the settings (Django names the module `base`)."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.backends.utils import CursorWrapper

from hci_center.database.connections import bounded, outage


class Cursor(CursorWrapper):
    """Django's, with as little as may be between a statement and the driver.

    What is executed is wrapped by those who asked for it, refused in a broken
    transaction and its errors told as Django's, all as ever. Rows are fetched straight
    from the driver, which holds them already.
    """

    def __init__(self, cursor: Any, db: base.DatabaseWrapper) -> None:
        super().__init__(cursor, db)
        self.fetchone, self.fetchall = cursor.fetchone, cursor.fetchall

    def execute(self, sql: Any, params: Any = None) -> Any:
        if self.db.execute_wrappers or self.db.needs_rollback:
            return super().execute(sql, params)
        try:
            return self.cursor.execute(sql, params)
        except self.db.Database.Error:
            with self.db.wrap_database_errors:
                raise


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL's, with a shorter way to it (two thirds of Django's own for a row)
    and an end to every wait for it."""

    def get_connection_params(self) -> dict[str, Any]:
        return bounded(super().get_connection_params())

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # Django's own reads an isolation level and a pool from the settings, which
        # have neither.
        self.isolation_level = IsolationLevel.READ_COMMITTED
        return outage.connect(conn_params)

    def _cursor(self, name: str | None = None) -> Any:
        self.close_if_health_check_failed()
        if name is not None or self.connection is None or self.queries_logged:
            return super()._cursor(name)  # type: ignore[misc]
        self.validate_thread_sharing()
        try:
            return Cursor(self.connection.cursor(), self)
        except self.Database.Error:
            with self.wrap_database_errors:
                raise

    def is_usable(self) -> bool:
        """Whether the server still holds the connection, mostly without a round trip.

        A server that ended it has said so, and its words or the end of the stream
        wait on the socket; where nothing waits there is nothing to ask. After an
        error, and behind TLS, whose own records may wait, the server is asked.
        """
        if self.connection is None or self.connection.closed or outage.is_on:
            return False
        pq = self.connection.pgconn
        if self.errors_occurred or pq.ssl_in_use or _is_readable(pq.socket):
            return super().is_usable()
        return True


def _is_readable(descriptor: int) -> bool:
    look = select.poll()
    look.register(descriptor, select.POLLIN | select.POLLPRI)
    return bool(look.poll(0))
