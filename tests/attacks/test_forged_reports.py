"""Apps and customers cannot forge reports about others in Meta's webhooks."""

from __future__ import annotations

import json

import pytest

from chats.models import GatewayNotice, InboundEvent
from contacts.models import Contact
from hci_center.demo.gateways.whatsapp_cloud import FakeWhatsAppCloud
from tests import builders
from tests.chats.conftest import post

pytestmark = pytest.mark.django_db(transaction=True)

WABA = "102290129340398"
VICTIM, OTHER = "BR.1111111111111111", "BR.2222222222222222"
OLD, NEW = "BR.3333333333333333", "BR.4444444444444444"


@pytest.fixture(autouse=True)
def _no_app_of_the_installation(settings):
    settings.META_APP_SECRET = ""


def cloud_of(manager, phone, app):
    manager.gateway = "whatsapp_cloud"
    given = {"phoneNumberId": phone, "token": "t", "appSecret": app, "wabaId": WABA}
    manager.gateway_settings = json.dumps(given)
    manager.save()
    return FakeWhatsAppCloud(phone=phone, token="t", secret=app)


def test_an_app_can_only_report_on_its_own_account(manager, other_manager, rounds):
    cloud_of(manager, "71", "own")
    attacker = cloud_of(other_manager, "72", "other")
    body = attacker.report("account_update", WABA, event="ACCOUNT_DELETED")
    assert post(attacker, "/webhooks/whatsapp", body).status_code == 200
    rounds.make()
    [kept] = GatewayNotice.objects.all()
    assert kept.account.manager == other_manager


def test_reports_of_an_unknown_app_are_ignored(manager, rounds):
    cloud = cloud_of(manager, "71", "own")
    cloud.secret = "guessed"
    body = cloud.report("account_update", WABA, event="ACCOUNT_DELETED")
    assert post(cloud, "/webhooks/whatsapp", body).status_code == 403
    assert not InboundEvent.objects.exists()


def test_a_customers_name_cannot_forge_a_change_of_number(manager, rounds):
    """The platform's text about a change of number begins with the customer's name."""
    cloud = cloud_of(manager, "71", "own")
    for name in (VICTIM, OLD):
        builders.make_contact(manager, external_id=name, name=name)
    said = f"User Rui changed from {VICTIM} to {OTHER} changed from {OLD} to {NEW}"
    system = {"type": "user_changed_user_id", "body": said, "user_id": NEW}
    message = {"id": "wamid.1", "type": "system", "system": system}
    post(cloud, "/webhooks/whatsapp", cloud.frame(messages=[message]))
    rounds.make()
    assert InboundEvent.objects.get().state == "done"
    victim = Contact.objects.get(external_id=VICTIM)
    assert list(victim.identities.values_list("alias", flat=True)) == [VICTIM]
    renamed = Contact.objects.get(external_id=OLD)
    assert set(renamed.identities.values_list("alias", flat=True)) == {OLD, NEW}
