"""The shapes of chats and messages, as the API's document tells them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from contacts.documentation import PersonId


@extend_schema_field({"type": ["integer", "string"]})
class ChatOperatorId(serializers.Field[Any, Any, Any, Any]):
    """A text, or the number 0."""


class MessageShape(serializers.Serializer[Any]):
    content = serializers.CharField()
    type = serializers.CharField(help_text="text, image, audio, video, pdf, file, …")
    # `from` is no name in Python.
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


class HandedOverChatShape(serializers.Serializer[Any]):
    contactNumber = PersonId(help_text="The contact's id, whatever the channel.")
    contactId = PersonId()
    operatorId = ChatOperatorId(help_text="The number 0 where nobody answers it.")
    messages = MessageShape(many=True)
