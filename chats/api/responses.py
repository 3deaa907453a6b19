"""Response schemas of chats and messages for the API documentation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from areas.api.openapi import PresentOperatorShape
from contacts.api.openapi import PersonId


@extend_schema_field({"type": ["integer", "string"]})
class ChatOperatorId(serializers.Field[Any, Any, Any, Any]):
    """A text, or the number 0."""


class ReactionShape(serializers.Serializer[Any]):
    # `from` is a keyword in Python.
    vars()["from"] = PersonId(help_text="A number when it is the contact itself.")
    emoji = serializers.CharField()


class OriginShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["ad", "post", "ref", "product"])
    ref = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField()


class MessageShape(serializers.Serializer[Any]):
    content = serializers.CharField()
    type = serializers.CharField(help_text="text, image, audio, video, pdf, file, …")
    # `from` is a keyword in Python.
    vars()["from"] = PersonId(
        help_text="A number when it is the WhatsApp contact itself, else a text."
    )
    status = serializers.ChoiceField(["wait", "sent", "delivered", "read", "failed"])
    url = serializers.CharField(required=False, help_text="Where it is not a text.")
    id = serializers.UUIDField()
    createdAt = serializers.DateTimeField()
    direction = serializers.ChoiceField(["in", "out"])
    error = serializers.CharField(
        required=False, help_text="When it failed, or is held back by its account."
    )
    auto = serializers.CharField(
        required=False,
        help_text="Written by the service: `menu`, `away`, `idle`, `closing`, `survey`; "
        "`schedule`: an operator's message for later; `phone`: on the account's phone.",
    )
    caption = serializers.CharField(required=False, help_text="Said with a file.")
    fileName = serializers.CharField(
        required=False, help_text="What the sender calls the file; never a path."
    )
    fileSize = serializers.IntegerField(
        required=False, help_text="Bytes of a stored file."
    )
    replyTo = serializers.UUIDField(
        required=False, help_text="The message that this one quotes."
    )
    reactions = ReactionShape(many=True, required=False)
    origin = OriginShape(
        required=False, help_text="What led the customer here with this message."
    )
    edited = serializers.DateTimeField(
        required=False,
        help_text="When its text was replaced; `content` is the new one.",
    )
    deleted = serializers.DateTimeField(
        required=False,
        help_text="When its sender took it back. The content stays here as the record; "
        "clients show the message as deleted.",
    )


class ListedMessageShape(MessageShape):
    protocol = serializers.CharField(
        required=False, help_text="Of its chat, with `closed` and `protocols`."
    )


class ChatShape(serializers.Serializer[Any]):
    contactId = PersonId()
    operatorId = ChatOperatorId(help_text="The number 0 where nobody answers it.")
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
    category = serializers.CharField(help_text="As the platform names it.")
    text = serializers.CharField(help_text="`{{1}}` stands for the first value.")
    parameters = serializers.IntegerField(help_text="The number of values.")


class TemplatesShape(serializers.Serializer[Any]):
    templates = TemplateShape(many=True)


class HandedOverChatShape(serializers.Serializer[Any]):
    contactNumber = PersonId(help_text="The contact's id, whatever the channel.")
    contactId = PersonId()
    operatorId = ChatOperatorId(help_text="The number 0 where nobody answers it.")
    messages = MessageShape(many=True)


class LoadedOperatorShape(PresentOperatorShape):
    load = serializers.IntegerField(min_value=0)
    cap = serializers.IntegerField(min_value=0)
    givenAt = serializers.DateTimeField(allow_null=True)


class OperatorsShape(serializers.Serializer[Any]):
    operators = LoadedOperatorShape(many=True)
