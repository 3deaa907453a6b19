"""All API calls, with fields that succeed in the `centre` of conftest."""

from tests.contract import (
    calls_about_chats,
    calls_about_messages,
    calls_about_notes,
    calls_about_people,
)

CALLS = [
    *calls_about_people.CALLS,
    *calls_about_chats.CALLS,
    *calls_about_messages.CALLS,
    *calls_about_notes.CALLS,
]
