"""Response schemas of quick replies and options for the API documentation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ReplyShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    shortcut = serializers.CharField()
    scope = serializers.ChoiceField(["manager", "area", "operator"])
    area = serializers.CharField(
        help_text='The code of the area; empty ("") in the other scopes.'
    )
    title = serializers.CharField()
    text = serializers.CharField()
    filled = serializers.CharField(
        allow_null=True,
        help_text="The text with the variables of the contact; null if no contact was given.",
    )
    missing = serializers.ListField(
        child=serializers.CharField(),
        help_text="The variables of the text that have no value.",
    )
    url = serializers.CharField(
        help_text='A signed link to the file; empty ("") if there is none.'
    )
    type = serializers.ChoiceField(
        ["image", "audio", "video", "pdf", "file"], required=False
    )
    fileName = serializers.CharField(required=False)
    fileSize = serializers.IntegerField(required=False)


class ReplyListShape(serializers.Serializer[Any]):
    replies = ReplyShape(many=True)


class ReasonShape(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class ClosingReasonShape(ReasonShape):
    area = serializers.CharField(
        help_text='The code of the only area that has the reason; "" is all areas.'
    )


class PauseReasonShape(ReasonShape):
    minutes = serializers.IntegerField(
        help_text="The expected length of the pause; 0 if it is not set."
    )


class TagShape(ReasonShape):
    colour = serializers.CharField(help_text="As `#rrggbb`.")


class AreaOptionsShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    open = serializers.BooleanField()
    opensAt = serializers.DateTimeField(allow_null=True)
    closingReasonRequired = serializers.BooleanField()
    transferReasonRequired = serializers.BooleanField()


class OptionsShape(serializers.Serializer[Any]):
    closingReasons = ClosingReasonShape(many=True)
    transferReasons = ReasonShape(many=True)
    pauseReasons = PauseReasonShape(many=True)
    tags = TagShape(many=True)
    variables = serializers.ListField(child=serializers.CharField())
    menuOn = serializers.BooleanField()
    areas = AreaOptionsShape(many=True)
    gateway = serializers.CharField()
    largestFile = serializers.IntegerField(help_text="In bytes.")
    longestText = serializers.IntegerField(help_text="In characters.")
    supervisors = serializers.ListField(
        child=serializers.CharField(), help_text="The names of the supervisors."
    )
