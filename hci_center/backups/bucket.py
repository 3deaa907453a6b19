"""Stores backups in an S3 bucket; imported only if HCI_BACKUP_S3_BUCKET is set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from django.conf import settings

from chats.files.s3 import as_of_a_folder
from hci_center.backups.streams import Produce, pulled
from hci_center.backups.targets import MANIFEST, Stored, is_name

# Larger objects are uploaded in parts of this size: at most 10,000, so up to 640 GB.
_PIECE = 64 * 2**20
_IN_PIECES = TransferConfig(
    multipart_threshold=_PIECE, multipart_chunksize=_PIECE, use_threads=False
)
_CONFIG = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 5},
    # Only Amazon's own servers support the checksums that are sent by default.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class Bucket:
    """A bucket: a backup becomes visible when its manifest is written, last."""

    def __init__(self) -> None:
        resource = boto3.session.Session().resource(
            "s3",
            endpoint_url=settings.BACKUP_S3_ENDPOINT or None,
            region_name=settings.BACKUP_S3_REGION or None,
            config=_CONFIG,
        )
        self._bucket = resource.Bucket(settings.BACKUP_S3_BUCKET)
        folder = settings.BACKUP_S3_FOLDER
        self._prefix = f"{folder}/" if folder else ""
        self.place = f"s3://{settings.BACKUP_S3_BUCKET}/{self._prefix}"
        self._writing: str | None = None

    def names(self) -> list[str]:
        return [name for name in self._backups() if self._has_manifest(name)]

    def write(self, backup: str, part: str, produce: Produce) -> None:
        self._writing = backup
        self._upload(f"{backup}/{part}", produce)

    def publish(self, backup: str, manifest: bytes) -> None:
        self._upload(f"{backup}/{MANIFEST}", lambda file: file.write(manifest))
        self._writing = None

    def read(self, path: str) -> IO[bytes]:
        with as_of_a_folder():
            body: IO[bytes] = self._object(path).get()["Body"]
            return body

    def size(self, path: str) -> int:
        with as_of_a_folder():
            return int(self._object(path).content_length)

    def remove(self, backup: str) -> None:
        with as_of_a_folder():
            self._object(f"{backup}/{MANIFEST}").delete()
            for found in self._listed(f"{backup}/"):
                found.delete()

    def discard_unfinished(self) -> None:
        for backup in self._backups():
            if backup == self._writing or not self._has_manifest(backup):
                self.remove(backup)
        self._writing = None

    def pools(self) -> list[str]:
        return [name for name in self._folders() if name.startswith("files")]

    def pooled(self, pool: str) -> Iterator[Stored]:
        start = len(self._prefix) + len(pool) + 1
        with as_of_a_folder():
            for found in self._listed(f"{pool}/"):
                yield Stored(found.key[start:], found.size)

    def write_pooled(self, pool: str, name: str, produce: Produce) -> None:
        self._upload(f"{pool}/{name}", produce)

    def remove_pooled(self, pool: str, name: str) -> None:
        with as_of_a_folder():
            self._object(f"{pool}/{name}").delete()

    def _upload(self, path: str, produce: Produce) -> None:
        with as_of_a_folder(), pulled(produce) as reader:
            self._bucket.upload_fileobj(
                reader, f"{self._prefix}{path}", Config=_IN_PIECES
            )

    def _backups(self) -> list[str]:
        return [name for name in self._folders() if is_name(name)]

    def _folders(self) -> list[str]:
        client = self._bucket.meta.client
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket.name, Prefix=self._prefix, Delimiter="/"
        )
        with as_of_a_folder():
            return sorted(
                found["Prefix"][len(self._prefix) : -1]
                for page in pages
                for found in page.get("CommonPrefixes", [])
            )

    def _has_manifest(self, backup: str) -> bool:
        try:
            self.size(f"{backup}/{MANIFEST}")
        except FileNotFoundError:
            return False
        return True

    def _listed(self, path: str) -> Any:
        return self._bucket.objects.filter(Prefix=f"{self._prefix}{path}")

    def _object(self, path: str) -> Any:
        return self._bucket.Object(f"{self._prefix}{path}")
