"""Workers and storage during conversions: crashes, order, outages, cleanup."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chats.delivery import conversions
from chats.files import storage
from chats.files.storage import sweep_orphans
from chats.models import Attachment, ConvertedFile, Delivery, Message
from chats.worker.limits import Limits
from hci_center.errors import UnavailableError
from tests.chats.conftest import record
from tests.chats.files.conversion import samples

pytestmark = pytest.mark.django_db(transaction=True)


def due_now():
    ConvertedFile.objects.update(next_at=datetime.now(UTC), lease_until=None)


def test_a_converted_file_waits_for_unavailable_storage(
    controller, send, rounds, monkeypatch
):
    def away(*_):
        raise UnavailableError

    monkeypatch.setattr(conversions, "write_file", away)
    record(send)
    for _ in range(2):
        rounds.make()
        due_now()
    assert Message.objects.get().status == "wait"
    assert ConvertedFile.objects.get().attempts == 0
    monkeypatch.setattr(conversions, "write_file", storage.write_file)
    rounds.make()
    assert Message.objects.get().status == "sent"


def test_a_conversion_that_crashed_its_worker_three_times_is_given_up(
    controller, send, rounds
):
    record(send)
    ConvertedFile.objects.update(attempts=3)
    rounds.make()
    message = Message.objects.get()
    assert message.status == "failed"
    assert message.error == "There is more in the file than can be converted."


def test_if_two_workers_convert_one_file_the_later_result_counts(
    controller, send, rounds
):
    """The first worker was suspended for longer than its lease."""
    record(send)
    [suspended] = conversions.claim(1, 0)
    due_now()
    [later] = conversions.claim(1, 0)
    conversions.make(suspended)
    assert ConvertedFile.objects.get().made_at is None
    conversions.make(later)
    made = ConvertedFile.objects.get()
    assert made.made_at is not None
    rounds.make()
    assert len(controller.delivered) == 1
    # The file that the first worker converted has been deleted.
    folder = Path(Attachment.objects.get().file.path).parents[1]
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 2


def test_a_stopping_worker_leaves_the_file_to_the_next(controller, send, rounds):
    record(send)
    [claimed] = conversions.claim(1, 0)
    conversions.make(claimed, lambda: True)
    row = ConvertedFile.objects.get()
    assert (row.attempts, row.lease_until, row.made_at) == (0, None, None)
    rounds.make()
    assert len(controller.delivered) == 1


def test_a_video_does_not_delay_voice_notes(controller, send, rounds):
    for _ in range(3):
        send(samples.film("webm", "libvpx"), "video/webm", "video")
    record(send)
    claimed = conversions.claim(2, 1)
    assert sorted(one.is_video for one in claimed) == [False, True]
    assert conversions.claim(1, 0) == []


def test_a_converted_file_is_deleted_after_the_message_is_sent(
    controller, send, rounds
):
    record(send)
    rounds.make()
    conversions.forget_sent()
    assert ConvertedFile.objects.exists()
    Delivery.objects.update(done_at=datetime.now(UTC) - timedelta(hours=2))
    made = Path(ConvertedFile.objects.get().file.path)
    conversions.forget_sent()
    assert not ConvertedFile.objects.exists()
    age(made)
    assert sweep_orphans() == 1
    assert not made.exists()
    assert Path(Attachment.objects.get().file.path).exists()


def test_a_converted_file_of_a_queued_message_is_not_an_orphan(
    controller, send, rounds
):
    record(send)
    rounds.worker._calls._limits = Limits(sends=0)
    while not ConvertedFile.objects.filter(made_at__isnull=False).exists():
        rounds.make()
    age(Path(ConvertedFile.objects.get().file.path))
    assert sweep_orphans() == 0


def age(path):
    then = (datetime.now(UTC) - timedelta(hours=2)).timestamp()
    os.utime(path, (then, then))
