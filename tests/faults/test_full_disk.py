"""Disks for files or for the database are full: nothing is lost."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from hci_center.demo.gateways.controller import FakeController
from hci_center.local.server_dirs import open_server_dirs
from tests.faults.calling import FIRST, Callers, customers
from tests.faults.small_disks import SmallDisk, small_disk
from tests.local.installation import Installation, wait_for

NUMBER, PORT = 5511400011111, 8080
# The cluster with its WAL, and some space.
DATABASE_MB = 200
FILE = bytes(200_000)
LARGE = 9_000_000


class Running(NamedTuple):
    installation: Installation
    rows: Any
    media: SmallDisk
    temporary: SmallDisk
    database: SmallDisk

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        installation = self.installation
        client = http.client.HTTPConnection("127.0.0.1", installation.port, timeout=30)
        key = {"Authorization": f"Api-Key {self.rows['key']}"}
        content = None if body is None else json.dumps(body).encode()
        try:
            json_type = {"Content-Type": "application/json"}
            client.request(method, path, content, key | json_type)
            answer = client.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            client.close()

    def record(self, **more: Any) -> tuple[int, Any]:
        """Records a customer's message, as the controller does."""
        body = {"managerNumber": NUMBER, "contactNumber": FIRST, "from": FIRST}
        return self.ask("POST", "/api/chat/message/send", body | more)

    def messages(self) -> int:
        query = "SELECT count(*) FROM chats_message WHERE contact_id = %s"
        return int(self.installation.query(query % self.rows["contacts"][0]))

    def attachments(self) -> int:
        return int(self.installation.query("SELECT count(*) FROM chats_attachment"))


@pytest.fixture(scope="module")
def running(tmp_path_factory: Any, cluster: Any) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("disk")
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.ExitStack() as stack,
        FakeController() as fake,
    ):
        installation = Installation(
            folder,
            HCI_DEMO="0",
            HCI_CONTROLLER_URL=fake.url,
            TMPDIR=str(folder / "tmp"),
        )
        patch.setenv("HCI_DATA_DIR", str(installation.data))
        home = open_server_dirs()
        stack.callback(shutil.rmtree, home.path)
        media = stack.enter_context(small_disk(folder / "data" / "media", 8))
        temporary = stack.enter_context(small_disk(folder / "tmp", 16))
        mounted = small_disk(home.cluster, DATABASE_MB, home.account.uid)
        database = stack.enter_context(mounted)
        subprocess.run(["cp", "-a", f"{cluster}/.", str(home.cluster)], check=True)
        installation.begin()
        try:
            installation.wait_to_say("Ready: ")
            script = customers(NUMBER, PORT, 2)
            told = installation.manage("shell", "-v0", "-c", script)
            rows = json.loads(told.stdout)
            yield Running(installation, rows, media, temporary, database)
        finally:
            if installation.process.poll() is None:
                installation.stop()


def data_uri(content: bytes) -> str:
    return "data:application/pdf;base64," + base64.b64encode(content).decode()


def pdf() -> str:
    return data_uri(b"%PDF-1.4\n" + FILE + b"\n%%EOF")


def is_refused(answered: tuple[int, Any]) -> bool:
    status, told = answered
    return status == 503 and told["error"]["code"] == "unavailable"


def test_a_full_disk_for_files_only_refuses_files(running: Running) -> None:
    assert running.record(type="file", base64=pdf())[0] == 200
    kept = running.media.files()
    assert len(kept) == running.attachments() == 1
    before = running.messages()
    running.media.fill()
    once = {"type": "file", "base64": pdf(), "messageId": "later"}
    assert is_refused(running.record(**once))
    out = {"contactNumber": FIRST, "from": running.rows["ana"], "type": "file"}
    path = f"/api/chat/message/send/operator/file/{PORT}"
    assert is_refused(running.ask("POST", path, out | {"base64": pdf()}))
    assert running.record(type="text", content="Oi")[0] == 200
    # There is no row without its file, and no partial file.
    assert running.messages() == before + 1
    assert running.attachments() == 1
    assert running.media.files() == kept
    running.media.clear()
    assert running.record(**once)[0] == 200
    assert running.record(**once)[0] == 200
    assert running.ask("POST", path, out | {"base64": pdf()})[0] == 200
    assert running.attachments() == 3
    assert len(running.media.files()) == 3


def test_a_full_disk_for_large_bodies_refuses_that_body(running: Running) -> None:
    # Random: it is spooled as it is, and no limit of the content is met.
    content = random.Random(1).randbytes(LARGE)  # noqa: S311 - repeatable
    running.temporary.fill()
    files = running.media.files()
    large = {"type": "file", "base64": data_uri(b"%PDF-1.4\n" + content)}
    assert is_refused(running.record(**large))
    assert running.record(type="text", content="Oi")[0] == 200
    running.temporary.clear()
    # It is too large for the disk of files, which refuses it without leaving a part.
    assert is_refused(running.record(**large))
    assert running.media.files() == files


@pytest.mark.timeout(240)
def test_a_full_disk_of_the_database_refuses_writes_temporarily(
    running: Running,
) -> None:
    callers = Callers(running.installation.port, running.rows)
    callers.start()
    wait_for(lambda: callers.acknowledged > 10, 60)
    running.database.fill()
    wait_for(lambda: callers.statuses[503] > 10, 60)
    wait_for(lambda: running.installation.state() == "down", 30)
    running.database.clear()
    cleared, before = time.monotonic(), callers.acknowledged
    wait_for(lambda: callers.acknowledged > before + 20, 90)
    took = time.monotonic() - cleared
    callers.stop()
    assert callers.wrong == []
    assert set(callers.statuses) <= {200, 503}
    query = "SELECT array_agg(content ORDER BY id) FROM chats_message WHERE {}"
    for place, (customer, steps, operator) in enumerate(callers.done[1:], 1):
        contact = running.rows["contacts"][place]
        for direction, said in (("in", customer), ("out", operator)):
            where = f"contact_id = {contact} AND direction = '{direction}'"
            stored = running.installation.query(query.format(where))
            assert stored == [str(n + 1) for n in range(said)]
        sa = f"SELECT sa FROM contacts_contact WHERE id = {contact}"  # noqa: S608
        assert running.installation.query(sa) == steps
    unsent = "SELECT count(*) FROM chats_delivery WHERE done_at IS NULL"
    wait_for(lambda: running.installation.query(unsent) == 0, 60)
    # Work that failed meanwhile is still reported by an alert for a while.
    wait_for(lambda: running.installation.state() in ("ok", "degraded"), 60)
    verified = running.installation.manage("verify")
    assert verified.returncode == 0, verified.stdout
    print(  # noqa: T201 - read by people, with pytest's -rP
        f"the database's disk was full: {callers.acknowledged} acknowledged, 0 lost, "
        f"0 doubled, {dict(callers.statuses)}, slowest answer {callers.slowest:.1f} s, "
        f"20 more acknowledged {took:.1f} s after there was room"
    )
