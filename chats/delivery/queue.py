"""The queue of outgoing messages: claims deliveries and renews their leases.

A delivery is claimed with a lease and a new fence (fencing token). Its result is
written only if the fence is still current, so a worker that was suspended or lost its
database connection changes nothing when it resumes. Messages of one contact are claimed
in order and one at a time, those of different contacts in parallel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from chats.accounts import registry
from chats.accounts.registry import GatewayAccountRef
from chats.accounts.sealed_settings import decrypt_once
from chats.files import outgoing
from chats.gateways.base import Choices, Outgoing, Template
from chats.gateways.jids import LID
from chats.messages.changes import without_part

# Finds accounts with deliveries by a skip scan of `deliveries_due`. For each that is
# not paused, claims as many as its limit allows, in order of `next_at`: only the oldest
# of each contact, and only if its file is ready. In this statement and the next,
# subqueries hide the parameter values from the planner, so that PostgreSQL uses a
# generic plan: planning would take longer than running the statement.
_CLAIM = """
WITH RECURSIVE lines AS (
  (SELECT manager_id, channel FROM chats_delivery WHERE done_at IS NULL
    ORDER BY manager_id, channel LIMIT 1)
  UNION ALL
  SELECT n.manager_id, n.channel FROM lines l CROSS JOIN LATERAL (
    SELECT d.manager_id, d.channel FROM chats_delivery d
     WHERE d.done_at IS NULL
       AND (d.manager_id, d.channel) > (l.manager_id, l.channel)
     ORDER BY d.manager_id, d.channel LIMIT 1) n
), due AS (
  SELECT q.message_id, q.in_flight, q.next_at
    FROM lines l
    LEFT JOIN unnest((SELECT %(managers)s::bigint[]), (SELECT %(channels)s::text[]),
                     (SELECT %(taken)s::int[])) AS busy (manager_id, channel, taken)
                    USING (manager_id, channel)
   CROSS JOIN LATERAL (
    SELECT d.message_id, d.in_flight, d.next_at FROM chats_delivery d
     WHERE d.manager_id = l.manager_id AND d.channel = l.channel
       AND d.done_at IS NULL AND d.next_at <= statement_timestamp()
       AND (d.lease_until IS NULL OR d.lease_until < statement_timestamp())
       AND NOT EXISTS (
             SELECT FROM chats_convertedfile v
              WHERE v.message_id = d.message_id AND v.made_at IS NULL)
       AND NOT EXISTS (
             SELECT FROM chats_delivery p
              WHERE p.contact_id = d.contact_id AND p.done_at IS NULL
                AND coalesce(p.position, p.message_id)
                  < coalesce(d.position, d.message_id))
     ORDER BY d.next_at, d.message_id
     LIMIT greatest(0, (SELECT %(each)s::int) - coalesce(busy.taken, 0))
       FOR UPDATE OF d SKIP LOCKED) q
   WHERE NOT EXISTS (
           SELECT FROM chats_gatewayaccount a
            WHERE a.manager_id = l.manager_id AND a.channel = l.channel
              AND a.paused_until > statement_timestamp())
   ORDER BY q.next_at LIMIT (SELECT %(room)s::bigint)
)
UPDATE chats_delivery u
   SET in_flight = true, fence = u.fence + 1, attempts = u.attempts + 1,
       attempted_at = statement_timestamp(),
       lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
  FROM due WHERE u.message_id = due.message_id
RETURNING u.message_id, due.in_flight
"""

_LOAD = f"""
SELECT d.message_id, d.fence, d.doubt_until IS NOT NULL, d.failures, d.token,
       d.template::text, d.channel, d.contact_id,
       m.uuid::text, m.type, m.content, m.sender,
       a.uuid::text, a.file, a.mime, a.size, a.is_voice,
       c.external_id,
       (SELECT i.alias FROM contacts_identity i
         WHERE i.contact_id = c.id AND i.is_address LIMIT 1),
       CASE WHEN d.channel = 'facebook' THEN
         (SELECT max(x.created_at) FROM chats_chat h
            JOIN chats_message x ON x.chat_id = h.id AND x.direction = 'in'
           WHERE h.contact_id = c.id) END,
       coalesce(g.idempotent, false), coalesce(g.pauses, 0),
       m.details ->> 'caption', m.details ->> 'fileName',
       q.gateway_id, q.direction = 'out',
       v.gateway, v.kind, v.file, v.mime, v.size, d.choices::text,
       {registry.COLUMNS.replace("m.", "n.")},
       c.phone::text, m.chat_id, extract(epoch FROM statement_timestamp() - d.queued_at)::float8
  FROM chats_delivery d
  JOIN chats_message m ON m.id = d.message_id
  JOIN contacts_contact c ON c.id = d.contact_id
  JOIN managers_manager n ON n.id = d.manager_id
  LEFT JOIN chats_attachment a ON a.message_id = d.message_id
  LEFT JOIN chats_convertedfile v
    ON v.message_id = d.message_id AND v.made_at IS NOT NULL
  LEFT JOIN chats_message q ON q.uuid = (m.details ->> 'replyTo')::uuid
  LEFT JOIN chats_gatewayaccount g
    ON g.manager_id = d.manager_id AND g.channel = d.channel
 WHERE d.message_id = ANY(ARRAY(SELECT unnest(%s::bigint[])))
 ORDER BY d.message_id
