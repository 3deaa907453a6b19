"""Marketing templates after a customer has revoked the consent."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from chats.models import ApprovedTemplate, Delivery, GatewayAccount, Message
from contacts.models import Consent
from tests.chats.rules.running import run_tasks
from tests.chats.rules.scheduling import TEMPLATE, listed, make_due, schedule

pytestmark = pytest.mark.django_db

REVOKED = "The customer has revoked the consent to marketing."


@pytest.fixture
def on_cloud(manager):
    manager.gateway = "whatsapp_cloud"
    manager.gateway_settings = json.dumps({"phoneNumberId": "1", "token": "t"})
    manager.save()
    account, _made = GatewayAccount.objects.get_or_create(
        manager=manager, channel="whatsapp"
    )
    for name, category in (("lembrete", "UTILITY"), ("oferta", "MARKETING")):
        ApprovedTemplate.objects.create(
            account=account, name=name, language="pt_BR", category=category
        )


def send(api, contact, operator, name):
    body = {
        "operatorId": str(operator.pk),
        "contactNumber": int(contact.external_id),
        **TEMPLATE,
        "name": name,
    }
    return api.post("/api/chat/message/send/operator/template/8080", body)


def revoke(contact, purpose="marketing", **over):
    values = {"how": "por telefone", "by": "user:1", "revoked_at": timezone.now()}
    return Consent.objects.create(contact=contact, purpose=purpose, **values | over)


def said(answer):
    assert answer.status_code == 400, answer.content
    return answer.json()["error"]["fields"]["name"]


def test_only_marketing_is_refused(api, contact, ana, on_cloud):
    assert send(api, contact, ana, "oferta").status_code == 200
    revoke(contact)
    assert said(send(api, contact, ana, "oferta")) == [REVOKED]
    assert said(send(api, contact, ana, "desconhecido"))[0].startswith(REVOKED[:-1])
    assert send(api, contact, ana, "lembrete").status_code == 200
    assert Message.objects.count() == 2


def test_a_new_consent_allows_marketing(api, contact, ana, on_cloud):
    revoke(contact, given_at=timezone.now() - timedelta(days=9))
    assert said(send(api, contact, ana, "oferta")) == [REVOKED]
    revoke(contact, given_at=timezone.now(), revoked_at=None)
    assert send(api, contact, ana, "oferta").status_code == 200


def test_revoking_another_purpose_does_not_affect_marketing(
    api, contact, ana, on_cloud
):
    revoke(contact, "survey")
    assert send(api, contact, ana, "oferta").status_code == 200


def test_a_scheduled_template_fails_with_the_reason(api, contact, ana, on_cloud):
    offer = TEMPLATE | {"name": "oferta"}
    assert schedule(api, contact, ana, content2=None, **offer).status_code == 200
    revoke(contact)
    assert said(schedule(api, contact, ana, content2=None, **offer)) == [REVOKED]
    make_due()
    run_tasks()
    (row,) = listed(api, contact, ana)
    assert (row["state"], row["error"]) == ("failed", REVOKED)
    assert not Delivery.objects.exists()


def test_a_failed_template_cannot_be_resent(api, contact, ana, on_cloud):
    sent = send(api, contact, ana, "oferta").json()["data"]
    Message.objects.update(status="failed", error="Sem rede.")
    revoke(contact)
    body = {"operatorId": str(ana.pk), "contactId": contact.external_id}
    again = api.put("/api/chat/message/again", body | {"id": sent["id"]})
    assert said(again) == [REVOKED]
    assert Message.objects.get().status == "failed"
