"""PUT api/chat/close, and DELETE api/chat/ with a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from areas.models import ClosingReason
from chats.models import Auto, ChatEvent, Delivery, Message, Survey, Task
from contacts.models import Contact
from tests import builders
from tests.chats.rules.closing import ledger
from tests.chats.rules.running import run_tasks
from tests.conftest import signed_in
from tests.contract.shapes import refused


def data(answer):
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def test_it_closes_with_the_reason_and_the_text(talk, manager, paid, ana):
    builders.save_policy(manager, closingText="Até logo, {nome}! {protocolo}")
    talk.serve()
    chat = talk.chat
    shape = {"protocol": chat.protocol, "reason": "paid", "survey": False}
    assert data(talk.close(reason="paid")) == shape
    chat.refresh_from_db()
    assert (chat.reason, chat.last_operator) == ("paid", ana)
    assert chat.closed_at is not None
    assert talk.said() == [("closing", f"Até logo, Maria! {chat.protocol}")]
    message = Message.objects.get(auto=Auto.CLOSING)
    assert (message.chat, message.sender, message.status) == (chat, "0", "wait")
    assert Delivery.objects.filter(message=message).exists()
    line = ChatEvent.objects.latest("pk")
    assert (line.kind, line.cause) == ("closed", "resolved")
    assert (line.acting_operator, line.detail) == (ana, {"reason": "paid"})
    assert talk.contact.operator is None


def test_without_rules_it_only_closes(talk):
    talk.serve()
    assert data(talk.close())["reason"] == ""
    assert talk.said() == []
    assert talk.chat.closed_at is not None


def test_a_second_time_there_is_no_chat(talk):
    talk.serve()
    talk.close()
    refused(talk.close(), 404, "chat_not_found")


@pytest.mark.parametrize("reason", ["gone", "other", "away"])
def test_only_reasons_of_the_area_are_accepted(talk, manager, support, paid, reason):
    for code, area, active in (("gone", None, False), ("other", support, True)):
        ClosingReason.objects.create(
            manager=manager, area=area, code=code, name=code, is_active=active
        )
    talk.serve()
    answer = talk.close(reason=reason)
    refused(answer, 400, "invalid", fields=["reason"])
    assert talk.chat.closed_at is None


def test_people_must_give_a_reason_where_the_rules_say_so(talk, manager, ana, paid):
    builders.save_policy(manager, closingReasonRequired=True)
    talk.serve()
    person = signed_in(ana.user)
    answer = talk.close(person)
    refused(answer, 400, "invalid", fields=["reason"])
    assert data(talk.close(person, reason="paid"))["reason"] == "paid"
    talk.serve()
    # Not programs, and not people with the documented call.
    data(talk.close())
    talk.serve()
    data(person.delete("/api/chat/", {"contactId": talk.contact.external_id}))


def test_without_a_list_of_reasons_none_is_required(talk, manager, ana):
    builders.save_policy(manager, closingReasonRequired=True)
    talk.serve()
    data(talk.close(signed_in(ana.user)))


def test_an_operator_closes_only_visible_chats(talk, bruno):
    talk.serve()
    refused(talk.close(operatorId=str(bruno.pk)), 404, "chat_not_found")
    refused(talk.close(signed_in(bruno.user)), 403, "forbidden")
    assert talk.chat.closed_at is None


def test_the_documented_call_accepts_cause_and_reason(talk, manager, api, paid):
    builders.save_policy(manager, closingText="Até logo!")
    talk.serve()
    body = {"contactId": talk.contact.external_id}
    for wrong in ({"cause": "deleted"}, {"reason": "none"}):
        answer = api.delete("/api/chat/", body | wrong)
        refused(answer, 400, "invalid", fields=list(wrong))
    assert talk.chat.closed_at is None
    given = {"cause": "customer", "reason": "paid"}
    data(api.delete("/api/chat/", body | given))
    assert talk.chat.reason == "paid"
    assert ledger()[-1] == ("closed", "customer")
    # A closing for the customer sends no text.
    assert talk.said() == []
    talk.serve()
    data(api.delete("/api/chat/", body))
    assert ledger()[-1] == ("closed", "")
    assert talk.said() == [("closing", "Até logo!")]


def test_outside_the_reply_window_the_text_is_recorded_as_not_sent(talk, manager):
    builders.save_policy(manager, closingText="Até logo!")
    talk.serve()
    type(manager).objects.filter(pk=manager.pk).update(gateway="whatsapp_cloud")
    old = timezone.now() - timedelta(hours=25)
    Contact.objects.filter(pk=talk.contact.pk).update(last_in_at=old)
    data(talk.close())
    assert talk.said() == []
    assert [kind for kind, _ in ledger()][-2:] == ["unsaid", "closed"]


def test_a_deleted_contact_has_neither_tasks_nor_surveys(talk, manager, api):
    builders.save_policy(manager, idleClose=60, survey=True)
    talk.serve()
    talk.close()
    talk.customer("oi")
    talk.claim()
    talk.answer()
    Survey.objects.update(state="asked")
    body = {"number": manager.number, "contactId": talk.contact.external_id}
    assert api.delete("/api/user/contact/", body).status_code == 200
    assert Survey.objects.get().state == "void"
    assert not Task.objects.filter(contact=talk.contact).exists()
    run_tasks()


def test_a_failed_closing_sends_no_text(talk, manager, monkeypatch):
    """The text and the closing are in one transaction."""
    builders.save_policy(manager, closingText="Até logo!")
    talk.serve()
    monkeypatch.setattr(
        "chats.rules.closing.close_chat_of_locked",
        lambda *args, **options: 1 / 0,
    )
    assert talk.close().status_code == 500
    assert talk.said() == []
    assert talk.chat.closed_at is None
