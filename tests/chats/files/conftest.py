from __future__ import annotations

import pytest

from chats.files.uploads import Uploader
from tests.chats.files.fake_bucket import KEY, NAME, SECRET, FakeBucket
from tests.chats.files.sample_files import data_uri
from tests.chats.files.shown_pictures import SEND


@pytest.fixture
def bucket(settings, monkeypatch, tmp_path):
    """Configures an S3 bucket in addition to the folder."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    with FakeBucket() as made:
        options = {
            "bucket_name": NAME,
            "endpoint_url": made.url,
            "region_name": "sa-east-1",
            "location": "centre/files",
        }
        settings.STORAGES = {
            **settings.STORAGES,
            "default": {"BACKEND": "chats.files.spool.Spool", "OPTIONS": options},
        }
        yield made


@pytest.fixture
def upload_local():
    """Runs a worker's round that uploads local files to the bucket."""
    return Uploader().run


@pytest.fixture
def send_picture(api, contact, ana):
    """Sends a file through the API; returns its link, or the refused fields."""

    def call(content, mime="image/jpeg", said="image", status=200):
        body = {
            "contactNumber": 551133334444,
            "from": ana.pk,
            "base64": data_uri(content, mime),
            "type": said,
        }
        answer = api.post(SEND, body)
        assert answer.status_code == status, answer.content
        data = answer.json()
        if status != 200:
            return data["error"]["fields"]
        return data["data"]["url"].removeprefix("http://testserver")

    return call


@pytest.fixture
def read_link(anonymous):
    """Reads a link; the response has its whole body as `body`."""

    def got(link, **headers):
        answer = anonymous.get(link, headers=headers)
        answer.body = answer.getvalue()
        return answer

    return got
