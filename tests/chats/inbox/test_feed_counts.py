"""POST api/chat/list: counts as of the last change that the feed has numbered."""

from __future__ import annotations

import random

import pytest
from django.db import connection
from django.utils import timezone

from chats.inbox import counts
from chats.models import Chat, MenuState
from contacts.models import Contact
from tests.chats.inbox.rows import at, in_menu, listed, open_chat
from tests.conftest import signed_in


def number_changes():
    """Numbers all captured changes, as the relay does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM change_stamp(10000)")


def feed_counts(api):
    answer = listed(api, limit=1, feedCounts=True)
    return answer["counts"], answer["s"]


def random_change(chance, manager, areas, people):
    """Opens, moves, claims, answers, closes or deletes one of a few chats."""
    contact = Contact.objects.order_by("?").first()
    match chance.randrange(6):
        case 0:
            chance.choice([open_chat, in_menu])(
                manager, area=chance.choice(areas), waiting_since=at(1)
            )
        case 1:
            Contact.objects.filter(pk=contact.pk).update(area=chance.choice(areas))
        case 2:
            Contact.objects.filter(pk=contact.pk).update(operator=chance.choice(people))
        case 3:
            waits = chance.choice([None, timezone.now()])
            Contact.objects.filter(pk=contact.pk).update(waiting_since=waits)
        case 4:
            MenuState.objects.filter(chat__contact=contact).delete()
            Chat.objects.filter(contact=contact).update(closed_at=timezone.now())
        case 5:
            Contact.objects.filter(pk=contact.pk).update(deleted_at=timezone.now())


@pytest.mark.parametrize("seed", range(3))
def test_counts_do_not_change_until_changes_are_numbered(
    manager, sales, support, ana, bruno, api, supervisor, seed
):
    chance = random.Random(seed)  # noqa: S311
    everybody = [api, signed_in(ana.user), signed_in(bruno.user), signed_in(supervisor)]
    for _ in range(8):
        open_chat(manager, area=sales, waiting_since=at(1))
    for _ in range(6):
        number_changes()
        before = [feed_counts(one) for one in everybody]
        for one, (found, _number) in zip(everybody, before, strict=True):
            assert found == listed(one, limit=1, counts=True)["counts"]
        for _ in range(6):
            random_change(
                chance, manager, [None, sales, support], [None, None, ana, bruno]
            )
        assert [feed_counts(one) for one in everybody] == before
    number_changes()
    assert feed_counts(api)[1] > before[0][1]


def test_another_companys_changes_are_not_counted(manager, other_manager, api):
    open_chat(manager)
    number_changes()
    before = feed_counts(api)
    open_chat(other_manager)

    assert feed_counts(api) == before
    assert before[0]["waiting"]["total"] == 1


def test_current_counts_have_no_number_while_the_feed_is_behind(
    manager, api, monkeypatch
):
    monkeypatch.setattr(counts, "MOST_AHEAD", 3)
    for _ in range(3):
        open_chat(manager)

    found, number = feed_counts(api)

    assert number is None
    assert found == listed(api, limit=1, counts=True)["counts"]
    number_changes()
    assert feed_counts(api)[1] is not None


def test_the_oldest_of_each_queue_are_named(manager, sales, support, ana, bruno, api):
    def waits(minute, area, **over):
        chat = open_chat(manager, area=area, **over)
        Contact.objects.filter(pk=chat.contact_id).update(queued_at=at(minute))
        return chat.contact.public_id

    second, first = waits(5, sales), waits(3, sales)
    waits(1, sales, operator=ana)
    other = waits(4, support)
    waits(2, support, deleted_at=timezone.now())
    in_menu(manager, area=sales)

    found = listed(api, limit=1, feedCounts=True)["oldest"]

    assert [(one["id"], one["area"]) for one in found] == [
        (first, "vendas"),
        (other, "suporte"),
        (second, "vendas"),
    ]
    assert found[0]["m"] == manager.number
    assert found[0]["queuedAt"] == "2026-11-20T12:03:00.000Z"
    # An operator is told of those of his areas.
    own = listed(signed_in(bruno.user), limit=1, feedCounts=True)["oldest"]
    assert [one["id"] for one in own] == [other]
    assert "oldest" not in listed(api, limit=1, counts=True)


def test_of_a_long_queue_the_first_are_named(manager, sales, api):
    chats = [open_chat(manager, area=sales) for _ in range(counts.OLDEST + 2)]
    for minute, chat in enumerate(chats):
        Contact.objects.filter(pk=chat.contact_id).update(queued_at=at(minute))
    found = listed(api, limit=1, feedCounts=True)["oldest"]
    expected = [one.contact.public_id for one in chats[: counts.OLDEST]]
    assert [one["id"] for one in found] == expected
