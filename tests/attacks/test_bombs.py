"""Memory bombs stay within the limits of the process that decodes them."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hci_center.demo.gateways.evolution import FakeEvolution
from hci_center.demo.gateways.faults import Fault, reply
from hci_center.demo.gateways.recorded import Recorded
from tests.attacks import bombs
from tests.attacks.bombs import BOMBS, MiB
from tests.attacks.watching import Watch
from tests.counts import count
from tests.faults.centre import Centre
from tests.faults.template_cluster import copy_cluster
from tests.feed.processes import wait_until

NUMBER, PORT = 5511400022222, 8090
FIRST = 551131000000
# The growth of memory that is allowed: the largest file accepted, with its base64.
MOST_GROWN = 100.0
# Two of the largest files at the same time, each as text and as bytes.
LARGEST_GROWN = 300.0
# The limit of address space of one conversion.
MOST_CONVERTING = 1024.0
IN_SUITE = (
    "a PNG of 1.8 GB",
    "a GIF of 65,535 by 65,535",
    "a HEIC of 65,535 by 65,535",
    "a film of two billion samples",
)
# The number of largest files sent one after another.
LARGE_FILES = count(1, full=6)
NAMES = count(IN_SUITE, full=tuple(BOMBS))
LARGEST = 25 * MiB
UNKNOWN = "application/octet-stream"
# Bombs that can be decoded within the limits and are therefore shown, a long animation
# as a still.
DECODED = (
    "a PNG of 50 million pixels",
    "a GIF of 10,000 frames",
    "a WebP of 49 million pixels",
)
PIXEL = base64.b64encode(bombs.png_part(b"IHDR", bytes(13))).decode()
DATA_URIS = {
    "no base64": "data:image/png,%89PNG",
    "a charset and no base64": "data:image/png;charset=utf-8," + PIXEL,
    "percent signs": "data:image/png;base64,%69%6d%67",
    "blanks": "data:image/png;base64, " + PIXEL,
    "a line end in it": "data:image/png;base64," + PIXEL[:8] + "\n" + PIXEL[8:],
    "padding in the middle": "data:image/png;base64,iVBO====" + PIXEL,
    "a thousand parameters": "data:image/png" + ";a=b" * 1000 + ";base64," + PIXEL,
    "another in it": "data:image/png;base64,data:image/png;base64," + PIXEL,
    "nothing": "data:image/png;base64,",
    "an address": "https://127.0.0.1:1/image.png",
    "a file": "file:///etc/passwd",
}

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
STORED = """
SELECT m.error, a.mime, a.showing, c.photo <> ''
  FROM chats_message m JOIN contacts_contact c ON c.id = m.contact_id
  LEFT JOIN chats_attachment a ON a.message_id = m.id
 WHERE m.id > %s ORDER BY m.id
"""
TRIED_ONCE = """
SELECT count(*) FROM chats_mediafetch WHERE attempts = 1 AND lease_until IS NULL
"""
OUTCOMES = """
SELECT m.status, m.error FROM chats_message m
 WHERE m.direction = 'out' AND m.id > %s ORDER BY m.id
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


@pytest.fixture(scope="module")
def bombed(tmp_path_factory: Any, cluster: Path) -> Iterator[Bombed]:
    data = tmp_path_factory.mktemp("bombs") / "data"
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
    print(watch.told(name))  # noqa: T201 - read by people, with pytest's -rP
    assert set(watch.statuses) == {200}
    assert watch.grown < most
    assert watch.child < MOST_CONVERTING
    bombed.check_files()


def pdf_of(size: int) -> bytes:
    """Returns a PDF of that size that cannot be compressed."""
    content = random.Random(1).randbytes(size - 20)  # noqa: S311 - repeatable
    return b"%PDF-1.4\n" + content + b"\n%%EOF\n" + bytes(4)


@pytest.mark.timeout(900)
def test_uploaded_bombs_are_refused_sent_or_failed(bombed: Bombed) -> None:
    """Refusals and failures have a reason."""
    before = bombed.one("SELECT max(id) FROM chats_message")
    with watched(bombed, f"{len(NAMES)} bombs uploaded"):
        for place, name in enumerate(NAMES):
            bomb = BOMBS[name]
            status = bombed.upload(place, bomb.make(), bomb.mime, bomb.type)
            assert status == (400 if bomb.is_refused else 200), name
    with bombed.centre.connect() as database:
        found = database.execute(OUTCOMES, [before]).fetchall()
    accepted = [name for name in NAMES if not BOMBS[name].is_refused]
    assert len(found) == len(accepted)
    for name, (status, error) in zip(accepted, found, strict=True):
        assert (status, bool(error)) in (("sent", False), ("failed", True)), name


