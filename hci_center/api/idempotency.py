"""Answers a call repeated with its Idempotency-Key without running it again."""

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
from hci_center.visibility import sees

LONGEST_KEY = 255

# The first call inserts the row; a simultaneous repeat waits here until the first has
# committed (then no row is returned) or rolled back (then it inserts its own). A row
# older than 24 h is replaced.
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
# Each keyed call deletes a few old rows, so the table keeps about one day of calls.
_FORGET = """
DELETE FROM api_storedanswer WHERE id = ANY(ARRAY(
  SELECT id FROM api_storedanswer WHERE created_at < now() - interval '24 hours'
   ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED))
"""

# For the worker: without keyed calls, nothing else would delete old rows.
_FORGET_ALL = """
DELETE FROM api_storedanswer WHERE id = ANY(ARRAY(
  SELECT id FROM api_storedanswer WHERE created_at < now() - interval '24 hours'
   ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED))
"""

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Call:
    """The identity of a call: credential, method, path and Idempotency-Key."""

    credential: str
    method: str
    path: str
    key: str

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return (self.credential, self.method, self.path, self.key)


def read_key(header: str | None) -> str | None:
    """Returns the Idempotency-Key header, or None; raises InvalidError if malformed."""
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
    """Runs the call, or returns the stored response of its first run.

    The response (200, or a refusal raised by the operation) is stored in the
    transaction that did the work, so neither exists without the other. InvalidError and
    server errors are raised and nothing is stored. Without `is_stored` a 200 is not
    stored: a repeat runs again.

    Raises IdempotencyMismatchError if the key was used with other fields, and whatever
    the call raises if the caller no longer has access to the stored response's subject.
    """
    fingerprint = _fingerprint(sent)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, [*call.identity, fingerprint])
        claimed = cursor.fetchone()
        if claimed is None:
            cursor.execute(_FIND, call.identity)
            return _replay(cursor.fetchone(), fingerprint, caller, run)
        with collect_subject() as subject:
            status, payload = _first_answer(run)
        if is_stored or status != 200:
            body = render_to_store(payload)
            subject_ids = [subject.manager_id, subject.contact_id]
            cursor.execute(_STORE, [status, body, *subject_ids, claimed[0]])
        cursor.execute(_FORGET)
    return status, payload


def forget_old() -> None:
    """Deletes up to 1,000 responses older than 24 hours; called by a worker."""
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
        # The row was deleted between the two statements; a retry runs as the first
        # call.
        raise UnavailableError
    stored_fingerprint, status, body, *subject_columns = stored
    if stored_fingerprint != fingerprint:
        raise IdempotencyMismatchError
    if status is None:
        return _first_answer(run)
    payload = orjson.loads(bytes(body))
    if not _is_still_visible(caller, payload.get("data"), *subject_columns):
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
    """Returns whether the caller may still access the response's subject."""
    if manager_id is None:
        return True
    if present_manager is None or not caller.reaches(manager_id):
        return False
    if contact_id is None or data is None or isinstance(data, str):
        # A refusal or a fixed sentence contains no data of the contact. Calls that
        # answer with one are those that remove the contact from the caller's view.
        return True
    return is_present and sees(caller, manager_id, area_id, operator_id)


def _refuse_as_new(run: Callable[[], Any]) -> NoReturn:
    """Raises the error that the call gets now, without any effect.

    The fields may meanwhile refer to another contact that the caller can access; a
    repeat does not act on that one either, so NotFoundError is raised.
    """
    with transaction.atomic():
        run()
        transaction.set_rollback(True)
    raise NotFoundError


def _fingerprint(sent: Mapping[str, Any]) -> str:
    """Returns a hash that is equal for a form and JSON with the same fields.

    The order of fields is ignored and null counts as absent. Raises MalformedBodyError
    for nesting that is too deep.
    """

    def normalize(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: normalize(item) for name, item in value.items()}
        if isinstance(value, list):
            return [normalize(item) for item in value]
        return json.dumps(value) if isinstance(value, bool) else str(value)

    present = {name: value for name, value in sent.items() if value is not None}
    try:
        text = json.dumps(normalize(present), sort_keys=True)
    except RecursionError as error:
        raise MalformedBodyError from error
    return hashlib.sha256(text.encode()).hexdigest()
