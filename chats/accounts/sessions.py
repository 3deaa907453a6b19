"""Reads the stored state of gateway sessions, for calls and checks."""

from __future__ import annotations

from typing import Any

from chats.models import GatewayAccount
from hci_center.times import as_time


def largest_file(manager_id: int, channel: str) -> int | None:
    """Returns the gateway's file size limit in bytes, or None if it reported none."""
    accounts = GatewayAccount.objects.filter(manager_id=manager_id, channel=channel)
    return accounts.values_list("largest_file", flat=True).first()


def session_shape(manager_id: int, channel: str, *, with_qr: bool) -> dict[str, Any]:
    """Returns the last known state of the session as a dict for the API."""
    account = GatewayAccount.objects.filter(
        manager_id=manager_id, channel=channel
    ).first()
    shape: dict[str, Any] = {
        "state": account.state if account else GatewayAccount.State.UNKNOWN.value,
        "since": as_time(account.since) if account else None,
        "reason": account.reason if account else "",
    }
    if with_qr:
        shape["qr"] = (account.qr or None) if account else None
    return shape
