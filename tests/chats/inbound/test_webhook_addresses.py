"""Webhook addresses of unsigned gateways.

Each manager has one, which is renewed separately and independent of HCI_SECRET_KEY.
"""

from __future__ import annotations

import hmac
import importlib
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from chats.accounts.registry import renewed_webhook_path, webhook_path
from chats.models import InboundEvent
from managers.models import WebhookSecret
from tests.builders import make_manager
from tests.chats.conftest import PHONE, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def post_event(evolution):
    """Posts an event to an address and returns the status of the response."""

    def post_to(path):
        events = evolution.inbound(f"{PHONE}@s.whatsapp.net", "Oi")
        return post(evolution, path, events).status_code

    return post_to


def pass_time(**by):
    moved = timezone.now() - timedelta(**by)
    WebhookSecret.objects.filter(ends_at__gt=moved).update(ends_at=moved)


def test_an_address_does_not_change_until_renewed(manager, settings, post_event):
    path = webhook_path("evolution", manager.pk)
    settings.SECRET_KEY = "another-secret-key-of-this-centre-" * 2
    assert webhook_path("evolution", manager.pk) == path
    assert post_event(path) == 200


def test_the_old_address_stays_valid_for_a_day(manager, post_event):
    old = webhook_path("evolution", manager.pk)
    new = renewed_webhook_path("evolution", manager.pk)
    assert new != old
    assert webhook_path("evolution", manager.pk) == new
    assert (post_event(new), post_event(old)) == (200, 200)
    pass_time(hours=0)
    assert (post_event(new), post_event(old)) == (200, 403)


def test_old_addresses_can_be_ended_at_once(manager, post_event):
    oldest = webhook_path("evolution", manager.pk)
    old = renewed_webhook_path("evolution", manager.pk)
    new = renewed_webhook_path("evolution", manager.pk, at_once=True)
    assert [post_event(path) for path in (oldest, old, new)] == [403, 403, 200]


def test_another_renewal_does_not_extend_the_first(manager):
    webhook_path("evolution", manager.pk)
    renewed_webhook_path("evolution", manager.pk)
    first = WebhookSecret.objects.exclude(ends_at=None).get().ends_at
    renewed_webhook_path("evolution", manager.pk)
    ends = WebhookSecret.objects.exclude(ends_at=None).values_list("ends_at", flat=True)
    assert first in ends
    assert len(ends) == 2


def test_other_managers_keep_theirs(manager, other_manager, post_event):
    others = webhook_path("evolution", other_manager.pk)
    renewed_webhook_path("evolution", manager.pk, at_once=True)
    assert webhook_path("evolution", other_manager.pk) == others
    assert post_event(others) == 200


def test_it_is_encrypted_in_the_table(manager):
    secret = webhook_path("evolution", manager.pk).rpartition("-")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM managers_webhooksecret")
        [(stored,)] = cursor.fetchall()
    assert secret not in stored
    assert len(secret) == 40


def test_addresses_of_an_earlier_version_stay_valid(manager, settings, post_event):
    """They were derived from HCI_SECRET_KEY, and gateways are configured with them."""
    key = b"webhook:" + settings.SECRET_KEY.encode()
    name = f"evolution:{manager.pk}".encode()
    digest = hmac.digest(key, name, "sha256").hex()
    path = f"/webhooks/evolution/{manager.pk}-{digest[:40]}"
    assert post_event(path) == 403
    migration = importlib.import_module("managers.migrations.0004_webhook_secrets")
    migration.keep_addresses(apps, None)
    assert webhook_path("evolution", manager.pk) == path
    assert post_event(path) == 200


# The command


def renew(*arguments):
    out = StringIO()
    call_command("renew_webhook", *arguments, stdout=out)
    return out.getvalue().strip()


def test_the_command_prints_the_new_address(manager, post_event, settings):
    settings.PUBLIC_URL = "https://centre.example"
    old = webhook_path("evolution", manager.pk)
    printed = renew(str(manager.number), "--at-once")
    new = webhook_path("evolution", manager.pk)
    assert printed == f"https://centre.example{new}"
    assert (post_event(new), post_event(old)) == (200, 403)


@pytest.mark.parametrize("name", ["1", "5511499999999"])
def test_the_command_refuses_unknown_managers(manager, name):
    with pytest.raises(CommandError, match="no manager"):
        renew(name)


def test_a_gateway_with_signatures_has_no_address_to_renew(db):
    signing = make_manager(gateway="whatsapp_cloud")
    with pytest.raises(CommandError, match="no webhook address of its own"):
        renew(str(signing.number))
    assert not InboundEvent.objects.exists()
