"""Memory bombs stay within the limits of the process that decodes them."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hci_center.demo.gateways.faults import reply
from tests.attacks import bombs
from tests.attacks.bombed_centre import FIRST, PORT, Bombed, bombed_centre, watched
from tests.attacks.bombs import BOMBS, MiB
from tests.counts import count
from tests.feed.processes import wait_until

# Two of the largest files at the same time, each as text and as bytes.
LARGEST_GROWN = 300.0
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


@pytest.fixture(scope="module")
def bombed(tmp_path_factory: Any, cluster: Path) -> Iterator[Bombed]:
    with bombed_centre(tmp_path_factory.mktemp("bombs") / "data", cluster) as bombed:
        yield bombed


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
