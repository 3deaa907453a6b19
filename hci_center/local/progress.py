"""The progress of the first start, or of a restore, of a database.

It is stored as the database's comment, so that it always belongs to the data.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg import sql

FILLING, DONE = "hci: demo data is being filled in", "hci: first start done"
RESTORING = "hci: a backup is being restored"

HALF_RESTORED = (
    "A backup was being restored into this database, and that was interrupted: "
    "run manage.py restore --replace again."
)


def stored_progress() -> str | None:
    """Returns the comment of the current database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database "
            "WHERE datname = current_database()"
        )
        row = cursor.fetchone()
    return row[0] if row else None


def store_progress(text: str) -> None:
    """Sets the comment of the current database."""
    # COMMENT takes no parameters: the text is quoted into the statement.
    comment = sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        sql.Identifier(connection.settings_dict["NAME"]), sql.Literal(text)
    )
    with connection.cursor() as cursor:
        cursor.execute(comment)


def is_half_restored() -> bool:
    """Returns whether a restore into this database is running or was interrupted."""
    return stored_progress() == RESTORING


def refuse_half_restored() -> None:
    """Raises ImproperlyConfigured if a restore into this database was interrupted.

    It may contain erased persons, and queued messages that were already sent.
    """
    if is_half_restored():
        raise ImproperlyConfigured(HALF_RESTORED)
