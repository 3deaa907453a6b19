"""Response schemas of chats and messages for the API documentation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from areas.api.openapi import PresentOperatorShape
from contacts.api.openapi import PersonId


@extend_schema_field({"type": ["integer", "string"]})
class ChatOperatorId(serializers.Field[Any, Any, Any, Any]):
    """A string, or the number 0."""


class ReactionShape(serializers.Serializer[Any]):
    # `from` is a keyword in Python.
    vars()["from"] = PersonId(
        help_text="A number if the WhatsApp contact reacted; otherwise a string."
    )
    emoji = serializers.CharField()


class OriginShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["ad", "post", "ref", "product"])
    ref = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()


class MessageShape(serializers.Serializer[Any]):
    content = serializers.CharField()
    type = serializers.CharField(
        help_text="`text`, `image`, `audio`, `video`, `pdf`, `file` or another type."
    )
    # `from` is a keyword in Python.
    vars()["from"] = PersonId(
        help_text="The sender: a number for the WhatsApp contact, otherwise a string."
    )
    status = serializers.ChoiceField(["wait", "sent", "delivered", "read", "failed"])
    url = serializers.CharField(
        required=False, help_text="A link to the file; absent for a text."
    )
    id = serializers.UUIDField()
    createdAt = serializers.DateTimeField()
    direction = serializers.ChoiceField(["in", "out"])
    error = serializers.CharField(
        required=False,
        help_text="Why the message failed, or why the account holds it back.",
    )
    auto = serializers.CharField(
        required=False,
        help_text="How the message was created if no operator wrote it here: `menu`, "
        "`away`, `idle`, `closing` and `survey` are automatic messages, "
        "`schedule` is an operator's scheduled message, `phone` was written on "
        "the phone of the account.",
    )
    caption = serializers.CharField(
        required=False, help_text="The text that accompanies a file."
    )
    fileName = serializers.CharField(
        required=False,
        help_text="The name that the sender gave the file; never a path.",
    )
    fileSize = serializers.IntegerField(
        required=False, help_text="The size in bytes of a stored file."
    )
    replyTo = serializers.UUIDField(
        required=False, help_text="The id of the message that this message quotes."
    )
    reactions = ReactionShape(many=True, required=False)
    origin = OriginShape(
        required=False,
        help_text="What led the customer to write this message, such as an ad.",
    )
    edited = serializers.DateTimeField(
        required=False,
        help_text="When the text was edited; `content` is the new text.",
    )
    deleted = serializers.DateTimeField(
        required=False,
        help_text="When the sender deleted the message. The content is kept here for the "
        "record; clients show the message as deleted.",
    )


class ListedMessageShape(MessageShape):
    protocol = serializers.CharField(
        required=False,
        help_text="The protocol of the message's chat; with `closed` and `protocols` only.",
    )


class ChatShape(serializers.Serializer[Any]):
    contactId = PersonId()
    operatorId = ChatOperatorId(
        help_text="The operator of the chat; the number 0 if there is none."
    )
    messages = MessageShape(many=True)
    protocol = serializers.CharField()


class SessionShape(serializers.Serializer[Any]):
    state = serializers.ChoiceField(["unknown", "open", "connecting", "qr", "closed"])
    since = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    qr = serializers.CharField(allow_null=True, required=False)


class TemplateShape(serializers.Serializer[Any]):
    name = serializers.CharField()
    language = serializers.CharField()
    category = serializers.CharField(help_text="The category as the platform names it.")
    text = serializers.CharField(
        help_text="The text; `{{1}}` is replaced by the first value."
    )
    parameters = serializers.IntegerField(help_text="The number of values.")


class TemplatesShape(serializers.Serializer[Any]):
    templates = TemplateShape(many=True)


class HandedOverChatShape(serializers.Serializer[Any]):
    contactNumber = PersonId(help_text="The same as `contactId`, on both channels.")
    contactId = PersonId()
    operatorId = ChatOperatorId(
        help_text="The operator of the chat; the number 0 if there is none."
    )
    messages = MessageShape(many=True)


class LoadedOperatorShape(PresentOperatorShape):
    load = serializers.IntegerField(min_value=0)
    cap = serializers.IntegerField(min_value=0)
    givenAt = serializers.DateTimeField(allow_null=True)


class OperatorsShape(serializers.Serializer[Any]):
    operators = LoadedOperatorShape(many=True)
