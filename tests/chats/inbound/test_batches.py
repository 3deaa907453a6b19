"""Several events of a partition are processed together without affecting each other."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from chats.inbound import batches, queue
from chats.models import InboundEvent, Message, ParkedReceipt
from tests import builders
from tests.chats.conftest import PHONE, post
from tests.counting import at_most

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def chat(manager):
    return builders.make_chat(builders.make_contact(manager, external_id=PHONE))


def sent(chat: Any, gateway_id: str | None, status: str = "sent") -> Message:
    return builders.make_message(
        chat, direction="out", status=status, gateway_id=gateway_id
    )


def arrive(cloud: Any, *receipts: tuple[str, str, str]) -> None:
    """Posts a webhook body for each receipt: gateway id, status, our id or ""."""
    for reference, status, uuid in receipts:
        said = {"id": reference, "status": status, "timestamp": "1"}
        if uuid:
            said["biz_opaque_callback_data"] = uuid
        body = cloud.frame(statuses=[said])
        assert post(cloud, "/webhooks/whatsapp", body).status_code == 200


def work(is_stopping: Any = lambda: False) -> int:
    [events] = queue.claim(5, each=batches.AT_ONCE)
    batches.process(events, is_stopping)
    return len(events)


def statuses(*messages: Message) -> list[str]:
    found = dict(Message.objects.values_list("pk", "status"))
    return [found[each.pk] for each in messages]


def captured_states(message: Message) -> list[str]:
    """Returns the states of a message that the feed has captured, in order.

    A relay of the session may have numbered some of them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT status FROM (
              SELECT 1 AS part, seq AS place, ev::json -> 'row' ->> 'status' AS status
                FROM change_feed
               WHERE kind = 'message' AND ev LIKE '%%"op":"U"%%'
                 AND ev::json ->> 'id' = %(uuid)s
               UNION ALL
              SELECT 2, id, status FROM change_pend
               WHERE kind = 'message' AND op = 'U' AND pk = %(pk)s) x
             ORDER BY part, place
            """,
            {"uuid": str(message.uuid), "pk": message.pk},
        )
        return [status for (status,) in cursor.fetchall()]


def test_receipts_of_many_messages_take_three_statements(cloud, chat):
    """The claim, the lookup of the account, and the update of all messages."""
    messages = [sent(chat, f"wamid.{n}") for n in range(8)]
    arrive(cloud, *((one.gateway_id, "delivered", str(one.uuid)) for one in messages))
    with at_most(3):
        assert work() == 8
    assert statuses(*messages) == ["delivered"] * 8
    assert set(InboundEvent.objects.values_list("state", "note")) == {("done", "")}


def test_each_status_of_a_message_is_captured(cloud, chat):
    first, second = sent(chat, "wamid.1", "wait"), sent(chat, "wamid.2")
    arrive(
        cloud,
        ("wamid.1", "sent", str(first.uuid)),
        ("wamid.1", "delivered", str(first.uuid)),
        ("wamid.2", "delivered", ""),
        ("wamid.1", "read", str(first.uuid)),
    )
    assert work() == 4
    assert captured_states(first) == ["sent", "delivered", "read"]
    assert captured_states(second) == ["delivered"]


def test_messages_between_receipts_keep_their_order(cloud, chat):
    message = sent(chat, "wamid.1")
    post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, "um"))
    arrive(cloud, ("wamid.1", "delivered", ""))
    post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, "dois"))
    assert work() == 3
    assert statuses(message) == ["delivered"]
    came = Message.objects.filter(direction="in").order_by("pk")
    assert [each.content for each in came] == ["um", "dois"]


def test_a_receipt_of_an_unknown_message_is_stored_and_blocks_no_other(cloud, chat):
    message = sent(chat, "wamid.1")
    arrive(cloud, ("wamid.9", "delivered", ""), ("wamid.1", "delivered", ""))
    work()
    assert statuses(message) == ["delivered"]
    assert ParkedReceipt.objects.get().reference == "wamid.9"
    assert not InboundEvent.objects.filter(state="parked").exists()


def test_a_receipt_with_our_id_finds_a_message_without_gateway_id(cloud, chat):
    message = sent(chat, None, "wait")
    arrive(cloud, ("wamid.1", "delivered", str(message.uuid)))
    work()
    message.refresh_from_db()
    assert (message.status, message.gateway_id) == ("delivered", "wamid.1")


def test_an_event_that_cannot_be_read_is_parked_alone(cloud, chat):
    message = sent(chat, "wamid.1")
    arrive(cloud, ("wamid.1", "delivered", ""))
    InboundEvent.objects.create(source="whatsapp", lane=cloud.phone, payload="{")
    arrive(cloud, ("wamid.1", "read", ""))
    assert work() == 3
    assert statuses(message) == ["read"]
    states = InboundEvent.objects.order_by("pk").values_list("state", flat=True)
    assert [*states] == ["done", "parked", "done"]


def test_receipts_that_fail_together_are_processed_one_by_one(cloud, chat, monkeypatch):
    messages = [sent(chat, f"wamid.{n}") for n in range(3)]
    arrive(cloud, *((one.gateway_id, "read", "") for one in messages))
    monkeypatch.setattr(batches, "_APPLY", "SELECT 1 / 0")
    work()
    assert statuses(*messages) == ["read"] * 3
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"done"}


def test_a_retried_event_is_claimed_alone(cloud, chat):
    messages = [sent(chat, f"wamid.{n}") for n in range(4)]
    arrive(cloud, *((one.gateway_id, "read", "") for one in messages))
    ids = [*InboundEvent.objects.order_by("pk").values_list("pk", flat=True)]
    InboundEvent.objects.filter(pk=ids[1]).update(attempts=1)
    assert [work() for _ in range(3)] == [1, 1, 2]
    assert statuses(*messages) == ["read"] * 4


def test_a_partition_is_claimed_by_one_worker(cloud, chat):
    arrive(cloud, ("wamid.1", "read", ""), ("wamid.2", "read", ""))
    assert [len(events) for events in queue.claim(5, each=1)] == [1]
    # The second event waits for the first, which another worker has.
    assert queue.claim(5, each=batches.AT_ONCE) == []


def test_a_stopping_worker_releases_unprocessed_events(cloud, chat):
    for text in ("um", "dois", "três"):
        post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, text))
    stopping = iter([False, False, True])
    work(lambda: next(stopping))
    rest = InboundEvent.objects.filter(state="waiting")
    assert [*rest.values_list("attempts", "lease_until")] == [(0, None), (0, None)]
    assert work() == 2


def test_after_slow_events_the_rest_is_left_to_a_later_claim(cloud, chat, monkeypatch):
    for text in ("um", "dois", "três"):
        post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, text))
    monkeypatch.setattr(batches, "LONGEST", -1.0)
    assert work() == 3
    rest = InboundEvent.objects.filter(state="waiting")
    assert [*rest.values_list("attempts", "lease_until")] == [(0, None)] * 3
