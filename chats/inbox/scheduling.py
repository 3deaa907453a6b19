"""Scheduled messages: operators create, list and cancel them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _

from chats.conversations.audit import act_as
from chats.conversations.message_rows import Shape
from chats.conversations.queries import find_conversations
from chats.conversations.reading import ReadRequest, named_contact
from chats.gateways.base import Template
from chats.gateways.limits import TEMPLATE
from chats.messages.consents import require_consent
from chats.messages.send import require_supported
from chats.rules.scheduled import schedule_task
from contacts.lookup import lock_contact
from contacts.models import Channel, Contact
from contacts.queries import AS_TIME
from hci_center.api.subject import record_subject
from hci_center.callers import Caller
from hci_center.errors import (
    AlreadySentError,
    AmbiguousContactError,
    ContactNotFoundError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    OperatorNotFoundError,
)
from managers.models import Manager

EARLIEST, LATEST = timedelta(seconds=1), timedelta(days=90)
# The limit of waiting messages per contact.
MOST_WAITING = 100

_SHAPE = f"""s.id::text, s.text, {AS_TIME.format("s.send_at")}, s.state,
       s.operator_id::text, s.template::text, s.error"""
_INSERT = f"""
WITH s AS (
  INSERT INTO chats_scheduled (manager_id, contact_id, operator_id, text, template,
                               send_at, state, error, created_at)
  SELECT %(manager)s, %(contact)s, %(operator)s, %(text)s, %(template)s::jsonb,
         %(at)s, 'waiting', '', clock_timestamp()
   WHERE (SELECT count(*) FROM chats_scheduled x
           WHERE x.contact_id = %(contact)s AND x.state = 'waiting') < {MOST_WAITING}
  RETURNING *)
SELECT {_SHAPE} FROM s
"""  # noqa: S608 - of columns
_IS_AHEAD = """
SELECT %(at)s::timestamptz BETWEEN clock_timestamp() + %(earliest)s
                               AND clock_timestamp() + %(latest)s
"""
# Waiting messages, and those of the last week that were not sent.
_LIST = f"""
SELECT {_SHAPE} FROM chats_scheduled s
 WHERE s.contact_id = %s
   AND (s.state = 'waiting'
        OR s.state IN ('missed', 'failed')
           AND s.send_at > clock_timestamp() - interval '7 days')
 ORDER BY s.send_at, s.id
"""  # noqa: S608 - of columns
# Decides between cancellation and the worker: only one of them finds it waiting.
_CANCEL = """
UPDATE chats_scheduled SET state = 'cancelled'
 WHERE id = %(id)s AND contact_id = %(contact)s AND state = 'waiting'
"""
_STATE = (
    "SELECT state FROM chats_scheduled WHERE id = %(id)s AND contact_id = %(contact)s"
)


@dataclass(frozen=True, slots=True)
class Later:
    """A text, a template or both, and when to send it.

    With both, the template is sent if the reply window is closed by then.
    """

    send_at: datetime
    text: str = ""
    template: Template | None = None


def schedule_message(caller: Caller, request: ReadRequest, later: Later) -> Shape:
    """Stores a scheduled message and returns it.

    Raises the errors of `find_contact`, and InvalidError for a time that is not 1
    second to 90 days ahead, a message that the manager's gateway would refuse, or
    marketing without the customer's consent.
    """
    with transaction.atomic():
        contact = find_contact(caller, request, is_locked=True)
        _refuse_wrong(contact, later)
        template = later.template
        values: dict[str, Any] = {
            "manager": contact.manager_id,
            "contact": contact.pk,
            "operator": request.operator_id,
            "text": later.text,
            "template": None if template is None else _as_json(template),
            "at": later.send_at,
        }
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, values)
            row = cursor.fetchone()
        if row is None:
            sentence = (
                _("At most %d messages can be scheduled for a contact.") % MOST_WAITING
            )
            raise InvalidError({"sendAt": [sentence]})
        schedule_task(contact, later.send_at)
    return _shape(*row)


def list_scheduled(caller: Caller, request: ReadRequest) -> list[Shape]:
    """Returns the contact's waiting messages, and those of the last week not sent."""
    contact = find_contact(caller, request)
    with connection.cursor() as cursor:
        cursor.execute(_LIST, [contact.pk])
        return [_shape(*row) for row in cursor.fetchall()]


def cancel_scheduled(caller: Caller, request: ReadRequest, message_id: int) -> None:
    """Cancels a message.

    Raises the errors of `find_contact`, NotFoundError if it is not the contact's or is
    already cancelled, and AlreadySentError if it has been sent or has expired.
    """
    contact = find_contact(caller, request)
    values = {"id": message_id, "contact": contact.pk}
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL, values)
        if cursor.rowcount:
            return
        cursor.execute(_STATE, values)
        row = cursor.fetchone()
    if row is None or row[0] == "cancelled":
        raise NotFoundError
    raise AlreadySentError


def find_contact(
    caller: Caller, request: ReadRequest, *, is_locked: bool = False
) -> Contact:
    """Returns the contact, if the operator of the request may write to it.

    `is_locked` locks it in the caller's transaction. Raises OperatorNotFoundError (also
    for operator 0), ContactNotFoundError, AmbiguousContactError and ForbiddenError.
    """
    scope, found = find_conversations(
        caller, named_contact(request), request.manager, request.operator_id
    )
    if scope is None:
        raise OperatorNotFoundError
    act_as(caller, scope.operator_id)
    if not found:
        raise ContactNotFoundError
    if len(found) > 1:
        raise AmbiguousContactError
    contact = found[0].contact
    record_subject(contact.manager_id, contact.pk)
    if is_locked:
        # It may have been moved since it was found.
        contact = lock_contact(contact.pk)
    if not scope.can_see(contact.area_id, contact.operator_id):
        raise ForbiddenError
    return contact


def _refuse_wrong(contact: Contact, later: Later) -> None:
    values: dict[str, Any] = {
        "at": later.send_at,
        "earliest": EARLIEST,
        "latest": LATEST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_IS_AHEAD, values)
        (is_ahead,) = cursor.fetchone()
    if not is_ahead:
        raise InvalidError(
            {"sendAt": [_("This must be 1 second to 90 days from now.")]}
        )
    gateway = "messenger"
    if contact.channel != Channel.FACEBOOK:
        gateway = Manager.objects.values_list("gateway", flat=True).get(
            pk=contact.manager_id
        )
    if later.text:
        require_supported(gateway, "text", later.text)
    if later.template is not None:
        require_supported(gateway, TEMPLATE, "")
        require_consent(contact.manager_id, contact.pk, later.template)


def _as_json(template: Template) -> str:
    return orjson.dumps(asdict(template)).decode()


def _shape(
    message_id: str,
    text: str,
    send_at: str,
    state: str,
    operator_id: str,
    template: str | None,
    error: str,
) -> Shape:
    more: Mapping[str, Any] = {} if template is None else orjson.loads(template)
    shape: Shape = {
        "id": message_id,
        "text": text,
        "sendAt": send_at,
        "state": state,
        "operatorId": operator_id,
        **more,
    }
    return shape | {"error": error} if error else shape
