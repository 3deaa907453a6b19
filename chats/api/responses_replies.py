"""Response schemas of quick replies for the API documentation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ReplyShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    shortcut = serializers.CharField()
    scope = serializers.ChoiceField(["manager", "area", "operator"])
    area = serializers.CharField(help_text='The code; "" in the other scopes.')
    title = serializers.CharField()
    text = serializers.CharField()
    filled = serializers.CharField(
        allow_null=True, help_text="For the contact; null where none was given."
    )
    missing = serializers.ListField(
        child=serializers.CharField(),
        help_text="The variables of the text that have no value.",
    )
    url = serializers.CharField(help_text='A signed link to its file; "" without one.')
    type = serializers.ChoiceField(
        ["image", "audio", "video", "pdf", "file"], required=False
    )
    fileName = serializers.CharField(required=False)
    fileSize = serializers.IntegerField(required=False)


class ReplyListShape(serializers.Serializer[Any]):
    replies = ReplyShape(many=True)