@pytest.mark.timeout(900)
def test_bombs_of_customers_are_stored_and_not_shown(bombed: Bombed) -> None:
    """They can be downloaded; those that cannot be decoded are never shown."""
    before = bombed.one("SELECT max(id) FROM chats_message")
    with watched(bombed, f"{len(NAMES)} bombs of customers, by file and portrait"):
        for place, name in enumerate(NAMES):
            bomb = BOMBS[name]
            content, along = bomb.make(), place % 2 == 1
            assert bombed.write(content, bomb.mime, bomb.type, along=along) == 200
    with bombed.centre.connect() as database:
        found = database.execute(STORED, [before]).fetchall()
    assert len(found) == len(NAMES)
    for name, (error, mime, showing, has_portrait) in zip(NAMES, found, strict=True):
        is_shown = name in DECODED
        assert error == "", name
        assert has_portrait == is_shown, name
        assert is_shown or showing in ("never", "") or mime == UNKNOWN, name


@pytest.mark.timeout(600)
def test_the_largest_files_stay_within_the_memory_limit(bombed: Bombed) -> None:
    """Each is in memory a few times at once; memory of earlier ones is released."""
    for along in (False, True):
        name = f"{LARGE_FILES} files of 25 MiB of customers, along={along}"
        with watched(bombed, name, LARGEST_GROWN):
            for size in (*[LARGEST] * LARGE_FILES, LARGEST + 1):
                bombed.write(pdf_of(size), "application/pdf", "pdf", along=along)
    with watched(bombed, f"{LARGE_FILES} uploads of 25 MiB", LARGEST_GROWN):
        statuses = [
            bombed.upload(place, pdf_of(size), "application/pdf", "pdf")
            for place, size in enumerate((*[LARGEST] * LARGE_FILES, LARGEST + 1))
        ]
    assert statuses == [*[200] * LARGE_FILES, 413]


def test_a_compressed_response_of_a_gateway_is_limited(bombed: Bombed) -> None:
    """Only as much of it is decompressed as is accepted."""
    packed = gzip.compress(b'{"base64": "' + bytes(1024 * MiB), 1)
    bombed.fake.answer_to_downloads = reply(201, packed, Content_Encoding="gzip")
    with watched(bombed, "an answer of a gigabyte, packed", LARGEST_GROWN):
        assert bombed.write(b"%PDF-1.4", "application/pdf", "pdf") == 200
        wait_until(lambda: bombed.one(TRIED_ONCE) == 1)
        # It is tried again for some minutes otherwise.
        bombed.one("DELETE FROM chats_mediafetch RETURNING 1")
    bombed.fake.answer_to_downloads = None


@pytest.mark.parametrize("depth", [500, 900, 5_000, 1_000_000])
def test_deeply_nested_bodies_are_refused(bombed: Bombed, depth: int) -> None:
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    event = b'{"event":"messages.upsert","data":' + nested + b"}"
    lists = b'{"contactNumber":1,"content":' + b"[" * depth + b"]" * depth + b"}"
    with watched(bombed, f"bodies nested {depth} times"):
        for content in (nested, event):
            assert bombed.post(content) in (200, 400)
        path = f"/api/chat/message/send/operator/{PORT}"
        for content in (nested, lists):
            status, answer = bombed.ask("POST", path, content)
            assert status in (400, 413)
            assert json.loads(answer)["success"] is False
    assert (
        bombed.one("SELECT count(*) FROM chats_inboundevent WHERE state = 'parked'")
        == 0
    )


def test_compressed_bodies_are_refused(bombed: Bombed) -> None:
    """None is decompressed, neither before a view nor by one."""
    packed = gzip.compress(bytes(1024 * MiB), 1)
    with watched(bombed, "bodies of a gigabyte, packed"):
        for path in (f"/api/chat/message/send/operator/{PORT}", bombed.rows["hook"]):
            for coding in ("gzip", "deflate", "br", "gzip, gzip"):
                status, _answer = bombed.ask(
                    "POST", path, packed[: 2 * MiB - 1], Content_Encoding=coding
                )
                assert status in (400, 413, 415), coding


@pytest.mark.parametrize("text", DATA_URIS.values(), ids=DATA_URIS)
def test_large_and_invalid_data_uris(bombed: Bombed, text: str) -> None:
    before = bombed.messages()
    body = {
        "contactNumber": FIRST,
        "from": bombed.rows["ana"],
        "type": "image",
        "base64": text,
    }
    path = f"/api/chat/message/send/operator/file/{PORT}"
    status, answer = bombed.ask("POST", path, json.dumps(body).encode())
    assert status == 400
    assert json.loads(answer)["error"]["code"] == "invalid"
    assert bombed.messages() == before
    bombed.check_files()
