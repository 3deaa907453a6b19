"""Pages of api/chat/list, also while chats move between them."""

from __future__ import annotations

import random

import pytest
from django.utils import timezone

from contacts.models import Contact
from tests.chats.inbox.rows import all_pages, at, listed, open_chat, protocols
from tests.contract.shapes import refused

# Every sort order.
FILTERS = [
    {"state": "waiting"},
    {"state": "open"},
    {"state": "closed"},
    {"state": "all"},
]


@pytest.fixture
def many(manager):
    """Some with equal times: their ids decide."""
    for n in range(9):
        minute = n // 2
        open_chat(manager, last_message_at=at(minute), queued_at=at(minute))
        open_chat(manager, chat={"closed_at": at(minute)})


@pytest.mark.parametrize("fields", FILTERS, ids=lambda f: f["state"])
@pytest.mark.parametrize("limit", [1, 2, 3, 4, 9, 18, 50])
def test_all_pages_together_are_the_whole_list(api, many, fields, limit):
    whole = protocols(api, **fields)
    pages = all_pages(api, limit=limit, **fields)
    assert [each for page in pages for each in page] == whole
    assert all(pages)
    assert {len(page) for page in pages[:-1]} <= {limit}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fields", FILTERS, ids=lambda f: f["state"])
def test_pages_in_separate_transactions_are_the_whole_list(api, many, fields):
    whole = protocols(api, **fields)
    pages = all_pages(api, limit=4, **fields)
    # Some come twice while an older transaction runs, here one of another test.
    assert list(dict.fromkeys(each for page in pages for each in page)) == whole


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("state", ["open", "waiting", "serving", "all"])
def test_a_chat_that_moves_may_come_twice_but_is_not_left_out(
    api, manager, ana, seed, state
):
    held = {"operator": ana} if state == "serving" else {}
    chats = [
        open_chat(
            manager,
            last_message_at=at(n),
            queued_at=at(n),
            waiting_since=at(n),
            **held,
        )
        for n in range(12)
    ]
    chance, seen, after = random.Random(seed), set(), None  # noqa: S311
    while True:
        data = listed(api, state=state, limit=3, **({"after": after} if after else {}))
        seen |= {line["protocol"] for line in data["chats"]}
        after = data["next"]
        if after is None:
            break
        for moved in chance.sample(chats, 2):
            # To the front, the end or between, as a late gateway's time would.
            time = chance.choice([at(-9), at(chance.random() * 12), timezone.now()])
            Contact.objects.filter(pk=moved.contact_id).update(
                last_message_at=time, queued_at=time, waiting_since=time
            )
    assert seen == {chat.protocol for chat in chats}


def test_a_chat_that_moves_to_the_front_comes_at_the_end(api, manager):
    chats = [open_chat(manager, last_message_at=at(n)) for n in range(4)]
    first = listed(api, limit=2)
    Contact.objects.filter(pk=chats[0].contact_id).update(last_message_at=at(9))
    rest = protocols(api, limit=2, after=first["next"])
    assert rest == [chats[1].protocol, chats[0].protocol]


def test_next_belongs_to_its_filters(api, manager, many):
    after = listed(api, limit=2, state="open")["next"]
    for fields in (
        {"state": "closed"},
        {"state": "open", "channel": "whatsapp"},
        {"state": "open", "number": manager.number},
        {"state": "open", "area": ""},
    ):
        answer = api.post("/api/chat/list", fields | {"after": after})
        refused(answer, 400, "invalid", fields=["after"])
    # Limit and counts may change from page to page.
    assert protocols(api, state="open", after=after, limit=5, counts=True)
    # "open" is the default state.
    assert protocols(api, after=after, limit=1)


@pytest.mark.parametrize("place", [0, 3, 12, -1])
def test_a_changed_next_is_refused(api, many, place):
    after = listed(api, limit=2)["next"]
    swapped = "A" if after[place] != "A" else "B"
    forged = after[:place] + swapped + (after[place + 1 :] if place != -1 else "")
    if forged.rstrip("A") == after.rstrip("A"):
        pytest.skip("the last bits of base64 may mean nothing")
    answer = api.post("/api/chat/list", {"after": forged})
    refused(answer, 400, "invalid", fields=["after"])
