from __future__ import annotations

import pytest

from chats.files.uploads import Uploader
from tests.chats.files.fake_bucket import KEY, NAME, SECRET, FakeBucket


@pytest.fixture
def bucket(settings, monkeypatch, tmp_path):
    """An S3 bucket behind the folder."""
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
def carry():
    """A round of the worker's that carries what is here into the bucket."""
    return Uploader().run
