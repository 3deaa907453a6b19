"""Simultaneous changes of one message are all applied."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chats.messages.changes import delete_message, edit_message, react_to_message
from chats.models import Message
from tests import builders
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)

AT = datetime(2026, 11, 20, 12, 0, 0, 123000, UTC)


def test_simultaneous_reactions_edits_and_deletions_are_all_applied(contact, manager):
    chat = builders.make_chat(contact)
    for n in range(8):
        name = f"m{n}"
        builders.make_message(chat, content="Cinco", gateway_id=name)
        people = [str(person) for person in range(4)]
        at_once(
            [
                *[
                    lambda who=who, name=name: react_to_message(
                        manager.pk, name, who, "👍"
                    )
                    for who in people
                ],
                lambda name=name: edit_message(manager.pk, name, "Seis", AT),
                lambda name=name: delete_message(manager.pk, name, AT),
            ]
        )
        message = Message.objects.get(gateway_id=name)
        reactions = {one["from"]: one["emoji"] for one in message.details["reactions"]}
        assert reactions == dict.fromkeys(people, "👍")
        assert message.content == "Seis"
        assert {"edited", "deleted"} < message.details.keys()


def test_of_simultaneous_edits_the_newest_counts_and_old_texts_are_kept(
    contact, manager
):
    chat = builders.make_chat(contact)
    builders.make_message(chat, content="0", gateway_id="m")
    texts = [str(n) for n in range(1, 7)]
    at_once(
        [
            lambda n=n: edit_message(manager.pk, "m", n, AT.replace(second=int(n)))
            for n in texts
        ]
    )
    message = Message.objects.get()
    assert message.content == "6"
    kept = message.versions.order_by("pk").values_list("text", flat=True)
    assert list(kept) == sorted(kept)
