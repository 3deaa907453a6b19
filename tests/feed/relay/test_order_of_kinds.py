"""Eight writers and reconnecting clients: additional kinds are sent once, in order."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from typing import Any

import psycopg
from django.db import connection

from chats.models import Note, ScheduledMessage, Survey
from contacts.models import Contact
from tests import builders
from tests.conftest import Api
from tests.feed.client import Socket
from tests.feed.conftest import parameters
from tests.feed.processes import Feed, ticket_of

SECONDS = 5.0
WRITERS = 8
ROWS = 12
CLIENTS = 3
KINDS = ["line", "note", "survey", "schedule"]
AT = "2026-01-01T00:00:00Z"

# Each change increments a version in its row.
WRITES = (
    """UPDATE contacts_contact SET queued_at = queued_at + interval '1 s',
         waiting_since = CASE WHEN waiting_since IS NULL THEN now() END,
         operator_id = CASE WHEN operator_id IS NULL THEN %(operator)s END
        WHERE id = %(contact)s""",
    """UPDATE chats_survey SET comment = (comment::integer + 1)::text
        WHERE contact_id = %(contact)s""",
    """UPDATE chats_scheduled SET text = (text::integer + 1)::text
        WHERE contact_id = %(contact)s""",
    """INSERT INTO chats_note (chat_id, actor, text, mentions, created_at)
       SELECT id, '', '', '[]', now() FROM chats_chat WHERE contact_id = %(contact)s""",
)


def write(seed: int, ids: list[int], operator: int, until: float) -> None:
    """Changes a few contacts at a time and commits slowly, or not."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    with psycopg.connect(**parameters()) as database:
        while time.monotonic() < until:
            for pk in sorted(chance.sample(ids, chance.randint(1, 3))):
                # The contact first, so that two writers never wait for each other.
                values = {"contact": pk, "operator": operator}
                database.execute(WRITES[0], values)
                database.execute(chance.choice(WRITES[1:]), values)
                time.sleep(chance.random() * 0.004)
            if chance.random() < 0.1:
                database.rollback()
            else:
                database.commit()


class Listener(threading.Thread):
    """Reads all events until the last one, disconnected again and again."""

    def __init__(self, feed: Feed, api: Api, seed: int) -> None:
        super().__init__()
        self.feed, self.api = feed, api
        self.chance = random.Random(seed)  # noqa: S311 - not for secrets
        self.events: list[dict[str, Any]] = []
        self.frames: set[str] = set()
        self.cuts = 0
        self.socket = self.feed.connect().hi(ticket_of(api), also=KINDS)
        self.socket.caught_up()

    def run(self) -> None:
        try:
            self.listen()
        finally:
            connection.close()  # The connection of this thread, which issued the tickets.

    def listen(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            frame = self.socket.next()
            self.frames.add(frame["t"])
            self.events += frame["e"] if frame["t"] == "ev" else []
            if self.events and self.events[-1]["k"] == "area":
                return
            if self.chance.random() < 0.4:
                self.cut()

    def cut(self) -> None:
        self.cuts += 1
        before: Socket = self.socket
        before.drop()
        self.socket = self.feed.connect().hi(
            ticket_of(self.api), before.cursor, before.epoch, also=KINDS
        )


def test_all_kinds_are_sent_once_and_in_order(
    feed: Feed, manager: Any, ana: Any, api: Api
) -> None:
    contacts = [builders.make_contact(manager, queued_at=AT) for _ in range(ROWS)]
    for contact in contacts:
        chat = builders.make_chat(contact)
        Survey.objects.create(
            chat=chat, contact=contact, state="void", asked_at=AT, comment="0"
        )
        ScheduledMessage.objects.create(
            manager=manager, contact=contact, operator=ana, send_at=AT, text="0"
        )
    feed.await_quiet()
    listeners = [Listener(feed, api, seed) for seed in range(CLIENTS)]
    ids, until = [contact.pk for contact in contacts], time.monotonic() + SECONDS
    writers = [
        threading.Thread(target=write, args=(seed, ids, ana.pk, until))
        for seed in range(WRITERS)
    ]
    for thread in [*listeners, *writers]:
        thread.start()
    for writer in writers:
        writer.join()
    feed.await_quiet()
    builders.make_area(manager, "the-end")
    for listener in listeners:
        listener.join()
    assert Note.objects.count() > 50
    for listener in listeners:
        assert listener.cuts > 1
        assert listener.frames <= {"ev", "hb", "now"}
        judge(listener.events)
    assert listeners[0].events == listeners[1].events == listeners[2].events


def judge(events: list[dict[str, Any]]) -> None:
    """Asserts that each committed version was sent, none twice and all in order."""
    seqs = [event["s"] for event in events]
    assert seqs == sorted(set(seqs))
    of_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        of_kind[event["k"]].append(event)
    noted = [event["id"] for event in of_kind["note"]]
    assert len(noted) == len(set(noted))
    assert set(noted) == {str(pk) for pk in Note.objects.values_list("pk", flat=True)}
    versions: dict[tuple[str, Any], list[int]] = defaultdict(list)
    for kind, member in (("survey", "comment"), ("schedule", "text")):
        for event in of_kind[kind]:
            contact = event["row"]["contactId"]
            versions[kind, contact].append(int(event["row"][member]))
    for survey in Survey.objects.select_related("contact"):
        sent = versions["survey", survey.contact.public_id]
        assert sent == list(range(1, int(survey.comment) + 1))
    for later in ScheduledMessage.objects.select_related("contact"):
        sent = versions["schedule", later.contact.public_id]
        assert sent == list(range(1, int(later.text) + 1))
    judge_lines(of_kind["line"])


def judge_lines(lines: list[dict[str, Any]]) -> None:
    """Asserts that lines are in order, without gaps, and end like the table."""
    latest: dict[Any, Any] = {}
    for event in lines:
        before = latest.get(event["id"])
        if before is not None:
            assert event["row"]["queuedAt"] > before["row"]["queuedAt"]
            assert event["was"] == before["is"]
        latest[event["id"]] = event
    for contact in Contact.objects.all():
        event = latest[contact.public_id]
        assert contact.queued_at is not None
        shown = contact.queued_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        assert event["row"]["queuedAt"] == shown
        assert event["is"]["operatorId"] == str(contact.operator_id or 0)
