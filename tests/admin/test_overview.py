"""The first page shows accounts with problems first, with what to do about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chats.models import Delivery, GatewayAccount
from hci_center.reports import live
from tests.admin.test_lists import queries
from tests.builders import make_chat, make_contact, make_message

pytestmark = pytest.mark.django_db


def troubles(desk):
    return desk.get("/admin/").context["troubles"]


def account(manager, channel="whatsapp", **over):
    return GatewayAccount.objects.create(manager=manager, channel=channel, **over)


def test_working_accounts_are_not_shown(desk, manager):
    account(manager, state="open")
    account(manager, "facebook", state="unknown")
    assert troubles(desk) == []
    assert "Accounts that need you" not in desk.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("over", "title", "advice"),
    [
        (
            {"state": "closed", "reason": "phone off"},
            "The session is disconnected.",
            "scan its QR code",
        ),
        ({"state": "qr"}, "The session waits to be scanned.", "with the phone"),
        (
            {"pause_code": "not_authorized", "pause_reason": "bad token"},
            "The gateway refuses the account; its access must be renewed.",
            "enter a new token",
        ),
        (
            {"pause_code": "wrong_program", "alarmed_at": datetime.now(UTC)},
            "Another program than the gateway answers at its address.",
            "address and port",
        ),
        ({"alarmed_at": datetime.now(UTC)}, "Messages wait.", "tried again"),
    ],
)
def test_an_account_with_a_problem_shows_what_to_do(desk, manager, over, title, advice):
    shown = account(manager, **{"state": "open"} | over)
    [trouble] = troubles(desk)
    assert (trouble.account_id, trouble.title) == (shown.pk, title)
    assert advice in trouble.advice
    page = desk.get("/admin/").content.decode()
    assert f"/admin/chats/gatewayaccount/{shown.pk}/change/" in page
    assert page.index("Accounts that need you") < page.index("bo-tiles")


def sent(contact, *statuses):
    chat = make_chat(contact)
    for status in statuses:
        message = make_message(
            chat, direction="out", status=status, error="(#100) no" * (status != "sent")
        )
        Delivery.objects.create(
            message=message,
            manager_id=contact.manager_id,
            contact=contact,
            channel=contact.channel,
            done_at=datetime.now(UTC),
        )


def test_a_gateway_that_refuses_every_message_is_shown(desk, manager):
    account(manager, state="open")
    sent(make_contact(manager), "failed", "failed", "failed")
    [trouble] = troubles(desk)
    assert (trouble.title, trouble.reason) == ("Every message fails.", "(#100) no")


@pytest.mark.parametrize(
    "statuses", [("failed", "failed"), ("failed", "failed", "sent", "failed")]
)
def test_a_gateway_that_refuses_some_messages_is_not_shown(desk, manager, statuses):
    account(manager, state="open")
    sent(make_contact(manager), *statuses)
    assert troubles(desk) == []


def test_failures_of_yesterday_do_not_count(desk, manager):
    account(manager, state="open")
    sent(make_contact(manager), "failed", "failed", "failed")
    Delivery.objects.update(done_at=datetime.now(UTC) - timedelta(days=2))
    assert troubles(desk) == []


def test_a_supervisor_sees_only_own_accounts(desk, office, manager, other_manager):
    account(manager, state="closed")
    account(other_manager, state="closed")
    assert [trouble.manager for trouble in troubles(desk)] == [manager.name]
    assert len(troubles(office)) == 2


def test_it_costs_one_query_however_many_accounts(desk, manager):
    before = len(queries(desk, "/admin/"))
    live.forget()
    account(manager, state="closed")
    account(manager, "facebook", state="closed")
    assert len(queries(desk, "/admin/")) == before
