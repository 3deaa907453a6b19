"""The request bodies of the calls about chats and messages."""

from __future__ import annotations

from django.utils.translation import gettext as _

from chats.api.fields import DataUri, MessageId, MessageType
from chats.api.serializers.message_extras import Quoting, WithFile, take_caption
from chats.messages.base64_text import (
    LONGEST_BASE64_CONTENT,
    LONGEST_CONTENT,
    decode_base64_text,
    decode_where_written,
)
from chats.rules.closing import CAUSES, LONGEST_CODE
from contacts.aliases import names_of_sender
from contacts.api.serializers import Transferred, whatsapp_contact
from contacts.models import Channel
from hci_center.api.fields import (
    ContactId,
    Flag,
    Integer,
    OneOf,
    OperatorId,
    Phone,
    PublicId,
    Text,
    TimestampField,
)
from hci_center.api.parsers import ContactKey, WrongValueError, parse_text
from hci_center.api.request_schema import Body, Fields, Wrong, require_one_of

MESSENGER_LONGEST_TEXT = 2000


class Narrowed(Body):
    """`number` or `facebookId` names the manager, if the contact alone is ambiguous."""

    number = Phone(required=False)
    facebookId = PublicId(required=False)


class WhatsAppContact(Body):
    """`contactNumber` names the contact; `contactId` names one without a phone number."""

    contactNumber = Phone(required=False)
    contactId = ContactId(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        """Stores the key of the contact in `contact`."""
        super().validate_fields(values, wrong)
        if "contactNumber" in values:
            phone = values["contactNumber"]
            values["contact"] = ContactKey(phone, str(phone))
        elif "contactId" in values:
            values["contact"] = values["contactId"]
            whatsapp_contact(values["contactId"], wrong)
        elif not {"contactNumber", "contactId"} & wrong.keys():
            wrong["contactNumber"] = [_("This field is required.")]


class FacebookContact(Body):
    contactId = PublicId()

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        """Stores the key of the contact in `contact`."""
        super().validate_fields(values, wrong)
        if "contactId" in values:
            values["contact"] = ContactKey(None, values["contactId"])


class OpenChat(WhatsAppContact, Narrowed):
    # Not the acting operator: it only narrows the search to that operator's manager.
    operatorId = OperatorId(required=False)


class OpenFacebookChat(FacebookContact, Narrowed):
    operatorId = OperatorId(required=False)


class ReadChat(Narrowed):
    operatorId = OperatorId()
    contactId = ContactId()


class ListMessages(ReadChat):
    before = MessageId(required=False)
    after = MessageId(required=False)
    limit = Integer(1, 1000, required=False)
    closed = Flag(required=False)
    protocols = Flag(required=False)


class ChangeOperator(Narrowed, Transferred):
    contactId = ContactId()
    operatorId = OperatorId()


class DeleteChat(Narrowed):
    contactId = ContactId()
    operatorId = OperatorId(required=False)
    cause = OneOf(*CAUSES, required=False)
    reason = Text(LONGEST_CODE, required=False)
    survey = Flag(required=False)


class RecordMessage(WithFile):
    """A message of a contact, or one that a bot or controller sent."""

    facebookId = PublicId(required=False)
    managerNumber = Phone(required=False)
    number = Phone(required=False)
    contactId = ContactId(required=False)
    contactNumber = Phone(required=False)
    # `from` is a keyword in Python.
    vars()["from"] = Text(64)
    type = MessageType(required=False)
    supertype = MessageType(required=False)
    content = Text(LONGEST_BASE64_CONTENT, required=False)
    url = Text(2048, required=False)
    base64 = DataUri(required=False)
    messageId = Text(255, required=False)
    timestamp = TimestampField(required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        """Stores the manager's number in `number`, the contact in `channel` and
        `external_id`, the possible names of the sender in `senders`, and the message's
        final `type`, `content` and `caption`.
        """
        _validate_manager(values, wrong)
        _validate_contact(values, wrong)
        values["senders"] = names_of_sender(
            values.get("channel"), values.get("from", "")
        )
        _validate_type(values, wrong)
        if values["type"] == "text":
            _validate_content(values, wrong)
        else:
            require_one_of(values, wrong, "url", "base64")
            take_caption(values)


def _validate_manager(values: Fields, wrong: Wrong) -> None:
    numbers = {values[name] for name in ("managerNumber", "number") if name in values}
    if len(numbers) > 1:
        wrong["number"] = [_("These numbers belong to different managers.")]
    for number in numbers:
        values["number"] = number
    if not {"facebookId", "managerNumber", "number"} & (values.keys() | wrong.keys()):
        require_one_of(values, wrong, "managerNumber", "facebookId")


def _validate_contact(values: Fields, wrong: Wrong) -> None:
    by_page = "facebookId" in values and "number" not in values
    key: ContactKey | None = values.get("contactId")
    if key is not None and by_page:
        values["channel"], values["external_id"] = Channel.FACEBOOK, key.facebook_id
        if key.facebook_id is None:
            wrong["contactId"] = [_("An id has 1 to 64 letters, digits or _ . : -")]
    elif "contactNumber" in values:
        values["channel"] = Channel.WHATSAPP
        values["external_id"] = str(values["contactNumber"])
    elif key is not None:
        values["channel"], values["external_id"] = whatsapp_contact(key, wrong)
    elif not {"contactNumber", "contactId"} & wrong.keys():
        wrong["contactId" if by_page else "contactNumber"] = [
            _("This field is required.")
        ]


def _validate_type(values: Fields, wrong: Wrong) -> None:
    declared = values.get("type") or values.get("supertype")
    if declared is None:
        has_file = "url" in values or "base64" in values
        declared = "file" if has_file and "content" not in values else "text"
    if declared == "base64":
        if "content" in values:
            values["content"] = decode_where_written(values["content"])
        declared = "text"
    values["type"] = declared


def _validate_content(values: Fields, wrong: Wrong) -> None:
    if "content" in values:
        if len(values["content"]) > LONGEST_CONTENT:
            wrong["content"] = [
                _("This is longer than %d characters.") % LONGEST_CONTENT
            ]
    elif "content" not in wrong:
        wrong["content"] = [_("This field is required.")]


class SendText(Quoting):
    """A text, plain in `content2` or as base64 in `content`; `content2` takes precedence."""

    content = Text(LONGEST_BASE64_CONTENT, required=False)
    content2 = Text(LONGEST_CONTENT, required=False)
    operatorId = OperatorId()

    longest = LONGEST_CONTENT

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        """Stores the text in `text`."""
        super().validate_fields(values, wrong)
        require_one_of(values, wrong, "content", "content2")
        if "content2" in values:
            values["text"], name = values["content2"], "content2"
        elif "content" in values:
            values["text"], name = _decode(values["content"], wrong), "content"
        else:
            return
        if len(values["text"]) > cls.longest:
            wrong[name] = [_("This is longer than %d characters.") % cls.longest]


def _decode(content: str, wrong: Wrong) -> str:
    text = decode_base64_text(content)
    if not text:
        wrong["content"] = [_("This must be strict base64 of a UTF-8 text.")]
        return ""
    try:
        return parse_text(text, LONGEST_CONTENT)
    except WrongValueError as error:
        wrong["content"] = [error.sentence]
        return ""


class SendTextByController(SendText, WhatsAppContact):
    pass


class SendTextByPage(SendText, FacebookContact, Narrowed):
    token = Text(4096, required=False)

    longest = MESSENGER_LONGEST_TEXT


class ReportStatus(Body):
    number = Phone(required=False)
    facebookId = PublicId(required=False)
    messageId = Text(255)
    status = OneOf("sent", "delivered", "read", "failed")
    error = Text(500, required=False)

    @classmethod
    def validate_fields(cls, values: Fields, wrong: Wrong) -> None:
        require_one_of(values, wrong, "number", "facebookId")
