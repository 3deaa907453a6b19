"""How fast passwords may be tried: per account name and per address.

Counted in PostgreSQL, so that neither a restart nor a lost cache opens the door. A
try takes its slot before the password is looked at, in one statement per subject:
any number of simultaneous tries are counted one after another. Nothing is ever
locked for good, nor for longer than `LONGEST_WAIT`.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from hci_center.errors import ThrottledError

LONGEST_WAIT = 15 * 60

# Failures count less as time goes by: one is forgotten every `leak` seconds.
_LEFT = """
greatest(0, f.failures - greatest(0,
  floor(extract(epoch FROM clock_timestamp() - f.last_at) / %(leak)s)::int))
"""
# Nothing for the first `free` ones, then 1, 2, 4 … seconds.
_READY_AT = f"""
f.last_at + CASE WHEN {_LEFT} < %(free)s THEN interval '0' ELSE
  make_interval(secs => least({LONGEST_WAIT}, power(2, least(20, {_LEFT} - %(free)s))))
END
"""
_TAKE = f"""
INSERT INTO areas_signinfailure AS f (subject, failures, last_at)
VALUES (%(subject)s, 1, clock_timestamp())
ON CONFLICT (subject) DO UPDATE
   SET failures = {_LEFT} + 1, last_at = clock_timestamp()
 WHERE {_READY_AT} <= clock_timestamp()
RETURNING true
"""  # noqa: S608 - of the constants above
_WAIT = f"""
SELECT ceil(extract(epoch FROM {_READY_AT} - clock_timestamp()))
  FROM areas_signinfailure f WHERE f.subject = %(subject)s
"""  # noqa: S608 - of the constants above
_GIVE_BACK = """
UPDATE areas_signinfailure SET failures = failures - 1
 WHERE subject = %s AND failures > 0
"""
_CLEAR = "DELETE FROM areas_signinfailure WHERE subject = %s"
# A few at a time, by whoever comes along: names made up by an attacker go again.
_FORGET = """
DELETE FROM areas_signinfailure WHERE id = ANY(ARRAY(
  SELECT id FROM areas_signinfailure WHERE last_at < now() - interval '1 day'
   ORDER BY last_at LIMIT 10 FOR UPDATE SKIP LOCKED))
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """What tries are counted of, with how much it may fail at once and per time."""

    name: str
    free: int
    leak: int

    @property
    def hashed(self) -> str:
        """What the table holds: neither a name nor an address can be read there."""
        pepper = b"sign-in:" + settings.SECRET_KEY.encode()
        return hmac.new(pepper, self.name.encode(), hashlib.sha256).hexdigest()

    @property
    def parameters(self) -> dict[str, str | int]:
        return {"subject": self.hashed, "free": self.free, "leak": self.leak}


def account_of(username: str) -> Subject:
    """An account by its name, there or not; five tries, then ever slower."""
    return Subject(f"account:{username}", free=5, leak=LONGEST_WAIT)


def address_of(request: HttpRequest | None) -> Subject:
    """Where the request comes from; a whole office may stand behind one address."""
    meta = {} if request is None else request.META
    address = _caller_address(
        meta.get("REMOTE_ADDR") or "", meta.get("HTTP_X_FORWARDED_FOR") or ""
    )
    return Subject(f"address:{_neighbourhood(address)}", free=20, leak=60)


def take_a_try(account: Subject, address: Subject) -> None:
    """Counts a try as failed, until `succeed` says otherwise.

    Raises ThrottledError, counting nothing, while the account or the address waits.
    """
    _take(address)
    try:
        _take(account)
    except ThrottledError:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_BACK, [address.hashed])
        raise


def succeed(account: Subject, address: Subject) -> None:
    """The try was good: the account's failures are forgotten, the address's stay."""
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, [account.hashed])
        cursor.execute(_GIVE_BACK, [address.hashed])
        cursor.execute(_FORGET)


def _take(subject: Subject) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, subject.parameters)
        if cursor.fetchone() is not None:
            return
        cursor.execute(_WAIT, subject.parameters)
        row = cursor.fetchone()
    raise ThrottledError(max(1, int(row[0])) if row else 1)


def _caller_address(peer: str, forwarded: str) -> str:
    """The peer's address; what it says of others counts only of a known proxy."""
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    for hop in (peer, *reversed(hops)):
        if hop not in settings.TRUSTED_PROXIES:
            return hop
    return peer


def _neighbourhood(address: str) -> str:
    """An IPv6 caller owns at least a /64, so that is what is counted."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed.packed, 64), strict=False))
    return str(parsed)
