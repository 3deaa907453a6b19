"""Stores an operator's message to a contact and queues it for its gateway.

The worker sends it later. The message and its delivery are written in one transaction,
so every message returned to the caller is queued.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from areas.operators import OperatorScope
from chats.accounts.sessions import largest_file
from chats.accounts.templates import text_as_sent
from chats.conversations.audit import Actor, act_as
from chats.conversations.message_details import NO_EXTRAS, Extras, details_of
from chats.conversations.message_rows import Shape
from chats.conversations.queries import find_conversations
from chats.files.data_uri import SentFile
from chats.files.outgoing import refusal_sentence
from chats.files.storage import stored
from chats.gateways.base import Template
from chats.gateways.limits import (
    LARGEST_FILE_SENTENCE,
    LONGEST_TEXTS,
    TEMPLATE,
    TEMPLATE_GATEWAYS,
)
from chats.gateways.media_types import Refusal, plan
from chats.messages.consents import require_consent
from chats.messages.store import (
    FILE_CONTENT,
    LockedContact,
    NewMessage,
    quote,
    store,
)
from chats.models import ConvertedFile, Delivery, Direction, Status
from contacts.lookup import page_name, resolve_target
from contacts.manager_ref import ManagerRef
from contacts.models import Channel, Contact
from hci_center.api.subject import record_subject
from hci_center.callers import Caller
from hci_center.errors import (
    ContactNotFoundError,
    ForbiddenError,
    InvalidError,
    OperatorNotFoundError,
)

# A person answers, so the customer is no longer waiting. The rules may later check
# whether the customer answers.
_LOCK = """
UPDATE contacts_contact c
   SET last_message_at = greatest(last_message_at, %s), waiting_since = NULL
 WHERE id = %s AND deleted_at IS NULL
RETURNING id, manager_id, channel, external_id,
          (SELECT m.gateway FROM managers_manager m WHERE m.id = c.manager_id),
          (SELECT schedule_idle(c.manager_id, c.id, c.area_id)
             FROM managers_manager m WHERE m.id = c.manager_id AND m.has_automation)
