"""Response schemas of notes and tags for the API documentation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class NoteShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    text = serializers.CharField()
    operatorId = serializers.CharField(
        help_text='The operator who wrote the note; "0" if it was not an operator.'
    )
    mentions = serializers.ListField(
        child=serializers.CharField(), help_text="The ids of the mentioned operators."
    )
    createdAt = serializers.DateTimeField()
    protocol = serializers.CharField(
        help_text="The protocol of the chat that the note belongs to."
    )
    author = serializers.CharField(
        help_text='The name of the operator or supervisor; empty ("") if a program wrote '
        "the note."
    )


class NoteListShape(serializers.Serializer[Any]):
    notes = NoteShape(many=True)


class TagListShape(serializers.Serializer[Any]):
    tags = serializers.ListField(
        child=serializers.CharField(), help_text="The codes of all tags of the contact."
    )
