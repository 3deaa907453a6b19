"""Apps of Meta only report on numbers of the managers that configured them."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chats.models import InboundEvent, Message
from hci_center.demo.gateways.whatsapp_cloud import FakeWhatsAppCloud
from tests.chats.conftest import CLOUD_PHONE, PHONE, PSID, post
from tests.counting import at_most

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_cloud(cloud, other_manager):
    """Returns the fake of another manager's app, with its own secret and number."""
    with FakeWhatsAppCloud(phone="7700", token="t", secret="other") as fake:
        give_cloud(other_manager, "7700", "other")
        yield fake


def give_cloud(manager, phone, secret):
    manager.gateway = "whatsapp_cloud"
    options = {"phoneNumberId": phone, "token": "t", "appSecret": secret}
    manager.gateway_settings = json.dumps(options)
    manager.save()


def test_a_manager_s_own_app_reports_on_his_number_only(cloud, other_cloud):
    batch = cloud.inbound(PHONE, "forged")
    assert post(other_cloud, "/webhooks/whatsapp", batch).status_code == 200
    assert not InboundEvent.objects.exists()
    batch["entry"] += other_cloud.inbound(PHONE, "told")["entry"]
    batch["entry"][0]["changes"].append({"field": "account_update", "value": {}})
    assert post(other_cloud, "/webhooks/whatsapp", batch).status_code == 200
    event = InboundEvent.objects.get()
    assert event.lane == "7700"
    assert "told" in event.payload


def test_the_installation_s_app_reports_on_every_number(cloud, other_cloud, settings):
    settings.META_APP_SECRET = "sesame"
    batch = cloud.inbound(PHONE, "Oi")
    batch["entry"] += other_cloud.inbound(PHONE, "Oi")["entry"]
    cloud.secret = "sesame"
    assert post(cloud, "/webhooks/whatsapp", batch).status_code == 200
    partitions = InboundEvent.objects.order_by("id").values_list("lane", flat=True)
    assert list(partitions) == [CLOUD_PHONE, "7700"]


def test_an_app_that_managers_share_reports_on_their_numbers(cloud, other_manager):
    give_cloud(other_manager, "7700", cloud.secret)
    batch = cloud.inbound(PHONE, "Oi")
    cloud.phone = "7700"
    batch["entry"] += cloud.inbound(PHONE, "Oi")["entry"]
    assert post(cloud, "/webhooks/whatsapp", batch).status_code == 200
    assert InboundEvent.objects.count() == 2


def test_an_app_that_many_managers_share_reports_on_all_numbers(cloud, other_manager):
    give_cloud(other_manager, "7700", cloud.secret)
    batch = cloud.inbound(PHONE, "Oi")
    for phone in (*range(9000, 9012), "7700"):
        cloud.phone = str(phone)
        batch["entry"] += cloud.inbound(PHONE, "Oi")["entry"]
    assert post(cloud, "/webhooks/whatsapp", batch).status_code == 200
    partitions = InboundEvent.objects.order_by("id").values_list("lane", flat=True)
    assert list(partitions) == [CLOUD_PHONE, "7700"]


def test_a_webhook_reads_only_the_settings_of_its_manager(cloud, other_cloud):
    events = [other_cloud.inbound(PHONE, text) for text in ("Oi", "Olá")]
    post(other_cloud, "/webhooks/whatsapp", events[0])
    with CaptureQueriesContext(connection) as context:
        assert post(other_cloud, "/webhooks/whatsapp", events[1]).status_code == 200
    reads = [q["sql"] for q in context if "gateway_settings" in q["sql"]]
    assert len(reads) == 1
    assert "WHERE id = " in reads[0]


def test_a_number_that_moved_reports_to_its_new_manager(
    cloud, other_cloud, manager, rounds
):
    post(other_cloud, "/webhooks/whatsapp", other_cloud.inbound(PHONE, "antes"))
    rounds.make()
    moved = Message.objects.get().manager
    give_cloud(moved, "8800", "other")
    give_cloud(manager, "7700", "other")
    post(other_cloud, "/webhooks/whatsapp", other_cloud.inbound(PHONE, "depois"))
    rounds.make()
    assert Message.objects.get(content="depois").manager == manager != moved


def test_a_manager_cannot_take_over_the_number_of_another(cloud, other_manager, rounds):
    give_cloud(other_manager, CLOUD_PHONE, "other")
    events = cloud.inbound(PHONE, "Oi")
    own, cloud.secret = cloud.secret, "other"
    assert post(cloud, "/webhooks/whatsapp", events).status_code == 403
    cloud.secret = own
    assert post(cloud, "/webhooks/whatsapp", events).status_code == 200
    rounds.make()
    assert Message.objects.get().manager != other_manager


def test_a_manager_s_own_app_cannot_report_on_a_page(page, cloud):
    events = page.inbound(PSID, "Oi")
    assert post(cloud, "/webhooks/facebook", events).status_code == 403


def test_the_signature_of_the_installation_s_app_needs_no_query(
    cloud, settings, other_cloud
):
    settings.META_APP_SECRET = "sesame"
    cloud.secret = "sesame"
    with at_most(1):
        post(cloud, "/webhooks/whatsapp", cloud.inbound(PHONE, "Oi"))
    assert InboundEvent.objects.get().lane == CLOUD_PHONE
    # Other apps may still sign for their numbers.
    post(other_cloud, "/webhooks/whatsapp", other_cloud.inbound(PHONE, "Oi"))
    assert InboundEvent.objects.count() == 2
