"""Files in a bucket do all that files in a folder do."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chats.attachments import sweep_orphans
from chats.models import Attachment, Message
from tests.chats import files
from tests.chats.files import data_uri
from tests.conftest import Api
from tests.delivery.conftest import make_due
from tests.storage.bucket import KEY, NAME, SECRET

FILM = files.MP4 + os.urandom(3_000_000)


def record(api, content=files.PNG, mime="image/png"):
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
            "base64": data_uri(files.PDF, "application/pdf"),
            "type": "pdf",
        },
    )
    assert answer.status_code == 200, answer.content


def open_link(link, **headers):
    """As whoever has the link and nothing else."""
    answer = Api().client.get(link.removeprefix("http://testserver"), headers=headers)
    content = b"".join(answer) if answer.status_code < 300 else answer.content
    return answer, content


def test_a_file_is_one_private_object_and_its_link_opens_it(bucket, api, contact):
    link = record(api, FILM, "video/mp4").json()["data"]["url"]
    [(key, content)] = bucket.keys.items()
    assert content == FILM
    assert key.startswith("centre/files/")
    assert link.startswith("http://testserver/api/chat/file/")
    answer, content = open_link(link)
    assert hashlib.sha256(content).digest() == hashlib.sha256(FILM).digest()
    assert answer["Content-Type"] == "video/mp4"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_link_without_its_signature_opens_nothing(bucket, api, contact):
    link = record(api).json()["data"]["url"]
    asked = len(bucket.requests)
    assert open_link(link.partition("?")[0])[0].status_code == 403
    assert len(bucket.requests) == asked


def test_a_range_of_it_is_handed_out(bucket, api, contact):
    link = record(api, FILM, "video/mp4").json()["data"]["url"]
    answer, content = open_link(link, Range="bytes=1000-1999")
    assert (answer.status_code, content) == (206, FILM[1000:2000])


@pytest.mark.django_db(transaction=True)
def test_a_file_leaves_by_the_gateway(bucket, api, ana, contact, controller, rounds):
    send_file(api, ana)
    rounds.make()
    assert [d.content for d in controller.delivered] == [files.PDF]


@pytest.mark.django_db(transaction=True)
def test_a_message_waits_for_a_bucket_that_is_away(
    bucket, api, ana, contact, controller, rounds
):
    send_file(api, ana)
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
def test_a_message_whose_object_is_gone_fails(
    bucket, api, ana, contact, controller, rounds
):
    send_file(api, ana)
    bucket.keys.clear()
    rounds.make()
    message = Message.objects.get()
    assert (message.status, message.error) == (
        "failed",
        "The file of the message is gone.",
    )


def test_nothing_is_kept_of_a_file_that_the_bucket_does_not_take(bucket, api, contact):
    bucket.is_away = True
    answer = record(api)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert not Message.objects.exists()
    bucket.is_away = False
    assert bucket.keys == {}


def test_a_link_says_that_the_bucket_is_away(bucket, api, contact):
    link = record(api).json()["data"]["url"]
    bucket.is_away = True
    assert open_link(link)[0].status_code == 503


def test_an_object_without_a_row_goes_when_it_is_old(bucket, api, contact):
    record(api)
    [kept] = bucket.keys
    record(api, files.JPEG, "image/jpeg")
    [orphan] = bucket.keys.keys() - {kept}
    Attachment.objects.get(file=orphan.removeprefix("centre/files/")).delete()
    assert sweep_orphans() == 0
    bucket.age(orphan)
    bucket.age(kept)
    assert sweep_orphans() == 1
    assert list(bucket.keys) == [kept]


# The setting, as a process reads it ------------------------------------------

STORE = """
import json, sys, django
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
name = default_storage.save("aa/one", ContentFile(b"bytes"))
with default_storage.open(name) as file:
    read = file.read().decode()
print(json.dumps([read, "boto3" in sys.modules, type(default_storage._wrapped).__name__]))
"""


def run_with(tmp_path, **environment):
    kept = ("PATH", "DATABASE_URL", "HOME")
    made = subprocess.run(
        [sys.executable, "-c", STORE],
        env={name: os.environ[name] for name in kept if name in os.environ}
        | {"DJANGO_SETTINGS_MODULE": "hci_center.settings"}
        | {"HCI_DATA_DIR": str(tmp_path / "data"), **environment},
        cwd=Path(__file__).parents[2],
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
    ) == ["bytes", True, "Bucket"]
    assert bucket.keys == {"aa/one": b"bytes"}


def test_without_it_files_are_in_a_folder_and_nothing_of_s3_is_loaded(tmp_path):
    assert run_with(tmp_path) == ["bytes", False, "FileSystemStorage"]
    assert (tmp_path / "data" / "media" / "aa" / "one").read_bytes() == b"bytes"
