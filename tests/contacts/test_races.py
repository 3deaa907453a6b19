"""Invariants that hold under simultaneous callers."""

from collections import Counter

import pytest
from django.db import transaction

from areas.models import Area
from areas.operators import find_operator
from chats.conversations import assignment, lifecycle
from chats.conversations.audit import Actor
from chats.models import Chat, ChatEvent
from contacts.models import Contact, Identity
from contacts.saving import ensure_contact
from hci_center.errors import RefusedError
from tests import builders
from tests.conftest import Api
from tests.contacts.shapes import ledger, refusal
from tests.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)

SAVE = "/api/user/contact/save"
BOT = Actor("key:1")


@pytest.fixture
def key(manager):
    return builders.make_key(manager)


def send(key, method, path, body):
    """Returns a call with a client of its own, as each thread needs one."""
    return lambda: Api(key).call(method, path, body)


def ending(rule, *args, **options):
    """Returns a call that returns "done" or the code of its error."""

    def call():
        try:
            rule(*args, **options)
        except RefusedError as refused:
            return refused.code
        return "done"

    return call


def test_one_of_twenty_operators_gets_the_contact(key, manager, contact, sales):
    operators = [
        builders.make_operator(manager, sales, name=f"Op{n}") for n in range(20)
    ]
    body = {"number": manager.number, "contactId": contact.external_id}
    answers = at_once(
        [
            send(
                key,
                "PUT",
                "/api/user/contact/operator/my",
                body | {"operatorId": operator.pk},
            )
            for operator in operators
        ]
    )
    assert Counter(a.status_code for a in answers) == {200: 1, 409: 19}
    winner = operators[[a.status_code for a in answers].index(200)]
    contact.refresh_from_db()
    assert contact.operator == winner
    for answer in answers:
        if answer.status_code == 409:
            error = answer.json()["error"]
            assert (error["operatorId"], error["operatorName"]) == (
                str(winner.pk),
                winner.name,
            )
    assert ledger(contact) == [
        ("opened", "vendas", winner.pk),
        ("claimed", "vendas", winner.pk),
    ]


def test_the_same_operator_may_claim_twenty_times_at_once(key, manager, contact, ana):
    body = {
        "number": manager.number,
        "contactId": contact.external_id,
        "operatorId": ana.pk,
    }
    answers = at_once([send(key, "PUT", "/api/user/contact/operator/my", body)] * 20)
    assert {a.status_code for a in answers} == {200}
    assert len(ledger(contact)) == 2


def test_twenty_simultaneous_saves_of_both_spellings_are_one_contact(key, manager):
    spellings = (5511987654321, 551187654321)
    answers = at_once(
        [
            send(
                key,
                "POST",
                SAVE,
                {
                    "number": manager.number,
                    "contactNumber": spellings[n % 2],
                    "name": "Maria",
                    "area": "nova",
                },
            )
            for n in range(20)
        ]
    )
    assert {a.status_code for a in answers} == {200}
    shapes = [a.json()["data"] for a in answers]
    assert all(shape == shapes[0] for shape in shapes)
    assert Contact.objects.count() == 1
    assert Identity.objects.count() == 2
    assert Area.objects.get().code == "nova"


def test_twenty_simultaneous_first_messages_are_one_contact(manager):
    def ensure(number):
        def call():
            with transaction.atomic():
                return ensure_contact(manager.pk, "whatsapp", number, name=number).pk

        return call

    spellings = ("5511987654321", "551187654321")
    found = at_once([ensure(spellings[n % 2]) for n in range(20)])
    assert len(set(found)) == 1
    assert Contact.objects.count() == 1


def test_twenty_simultaneous_calls_to_find_or_add_get_the_same_step(key, manager):
    body = {"facebookId": manager.facebook_id, "contactId": "74", "name": "J"}
    answers = at_once([send(key, "POST", "/api/user/contact/sa", body)] * 20)
    assert {a.json()["data"] for a in answers} == {1}
    assert Contact.objects.count() == 1


def test_twenty_simultaneous_saves_restore_a_deleted_contact_once(
    key, manager, contact, ana
):
    Contact.objects.update(deleted_at=contact.created_at, sa=5)
    body = {
        "number": manager.number,
        "contactNumber": contact.external_id,
        "name": "M",
        "operatorId": ana.pk,
    }
    answers = at_once([send(key, "POST", SAVE, body)] * 20)
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["data"]["protocol"] for a in answers}) == 1
    contact.refresh_from_db()
    assert (contact.deleted_at, contact.sa, contact.operator) == (None, -100, ana)


def test_saving_contacts_with_new_areas_causes_no_deadlock(key, manager):
    """The calls save contacts with known and new areas in different orders."""
    calls = [
        send(
            key,
            "POST",
            SAVE,
            {
                "number": manager.number,
                "contactNumber": 551133330000 + n % 4,
                "name": "M",
                "area": f"area {n % 3}",
            },
        )
        for n in range(24)
    ]
    assert {a.status_code for a in at_once(calls)} == {200}
    assert Contact.objects.count() == 4
    assert Area.objects.count() == 3


