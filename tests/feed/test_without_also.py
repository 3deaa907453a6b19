"""A client that requests no additional kinds gets the same frames as before them.

`recorded/` has the frames of a scenario, recorded before those kinds existed. Ids,
times and numbers are replaced by their order of appearance.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connection

from areas.models import Menu
from chats.models import Chat, Clock, MenuState, Note, ScheduledMessage, Survey
from contacts.models import Contact, Tag, Tagging
from hci_center.callers import Caller
from hci_center.feed.frames import ADDITIONAL_KINDS, COLUMNS, Change, event_texts
from hci_center.feed.metrics import Metrics
from hci_center.feed.sockets.audiences import Audience
from hci_center.feed.sockets.broadcaster import Broadcaster
from hci_center.feed.sockets.connection import Connection
from tests import builders
from tests.conftest import Api
from tests.feed.stamped import empty_log

RECORDED = Path(__file__).with_name("recorded")
NUMBERS = (551130009001, 551130009002, 551130009003)
AT = "2026-11-20T12:00:00Z"
# Values that differ between runs, each replaced by its order of appearance.
VARIABLE = re.compile(
    r"(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|(?P<time>\d{4}-\d\d-\d\dT[0-9:.]+Z)"
    r'|(?P<protocol>"protocol":"BR\d+")'
    r'|(?P<operator>"operatorId":"[1-9]\d*"|"from":"\d{1,9}")'
    r'|(?P<upto>"t":"ev","s":\d+)|(?P<cursor>"s":\d+)'
    r"|(?P<number>551140\d{6})"
)


def anonymous(frames: list[str]) -> str:
    """Returns the frames as lines, without values that differ between runs."""
    seen: dict[str, list[str]] = {}

    def place(found: re.Match[str]) -> str:
        kind, value = found.lastgroup or "", found.group()
        known = seen.setdefault(kind, [])
        if value not in known:
            known.append(value)
        if kind in ("time", "upto"):
            return f"<{kind}>"
        return f"<{kind} {known.index(value)}>"

    return "".join(f"{VARIABLE.sub(place, text)}\n" for text in frames)


def drain() -> list[Change]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM change_stamp(1000)")  # noqa: S608
        return [Change(*row) for row in cursor.fetchall()]


class Scenario:
    """The recorded scenario, with all changes that the additional kinds show."""

    def __init__(self, manager: Any, areas: list[Any], people: list[Any]) -> None:
        self.manager, self.areas, self.people = manager, areas, people
        self.api = Api(builders.make_key(manager))

    def run(self) -> list[list[Change]]:
        """Runs it and returns the changes of each part."""
        parts = []
        for act in (
            self.customers_write,
            self.operators_act,
            self.what_is_beside_messages,
            self.chats_end,
        ):
            act()
            parts.append(drain())
        return parts

    def _named(self, number: int) -> dict[str, Any]:
        return {"number": self.manager.number, "contactId": number}

    def _call(self, method: str, path: str, body: dict[str, Any]) -> None:
        answer = getattr(self.api, method)(path, body)
        assert answer.status_code == 200, (path, answer.content)

    def customers_write(self) -> None:
        for number in (*NUMBERS, NUMBERS[0]):
            body = {"managerNumber": self.manager.number, "contactNumber": number}
            content = {"from": number, "type": "text", "content": f"Oi {number}"}
            self._call("post", "/api/chat/message/send", body | content)
        for number, area in zip(NUMBERS, (*self.areas, self.areas[0]), strict=True):
            body = {"number": self.manager.number, "contactNumber": number}
            self._call("put", "/api/user/contact/area", {**body, "area": area.code})

    def operators_act(self) -> None:
        ana, bruno = (str(person.pk) for person in self.people)
        mine = "/api/user/contact/operator/my"
        self._call("put", mine, {**self._named(NUMBERS[0]), "operatorId": ana})
        self._call("put", mine, {**self._named(NUMBERS[1]), "operatorId": bruno})
        for number, who in zip(NUMBERS, (ana, bruno), strict=False):
            body = {"number": self.manager.number, "contactNumber": number}
            said = {"content2": "Pois não?", "operatorId": who}
            self._call("post", "/api/chat/message/send/operator/8080", body | said)
        body = {**self._named(NUMBERS[0]), "operatorId": ana}
        self._call("post", "/api/chat/message/read", body)
        moved = {"number": self.manager.number, "contactNumber": NUMBERS[0]}
        area = {"area": self.areas[1].code}
        self._call("put", "/api/user/contact/area", moved | area)
        body = {**self._named(NUMBERS[1]), "operatorId": ana}
        self._call("put", "/api/user/contact/operator", body)

    def what_is_beside_messages(self) -> None:
        """Writes what only the additional kinds show."""
        chat = Chat.objects.get(contact__external_id=NUMBERS[2])
        contact, ana = chat.contact, self.people[0]
        tag = Tag.objects.create(manager=self.manager, code="vip", name="VIP")
        Tagging.objects.create(manager=self.manager, contact=contact, tag=tag)
        Tag.objects.update(code="gold")
        Note.objects.create(chat=chat, author=ana, text="Cuidado", mentions=[ana.pk])
        Clock.objects.create(
            chat=chat, kind="reply", target=60, started_at=AT, risk_at=AT, due_at=AT
        )
        Clock.objects.update(notified=2)
        Clock.objects.update(met_at=AT)
        menu = Menu.objects.create(manager=self.manager, version=1, body={})
        state = MenuState.objects.create(
            chat=chat, menu=menu, step="inicio", asked_at=AT, sa=10
        )
        state.delete()
        later = ScheduledMessage.objects.create(
            manager=self.manager, contact=contact, operator=ana, text="Olá", send_at=AT
        )
        ScheduledMessage.objects.update(state="cancelled")
        later.delete()
        Contact.objects.filter(pk=contact.pk).update(
            waiting_since=AT, queued_at=AT, last_in_at=AT
        )

    def chats_end(self) -> None:
        for number in NUMBERS:
            self._call("delete", "/api/chat/", self._named(number))
        chat = Chat.objects.get(contact__external_id=NUMBERS[1])
        survey = Survey.objects.create(
            chat=chat, contact=chat.contact, state="asked", asked_at=AT
        )
        Survey.objects.update(state="rated", rating=5, answered_at=AT)
        survey.delete()
        Chat.objects.filter(pk=chat.pk).update(closed_at=None)
        body = {"number": self.manager.number, "contactNumber": NUMBERS[2]}
        self._call("delete", "/api/user/contact/", body)


@pytest.mark.parametrize("who", ["key", "ana", "bruno"])
def test_the_frames_are_the_recorded_ones(
    manager: Any, sales: Any, support: Any, ana: Any, bruno: Any, who: str
) -> None:
    managers, viewer = frozenset({manager.pk}), {"ana": ana, "bruno": bruno}.get(who)
    caller = Caller("key", "key:1", managers)
    if viewer is not None:
        areas = frozenset(viewer.areas.values_list("pk", flat=True))
        caller = Caller("operator", "user:1", managers, viewer.pk, areas)
    empty_log()
    frames: list[str] = []
    for changes in Scenario(manager, [sales, support], [ana, bruno]).run():
        events = Audience(caller, "").events_for(changes)
        frames += event_texts(events, changes[-1].seq if changes else 0)
    recorded = RECORDED / f"{who}.txt"
    assert anonymous(frames) == recorded.read_text()


class Recorder:
    """The transport of a socket, which keeps what is written to it."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def set_high_water(self, waiting: int) -> None:
        """Nothing: it is never full."""


