"""Files in an S3 bucket, where one is chosen (`HCI_S3_BUCKET`).

Loaded by the settings alone, so that who keeps files in a folder needs none of it.
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

# A file is one object, put whole or not at all: the largest is far below this.
_IN_ONE_PIECE = TransferConfig(multipart_threshold=2**30, use_threads=False)
# What is read is held in memory up to this, then in a file that has no name.
_IN_MEMORY = 2 * 2**20
_PART = 64 * 2**10
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    # Whoever waits for it tries again by itself, and a request does not wait twice.
    retries={"mode": "standard", "total_max_attempts": 1},
    # Only Amazon's own servers know the checksums that are sent by default.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    s3={"addressing_style": "auto"},
)


class Bucket(S3Storage):  # type: ignore[misc]
    """A private bucket. What goes wrong with it is an OSError, as with a folder."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            default_acl=None,
            client_config=_CONFIG,
            transfer_config=_IN_ONE_PIECE,
            max_memory_size=_IN_MEMORY,
            # No name is given twice: they are random.
            file_overwrite=True,
            **given,
        )

    @property
    def bucket(self) -> Any:
        """One for each thread: boto3's resources are not to be shared."""
        return self.connection.Bucket(self.bucket_name)

    def _open(self, name: str, mode: str = "rb") -> _File:
        with _as_of_a_folder():
            return _File(self._normalize_name(name), mode, self)

    def read_within(self, name: str, seconds: float) -> Any:
        """The object, whole and from its start, within so many seconds."""
        ends = monotonic() + seconds
        held = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - handed on
        try:
            with _as_of_a_folder():
                object_ = self.bucket.Object(self._normalize_name(name))
                for part in object_.get()["Body"].iter_chunks(_PART):
                    held.write(part)
                    if monotonic() > ends:
                        raise TimeoutError(errno.ETIMEDOUT, "the bucket is too slow")
        except BaseException:
            held.close()
            raise
        held.seek(0)
        return held

    def _save(self, name: str, content: Any) -> str:
        with _as_of_a_folder():
            saved: str = super()._save(name, content)
        return saved

    def delete(self, name: str) -> None:
        with _as_of_a_folder():
            super().delete(name)

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        with _as_of_a_folder():
            listed: tuple[list[str], list[str]] = super().listdir(name)
        return listed

    def get_modified_time(self, name: str) -> Any:
        with _as_of_a_folder():
            return super().get_modified_time(name)


class _File(S3File):  # type: ignore[misc]
    def _get_file(self) -> Any:
        with _as_of_a_folder():
            return super()._get_file()

    file = property(_get_file, S3File._set_file)


@contextmanager
def _as_of_a_folder() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404:
            raise FileNotFoundError(errno.ENOENT, "no such object") from None
        raise OSError(errno.EIO, f"the bucket answers {status}") from None
    except BotoCoreError as error:
        # Its text may hold the address; its name tells enough.
        raise OSError(errno.EIO, type(error).__name__) from None
