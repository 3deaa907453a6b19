"""Platform notices about an account update its session, templates and alert."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from chats.accounts import alerts, health, notices
from chats.gateways.base import Health
from chats.gateways.events import AccountNotice, TemplateNotice
from chats.models import (
    GatewayAccount,
    GatewayNotice,
    InboundEvent,
    MessageTemplate,
    SessionChange,
)
from hci_center.errors import LackingError
from tests.chats.conftest import CLOUD_PHONE, PSID, post

pytestmark = pytest.mark.django_db(transaction=True)

WABA = "102290129340398"
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TEMPLATE = {
    "message_template_name": "boas_vindas",
    "message_template_language": "pt_BR",
}


def name_business(manager, phone=CLOUD_PHONE):
    options = {"phoneNumberId": phone, "token": "tok", "appSecret": "own"}
    manager.gateway = "whatsapp_cloud"
    manager.gateway_settings = json.dumps(options | {"wabaId": WABA})
    manager.save()


@pytest.fixture
def business(cloud, manager):
    name_business(manager)
    return cloud


def report(fake, rounds, field, waba=WABA, **value):
    answer = post(fake, "/webhooks/whatsapp", fake.report(field, waba, **value))
    assert answer.status_code == 200
    rounds.make()


def account():
    return GatewayAccount.objects.get(channel="whatsapp")


def notice(topic="violation", level="problem", text="said", **more):
    return AccountNotice(topic, level, text, **more)


# Assigning notices to accounts


def test_a_report_is_stored_in_the_history_and_raises_an_alert(
    business, rounds, caplog
):
    violated = {"event": "ACCOUNT_VIOLATION"}
    violated |= {"violation_info": {"violation_type": "ADULT"}}
    report(business, rounds, "account_update", **violated)
    [kept] = GatewayNotice.objects.all()
    assert (kept.account, kept.level) == (account(), "problem")
    assert "ADULT" in kept.text
    assert "ADULT" in SessionChange.objects.latest("pk").reason
    assert InboundEvent.objects.get().state == "done"
    rounds.worker._dues.pop("alarms", None)
    with caplog.at_level(logging.ERROR):
        alerts.watch()
    assert account().alarmed_at is not None
    with pytest.raises(LackingError, match=r"reported by the platform: .*violation"):
        alerts.check()


def test_every_number_of_the_account_receives_it(business, other_manager, rounds):
    name_business(other_manager, phone="7700")
    report(business, rounds, "account_update", event="ACCOUNT_VIOLATION")
    assert GatewayNotice.objects.count() == 2


def test_a_report_about_one_number_affects_only_it(
    business, manager, other_manager, rounds
):
    name_business(other_manager, phone="7700")
    shown = f"+{manager.number}"
    flagged = {"event": "FLAGGED", "display_phone_number": shown}
    report(business, rounds, "phone_number_quality_update", **flagged)
    [kept] = GatewayNotice.objects.all()
    assert kept.account.manager == manager
    assert set(InboundEvent.objects.values_list("state", flat=True)) == {"done"}


def test_a_report_about_an_unknown_account_is_recorded_without_alert(
    cloud, rounds, settings
):
    settings.META_APP_SECRET = cloud.secret = "sesame"
    report(cloud, rounds, "account_update", "404", event="ACCOUNT_DELETED")
    event = InboundEvent.objects.get()
    assert (event.state, event.lane) == ("done", "waba:404")
    assert event.note
    assert not GatewayNotice.objects.exists()
    assert alerts.check() == "ok"


def test_the_page_of_a_manager_is_blocked(page, manager, rounds):
    block = {"action": "block", "reason": "spam"}
    frame = page.frame({"recipient": {"id": page.page}, "policy-enforcement": block})
    post(page, "/webhooks/facebook", frame)
    rounds.make()
    assert GatewayNotice.objects.get().account.channel == "facebook"
    assert GatewayAccount.objects.get(channel="facebook").state == "closed"


def test_an_unknown_event_is_recorded_for_any_manager(page, manager, rounds):
    event = {"sender": {"id": PSID}, "recipient": {"id": "x"}, "app_roles": {"1": []}}
    frame = page.frame(event)
    frame["entry"][0]["id"] = "another-page"
    post(page, "/webhooks/facebook", frame)
    rounds.make()
    assert InboundEvent.objects.get().state == "done"


# Duration of notices


def test_a_session_that_says_it_is_open_is_closed_while_its_platform_closed_it(
    business, manager, rounds
):
    health.record(manager.pk, "whatsapp", Health("open"))
    report(business, rounds, "account_update", event="ACCOUNT_OFFBOARDED")
    assert account().state == "closed"
    health.store_reported(manager.pk, "whatsapp", Health("open"))
    assert (account().state, account().reason) == (
        "closed",
        "The number was disconnected from the Cloud API.",
    )
    report(business, rounds, "account_update", event="ACCOUNT_RECONNECTED")
    health.store_reported(manager.pk, "whatsapp", Health("open"))
    assert account().state == "open"


def test_an_alert_ends_with_the_problem(manager):
    health.record(manager.pk, "whatsapp", Health("open"))
    now = datetime.now(UTC)
    ends = notice(until=now + timedelta(hours=1), at=AT)
    notices.record_notice(manager.pk, "whatsapp", ends)
    alerts.watch()
    assert account().alarmed_at is not None
    GatewayNotice.objects.update(ends_at=now)
    alerts.watch()
    assert account().alarmed_at is None
    assert alerts.check() == "ok"


def test_an_alert_ends_when_acknowledged(manager):
    notices.record_notice(manager.pk, "whatsapp", notice(at=AT, is_blocking=True))
    alerts.watch()
    assert notices.blocked_by(manager.pk, "whatsapp") == "said"
    assert notices.mark_handled([account().pk]) == 1
    assert notices.blocked_by(manager.pk, "whatsapp") == ""
    assert notices.mark_handled([account().pk]) == 0
    alerts.watch()
    assert account().alarmed_at is None
    again = notice(at=AT + timedelta(days=1))
    notices.record_notice(manager.pk, "whatsapp", again)
    alerts.watch()
    assert account().alarmed_at is not None


def test_a_repeated_report_does_not_reopen_an_acknowledged_alert(manager):
    for _ in range(2):
        notices.record_notice(manager.pk, "whatsapp", notice(at=AT))
        notices.mark_handled([account().pk])
        notices.record_notice(manager.pk, "whatsapp", notice())
    assert GatewayNotice.objects.get().handled_at is not None
    assert SessionChange.objects.count() == 1


def test_the_latest_report_counts_in_any_order_of_arrival(manager):
    later = notice(level="info", text="again", at=AT + timedelta(hours=1))
    notices.record_notice(manager.pk, "whatsapp", later)
    notices.record_notice(manager.pk, "whatsapp", notice(at=AT))
    assert GatewayNotice.objects.get().text == "again"


def test_a_report_from_the_future_does_not_hide_later_ones(manager):
    ahead = datetime.now(UTC) + timedelta(days=400)
    notices.record_notice(manager.pk, "whatsapp", notice(at=ahead))
    later = datetime.now(UTC) + timedelta(seconds=1)
    notices.record_notice(manager.pk, "whatsapp", notice(text="next", at=later))
    assert GatewayNotice.objects.get().text == "next"


# Templates


def test_the_latest_state_of_a_template_is_stored(business, rounds):
    field = "message_template_status_update"
    approved = {"event": "APPROVED", "message_template_category": "UTILITY"}
    report(business, rounds, field, **TEMPLATE, **approved)
    quality = {"new_quality_score": "YELLOW"}
    report(business, rounds, "message_template_quality_update", **TEMPLATE, **quality)
    rejected = {"event": "REJECTED", "reason": "SCAM"}
    report(business, rounds, field, **TEMPLATE, **rejected)
    template = MessageTemplate.objects.get()
    assert (template.account, template.name) == (account(), "boas_vindas")
    assert (template.status, template.reason) == ("REJECTED", "SCAM")
    assert (template.category, template.quality) == ("UTILITY", "YELLOW")


def test_an_older_state_of_a_template_changes_nothing(manager):
    def report_status(status, at):
        template = TemplateNotice("boas_vindas", "pt_BR", at, status=status)
        notices.record_template(manager.pk, "whatsapp", template)

    report_status("PAUSED", AT + timedelta(hours=1))
    report_status("APPROVED", AT)
    assert MessageTemplate.objects.get().status == "PAUSED"
    report_status("APPROVED", None)
    assert MessageTemplate.objects.get().status == "APPROVED"


def test_each_language_of_a_template_has_its_state(manager):
    for language in ("pt_BR", "en", "pt_BR"):
        template = TemplateNotice("boas_vindas", language, AT, status="APPROVED")
        notices.record_template(manager.pk, "whatsapp", template)
    assert MessageTemplate.objects.count() == 2
