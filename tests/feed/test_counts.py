"""A console that follows lines has the counts and the lines of REST."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from areas.models import Menu
from chats.models import Chat, Clock, MenuState, Note, ScheduledMessage, Survey
from contacts.models import Contact, Tag, Tagging
from managers.models import Manager
from tests import builders
from tests.conftest import Api, signed_in
from tests.feed.client import Socket
from tests.feed.processes import Feed, ticket_of
from tests.feed.test_convergence import Hour

STEPS = 200
CUTS = 80
READINGS = 60
KINDS = ["line", "note", "survey", "schedule"]
COUNTED = ("menu", "waiting", "serving", "answered")


class ConsoleHour(Hour):
    """A random hour in which tags, clocks, menus and notes change, too."""

    def step(self) -> None:
        """Does one random thing; the server may refuse it."""
        more: list[Callable[[Chat], None]] = [
            self.it_is_tagged,
            self.a_clock_changes,
            self.it_enters_or_leaves_the_menu,
            self.a_note_is_written,
            self.something_is_scheduled,
            self.it_is_surveyed,
            self.it_is_reopened,
        ]
        chat = Chat.objects.order_by("?").first()
        if chat is None or self.chance.random() < 0.6:
            super().step()
        else:
            self.chance.choice(more)(chat)

    def an_operator_gets_other_areas(self) -> None:
        """Nothing: a client reads everything after a reset, which would prove nothing."""

    def it_is_tagged(self, chat: Chat) -> None:
        code = self.chance.choice(["vip", "novo", "gold"])
        tag = Tag.objects.get_or_create(manager=self.manager, code=code)[0]
        named = {"manager": self.manager, "contact": chat.contact, "tag": tag}
        if not Tagging.objects.get_or_create(**named)[1]:
            Tagging.objects.filter(**named).delete()
        if self.chance.random() < 0.2:
            Tag.objects.filter(pk=tag.pk).update(code=f"t{self.chance.random()}"[:20])

    def a_clock_changes(self, chat: Chat) -> None:
        running = Clock.objects.filter(chat=chat, met_at=None, void_at=None)
        if not running.update(met_at=timezone.now()):
            due = timezone.now() + timedelta(hours=self.chance.choice([-1, 1]))
            values = {"kind": "reply", "target": 60, "started_at": due}
            Clock.objects.create(chat=chat, risk_at=due, due_at=due, **values)

    def it_enters_or_leaves_the_menu(self, chat: Chat) -> None:
        if not MenuState.objects.filter(chat=chat).delete()[0]:
            menu = Menu.objects.get_or_create(
                manager=self.manager, version=1, defaults={"body": {}}
            )[0]
            now = timezone.now()
            MenuState.objects.create(
                chat=chat, menu=menu, step="x", asked_at=now, sa=10
            )

    def a_note_is_written(self, chat: Chat) -> None:
        author = self.chance.choice(self.people)
        Note.objects.create(chat=chat, author=author, text=str(self.chance.random()))

    def something_is_scheduled(self, chat: Chat) -> None:
        values = {"operator": self.chance.choice(self.people), "text": "Olá"}
        ScheduledMessage.objects.create(
            manager=self.manager, contact=chat.contact, send_at=timezone.now(), **values
        )

    def it_is_surveyed(self, chat: Chat) -> None:
        values = {"state": "void", "contact": chat.contact}
        Survey.objects.update_or_create(
            chat=chat, defaults={**values, "asked_at": timezone.now()}
        )

    def it_is_reopened(self, chat: Chat) -> None:
        if not Chat.objects.filter(contact=chat.contact, closed_at=None).exists():
            Chat.objects.filter(pk=chat.pk).update(closed_at=None)


class Console:
    """Updates counts by old and new lines, starting from the counts that it read."""

    def __init__(self, feed: Feed, api: Api, operator: str) -> None:
        self.feed, self.api, self.operator = feed, api, operator
        self.counts: Counter[tuple[str, str]] = Counter()
        self.lines: dict[Any, Any] = {}
        self.places: dict[Any, Any] = {}
        self.beside: dict[str, dict[Any, Any]] = {kind: {} for kind in KINDS[1:]}
        self.seqs: list[int] = []
        self.counted_to = 0
        self.resets = self.cuts = 0
        self.socket = self.connect(None, None)

    def connect(self, cursor: int | None, epoch: str | None) -> Socket:
        opened = self.feed.connect()
        return opened.hi(ticket_of(self.api), cursor, epoch, also=KINDS)

    def cut(self) -> None:
        self.socket.drop()
        self.cuts += 1
        self.socket = self.connect(self.socket.cursor, self.socket.epoch)

    def read_counts(self) -> None:
        """Reads the counts again, while the feed still sends changes included in them."""
        body = {"limit": 1, "feedCounts": True}
        answer = self.api.post("/api/chat/list", body).json()["data"]
        self.counted_to = answer["s"]
        self.counts = Counter(
            {
                (state, area): number
                for state, count in answer["counts"].items()
                for area, number in count["areas"].items()
            }
        )

    def listen(self, until: str) -> None:
        """Applies frames until the area of that code is there."""
        while True:
            frame = self.socket.next()
            self.resets += frame["t"] == "reset"
            for event in frame["e"] if frame["t"] == "ev" else []:
                self.seqs.append(event["s"])
                self.apply(event)
                if event["k"] == "area" and event["id"] == until:
                    return

    def apply(self, event: dict[str, Any]) -> None:
        kind, key, row = event["k"], event["id"], event.get("row")
        if kind == "line":
            self.apply_line(event)
        elif kind in self.beside and row:
            self.beside[kind][key] = row
        elif kind in self.beside:
            self.beside[kind].pop(key, None)
        elif kind == "contact" and not row:
            for rows in self.beside.values():
                for each in [k for k, v in rows.items() if v["contactId"] == key]:
                    del rows[each]

    def apply_line(self, event: dict[str, Any]) -> None:
        key, was, place = event["id"], event["was"], event.get("is")
        # No line of a contact is missing between two others.
        assert was in (self.places.get(key), None), event
        for change, by in ((was, -1), (place, 1)):
            if event["s"] > self.counted_to and change and change["state"] in COUNTED:
                self.counts[change["state"], change["area"]] += by
                if change["operatorId"] == self.operator:
                    self.counts["mine", change["area"]] += by
        self.places.pop(key, None)
        self.lines.pop(key, None)
        if place:
            self.places[key], self.lines[key] = place, event["row"]

    def shown_counts(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            state: {"total": 0, "areas": {}} for state in (*COUNTED, "mine")
        }
        for (state, area), count in self.counts.items():
            if count and (state != "mine" or self.operator != "0"):
                shown[state]["areas"][area] = count
                shown[state]["total"] += count
        return shown

    def by_rest(self) -> tuple[dict[str, Any], dict[Any, Any]]:
        """Returns the counts and the latest line of each contact by REST."""
        body = {"state": "all", "limit": 200, "counts": True}
        answer = self.api.post("/api/chat/list", body).json()["data"]
        assert answer["next"] is None
        lines: dict[Any, Any] = {}
        for line in answer["chats"]:
            key = line.pop("contact")["id"]
            del line["last"]
            known = lines.setdefault(key, line)
            if line["open"] or (
                not known["open"] and line["openedAt"] > known["openedAt"]
            ):
                lines[key] = line
        return answer["counts"], lines


def without_clock(lines: dict[Any, Any]) -> dict[Any, Any]:
    """Returns the lines without the states of clocks, which change with time."""
    return {
        key: {**line, "clock": line["clock"] and line["clock"]["dueAt"]}
        for key, line in lines.items()
    }


@pytest.mark.timeout(240)
def test_a_console_has_the_counts_of_rest(
    feed: Feed, manager: Any, sales: Any, support: Any, ana: Any, bruno: Any, api: Api
) -> None:
    hour = ConsoleHour(manager, [sales, support], [ana, bruno])
    supervisor = builders.make_supervisor(manager)
    feed.await_quiet()
    consoles = {
        "key": Console(feed, api, "0"),
        "ana": Console(feed, signed_in(ana.user), str(ana.pk)),
        "bruno": Console(feed, signed_in(bruno.user), str(bruno.pk)),
        "supervisor": Console(feed, signed_in(supervisor), "0"),
    }
    for console in consoles.values():
        assert console.socket.next()["t"] == "hb"
    for n in range(STEPS):
        hour.step()
        if n == STEPS // 2:
            Manager.objects.filter(pk=manager.pk).update(gateway="whatsapp_cloud")
            feed.await_quiet()
            builders.make_area(manager, "half-time")
            for console in consoles.values():
                console.listen(until="half-time")
        while sum(console.cuts for console in consoles.values()) < CUTS * n // STEPS:
            hour.chance.choice(list(consoles.values())).cut()
        if hour.chance.random() < READINGS / STEPS:
            hour.chance.choice(list(consoles.values())).read_counts()
    hour.a_message_comes()
    feed.await_quiet()  # Lines come after the other events of their numbering.
    builders.make_area(manager, "the-end")
    assert Note.objects.count() > 5
    for name, console in consoles.items():
        console.listen(until="the-end")
        counts, lines = console.by_rest()
        assert console.resets == 0, name
        assert console.seqs == sorted(set(console.seqs)), name
        assert console.shown_counts() == counts, name
        assert without_clock(console.lines) == without_clock(lines), name
        assert name != "key" or any(line["open"] for line in lines.values())
    compare_with_tables(consoles["supervisor"])


def compare_with_tables(console: Console) -> None:
    """Asserts that a caller who sees everything has every row of existing contacts."""
    alive = Contact.objects.filter(deleted_at=None)
    notes = Note.objects.filter(chat__contact__in=alive).values_list("pk", "text")
    held = {key: row["text"] for key, row in console.beside["note"].items()}
    assert notes
    # A deleted and restored contact is read again, as with its messages.
    assert held.items() <= {str(pk): text for pk, text in notes}.items()
    assert held
    surveys = Survey.objects.filter(chat__contact__in=alive)
    protocols = surveys.values_list("chat__protocol", flat=True)
    assert console.beside["survey"].keys() <= set(protocols)
    later = ScheduledMessage.objects.filter(contact__in=alive)
    ids = {str(pk) for pk in later.values_list("pk", flat=True)}
    assert console.beside["schedule"].keys() <= ids
