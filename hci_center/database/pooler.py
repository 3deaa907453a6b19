"""The web process behind a pooler in transaction mode, such as PgBouncer.

Each transaction may run on another connection of the server, so nothing may be kept in
one: no prepared statement, no cursor, no LISTEN, no lock of a session and no timeout
set with the connection. The timeouts are then those of the role in the database.
"""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections

from hci_center.database.connections import NOT_COMPILED
from hci_center.database.timeouts import Timeouts, timeouts


def uses_pooler() -> bool:
    """Returns whether the connections of this process go through the pooler."""
    return bool(connection.settings_dict.get("POOLED", False))


def use_pooler() -> None:
    """Makes this process connect by HCI_WEB_DATABASE_URL, if it is set.

    To be called before the first connection.
    """
    if not settings.WEB_DATABASE_URL:
        return
    direct = connections.settings["default"]
    given = settings.WEB_DATABASE
    direct |= {
        **{key: given[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")},
        "OPTIONS": {
            **given.get("OPTIONS", {}),
            "server_side_binding": True,
            "prepare_threshold": None,
        },
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "POOLED": True,
    }


def check_session() -> None:
    """Checks that the server applies the timeouts of this process.

    Raises ImproperlyConfigured with the remedy if it does not: because a pooler between
    them drops what belongs to a session, or because the pooler of the web process is
    used and the role has no timeouts.
    """
    wanted = timeouts()
    if not wanted.statement:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setting::int FROM pg_settings WHERE name = 'statement_timeout'"
        )
        milliseconds = cursor.fetchone()[0]
    if uses_pooler():
        if not milliseconds:
            raise ImproperlyConfigured(_without_timeouts(wanted))
    elif milliseconds != round(wanted.statement * 1000):
        raise ImproperlyConfigured(
            "DATABASE_URL leads to a pooler that drops what is set for a session; relay, "
            "feed, worker and commands need the server itself. The web process alone "
            "may go through a pooler in transaction mode: HCI_WEB_DATABASE_URL."
        )


def _without_timeouts(wanted: Timeouts) -> str:
    role, database = settings.WEB_DATABASE["USER"], settings.WEB_DATABASE["NAME"]
    statements = "; ".join(
        f'ALTER ROLE "{role}" IN DATABASE "{database}" SET {name} = \'{value}\''
        for name, value in (wanted.settings() | NOT_COMPILED).items()
    )
    return (
        "Behind HCI_WEB_DATABASE_URL no statement is limited in time, because a pooler "
        f"passes no timeouts on. Run once, as the database's owner: {statements}"
    )
