"""A call repeated with its Idempotency-Key is answered, not done, again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _

from hci_center.api.deferred import restore
from hci_center.api.envelope import failure, render_to_store, success
from hci_center.api.subject import collect_subject
from hci_center.callers import Caller
from hci_center.errors import (
    IdempotencyMismatchError,
    InvalidError,
    MalformedBodyError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)

LONGEST_KEY = 255

# The first caller inserts; a twin waits here until the first has committed (then it
# gets no row) or rolled back (then the row is its own). A row past 24 h is taken over.
_CLAIM = """
INSERT INTO api_storedanswer (credential, method, path, key, fingerprint, created_at)
VALUES (%s, %s, %s, %s, %s, now())
ON CONFLICT ON CONSTRAINT one_answer_a_key DO UPDATE
   SET fingerprint = excluded.fingerprint, created_at = now(),
       status = NULL, body = NULL, manager_id = NULL, contact_id = NULL
 WHERE api_storedanswer.created_at < now() - interval '24 hours'
RETURNING id
"""
_FIND = """
SELECT s.fingerprint, s.status, s.body, s.manager_id, m.id, s.contact_id,
       c.id IS NOT NULL AND c.deleted_at IS NULL, c.area_id, c.operator_id
  FROM api_storedanswer s
  LEFT JOIN managers_manager m ON m.id = s.manager_id
  LEFT JOIN contacts_contact c ON c.id = s.contact_id
 WHERE s.credential = %s AND s.method = %s AND s.path = %s AND s.key = %s
"""
_STORE = """
UPDATE api_storedanswer
   SET status = %s, body = %s, manager_id = %s, contact_id = %s
 WHERE id = %s
"""
# A few at a time, by whoever comes along: the table never grows past a day's calls.
_FORGET = """
DELETE FROM api_storedanswer WHERE id = ANY(ARRAY(
  SELECT id FROM api_storedanswer WHERE created_at < now() - interval '24 hours'
   ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED))
"""

# Where calls with a key become rare nobody would come along.
_FORGET_ALL = """
DELETE FROM api_storedanswer WHERE id = ANY(ARRAY(
  SELECT id FROM api_storedanswer WHERE created_at < now() - interval '24 hours'
   ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED))
"""

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """What makes two calls the same: who, how, where, and the key they named."""

    credential: str
    method: str
    path: str
    key: str

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return (self.credential, self.method, self.path, self.key)


def read_key(header: str | None) -> str | None:
    """The Idempotency-Key of a request, None without one; raises InvalidError."""
    if not header:
        return None
    if len(header) > LONGEST_KEY or "\x00" in header:
        sentence = _("This is longer than %d characters.") % LONGEST_KEY
        raise InvalidError(fields={"Idempotency-Key": [sentence]})
    return header


def answer_once(
    call: Call,
    caller: Caller,
    sent: Mapping[str, Any],
    run: Callable[[], Any],
    *,
    is_stored: bool = True,
) -> Answer:
    """Runs the call, or answers what its first run answered.

    The answer (200, or a refusal of the call's own) is stored in the transaction
    that did the work, so one never exists without the other. A refusal for wrong
    fields and a fault of ours are raised and leave nothing behind. Without
    `is_stored` a 200 is not stored: a repeat runs again. Raises
    IdempotencyMismatchError when the key came before with other fields, and whatever
    the call raises when what the stored answer is about no longer exists for the
    caller.
    """
    fingerprint = _fingerprint(sent)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [*call.identity, fingerprint])
        taken = cursor.fetchone()
        if taken is None:
            cursor.execute(_FIND, call.identity)
            return _replay(cursor.fetchone(), fingerprint, caller, run)
        with collect_subject() as subject:
            status, payload = _first_answer(run)
        if is_stored or status != 200:
            body = render_to_store(payload)
            about = [subject.manager_id, subject.contact_id]
            cursor.execute(_STORE, [status, body, *about, taken[0]])
        cursor.execute(_FORGET)
    return status, payload


def forget_old() -> None:
    """Removes what is past its 24 hours, some at a time; for a worker to call."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_ALL)


def _first_answer(run: Callable[[], Any]) -> Answer:
    try:
        with transaction.atomic():
            return 200, success(run())
    except InvalidError:
        raise
    except RefusedError as refusal:
        if refusal.status >= 500:
            raise
        return refusal.status, failure(refusal)


def _replay(
    stored: tuple[Any, ...] | None,
    fingerprint: str,
    caller: Caller,
    run: Callable[[], Any],
) -> Answer:
    if stored is None:
        # It ended between the two statements; the next try is the first.
        raise UnavailableError
    kept_fingerprint, status, body, *about = stored
    if kept_fingerprint != fingerprint:
        raise IdempotencyMismatchError
    if status is None:
        return _first_answer(run)
    payload = orjson.loads(bytes(body))
    if not _is_still_visible(caller, payload.get("data"), *about):
        _refuse_as_new(run)
    return status, restore(payload)


def _is_still_visible(
    caller: Caller,
    data: Any,
    manager_id: int | None,
    present_manager: int | None,
    contact_id: int | None,
    is_present: bool,
    area_id: int | None,
    operator_id: int | None,
) -> bool:
    """Whether what the answer is about exists for the caller now."""
    if manager_id is None:
        return True
    if present_manager is None or not caller.reaches(manager_id):
        return False
    if contact_id is None or data is None or isinstance(data, str):
        # A refusal or a fixed sentence tells nothing of the contact. The calls that
        # answer one are those that take it out of their caller's sight.
        return True
    return is_present and caller.sees(manager_id, area_id, operator_id)


def _refuse_as_new(run: Callable[[], Any]) -> NoReturn:
    """Raises what the call is refused with today, and does nothing.

    The names may have come to mean something else that the caller does see: that is
    not done for a repeat either.
    """
    with transaction.atomic():
        run()
        transaction.set_rollback(True)
    raise NotFoundError


def _fingerprint(sent: Mapping[str, Any]) -> str:
    """Equal for a form and for JSON of the same fields in any order.

    null counts as absent. Raises MalformedBodyError for nesting without end.
    """

    def as_sent(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: as_sent(item) for name, item in value.items()}
        if isinstance(value, list):
            return [as_sent(item) for item in value]
        return json.dumps(value) if isinstance(value, bool) else str(value)

    given = {name: value for name, value in sent.items() if value is not None}
    try:
        text = json.dumps(as_sent(given), sort_keys=True)
    except RecursionError as error:
        raise MalformedBodyError from error
    return hashlib.sha256(text.encode()).hexdigest()
