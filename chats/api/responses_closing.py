"""Response schemas of closing and surveys for the API documentation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chats.models import Survey


class ClosedShape(serializers.Serializer[Any]):
    protocol = serializers.CharField()
    reason = serializers.CharField(
        help_text='The code of the closing reason; empty ("") if none was given.'
    )
    survey = serializers.BooleanField(help_text="Whether the customer was asked.")


class SurveyShape(serializers.Serializer[Any]):
    protocol = serializers.CharField()
    state = serializers.ChoiceField(Survey.State.values)
    rating = serializers.IntegerField(allow_null=True, min_value=1, max_value=5)
    comment = serializers.CharField(allow_blank=True)
    operatorId = serializers.CharField(
        help_text='The operator who held the chat; "0" if nobody did.'
    )
    area = serializers.CharField(
        help_text='The code of the area; empty ("") if there was none.'
    )
    askedAt = serializers.DateTimeField()
    answeredAt = serializers.DateTimeField(allow_null=True)


class SurveyListShape(serializers.Serializer[Any]):
    surveys = SurveyShape(many=True)
    next = serializers.CharField(allow_null=True)
