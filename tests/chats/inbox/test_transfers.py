"""`reason` and `note` of a hand-over, if a manager has a list of reasons."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from areas.models import TransferReason
from chats.conversations import assignment
from chats.conversations.audit import actor_of
from chats.inbox import transfers
from chats.models import ChatEvent, Note
from hci_center.callers import Caller
from tests import builders
from tests.conftest import signed_in
from tests.contract.shapes import refused

WAYS = ("operator", "area", "chat")


@pytest.fixture
def reasons(manager):
    TransferReason.objects.create(manager=manager, code="2via", name="2ª via")
    TransferReason.objects.create(
        manager=manager, code="velho", name="Velho", is_active=False
    )


@pytest.fixture
def chat(contact):
    return builders.make_chat(contact, protocol=contact.protocol)


@pytest.fixture
def required(manager):
    builders.save_policy(manager, transferReasonRequired=True)


@pytest.fixture
def transfer(manager, support, bruno, contact):
    def transfer(api, way, **fields):
        to = contact.external_id
        body = {"number": manager.number, "contactId": to, "operatorId": str(bruno.pk)}
        if way == "operator":
            return api.put("/api/user/contact/operator", body | fields)
        if way == "chat":
            return api.put("/api/chat/operator", body | fields)
        body = {"number": manager.number, "contactNumber": to, "area": "suporte"}
        return api.put("/api/user/contact/area", body | fields)

    return transfer


@pytest.mark.parametrize("way", WAYS)
def test_the_ledger_has_the_code_and_the_note_is_stored(
    api, ana, reasons, chat, transfer, way
):
    note = "Cliente pediu {protocolo}"
    hers = signed_in(ana.user)
    response = transfer(hers, way, reason="2via", note=note)
    assert response.status_code == 200, response.content
    moved, noted = ChatEvent.objects.order_by("pk")
    assert moved.detail == {"reason": "2via"}
    assert (noted.kind, noted.detail) == ("noted", {"note": Note.objects.get().pk})
    assert Note.objects.get().text == note
    assert Note.objects.get().author == ana


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sent", [{}, {"reason": {"a": 1}, "note": 7}, {"reason": "x"}])
def test_without_a_list_reasons_are_not_validated(
    api, chat, transfer, required, way, sent
):
    response = transfer(api, way, **sent)
    assert response.status_code == 200, response.content
    assert ChatEvent.objects.get().detail is None
    assert not Note.objects.exists()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"reason": "none"}, ["reason"]),
        ({"reason": "velho"}, ["reason"]),
        ({"reason": {"a": 1}, "note": [1]}, ["reason", "note"]),
        ({"reason": "2via", "note": "x" * 4097}, ["note"]),
        ({"reason": "2via", "note": "  "}, ["note"]),
    ],
)
def test_with_a_list_reasons_are_validated(
    api, reasons, chat, transfer, way, sent, wrong
):
    refused(transfer(api, way, **sent), 400, "invalid", fields=wrong)
    assert not ChatEvent.objects.exists()


@pytest.mark.parametrize("way", WAYS)
def test_only_people_must_give_a_reason(
    api, ana, reasons, required, chat, transfer, way
):
    refused(transfer(signed_in(ana.user), way), 400, "invalid", fields=["reason"])
    assert not ChatEvent.objects.exists()
    assert transfer(api, way).status_code == 200


def test_returning_to_the_queue_needs_no_reason(
    ana, contact, reasons, required, chat, transfer
):
    contact.operator = ana
    contact.save()
    api = signed_in(ana.user)
    assert transfer(api, "operator", operatorId="0").status_code == 200


def test_the_rules_of_the_current_area_apply(ana, sales, reasons, chat, transfer):
    builders.save_policy(sales.manager, sales, transferReasonRequired=True)
    api = signed_in(ana.user)
    refused(transfer(api, "area"), 400, "invalid", fields=["reason"])
    assert transfer(api, "area", reason="2via").status_code == 200


def test_without_an_open_chat_the_note_belongs_to_the_last(
    api, contact, reasons, transfer, bruno
):
    sent = {"reason": "2via", "note": "oi"}
    refused(transfer(api, "operator", **sent), 400, "invalid", fields=["note"])
    contact.refresh_from_db()
    assert contact.operator is None
    builders.make_chat(contact, closed_at="2026-11-19T12:00:00Z")
    last = builders.make_chat(contact, closed_at="2026-11-20T12:00:00Z")
    assert transfer(api, "operator", **sent).status_code == 200
    assert Note.objects.get().chat == last
    contact.refresh_from_db()
    assert contact.operator == bruno


def test_a_program_that_sends_neither_needs_no_query(
    api, contact, reasons, chat, bruno, django_assert_num_queries
):
    key = Caller("key", "key:1", None)
    with CaptureQueriesContext(connection) as direct:
        assignment.hand_over(contact, bruno.pk, actor=actor_of(key))
    with django_assert_num_queries(len(direct)):
        transfers.hand_over(key, contact, None, {})


def test_a_handover_to_another_area_records_the_reason_once(
    ana, contact, bruno, reasons, required, chat, transfer
):
    contact.operator = ana
    contact.save()
    more = {"toOperatorId": str(bruno.pk), "reason": "2via", "note": "Segue o boleto"}
    answer = transfer(signed_in(ana.user), "area", **more)
    assert answer.status_code == 200, answer.content
    told = [(one.kind, one.detail) for one in ChatEvent.objects.order_by("pk")]
    assert told == [
        ("entered_area", {"reason": "2via"}),
        ("released", {"reason": "2via"}),
        ("transferred", None),
        ("noted", {"note": Note.objects.get().pk}),
    ]
    contact.refresh_from_db()
    assert contact.operator == bruno