"""


@dataclass(frozen=True, slots=True)
class SendContext:
    """A contact and the operator who is authorized to write to it."""

    contact: Contact
    operator_id: int
    actor: Actor


def authorize_send(
    caller: Caller,
    manager: ManagerRef,
    channel: str,
    external_id: str,
    operator_id: int,
) -> SendContext:
    """Authorizes an operator to write to a contact of the given manager.

    Raises ManagerNotFoundError, OperatorNotFoundError (also for operator 0),
    ContactNotFoundError and ForbiddenError, in that order.
    """
    target = resolve_target(
        caller,
        manager,
        channel=channel,
        external_id=external_id,
        operator_id=operator_id,
    )
    scope = target.scope()
    return _authorize(caller, target.contact(), scope)


def authorize_send_on_facebook(
    caller: Caller, external_id: str, operator_id: int
) -> SendContext:
    """Authorizes an operator to write to a Facebook contact of his own manager.

    Raises OperatorNotFoundError, ContactNotFoundError and ForbiddenError.
    """
    named = page_name(external_id)
    scope, found = find_conversations(caller, named, {}, operator_id)
    if scope is None:
        raise OperatorNotFoundError
    if not found:
        raise ContactNotFoundError
    contact = found[0].contact
    record_subject(contact.manager_id, contact.pk)
    return _authorize(caller, contact, scope)


def send_text(
    context: SendContext, text: str, extras: Extras = NO_EXTRAS, *, token: str = ""
) -> Shape:
    """Stores and queues a text; `token` is a page token for this message only.

    Raises ContactNotFoundError if the contact has been deleted in the meantime, and
    InvalidError for a quoted message that is not the contact's.
    """
    draft = _draft(context, "text", text)
    return _queue(context, draft, extras.reply_to, token=token)


def send_file(
    context: SendContext,
    message_type: str,
    file: SentFile,
    extras: Extras = NO_EXTRAS,
    *,
    token: str = "",
) -> Shape:
    """Stores and queues a file; `token` is a page token for this message only.

    Raises the errors of `send_text`, BodyTooLargeError for a file over the limit, and
    InvalidError for a file that the manager's gateway does not accept.
    """
    draft = _draft(context, message_type, FILE_CONTENT)
    draft.details = details_of(caption=extras.caption, file_name=extras.file_name)
    return _queue(context, draft, extras.reply_to, file=file, token=token)


def send_template(
    context: SendContext, template: Template, extras: Extras = NO_EXTRAS
) -> Shape:
    """Queues an approved template, shown as the customer reads it.

    Raises the errors of `send_text`, and InvalidError if the manager's gateway has no
    templates or the customer has revoked the consent to marketing.
    """
    said = template_text(context.contact.manager_id, template)
    draft = _draft(context, TEMPLATE, said)
    return _queue(context, draft, extras.reply_to, template=template)


def template_text(manager_id: int, template: Template) -> str:
    """Returns a template's text as sent, if known.

    Otherwise its name and parameters: only the gateway knows the text.
    """
    said = text_as_sent(manager_id, template)
    if said:
        return said
    parameters = ", ".join(template.parameters)
    return f"{template.name}: {parameters}" if parameters else template.name


def _authorize(caller: Caller, contact: Contact, scope: OperatorScope) -> SendContext:
    actor = act_as(caller, scope.operator_id)
    if not scope.can_see(contact.area_id, contact.operator_id):
        raise ForbiddenError
    return SendContext(contact, scope.operator_id, actor)


def _draft(context: SendContext, message_type: str, content: str) -> NewMessage:
    return NewMessage(
        direction=Direction.OUT,
        type=message_type,
        content=content,
        status=Status.WAIT,
        sender=str(context.operator_id),
    )


def _queue(
    context: SendContext,
    draft: NewMessage,
    reply_to: str,
    *,
    file: SentFile | None = None,
    token: str = "",
    template: Template | None = None,
) -> Shape:
    with stored(file) as attachment, transaction.atomic():
        draft.created_at = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [draft.created_at, context.contact.pk])
            row = cursor.fetchone()
        if row is None:
            raise ContactNotFoundError
        contact, gateway = LockedContact(*row[:4]), row[4]
        used = "messenger" if contact.channel == Channel.FACEBOOK else gateway
        require_supported(used, draft.type, draft.content)
        if template is not None:
            require_consent(contact.manager_id, contact.id, template)
        if file is not None and used in LARGEST_FILE_SENTENCE:
            _refuse_large(contact, file)
        is_converted = file is not None and _is_converted(used, draft.type, file)
        quote(contact, draft, reply_to)
        message = store(contact, draft, attachment, actor=context.actor)
        Delivery.objects.create(
            message_id=message.id,
            manager_id=contact.manager_id,
            contact_id=contact.id,
            channel=contact.channel,
            token=token,
            template=None if template is None else asdict(template),
        )
        if is_converted:
            ConvertedFile.objects.create(message_id=message.id)
    return message.shape


def require_supported(used: str, message_type: str, content: str) -> None:
    """Raises InvalidError for a message that the gateway would certainly refuse."""
    if message_type == TEMPLATE and used not in TEMPLATE_GATEWAYS:
        raise InvalidError({"name": [_("This manager's gateway has no templates.")]})
    longest = LONGEST_TEXTS.get(used)
    if message_type == "text" and longest is not None and len(content) > longest:
        sentence = _("This is longer than %d characters.") % longest
        raise InvalidError({"content": [sentence], "content2": [sentence]})


def _is_converted(used: str, message_type: str, file: SentFile) -> bool:
    """Whether the file must be converted for the gateway.

    Raises InvalidError if the gateway does not accept it in any form.
    """
    if file.found is None:
        return False
    mime, is_voice = file.found.mime, file.found.is_voice
    planned = plan(used, message_type, mime, file.size, is_voice=is_voice)
    if isinstance(planned, Refusal):
        raise InvalidError({"base64": [refusal_sentence(planned)]})
    return planned.form is not None


def _refuse_large(contact: LockedContact, file: SentFile) -> None:
    """Raises InvalidError for a file over the gateway's last known size limit."""
    largest = largest_file(contact.manager_id, contact.channel)
    if largest is not None and file.size > largest:
        sentence = _("This file is larger than the %d bytes that the gateway takes.")
        raise InvalidError({"base64": [sentence % largest]})
