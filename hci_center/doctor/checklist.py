"""All checks, in order."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.utils import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from hci_center.doctor import (
    backup_place,
    configuration,
    database,
    external,
    running,
)
from hci_center.doctor.findings import Check, Finding, error, examine
from hci_center.local import installations, paths

CHECKS = (
    Check("database", database.server),
    Check("extensions", database.extensions),
    Check("database settings", database.server_settings),
    Check("connections", database.connections),
    Check("reports database", external.reports_standby),
    Check("restore", database.restore),
    Check("migrations", database.migrations),
    Check("database health", database.health),
    Check("clock", database.clock),
    Check("redis", external.redis_server, needs_database=False),
    Check("settings", configuration.deployment, needs_database=False),
    Check("variables", configuration.unread, needs_database=False),
    Check("secrets", configuration.secrets),
    Check("access", configuration.access),
    Check("disk", external.disk, needs_database=False),
    Check("gateways", external.gateways),
    Check("certificate", external.certificate, needs_database=False),
    Check("backup", running.backup),
    Check("backup place", backup_place.place),
    Check("web", running.web, needs_database=False),
    Check("feed", running.feed, needs_database=False),
    Check("relay", running.relay),
    Check("worker", running.worker),
    Check("waiting", running.waiting),
    Check("alarms", running.alarms),
)


def findings() -> Iterator[tuple[str, Finding]]:
    """Yields the name and the findings of each check. Never raises."""
    away = _database_away()
    if away is not None:
        yield "database", away
    yield from examine(CHECKS, away is None)


def _database_away() -> Finding | None:
    left_out = _("The checks that need it are left out.")
    if installations.is_missing():
        return error(
            _("There is no installation in %s.") % paths.data_dir(),
            _(
                "Set HCI_DATA_DIR or DATABASE_URL as for the server; bin/run makes a new "
                "installation."
            )
            + f" {left_out}",
        )
    try:
        connection.ensure_connection()
    except (OperationalError, InterfaceError) as failure:
        reason = str(failure).partition("\n")[0]
        return error(
            _("The database does not answer: %s") % reason,
            _("Start it (bin/run starts its own), or see DATABASE_URL.")
            + f" {left_out}",
        )
    return None
