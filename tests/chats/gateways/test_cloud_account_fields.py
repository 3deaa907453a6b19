"""Meta's reports on business accounts, their numbers and their templates."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from chats.gateways.events import AccountNotice, Ignored, TemplateNotice
from chats.gateways.whatsapp_cloud import WhatsAppCloudWebhook
from tests.chats.gateways.event_values import PHONE
from tests.chats.gateways.rigs import SECRET

WABA = "102290129340398"
LATER = 1893456000


@pytest.fixture
def cloud(only):
    rig = only("whatsapp_cloud")
    phones = {WABA: ["71", "72"]}
    rig.webhook = WhatsAppCloudWebhook(
        lambda: {SECRET: None}, lambda waba: phones.get(waba, ())
    )
    return rig


def pieces(cloud, frame):
    raw = json.dumps(frame).encode()
    signed = {k.lower(): v for k, v in cloud.fake.headers_of(raw).items()}
    return cloud.webhook.receive(signed, raw)


def reported(cloud, field, **value):
    """Returns the events of a report, one for each of the account's numbers."""
    first, second = cloud.received(cloud.fake.report(field, WABA, **value))
    assert first == second
    return first


def test_a_report_goes_to_every_number_of_its_account(cloud):
    frame = cloud.fake.report("account_update", WABA, event="ACCOUNT_DELETED")
    assert [piece.account for piece in pieces(cloud, frame)] == ["71", "72"]


def test_a_report_to_a_partner_has_its_account(cloud):
    info = {"waba_id": WABA, "owner_business_id": "5"}
    frame = cloud.fake.report("account_update", "7", event="X", waba_info=info)
    assert [piece.account for piece in pieces(cloud, frame)] == ["71", "72"]


def test_a_report_on_an_unknown_account_is_kept(cloud):
    frame = cloud.fake.report("account_update", "404", event="ACCOUNT_DELETED")
    assert [piece.account for piece in pieces(cloud, frame)] == ["waba:404"]


def test_reports_come_after_messages_to_keep_their_positions(cloud):
    frame = cloud.fake.report("account_update", WABA, event="ACCOUNT_DELETED")
    frame["entry"] += cloud.fake.inbound(PHONE, "Oi")["entry"]
    accounts = [piece.account for piece in pieces(cloud, frame)]
    assert accounts == [cloud.fake.phone, "71", "72"]


@pytest.mark.parametrize(
    ("value", "topic", "level", "is_blocking"),
    [
        ({"event": "ACCOUNT_DELETED"}, "account", "problem", True),
        ({"event": "ACCOUNT_OFFBOARDED"}, "account", "problem", True),
        ({"event": "ACCOUNT_RECONNECTED"}, "account", "info", False),
        ({"event": "PARTNER_REMOVED"}, "partner", "problem", True),
        ({"event": "PARTNER_ADDED"}, "partner", "info", False),
        ({"event": "VERIFIED_ACCOUNT"}, "verification", "info", False),
        (
            {
                "event": "ACCOUNT_VIOLATION",
                "violation_info": {"violation_type": "ADULT"},
            },
            "violation",
            "problem",
            False,
        ),
        (
            {
                "event": "DISABLED_UPDATE",
                "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": "May 1"},
            },
            "ban",
            "problem",
            True,
        ),
        (
            {
                "event": "DISABLED_UPDATE",
                "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"},
            },
            "ban",
            "problem",
            False,
        ),
        (
            {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
            "ban",
            "info",
            False,
        ),
        ({"event": "ACCOUNT_RESTRICTION"}, "restriction", "info", False),
        ({"event": "SOMETHING_NEW"}, "something_new", "info", False),
    ],
)
def test_updates_of_an_account(cloud, value, topic, level, is_blocking):
    event = reported(cloud, "account_update", **value)
    assert isinstance(event, AccountNotice)
    assert (event.topic, event.level, event.is_blocking) == (topic, level, is_blocking)
    assert event.text
    assert event.at is not None


