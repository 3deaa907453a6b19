"""The session of docs/rules.md runs on a server with the results that it shows."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import call_command

from areas.models import Operator, Presence
from hci_center.demo.gateways.controller import FakeController
from tests.chats.conftest import Rounds, controller, rounds  # noqa: F401 - fixtures
from tests.docs.test_rules_page import (
    ENGLISH,
    agrees,
    blocks_of,
    example_file,
    provision,
)
from tests.feed.processes import Feed

SESSION = "<!-- session -->"
# For a call and for what should come; for an assignment, which takes a second.
SECONDS, PATIENCE = 30, 15


@pytest.fixture
def feed(running_feed: Feed, transactional_db: None, settings: Any) -> Iterator[Feed]:
    settings.FEED_PORT = running_feed.port
    settings.PORT = running_feed.web_port
    running_feed.await_quiet()
    yield running_feed
    running_feed.hang_up()


def wait_until(is_true: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Command:
    method: str
    url: str
    body: Any

    @property
    def is_reading(self) -> bool:
        return self.url.endswith(("/get", "/why", "/hours"))


class Session:
    """Runs the commands of the page against a server, and compares what they show."""

    def __init__(self, base: str, key: str, fake: FakeController, made: Rounds) -> None:
        self.base, self.fake, self.rounds = base, fake, made
        self.headers = {"X-Api-Key": key}
        # The operators of a new installation have these ids.
        self.ids = dict(
            zip(
                ("1", "2"),
                map(str, Operator.objects.order_by("pk").values_list("pk", flat=True)),
                strict=True,
            )
        )
        self.heard = 0
        self.answer: Any = None
        self.command = Command("", "", None)

    def run(self, language: str, block: str) -> None:
        if language == "sh" and block.startswith("curl"):
            self.call(block)
        elif language == "json":
            self.compare(self.with_ids(json.loads(block)))
        elif language == "text":
            self.listen(block.strip())

    def compare(self, shown: Any) -> None:
        """Compares the answer; a reading is repeated until the rules have acted."""
        deadline = time.monotonic() + PATIENCE
        while self.command.is_reading and not agrees(shown, self.answer):
            if time.monotonic() > deadline:
                break
            self.send()
        assert agrees(shown, self.answer), json.dumps([shown, self.answer], indent=1)

    def call(self, command: str) -> None:
        words = shlex.split(command.replace("\\\n", " "))
        assert words[:2] == ["curl", "-s"]
        assert "X-Api-Key: $KEY" in words
        assert "Content-Type: application/json" in words
        [url] = [word for word in words if word.startswith("http://127.0.0.1:8000/")]
        self.command = Command(
            words[words.index("-X") + 1] if "-X" in words else "POST",
            url.replace("http://127.0.0.1:8000", self.base),
            self.with_ids(json.loads(words[words.index("-d") + 1])),
        )
        self.send()

    def send(self) -> None:
        response = requests.request(
            self.command.method,
            self.command.url,
            json=self.command.body,
            headers=self.headers,
            timeout=SECONDS,
        )
        assert response.status_code == 200, response.text
        self.answer = response.json()["data"]
        self.rounds.make()

    def listen(self, shown: str) -> None:
        """Compares what the customer has received since he was last listened to."""
        texts: list[str] = []

        def has_come() -> bool:
            self.rounds.make()
            sent = [each for each in self.fake.requests if self.fake.is_send(each)]
            texts[:] = [each.json()["content2"] for each in sent[self.heard :]]
            return len("\n\n".join(texts)) >= len(shown)

        wait_until(has_come)
        self.heard += len(texts)
        assert agrees(shown, "\n\n".join(texts)), (shown, texts)

    def with_ids(self, value: Any) -> Any:
        """Returns the value with the ids that the operators have here."""
        if isinstance(value, list):
            return [self.with_ids(each) for each in value]
        if isinstance(value, dict):
            return {
                name: self.ids[inner]
                if name in ("id", "operatorId") and inner in self.ids
                else self.with_ids(inner)
                for name, inner in value.items()
            }
        return value


def test_the_session_of_the_page_runs_from_greeting_to_mark(
    feed: Feed,
    live_server: Any,
    controller: FakeController,  # noqa: F811
    rounds: Rounds,  # noqa: F811
    tmp_path: Path,
) -> None:
    provision(tmp_path, example_file())
    key = StringIO()
    call_command("create_api_key", "padaria", manager=["5511400011111"], stdout=key)
    session = Session(live_server.url, key.getvalue().strip(), controller, rounds)
    text = ENGLISH.read_text().partition(SESSION)[2]
    [(_language, script)] = blocks_of(text, "python")
    (tmp_path / "online.py").write_text(script)
    person = ("ana", "mude-esta-senha-1")
    command = [sys.executable, str(tmp_path / "online.py"), live_server.url, *person]
    with subprocess.Popen(command) as online:
        try:
            wait_until(Presence.objects.exists)
            for language, block in blocks_of(text):
                session.run(language, block)
        finally:
            online.kill()
    rounds.make()
    assert session.heard == len(
        [each for each in controller.requests if controller.is_send(each)]
    )
