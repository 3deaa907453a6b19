"""Checks of the processes, the queues, and the backups."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from hci_center.backups import records
from hci_center.doctor.database import rows
from hci_center.doctor.findings import Finding, error, ok, warning
from hci_center.errors import LackingError
from hci_center.feed.readiness import SILENT_AFTER
from hci_center.hosts import in_address, reachable

SECONDS = 5
# A worker looks for work at least once a second.
WORKER_SILENT_AFTER = 30.0
OLDEST_MESSAGE = 5 * 60.0
_WORKERS = """
SELECT count(*) FILTER (WHERE clock_timestamp() - state_change < make_interval(secs => %s)),
       count(*)
  FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'hci worker'
"""
_RELAY = "SELECT extract(epoch FROM now() - at)::float8 FROM change_pace"
_OLDEST = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(queued_at)), 0)::float8
  FROM chats_delivery WHERE done_at IS NULL
"""


def web() -> Iterator[Finding]:
    yield _answer("web", settings.PORT, "/readyz", "HCI_PORT")


def feed() -> Iterator[Finding]:
    yield _answer("feed", settings.FEED_PORT, "/healthz", "HCI_FEED_PORT")


def _answer(name: str, port: int, path: str, variable: str) -> Finding:
    host = reachable(settings.HOST)
    client = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        client.request("GET", path)
        status = client.getresponse().status
    except (OSError, http.client.HTTPException):
        return warning(
            _("No %(name)s process answers at %(host)s:%(port)d.")
            % {"name": name, "host": in_address(host), "port": port},
            _("Start it, or see %s; nothing to do if it runs on another machine.")
            % variable,
        )
    finally:
        client.close()
    if status != 200:
        return error(
            _("The %(name)s process answers %(status)d.")
            % {"name": name, "status": status},
            _("See %s of it, and its log.") % path,
        )
    return ok(_("The %s process answers.") % name)


def relay() -> Iterator[Finding]:
    found = rows(_RELAY)
    silent = found[0][0] if found else None
    if silent is None or silent > SILENT_AFTER:
        yield error(
            _("No relay leads: consoles get no changes."),
            _("Start manage.py relay_changes, and see its log."),
        )
    else:
        yield ok(_("A relay leads."))


def worker() -> Iterator[Finding]:
    [(alive, connected)] = rows(_WORKERS, [WORKER_SILENT_AFTER])
    if alive:
        yield ok(_("A worker looks for messages."))
        return
    remedy = _("Start manage.py deliver_messages, and see its log.")
    if connected:
        yield error(
            _("A worker is connected, but hangs."), _("Restart it, and see its log.")
        )
    else:
        yield error(_("No worker runs: nothing is sent or received."), remedy)


def waiting() -> Iterator[Finding]:
    [(oldest,)] = rows(_OLDEST)
    text = _("The oldest message that is not sent waits for %d s.") % oldest
    if oldest > OLDEST_MESSAGE:
        yield warning(text, _("Gateway sessions in the back-office say why."))
    else:
        yield ok(text)


def alarms() -> Iterator[Finding]:
    """Reports /readyz's checks of accounts, events, rules, webhooks and jobs."""
    said = False
    for path in settings.READY_CHECKS.values():
        try:
            import_string(path)()
        except LackingError as lack:
            said = True
            yield warning(str(lack), _("See docs/operations.md and the back-office."))
    if not said:
        yield ok(_("Nothing needs a person."))
    connection.close()


def backup() -> Iterator[Finding]:
    known = records.latest()
    if known.error:
        yield error(
            _("The latest backup has failed: %s") % known.error, _how_to_back_up()
        )
    age = known.age(timezone.now())
    if age is None:
        if known.is_scheduled and _is_a_day_old():
            # The first night is over: a worker should have made a backup.
            yield error(_("No backup was ever made."), _how_to_back_up())
        else:
            yield warning(_("No backup is known."), _how_to_back_up())
        return
    text = _("The latest backup is %.0f hours old.") % (age.total_seconds() / 3600)
    if age > records.LATE:
        yield warning(text, _how_to_back_up())
    else:
        yield ok(text)
    if known.rehearsal == "failed":
        yield error(
            _("Its rehearsal has failed: %s") % known.rehearsal_error,
            _("It could not be restored: make another."),
        )


def _is_a_day_old() -> bool:
    """Whether the installation is older than the maximum age of a backup."""
    [(age,)] = rows("SELECT now() - min(applied) FROM django_migrations")
    return age is not None and age > records.LATE


def _how_to_back_up() -> str:
    return _("Run manage.py backup, and set HCI_BACKUP_AT for one each night.")
