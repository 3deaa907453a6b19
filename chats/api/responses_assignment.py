"""The answer of the trial of an assignment."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chats.api.responses_inbox import AssignmentShape


class TriedOperatorShape(serializers.Serializer[Any]):
    operatorId = serializers.CharField()
    chats = serializers.IntegerField(
        help_text="The number of chats that the rule assigned to the operator."
    )
    most = serializers.IntegerField(
        help_text="The most chats that the operator held at once."
    )


class WaitShape(serializers.Serializer[Any]):
    n = serializers.IntegerField(
        help_text="The number of waits that ended because an operator took the chat."
    )
    mean = serializers.IntegerField(allow_null=True, help_text="In seconds.")
    median = serializers.IntegerField(allow_null=True)
    p90 = serializers.IntegerField(allow_null=True)


class TriedAssignmentShape(AssignmentShape):
    protocol = serializers.CharField()


class AssignmentTrialShape(serializers.Serializer[Any]):
    chats = serializers.IntegerField(
        help_text="The number of chats that waited in the area."
    )
    assigned = serializers.IntegerField()
    byOperator = TriedOperatorShape(many=True)
    wait = WaitShape()
    was = WaitShape()
    presence = serializers.ChoiceField(["recorded", "assumed"])
    sample = TriedAssignmentShape(many=True)
