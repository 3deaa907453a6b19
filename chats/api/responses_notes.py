"""Response schemas of notes and tags for the API documentation."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class NoteShape(serializers.Serializer[Any]):
    id = serializers.CharField()
    text = serializers.CharField()
    operatorId = serializers.CharField(help_text="Who wrote it; 0: no operator.")
    mentions = serializers.ListField(
        child=serializers.CharField(), help_text="The ids of operators."
    )
    createdAt = serializers.DateTimeField()
    protocol = serializers.CharField(help_text="The chat that it is kept on.")
    author = serializers.CharField(
        help_text='The name of the operator or supervisor; "" of a program.'
    )


class NoteListShape(serializers.Serializer[Any]):
    notes = NoteShape(many=True)


class TagListShape(serializers.Serializer[Any]):
    tags = serializers.ListField(
        child=serializers.CharField(), help_text="All tags of the contact, by code."
    )
