"""Notes, surveys and scheduled messages in the feed are as in REST."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from chats.models import Note, ScheduledMessage, Survey
from contacts.models import Contact
from hci_center.callers import Caller
from hci_center.feed.frames import COLUMNS, Change
from hci_center.feed.sockets.audiences import Audience
from tests import builders
from tests.conftest import Api, signed_in
from tests.feed.stamped import empty_log, rows_of

ODD = 'Zoë "x" ,"was":{} \\ / \u2028 \n 😀'
AT = datetime(2026, 1, 2, 3, 4, 5, 678999, UTC)
SHOWN_AT = "2026-01-02T03:04:05.678Z"


def events_of(stamped: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [json.loads(row["ev"]) for row in stamped if row["kind"] == kind]


@pytest.mark.parametrize("contact_fixture", ["contact", "page_contact"])
@pytest.mark.parametrize("by", ["ana", "supervisor", "key"])
def test_a_note_is_as_in_rest(
    api: Api, stamp: Any, ana: Any, contact_fixture: str, by: str, request: Any
) -> None:
    contact = request.getfixturevalue(contact_fixture)
    chat = builders.make_chat(contact)
    stamp()
    writers = {
        "key": lambda: api,
        "ana": lambda: signed_in(ana.user),
        "supervisor": lambda: signed_in(request.getfixturevalue("supervisor")),
    }
    body = {
        "operatorId": str(ana.pk) if by == "ana" else "0",
        "contactId": contact.public_id,
        "text": ODD,
        "mentions": [str(ana.pk)],
    }
    answer = writers[by]().post("/api/chat/note", body)
    assert answer.status_code == 200, answer.content
    [row] = rows_of(stamp(), "note")
    assert row.pop("contactId") == contact.public_id
    assert row["protocol"] == chat.protocol
    assert row == answer.json()["data"]


def test_a_survey_is_sent_with_each_state(
    contact: Contact, sales: Any, ana: Any, stamp: Any
) -> None:
    chat = builders.make_chat(contact)
    stamp()
    survey = Survey.objects.create(
        chat=chat, contact=contact, operator=ana, area=sales, state="asked", asked_at=AT
    )
    Survey.objects.update(state="rated", rating=5, comment=ODD, answered_at=AT)
    first, second = events_of(stamp(), "survey")
    asked = {
        "protocol": chat.protocol,
        "contactId": contact.public_id,
        "state": "asked",
        "rating": None,
        "comment": "",
        "operatorId": str(ana.pk),
        "area": "vendas",
        "askedAt": SHOWN_AT,
        "answeredAt": None,
    }
    rated = {"state": "rated", "rating": 5, "comment": ODD, "answeredAt": SHOWN_AT}
    assert (first["op"], first["id"], first["row"]) == ("I", chat.protocol, asked)
    assert (second["op"], second["row"]) == ("U", asked | rated)
    survey.delete()
    [gone] = events_of(stamp(), "survey")
    assert (gone["op"], gone["id"], "row" in gone) == ("D", chat.protocol, False)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"text": ODD}, {"text": ODD}),
        (
            {"template": {"name": "oi", "language": "pt_BR", "parameters": [ODD]}},
            {"text": "", "name": "oi", "language": "pt_BR", "parameters": [ODD]},
        ),
        (
            {"text": "x", "state": "failed", "error": ODD},
            {"text": "x", "state": "failed", "error": ODD},
        ),
    ],
)
def test_a_scheduled_message_is_sent(
    contact: Contact, ana: Any, stamp: Any, values: Any, shown: Any
) -> None:
    stamp()
    later = ScheduledMessage.objects.create(
        manager=contact.manager, contact=contact, operator=ana, send_at=AT, **values
    )
    pk = str(later.pk)
    [event] = events_of(stamp(), "schedule")
    assert (event["op"], event["id"]) == ("I", pk)
    assert event["row"] == {
        "id": pk,
        "contactId": contact.public_id,
        "operatorId": str(ana.pk),
        "sendAt": SHOWN_AT,
        "state": "waiting",
        **shown,
    }
    ScheduledMessage.objects.update(state="cancelled")
    later.delete()
    changed, gone = events_of(stamp(), "schedule")
    assert (changed["op"], changed["row"]["state"]) == ("U", "cancelled")
    assert (gone["op"], gone["id"], "row" in gone) == ("D", pk, False)


def test_events_of_a_deleted_contact_are_not_sent(
    contact: Contact, ana: Any, stamp: Any
) -> None:
    chat = builders.make_chat(contact)
    stamp()
    Note.objects.create(chat=chat, author=ana, text="x")
    Survey.objects.create(chat=chat, contact=contact, state="asked", asked_at=AT)
    ScheduledMessage.objects.create(
        manager=contact.manager, contact=contact, operator=ana, text="x", send_at=AT
    )
    Contact.objects.update(deleted_at=AT)
    sent = {row["kind"]: row["ev"] for row in stamp()}
    assert sent.pop("contact")
    assert sent.pop("line")
    assert sent == {"note": None, "survey": None, "schedule": None}


def test_a_note_has_its_mentions(
    contact: Contact, ana: Any, bruno: Any, sales: Any
) -> None:
    Contact.objects.update(operator=bruno)
    chat = builders.make_chat(contact)
    empty_log()
    note = Note.objects.create(chat=chat, author=ana, text=ODD, mentions=[bruno.pk])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM change_stamp(100)")  # noqa: S608
        [change] = [Change(*row) for row in cursor.fetchall()]
    managers = frozenset({contact.manager_id})
    callers = {
        "ana": Caller("operator", "user:1", managers, ana.pk, frozenset({sales.pk})),
        "bruno": Caller("operator", "user:2", managers, bruno.pk, frozenset()),
        "key": Caller("key", "key:1", managers),
    }
    shown = {}
    for name, caller in callers.items():
        [(_, text)] = Audience(caller, "", frozenset({"note"})).events_for([change])
        shown[name] = json.loads(text)["row"]
    assert shown["bruno"].pop("forMe") is True
    assert shown["ana"] == shown["bruno"] == shown["key"]
    assert (shown["ana"]["id"], shown["ana"]["text"]) == (str(note.pk), ODD)
