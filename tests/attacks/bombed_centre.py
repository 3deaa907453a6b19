"""A centre to which files and bodies that exhaust memory are sent."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hci_center.demo.gateways.evolution import FakeEvolution
from hci_center.demo.gateways.faults import Fault
from hci_center.demo.gateways.recorded import Recorded
from tests.attacks.bombs import BOMBS
from tests.attacks.watching import Watch
from tests.faults.centre import Centre
from tests.faults.template_cluster import copy_cluster
from tests.feed.processes import wait_until

NUMBER, PORT = 5511400022222, 8090
FIRST = 551131000000
# The growth of memory that is allowed: the largest file accepted, with its base64.
MOST_GROWN = 100.0
# The limit of address space of one conversion.
MOST_CONVERTING = 1024.0

MADE = """
import json
from chats.accounts.registry import webhook_path
from tests import builders
manager = builders.make_manager(
    number={number}, controller_port={port}, facebook_id=None, gateway="evolution",
    gateway_settings=json.dumps({settings})
)
area = builders.make_area(manager, "vendas")
ana = builders.make_operator(manager, area, name="ana")
contacts = [
    builders.make_contact(manager, external_id=str({first} + n), area=area)
    for n in range(40)
]
for contact in contacts:
    builders.make_chat(contact)
print(json.dumps({{
    "key": builders.make_key(manager), "ana": str(ana.pk), "manager": manager.pk,
    "hook": webhook_path("evolution", manager.pk),
}}))
"""
UNDONE = """
SELECT (SELECT count(*) FROM chats_delivery WHERE done_at IS NULL)
     + (SELECT count(*) FROM chats_picturecopy WHERE made_at IS NULL)
     + (SELECT count(*) FROM chats_mediafetch)
     + (SELECT count(*) FROM chats_profilefetch WHERE next_at IS NOT NULL)
     + (SELECT count(*) FROM chats_inboundevent WHERE state = 'waiting')
"""
FILES = """
SELECT file FROM chats_attachment UNION ALL SELECT file FROM chats_picturecopy
UNION ALL SELECT file FROM chats_convertedfile UNION ALL SELECT file FROM chats_portrait
"""


class Gateway(FakeEvolution):
    """Answers with `answer_to_downloads`, if there is one."""

    answer_to_downloads: Fault | None = None

    def is_send(self, request: Recorded) -> bool:
        return "getBase64" in request.path

    def next_fault(self, request: Recorded) -> Fault | None:
        return self.answer_to_downloads if self.is_send(request) else None


class Bombed:
    """A centre with a worker and a fake gateway, and methods that send it files."""

    def __init__(self, centre: Centre, fake: Gateway, media: Path) -> None:
        self.centre, self.fake, self.media = centre, fake, media
        values = {"url": fake.url, "instance": fake.instance, "apikey": fake.key}
        self.rows = centre.shell(
            MADE.format(number=NUMBER, port=PORT, first=FIRST, settings=values)
        )
        self._people = iter(range(40, 10_000))

    def ask(
        self, method: str, path: str, content: bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        client = http.client.HTTPConnection(
            "127.0.0.1", self.centre.web_port, timeout=60
        )
        given = {
            "Authorization": f"Api-Key {self.rows['key']}",
            "Content-Type": "application/json",
        }
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            client.request(method, path, content, given | more)
            answer = client.getresponse()
            return answer.status, answer.read()
        finally:
            client.close()

    def upload(self, place: int, content: bytes, mime: str, kind: str) -> int:
        """Uploads a file as an operator, to a new customer."""
        body = {
            "contactNumber": FIRST + place,
            "from": self.rows["ana"],
            "type": kind,
            "base64": data_uri(content, mime),
        }
        path = f"/api/chat/message/send/operator/file/{PORT}"
        return self.ask("POST", path, json.dumps(body).encode())[0]

    def write(
        self, content: bytes, mime: str, kind: str, *, along: bool = False
    ) -> int:
        """Sends a file as a new customer; with `along` the event contains its bytes.

        Returns the status of the answer to the gateway.
        """
        person = str(FIRST + next(self._people))
        encoded = base64.b64encode(content).decode()
        name = {"pdf": "document", "file": "document"}.get(kind, kind) + "Message"
        message: dict[str, Any] = {name: {"mimetype": mime, "mediaKey": "k"}}
        if along:
            message["base64"] = encoded
        if kind == "image":
            self.fake.pictures[person] = content
        event = self.fake.inbound(
            f"{person}@s.whatsapp.net", message=message, messageType=name
        )
        self.fake.media[event["data"]["key"]["id"]] = (encoded, mime)
        return self.post(event)

    def post(self, event: Any) -> int:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return self.ask("POST", self.rows["hook"], body)[0]

    def call(self) -> int:
        """Makes another client's call meanwhile; returns its status."""
        return self.ask("GET", f"/api/area/{PORT}")[0]

    def one(self, question: str, *values: Any) -> Any:
        with self.centre.connect() as database:
            [value] = database.execute(question, values).fetchone() or [None]
            return value

    def rest(self, seconds: float = 600.0) -> None:
        """Waits until the worker has processed everything."""
        wait_until(lambda: self.one(UNDONE) == 0, seconds)

    def messages(self) -> int:
        return int(self.one("SELECT count(*) FROM chats_message"))

    def check_files(self) -> None:
        """Asserts that each row has its file, and each file its row."""
        with self.centre.connect() as database:
            rows = {row[0] for row in database.execute(FILES) if row[0]}
        files = {
            str(path.relative_to(self.media))
            for path in self.media.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }
        assert files == rows


def data_uri(content: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


@contextmanager
def bombed_centre(data: Path, cluster: Path) -> Iterator[Bombed]:
    """Starts a centre with a worker and stops it at the end of the block."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Gateway(instance="padaria", key="canary-key") as fake,
    ):
        patch.setenv("HCI_DATA_DIR", str(data))
        centre = Centre(data)
        try:
            copy_cluster(cluster, centre.home)
            centre.start()
            centre.revive(["worker"])
            bombed = Bombed(centre, fake, data / "media")
            fake.people |= {str(FIRST + n) for n in range(40)}
            # So that caches of the first use are not measured.
            png = BOMBS["a PDF with a stream of 512 MB"]
            assert bombed.upload(0, b"%PDF-1.4\n%%EOF", png.mime, "pdf") == 200
            assert bombed.write(b"%PDF-1.4\n%%EOF", png.mime, "pdf") == 200
            bombed.rest()
            yield bombed
        finally:
            centre.stop()


@contextmanager
def watched(bombed: Bombed, name: str, most: float = MOST_GROWN) -> Iterator[None]:
    """Measures what the block costs until the worker rests, and checks it."""
    living = bombed.centre.living
    pids = {name: living[name][0].pid for name in ("web", "worker")}
    with Watch(pids, bombed.call) as watch:
        yield
        bombed.rest()
    print(watch.summary(name))  # noqa: T201 - read by people, with pytest's -rP
    assert set(watch.statuses) == {200}
    assert watch.grown < most
    assert watch.child < MOST_CONVERTING
    bombed.check_files()