def test_frames_do_not_depend_on_kinds_requested_by_others(
    manager: Any, sales: Any, support: Any, ana: Any, bruno: Any
) -> None:
    empty_log()
    parts = Scenario(manager, [sales, support], [ana, bruno]).run()
    managers = frozenset({manager.pk})
    her_areas = frozenset({sales.pk})
    callers = [
        Caller("key", "key:1", managers),
        Caller("operator", "user:1", managers, ana.pk, her_areas),
    ]

    def bytes_of(*asked: frozenset[str]) -> list[bytes]:
        """Sends the scenario to sockets that ask for these kinds, of each caller."""
        broadcaster, recorders = Broadcaster(Metrics()), []
        for also in asked:
            for caller in callers:
                recorder: Any = Recorder()
                connection = Connection(Mock(), recorder)
                connection.also = also
                broadcaster.add(connection, caller, "")
                recorders.append(recorder)
        for part in parts:
            if part:
                broadcaster.broadcast(part, part[-1].seq)
        return [recorder.written for recorder in recorders]

    nothing: frozenset[str] = frozenset()
    alone = bytes_of(nothing)
    among = bytes_of(nothing, ADDITIONAL_KINDS, frozenset({"line"}))
    assert among[:2] == alone
    for kind in (b"line", b"note", b"survey", b"schedule"):
        told = b'"k":"' + kind + b'"'
        assert not any(told in written for written in alone)
        assert told in among[2]
        assert (told in among[4]) == (kind == b"line")
