"""Response schemas of the list of chats for the API documentation."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from chats.api.responses import MessageShape
from contacts.api.openapi import ContactShape, PersonId


@extend_schema_field({"type": ["integer", "string"]})
class ManagerKey(serializers.Field[Any, Any, Any, Any]):
    """A manager's number, or the id of its page if it has none."""


class ClockShape(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["queue", "first", "reply", "resolution"])
    state = serializers.ChoiceField(["paused", "ok", "risk", "breached"])
    riskAt = serializers.DateTimeField(allow_null=True)
    dueAt = serializers.DateTimeField(allow_null=True)


class ChatLineShape(serializers.Serializer[Any]):
    m = ManagerKey(help_text="The manager, as the feed names it.")
    contact = ContactShape()
    protocol = serializers.CharField()
    open = serializers.BooleanField()
    openedAt = serializers.DateTimeField()
    closedAt = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(
        ["menu", "waiting", "serving", "answered", "closed"]
    )
    queuedAt = serializers.DateTimeField(
        allow_null=True, help_text="When the chat entered its queue."
    )
    waitingSince = serializers.DateTimeField(
        allow_null=True,
        help_text="The time of the customer's first unanswered message.",
    )
    windowEndsAt = serializers.DateTimeField(
        allow_null=True,
        help_text="Until when a free text can be sent; null if the gateway has no such "
        "limit.",
    )
    last = MessageShape(allow_null=True, help_text="The latest message of the chat.")
    tags = serializers.ListField(child=serializers.CharField())
    clock = ClockShape(
        allow_null=True, help_text="The running clock that is due first."
    )


class HitShape(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The id of the message.")
    text = serializers.CharField(help_text="The part of the text around the words.")


class ListedChatShape(ChatLineShape):
    hit = HitShape(
        required=False, help_text="With `words`: the newest message that contains them."
    )


class ChatWithAliasesShape(ChatLineShape):
    aliases = serializers.ListField(child=serializers.CharField())


class CandidateShape(serializers.Serializer[Any]):
    operatorId = serializers.CharField()
    load = serializers.IntegerField(
        help_text="The number of open chats that the operator holds."
    )
    cap = serializers.IntegerField(
        help_text="The limit for automatic assignment; 0 is no limit."
    )
    givenAt = serializers.DateTimeField(
        allow_null=True, help_text="When the rule last assigned a chat to the operator."
    )
    passed = serializers.ChoiceField(
        [
            "offline",
            "paused",
            "at_cap",
            "busier",
            "given_later",
            "not_last",
            "let_go",
        ],
        allow_null=True,
        help_text="Why the operator is not chosen; null for the chosen one. `not_last`: "
        "another operator answered the customer last. `let_go`: the contact was "
        "released by or moved away from this operator, and another operator is "
        "available.",
    )


class AssignmentShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    rule = serializers.ChoiceField(["fewest", "rotation", "last"])
    trigger = serializers.CharField()
    operatorId = serializers.CharField()
    candidates = CandidateShape(many=True)


class ExplanationShape(serializers.Serializer[Any]):
    assignment = AssignmentShape(allow_null=True)
    waiting = CandidateShape(many=True, allow_null=True)


class ChatCountShape(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    areas = serializers.DictField(
        child=serializers.IntegerField(),
        help_text='The number by code of the area; "" is no area.',
    )


class ChatCountsShape(serializers.Serializer[Any]):
    menu = ChatCountShape()
    waiting = ChatCountShape()
    serving = ChatCountShape()
    answered = ChatCountShape()
    mine = ChatCountShape()


class OldestShape(serializers.Serializer[Any]):
    m = ManagerKey(help_text="The manager, as the feed names it.")
    id = PersonId(help_text="The id of the contact.")
    area = serializers.CharField(help_text='The code of the area; "" is no area.')
    queuedAt = serializers.DateTimeField()


class ChatListShape(serializers.Serializer[Any]):
    chats = ListedChatShape(many=True)
    next = serializers.CharField(allow_null=True)
    counts = ChatCountsShape(required=False)
    s = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="With `feedCounts`: the number of the last change that the counts include.",
    )
    oldest = OldestShape(
        many=True,
        required=False,
        help_text="With `feedCounts`: the 20 chats of each area that have waited longest, "
        "longest wait first.",
    )


class SessionOfContactShape(serializers.Serializer[Any]):
    protocol = serializers.CharField()
    openedAt = serializers.DateTimeField()
    closedAt = serializers.DateTimeField(allow_null=True)
    area = serializers.CharField()
    operatorId = serializers.CharField()
    cause = serializers.CharField(help_text="How the chat was closed.")
    reason = serializers.CharField(help_text="The code of the closing reason.")
    rating = serializers.IntegerField(allow_null=True)


class ChatEventShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    protocol = serializers.CharField()
    area = serializers.CharField()
    operatorId = serializers.CharField()
    by = serializers.CharField(
        help_text="The name of the person or program that did it."
    )
    cause = serializers.CharField()
    text = serializers.CharField(help_text="The event as a sentence.")
    detail = serializers.DictField(allow_null=True)


class HistoryShape(serializers.Serializer[Any]):
    sessions = SessionOfContactShape(many=True)
    events = ChatEventShape(many=True)


class FileShape(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The id of the message.")
    type = serializers.CharField()
    fileName = serializers.CharField()
    size = serializers.IntegerField(
        allow_null=True, help_text="The size in bytes of a stored file; otherwise null."
    )
    createdAt = serializers.DateTimeField()
    url = serializers.CharField()


class FilesShape(serializers.Serializer[Any]):
    files = FileShape(many=True)


class TranscriptContactShape(serializers.Serializer[Any]):
    id = PersonId()
    name = serializers.CharField()


class TranscriptLineShape(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    who = serializers.CharField()
    text = serializers.CharField()
    url = serializers.CharField(
        help_text="The link to the file of the message, if there is one."
    )


class TranscriptShape(serializers.Serializer[Any]):
    protocol = serializers.CharField()
    manager = serializers.CharField()
    contact = TranscriptContactShape()
    openedAt = serializers.DateTimeField()
    closedAt = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField()
    lines = TranscriptLineShape(many=True)
    page = serializers.CharField(
        help_text="A link to the printable page, valid for 1 hour."
    )
