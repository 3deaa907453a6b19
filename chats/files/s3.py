"""Stores files in an S3 bucket, if one is configured (`HCI_S3_BUCKET`).

Loaded only by the settings, so that installations without a bucket need none of its
packages.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3File, S3Storage

# A file is one object, written completely or not at all: the largest is far below this.
_IN_ONE_PIECE = TransferConfig(multipart_threshold=2**30, use_threads=False)
# Data is read into memory up to this size, then into an unnamed temporary file.
_IN_MEMORY = 2 * 2**20
_PART = 64 * 2**10
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    # Callers retry by themselves, and a request must not wait twice.
    retries={"mode": "standard", "total_max_attempts": 1},
    # Only Amazon's own servers support the checksums that are sent by default.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    s3={"addressing_style": "auto"},
)


class Bucket(S3Storage):  # type: ignore[misc]
    """A private bucket. Its failures raise OSError, as those of a folder do."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            default_acl=None,
            client_config=_CONFIG,
            transfer_config=_IN_ONE_PIECE,
            max_memory_size=_IN_MEMORY,
            # No conflicts: names are random.
            file_overwrite=True,
            **given,
        )

    @property
    def bucket(self) -> Any:
        """One for each thread: boto3's resources are not thread-safe."""
        return self.connection.Bucket(self.bucket_name)

    def _open(self, name: str, mode: str = "rb") -> _File:
        with as_of_a_folder():
            return _File(self._normalize_name(name), mode, self)

    def read_within(self, name: str, seconds: float) -> Any:
        """Returns the whole object from its start.

        Raises OSError if that takes longer than so many seconds.
        """
        ends = monotonic() + seconds
        buffer = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - handed on
        try:
            with as_of_a_folder():
                object_ = self.bucket.Object(self._normalize_name(name))
                for part in object_.get()["Body"].iter_chunks(_PART):
                    buffer.write(part)
                    if monotonic() > ends:
                        raise TimeoutError(errno.ETIMEDOUT, "the bucket is too slow")
        except BaseException:
            buffer.close()
            raise
        buffer.seek(0)
        return buffer

    def _save(self, name: str, content: Any) -> str:
        with as_of_a_folder():
            saved: str = super()._save(name, content)
        return saved

    def delete(self, name: str) -> None:
        with as_of_a_folder():
            super().delete(name)

    def purge(self, name: str) -> None:
        """Deletes the object with all of its versions, of a bucket that keeps them."""
        key = self._normalize_name(name)
        with as_of_a_folder():
            # Before its versions, so that a bucket that lists none has no object either.
            super().delete(name)
            for version in self.bucket.object_versions.filter(Prefix=key):
                if version.object_key == key:
                    version.delete()

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with as_of_a_folder():
            listed: tuple[list[str], list[str]] = super().listdir(name)
        return listed

    def get_modified_time(self, name: str) -> Any:
        with as_of_a_folder():
            return super().get_modified_time(name)


class _File(S3File):  # type: ignore[misc]
    def _get_file(self) -> Any:
        with as_of_a_folder():
            return super()._get_file()

    file = property(_get_file, S3File._set_file)


@contextmanager
def as_of_a_folder() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404:
            raise FileNotFoundError(errno.ENOENT, "no such object") from None
        raise OSError(errno.EIO, f"the bucket answers {status}") from None
    except BotoCoreError as error:
        # The text of the error may contain the address; its name is enough.
        raise OSError(errno.EIO, type(error).__name__) from None
