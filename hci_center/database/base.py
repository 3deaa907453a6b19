"""The database backend of the settings (Django requires the name `base`)."""

from __future__ import annotations

import select
from time import perf_counter
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.db.backends.utils import CursorWrapper

from hci_center.database.connections import bounded, outage, with_network


class Cursor(CursorWrapper):
    """Django's cursor with less overhead between a statement and the driver.

    Execute wrappers, the refusal of statements in a broken transaction and the
    translation of errors work as in Django. Rows are fetched directly from the driver,
    which already has them in memory.
    """

    def __init__(self, cursor: Any, db: base.DatabaseWrapper) -> None:
        super().__init__(cursor, db)
        self.fetchone, self.fetchall = cursor.fetchone, cursor.fetchall

    def execute(self, sql: Any, params: Any = None) -> Any:
        database = self.db
        begun = perf_counter()
        try:
            if database.execute_wrappers or database.needs_rollback:
                return super().execute(sql, params)
            return self.cursor.execute(sql, params)
        except database.Database.Error:
            with database.wrap_database_errors:
                raise
        finally:
            database.spent += perf_counter() - begun
            database.statements += 1


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL wrapper with less overhead and a limit on every wait.

    Reading one row takes two thirds of the time that it takes with Django's own.
    `spent` and `statements` are the seconds and the number of statements since they
    were set to 0, with the commits.
    """

    spent = 0.0
    statements = 0

    def get_connection_params(self) -> dict[str, Any]:
        parameters = super().get_connection_params()
        # A pooler in transaction mode refuses or forgets what is set for a session.
        is_pooled = self.settings_dict.get("POOLED", False)
        return with_network(parameters) if is_pooled else bounded(parameters)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        # Django's method reads an isolation level and a pool from the settings, which
        # define neither.
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

    def _commit(self) -> None:
        begun = perf_counter()
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self.spent += perf_counter() - begun

    def is_usable(self) -> bool:
        """Whether the connection still works, in most cases without a round trip.

        A server that closed the connection has sent a message or the end of the
        stream, which makes the socket readable; an unreadable socket is taken as
        usable. After an error, and behind TLS, whose own records may make the socket
        readable, the server is queried.
        """
        if self.connection is None or self.connection.closed or outage.is_on:
            return False
        pq = self.connection.pgconn
        if self.errors_occurred or pq.ssl_in_use or _is_readable(pq.socket):
            return super().is_usable()
        return True


def _is_readable(descriptor: int) -> bool:
    poller = select.poll()
    poller.register(descriptor, select.POLLIN | select.POLLPRI)
    return bool(poller.poll(0))
