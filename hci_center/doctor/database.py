"""Checks of PostgreSQL: version, extensions, settings, migrations, indexes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from hci_center.doctor.findings import Finding, error, ok, warning
from hci_center.local.progress import is_half_restored
from hci_center.local.start_check import unapplied_migrations

OLDEST_VERSION = 15
EXTENSIONS = frozenset({"btree_gin", "pg_trgm", "unaccent"})
# The accepted difference of the clocks in seconds: leases and order only use the
# database's.
SKEW_WARNING, SKEW_ERROR = 2.0, 60.0
LONG_TRANSACTION = 10 * 60.0
# Connections of a worker, a relay and a feed process, and some to spare.
OTHER_CONNECTIONS = 30


def rows(statement: str, values: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def server() -> Iterator[Finding]:
    """Checks version, encoding and response time; raises if it does not respond."""
    begun = time.monotonic()
    [(number, version, encoding)] = rows(
        "SELECT current_setting('server_version_num')::int,"
        " current_setting('server_version'), current_setting('server_encoding')"
    )
    took = (time.monotonic() - begun) * 1000
    if number // 10_000 < OLDEST_VERSION:
        yield error(
            _("PostgreSQL is version %s.") % version,
            _("Version %d or newer is needed.") % OLDEST_VERSION,
        )
    else:
        yield ok(
            _("PostgreSQL %(version)s answers in %(took).0f ms.")
            % {"version": version, "took": took}
        )
    if encoding != "UTF8":
        yield error(
            _("The database's encoding is %s.") % encoding,
            _("Dump it, create it anew with ENCODING 'UTF8', and restore it."),
        )


def extensions() -> Iterator[Finding]:
    missing = EXTENSIONS - {
        name for (name,) in rows("SELECT extname FROM pg_extension")
    }
    for name in sorted(missing):
        yield error(
            _("The extension %s is missing.") % name,
            _("As a superuser of PostgreSQL: CREATE EXTENSION %s;") % name,
        )
    if not missing:
        yield ok(_("All extensions are there."))


# Settings, the values they must not have, whether that is an error, and why.
_SETTINGS: tuple[tuple[str, frozenset[str], bool, str], ...] = (
    ("fsync", frozenset({"off"}), True, "loses"),
    ("full_page_writes", frozenset({"off"}), True, "loses"),
    ("synchronous_commit", frozenset({"off"}), True, "loses"),
    ("autovacuum", frozenset({"off"}), False, "grows"),
    ("log_statement", frozenset({"all", "mod"}), False, "logs"),
    ("standard_conforming_strings", frozenset({"off"}), True, "loses"),
)


def server_settings() -> Iterator[Finding]:
    names = [name for name, *_rest in _SETTINGS]
    values = dict(
        rows("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [names])
    )
    reasons = {
        "loses": _("What was acknowledged can be lost: set it to on, and reload."),
        "grows": _("Tables and indexes grow without end: set it to on, and reload."),
        "logs": _("PostgreSQL's log gets customers' texts: set it to none or ddl."),
    }
    found = False
    for name, unwanted, is_error, reason in _SETTINGS:
        if values.get(name) in unwanted:
            found = True
            make = error if is_error else warning
            yield make(f"{name} = {values[name]}", reasons[reason])
    if not found:
        yield ok(_("Its settings lose nothing."))


def connections() -> Iterator[Finding]:
    """Checks that enough connections are free for another web process."""
    [(most, used)] = rows(
        "SELECT current_setting('max_connections')::int"
        "     - current_setting('superuser_reserved_connections')::int,"
        "       (SELECT count(*) FROM pg_stat_activity"
        "         WHERE backend_type = 'client backend')"
    )
    text = _("%(used)d of %(most)d connections are in use.") % {
        "used": used,
        "most": most,
    }
    wanted = settings.WEB_THREADS + OTHER_CONNECTIONS
    if most - used < settings.WEB_THREADS:
        yield error(text, _("Raise max_connections, or lower HCI_WEB_THREADS."))
    elif most < wanted:
        yield warning(text, _("Raise max_connections to %d or more.") % wanted)
    else:
        yield ok(text)


def restore() -> Iterator[Finding]:
    """Reports a restore that is running or was interrupted."""
    if is_half_restored():
        yield error(
            _("A restore of a backup into this database was interrupted."),
            _("Run manage.py restore --replace again; until then no process starts."),
        )


def migrations() -> Iterator[Finding]:
    missing = unapplied_migrations()
    if missing:
        yield error(
            _("%(count)d migrations are not applied, such as %(name)s.")
            % {"count": len(missing), "name": ".".join(min(missing))},
            _("Run manage.py migrate."),
        )
    else:
        yield ok(_("All migrations are applied."))


def health() -> Iterator[Finding]:
    """Reports invalid indexes of failed migrations, and long transactions."""
    invalid = rows(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
        " AND indrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r') LIMIT 5"
    )
    for (name,) in invalid:
        yield error(
            _("The index %s is not valid.") % name,
            _("REINDEX INDEX CONCURRENTLY %s;") % name,
        )
    [(age, pid)] = rows(
        "SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0)::float8,"
        "       (array_agg(pid ORDER BY xact_start))[1]"
        "  FROM pg_stat_activity WHERE backend_type = 'client backend'"
        "   AND datname = current_database() AND xact_start IS NOT NULL"
    )
    if age > LONG_TRANSACTION:
        yield warning(
            _("A transaction has been open for %(minutes)d minutes (pid %(pid)d).")
            % {"minutes": age / 60, "pid": pid},
            _("End it; until then nothing is cleaned up, and changes may be late."),
        )
    elif not invalid:
        yield ok(_("No invalid index and no long transaction."))


def clock() -> Iterator[Finding]:
    """Compares this machine's clock with the database's."""
    before = time.time()
    [(there,)] = rows("SELECT extract(epoch FROM clock_timestamp())::float8")
    skew = abs(there - (before + time.time()) / 2)
    text = _("This clock and the database's differ by %.1f s.") % skew
    remedy = _("Synchronise both by NTP (timedatectl set-ntp true).")
    if skew > SKEW_ERROR:
        yield error(text, remedy)
    elif skew > SKEW_WARNING:
        yield warning(text, remedy)
    else:
        yield ok(text)
