"""An operator writes to a contact: the message waits for its gateway from then on.

Nothing is sent here. The message and what its delivery needs are one transaction, so
a message that was answered is one that will be tried.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from areas.operators import OperatorScope
from chats.accounts.health import largest_file
from chats.conversations.audit import Actor, act_as
from chats.conversations.message_details import NO_EXTRAS, Extras, details_of
from chats.conversations.queries import Shape, find_conversations
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
from chats.messages.store import FILE_CONTENT, LockedContact, NewMessage, quote, store
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

_LOCK = """
UPDATE contacts_contact SET last_message_at = greatest(last_message_at, %s)
 WHERE id = %s AND deleted_at IS NULL
RETURNING id, manager_id, channel, external_id,
          (SELECT m.gateway FROM managers_manager m
            WHERE m.id = contacts_contact.manager_id)
"""


@dataclass(frozen=True, slots=True)
class SendContext:
    """Who writes to whom: a contact, and the actor who was found to be allowed to."""

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
    """To a contact of the manager that is named.

    Raises ManagerNotFoundError, OperatorNotFoundError (for nobody, too),
    ContactNotFoundError and ForbiddenError, in that order.
    """
    addressed = resolve_target(
        caller,
        manager,
        channel=channel,
        external_id=external_id,
        operator_id=operator_id,
    )
    sight = addressed.scope()
    return _authorize(caller, addressed.contact(), sight)


def authorize_send_on_facebook(
    caller: Caller, external_id: str, operator_id: int
) -> SendContext:
    """To a Facebook contact of the operator's own manager; raises as `letter_to`."""
    named = page_name(external_id)
    sight, found = find_conversations(caller, named, {}, operator_id)
    if sight is None:
        raise OperatorNotFoundError
    if not found:
        raise ContactNotFoundError
    contact = found[0].contact
    record_subject(contact.manager_id, contact.pk)
    return _authorize(caller, contact, sight)


def send_text(
    letter: SendContext, text: str, extras: Extras = NO_EXTRAS, *, token: str = ""
) -> Shape:
    """Stores the text and queues it; a page token that is given is for it alone.

    Raises ContactNotFoundError when the contact has been deleted meanwhile, and
    InvalidError for a quoted message that is not the contact's.
    """
    draft = _draft(letter, "text", text)
    return _queue(letter, draft, extras.reply_to, token=token)


def send_file(
    letter: SendContext,
    message_type: str,
    file: SentFile,
    extras: Extras = NO_EXTRAS,
    *,
    token: str = "",
) -> Shape:
    """The same of a file. Raises BodyTooLargeError for one over the limit, and
    InvalidError for one that the manager's gateway would not take, too."""
    draft = _draft(letter, message_type, FILE_CONTENT)
    draft.details = details_of(caption=extras.caption, file_name=extras.file_name)
    return _queue(letter, draft, extras.reply_to, file=file, token=token)


def send_template(
    letter: SendContext, template: Template, extras: Extras = NO_EXTRAS
) -> Shape:
    """Queues an approved template, whose text only the gateway knows.

    Raises InvalidError where the manager's gateway has none, too.
    """
    said = ", ".join(template.parameters)
    text = f"{template.name}: {said}" if said else template.name
    draft = _draft(letter, TEMPLATE, text)
    return _queue(letter, draft, extras.reply_to, template=template)


def _authorize(caller: Caller, contact: Contact, sight: OperatorScope) -> SendContext:
    actor = act_as(caller, sight.operator_id)
    if not sight.can_see(contact.area_id, contact.operator_id):
        raise ForbiddenError
    return SendContext(contact, sight.operator_id, actor)


def _draft(letter: SendContext, message_type: str, content: str) -> NewMessage:
    return NewMessage(
        direction=Direction.OUT,
        type=message_type,
        content=content,
        status=Status.WAIT,
        sender=str(letter.operator_id),
    )


def _queue(
    letter: SendContext,
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
            cursor.execute(_LOCK, [draft.created_at, letter.contact.pk])
            row = cursor.fetchone()
        if row is None:
            raise ContactNotFoundError
        contact, gateway = LockedContact(*row[:-1]), row[-1]
        used = "messenger" if contact.channel == Channel.FACEBOOK else gateway
        _require_supported(used, draft.type, draft.content)
        if file is not None and used in LARGEST_FILE_SENTENCE:
            _refuse_large(contact, file)
        is_converted = file is not None and _is_converted(used, draft.type, file)
        quote(contact, draft, reply_to)
        message = store(contact, draft, attachment, actor=letter.actor)
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


def _require_supported(used: str, message_type: str, content: str) -> None:
    """What the gateway would refuse for certain is refused before it waits."""
    if message_type == TEMPLATE and used not in TEMPLATE_GATEWAYS:
        raise InvalidError({"name": [_("This manager's gateway has no templates.")]})
    longest = LONGEST_TEXTS.get(used)
    if message_type == "text" and longest is not None and len(content) > longest:
        sentence = _("This is longer than %d characters.") % longest
        raise InvalidError({"content": [sentence], "content2": [sentence]})


def _is_converted(used: str, message_type: str, file: SentFile) -> bool:
    """Whether the gateway takes the file in another form only.

    Raises InvalidError for one that it takes in none.
    """
    if file.found is None:
        return False
    mime, is_voice = file.found.mime, file.found.is_voice
    planned = plan(used, message_type, mime, file.size, is_voice=is_voice)
    if isinstance(planned, Refusal):
        raise InvalidError({"base64": [refusal_sentence(planned)]})
    return planned.form is not None


def _refuse_large(contact: LockedContact, file: SentFile) -> None:
    """By what the gateway said when it was last asked: it is not asked now."""
    largest = largest_file(contact.manager_id, contact.channel)
    if largest is not None and file.size > largest:
        sentence = _("This file is larger than the %d bytes that the gateway takes.")
        raise InvalidError({"base64": [sentence % largest]})
