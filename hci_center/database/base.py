"""The database backend of the settings (Django names the module `base`)."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL's, except that a kept connection is judged without a round trip."""

    def is_usable(self) -> bool:
        """Whether the server still holds the connection.

        A server that ended it has said so, and its words or the end of the stream
        wait on the socket; where nothing waits there is nothing to ask. After an
        error, and behind TLS, whose own records may wait, the server is asked.
        """
        if self.connection is None or self.connection.closed:
            return False
        pq = self.connection.pgconn
        if self.errors_occurred or pq.ssl_in_use or _is_readable(pq.socket):
            return super().is_usable()
        return True


def _is_readable(descriptor: int) -> bool:
    look = select.poll()
    look.register(descriptor, select.POLLIN | select.POLLPRI)
    return bool(look.poll(0))
