"""A client that applies all events has the state that REST returns."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from areas.models import OperatorArea
from chats.conversations.audit import Actor
from chats.gateways.events import Deleted, Edited, Person, Reaction
from chats.inbound.contact_merge import resolve_contact
from chats.inbound.handlers import WebhookAccount, handle_event
from chats.models import Message
from contacts.models import Contact
from tests import builders
from tests.chats.files import sample_files
from tests.conftest import Api, signed_in
from tests.feed.mirror import Mirror
from tests.feed.processes import Feed

STEPS = 250
PICTURE = sample_files.data_uri(sample_files.PNG, "image/png")
CUTS = 200


class Hour:
    """Random activity in a centre: each method does one thing that a user would."""

    def __init__(self, manager: Any, areas: list[Any], people: list[Any]) -> None:
        self.chance = random.Random(20261122)  # noqa: S311 - not for secrets
        self.manager, self.areas, self.people = manager, areas, people
        self.api = Api(builders.make_key(manager))
        self.desk = Client()
        supervisor = builders.make_supervisor()
        supervisor.is_superuser = True
        supervisor.save()
        self.desk.force_login(supervisor)
        self.numbers = [551130000100 + n for n in range(12)]
        self.seconds = 0

    def step(self) -> None:
        """Does one random thing; the server may refuse it."""
        actions: list[Callable[[], None]] = [
            *[self.a_message_comes] * 6,
            *[self.somebody_answers] * 4,
            *[self.somebody_writes] * 4,
            *[self.somebody_reads] * 2,
            self.it_is_handed_over,
            self.it_changes_area,
            self.a_chat_ends,
            self.a_contact_is_deleted,
            self.a_contact_is_saved,
            self.the_bot_counts,
            self.a_receipt_comes,
            self.the_back_office_renames_an_area,
            self.many_are_updated_at_once,
            self.sql_moves_some,
            self.sql_deletes_a_message,
            self.an_operator_is_renamed,
            self.an_operator_gets_other_areas,
            self.two_turn_out_to_be_one,
            self.somebody_quotes,
            *[self.a_message_is_changed] * 4,
        ]
        self.chance.choice(actions)()

    def named(self) -> dict[str, Any]:
        return {
            "number": self.manager.number,
            "contactNumber": self.chance.choice(self.numbers),
        }

    def by_id(self) -> dict[str, Any]:
        named = self.named()
        return {"number": named["number"], "contactId": named["contactNumber"]}

    def anybody(self) -> str:
        return str(self.chance.choice(self.people).pk)

    def a_message_comes(self) -> None:
        who = self.named()
        body = {
            "managerNumber": who["number"],
            "contactNumber": who["contactNumber"],
            "from": who["contactNumber"],
        }
        content = self.chance.choice(
            [
                {"type": "text", "content": f"Bom dia {self.chance.random()}"},
                {"type": "image", "url": "url.com"},
                {"type": "image", "base64": PICTURE, "caption": "um", "fileName": "b"},
            ]
        )
        self.api.post("/api/chat/message/send", {**body, **content})

    def somebody_quotes(self) -> None:
        """Sends a file that quotes the contact's latest message."""
        contact = self.chance.choice(self.numbers)
        quoted = Message.objects.filter(contact__external_id=contact).last()
        if quoted is not None:
            body = {"contactNumber": contact, "from": self.anybody(), "type": "image"}
            body |= {"base64": PICTURE, "caption": "dois", "replyTo": str(quoted.uuid)}
            path = "/api/chat/message/send/operator/file/8080"
            self.api.post(path, body)

    def a_message_is_changed(self) -> None:
        """Handles an edit, a deletion or a reaction from the gateway."""
        message = Message.objects.order_by("?").first()
        if message is None:
            return
        name = f"g{message.pk}"
        if message.gateway_id is None:
            Message.objects.filter(pk=message.pk).update(gateway_id=name)
        else:
            name = message.gateway_id
        person = Person((message.contact.external_id,))
        is_own = self.chance.random() < 0.3
        emoji = self.chance.choice(["👍", "❤️", ""])
        event = self.chance.choice(
            [
                Edited(name, f"Melhor {self.chance.random()}"),
                Deleted(name),
                Reaction(name, person, emoji, is_own),
                Reaction(name, person, emoji, is_own),
            ]
        )
        handle_event(
            WebhookAccount(self.manager.pk, self.manager.number, None),
            "evolution",
            event,
        )

    def somebody_answers(self) -> None:
        body = {**self.by_id(), "operatorId": self.anybody()}
        self.api.put("/api/user/contact/operator/my", body)

    def somebody_writes(self) -> None:
        body = {**self.named(), "content2": "Pois não?", "operatorId": self.anybody()}
        self.api.post("/api/chat/message/send/operator/8080", body)

    def somebody_reads(self) -> None:
        self.api.post("/api/chat/message/read", {**self.by_id(), "operatorId": "0"})

    def it_is_handed_over(self) -> None:
        to = self.chance.choice([self.anybody(), "0"])
        self.api.put("/api/user/contact/operator", {**self.by_id(), "operatorId": to})

    def it_changes_area(self) -> None:
        area = self.chance.choice(self.areas).code
        self.api.put("/api/user/contact/area", {**self.named(), "area": area})

    def a_chat_ends(self) -> None:
        self.api.delete("/api/chat/", self.by_id())

    def a_contact_is_deleted(self) -> None:
        self.api.delete("/api/user/contact/", self.named())

    def a_contact_is_saved(self) -> None:
        body = {**self.named(), "name": f"Ana {self.chance.random()}"}
        if self.chance.random() < 0.5:
            body["area"] = self.chance.choice(self.areas).code
        self.api.post("/api/user/contact/save", body)

    def the_bot_counts(self) -> None:
        self.api.put("/api/user/contact/sa/increase", self.named())

    def a_receipt_comes(self) -> None:
        message = Message.objects.filter(direction="out").order_by("?").first()
        if message is not None:
            status = self.chance.choice(["sent", "delivered", "read", "failed"])
            self.api.put(
                "/api/chat/message/status",
                {
                    "number": self.manager.number,
                    "messageId": str(message.uuid),
                    "status": status,
                },
            )

    def the_back_office_renames_an_area(self) -> None:
        area = self.chance.choice(self.areas)
        answer = self.desk.post(
            f"/admin/areas/area/{area.pk}/change/",
            {"name": f"{area.code} {self.chance.random()}"},
        )
        assert answer.status_code == 302

    def many_are_updated_at_once(self) -> None:
        some = Contact.objects.filter(sa__lt=self.chance.randint(-100, 100))
        some.update(photo=f"url.com/{self.chance.random()}")

    def sql_moves_some(self) -> None:
        area = self.chance.choice([None, *self.areas])
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE contacts_contact SET area_id = %s, operator_id = NULL"
                " WHERE id %% 5 = %s",
                [area.pk if area else None, self.chance.randint(0, 4)],
            )

    def sql_deletes_a_message(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH one AS (SELECT id FROM chats_message ORDER BY random() LIMIT 1),"
                " d AS (DELETE FROM chats_delivery WHERE message_id IN (TABLE one)),"
                " a AS (DELETE FROM chats_attachment WHERE message_id IN (TABLE one)),"
                " v AS (DELETE FROM chats_messageversion"
                "        WHERE message_id IN (TABLE one))"
                " DELETE FROM chats_message WHERE id IN (TABLE one)"
            )

    def an_operator_is_renamed(self) -> None:
        person = self.chance.choice(self.people)
        person.name = f"Ana {self.chance.random()}"
        person.save()

    def an_operator_gets_other_areas(self) -> None:
        if self.chance.random() < 0.3:
            person = self.chance.choice(self.people)
            area = self.chance.choice(self.areas)
            served = OperatorArea.objects.filter(operator=person, area=area)
            if not served.delete()[0]:
                OperatorArea.objects.create(
                    manager=self.manager, operator=person, area=area
                )

    def two_turn_out_to_be_one(self) -> None:
        """Merges a contact whose chat was closed with one that has a new number."""
        self.seconds += 1
        left, writes = self.chance.choice(self.numbers), 551130000200 + self.seconds
        for number in (left, writes):
            named = {"managerNumber": self.manager.number, "contactNumber": number}
            content = {"from": number, "type": "text", "content": "Sou eu"}
            self.api.post("/api/chat/message/send", {**named, **content})
        self.api.delete("/api/chat/", {**self.by_id(), "contactId": left})
        person, actor = Person((str(left), str(writes))), Actor("key:1")
        resolve_contact(self.manager.pk, "whatsapp", person, actor=actor)


