"""The accounts of the WhatsApp Cloud API, found by their phone number id.

The id is part of the encrypted settings of a manager, so the database cannot look it
up. The process remembers which manager has an id, and reads only that one again:
reading all managers for each webhook would take longer than anything else with a
thousand of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from chats.accounts.sealed_settings import gateway_settings
from chats.gateways.graph import Secrets

_ALL = """
SELECT id, number, facebook_id, gateway_settings FROM managers_manager
 WHERE gateway = 'whatsapp_cloud' AND gateway_settings <> ''
 ORDER BY id
"""
_ONE = """
SELECT id, number, facebook_id, gateway_settings FROM managers_manager
 WHERE id = %s AND gateway = 'whatsapp_cloud' AND gateway_settings <> ''
"""


@dataclass(frozen=True, slots=True)
class CloudAccount:
    """A phone number id with its manager and, where set, app secret and business id.

    `secret` belongs to the manager's own app; `business` is the WhatsApp Business
    account of the number. `number` and `page` are the manager's.
    """

    phone: str
    manager_id: int
    number: int | None
    page: str | None
    secret: str
    business: str


# The ids of managers by phone number id, as of the latest time when all were read.
_manager_ids: dict[str, int] = {}


def cloud_account(phone: str) -> CloudAccount | None:
    """Returns the account with that phone number id, if a manager has it."""
    manager_id = _manager_ids.get(phone)
    if manager_id is not None:
        for one in _read(_ONE, [manager_id]):
            if one.phone == phone:
                return one
    return _read_all().get(phone)


def phones_of_business(business: str) -> list[str]:
    """Returns the phone number ids of a WhatsApp Business account."""
    accounts = _read_all().values()
    return [one.phone for one in accounts if business == one.business != ""]


def secrets() -> Secrets:
    """Returns the app secrets of all managers that have an app of their own.

    Each may sign only for its managers' numbers. Demo managers have no number at Meta.
    """
    return _secrets_of(_read_all().values())


def secrets_of(phones: Iterable[str]) -> Secrets:
    """Returns the app secrets of the managers with these phone number ids."""
    found = (cloud_account(phone) for phone in phones)
    return _secrets_of(one for one in found if one is not None)


def _secrets_of(accounts: Iterable[CloudAccount]) -> Secrets:
    own: dict[str, frozenset[str]] = {}
    for one in accounts:
        if one.secret:
            own[one.secret] = own.get(one.secret, frozenset()) | {one.phone}
    return own


def _read_all() -> dict[str, CloudAccount]:
    """Returns the accounts of all managers by their phone number id."""
    found: dict[str, CloudAccount] = {}
    for account in _read(_ALL, []):
        if account.phone:
            # The first manager with a phone number id keeps it.
            found.setdefault(account.phone, account)
    global _manager_ids
    _manager_ids = {phone: account.manager_id for phone, account in found.items()}
    return found


def _read(statement: str, values: list[int]) -> list[CloudAccount]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    found = []
    for manager_id, number, page, sealed in rows:
        try:
            options = gateway_settings(sealed)
        except ImproperlyConfigured:
            # Its gateway session reports this. It must not break all other webhooks.
            continue
        names = ("phoneNumberId", "appSecret", "wabaId")
        phone, secret, business = (options.get(name, "").strip() for name in names)
        found.append(CloudAccount(phone, manager_id, number, page, secret, business))
    return found
