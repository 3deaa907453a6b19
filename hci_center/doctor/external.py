"""Checks of external parts: Redis, the disk, the gateways, the certificate."""

from __future__ import annotations

import shutil
import socket
import ssl
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from chats.accounts.registry import COLUMNS, account_ref
from hci_center import redis_servers
from hci_center.doctor.database import rows
from hci_center.doctor.findings import Finding, error, ok, warning
from hci_center.reports import replica
from hci_center.webserver.health import LEAST_DISK, LITTLE_DISK

SECONDS = 3.0
MOST_ADDRESSES = 100
CERTIFICATE_DAYS = 14


def redis_server() -> Iterator[Finding]:
    import redis

    timeouts = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS}
    server = redis_servers.connect(
        redis_servers.layer_host("REDIS_URL", settings.REDIS_URL, **timeouts)
    )
    try:
        version = str(server.info("server")["redis_version"])
    except (redis.RedisError, OSError) as failure:
        yield warning(
            _("Redis does not answer (%s).") % _first_line(failure),
            _("Start it, or see REDIS_URL; consoles poll the database meanwhile."),
        )
    else:
        yield ok(_("Redis %s answers.") % version)
    finally:
        server.close()


def _first_line(failure: Exception) -> str:
    return str(failure).partition("\n")[0].rstrip(".") or type(failure).__name__


def reports_standby() -> Iterator[Finding]:
    """Checks the standby that report figures are read from."""
    standby = replica.ask()
    if standby.state == "ok":
        yield ok(_("The standby for reports is %.0f seconds behind.") % standby.behind)
    elif standby.state == "behind":
        yield warning(
            _("The standby for reports is %.0f seconds behind.") % standby.behind,
            _("Reports read the main database meanwhile: see the standby's log."),
        )
    elif standby.state == "away":
        yield error(
            _("The standby for reports cannot be read: %s") % standby.error,
            _("Reports read the main database: see HCI_REPORTS_DATABASE_URL."),
        )
    elif standby.state == "no standby":
        yield error(
            _("HCI_REPORTS_DATABASE_URL leads to no standby."),
            _("Name a server that streams from the main one, or unset it."),
        )


def disk() -> Iterator[Finding]:
    """Checks space and permissions of the folders that processes write to."""
    folders = {
        "HCI_DATA_DIR": settings.DATA_DIR,
        "media": settings.MEDIA_ROOT,
        "tmp": Path(tempfile.gettempdir()),
    }
    for name, folder in folders.items():
        if not folder.exists():
            continue
        free = shutil.disk_usage(folder).free
        text = _("%(name)s: %(free).1f GiB are free.") % {
            "name": name,
            "free": free / 2**30,
        }
        try:
            with tempfile.TemporaryFile(dir=folder, prefix=".probe-") as probe:
                probe.write(b"0" * 4096)
                probe.flush()
        except OSError as failure:
            yield error(
                _("%(name)s: nothing can be written (%(why)s).")
                % {"name": name, "why": failure.strerror},
                _("Give the server's user the right to, or free room."),
            )
            continue
        if free < LEAST_DISK:
            yield error(text, _("Free room now: PostgreSQL stops on a full disk."))
        elif free < LITTLE_DISK:
            yield warning(text, _("Free room, or add some."))
        else:
            yield ok(text)


def gateways() -> Iterator[Finding]:
    """Checks that the gateways' hosts accept connections from this machine."""
    addresses = sorted(_addresses())
    if not addresses:
        yield ok(_("No manager has a gateway."))
        return
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(_connects, addresses[:MOST_ADDRESSES]))
    silent = [
        f"{h}:{p}"
        for (h, p), is_up in zip(addresses, answers, strict=False)
        if not is_up
    ]
    for address in silent:
        yield warning(
            _("The gateway at %s takes no connection from here.") % address,
            _("Is it running, and does a firewall let this machine through?"),
        )
    if not silent:
        yield ok(_("%d addresses of gateways take connections.") % len(answers))


def _addresses() -> set[tuple[str, int]]:
    found = set()
    for row in rows(f"SELECT {COLUMNS} FROM managers_manager m"):  # noqa: S608
        channels = (["facebook"] if row[3] else []) + (["whatsapp"] if row[1] else [])
        for channel in channels:
            parts = urlsplit(account_ref(row, channel).account.url)
            if parts.hostname:
                port = parts.port or (443 if parts.scheme == "https" else 80)
                found.add((parts.hostname, port))
    return found


def _connects(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=SECONDS):
            return True
    except (OSError, UnicodeError):
        return False


def certificate() -> Iterator[Finding]:
    """Checks the certificate of HCI_PUBLIC_URL, as a client sees it."""
    parts = urlsplit(settings.PUBLIC_URL)
    if parts.scheme != "https" or not parts.hostname:
        yield warning(
            _("HCI_PUBLIC_URL is no https:// address."),
            _(
                "Put a proxy with TLS in front and set it: cookies and keys are readable."
            ),
        )
        return
    try:
        ends = certificate_end(parts.hostname, parts.port or 443)
    except ssl.SSLCertVerificationError as failure:
        yield error(
            _("The certificate of %(host)s is not accepted: %(why)s.")
            % {"host": parts.hostname, "why": failure.verify_message},
            _("Renew it, with its whole chain, and reload the proxy."),
        )
        return
    except OSError as failure:
        yield warning(
            _("%(host)s does not answer from here (%(why)s).")
            % {"host": parts.hostname, "why": type(failure).__name__},
            _("Check its certificate from outside."),
        )
        return
    days = (ends - datetime.now(UTC)).days
    text = _("The certificate of %(host)s ends in %(days)d days.") % {
        "host": parts.hostname,
        "days": days,
    }
    if days < CERTIFICATE_DAYS:
        yield warning(text, _("Renew it; automatic renewal has not happened."))
    else:
        yield ok(text)


def certificate_end(host: str, port: int) -> datetime:
    """Returns the end of a valid certificate. Raises OSError."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=host) as secured,
    ):
        given = secured.getpeercert() or {}
    return datetime.fromtimestamp(
        ssl.cert_time_to_seconds(str(given["notAfter"])), tz=UTC
    )
