"""The pages of personal data: permissions, and a request from start to end."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from contacts.models import Contact
from hci_center.privacy import running
from hci_center.privacy.models import Hold, Request
from tests import builders
from tests.admin.conftest import sign_in_to_admin
from tests.privacy.person import LID, NUMBER, make_person

START = "/admin/privacy/"
ASKED = {"asked_by": "person", "identified": "number", "why": "right"}


@pytest.fixture
def desk(supervisor) -> Client:
    return sign_in_to_admin(supervisor)


@pytest.fixture
def person(manager) -> Contact:
    return make_person(manager)


def ask(desk, *contacts, kind="erasure"):
    chosen = [contact.pk for contact in contacts]
    return desk.post(START, {**ASKED, "kind": kind, "contact": chosen, "q": NUMBER})


def test_anonymous_visitors_and_operators_have_no_access(ana):
    assert Client().get(START).status_code == 302
    assert sign_in_to_admin(ana.user).get(START).status_code == 302
    nobody = sign_in_to_admin(builders.make_supervisor())
    assert nobody.get(START).status_code == 403


@pytest.mark.parametrize(
    "typed", [NUMBER, "+55 (11) 8765-0001", "(11) 98765-0001", LID]
)
def test_a_person_is_found_in_every_spelling(desk, person, typed):
    answer = desk.get(START, {"q": typed})
    assert answer.context["found"] == [person]


def test_a_person_is_found_by_a_protocol_even_if_deleted(desk, person):
    Contact.objects.filter(pk=person.pk).update(deleted_at="2026-01-01T00:00Z")
    protocol = person.chats.first().protocol
    assert desk.get(START, {"q": protocol}).context["found"] == [person]


def test_persons_of_other_managers_are_not_found(desk, other_manager):
    foreign = builders.make_contact(other_manager, external_id=NUMBER)
    answer = desk.get(START, {"q": NUMBER})
    assert answer.context["found"] == []
    assert ask(desk, foreign).status_code == 400
    assert not Request.objects.exists()


def test_an_erasure_from_the_request_to_its_certificate(desk, person):
    answer = ask(desk, person)
    address = answer["Location"]
    page = desk.get(address)
    counts = {str(row.name): row.n for row in page.context["counts"]}
    assert counts["Messages"] == 10
    assert counts["Internal notes"] == 2

    wrong = desk.post(address, {"act": "confirm", "typed": "551199"})
    assert wrong.status_code == 400
    assert Request.objects.get().state == "open"
    desk.post(address, {"act": "confirm", "typed": NUMBER})
    assert Request.objects.get().state == "queued"

    running.erase_waiting()
    done = desk.get(address).content.decode()
    assert NUMBER not in done
    certificate = desk.get(f"{address}certificate/").content.decode()
    result = json.loads(desk.get(f"{address}certificate.json").content)
    assert result["sha256"] in certificate
    assert result["managers"][0]["marks"][0] in certificate
    assert NUMBER not in certificate


def test_a_legal_hold_is_placed_and_lifted(desk, person):
    address = ask(desk, person)["Location"]
    hold = {"act": "hold", "contact": person.pk, "reason": "lawsuit"}
    wrong = desk.post(address, {**hold, "protocol": "none of his"})
    assert wrong.status_code == 400
    protocol = person.chats.first().protocol
    desk.post(address, {**hold, "protocol": protocol, "reference": "0001"})
    placed = Hold.objects.get()
    assert placed.chat.protocol == protocol
    desk.post(address, {"act": "confirm", "typed": NUMBER})
    assert "waits for the legal hold" in desk.get(address).content.decode()
    desk.post(address, {"act": "lift", "hold": placed.pk})
    placed.refresh_from_db()
    assert placed.lifted_at is not None


def test_a_request_can_be_cancelled_until_it_begins(desk, person):
    address = ask(desk, person)["Location"]
    desk.post(address, {"act": "cancel"})
    assert Request.objects.get().state == "cancelled"
    assert desk.post(address, {"act": "confirm", "typed": NUMBER}).status_code == 400


def test_requests_of_other_managers_are_not_found(person, other_manager, supervisor):
    address = ask(sign_in_to_admin(supervisor), person)["Location"]
    foreign = sign_in_to_admin(builders.make_supervisor(other_manager))
    for path in (address, f"{address}certificate/", f"{address}certificate.json"):
        assert foreign.get(path).status_code == 404
    assert foreign.post(address, {"act": "cancel"}).status_code == 404
    assert foreign.get(START).context["requests"].count() == 0