"""  # noqa: S608 - of columns

_RENEW = """
UPDATE chats_delivery d SET lease_until = statement_timestamp() + make_interval(secs => %s)
  FROM unnest(%s::bigint[], %s::int[]) AS mine (message_id, fence)
 WHERE d.message_id = mine.message_id AND d.fence = mine.fence AND d.done_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A delivery that this worker has claimed, with all data needed to send it.

    `outcome_unknown`: an earlier attempt has no known result. `has_waited`: the time to
    wait for receipts of that attempt has passed. `awaits_file`: its file must be
    converted first. `refusal`: why the gateway does not accept its file. `age`: seconds
    since it was queued. `address`: the recipient's id as last reported by the gateway.
    """

    message_id: int
    fence: int
    contact_id: int
    ref: GatewayAccountRef
    out: Outgoing
    outcome_unknown: bool
    has_waited: bool
    failures: int
    idempotent: bool
    pauses: int
    awaits_file: bool = False
    refusal: str = ""
    chat_id: int = 0
    age: float = 0.0
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A claimed delivery that could not be loaded; `outcome_unknown` as in Job."""

    message_id: int
    fence: int
    failures: int
    outcome_unknown: bool
    error: Exception


def claim(
    room: int, each: int, lease: float, taken: Mapping[tuple[int, str], int]
) -> list[Job | Unreadable]:
    """Claims up to `room` deliveries that are due, at most `each` per account.

    `lease` is in seconds. `taken` is the number of deliveries that the worker has
    already claimed, by manager id and channel; they count towards `each`.
    """
    values: dict[str, Any] = {
        "managers": [manager_id for manager_id, _ in taken],
        "channels": [channel for _, channel in taken],
        "taken": list(taken.values()),
        "room": room,
        "each": each,
        "lease": lease,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        claimed = dict(cursor.fetchall())
        if not claimed:
            return []
        cursor.execute(_LOAD, [list(claimed)])
        rows = cursor.fetchall()
    return [_job_or_fault(row, in_flight=claimed[row[0]]) for row in rows]


def renew(fences: Mapping[int, int], lease: float) -> None:
    """Renews the leases of deliveries, given as message id to fence."""
    if fences:
        with connection.cursor() as cursor:
            cursor.execute(_RENEW, [lease, list(fences), list(fences.values())])


def _job_or_fault(row: Any, *, in_flight: bool) -> Job | Unreadable:
    try:
        return _job(row, in_flight=in_flight)
    except Exception as error:  # noqa: BLE001 - must not affect other rows
        return Unreadable(row[0], row[1], row[3], in_flight, error)


def _job(row: Any, *, in_flight: bool) -> Job:
    message_id, fence, has_waited, failures, token, template, channel, contact = row[:8]
    uuid, kind, content, sender = row[8:12]
    external_id, address, last_inbound_at, idempotent, pauses = row[17:22]
    caption, file_name, quoted, is_own = row[22:26]
    ref = registry.account_ref(row[32 : 32 + registry.WIDTH], channel)
    file = _file(ref.driver, kind, row[12:17], file_name or "", row[26:31])
    to = _recipient(ref.driver, address, external_id, row[-3] or "")
    out = Outgoing(
        uuid=uuid,
        to=to,
        kind=kind if file is None else file.kind,
        is_canonical=to == address,
        text=content,
        file=None if file is None else file.file,
        caption=caption or "",
        reply_to=without_part(quoted or ""),
        reply_to_is_own=bool(quoted and is_own),
        operator=sender,
        last_inbound_at=last_inbound_at,
        token=decrypt_once(token) if token else "",
        template=_template(template) if template else None,
        choices=_choices(row[31], content) if row[31] else None,
    )
    return Job(
        message_id=message_id,
        fence=fence,
        contact_id=contact,
        ref=ref,
        out=out,
        outcome_unknown=in_flight,
        has_waited=has_waited,
        failures=failures,
        idempotent=idempotent,
        pauses=pauses,
        awaits_file=file is not None and file.is_awaited,
        refusal="" if file is None else file.refusal,
        chat_id=row[-2],
        age=max(0.0, row[-1]),
        address=address,
    )


def _recipient(driver: str, address: str | None, external_id: str, phone: str) -> str:
    """Returns the recipient's id: as last reported by the gateway, or as it was saved.

    A known phone number replaces an id that the gateway may not know: a LID, unless
    WPPConnect itself reported it, and a user id of the Cloud API at gateways that use a
    phone's session.
    """
    to = address or external_id
    number = external_id if external_id.isdecimal() else phone
    if to.isdecimal() or not number:
        return to
    if to.startswith(LID):
        is_known = address is not None and driver == registry.WPPCONNECT
    else:
        is_known = driver not in (registry.EVOLUTION, registry.WPPCONNECT)
    return to if is_known else number


def _file(
    driver: str, message_type: str, row: Any, name: str, made: Any
) -> outgoing.Leaving | None:
    uuid, stored, mime, size, is_voice = row
    if uuid is None:
        return None
    original = outgoing.Original(uuid, message_type, stored, mime, size, is_voice, name)
    converted = None if made[0] is None else outgoing.Converted(*made)
    return outgoing.leaving(driver, original, converted)


def _choices(text: str, content: str) -> Choices:
    values = json.loads(text)
    items = tuple((item["id"], item["title"]) for item in values["items"])
    return Choices(values["kind"], content[: values["head"]], items)


def _template(text: str) -> Template:
    values = json.loads(text)
    return Template(values["name"], values["language"], tuple(values["parameters"]))
