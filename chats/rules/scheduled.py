"""Sends scheduled messages, each once and at its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chats.conversations.audit import Actor, Entry, record_in_open_chats
from chats.gateways.base import Template
from chats.gateways.limits import TEMPLATE
from chats.messages.consents import require_consent
from chats.messages.send import require_supported, template_text
from chats.messages.store import LockedContact, NewMessage, store
from chats.models import (
    Auto,
    ChatEvent,
    Delivery,
    Direction,
    ScheduledMessage,
    Status,
    Task,
)
from chats.rules import tasks
from chats.rules.automatic import WINDOW_GATEWAYS, is_within_window
from chats.rules.tasks import LeasedTask
from contacts.models import Channel, Contact
from hci_center.background import faults
from hci_center.database.faults import fault_of
from hci_center.errors import InvalidError

# A message that could not be sent for this long is dropped.
LATE = timedelta(hours=1)
RULE = "rule:schedule"

_DUE = """
SELECT s.id, s.text, s.template::text, s.send_at < clock_timestamp() - make_interval(secs => %s),
       s.operator_id, o.is_active
  FROM chats_scheduled s JOIN areas_operator o ON o.id = s.operator_id
 WHERE s.contact_id = %s AND s.state = 'waiting' AND s.send_at <= clock_timestamp()
 ORDER BY s.send_at, s.id
"""
_NEXT = """
SELECT min(send_at) FROM chats_scheduled WHERE contact_id = %s AND state = 'waiting'
"""
# Decides between the worker and cancellation: only one of them finds it waiting.
_END = """
UPDATE chats_scheduled SET state = %s, error = %s WHERE id = %s AND state = 'waiting'
"""
_TOUCH = """
UPDATE contacts_contact SET last_message_at = greatest(last_message_at, %s) WHERE id = %s
"""


class UnsendableError(Exception):
    """The message cannot be sent; the text explains why."""


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    text: str
    template: Template | None
    is_late: bool
    operator_id: int
    is_active: bool


def handle_scheduled(task: LeasedTask) -> None:
    """Sends a contact's due messages and schedules the task for the next one.

    A deleted contact gets nothing: deleting has cancelled its messages.
    """
    contact = (
        Contact.objects.select_for_update(no_key=True, of=("self",))
        .select_related("manager")
        .defer("manager__facebook_token", "manager__gateway_settings")
        .filter(pk=task.contact_id or 0, deleted_at=None)
        .first()
    )
    if contact is None:
        return
    for due in _due_messages(contact.pk):
        _send_or_end(contact, due)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [contact.pk])
        (upcoming,) = cursor.fetchone()
    if upcoming is not None:
        schedule_task(contact, upcoming, soonest=False)


def schedule_task(contact: Contact, at: datetime, *, soonest: bool = True) -> None:
    """Schedules the contact's task for that time."""
    tasks.schedule(
        Task.Kind.SCHEDULED,
        contact.manager_id,
        contact_id=contact.pk,
        run_at=at,
        soonest=soonest,
    )


def _due_messages(contact_id: int) -> Sequence[_Due]:
    with connection.cursor() as cursor:
        cursor.execute(_DUE, [LATE.total_seconds(), contact_id])
        return [
            _Due(pk, text, None if kept is None else template_of(kept), *rest)
            for pk, text, kept, *rest in cursor.fetchall()
        ]


def template_of(kept: str) -> Template:
    """Returns the template of a stored row."""
    values = orjson.loads(kept)
    return Template(values["name"], values["language"], tuple(values["parameters"]))


def _send_or_end(contact: Contact, due: _Due) -> None:
    """Sends one message; an error in it fails it, and does not block others."""
    if due.is_late:
        _end(due, ScheduledMessage.State.MISSED)
        return
    try:
        with transaction.atomic():
            if _end(due, ScheduledMessage.State.SENT):
                _send(contact, due)
    except (UnsendableError, InvalidError) as error:
        _end(due, ScheduledMessage.State.FAILED, _sentence(error))
    except Exception as error:
        if fault_of(error) is not None:
            raise  # a database error: the task is retried
        faults.record("rules", "scheduled", error, f"scheduled message {due.id}")
        _end(due, ScheduledMessage.State.FAILED, _("It could not be sent."))


def _end(due: _Due, state: str, error: str = "") -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_END, [state, error[:500], due.id])
        return bool(cursor.rowcount)


def _sentence(error: Exception) -> str:
    if isinstance(error, InvalidError):
        fields = error.more.get("fields", {})
        return next((str(one[0]) for one in fields.values()), str(error.sentence))
    return str(error)


def _send(contact: Contact, due: _Due) -> None:
    """Stores and queues it as the operator's message, in the open chat or a new one."""
    if not due.is_active:
        raise UnsendableError(_("The operator is no longer active."))
    gateway = contact.manager.gateway
    if contact.channel == Channel.FACEBOOK:
        gateway = "messenger"
    template = _template_to_send(contact, due, gateway)
    now = timezone.now()
    draft = NewMessage(
        direction=Direction.OUT,
        type="text" if template is None else TEMPLATE,
        content=due.text
        if template is None
        else template_text(contact.manager_id, template),
        status=Status.WAIT,
        sender=str(due.operator_id),
        created_at=now,
        auto=Auto.SCHEDULE,
    )
    require_supported(gateway, draft.type, draft.content)
    if template is not None:
        require_consent(contact.manager_id, contact.pk, template)
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH, [now, contact.pk])
    locked = LockedContact(
        contact.pk, contact.manager_id, contact.channel, contact.external_id
    )
    actor = Actor(RULE, due.operator_id)
    message = store(locked, draft, None, actor=actor)
    Delivery.objects.create(
        message_id=message.id,
        manager_id=contact.manager_id,
        contact_id=contact.pk,
        channel=contact.channel,
        template=None if template is None else asdict(template),
    )
    detail: dict[str, Any] = {"scheduled": due.id}
    entry = Entry(ChatEvent.Kind.SCHEDULED)
    record_in_open_chats([contact.pk], [entry], actor=actor, detail=detail)


def _template_to_send(contact: Contact, due: _Due, gateway: str) -> Template | None:
    """Returns the template to send, or None for the text.

    With both, the text is sent while the reply window is open. Raises UnsendableError
    for a text after that.
    """
    is_open = gateway not in WINDOW_GATEWAYS or is_within_window(contact)
    if due.text and is_open:
        return None
    if due.template is None:
        raise UnsendableError(
            _("Free texts can no longer be sent to this customer, only templates.")
        )
    return due.template
