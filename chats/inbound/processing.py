"""Processes a claimed webhook event, and decides what becomes of it.

Processing is idempotent, because a crash or the sender can repeat an event.
"""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Callable

from django.db import connection
from django.utils.translation import gettext as _

from chats.accounts.cloud_accounts import cloud_account
from chats.accounts.registry import WEBHOOKS, account_name, account_named
from chats.gateways.events import Ignored
from chats.gateways.whatsapp_cloud.webhook import BUSINESS_ACCOUNT
from chats.inbound import handlers
from chats.inbound.queue import ClaimedEvent, defer, end
from chats.inbound.sent_messages import NotYetError
from chats.messages.changes import UnknownMessageError
from chats.models import InboundEvent
from hci_center.database.faults import fault_of
from hci_center.errors import UnavailableError
from hci_center.limits import give_memory_back

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
# How long an event may wait for the result of a send that it may be about, in seconds.
LONGEST_WAIT = 120.0
# How long an event may wait for file storage, and between attempts, in seconds.
LONGEST_STORAGE_WAIT = 86400.0
STORAGE_WAIT = 60.0
# After an event with more characters, freed memory is returned to the system.
_LARGE = 2**20
# The settings as they are stored: decrypted ones are cached.
_OF_MANAGER = """
SELECT id, number, facebook_id, gateway, gateway_settings FROM managers_manager WHERE id = %s
"""
_OF_PAGE = _OF_MANAGER.replace("WHERE id", "WHERE facebook_id")
# The number of partitions per account in which events about unknown messages wait.
_BUCKETS = 64


class UnknownAccountError(Exception):
    """No manager has the account of the event."""


class OtherAccountError(Exception):
    """The event names another account than the manager's, to whose address it came."""


AccountFinder = Callable[[ClaimedEvent], handlers.WebhookAccount]


def process(claimed: ClaimedEvent, find_account: AccountFinder | None = None) -> None:
    """Processes a claimed event and writes the result.

    `find_account` replaces `account_of`. While files cannot be stored, the event is
    deferred for up to a day. Raises database errors: the event is claimed again when
    its lease has expired.
    """
    if claimed.attempts > MOST_ATTEMPTS:
        end(claimed, InboundEvent.State.PARKED, _("It was tried too often."))
        return
    try:
        note = _act(claimed, find_account or account_of)
        if len(claimed.payload) > _LARGE:
            give_memory_back()
    except UnavailableError:
        if claimed.age < LONGEST_STORAGE_WAIT:
            defer(claimed, wait=STORAGE_WAIT)
        else:
            end(claimed, InboundEvent.State.PARKED, _("Its file could not be stored."))
    except NotYetError:
        if claimed.age < LONGEST_WAIT:
            defer(claimed)
        else:
            end(claimed, InboundEvent.State.PARKED, _("Its message never ended."))
    except UnknownMessageError as error:
        # Messages from before the installation remain unknown, which is not an error.
        if claimed.age < LONGEST_WAIT:
            defer(claimed, _bucket(error.reference))
        else:
            end(claimed, InboundEvent.State.DONE, _("Its message is not known."))
    except UnknownAccountError:
        end(claimed, InboundEvent.State.PARKED, _("No manager has this account."))
    except OtherAccountError as error:
        sentence = _("It is of another account than the manager's: %s.") % error
        end(claimed, InboundEvent.State.PARKED, sentence)
    except Exception as error:
        # A broken event must not block the others; a database error may be temporary.
        if fault_of(error) is not None:
            raise
        logger.warning("inbound event %s parked: %s", claimed.id, type(error).__name__)
        end(claimed, InboundEvent.State.PARKED, _note_of(error))
    else:
        end(claimed, InboundEvent.State.DONE, note)


def _note_of(error: Exception) -> str:
    """Returns the note of an event that is parked because of the error.

    Database errors may contain the values of a statement, so only the text of parse
    errors is stored.
    """
    if isinstance(error, LookupError | ValueError | TypeError):
        return f"{type(error).__name__}: {error}"
    return type(error).__name__


def _act(claimed: ClaimedEvent, find_account: AccountFinder) -> str:
    """Handles all events of the payload and returns a note for the admin list.

    Raises UnknownMessageError after all other events have been handled.
    """
    payload = json.loads(claimed.payload)
    events = WEBHOOKS[claimed.source].parse(payload)
    unwanted = [event for event in events if isinstance(event, Ignored)]
    if len(unwanted) == len(events):
        # No manager is needed: the event has no effect.
        return ", ".join(handlers.note_of(event) for event in unwanted)
    if claimed.lane.startswith(BUSINESS_ACCOUNT):
        return _("No manager names this business account.")
    account = find_account(claimed)
    if not account.is_named(name := account_named(claimed.source, payload)):
        raise OtherAccountError(name)
    notes: list[str] = []
    unknown: UnknownMessageError | None = None
    for event in events:
        try:
            notes.append(handlers.handle_event(account, claimed.source, event))
        except UnknownMessageError as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    return ", ".join(filter(None, notes))


def account_of(claimed: ClaimedEvent) -> handlers.WebhookAccount:
    """Returns the account of an event; raises UnknownAccountError."""
    account = claimed.lane.partition("~")[0]
    if claimed.source == InboundEvent.Source.WHATSAPP:
        cloud = cloud_account(account)
        if cloud is None:
            raise UnknownAccountError
        return handlers.WebhookAccount(cloud.manager_id, cloud.number, cloud.page)
    with connection.cursor() as cursor:
        if claimed.source == InboundEvent.Source.FACEBOOK:
            cursor.execute(_OF_PAGE, [account or None])
        else:
            cursor.execute(_OF_MANAGER, [int(account)])
        row = cursor.fetchone()
    if row is None:
        raise UnknownAccountError
    manager_id, number, page, gateway, sealed = row
    # After a change of the gateway, events of the earlier one are not compared.
    name = account_name(gateway, sealed) if gateway == claimed.source else ""
    return handlers.WebhookAccount(manager_id, number, page, name)


def _bucket(reference: str) -> str:
    return f"~{zlib.crc32(reference.encode()) % _BUCKETS}"
