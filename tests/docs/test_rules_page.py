"""docs/rules.md and its translation: the file can be provisioned and the session runs."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings as django_settings
from django.core.management import call_command

from areas.models import Operator, Presence
from areas.provisioning.registry import sections
from areas.rules.policies import PolicySettings
from areas.rules.policy_values import AREAS, FIELDS, KEYS
from hci_center.demo.gateways.controller import FakeController
from tests.chats.conftest import Rounds, controller, rounds  # noqa: F401 - fixtures
from tests.feed.processes import Feed

DOCS = Path(django_settings.BASE_DIR) / "docs"
ENGLISH, PORTUGUESE = (DOCS / name for name in ("rules.md", "rules.pt-BR.md"))
SESSION = "<!-- session -->"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
# Texts that depend on the hour.
GREETING = re.compile("Bom dia|Boa tarde|Boa noite")
# For a call and for what should come; for an assignment, which takes a second.
SECONDS, PATIENCE = 30, 15
every_page = pytest.mark.parametrize("page", [ENGLISH, PORTUGUESE], ids=["en", "pt"])


def blocks_of(text: str, language: str = "") -> list[tuple[str, str]]:
    found = BLOCK.findall(text)
    return [each for each in found if language in ("", each[0])]


def example_file() -> str:
    """Returns the first block of JSON of the page."""
    return str(blocks_of(ENGLISH.read_text(), "json")[0][1])


def provision(folder: Path, content: str) -> Any:
    path = folder / "padaria.json"
    path.write_text(content)
    printed = StringIO()
    call_command("provision", str(path), stdout=printed)
    return json.loads(printed.getvalue())


def agrees(shown: Any, answered: Any) -> bool:
    """Returns whether a response contains what the page shows; "…" stands for anything."""
    if isinstance(shown, dict):
        return isinstance(answered, dict) and all(
            name in answered and agrees(value, answered[name])
            for name, value in shown.items()
        )
    if isinstance(shown, list):
        return (
            isinstance(answered, list)
            and len(shown) == len(answered)
            and all(map(agrees, shown, answered))
        )
    if isinstance(shown, str) and isinstance(answered, str):
        pattern = ".+".join(map(re.escape, GREETING.sub("Olá", shown).split("…")))
        return re.fullmatch(pattern, GREETING.sub("Olá", answered)) is not None
    return bool(shown == answered and type(shown) is type(answered))


# The pages


def test_both_pages_have_the_same_blocks() -> None:
    english, portuguese = (
        blocks_of(page.read_text()) for page in (ENGLISH, PORTUGUESE)
    )
    assert len(english) > 10
    assert english == portuguese


@every_page
def test_every_key_of_a_policy_has_a_row_with_its_default(page: Path) -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", page.read_text(), re.MULTILINE)
    )
    defaults = {each.name: each.default for each in fields(PolicySettings)}
    columns = {name: column for name, (column, _parse) in FIELDS.items()}
    columns |= AREAS | {"hours": "hours"}
    assert rows.keys() >= KEYS
    for key in KEYS:
        default = json.dumps(defaults[columns[key]], ensure_ascii=False)
        assert rows[key] == f"`{default}`", key


@every_page
def test_every_key_of_a_provisioning_file_is_named(page: Path) -> None:
    told = set(re.findall(r"`(\w+)`", page.read_text()))
    assert {
        name
        for section in sections()
        for level in ("manager", "area", "operator")
        for name in section.fields(level)
    } <= told


@pytest.mark.parametrize(
    "name",
    ["rules.md", "rules.pt-BR.md", "configuration.md", "configuration.pt-BR.md"],
)
def test_every_link_to_a_heading_exists(name: str) -> None:
    links = re.findall(r"\]\(([\w.-]*)#([^)]+)\)", (DOCS / name).read_text())
    assert links
    for page, anchor in links:
        assert anchor in anchors_of(DOCS / (page or name)), (page, anchor)


def anchors_of(page: Path) -> set[str]:
    """Returns the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


# The file


def test_the_file_has_every_key() -> None:
    [manager] = json.loads(example_file())["managers"]
    levels = {
        "manager": [manager],
        "area": manager["areas"],
        "operator": manager["operators"],
    }
    for section in sections():
        for level, objects in levels.items():
            for name in section.fields(level):
                assert any(name in each for each in objects), (level, name)
    policies = [manager["policy"], *(area["policy"] for area in manager["areas"])]
    assert {key for policy in policies for key in policy} == KEYS


def test_the_file_is_provisioned_and_printed_back(db: None, tmp_path: Path) -> None:
    [given] = json.loads(example_file())["managers"]
    printed = provision(tmp_path, example_file())
    [manager] = printed["managers"]
    for name in ("policy", "menu", "tags", "pauseReasons", "transferReasons", "uf"):
        assert agrees(given[name], manager[name]), name
    dates = {each["date"] for each in manager["holidays"]}
    assert dates >= {"2027-06-13", "2027-12-24", "2027-12-25", "2028-12-25"}
    assert [area["policy"] for area in manager["areas"]] == [
        area["policy"] for area in given["areas"]
    ]
    # The printed file is valid, too, and changes nothing.
    assert provision(tmp_path, json.dumps(printed)) == printed


# The session


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
