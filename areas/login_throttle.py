"""How fast passwords may be tried, without anybody being able to deny another his.

What is counted depends on who tries. A device on which the account signed in before
brings a signed cookie (`areas.devices`): its failures count by themselves, and nothing
that others do holds it up. Strangers' failures count

- by account and address, so that who tries at one address does not hold up the owner
  at another;
- by address, over all accounts, against one password tried on many. Names that are no
  account's do not count here: making some up would hold up whoever shares the address.
  They count by themselves, and only cost the address its share of the processor;
- by account, over all addresses, against a guess from very many of them.

Counted in PostgreSQL, so that neither a restart nor a lost cache opens the door. A try
takes its slot before the password is looked at, of all its counts in one statement:
any number of simultaneous tries are counted one after another. Nothing is ever locked
for good, nor for longer than `LONGEST_WAIT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from hci_center import signing
from hci_center.errors import ThrottledError

LONGEST_WAIT = 15 * 60
_NEVER = 2**31 - 1

# Of a row `f` by its bounds `w`. Failures count less as time goes by: one is forgotten
# every `leak` seconds.
_REMAINING = """
greatest(0, f.failures - greatest(0,
  floor(extract(epoch FROM clock_timestamp() - f.last_at) / w.leak)::int))
"""
# Nothing for the first `free` ones, then 1, 2, 4 … seconds.
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
# In one order, so that two tries never wait for each other in a circle.
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
"""  # noqa: S608 - of the constants above
_WAIT = f"""
WITH {_BOUNDS}
SELECT ceil(max(extract(epoch FROM {_READY_AT} - clock_timestamp())))
  FROM bounds w JOIN areas_signinfailure f USING (subject)
"""  # noqa: S608 - of the constants above
_RETURN = """
UPDATE areas_signinfailure SET failures = failures - 1
 WHERE subject = ANY(%s) AND failures > 0
"""
_CLEAR = "DELETE FROM areas_signinfailure WHERE subject = %s"
# A few at a time, by whoever comes along: names made up by an attacker go again, those
# of few failures as soon as these no longer count.
_FORGET = f"""
DELETE FROM areas_signinfailure WHERE id = ANY(ARRAY(
  SELECT id FROM areas_signinfailure
   WHERE last_at < now() - interval '{5 * LONGEST_WAIT} seconds'
     AND (failures <= 5 OR last_at < now() - interval '1 day')
   ORDER BY last_at LIMIT 10 FOR UPDATE SKIP LOCKED))
"""  # noqa: S608 - of the constants above


@dataclass(frozen=True, slots=True)
class Subject:
    """What tries are counted of, with how much it may fail at once and per time.

    One that does not `count` this try still makes it wait.
    """

    name: str
    free: int
    leak: int
    counts: bool = True
    is_made_up: bool = False

    @property
    def hashed(self) -> str:
        """What the table holds: neither a name nor an address can be read there."""
        return signing.digest("sign-in", self.name).hex()


# What one try is counted of; the first is the account, as it is tried from here.
Subjects = tuple[Subject, ...]


def subjects_on_device(user_id: int, device: str) -> Subjects:
    """On a device that the account is known by: five tries, then ever slower."""
    return (_of_account(f"device:{device}:{user_id}"),)


def subjects_elsewhere(username: str, address: str, *, exists: bool) -> Subjects:
    """On any other device, at that address."""
    pair = _of_account(f"account:{username}@{address}")
    # A whole office may stand behind one address.
    shared = Subject(f"address:{address}", free=20, leak=60, counts=exists)
    if not exists:
        return (pair, shared, made_up_names(address, counts=True))
    everywhere = Subject(f"account:{username}", free=1000, leak=86)
    return (pair, shared, made_up_names(address, counts=False), everywhere)


def made_up_names(address: str, *, counts: bool) -> Subject:
    """The tries of names that are no account's: never waited for."""
    return Subject(
        f"made-up:{address}", free=_NEVER, leak=60, counts=counts, is_made_up=True
    )


def _of_account(name: str) -> Subject:
    return Subject(name, free=5, leak=LONGEST_WAIT)


def register_attempt(subjects: Subjects) -> dict[Subject, int]:
    """Counts a try as failed, until `succeed` says otherwise; answers the failures.

    Raises ThrottledError, counting nothing, while one of the subjects waits.
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
    """The try was not a failure after all."""
    hashed = [subject.hashed for subject in subjects if subject.counts]
    with connection.cursor() as cursor:
        cursor.execute(_RETURN, [hashed])


def clear_failures(subjects: Subjects) -> None:
    """The try was good: the account's failures here are forgotten, others' stay."""
    of_account, *shared = subjects
    with connection.cursor() as cursor:
        cursor.execute(_CLEAR, [of_account.hashed])
    return_attempt(tuple(shared))
