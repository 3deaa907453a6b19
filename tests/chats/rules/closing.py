"""A chat with an operator, for the tests of closing, idle chats and surveys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from chats.models import Chat, ChatEvent, Message, Survey, Task
from contacts.models import Contact
from tests import builders
from tests.chats.api.recording import send
from tests.chats.rules.running import run_tasks

SEND = "/api/chat/message/send/operator/8080"


class Conversation:
    """A customer and an operator who write, close and reopen by API calls."""

    def __init__(self, api: Any, manager: Any, operator: Any, area: Any) -> None:
        self.api, self.manager, self.operator = api, manager, operator
        self.contact = builders.make_contact(manager, name="Maria Souza", area=area)

    def customer(self, *texts: str, **over: Any) -> Any:
        number = int(self.contact.external_id)
        names = {"contactNumber": number, "managerNumber": self.manager.number}
        for text in texts:
            body = {**names, "from": number, "content": text, **over}
            answer = send(self.api, **body)
            assert answer.status_code == 200, answer.content
        run_tasks()
        self.contact.refresh_from_db()
        return answer.json()["data"]

    def claim(self) -> None:
        body = {
            "number": self.manager.number,
            "contactId": self.contact.external_id,
            "operatorId": str(self.operator.pk),
        }
        answer = self.api.put("/api/user/contact/operator/my", body)
        assert answer.status_code == 200, answer.content

    def answer(self, text: str = "Pois não?") -> None:
        body = {
            "contactNumber": self.contact.external_id,
            "operatorId": str(self.operator.pk),
            "content2": text,
        }
        answer = self.api.post(SEND, body)
        assert answer.status_code == 200, answer.content
        run_tasks()
        self.contact.refresh_from_db()

    def serve(self) -> None:
        """Has the customer write, and the operator claim the chat and answer."""
        self.customer("oi")
        self.claim()
        self.answer()

    def close(self, api: Any = None, **over: Any) -> Any:
        body = {
            "operatorId": str(self.operator.pk),
            "contactId": self.contact.external_id,
        }
        answer = (api or self.api).put("/api/chat/close", body | over)
        run_tasks()
        self.contact.refresh_from_db()
        return answer

    def reopen(self, **over: Any) -> Any:
        body = {
            "operatorId": str(self.operator.pk),
            "contactId": self.contact.external_id,
            "protocol": self.chat.protocol,
        }
        answer = self.api.put("/api/chat/reopen", body | over)
        run_tasks()
        self.contact.refresh_from_db()
        return answer

    @property
    def chat(self) -> Chat:
        """The contact's newest chat."""
        return Chat.objects.filter(contact=self.contact).latest("pk")

    def said(self) -> list[tuple[str, str]]:
        """Returns the automatic messages, oldest first, with their occasions."""
        found = Message.objects.filter(contact=self.contact).exclude(auto="")
        return list(found.order_by("pk").values_list("auto", "content"))


def pass_time(seconds: float) -> None:
    """Moves all times that many seconds into the past; runs due tasks."""
    age(seconds)
    run_tasks()


def age(seconds: float) -> None:
    """Moves all times that many seconds into the past."""
    gap = timedelta(seconds=seconds)
    statements = {
        "chats_message": ("stored_at", "created_at"),
        "chats_chatevent": ("at",),
        "chats_chat": ("closed_at", "opened_at"),
        "chats_survey": ("asked_at", "answered_at", "comment_until"),
        "chats_task": ("run_at",),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        # The ledger refuses changes otherwise.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE chats_chatevent DISABLE TRIGGER USER")
        for table, columns in statements.items():
            moved = ", ".join(f"{column} = {column} - %(gap)s" for column in columns)
            cursor.execute(f"UPDATE {table} SET {moved}", {"gap": gap})  # noqa: S608
        cursor.execute("ALTER TABLE chats_chatevent ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def ledger(chat: Chat | None = None) -> list[tuple[str, str]]:
    lines = ChatEvent.objects.order_by("pk")
    if chat is not None:
        lines = lines.filter(chat=chat)
    return list(lines.values_list("kind", "cause"))


def idle_task() -> datetime | None:
    task = Task.objects.filter(kind="idle").first()
    return None if task is None else task.run_at


def survey_of(contact: Contact) -> Survey:
    return Survey.objects.get(contact=contact)
