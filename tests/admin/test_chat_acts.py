"""Actions on a chat from its page in the back-office."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry

from areas.models import ClosingReason, TransferReason
from chats.conversations.audit import Actor
from chats.conversations.lifecycle import close_chat, open_chat
from chats.models import Attachment, Chat, ChatEvent, Delivery, Message, Note
from contacts.models import Contact, Tag
from hci_center.audit.models import AuditLine
from tests.admin.conftest import agree, messages_of, sign_in_to_admin
from tests.areas.test_presence import arrive
from tests.builders import make_contact, make_message, make_operator, make_supervisor

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(contact):
    return open_chat(contact, actor=Actor(""))


def page(chat):
    return f"/admin/chats/chat/{chat.pk}/change/"


def act(chat, name):
    return f"/admin/chats/chat/{chat.pk}/act/{name}/"


def holder(chat):
    return Contact.objects.get(pk=chat.contact_id).operator


def last_line(chat):
    return ChatEvent.objects.filter(chat=chat).latest("pk")


def test_a_supervisor_claims_a_chat_for_somebody_who_is_online(
    desk, supervisor, chat, ana
):
    arrive(ana)
    answer = desk.post(act(chat, "claim"), {"claim-operator": ana.pk}, follow=True)
    assert messages_of(answer) == ["The operator has the chat now."]
    assert holder(chat) == ana
    line = last_line(chat)
    assert (line.kind, line.actor) == ("claimed", f"user:{supervisor.pk}")
    assert line.acting_operator == ana
    told = AuditLine.objects.filter(act="action", kind="chat").get()
    assert (told.target, told.after) == (str(chat.pk), {"action": "claim"})
    assert LogEntry.objects.get().object_repr == f"#{chat.pk}"


def test_an_offline_operator_or_one_of_another_area_needs_a_confirmation(
    desk, manager, chat, support
):
    carla = make_operator(manager, support, name="Carla")
    sent = {"transfer-operator": carla.pk}
    asked = desk.post(act(chat, "transfer"), sent)
    assert asked.context["impact"].sentences == [
        "Carla is offline now.",
        "Carla does not serve the area Vendas.",
    ]
    assert holder(chat) is None
    answer = agree(desk, act(chat, "transfer"), sent)
    assert messages_of(answer) == ["The chat was transferred."]
    assert holder(chat) == carla


def test_a_transfer_takes_a_reason_and_keeps_its_note(
    desk, manager, supervisor, chat, ana
):
    TransferReason.objects.create(manager=manager, code="ferias", name="Férias")
    arrive(ana)
    sent = {
        "transfer-operator": ana.pk,
        "transfer-reason": "ferias",
        "transfer-note": "Cliente <b>antigo</b>",
    }
    desk.post(act(chat, "transfer"), sent)
    shown = desk.get(page(chat)).content.decode()
    assert "Férias" in shown
    assert "Cliente &lt;b&gt;antigo&lt;/b&gt;" in shown
    assert supervisor.username in shown


def test_a_chat_moves_to_an_area(desk, chat, support, bruno):
    arrive(bruno)
    desk.post(act(chat, "move"), {"move-area": support.pk})
    assert Contact.objects.get(pk=chat.contact_id).area == support
    assert last_line(chat).kind == "entered_area"


def test_an_area_without_operators_needs_a_confirmation(desk, chat, support):
    asked = desk.post(act(chat, "move"), {"move-area": support.pk})
    assert asked.context["impact"].sentences == ["Nobody serves this area."]


def test_a_chat_is_closed_with_an_outcome(desk, manager, chat):
    ClosingReason.objects.create(manager=manager, code="venda", name="Venda")
    sent = {"close-reason": "venda", "close-survey": "on"}
    answer = desk.post(act(chat, "close"), sent, follow=True)
    assert messages_of(answer) == ["Chat closed."]
    chat.refresh_from_db()
    assert chat.reason == "venda"
    assert chat.closed_at is not None


def test_a_closed_chat_is_opened_again(desk, contact, chat):
    close_chat(contact, actor=Actor(""))
    assert desk.post(act(chat, "close"), {}).status_code == 404
    answer = desk.post(act(chat, "reopen"), follow=True)
    assert messages_of(answer) == ["The chat is open again."]
    chat.refresh_from_db()
    assert chat.closed_at is None


def test_a_note_is_stored_and_an_empty_one_is_an_error_of_the_field(
    desk, supervisor, chat
):
    answer = desk.post(act(chat, "note"), {"note-text": "  "})
    assert list(answer.context["form"].errors) == ["text"]
    desk.post(act(chat, "note"), {"note-text": "Ligar amanhã"})
    note = Note.objects.get()
    assert (note.text, note.actor) == ("Ligar amanhã", f"user:{supervisor.pk}")
    assert "Ligar amanhã" in desk.get(page(chat)).content.decode()
    assert "Ligar" not in str(list(AuditLine.objects.values_list("after", flat=True)))


def test_tags_are_added_and_removed(desk, manager, chat):
    for code in ("vip", "novo"):
        Tag.objects.create(manager=manager, code=code, name=code)

    def tags():
        return set(chat.contact.taggings.values_list("tag__code", flat=True))

    desk.post(act(chat, "tags"), {"tags-tags": ["vip", "novo"]})
    assert tags() == {"vip", "novo"}
    desk.post(act(chat, "tags"), {"tags-tags": ["novo"]})
    assert tags() == {"novo"}


def test_a_failed_message_is_sent_again(desk, chat):
    failed = make_message(chat, direction="out", sender="0", status="failed", error="x")
    path = f"/admin/chats/chat/{chat.pk}/resend/{failed.uuid}/"
    assert path in desk.get(page(chat)).content.decode()
    assert desk.get(path).status_code == 302
    assert not Delivery.objects.exists()
    answer = desk.post(path, follow=True)
    assert messages_of(answer) == ["The message is sent again."]
    assert Message.objects.get().status == "wait"
    assert AuditLine.objects.filter(act="send-again").exists()
    answer = desk.post(path, follow=True)
    assert messages_of(answer) != ["The message is sent again."]


def test_the_same_customer_of_another_manager_is_unchanged(office, chat, other_manager):
    same = make_contact(other_manager, external_id=chat.contact.external_id)
    other = open_chat(same, actor=Actor(""))
    office.post(act(chat, "close"), {"close-survey": "on"})
    assert list(Chat.objects.open()) == [other]


@pytest.mark.parametrize("name", ["claim", "close", "note", "nothing"])
def test_a_foreign_chat_is_not_found(chat, other_manager, name):
    foreign = sign_in_to_admin(make_supervisor(other_manager))
    assert foreign.get(act(chat, name)).status_code == 404
    assert foreign.post(act(chat, name), {"note-text": "x"}).status_code == 404
    assert not Note.objects.exists()


def test_a_foreign_operator_is_refused(desk, chat, other_manager):
    foreign = make_operator(other_manager)
    answer = desk.post(act(chat, "transfer"), {"transfer-operator": foreign.pk})
    assert list(answer.context["form"].errors) == ["operator"]


def test_the_chat_of_a_deleted_contact_is_read_only(desk, chat, contact):
    Contact.objects.filter(pk=contact.pk).update(deleted_at="2026-11-01T00:00Z")
    assert "/act/" not in desk.get(page(chat)).content.decode()
    assert desk.get(act(chat, "note")).status_code == 404


def test_pictures_sounds_and_links_are_shown(desk, chat):
    for kind in ("image", "audio", "video"):
        message = make_message(chat, type=kind, content="Arquivo em anexo")
        Attachment.objects.create(
            message=message, file=kind, mime=f"{kind}/x", size=1, sha256="0" * 64
        )
    make_message(
        chat, content='Veja https://a.example/x?y=1&z="><script>. javascript:alert(1)'
    )
    shown = desk.get(page(chat)).content.decode()
    for tag in ('<img class="bo-picture"', "<audio", "<video"):
        assert tag in shown
    assert (
        '<a class="bo-link" href="https://a.example/x?y=1&amp;z=" target="_blank"'
        ' rel="noopener noreferrer">' in shown
    )
    assert 'href="javascript' not in shown
    assert "<script>." not in shown
