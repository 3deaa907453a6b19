"""POST api/chat/note and api/chat/note/get: internal notes."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from areas.models import OperatorArea
from chats.models import ChatEvent, Note
from tests import builders
from tests.conftest import signed_in
from tests.contract.shapes import TIME, answered, refused

HOSTILE = "<script>alert(1)</script> {protocolo} '; DROP TABLE chats_note; --\n\u202e😀"


@pytest.fixture
def chat(contact):
    return builders.make_chat(contact, protocol=contact.protocol)


def write(api, contact, operator, text="oi", **fields):
    body = {"operatorId": str(operator), "contactId": contact.external_id}
    return api.post("/api/chat/note", body | {"text": text} | fields)


def read(api, contact, operator="0", **fields):
    body = {"operatorId": str(operator), "contactId": contact.external_id}
    response = api.post("/api/chat/note/get", body | fields)
    assert response.status_code == 200, response.content
    return response.json()["data"]["notes"]


def texts(*args, **fields):
    return [note["text"] for note in read(*args, **fields)]


def colleague(manager, sales, **over):
    return builders.make_operator(manager, sales, name="Caio", **over)


def test_a_note_belongs_to_the_open_chat(api, manager, sales, ana, contact, chat):
    caio = colleague(manager, sales)
    shape = {
        "id": str,
        "text": HOSTILE,
        "operatorId": str(ana.pk),
        "mentions": [str(caio.pk)],
        "createdAt": TIME,
        "protocol": chat.protocol,
        "author": "Ana",
    }
    mentions = [str(caio.pk), caio.pk]
    response = write(api, contact, ana.pk, HOSTILE, mentions=mentions)
    note = Note.objects.get()
    shape["id"] = str(note.pk)
    answered(response, shape)
    assert read(api, contact) == [response.json()["data"]]
    assert note.mentions == [caio.pk]


def test_the_ledger_has_only_the_id_of_a_note(api, ana, contact, chat):
    write(api, contact, ana.pk, HOSTILE)
    event = ChatEvent.objects.get(kind="noted")
    assert event.detail == {"note": Note.objects.get().pk}
    assert (event.chat_id, event.acting_operator_id) == (chat.pk, ana.pk)
    assert event.area_id == contact.area_id


def test_a_note_is_not_a_message(api, ana, contact, chat):
    before = builders.Contact.objects.values().get(pk=contact.pk)
    write(api, contact, ana.pk)
    assert builders.Contact.objects.values().get(pk=contact.pk) == before
    body = {"operatorId": "0", "contactId": contact.external_id, "closed": True}
    assert api.post("/api/chat/message", body).json()["data"] == []


def test_the_database_refuses_changes_of_notes(api, ana, contact, chat):
    write(api, contact, ana.pk)
    for statement in ("UPDATE chats_note SET text = 'x'", "DELETE FROM chats_note"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_mentioned_operators_must_see_the_contact(
    api, manager, other_manager, sales, ana, bruno, contact, chat
):
    foreign = builders.make_operator(other_manager)
    inactive = colleague(manager, sales, is_active=False)
    for other in (bruno.pk, foreign.pk, inactive.pk, 0, 999_999, "x"):
        response = write(api, contact, ana.pk, mentions=[ana.pk, other])
        refused(response, 400, "invalid", fields=["mentions"])
    assert not Note.objects.exists()
    # A mention gives no access, but whoever serves the area has it.
    OperatorArea.objects.create(manager=manager, operator=bruno, area=sales)
    assert write(api, contact, ana.pk, mentions=[bruno.pk]).status_code == 200


@pytest.mark.parametrize("mentions", ["x", {"a": 1}, [["1"]], [None], ["1"] * 51])
def test_invalid_mentions_are_refused(api, ana, contact, chat, mentions):
    response = write(api, contact, ana.pk, mentions=mentions)
    refused(response, 400, "invalid", fields=["mentions"])


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4097, None])
def test_a_text_is_required(api, ana, contact, chat, text):
    response = write(api, contact, ana.pk, text)
    refused(response, 400, "invalid", fields=["text"])


def test_an_open_chat_is_required(api, ana, contact):
    refused(write(api, contact, ana.pk), 404, "chat_not_found")
    builders.make_chat(contact, closed_at="2026-11-20T12:00:00Z")
    refused(write(api, contact, ana.pk), 404, "chat_not_found")
    assert read(api, contact) == []


def test_an_operator_writes_and_reads_only_visible_notes(ana, bruno, contact, chat):
    hers, his = signed_in(ana.user), signed_in(bruno.user)
    assert write(hers, contact, ana.pk).status_code == 200
    refused(write(his, contact, bruno.pk), 404, "chat_not_found")
    refused(write(his, contact, ana.pk), 403, "forbidden")
    refused(write(hers, contact, 0), 403, "forbidden")
    body = {"operatorId": str(bruno.pk), "contactId": contact.external_id}
    refused(his.post("/api/chat/note/get", body), 404, "chat_not_found")
    refused(write(hers, contact, 999_999), 404, "operator_not_found")
    assert texts(hers, contact, ana.pk) == ["oi"]


def test_a_supervisors_note_has_his_name(supervisor, contact, chat):
    supervisor.first_name = "Rita"
    supervisor.save()
    note = write(signed_in(supervisor), contact, 0).json()["data"]
    assert (note["operatorId"], note["author"]) == ("0", "Rita")


def test_a_programs_note_has_no_name(api, contact, chat):
    note = write(api, contact, 0).json()["data"]
    assert (note["operatorId"], note["author"]) == ("0", "")


def test_pages_and_chats(api, manager, ana, contact, chat):
    ids = [write(api, contact, ana.pk, str(n)).json()["data"]["id"] for n in range(4)]
    chat.closed_at = "2026-11-20T12:00:00Z"
    chat.save()
    second = builders.make_chat(contact)
    write(api, contact, ana.pk, "4")
    assert texts(api, contact) == ["0", "1", "2", "3", "4"]
    assert texts(api, contact, limit=2) == ["3", "4"]
    assert texts(api, contact, limit=2, before=ids[3]) == ["1", "2"]
    assert texts(api, contact, protocol=second.protocol) == ["4"]
    assert texts(api, contact, protocol=chat.protocol) == ["0", "1", "2", "3"]
    other = builders.make_chat(builders.make_contact(manager))
    foreign = write(api, other.contact, 0).json()["data"]["id"]
    body = {"operatorId": "0", "contactId": contact.external_id}
    for before in (foreign, "0", "x", "9" * 30):
        response = api.post("/api/chat/note/get", body | {"before": before})
        refused(response, 400, "invalid", fields=["before"])
    response = api.post("/api/chat/note/get", body | {"protocol": other.protocol})
    refused(response, 404, "chat_not_found")
