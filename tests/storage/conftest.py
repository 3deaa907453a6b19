from __future__ import annotations

import pytest

from tests.delivery.conftest import controller, rounds
from tests.storage.bucket import KEY, NAME, SECRET, FakeBucket

__all__ = ["controller", "rounds"]


@pytest.fixture
def bucket(settings, monkeypatch, tmp_path):
    """An S3 bucket that takes the place of the folder."""
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
            "default": {"BACKEND": "chats.bucket.Bucket", "OPTIONS": options},
        }
        yield made
