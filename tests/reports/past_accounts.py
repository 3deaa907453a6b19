"""Writes deliveries, account states and weeks of messages for the past chats."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection

from chats.models import Delivery, GatewayAccount, Message, SessionChange
from tests import builders
from tests.reports.past import Centre, at, write_chat

MS = timedelta(milliseconds=1)


def write_accounts(centre: Centre) -> None:
    """Writes them for the existing chats."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_contact c SET created_at = h.opened_at"
            " FROM chats_chat h WHERE h.contact_id = c.id"
        )
    _deliveries(centre)
    _sessions(centre)
    _weeks(centre)


def _deliveries(centre: Centre) -> None:
    """Every seventh delivery fails; some of these are delivered later."""
    sent = Message.objects.filter(manager=centre.manager, direction="out", auto="")
    for n, message in enumerate(sent.order_by("id")):
        queued = message.stored_at
        assert queued is not None
        values: dict[str, Any] = {
            "queued_at": queued,
            "done_at": queued + 200 * MS,
            "sent_at": queued + (120 + 37 * n) * MS if n % 5 else None,
        }
        if n % 3:
            values["delivered_at"] = queued + 900 * MS + 41 * n * MS
        if n % 7 == 3:
            code = "bad_recipient" if n % 2 else "reported"
            values |= {"failed_at": queued + 300 * MS, "failed_code": code}
        Delivery.objects.create(
            message=message, manager=centre.manager, contact=message.contact,
            channel=message.contact.channel, **values,
        )  # fmt: skip


def _sessions(centre: Centre) -> None:
    """Writes incidents of five minutes, of half a minute (too short), over midnight."""
    _account(centre, "whatsapp", [
        ("17 07:00", "unknown"), ("17 08:00", "open"), ("19 14:00", "closed"),
        ("19 14:05", "open"), ("19 15:00", "connecting"), ("19 15:00:30", "open"),
        ("20 23:50", "closed"), ("21 00:10", "qr"), ("21 00:30:00.5", "open"),
        ("29 12:00", "unknown"),
    ])  # fmt: skip
    _account(centre, "facebook", [
        ("24 12:00", "open"), ("24 14:00", "closed"), ("24 14:59", "unknown"),
    ])  # fmt: skip


def _account(centre: Centre, channel: str, changes: list[tuple[str, str]]) -> None:
    account = GatewayAccount.objects.create(
        manager=centre.manager, channel=channel, since=at(changes[-1][0])
    )
    for when, state in changes:
        SessionChange.objects.create(account=account, at=at(when), state=state)


def _weeks(centre: Centre) -> None:
    """Writes messages on three Thursdays at ten, but not on the 20th and 27th."""
    contact = builders.make_contact(centre.manager, channel="facebook")
    for weeks in (2, 3, 4):
        moment = at("27 10:30") - timedelta(weeks=weeks)
        lines = [(moment, "opened", None, None), (moment, "closed", None, None)]
        write_chat(centre, contact, lines, [(moment, "customer")])
