"""Files in a bucket support everything that files in a folder do, once uploaded."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chats.delivery.results import SCHEDULE
from chats.files.storage import sweep_orphans
from chats.models import Attachment, Message
from tests.chats.conftest import make_due
from tests.chats.files import sample_files
from tests.chats.files.fake_bucket import KEY, NAME, SECRET
from tests.chats.files.sample_files import data_uri
from tests.conftest import Api

FILM = sample_files.MP4 + os.urandom(3_000_000)


def record(api, content=sample_files.PNG, mime="image/png"):
    return api.post(
        "/api/chat/message/send",
        {
            "managerNumber": 5511400011111,
            "contactNumber": 551133334444,
            "from": 551133334444,
            "base64": data_uri(content, mime),
        },
    )


def send_file(api, ana):
    answer = api.post(
        "/api/chat/message/send/operator/file/8080",
        {
            "contactNumber": 551133334444,
            "from": str(ana.pk),
            "base64": data_uri(sample_files.PDF, "application/pdf"),
            "type": "pdf",
        },
    )
    assert answer.status_code == 200, answer.content


def open_link(link, **headers):
    """Opens the link without any credential."""
    answer = Api().client.get(link.removeprefix("http://testserver"), headers=headers)
    content = b"".join(answer) if answer.status_code < 300 else answer.content
    return answer, content


def test_a_file_is_one_private_object_that_its_link_opens(
    bucket, api, contact, upload_local
):
    link = record(api, FILM, "video/mp4").json()["data"]["url"]
    upload_local()
    [(key, content)] = bucket.keys.items()
    assert content == FILM
    assert key.startswith("centre/files/")
    assert link.startswith("http://testserver/api/chat/file/")
    answer, content = open_link(link)
    assert hashlib.sha256(content).digest() == hashlib.sha256(FILM).digest()
    assert answer["Content-Type"] == "video/mp4"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_link_without_its_signature_is_refused(bucket, api, contact, upload_local):
    link = record(api).json()["data"]["url"]
    upload_local()
    asked = len(bucket.requests)
    assert open_link(link.partition("?")[0])[0].status_code == 403
    assert len(bucket.requests) == asked


def test_a_range_is_returned(bucket, api, contact, upload_local):
    link = record(api, FILM, "video/mp4").json()["data"]["url"]
    upload_local()
    answer, content = open_link(link, Range="bytes=1000-1999")
    assert (answer.status_code, content) == (206, FILM[1000:2000])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_carried", [True, False])
def test_a_file_is_sent_by_the_gateway(
    bucket, api, ana, contact, controller, rounds, upload_local, is_carried
):
    send_file(api, ana)
    if is_carried:
        upload_local()
    rounds.worker._dues["uploads"] = float("inf")
    rounds.make()
    assert bool(bucket.keys) is is_carried
    assert [d.content for d in controller.delivered] == [sample_files.PDF]


@pytest.mark.django_db(transaction=True)
def test_a_message_waits_for_an_unavailable_bucket(
    bucket, api, ana, contact, controller, rounds, upload_local
):
    send_file(api, ana)
    upload_local()
    bucket.is_away = True
    rounds.make()
    message = Message.objects.get()
    assert (message.status, controller.delivered) == ("wait", [])
    bucket.is_away = False
    make_due(message)
    rounds.make()
    message.refresh_from_db()
    assert message.status == "sent"
    assert len(controller.delivered) == 1


@pytest.mark.django_db(transaction=True)
def test_a_message_whose_object_never_appears_fails(
    bucket, api, ana, contact, controller, rounds, upload_local
):
    """It may still be uploaded by another machine."""
    send_file(api, ana)
    upload_local()
    bucket.keys.clear()
    message = Message.objects.get()
    for _ in SCHEDULE:
        rounds.make()
        message.refresh_from_db()
        assert message.status == "wait"
        make_due(message)
    rounds.make()
    message.refresh_from_db()
    assert (message.status, message.error) == (
        "failed",
        "The file of the message is gone.",
    )


def test_a_link_reports_an_unavailable_bucket(bucket, api, contact, upload_local):
    link = record(api).json()["data"]["url"]
    upload_local()
    bucket.is_away = True
    assert open_link(link)[0].status_code == 503


def test_an_old_object_without_a_row_is_deleted(bucket, api, contact, upload_local):
    record(api)
    upload_local()
    [kept] = bucket.keys
    record(api, sample_files.JPEG, "image/jpeg")
    upload_local()
    [orphan] = bucket.keys.keys() - {kept}
    Attachment.objects.get(file=orphan.removeprefix("centre/files/")).delete()
    assert sweep_orphans() == 0
    bucket.age(orphan)
    bucket.age(kept)
    assert sweep_orphans() == 1
    assert list(bucket.keys) == [kept]


# The setting, as a process reads it ------------------------------------------

STORED = "aa/" + "a" * 32
STORE = """
import json, sys, django
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
name = default_storage.save(sys.argv[1], ContentFile(b"bytes"))
with default_storage.open(name) as file:
    read = file.read().decode()
from chats.files.uploads import Uploader
Uploader().run()
print(json.dumps([read, "boto3" in sys.modules, type(default_storage._wrapped).__name__]))
"""


def run_with(tmp_path, **environment):
    kept = ("PATH", "DATABASE_URL", "HOME")
    made = subprocess.run(
        [sys.executable, "-c", STORE, STORED],
        env={name: os.environ[name] for name in kept if name in os.environ}
        | {"DJANGO_SETTINGS_MODULE": "hci_center.settings"}
        | {"HCI_DATA_DIR": str(tmp_path / "data"), **environment},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(made.stdout)


def test_the_setting_chooses_the_bucket(bucket, tmp_path):
    assert run_with(
        tmp_path,
        HCI_S3_BUCKET=NAME,
        HCI_S3_ENDPOINT=bucket.url,
        HCI_S3_REGION="sa-east-1",
        AWS_ACCESS_KEY_ID=KEY,
        AWS_SECRET_ACCESS_KEY=SECRET,
    ) == ["bytes", True, "Spool"]
    assert bucket.keys == {STORED: b"bytes"}


def test_without_the_setting_files_are_in_a_folder_and_s3_is_not_imported(tmp_path):
    assert run_with(tmp_path) == ["bytes", False, "FileSystemStorage"]
    assert (tmp_path / "data" / "media" / STORED).read_bytes() == b"bytes"
