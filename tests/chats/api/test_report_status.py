"""PUT api/chat/message/status."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chats.messages.receipts import apply_parked
from chats.models import Delivery, Message, ParkedReceipt
from tests.builders import make_chat, make_contact, make_message
from tests.chats.api.test_record_message_races import at_once, same_key
from tests.chats.shapes import message_body
from tests.conftest import signed_in

PATH = "/api/chat/message/status"
SEND = "/api/chat/message/send"
LADDER = ["wait", "sent", "delivered", "read"]


@pytest.fixture
def message(contact):
    return make_message(
        make_chat(contact),
        direction="out",
        sender="bot",
        status="wait",
        gateway_id="wamid.1",
    )


def report(api, status, reference="wamid.1", **over):
    body = {"number": 5511400011111, "messageId": reference, "status": status, **over}
    return api.put(PATH, body)


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


def bot_says(api, reference, **over):
    body = {
        "managerNumber": 5511400011111,
        "contactNumber": 551133334444,
        "from": "bot",
        "content": "Olá",
        "messageId": reference,
        **over,
    }
    return api.post(SEND, body)


def test_it_returns_the_updated_message(api, message):
    answer = report(api, "delivered")
    assert answer.status_code == 200
    message.refresh_from_db()
    assert message.status == "delivered"
    assert answer.json() == {"success": True, "data": message_body(message)}


def test_it_finds_the_message_by_our_id_and_by_the_page(api, manager, message):
    body = {
        "facebookId": manager.facebook_id,
        "messageId": str(message.uuid),
        "status": "sent",
    }
    assert api.put(PATH, body).json()["data"]["status"] == "sent"


@pytest.mark.parametrize("now", [*LADDER, "failed"])
@pytest.mark.parametrize("reported", [*LADDER[1:], "failed"])
def test_a_status_only_rises(api, message, now, reported):
    message.status = now
    message.save()
    if reported == "failed":
        rises = now in ("wait", "sent")
    elif now == "failed":
        rises = reported in ("delivered", "read")
    else:
        rises = LADDER.index(reported) > LADDER.index(now)
    answer = report(api, reported)
    assert answer.json()["data"]["status"] == (reported if rises else now)


SOME = [
    some
    for n in (2, 3, 4)
    for some in itertools.combinations(("sent", "delivered", "read", "failed"), n)
]


@pytest.mark.parametrize("reported", SOME, ids="-".join)
def test_the_order_of_receipts_does_not_matter(api, contact, message, reported):
    furthest = next(s for s in ("read", "delivered", "failed") if s in reported)
    for order in itertools.permutations(reported):
        Message.objects.update(status="wait", error="")
        for status in order:
            report(api, status)
        message.refresh_from_db()
        ended = (message.status, bool(message.error))
        assert ended == (furthest, furthest == "failed"), order


def test_a_failure_has_its_reason(api, message):
    answer = report(api, "failed", error="O número não existe.")
    assert answer.json()["data"]["error"] == "O número não existe."
    lifted = report(api, "delivered", error="ignored").json()["data"]
    assert "error" not in lifted


@pytest.mark.parametrize("after", ["delivered", "read"])
def test_a_failure_followed_by_a_delivery_is_not_a_failure(api, message, after):
    Delivery.objects.create(
        message=message, manager=message.manager, contact=message.contact
    )
    report(api, "failed")
    assert Delivery.objects.get().failed_code == "reported"
    report(api, after)
    assert Delivery.objects.get().failed_code == ""


def test_a_failure_without_a_reason_has_a_default_text(api, message):
    assert report(api, "failed").json()["data"]["error"]


def test_a_receipt_for_a_queued_message_removes_it_from_the_queue(api, message):
    Delivery.objects.create(
        message=message,
        manager=message.manager,
        contact=message.contact,
        token="EAAG",
    )
    report(api, "delivered")
    delivery = Delivery.objects.get()
    assert delivery.done_at is not None
    assert delivery.token == ""


def test_a_customers_message_has_no_status_of_this_kind(api, message):
    incoming = make_message(message.chat, gateway_id="wamid.in")
    answer = report(api, "delivered", "wamid.in")
    assert answer.json()["data"] == message_body(incoming)
    assert answer.json()["data"]["status"] == "wait"


def test_a_receipt_of_an_unknown_id_is_stored_until_its_message_arrives(api, contact):
    answer = report(api, "read", "wamid.9")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "data": None}
    report(api, "delivered", "wamid.9")
    data = bot_says(api, "wamid.9").json()["data"]
    assert data["status"] == "read"
    assert data == message_body(Message.objects.get())
    assert not ParkedReceipt.objects.exists()


def test_a_stored_failure_has_its_reason(api, contact):
    report(api, "failed", "wamid.9", error="Bloqueado.")
    data = bot_says(api, "wamid.9").json()["data"]
    assert (data["status"], data["error"]) == ("failed", "Bloqueado.")


def test_a_stored_receipt_expires_after_15_minutes(api, contact):
    report(api, "read", "wamid.9")
    ParkedReceipt.objects.update(arrived_at=timezone.now() - timedelta(minutes=16))
    assert bot_says(api, "wamid.9").json()["data"]["status"] == "sent"
    assert not ParkedReceipt.objects.exists()


def test_expired_receipts_are_deleted_by_the_next_one(api, manager):
    report(api, "read", "wamid.8")
    ParkedReceipt.objects.update(arrived_at=timezone.now() - timedelta(minutes=16))
    report(api, "read", "wamid.9")
    assert ParkedReceipt.objects.get().reference == "wamid.9"


def test_a_stored_receipt_for_a_customers_message_changes_nothing(api, contact):
    report(api, "read", "wamid.9")
    data = bot_says(api, "wamid.9", **{"from": 551133334444}).json()["data"]
    assert (data["direction"], data["status"]) == ("in", "wait")


def test_stored_receipts_apply_when_a_message_gets_its_gateway_id(
    api, manager, message
):
    report(api, "delivered", "wamid.2")
    Message.objects.filter(pk=message.pk).update(gateway_id="wamid.2")
    assert apply_parked(manager.pk, "wamid.2") is True
    message.refresh_from_db()
    assert message.status == "delivered"
    assert apply_parked(manager.pk, "wamid.2") is False


def test_ids_are_unique_per_manager(full_api, other_manager, message):
    theirs = make_message(
        make_chat(make_contact(other_manager)),
        direction="out",
        sender="bot",
        gateway_id="wamid.1",
    )
    report(full_api, "sent", number=other_manager.number)
    message.refresh_from_db()
    theirs.refresh_from_db()
    assert (message.status, theirs.status) == ("wait", "sent")
    ours = report(full_api, "read", str(message.uuid), number=other_manager.number)
    assert ours.json()["data"] is None


def test_unknown_and_foreign_managers_get_the_same_error(api, other_api, message):
    unknown = report(other_api, "read", number=5500000000)
    foreign = report(other_api, "read")
    assert refusal(unknown) == (404, "manager_not_found")
    assert unknown.content == foreign.content
    assert not ParkedReceipt.objects.exists()


def test_invalid_values_are_refused(api):
    answer = api.put(PATH, {})
    assert refusal(answer) == (400, "invalid")
    assert set(answer.json()["error"]["fields"]) == {
        "number",
        "facebookId",
        "messageId",
        "status",
    }
    for status in ("wait", "READ", "played", 1, ["read"]):
        assert list(report(api, status).json()["error"]["fields"]) == ["status"]
    too_long = report(api, "failed", error="x" * 501)
    assert list(too_long.json()["error"]["fields"]) == ["error"]


def test_it_is_closed_to_operators(message, ana, supervisor):
    assert refusal(report(signed_in(ana.user), "read")) == (403, "forbidden")
    assert report(signed_in(supervisor), "read").status_code == 200


def test_ids_may_be_any_text(api, message):
    for reference in ("' OR 1=1 --", "%s", "é😀", str(uuid.uuid4()), "x" * 255, 17):
        assert report(api, "read", reference).json()["data"] is None


@pytest.mark.django_db(transaction=True)
def test_simultaneous_receipts_have_the_result_of_sequential_ones(
    api, contact, message
):
    Delivery.objects.create(
        message=message, manager=message.manager, contact=message.contact
    )
    reported = ["sent", "delivered", "read", "failed"] * 3
    at_once(len(reported), lambda n: report(same_key(api), reported[n]))
    message.refresh_from_db()
    assert (message.status, message.error) == ("read", "")


@pytest.mark.django_db(transaction=True)
def test_a_receipt_simultaneous_with_its_message_is_applied(api, contact):
    for n in range(8):
        reference = f"wamid.{n}"

        def act(which: int, reference: str = reference) -> None:
            if which:
                bot_says(same_key(api), reference)
            else:
                report(same_key(api), "delivered", reference)

        at_once(2, act)
    connection.close()
    assert set(Message.objects.values_list("status", flat=True)) == {"delivered"}
    assert not ParkedReceipt.objects.exists()
