"""Lists and counts of chats only contain what the caller may see."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest
from django.utils import timezone

from areas.models import OperatorArea
from chats.models import Chat, MenuState
from contacts.models import Contact
from hci_center.visibility import operator_predicate
from tests import builders
from tests.chats.inbox.rows import at, in_menu, listed, open_chat, protocols
from tests.conftest import Api, signed_in
from tests.contract.shapes import refused

COUNTED = ("menu", "waiting", "serving", "answered", "mine")


@pytest.fixture
def crowd(manager, other_manager, sales, support, ana, bruno):
    """Creates random chats, some of deleted contacts and of another company."""
    chance = random.Random(20261129)  # noqa: S311
    for _ in range(120):
        owner = chance.choice([manager, manager, manager, other_manager])
        places = {
            "area": chance.choice([None, sales, support]),
            "operator": chance.choice([None, None, ana, bruno]),
        }
        row = chance.choice([open_chat, open_chat, in_menu])(
            owner,
            waiting_since=chance.choice([None, at(1)]),
            deleted_at=chance.choice([None] * 9 + [timezone.now()]),
            last_message_at=at(chance.randrange(60)),
            **(places if owner == manager else {}),
        )
        if chance.random() < 0.2:
            row.closed_at = at(chance.randrange(60))
            row.save()


def expected(managers, sees, mine=None):
    """Returns the open chats by state and their counts, computed in Python."""
    in_menu_now = set(MenuState.objects.values_list("chat_id", flat=True))
    counts = {name: {"total": 0, "areas": Counter()} for name in COUNTED}
    chats = defaultdict(set)
    rows = Chat.objects.select_related("contact__area").filter(closed_at=None)
    for chat in rows:
        row = chat.contact
        if row.deleted_at or chat.manager not in managers:
            continue
        if not sees(row.area_id, row.operator_id):
            continue
        if row.operator_id is None:
            state = "menu" if chat.pk in in_menu_now else "waiting"
        else:
            state = "answered" if row.waiting_since is None else "serving"
        code = row.area.code if row.area else ""
        is_mine = row.operator_id is not None and row.operator_id == mine
        for name in (state, *(["mine"] if is_mine else [])):
            counts[name]["total"] += 1
            counts[name]["areas"][code] += 1
            chats[name].add(chat.protocol)
    return chats, counts


def compare(api, wanted, **fields):
    chats, counts = wanted
    data = listed(api, limit=200, counts=True, **fields)
    assert data["counts"] == counts
    for state in ("menu", "waiting", "serving", "answered"):
        found = protocols(api, limit=200, state=state, **fields)
        assert sorted(found) == sorted(chats[state])


def everything(area_id, operator_id):
    return True


def test_a_key_and_a_supervisor_see_their_managers(api, crowd, manager, supervisor):
    wanted = expected([manager], everything)
    assert wanted[1]["waiting"]["total"] > 5
    compare(api, wanted)
    compare(signed_in(supervisor), wanted)
    compare(api, wanted, number=manager.number)


def test_an_unbound_key_sees_all_or_one(full_api, crowd, manager, other_manager):
    compare(full_api, expected([manager, other_manager], everything))
    compare(
        full_api, expected([other_manager], everything), number=other_manager.number
    )


def test_an_operator_sees_the_chats_of_visible_contacts(
    crowd, manager, ana, bruno, api
):
    for operator in (ana, bruno):
        areas = frozenset(
            OperatorArea.objects.filter(operator=operator).values_list(
                "area_id", flat=True
            )
        )
        sees = operator_predicate(operator.pk, areas)
        wanted = expected([manager], sees, mine=operator.pk)
        assert wanted[1]["mine"]["total"] > 2
        person = signed_in(operator.user)
        compare(person, wanted)
        compare(person, wanted, operatorId=str(operator.pk))
        # A key that acts for him sees the same.
        compare(api, wanted, operatorId=str(operator.pk))
        whole = set(protocols(person, state="all", limit=200))
        hidden = Contact.objects.filter(manager=manager)
        theirs = {
            chat.protocol
            for chat in Chat.objects.filter(contact__in=hidden).select_related(
                "contact"
            )
            if chat.contact.deleted_at is None
            and sees(chat.contact.area_id, chat.contact.operator_id)
        }
        assert whole == theirs


def test_unauthorized_callers_get_no_data(crowd, manager, other_manager, ana, bruno):
    person = signed_in(ana.user)
    for other in (str(bruno.pk), "0"):
        answer = person.post("/api/chat/list", {"operatorId": other})
        refused(answer, 403, "forbidden")
    foreign = {"number": other_manager.number}
    refused(person.post("/api/chat/list", foreign), 404, "manager_not_found")
    stranger = Api(builders.make_key(other_manager))
    asked = {"operatorId": str(ana.pk)}
    refused(stranger.post("/api/chat/list", asked), 404, "operator_not_found")
    for state in ("all", "closed"):
        lines = listed(stranger, state=state)["chats"]
        assert {line["m"] for line in lines} <= {other_manager.number}
    foreign_area = stranger.post("/api/chat/list", {"area": "vendas"})
    refused(foreign_area, 404, "area_not_found")