def test_a_restriction_lasts_until_its_latest_end(cloud):
    def restricted(*parts):
        info = [{"restriction_type": name, "expiration": end} for name, end in parts]
        return reported(
            cloud, "account_update", event="ACCOUNT_RESTRICTION", restriction_info=info
        )

    adding = ("RESTRICTED_ADD_PHONE_NUMBER_ACTION", LATER)
    writing = ("RESTRICTED_BIZ_INITIATED_MESSAGING", LATER + 60)
    event = restricted(adding, writing)
    assert event.until == datetime.fromtimestamp(LATER + 60, UTC)
    assert not event.is_blocking
    assert "RESTRICTED_BIZ_INITIATED_MESSAGING" in event.text
    answering = ("RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "<TIMESTAMP>")
    event = restricted(adding, answering)
    assert event.until is None
    assert event.is_blocking


@pytest.mark.parametrize(
    ("field", "value", "topic", "level"),
    [
        ("account_review_update", {"decision": "APPROVED"}, "review", "info"),
        ("account_review_update", {"decision": "REJECTED"}, "review", "problem"),
        (
            "phone_number_quality_update",
            {"event": "FLAGGED", "current_limit": "TIER_10K"},
            "quality",
            "warning",
        ),
        (
            "phone_number_quality_update",
            {"event": "THROUGHPUT_UPGRADE"},
            "quality",
            "info",
        ),
        ("phone_number_name_update", {"decision": "REJECTED"}, "name", "warning"),
        (
            "business_capability_update",
            {"max_daily_conversations_per_business": 2000},
            "limits",
            "info",
        ),
        ("security", {"event": "PIN_CHANGED"}, "security", "warning"),
        ("security", {"event": "PIN_RESET_REQUEST"}, "security", "problem"),
        (
            "account_alerts",
            {
                "alert_info": {
                    "alert_severity": "CRITICAL",
                    "alert_status": "ACTIVE",
                    "alert_type": "OBA_REJECTED",
                    "alert_description": "no badge",
                }
            },
            "alert_oba_rejected",
            "warning",
        ),
    ],
)
def test_other_reports(cloud, field, value, topic, level):
    event = reported(cloud, field, **value)
    assert (event.topic, event.level) == (topic, level)


def test_a_report_on_one_number_has_it(cloud):
    field = "phone_number_quality_update"
    event = reported(cloud, field, event="FLAGGED", display_phone_number="+1 650-555")
    assert event.number == 1650555
    event = reported(cloud, "account_update", event="X", phone_number="<PHONE_NUMBER>")
    assert event.number is None


TEMPLATE = {
    "message_template_id": 1,
    "message_template_name": "boas_vindas",
    "message_template_language": "pt-BR",
}


@pytest.mark.parametrize(
    ("field", "value", "more"),
    [
        (
            "message_template_status_update",
            {
                "event": "APPROVED",
                "reason": "NONE",
                "message_template_category": "UTILITY",
            },
            {"status": "APPROVED", "category": "UTILITY"},
        ),
        (
            "message_template_status_update",
            {
                "event": "REJECTED",
                "reason": "INVALID_FORMAT",
                "rejection_info": {"reason": "No text.", "recommendation": "Add it."},
            },
            {"status": "REJECTED", "reason": "INVALID_FORMAT. No text. Add it"},
        ),
        (
            "message_template_quality_update",
            {"new_quality_score": "YELLOW", "previous_quality_score": "GREEN"},
            {"quality": "YELLOW"},
        ),
        ("template_category_update", {"new_category": "UTILITY"}, {"category": "UTILITY"}),
        (
            "template_category_update",
            {"new_category": "UTILITY", "correct_category": "MARKETING"},
            {"category": "UTILITY → MARKETING"},
        ),
        ("message_template_components_update", {"message_template_element": "Oi"}, {}),
    ],
)  # fmt: skip
def test_reports_on_templates(cloud, field, value, more):
    event = reported(cloud, field, **TEMPLATE, **value)
    assert event.at is not None
    assert event == TemplateNotice("boas_vindas", "pt_BR", event.at, **more)


def test_errors_without_a_message_become_a_report(cloud):
    errors = [{"code": 0, "title": "no access"}, {"code": 7}]
    [event] = cloud.received(cloud.fake.frame(errors=errors))
    assert event == AccountNotice("error", "warning", "0: no access; 7: ")


def test_an_unknown_field_is_recorded(cloud):
    assert reported(cloud, "flows", event="FLOW_STATUS_CHANGE") == Ignored("flows")
