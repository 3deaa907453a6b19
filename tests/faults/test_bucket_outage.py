"""A bucket that is unavailable or hangs blocks nobody, and nothing is lost."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection, connections

from chats.files import spool, uploads
from chats.files.uploads import Uploader
from chats.models import Attachment, Message
from hci_center.errors import LackingError
from tests.chats.conftest import controller, rounds
from tests.chats.files import sample_files
from tests.chats.files.conftest import bucket, upload_local
from tests.chats.files.test_s3 import open_link, record, send_file

__all__ = ["bucket", "controller", "rounds", "upload_local"]

pytestmark = pytest.mark.django_db(transaction=True)


def here(settings):
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_files_are_accepted_during_an_outage_and_uploaded_afterwards(
    bucket, api, contact, settings
):
    bucket.is_away = True
    answer = record(api)
    assert answer.status_code == 200, answer.content
    uploader = Uploader()
    uploader.run()
    assert (len(here(settings)), bucket.keys) == (1, {})
    link = answer.json()["data"]["url"]
    assert open_link(link)[1] == sample_files.PNG
    bucket.is_away = False
    uploader.run()
    assert here(settings) == []
    assert list(bucket.keys.values()) == [sample_files.PNG]
    assert open_link(link)[1] == sample_files.PNG


def test_the_bucket_is_never_called_in_a_request_or_transaction(
    bucket, api, ana, contact, monkeypatch
):
    seen = []
    save = spool.Spool._save

    def told(self, name, content):
        seen.append(connection.in_atomic_block)
        return save(self, name, content)

    monkeypatch.setattr(spool.Spool, "_save", told)
    for key in ("one", ""):
        answer = api.post(
            "/api/chat/message/send",
            {
                "managerNumber": 5511400011111,
                "contactNumber": 551133334444,
                "from": 551133334444,
                "base64": sample_files.data_uri(sample_files.PNG, "image/png"),
            },
            headers={"Idempotency-Key": key} if key else {},
        )
        assert answer.status_code == 200, answer.content
    assert seen == [False, False]
    assert bucket.requests == []


def test_requests_are_served_while_the_bucket_hangs(bucket, api, contact, upload_local):
    """Four readers of the bucket block neither all threads nor each other for long."""
    link = record(api).json()["data"]["url"]
    upload_local()
    bucket.stalls = threading.Event()
    with ThreadPoolExecutor(4) as threads:
        reads = [threads.submit(_read, link) for _ in range(4)]
        # Further readers are refused while it hangs.
        refused = [read.result(timeout=30) for read in islice(as_completed(reads), 2)]
        answer = record(api, sample_files.JPEG, "image/jpeg")
        bucket.stalls.set()
        read = [read.result(timeout=30) for read in reads]
    assert refused == [503, 503]
    assert sorted(read) == [200, 200, 503, 503]
    assert answer.status_code == 200
    assert Message.objects.count() == 2


def _read(link):
    try:
        return open_link(link)[0].status_code
    finally:
        connections.close_all()


def test_after_a_timeout_the_bucket_is_not_called_for_a_while(
    bucket, api, contact, upload_local, monkeypatch
):
    link = record(api).json()["data"]["url"]
    upload_local()
    bucket.is_away = True
    assert open_link(link)[0].status_code == 503
    asked = len(bucket.requests)
    assert open_link(link)[0].status_code == 503
    assert len(bucket.requests) == asked
    bucket.is_away = False
    monkeypatch.setattr(spool, "monotonic", lambda: time.monotonic() + 60)
    assert open_link(link)[0].status_code == 200


def test_a_file_is_sent_by_its_gateway_during_an_outage(
    bucket, api, ana, contact, controller, rounds
):
    bucket.is_away = True
    send_file(api, ana)
    rounds.make()
    assert [d.content for d in controller.delivered] == [sample_files.PDF]


def test_partial_files_are_not_uploaded(bucket, api, contact, settings):
    record(api)
    [whole] = here(settings)
    half = whole.with_name(".half")
    half.write_bytes(b"ha")
    Uploader().run()
    assert len(bucket.keys) == 1
    assert here(settings) == [half]
    then = time.time() - 2 * 60 * 60
    os.utime(half, (then, then))
    Uploader().run()
    assert here(settings) == []


def test_files_of_other_programs_are_kept(bucket, settings, upload_local):
    folder = Path(settings.MEDIA_ROOT, "aa")
    folder.mkdir(parents=True)
    strangers = [
        folder / "notes.txt",
        folder.parent / "readme.txt",
        folder / ("b" * 32),
    ]
    for stranger in strangers:
        stranger.write_bytes(b"x")
    upload_local()
    assert all(stranger.exists() for stranger in strangers)
    assert bucket.keys == {}


def test_a_failed_storing_leaves_no_file(bucket, api, contact, settings, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool.os, "rename", fail)
    assert record(api).status_code == 503
    assert here(settings) == []
    assert not Attachment.objects.exists()


def test_two_workers_of_a_machine_upload_a_file_at_most_once_each(
    bucket, api, contact, settings
):
    record(api)
    [path] = here(settings)
    name = path.relative_to(settings.MEDIA_ROOT).as_posix()
    default_storage.upload_local(name)
    default_storage.upload_local(name)
    assert [request[0] for request in bucket.requests] == ["PUT"]


def test_the_pause_grows_after_each_failed_round(bucket, api, contact, caplog):
    record(api)
    bucket.is_away = True
    uploader = Uploader()
    for _ in range(3):
        uploader._rests_until = 0.0
        assert uploader.begin()
        uploader.run()
        uploader.end()
    assert not uploader.begin()
    told = [r for r in caplog.records if r.name == "chats.files.uploads"]
    assert [r.levelname for r in told] == ["ERROR"]
    assert "503" in told[0].getMessage()


def test_a_probe_reports_files_that_wait_too_long(
    bucket, api, contact, settings, upload_local
):
    record(api)
    assert uploads.check() == "ok"
    [path] = here(settings)
    then = time.time() - 6 * 60
    os.utime(path, (then, then))
    with pytest.raises(LackingError) as lack:
        uploads.check()
    assert str(lack.value) == "files wait for the bucket: 1"
    upload_local()
    assert uploads.check() == "ok"
