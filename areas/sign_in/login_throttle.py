"""Throttles sign-in attempts without letting anybody lock out another person.

The counters depend on who tries. A device on which the account signed in before has a
signed cookie (`areas.sign_in.devices`): its failures are counted separately and are not
affected by others. The failures of other devices count

- by account and address, so that attempts at one address do not delay the owner at
  another;
- by address, over all accounts, against one password tried on many. Unknown names do
  not count here: inventing some would delay everybody who shares the address. They
  count separately and only limit the address's share of the processor;
- by account, over all addresses, against attempts from very many of them.

Counted in PostgreSQL, so that neither a restart nor a lost cache resets the counters.
An attempt is counted, in all its counters in one statement, before the password is
checked: simultaneous attempts are counted one after another. Nothing is locked for
longer than `LONGEST_WAIT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from areas.models import SignInFailure
from hci_center import signing
from hci_center.errors import ThrottledError

LONGEST_WAIT = 15 * 60
_NEVER = 2**31 - 1

# For a row `f` with the bounds `w`. Failures expire: one every `leak` seconds.
_REMAINING = """
greatest(0, f.failures - greatest(0,
  floor(extract(epoch FROM clock_timestamp() - f.last_at) / w.leak)::int))
"""
# No delay for the first `free` failures, then 1, 2, 4 … seconds.
_READY_AT = f"""
CASE WHEN {_REMAINING} < w.free THEN clock_timestamp() ELSE f.last_at +
  make_interval(secs => least({LONGEST_WAIT}, power(2, least(20, {_REMAINING} - w.free))))
END
"""
_BOUNDS = """
bounds (subject, free, leak, adds) AS (
  SELECT * FROM unnest(%(subjects)s::text[], %(free)s::int[], %(leak)s::int[],
                       %(adds)s::int[]))
"""
# In a fixed order, so that two attempts never deadlock.
_REGISTER = f"""
WITH {_BOUNDS}
INSERT INTO areas_signinfailure AS f (subject, failures, last_at)
SELECT subject, adds, clock_timestamp() FROM bounds ORDER BY subject
ON CONFLICT (subject) DO UPDATE
   SET (failures, last_at) = (
         SELECT CASE WHEN w.adds = 0 THEN f.failures ELSE {_REMAINING} + w.adds END,
                CASE WHEN w.adds = 0 THEN f.last_at ELSE clock_timestamp() END
           FROM bounds w WHERE w.subject = f.subject)
 WHERE (SELECT {_READY_AT} <= clock_timestamp()
          FROM bounds w WHERE w.subject = f.subject)
RETURNING subject, (SELECT {_REMAINING} FROM bounds w WHERE w.subject = f.subject)
"""  # noqa: S608 - constants only
_WAIT = f"""
WITH {_BOUNDS}
SELECT ceil(max(extract(epoch FROM {_READY_AT} - clock_timestamp())))
  FROM bounds w JOIN areas_signinfailure f USING (subject)
"""  # noqa: S608 - constants only
# Each attempt deletes a few old rows: names invented by an attacker disappear, those
# with few failures as soon as these have expired.
_FORGET = f"""
DELETE FROM areas_signinfailure WHERE id = ANY(ARRAY(
  SELECT id FROM areas_signinfailure
   WHERE last_at < now() - interval '{5 * LONGEST_WAIT} seconds'
     AND (failures <= 5 OR last_at < now() - interval '1 day')
   ORDER BY last_at LIMIT 10 FOR UPDATE SKIP LOCKED))
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Subject:
    """A counter of attempts, with its number of free failures and its leak rate.

    A subject without `counts` does not count this attempt but may delay it.
    """

    name: str
    free: int
    leak: int
    counts: bool = True
    is_made_up: bool = False

    @property
    def hashed(self) -> str:
        """The key in the table, which reveals neither a name nor an address."""
        return signing.digest("sign-in", self.name).hex()


# The counters of one attempt; the first is the account at this address or device.
Subjects = tuple[Subject, ...]


def subjects_on_device(user_id: int, device: str) -> Subjects:
    """Returns the counter of a known device: five attempts, then increasing delays."""
    return (_of_account(f"device:{device}:{user_id}"),)


def subjects_elsewhere(username: str, address: str, *, exists: bool) -> Subjects:
    """Returns the counters of an attempt from any other device at that address."""
    pair = _of_account(f"account:{username}@{address}")
    # A whole office may share one address.
    shared = Subject(f"address:{address}", free=20, leak=60, counts=exists)
    if not exists:
        return (pair, shared, unknown_name_counter(address, counts=True))
    everywhere = Subject(f"account:{username}", free=1000, leak=86)
    return (pair, shared, unknown_name_counter(address, counts=False), everywhere)


def unknown_name_counter(address: str, *, counts: bool) -> Subject:
    """Returns the counter of unknown names; it never causes a delay."""
    return Subject(
        f"made-up:{address}", free=_NEVER, leak=60, counts=counts, is_made_up=True
    )


def _of_account(name: str) -> Subject:
    return Subject(name, free=5, leak=LONGEST_WAIT)


def register_attempt(subjects: Subjects) -> dict[Subject, int]:
    """Counts an attempt as failed in advance; returns the failures by subject.

    `clear_failures` reverts this after a success. Raises ThrottledError, counting
    nothing, while one of the subjects must wait.
    """
    values: dict[str, Any] = {
        "subjects": [subject.hashed for subject in subjects],
        "free": [subject.free for subject in subjects],
        "leak": [subject.leak for subject in subjects],
        "adds": [int(subject.counts) for subject in subjects],
    }
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)
        with transaction.atomic():
            cursor.execute(_REGISTER, values)
            failures: dict[str, int] = dict(cursor.fetchall())
            if len(failures) < len(subjects):
                transaction.set_rollback(True)
        if len(failures) == len(subjects):
            return {subject: failures[subject.hashed] for subject in subjects}
        cursor.execute(_WAIT, values)
        (wait,) = cursor.fetchone()
    raise ThrottledError(max(1, int(wait or 1)))


def return_attempt(subjects: Subjects) -> None:
    """Removes an attempt that turned out not to be a failure."""
    hashed = [subject.hashed for subject in subjects if subject.counts]
    counted = SignInFailure.objects.filter(subject__in=hashed, failures__gt=0)
    counted.update(failures=F("failures") - 1)


def clear_failures(subjects: Subjects) -> None:
    """Clears the account's failures here after a success; others' stay."""
    of_account, *shared = subjects
    SignInFailure.objects.filter(subject=of_account.hashed).delete()
    return_attempt(tuple(shared))
