"""POST api/chat/transcript and its printable page: the messages of a chat."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from chats.messages.changes import edit_message
from chats.messages.store import FILE_CONTENT
from chats.models import Attachment, Chat, Message, TranscriptSeal
from hci_center.api import links
from tests import builders
from tests.chats.inbox.transcripts import ask, close, note, page, said, say, transcript
from tests.conftest import signed_in
from tests.contract.shapes import refused

HOSTILE = "</title><script>alert(1)</script>{{ x }}{% y %}\"'\u202e&amp;"


@pytest.fixture
def chat(contact):
    return builders.make_chat(contact, protocol="BR202611200000009")


def test_each_message_has_its_author(api, manager, contact, chat, ana):
    first = say(chat, "Bom dia")
    say(chat, "Escolha uma área", "0", auto="menu")
    say(chat, "Oi, aqui é a Ana", str(ana.pk))
    say(chat, "Mais tarde", str(ana.pk), auto="schedule")
    say(chat, "Do celular", "0", auto="phone")
    say(chat, "De um programa", "bot-7")
    close(chat, reason="sold")
    data = transcript(api, chat)
    assert said(api, chat) == [
        (contact.name, "Bom dia"),
        ("Automatic service", "Escolha uma área"),
        ("Ana", "Oi, aqui é a Ana"),
        ("Ana", "Mais tarde"),
        (manager.name, "Do celular"),
        ("Automatic service", "De um programa"),
    ]
    assert said(api, chat, headers={"Accept-Language": "pt-BR"})[1] == (
        "Atendimento automático",
        "Escolha uma área",
    )
    at = first.created_at.isoformat(timespec="milliseconds")
    assert data["lines"][0]["at"] == at.replace("+00:00", "Z")
    assert data["manager"] == manager.name
    assert data["contact"] == {"id": int(contact.external_id), "name": contact.name}
    assert data["reason"] == "sold"
    assert data["closedAt"] > data["openedAt"]


def test_an_open_chat_has_current_names(api, contact, chat, ana):
    say(chat, "Oi")
    contact.name = "Novo nome"
    contact.save()
    assert said(api, chat) == [("Novo nome", "Oi")]
    assert transcript(api, chat)["closedAt"] is None


def rename_all(contact, *people):
    contact.name = "Renamed"
    contact.save()
    for person in people:
        person.name = "Renamed"
        person.save()


def test_closing_stores_the_names(api, contact, chat, ana):
    name = contact.name
    say(chat, "Oi")
    say(chat, "Olá", str(ana.pk))
    close(chat)
    before = transcript(api, chat)
    rename_all(contact, ana)
    after = transcript(api, chat)
    assert after["lines"] == before["lines"]
    assert after["contact"] == before["contact"]
    assert said(api, chat) == [(name, "Oi"), ("Ana", "Olá")]


def test_deleting_the_chat_stores_the_names(api, contact, chat):
    say(chat, "Oi")
    body = {"contactId": contact.external_id, "number": str(contact.manager.number)}
    assert api.call("DELETE", "/api/chat/", body).status_code == 200
    name = contact.name
    contact.refresh_from_db()
    rename_all(contact)
    assert said(api, chat) == [(name, "Oi")]


def test_a_reopened_chat_stores_the_names_again(api, contact, chat, ana):
    say(chat, "Oi")
    say(chat, "Olá", str(ana.pk))
    close(chat)
    rename_all(contact, ana)
    Chat.objects.filter(pk=chat.pk).update(closed_at=None)
    assert said(api, chat) == [("Renamed", "Oi"), ("Renamed", "Olá")]
    close(chat)
    contact.name = "Again"
    contact.save()
    assert said(api, chat) == [("Renamed", "Oi"), ("Renamed", "Olá")]


def test_a_chat_closed_by_an_earlier_version_has_current_names(api, contact):
    chat = builders.make_chat(contact, closed_at=timezone.now())
    say(chat, "Oi")
    assert not TranscriptSeal.objects.exists()
    assert said(api, chat) == [(contact.name, "Oi")]


def test_texts_are_those_of_the_closing(api, manager, chat):
    def text_with_id(name, **over):
        at = timezone.now() - timedelta(minutes=10)
        return say(chat, f"{name} 1", gateway_id=name, created_at=at, **over)

    for name in ("before", "both", "after"):
        text_with_id(name)
    text_with_id("file", type="image", url="https://files.example/1.png")
    text_with_id("bare", type="image", details={"fileName": "a.png"})
    Message.objects.filter(gateway_id="bare").update(content=FILE_CONTENT)
    at = timezone.now() - timedelta(minutes=1)
    edit_message(manager.pk, "before", "before 2", at)
    edit_message(manager.pk, "both", "both 2", at)
    close(chat)
    sealed = transcript(api, chat)["lines"]
    later = timezone.now() + timedelta(minutes=1)
    edit_message(manager.pk, "both", "both 3", later)
    edit_message(manager.pk, "both", "both 4", later + timedelta(minutes=1))
    edit_message(manager.pk, "after", "after 2", later)
    edit_message(manager.pk, "file", "a caption", later)
    edit_message(manager.pk, "bare", "a caption", later)
    assert transcript(api, chat)["lines"] == sealed
    texts = [line["text"] for line in sealed]
    assert texts == ["before 2", "both 2", "after 1", "file 1", "a.png"]
    assert sealed[3]["url"] == "https://files.example/1.png"


def test_answers_to_a_survey_are_included(api, contact, chat):
    say(chat, "Oi")
    close(chat)
    say(chat, "5", status="read")
    assert said(api, chat) == [(contact.name, "Oi"), (contact.name, "5")]


def test_a_file_has_a_link_that_works(api, anonymous, chat):
    message = say(chat, "arquivo", type="file", details={"fileName": "nota.pdf"})
    row = Attachment.objects.create(
        message=message, file="x.pdf", mime="application/pdf", size=1, sha256="0"
    )
    (line,) = transcript(api, chat)["lines"]
    assert links.is_signed(
        "file-link", str(row.uuid), dict(parse_qsl(urlsplit(line["url"]).query))
    )
    status, html = page(anonymous, transcript(api, chat)["page"])
    assert status == 200
    assert f"/api/chat/file/{row.uuid}?" in html


# Notes


def test_notes_are_only_for_supervisors(api, chat, ana, supervisor):
    say(chat, "Oi")
    note(chat, "Cuidado", author=ana)
    note(chat, "Vi", actor=f"user:{supervisor.pk}")
    shown = [("Ana", "Cuidado"), (supervisor.username, "Vi")]
    assert said(api, chat)[1:] == []
    assert said(api, chat, notes=True)[1:] == shown
    assert said(signed_in(supervisor), chat, notes=True)[1:] == shown
    for notes in (True, "true"):
        refused(ask(signed_in(ana.user), chat, notes=notes), 403, "forbidden")
    own = transcript(signed_in(ana.user), chat)
    assert [line["text"] for line in own["lines"]] == ["Oi"]
    assert "Cuidado" not in page(signed_in(ana.user), own["page"])[1]


def test_notes_after_the_closing_are_not_included(api, chat, ana):
    note(chat, "Antes", author=ana)
    close(chat)
    note(chat, "Depois", author=ana)
    assert said(api, chat, notes=True) == [("Ana", "Antes")]


def test_notes_do_not_change_the_order_of_messages(api, chat, ana):
    say(chat, "Oi")
    note(chat, "Vi", author=ana)
    # The gateway's time is before that of the first message.
    say(chat, "Enviada antes", created_at=timezone.now() - timedelta(days=1))
    assert [text for _, text in said(api, chat)] == ["Oi", "Enviada antes"]
    shown = [text for _, text in said(api, chat, notes=True)]
    assert shown == ["Oi", "Vi", "Enviada antes"]


# What a caller may not see


def test_a_caller_sees_only_visible_chats(
    api, manager, other_manager, contact, chat, ana, bruno
):
    assert ask(signed_in(ana.user), chat).status_code == 200
    # Of another area.
    refused(ask(signed_in(bruno.user), chat), 404, "chat_not_found")
    stranger = builders.make_supervisor(other_manager)
    refused(ask(signed_in(stranger), chat), 404, "chat_not_found")
    missing = Chat(protocol="BR000000000000000")
    refused(ask(api, missing), 404, "chat_not_found")
    number = str(other_manager.number)
    refused(ask(api, chat, number=number), 404, "chat_not_found")
    contact.deleted_at = timezone.now()
    contact.save()
    refused(ask(api, chat), 404, "chat_not_found")


def test_a_protocol_of_two_managers_needs_the_manager(full_api, other_manager, chat):
    builders.make_chat(builders.make_contact(other_manager), protocol=chat.protocol)
    refused(ask(full_api, chat), 409, "ambiguous_contact")
    assert ask(full_api, chat, number=str(other_manager.number)).status_code == 200
