"""Response schemas of scheduled messages for the API documentation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chats.models import ScheduledMessage


class ScheduledShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    text = serializers.CharField(help_text='Empty ("") if only a template was given.')
    sendAt = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=ScheduledMessage.State.values)
    operatorId = serializers.CharField(
        help_text="The operator as whom the message is sent."
    )
    name = serializers.CharField(required=False, help_text="The name of the template.")
    language = serializers.CharField(
        required=False, help_text="The language of the template."
    )
    parameters = serializers.ListField(child=serializers.CharField(), required=False)
    error = serializers.CharField(
        required=False, help_text="Why the message was not sent."
    )


class ScheduledListShape(serializers.Serializer[Any]):
    scheduled = ScheduledShape(many=True)