@pytest.mark.timeout(180)
def test_a_client_has_the_state_of_rest(
    feed: Feed, manager: Any, sales: Any, support: Any, ana: Any, bruno: Any, api: Api
) -> None:
    hour = Hour(manager, [sales, support], [ana, bruno])
    supervisor = builders.make_supervisor(manager)
    feed.await_quiet()
    mirrors = {
        "key": Mirror(feed, api, "0", 8080),
        "ana": Mirror(feed, signed_in(ana.user), str(ana.pk), 8080),
        "bruno": Mirror(feed, signed_in(bruno.user), str(bruno.pk), 8080),
        "supervisor": Mirror(feed, signed_in(supervisor), "0", 8080),
    }
    for n in range(STEPS):
        hour.step()
        while sum(mirror.cuts for mirror in mirrors.values()) < CUTS * n // STEPS:
            mirror = hour.chance.choice(list(mirrors.values()))
            mirror.cut(hears_something=hour.chance.random() < 0.5)
    # Last, so that no later change hides an error.
    hour.two_turn_out_to_be_one()
    builders.make_area(manager, "the-end")
    assert Message.objects.count() > 20
    changed = {key for m in Message.objects.all() for key in m.details or {}}
    assert {"caption", "replyTo", "reactions", "edited", "deleted"} <= changed
    for name, mirror in mirrors.items():
        mirror.listen(until="the-end")
        followed = mirror.shown()
        mirror.read_all()
        fresh = mirror.shown()
        assert followed.keys() == fresh.keys()
        for part in followed:
            assert followed[part] == fresh[part], f"{name}: {part}"