def test_simultaneous_steps_are_all_counted(key, manager, page_contact):
    body = {"facebookId": manager.facebook_id, "contactId": page_contact.external_id}

    def walk(name, times):
        def call():
            api = Api(key)
            path = f"/api/user/contact/sa/{name}"
            return [api.put(path, body).json()["data"] for _ in range(times)]

        return call

    answers = at_once([walk("increase", 10)] * 8 + [walk("decrease", 10)] * 4)
    page_contact.refresh_from_db()
    assert page_contact.sa == 1 + 80 - 40
    assert sum(len(steps) for steps in answers) == 120


def test_twenty_simultaneous_openings_get_the_same_chat(contact):
    opened = at_once([lambda: lifecycle.open_chat(contact, actor=BOT).pk] * 20)
    assert len(set(opened)) == 1
    assert ledger(contact) == [("opened", "vendas", None)]


def test_two_contacts_with_one_protocol_get_chats_with_two(manager):
    contacts = [builders.make_contact(manager, protocol="P1") for _ in range(12)]
    at_once([lambda c=c: lifecycle.open_chat(c, actor=BOT) for c in contacts])
    protocols = Counter(Chat.objects.values_list("protocol", flat=True))
    assert len(protocols) == 12
    assert protocols["P1"] == 1
    for contact in contacts:
        contact.refresh_from_db()
        assert contact.protocol == contact.chats.get().protocol


def test_one_of_twenty_simultaneous_closings_succeeds(contact):
    builders.make_chat(contact)

    close = ending(lifecycle.close_chat, contact, actor=BOT)
    ends = Counter(at_once([close] * 20))
    assert ends == {"done": 1, "chat_not_found": 19}
    assert ledger(contact) == [("closed", "vendas", None)]


def test_a_deleted_contact_never_has_an_open_chat(manager, sales, ana):
    """Opens, claims and deletes at the same time; late calls are refused."""
    contacts = [builders.make_contact(manager, area=sales) for _ in range(8)]
    scope = find_operator(manager.pk, ana.pk)
    calls = []
    for c in contacts:
        calls += [
            ending(lifecycle.open_chat, c, actor=BOT),
            ending(assignment.claim, c, scope, actor=BOT),
            ending(assignment.delete_contact, c, actor=BOT),
        ]
    ends = at_once(calls)
    assert set(ends) <= {"done", "contact_not_found"}
    assert not Chat.objects.filter(closed_at=None).exists()
    assert not Contact.objects.filter(operator__isnull=False).exists()
    for c in contacts:
        assert [kind for kind, *_ in ledger(c)][-1:] in ([], ["closed"])


def test_a_simultaneous_claim_and_closing_have_a_sequential_result(manager, sales, ana):
    contacts = [builders.make_contact(manager, area=sales) for _ in range(10)]
    for c in contacts:
        builders.make_chat(c)
    scope = find_operator(manager.pk, ana.pk)
    at_once(
        [lambda c=c: assignment.claim(c, scope, actor=BOT) for c in contacts]
        + [lambda c=c: lifecycle.close_chat(c, actor=BOT) for c in contacts]
    )
    for c in contacts:
        c.refresh_from_db()
        kinds = [kind for kind, *_ in ledger(c)]
        is_open = c.chats.filter(closed_at=None).exists()
        if kinds == ["claimed", "closed"]:
            assert (c.operator, is_open) == (None, False)
        else:
            assert kinds == ["closed", "opened", "claimed"]
            assert (c.operator, is_open) == (ana, True)


def test_the_ledger_has_every_change_in_order(manager, sales, support, ana, bruno):
    """Hands over, moves, claims and releases one contact at the same time."""
    contact = builders.make_contact(manager, area=sales)
    builders.make_chat(contact)
    scope = find_operator(manager.pk, ana.pk)
    claim = ending(assignment.claim, contact, scope, actor=BOT)
    calls = [claim] * 4
    calls += [lambda: assignment.hand_over(contact, bruno.pk, actor=BOT)] * 4
    calls += [lambda: assignment.hand_over(contact, None, actor=BOT)] * 4
    calls += [lambda: assignment.change_area(contact, support.pk, actor=BOT)] * 4
    calls += [lambda: assignment.change_area(contact, sales.pk, actor=BOT)] * 4
    ends = at_once(calls)
    assert set(ends) <= {"done", "forbidden", "already_answered", None}
    contact.refresh_from_db()
    events = list(ChatEvent.objects.order_by("id"))
    assert (events[-1].area, events[-1].operator) == (contact.area, contact.operator)
    assert [event.at for event in events] == sorted(event.at for event in events)
    before = (sales.pk, None)
    for event in events:
        now = (event.area_id, event.operator_id)
        if event.kind == "released":
            assert event.operator_id is None
        elif event.kind == "entered_area":
            # The first choice of an area counts even if it changes none.
            assert now[0] != before[0] or event == events[0]
        else:
            assert now[0] == before[0]
            assert now[1] is not None
        before = now


def test_one_of_twenty_simultaneous_deletions_succeeds(key, manager, contact):
    body = {"number": manager.number, "contactNumber": contact.external_id}
    answers = at_once([send(key, "DELETE", "/api/user/contact/", body)] * 20)
    assert Counter(a.status_code for a in answers) == {200: 1, 404: 19}
    assert {refusal(a) for a in answers if a.status_code == 404} == {
        (404, "contact_not_found")
    }
