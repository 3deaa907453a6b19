"""A call repeated with its Idempotency-Key is answered, not done, again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _

from hci_center.api.envelope import failure, render_to_keep, success
from hci_center.api.late import revive
from hci_center.errors import (
    IdempotencyMismatchError,
    InvalidError,
    MalformedBodyError,
    RefusedError,
    UnavailableError,
)

LONGEST_KEY = 255

# The first caller inserts; a twin waits here until the first has committed (then it
# gets no row) or rolled back (then the row is its own). A row past 24 h is taken over.
_TAKE = """
INSERT INTO api_storedanswer (credential, method, path, key, fingerprint, created_at)
VALUES (%s, %s, %s, %s, %s, now())
ON CONFLICT ON CONSTRAINT one_answer_a_key DO UPDATE
   SET fingerprint = excluded.fingerprint, created_at = now(),
       status = NULL, body = NULL
 WHERE api_storedanswer.created_at < now() - interval '24 hours'
RETURNING id
"""
_FIND = """
SELECT fingerprint, status, body FROM api_storedanswer
 WHERE credential = %s AND method = %s AND path = %s AND key = %s
"""
_KEEP = "UPDATE api_storedanswer SET status = %s, body = %s WHERE id = %s"
# A few at a time, by whoever comes along: the table never grows past a day's calls.
_FORGET = """
DELETE FROM api_storedanswer WHERE id = ANY(ARRAY(
  SELECT id FROM api_storedanswer WHERE created_at < now() - interval '24 hours'
   ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED))
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


def answer_once(call: Call, sent: Mapping[str, Any], run: Callable[[], Any]) -> Answer:
    """Runs the call, or answers what its first run answered.

    The answer (200, or a refusal of the call's own) is stored in the transaction
    that did the work, so one never exists without the other. A refusal for wrong
    fields and a fault of ours are raised and leave nothing behind. Raises
    IdempotencyMismatchError when the key came before with other fields.
    """
    fingerprint = _fingerprint(sent)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, [*call.identity, fingerprint])
        taken = cursor.fetchone()
        if taken is None:
            cursor.execute(_FIND, call.identity)
            return _replay(cursor.fetchone(), fingerprint)
        status, payload = _first_answer(run)
        cursor.execute(_KEEP, [status, render_to_keep(payload), taken[0]])
        cursor.execute(_FORGET)
    return status, payload


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


def _replay(stored: tuple[str, int, bytes] | None, fingerprint: str) -> Answer:
    if stored is None:
        # Its day ended between the two statements; the next try is the first.
        raise UnavailableError
    kept_fingerprint, status, body = stored
    if kept_fingerprint != fingerprint:
        raise IdempotencyMismatchError
    return status, revive(orjson.loads(bytes(body)))


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
